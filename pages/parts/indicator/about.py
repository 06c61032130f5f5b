"""What stands beside a number: the answer in a sentence, what it means and comes from, its table."""

import datetime as dt
from typing import Any

import streamlit as st

from pages.parts.drawing import expander, icons, markup, readings, tables, words
from pages.parts.indicator import cards
from pages.parts.shell.filters import View

PRIME_LINES = ("Lower limit, p′ or u′", "Upper limit, p′ or u′")


def answer(row: dict[str, Any], measure: str, level: str) -> str:
    """The reading in bold, then the number and what it is measured against."""
    said = f"**{words.plain(readings.reading(row, level))}.**"
    if row["shown"] != "yes":
        last = row["last_shown"] and row["shown"] == "no_data"
        return f"{said} Last shown for {words.month(row['last_shown'])}." if last else said
    places = cards.decimals(row)
    value = words.plain(words.measured(row, measure, places))
    if row["mean"] is None:
        return f"{said} {words.month(row['month'])}: {value}."
    average = words.plain(words.quantity(row["mean"], measure, places))
    return f"{said} {words.month(row['month'])}: {value}; {readings.own(level)} {average}."


def sureness(view: View, row: dict[str, Any]) -> None:
    """Under the answer: how sure, settled to when, and what the checks of the data behind it said."""
    settled = view.indicator["settled_to"]
    sources = view.ask("about", indicator=row["indicator"])
    told = [
        readings.sure(row, view.profile),
        f"Its newest settled month is {words.month(settled)}." if settled else "Nothing is settled yet.",
        f"Data quality: {' · '.join(map(words.quality, sources))}." if sources else "",
    ]
    said = readings.conversation(view.indicator) if cards.standing(row) == "concern" else ""
    markup.show("prose", f'<div class="quiet">{markup.prose(" ".join(filter(None, told)))}</div>', markup.quiet(said))


def numbers(view: View) -> dict[str, dict[str, Any]]:
    """Of each indicator that says something of the view's unit, what it says."""
    rows = view.ask("now", indicators=list(view.indicators), of=[view.unit["unit"]], month=view.month)
    return {row["indicator"]: row for row in rows if belongs(view, row)}


def instead(
    view: View, mine: dict[str, dict[str, Any]], together: list[dict[str, Any]]
) -> dict[str, list[dict[str, Any]]]:
    """Of each number that is protected, the same of the small units that are shown together, and of the unit above."""
    over = [*dict.fromkeys(row["pool"] for row in together), *(unit["unit"] for unit in view.unit["above"][-1:])]
    over = [unit for unit in over if unit != view.unit["unit"]]
    hidden = [indicator for indicator, row in mine.items() if row["shown"] == "protected"]
    rows = view.ask("now", indicators=hidden, of=over, month=view.month)
    found = {(row["indicator"], row["unit"]): row for row in rows}
    return {name: [found[name, unit] for unit in over if (name, unit) in found] for name in hidden}


def standing(groups: dict[str, list[Any]], month: dt.date | None) -> str:
    """How many of a unit's numbers hold up, have changed, or move within their usual range."""
    holding, changed, usual, *_ = map(len, groups.values())
    told = [
        (holding, "is holding up", "are holding up"),
        (changed, "has changed in a way worth a conversation", "have changed in a way worth a conversation"),
        (usual, "moves within the usual range", "move within the usual range"),
    ]
    said = [f"{words.count(many).lower()} {one if many == 1 else more}" for many, one, more in told if many]
    total = words.many(sum(map(len, groups.values())), "number")
    when = words.month(month) if month else "The newest settled month of each"
    if not said:
        return f"**Nothing here can be judged yet.** {when}."
    return f"Of {total} here, **{words.listed(said)}**. {when}."


def together(view: View) -> list[dict[str, Any]]:
    """Which small units the chosen one is shown together with, or stands for, now or in the month chosen."""
    months = [row["settled_to"].replace(day=1) for row in view.indicators.values() if row["settled_to"]]
    month = view.month or max(months, default=None)
    found = view.ask("together", unit=view.unit["unit"])
    return [
        row
        for row in found
        if month and row["from_month"] <= month and (row["to_month"] is None or row["to_month"] >= month)
    ]


def stands_for(view: View, rows: list[dict[str, Any]], indicator: str | None = None) -> None:
    """On the page of small units that are shown together: which they are."""
    if not view.unit["together"]:
        return
    rows = [row for row in rows if indicator in (None, row["indicator"])]
    of = {
        name: [row["title"] for row in rows if row["indicator"] == name] for name in {row["indicator"] for row in rows}
    }
    names = sorted({title for titles in of.values() for title in titles}, key=str.lower)
    varies = " Not every number is of all of them." if len({tuple(titles) for titles in of.values()}) > 1 else ""
    if names:
        said = words.plain(words.listed(names))
        st.caption(f"{words.sentence(said)}, shown together so that no few people can be told apart.{varies}")


def belongs(view: View, row: dict[str, Any]) -> bool:
    """Whether a row says something of its unit: small units are shown together of some numbers, and not of others."""
    return row["shown"] != "not_collected" or not view.units[row["unit"]]["together"]


def scale(indicator: dict[str, Any]) -> str:
    """The unit of the value, in words, and which way is better."""
    better = {"lower": "lower is better", "higher": "higher is better"}.get(
        indicator["better"], "neither way is better"
    )
    unit = "Per cent" if indicator["unit"] == "%" else words.sentence(indicator["unit"])
    return f"{words.plain(unit)}, {better}."


def number(view: View) -> None:
    """Three columns: what it counts and why; how sure and with what care; where from, how checked, whose."""
    indicator = view.indicator
    sources = view.ask("about", indicator=indicator["indicator"])
    markup.columns(
        "About this number",
        {"What it counts": indicator["definition"], "Why it matters": indicator["why_it_matters"]},
        {"Evidence": words.sentence(indicator["evidence"]), "Caveats": indicator["caveats"]},
        {
            "Source": "; ".join(_source(s) for s in sources) or "None yet",
            "Checks": "; ".join(_checks(s) for s in sources) or "None yet",
            "Owner": f"{indicator['owner']}, review {words.month(indicator['next_review'])}",
        },
    )


def line(view: View, now: dict[str, Any]) -> None:
    """The line over the chart: the signs, what is drawn, and in which unit."""
    met = (
        markup.picture(icons.assurance(now["assurance"]), readings.target(now["assurance"])) if now["assurance"] else ""
    )
    told = f"{words.plain(view.indicator['definition'])} **{scale(view.indicator)}**"
    markup.show("line", cards.sign(now), met, markup.prose(told))


def file(view: View, series: list[dict[str, Any]]) -> None:
    """The months behind the chart as a file, which says itself what it holds."""
    indicator = view.indicator
    settled = indicator["settled_to"]
    notes = [
        f"{indicator['title']}, {view.unit['title']} ({indicator['unit']})",
        indicator["definition"],
        f"Settled to {words.day(settled)}" if settled else "Nothing settled yet",
        f"Release {view.release.id}",
        words.PURPOSE,
    ]
    name = f"{indicator['indicator']}, {view.unit['unit']}, {view.release.id}"
    tables.as_file("Data (CSV)", _months(view, series), name, notes)


def limits_beside(series: list[dict[str, Any]]) -> str | None:
    """The other kind of limits that the reader asks for beside these; None, or none there are."""
    offered = next((row["prime"] for row in series if row["prime"]), None)
    if not offered:
        return None
    name = readings.PRIMES[offered]
    told = (
        "XmR limits are one width for every month. These know how small each month’s numbers are, so they are wider where "
        "few people or hours stand behind a figure. The signs on the chart stay those of the XmR rules."
    )
    return offered if st.toggle(f"{name} limits beside them", key="beside", help=told, bind="query-params") else None


def table(view: View, series: list[dict[str, Any]]) -> None:
    """The months behind the chart, with their readings."""
    with expander.box("The table behind the chart", "table", "months_table") as box:
        if box.open:
            _table(view, series)


def _table(view: View, series: list[dict[str, Any]]) -> None:
    rows = _months(view, series)
    exact = st.column_config.NumberColumn(format=f"%.{words.places(row['value'] for row in series)}f")
    target = words.places(row["target"] for row in series)
    large = st.column_config.NumberColumn(format="localized")
    config = {
        **dict.fromkeys((_value(view), "Own average", "Lower limit", "Upper limit", *PRIME_LINES), exact),
        "Target": st.column_config.NumberColumn(format=f"%.{target}f"),
        **dict.fromkeys(("Numerator", "Denominator"), large),
        "Month": st.column_config.DateColumn(format="MMM YYYY"),
        "Reading": st.column_config.TextColumn(width="large"),
    }
    tables.shown(rows, f"{view.indicator['title']}, {view.unit['title']}, month by month", config)


def _months(view: View, series: list[dict[str, Any]]) -> list[dict[str, Any]]:
    rows = [
        {
            "Month": row["month"],
            _value(view): row["value"],
            "Reading": readings.reading(row, view.unit["level"]),
            "Own average": row["mean"],
            "Target": row["target"],
            "Lower limit": row["lower"],
            "Upper limit": row["upper"],
            **dict(zip(PRIME_LINES, (row["prime_lower"], row["prime_upper"]), strict=True)),
            "Numerator": row["numerator"],
            "Denominator": row["denominator"],
            "Settled": "yes" if row["settled"] else "not yet",
        }
        for row in series
    ]
    filled = [name for name in rows[0] if any(row[name] is not None for row in rows)]
    return [{name: row[name] for name in filled} for row in rows]


def _value(view: View) -> str:
    return f"Value ({view.indicator['unit']})"


def _source(source: dict[str, Any]) -> str:
    loaded = f", loaded {words.day(source['loaded'].date())}" if source["loaded"] else ""
    return f"{source['title']}{loaded}; {words.many(source['complete_after_days'], 'day')} to settle"


def _checks(source: dict[str, Any]) -> str:
    told = [f"{source['passed']} passed"]
    told += [f"{source['set_rows_aside']} set rows aside"] if source["set_rows_aside"] else []
    told += [f"{source['noted']} noted"] if source["noted"] else []
    return ", ".join(told)
