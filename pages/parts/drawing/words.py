"""The words and numbers on screen: plain English, one way to write each thing, no name that can do harm."""

import datetime as dt
import re
from collections.abc import Iterable
from typing import Any

NBSP = "\u00a0"
JOINER = "\u2060"
MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
SHORT = ("Jan", "Feb", "Mar", "Apr", "May", "June", "July", "Aug", "Sept", "Oct", "Nov", "Dec")
COUNTS = (
    "No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten", "Eleven", "Twelve",
)  # fmt: skip
PURPOSE = (
    "Kinship is for conversations about conditions. "
    "It must not be used for disciplinary, absence-trigger or appraisal purposes."
)
PROTECTED = "Not shown, to protect people."
FAMILIES = {
    "cover": "Cover",
    "time_and_rest": "Time and rest",
    "absence": "Absence",
    "staying": "Staying",
    "room_to_think": "Room to think",
    "kindness": "Kindness",
    "hinders": "What hinders",
    "helps": "What helps",
}

LEVERS = {
    "organisation": "the organisation",
    "service": "the service",
    "team": "the team",
    "beyond_us": "somebody beyond us",
}


def plain(text: object) -> str:
    """Text from data, made safe inside markdown: it reads exactly as written and can be nothing but words.

    Every sign that could be markup is escaped. Addresses are found by markdown even so: an invisible joiner in their
    middle keeps them words too.
    """
    safe = re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", re.sub(rf"[^\S{NBSP}]+", " ", str(text)).strip())
    return re.sub(r"(?i)(https?|www)(?=\\)|(?=\\@)", rf"\1{JOINER}", safe)


def bare(markdown: str) -> str:
    """What `plain` made safe, as it was written: for paper, where nothing is markup."""
    return re.sub(r"\\(.)", r"\1", markdown).replace(JOINER, "")


def month(of: dt.date) -> str:
    """October 2026"""
    return f"{MONTHS[of.month - 1]} {of.year}"


def short_month(of: dt.date) -> str:
    """Oct 2026"""
    return f"{SHORT[of.month - 1]} {of.year}"


def day(of: dt.date) -> str:
    """31 October 2026"""
    return f"{of.day} {month(of)}"


def short_day(of: dt.date | None) -> str:
    """31 Oct 2026"""
    return f"{of.day} {short_month(of)}" if of else "–"


def moment(utc: dt.datetime, zone: dt.tzinfo = dt.UTC) -> str:
    """9 November 2026, 06:10, on the reader's clock; the word UTC is added where that is the clock."""
    there = (utc if utc.tzinfo else utc.replace(tzinfo=dt.UTC)).astimezone(zone)
    return f"{day(there)}, {there:%H:%M}{' UTC' if zone is dt.UTC else ''}"


def count(number: int) -> str:
    """Seven; 13"""
    return COUNTS[number] if number < len(COUNTS) else f"{number:,}"


def sentence(text: str) -> str:
    """The same words with a capital at the front."""
    return text[:1].upper() + text[1:]


def many(number: int, one: str, more: str | None = None) -> str:
    """1 row; 61,380 rows"""
    return f"{number:,} {one if number == 1 else more or one + 's'}"


def rows(number: int | None, published: bool, what: str = "") -> str:
    """61,380 rows, of data that is already public; of other data, whose rows may be people, about 61,380 rows, or few rows. An
    older release holds exact numbers: they are rounded here."""
    if published and number is not None:
        told = f"{number:,}"
    elif number == 0:
        told = "0"
    elif number is None or number < 10:
        told = "few"
    else:
        told = f"about {(number + 2) // 5 * 5:,}"
    return f"{told} {what if told == '1' else what + 's'}" if what else told


def listed(parts: Iterable[str]) -> str:
    """a, b and c"""
    *most, last = list(parts) or [""]
    return f"{', '.join(most)} and {last}" if most else last


def places(values: Iterable[float | None]) -> int:
    """How many decimals a set of published values carries, two at most, so that all are written alike."""
    held = {len(f"{value:.2f}".rstrip("0").partition(".")[2]) for value in values if value is not None}
    return max(held, default=0)


def figure(value: float, decimals: int) -> str:
    """−61,380.5, with a true minus sign"""
    return f"{value:,.{decimals}f}".replace("-", "−")


def quantity(value: float, unit: str, decimals: int) -> str:
    """5.33 % or 8.05 hours per patient day"""
    return f"{figure(value, decimals)}{NBSP}{unit}"


def reach(row: dict[str, Any], decimals: int) -> str:
    """5.33, or 0 to 1 where a number is told as the step that it lies in: its middle is no number that was counted."""
    if row.get("low") is None or row.get("high") is None:
        return figure(row["value"], decimals)
    decimals = places([row["low"], row["high"]])
    return f"{figure(row['low'], decimals)} to {figure(row['high'], decimals)}"


def measured(row: dict[str, Any], unit: str, decimals: int) -> str:
    """5.33 %, or 0 to 1 %"""
    return f"{reach(row, decimals)}{NBSP}{unit}"


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
    months, since = count(row["months"]), f"since {month(row['since'])}"
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
            return (
                f"{sentence(side)} the {edge} limit, and {months.lower()} months in a row {side} {own(level)}, {since}"
            )
        case _:
            return f"{sentence(side)} the {edge} limit, outside the range that chance explains{lasting}"


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
            return PROTECTED.rstrip(".")
        case "not_collected":
            return "Not collected here"
        case "poor_quality":
            return "Not shown: too little of the data passed its checks"
        case _:
            when = f" for {month(row['month'])}" if row["month"] else ""
            return f"No data{when}. Missing is not zero"


PRIMES = {"p_prime": "p′ (Laney)", "u_prime": "u′ (Laney)"}


def method(profile: str) -> str:
    """The kind of chart and whose rules it is judged by."""
    return f"XmR, {plain(profile)} rules"


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
    return f"{rule} ({method(profile)}, over {many(row['months_judged'], 'settled month')})."


def quality(source: dict[str, Any]) -> str:
    """What one source's checks said, and how many of its rows were set aside."""
    if not source["files"]:
        return f"{plain(source['title'])}, nothing collected yet"
    told = [f"{many(source['passed'], 'check')} passed"]
    told += [f"{source['set_rows_aside']:,} set rows aside"] if source["set_rows_aside"] else []
    told += [f"{source['noted']:,} noted"] if source["noted"] else []
    aside = "none" if source["rows_quarantined"] == 0 else rows(source["rows_quarantined"], source["published"])
    read = rows(source["rows_read"], source["published"], "row")
    return f"{plain(source['title'])}, {', '.join(told)}; {aside} of {read} set aside"


BEYOND = "more than chance, season and what all teams share explain"
STRAIN = {
    "clear_strain": ("Clear strain", f"Conditions have clearly worsened, by {BEYOND}"),
    "likely_strain": ("Likely strain", f"Conditions have probably worsened, by {BEYOND}"),
    "not_clear": ("Not clear", "There is some change, but no more than chance may bring"),
    "steady": ("Steady", "No change has been found beyond chance, season and what all teams share"),
    "likely_easing": ("Likely easing", f"Conditions have probably become lighter, by {BEYOND}"),
    "clear_easing": ("Clear easing", f"Conditions have clearly become lighter, by {BEYOND}"),
}


def strain(row: dict[str, Any]) -> str:
    """The verdict in two words and since when: "Likely strain since May 2026"."""
    if row["verdict"] is None:
        return "Nothing to say yet" if not row["judged"] else "Nothing to say this month"
    earlier = f", as judged in {month(row['judged_in'])}" if row["judged_in"] != row["month"] else ""
    return f"{STRAIN[row['verdict']][0]} since {month(row['since'])}{earlier}"


def why_no_strain(row: dict[str, Any]) -> str:
    """Why nothing is said of strain in a unit, in a sentence without its full stop."""
    if row["top"]:
        return "Of the whole, only what all teams share can be said"
    if row["together"]:
        return "Small units that are shown together are not judged as one"
    if row["judged"]:
        return f"No number of {month(row['month'])} may be shown and is settled"
    return "It takes about ten settled months of numbers that may be shown"


def in_short(row: dict[str, Any]) -> str:
    """A reading in a few words, for a table: "Concern, up since Mar 2026"."""
    if row["shown"] != "yes":
        return "Not shown: data quality" if row["shown"] == "poor_quality" else absence(row).partition(". ")[0]
    if not row["settled"]:
        return "Not settled yet"
    if row["rule"] is None:
        return "What chance explains" if row["verdict"] == "common_cause" else "Not judged"
    since = f"since {short_month(row['since'])}" if row["months"] > 1 else f"in {short_month(row['month'])}"
    return f"{sentence(row['verdict'])}, {row['moved']} {since}"


def met(row: dict[str, Any]) -> str | None:
    """The target of a month and, where it can be told, whether it will be met; None where there is no target."""
    if row["target"] is None:
        return None
    told = {"pass": "will be met", "fail": "will not be met", "inconsistent": "met in some months"}
    held = [figure(row["target"], places([row["target"]])), told.get(row["assurance"] or "")]
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
    return f"{sentence(about['lever_is'])}: {LEVERS[about['lever']]} holds the lever"


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
