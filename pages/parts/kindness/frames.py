"""Pressure beside kindness: the four frames in words, what goes before what over all teams, and what others' surveys say."""

from typing import Any

import streamlit as st

from pages.parts.drawing import markup, readings, tables, vocabulary, words
from pages.parts.indicator import cards
from pages.parts.kindness import kindness, score_ranges
from pages.parts.shell.filters import View

FRAMES = {
    "stretched_holding": (
        "Stretched and holding together",
        "Pressure up, kindness holding. The one most often missed: kindness hiding strain.",
    ),
    "stretched_fraying": ("Stretched and fraying", "Pressure up, kindness thin."),
    "steady_kind": ("Steady and kind", "Pressure steady, kindness holding."),
    "steady_other": ("Steady, but something else is wrong", "Pressure steady, kindness thin."),
}
CLEAR = 80  # of 100 cases
CHANCES = ((95, "very likely"), (90, "likely"), (CLEAR, "more likely than not"))
Rows = list[dict[str, Any]]


def frames(unit: str, frame: dict[str, Any] | None, under: str, level: int = 2) -> None:
    """Four boxes of words, of which the unit's own is marked; a fifth says that it is not clear yet."""
    if frame is None:
        told = "There is nothing to compare this unit with in the same wave, so no frame is read."
        markup.show("prose", markup.prose(told), under=under, level=level)
        return
    when = f"{words.month(frame['from_month'])} to {words.month(frame['to_month'])}"
    told = f"{when}, beside the wave of {words.month(frame['wave'])}. They may go together; never one number."
    boxes = [
        _frame(title, told, unit if key == frame["frame"] else "", ", likely") for key, (title, told) in FRAMES.items()
    ]
    if frame["frame"] == "not_clear":
        boxes.append(_frame("Not clear yet", _unclear(frame), unit))
    markup.show(
        "prose", markup.quiet(told), f'<div class="frames">{"".join(boxes)}</div>', markup.quiet(_sure(frame)),
        under=under, level=level,
    )  # fmt: skip


def _frame(title: str, told: str, mine: str, sure: str = "") -> str:
    """One box; `mine` is the unit that reads so."""
    here = f'<p class="badge">{markup.text(mine)}{sure}</p>' if mine else ""
    name = f"<strong>{markup.text(title)}</strong>" if mine else markup.text(title)
    return f'<section class="card">{here}<p>{name}</p>{markup.quiet(told)}</section>'


def _unclear(frame: dict[str, Any]) -> str:
    why = []
    if frame["pressure"] == "not_clear":
        why.append(
            "the months before the wave do not agree on whether there was pressure, or too little of it can be judged"
        )
    if frame["kindness"] == "not_clear":
        why.append("the answers lie too close to the organisation’s to tell")
    return f"{words.sentence(' and '.join(why))}."


def _sure(frame: dict[str, Any]) -> str:
    said = []
    if frame["chance"] is not None:
        said.append(f"How sure of kindness: {_chance(frame['chance'])}; under 80 we say not clear yet.")
    if frame["because"]:
        said.append(f"Concern in those months: {words.listed(frame['because'])}.")
    said.append(
        "Kindness is measured against the whole organisation in the same wave, pressure against the unit’s own past."
    )
    return " ".join(said)


def _chance(least: int) -> str:
    """In words how likely it is that kindness reads so; what is told is the lower end of a band."""
    if least < CLEAR:
        return "not sure enough"
    name = next(name for from_, name in CHANCES if least >= from_)
    return f"{name}, in at least {least} of 100 cases the answers read this way"


# ---- side by side ----------------------------------------------------------------------------------------------------


def signals(view: View, rows: Rows) -> None:
    """The signals of a unit by family: each with its sign, its name and its reading in a few words."""
    told = []
    for family, name in vocabulary.FAMILIES.items():
        members = [
            row
            for row in rows
            if view.indicators[row["indicator"]]["family"] == family and cards.standing(row) != "absent"
        ]
        if not members:
            continue
        told.append(f"<li><strong>{markup.text(name)}</strong></li>")
        told += [
            f"<li>{cards.sign(row)}<span>{markup.text(view.indicators[row['indicator']]['title'])} · "
            f"{markup.text(readings.in_short(row))}</span></li>"
            for row in members
        ]
    markup.show("signs", "<ul>", *told, "</ul>", under="Signals, by family", level=3)


def kindness_here(view: View, wave: dict[str, Any]) -> None:
    """The circle of a unit's newest wave, as ranges."""
    rows = kindness.of_family(view.ask("constructs", unit=view.unit["unit"], wave=wave["wave"]), kindness.CIRCLE)
    told = "Higher is more. Range first, then the score; grey tick: the organisation, same wave."
    link = markup.link(kindness.PAGE, "Open the circle", view.address(unit=view.unit["unit"]))
    scores = score_ranges.listed(rows, "benchmark")
    markup.show("prose", scores, markup.quiet(told), f"<p>{link}</p>", under="Kindness here", level=3)


def side_by_side(view: View, rows: Rows) -> None:
    """A unit's page: its signals by family on one side, kindness on the other, and how they read beside each other."""
    unit = view.unit
    wave = kindness.wave_by(view, view.month)
    title = "Pressure and kindness, side by side"
    if wave is None:
        told = "No survey of this unit can be shown, so only the signals above speak of it."
        markup.show("prose", markup.prose(told), under=title)
        return
    st.header(title, anchor=False)
    kindness.note(wave)
    left, right = st.columns(2, gap="large")
    with left:
        signals(view, rows)
    with right:
        kindness_here(view, wave)
    frames(unit["title"], frame_of(view, wave), "How they read beside each other", 3)


def frame_of(view: View, wave: dict[str, Any]) -> dict[str, Any] | None:
    """How the chosen unit reads in a wave."""
    return next((each for each in view.ask("frames", unit=view.unit["unit"]) if each["wave"] == wave["wave"]), None)


# ---- what goes before ------------------------------------------------------------------------------------------------


def leads(rows: Rows) -> None:
    """Over all teams: what goes with pressure so many months before. It never says what causes what."""
    for row in rows:
        name = "kindness" if row["title"] is None else row["title"].lower()
        with st.container(border=True, gap="xsmall", key=f"frame_lead_{row['outcome'].replace('.', '_')}"):
            st.markdown(f"**Pressure and {words.plain(name)}**")
            st.markdown(_lead(row, name))
            apart = (
                " What the later of the two already was in the month of the earlier is taken out."
                if row["title"]
                else ""
            )
            counted = f"{words.many(row['team_count'], 'team')}, {words.many(row['points'], 'month or wave', 'months or waves')} of theirs"
            st.caption(f"{counted}. Each team against its own usual, each month against all teams’.{apart}")
            if row["lags"]:
                listed = [
                    {
                        "Months from pressure": lag["lag"],
                        "Rank correlation": lag["correlation"],
                        "From": lag["low"],
                        "To": lag["high"],
                    }
                    for lag in row["lags"]
                ]
                with st.expander("By months between"):
                    two = st.column_config.NumberColumn(format="%.2f")
                    config = dict.fromkeys(("Rank correlation", "From", "To"), two)
                    tables.shown(listed, f"Rank correlation of pressure and {name} by lag", config)


def _lead(row: dict[str, Any], name: str) -> str:
    if row["reading"] == "too_few":
        return "Fewer than 20 teams can be used, too few to ask."
    if row["reading"] == "nothing":
        return "There is nothing to see beyond what chance explains, in no direction and at no distance in time."
    lag = next(each for each in row["lags"] if each["lag"] == row["lag"])
    more = "more" if lag["correlation"] > 0 else "less"
    months = words.count(abs(row["lag"])).lower()
    distance = f"{months} {'month' if abs(row['lag']) == 1 else 'months'}"
    range_ = f"{words.figure(lag['correlation'], 2)}, between {words.figure(lag['low'], 2)} and {words.figure(lag['high'], 2)}"
    when = {
        "before": f"Where pressure was above a team’s usual, there tended to be {more} {name} {distance} later",
        "after": f"Where there was {more} {name}, pressure tended to be above a team’s usual {distance} later",
        "together": f"Where pressure was above a team’s usual, there tended to be {more} {name} in the same month",
    }[row["reading"]]
    return words.plain(
        f"{when} (rank correlation {range_}). Neighbouring months look much alike. This is what went together, not why."
    )


# ---- results of others -----------------------------------------------------------------------------------------------


def results(rows: Rows, unit: str) -> None:
    """What surveys published by others say of this unit, each question in its own way."""
    for survey in dict.fromkeys(row["survey"] for row in rows):
        mine = [row for row in rows if row["survey"] == survey]
        years = sorted({row["month"] for row in mine})
        listed = []
        for wording in dict.fromkeys(row["wording"] for row in mine):
            of_question = {row["month"]: row for row in mine if row["wording"] == wording}
            one = next(iter(of_question.values()))
            listed.append(
                {"Question": wording}
                | {f"{year.year}, %": of_question[year]["value"] if year in of_question else None for year in years}
                | {"Better": "lower" if one["reversed"] else "higher", "Speaks to": one["speaks_to"]}
                | {"Answered, last": of_question[max(of_question)]["answered"]}
            )
        st.subheader(words.plain(survey), anchor=False)
        st.caption(words.plain(mine[0]["note"]))
        exact = st.column_config.NumberColumn(format="%.1f")
        tables.shown(listed, f"{survey}: results of {unit}", {f"{year.year}, %": exact for year in years})
