"""What may be said of a signal, of strain and of a target: one way to say each, in plain English."""

from typing import Any

from pages.parts.drawing import vocabulary, words


def own(level: str) -> str:
    return "this team’s own average" if level == "team" else "this unit’s own average"


def reading(row: dict[str, Any], level: str) -> str:
    """What may be said of one month, without a full stop: the rule in words, or why there is none."""
    if row["shown"] != "yes":
        return absence(row)
    if not row["settled"]:
        return "Not settled yet, so not judged"
    if row["rule"] is None:
        return unjudged(row) or "Within the range that chance explains"
    higher, one_side = row["moved"] == "up", row["one_side"]
    side, edge = ("above", "upper") if higher else ("below", "lower")
    months, since = words.count(row["months"]), f"since {words.month(row['since'])}"
    lasting = f"; the change has lasted {months.lower()} months, {since}" if row["months"] > 1 else ""
    match row["rule"]:
        case "run" if one_side:
            return f"{months} months in a row {side} {own(level)}, {since}"
        case "run":
            return f"Seven months in a row or more {side} {own(level)}{lasting}"
        case "trend":
            return f"Seven months in a row or more, each {'higher' if higher else 'lower'} than the one before{lasting}"
        case "two_of_three":
            return f"Two of three months close to the {edge} limit{lasting}"
        case _ if one_side and lasting:
            return f"{words.sentence(side)} the {edge} limit, and {months.lower()} months in a row {side} {own(level)}, {since}"
        case _:
            return f"{words.sentence(side)} the {edge} limit, outside the range that chance explains{lasting}"


def unjudged(row: dict[str, Any]) -> str | None:
    """Why a month that is shown and settled has no limits to be judged by; None where it has them."""
    match row["limits"]:
        case "given":
            return None
        case "short":
            return "Fewer than 13 settled months so far, too few to judge"
        case "constant":
            return "The same in every month, so there is nothing to judge"
        case "rarely_changes":
            return "It changes too rarely for limits to be drawn"
        case _:
            return "Drawn, not judged"


def absence(row: dict[str, Any]) -> str:
    """Why there is no number, in a sentence without its full stop."""
    match row["shown"]:
        case "protected":
            return words.PROTECTED.rstrip(".")
        case "not_collected":
            return "Not collected here"
        case "poor_quality":
            return "Not shown: too little of the data passed its checks"
        case _:
            when = f" for {words.month(row['month'])}" if row["month"] else ""
            return f"No data{when}. Missing is not zero"


PRIMES = {"p_prime": "p′ (Laney)", "u_prime": "u′ (Laney)"}


def method(profile: str) -> str:
    """The kind of chart and whose rules it is judged by."""
    return f"XmR, {words.plain(profile)} rules"


def sure(row: dict[str, Any], profile: str) -> str:
    """How sure the reading of a month is: which rule says so, in which method, over how many settled months."""
    if row["shown"] != "yes" or not row["settled"] or row["limits"] != "given":
        return ""
    rule = {
        "outside": "More than chance would explain, by the rule of one month outside the limits",
        "trend": "More than chance would explain, by the rule of seven months in a row that go one way",
        "two_of_three": "More than chance would explain, by the rule of two of three months close to a limit",
        "run": "More than chance would explain, by the rule of seven months in a row on one side of the average",
    }.get(row["rule"] or "", "No rule finds more than chance would explain")
    return f"{rule} ({method(profile)}, over {words.many(row['months_judged'], 'settled month')})."


def strain(row: dict[str, Any]) -> str:
    """The verdict in two words and since when: "Likely strain since May 2026"."""
    if row["verdict"] is None:
        return "Nothing to say yet" if not row["judged"] else "Nothing to say this month"
    earlier = f", as judged in {words.month(row['judged_in'])}" if row["judged_in"] != row["month"] else ""
    return f"{vocabulary.STRAIN[row['verdict']][0]} since {words.month(row['since'])}{earlier}"


def why_no_strain(row: dict[str, Any]) -> str:
    """Why nothing is said of strain in a unit, in a sentence without its full stop."""
    if row["top"]:
        return "Of the whole, only what all teams share can be said"
    if row["together"]:
        return "Small units that are shown together are not judged as one"
    if row["judged"]:
        return f"No number of {words.month(row['month'])} may be shown and is settled"
    return "It takes about ten settled months of numbers that may be shown"


def in_short(row: dict[str, Any]) -> str:
    """A reading in a few words, for a table: "Concern, up since Mar 2026"."""
    if row["shown"] != "yes":
        return "Not shown: data quality" if row["shown"] == "poor_quality" else absence(row).partition(". ")[0]
    if not row["settled"]:
        return "Not settled yet"
    if row["rule"] is None:
        return "What chance explains" if row["verdict"] == "common_cause" else "Not judged"
    since = f"since {words.short_month(row['since'])}" if row["months"] > 1 else f"in {words.short_month(row['month'])}"
    return f"{words.sentence(row['verdict'])}, {row['moved']} {since}"


def met(row: dict[str, Any]) -> str | None:
    """The target of a month and, where it can be told, whether it will be met; None where there is no target."""
    if row["target"] is None:
        return None
    told = {"pass": "will be met", "fail": "will not be met", "inconsistent": "met in some months"}
    held = [words.figure(row["target"], words.places([row["target"]])), told.get(row["assurance"] or "")]
    return ": ".join(filter(None, held))


def sign(row: dict[str, Any]) -> str:
    """What a variation icon says, for those who do not see it."""
    moved = {"up": "moved up", "down": "moved down"}.get(row["moved"] or "", "moved")
    match row["verdict"]:
        case "concern":
            return f"Concern: {moved} more than chance would explain"
        case "improvement":
            return f"Improvement: {moved} more than chance would explain"
        case "change":
            return f"Change: {moved} more than chance would explain"
        case "common_cause":
            return "No change beyond what chance explains"
        case _:
            return "Not judged"


def target(assurance: str) -> str:
    """What an assurance icon says, for those who do not see it."""
    return {
        "pass": "The target will be met, as long as nothing changes",
        "fail": "The target will not be met, unless something changes",
    }.get(assurance, "The target is met in some months, by chance")


def lever(about: dict[str, Any]) -> str:
    """Rota template: the service holds the lever"""
    if not about["lever"]:
        return ""
    return f"{words.sentence(about['lever_is'])}: {vocabulary.LEVERS[about['lever']]} holds the lever"


def helping(about: dict[str, Any]) -> str:
    """What may be making it harder, and what could help."""
    if not about["harder"]:
        return ""
    return f"May be making it harder: {_lower(about['harder'])} Could help: {_lower(about['could_help'])}"


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def conversation(about: dict[str, Any]) -> str:
    """What a concern of a number may be talked over with: what may be making it harder, what could help, and whose lever it is."""
    whose = lever(about)
    return " ".join(filter(None, (helping(about), f"{whose}." if whose else "")))
