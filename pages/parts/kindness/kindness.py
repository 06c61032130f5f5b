"""What people say of kindness in their place of work, in words: the circle, what has changed, and what is measured beside it.

Every view of a survey says how many stand behind it, how many answered, and that the default questionnaire is unvalidated.
"""

import datetime as dt
from typing import Any

import streamlit as st

from pages.parts.drawing import expander, readings, tables, vocabulary, words
from pages.parts.indicator import cards
from pages.parts.shell import pages
from pages.parts.shell.filters import View

CIRCLE, HINDERS, HELPS = "kindness", "hinders", "helps"  # families of indicators
PAGE = pages.of("circle")
CREDIT = (
    "The circle, what hinders and what helps are John Ballatt’s (*Intelligent Kindness in Practice*) and his and Penelope "
    "Campling’s (*Intelligent Kindness*); drawn by Kinship."
)
Rows = list[dict[str, Any]]


def of_family(rows: Rows, family: str) -> Rows:
    return [row for row in rows if row["family"] == family]


def wave_by(view: View, month: dt.date | None) -> dict[str, Any] | None:
    """The newest wave of the view's unit by a month; None where none may be shown."""
    waves = view.ask("waves", unit=view.unit["unit"])
    return next((wave for wave in waves if month is None or wave["wave"] <= month), None)


def in_a_line(wave: dict[str, Any]) -> str:
    """Which wave it is, how many answered, and what the questionnaire is worth."""
    band = f"{wave['people_band']} answers" if wave["people_band"] else "answers"
    worth = "validated questionnaire" if wave["validated"] else "local, unvalidated questionnaire"
    return f"Wave of {words.month(wave['wave'])}, {band}, {worth}"


def note(wave: dict[str, Any]) -> None:
    """Under the title of every view: how many answered, and what the questionnaire is worth."""
    band = f"{wave['people_band']} answers" if wave["people_band"] else "answers"
    response = f"{wave['response']} of those asked answered" if wave["response"] else "how many were asked is not known"
    open_ = f"open {words.day(wave['opened'])} to {words.day(wave['closed'])}"
    worth = "local, unvalidated questionnaire" if not wave["validated"] else "validated questionnaire"
    st.caption(
        f":material/forum: **{words.plain(wave['title'])}** · {open_} · {band} · {response} · {worth}",
        help=words.plain(wave["note"]),
    )
    if wave["caution"]:
        st.warning(
            "Fewer than 40 % answered, or it is not known how many were asked: those who did may not speak for the rest. Not "
            "answering may itself say something of trust. It is never a reason to chase anybody.",
            icon=":material/volume_down:",
        )


# ---- in words --------------------------------------------------------------------------------------------------------


def answer(unit: str, wave: dict[str, Any] | None) -> str:
    if wave is None:
        return f"No survey of **{words.plain(unit)}** can be shown."
    return f"What staff of **{words.plain(unit)}** say about kindness in their place of work, wave of **{words.month(wave['wave'])}**."


def thinnest(rows: Rows) -> str:
    """Where the ring is thinnest, if one point stands clear of the others; never a ranking."""
    shown = [row for row in rows if row["shown"] == "yes" and row["high"] is not None]
    if len(shown) < 3:
        return "Too few points of the ring are shown to say where it is thinnest."
    least = min(shown, key=lambda row: row["value"])
    others = [row["value"] for row in shown if row is not least]
    if least["high"] >= sum(others) / len(others):
        return "No point of the ring stands out as thinner than the others."
    about = words.plain(least["definition"].partition(".")[0].lower())
    return f"The ring is thinnest at **{words.plain(least['title'].lower())}** ({about})."


def changes(rows: Rows) -> list[str]:
    """What has moved since the wave before, more than chance would explain and half a point or more."""
    said = []
    for row in rows:
        if row["called"] in ("up", "down"):
            moved = "risen" if row["called"] == "up" else "fallen"
            by = words.figure(abs(row["moved"]), 1)
            said.append(
                f"**{words.plain(row['title'])}** has {moved} by {by} since {words.month(row['before'])}, more than chance would explain."
            )
    return said


def unchanged(rows: Rows) -> str:
    """Of how many points there is nothing to say, and why."""
    told = {
        "no clear change": sum(row["called"] == "none" for row in rows),
        "no earlier wave to compare with": sum(row["shown"] == "yes" and row["called"] is None for row in rows),
        "not shown, to protect people": sum(row["shown"] == "protected" for row in rows),
        "not asked in this wave": sum(row["shown"] not in ("yes", "protected") for row in rows),
    }
    said = [
        f"{words.many(count, 'point')} with {why}" if why.startswith("no ") else f"{count} {why}"
        for why, count in told.items()
        if count
    ]
    return f"{words.sentence(words.listed(said))}." if said else ""


def told(rows: Rows, unit: str, wave: dt.date) -> str:
    """The circle for those who do not see it."""
    said = [f"{row['title']} {figures(row)}" for row in rows]
    return f"The virtuous circle, {unit}, {words.month(wave)}, points of ten: {'; '.join(said)}."


def absence(row: dict[str, Any]) -> str:
    """Why a score is not there."""
    return "Not shown, to protect people" if row["shown"] == "protected" else "Not asked in this wave"


def figures(row: dict[str, Any]) -> str:
    if row["shown"] != "yes":
        return "is not shown" if row["shown"] == "protected" else "was not asked"
    between = (
        f", between {words.figure(row['low'], 1)} and {words.figure(row['high'], 1)}" if row["low"] is not None else ""
    )
    called = f", {row['called']} {words.figure(abs(row['moved']), 1)}" if row["called"] in ("up", "down") else ""
    return f"{words.figure(row['value'], 1)}{between}{called}"


def table(rows: Rows, unit: str, release: str, wave: dt.date) -> None:
    """The same as a table and as a file: every score with its interval, shares and what was asked."""
    listed = [
        {
            "Part": vocabulary.FAMILIES[row["family"]] if row["family"] != CIRCLE else "The circle",
            "Point": row["title"],
            "Points of 10": row["value"],
            "From": row["low"],
            "To": row["high"],
            "Answers": row["people_band"] or ("not shown" if row["shown"] == "protected" else None),
            "Agree, % (middle of a step)": row["positive"],
            "Agree from, %": row["positive_low"],
            "Agree to, %": row["positive_high"],
            "In three groups": _groups(row["answers"]),
            "Organisation": row["benchmark"],
            "Since the wave before": row["moved"],
            "Change": {"up": "up", "down": "down", "none": "no clear change"}.get(row["called"] or ""),
            "What was asked": " / ".join(_asked(question) for question in row["questions"] or []),
        }
        for row in rows
    ]
    with expander.box("The table behind the circle, and what was asked", "table", "circle_table") as box:
        if box.open:
            one = st.column_config.NumberColumn(format="%.1f")
            whole = st.column_config.NumberColumn(format="%.0f")
            config = dict.fromkeys(("Points of 10", "From", "To", "Organisation", "Since the wave before"), one)
            config |= dict.fromkeys(("Agree, % (middle of a step)", "Agree from, %", "Agree to, %"), whole)
            tables.shown(listed, f"Every point of the survey for {unit}", config)
    notes = [
        f"{unit}, survey wave of {words.month(wave)}",
        "A local questionnaire, not validated",
        f"Release {release}",
        words.PURPOSE,
    ]
    tables.as_file("Data (CSV)", listed, f"survey, {unit}, {wave:%Y-%m}, {release}", notes)


def _asked(question: dict[str, Any]) -> str:
    return f"{question['wording']}{' (turned round)' if question['reversed'] else ''}"


def _groups(answers: Rows | None) -> str | None:
    if not answers:
        return None
    share = {answer["answer"]: answer["share"] for answer in answers}
    return f"agree {share['positive']:.0f} %, neither {share['between']:.0f} %, disagree {share['negative']:.0f} %"


# ---- beside it, measured ---------------------------------------------------------------------------------------------


def measured(view: View, rows: Rows, month: dt.date) -> list[str]:
    """The measured conditions that speak to these points, in the month of the wave, each with its own reading; a point without
    one says nothing."""
    wanted = sorted({indicator for row in rows for indicator in row["beside"]} & set(view.indicators))
    if not wanted:
        return []
    found = {row["indicator"]: row for row in view.ask("now", indicators=wanted, of=[view.unit["unit"]], month=month)}
    said = []
    for row in rows:
        here = [found[name] for name in row["beside"] if name in found and found[name]["shown"] == "yes"]
        told_ = [_measured(view, each) for each in here]
        if told_:
            said.append(f"- **{words.plain(row['title'])}**: {'; '.join(told_)}.")
    return ["**Beside it, measured**", "\n".join(said)] if said else []


def _measured(view: View, row: dict[str, Any]) -> str:
    indicator = view.indicators[row["indicator"]]
    value = words.measured(row, indicator["unit"], cards.decimals(row))
    reading = readings.reading(row, view.unit["level"])
    told_ = f" ({reading[:1].lower()}{reading[1:]})" if row["verdict"] not in (None, "not_judged") else ""
    return words.plain(f"{indicator['title'].lower()} {value} in {words.month(row['month'])}{told_}")
