"""A signal before and since the start of what a unit tries: in words, and on its chart."""

import datetime as dt
from dataclasses import replace
from typing import Any

import streamlit as st

from pages.parts.drawing import readings, words
from pages.parts.indicator import cards, xmr_chart
from pages.parts.shell.filters import View

BEFORE = 12  # settled months before the start that are told of


def signal(view: View, indicator: str, began: dt.date, chart: bool) -> None:
    """One signal of the view's unit: its sign and name, before and since in words, and if asked for the chart."""
    if indicator not in view.indicators:
        st.caption(f"{words.plain(indicator)}: no longer among the numbers of this release.")
        return
    here = replace(view, indicator=view.indicators[indicator], month=None)
    now = here.ask("now", indicators=[indicator], of=[view.unit["unit"]], month=None)[0]
    series = here.ask("series", indicator=indicator, unit=view.unit["unit"])
    with st.container(gap="small", key=f"since_{indicator}"):
        with st.container(horizontal=True, wrap=False, gap="small", key=f"sign_{indicator}"):
            cards.icon(now, 28)
            with st.container(gap=None, width="stretch"):
                st.page_link(
                    cards.LARGE.path, label=words.plain(here.indicator["title"]), help="",
                    query_params=view.address(indicator=indicator),
                )  # fmt: skip
                st.caption(words.plain(in_words(series, began, here.indicator["unit"], now, view.unit["level"])))
        if chart and any(row["value"] is not None for row in series):
            asked = {"indicator": indicator, "unit": view.unit["unit"]}
            inside = began <= series[-1]["month"]
            spec = xmr_chart.xmr(
                view.release, view.viewer.roots, **asked, chosen=began if inside else None, marked="we began"
            )
            told = xmr_chart.in_words(here, series, readings.reading(now, view.unit["level"]))
            below = xmr_chart.key(series, here.ask("events", unit=view.unit["unit"]), view.profile)
            told = f"{told} We began in {words.month(began)}."
            xmr_chart.show(spec, here.indicator["title"], told, below, f"chart_{indicator}")


def in_words(series: list[dict[str, Any]], began: dt.date, measure: str, now: dict[str, Any], level: str) -> str:
    """The span of the settled months before and since, never one month against another, and what may be said of it."""
    judged = [row for row in series if row["settled"] and row["value"] is not None]
    since = [row for row in judged if row["month"] >= began]
    before = [row for row in judged if row["month"] < began][-BEFORE:]
    places = words.places(row["value"] for row in judged)
    told = [f"Before: {_span(before, measure, places)}."] if before else []
    if since:
        told.append(f"Since {words.month(began)}: {_span(since, measure, places)}. {readings.reading(now, level)}.")
    elif judged:
        told.append(
            f"No month since {words.month(began)} is settled yet; the newest is {words.month(judged[-1]['month'])}."
        )
    else:
        told.append(f"{readings.absence(now).rstrip('.')}.")
    if any(row["segment"] != judged[0]["segment"] and row["segment"] is not None for row in since):
        told.append("Average and limits have begun afresh on the way; the event on the chart says why.")
    return " ".join(told)


def _span(rows: list[dict[str, Any]], measure: str, places: int) -> str:
    low, high = min(row["value"] for row in rows), max(row["value"] for row in rows)
    months = words.many(len(rows), "settled month")
    if words.figure(low, places) == words.figure(high, places):
        return f"{words.quantity(high, measure, places)} in {months}"
    return f"{words.figure(low, places)} to {words.quantity(high, measure, places)} in {months}"
