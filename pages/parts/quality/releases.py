"""Releases: which there are, what changed from one to another, and going back."""

import datetime as dt
from contextlib import suppress
from typing import Any

import streamlit as st

from pages.parts.access import access, audit
from pages.parts.drawing import tables, vocabulary, words
from pages.parts.quality.coverage import chosen
from pages.parts.release import engine_process, warehouse
from pages.parts.shell import freshness, states
from pages.parts.shell.filters import View

DEED = "go back"
MOST = 40  # releases listed; older ones are still in their folder


def known(view: View) -> list[dict[str, Any]]:
    """The releases that this reader may read, newest first, each with what it says of itself; one that cannot be read says so."""
    found = []
    for release in warehouse.releases()[:MOST]:
        try:
            whole = warehouse.is_whole(release)
            if whole and not access.readable([release]):
                continue
            said = warehouse.ask(release, "release", warehouse.top_units(release)) if whole else []
        except Exception:  # a damaged file is one line of the list, not the end of the page
            said = []
        found.append({"built_at": None, **(said[0] if said else {}), "file": release, "whole": whole})
    return found


def answer(rows: list[dict[str, Any]], current: str) -> str:
    newest = rows[0]["file"].id
    said = f"**{words.many(len(rows), 'release')}; {words.plain(current)} is what everybody sees.** "
    if newest != current:
        return said + f"Somebody went back to it from {words.plain(newest)}."
    return said + "Nothing is ever deleted, so a past review can be reproduced to the digit."


def listed(rows: list[dict[str, Any]], current: str) -> None:
    st.header("History", anchor=False)
    told = [
        {
            "Now": "current" if row["file"].id == current else "" if row["whole"] else "damaged",
            "Release": row["file"].id,
            "Built": words.moment(row["built_at"], freshness.clock()) if row["built_at"] else "cannot be read",
            "As of": words.short_day(row.get("as_of")),
            "Settled to": words.short_day(row.get("settled_to")),
            "Made by": f"Kinship {row['version']}" if row.get("version") else "–",
        }
        for row in rows
    ]
    told += [
        dict.fromkeys(told[0] if told else (), "–") | {"Now": f"withdrawn {words.short_day(day)}", "Release": release}
        for release, day in _withdrawn()
    ]
    tables.shown(told, "Every release, newest first", height=min(38 + 35 * len(told), 320))


def _withdrawn() -> list[tuple[str, dt.date | None]]:
    """Newest first; nothing but name and day is known of them here."""
    days = []
    for release, day in sorted(warehouse.withdrawn().items(), reverse=True):
        with suppress(ValueError):
            days.append((release, dt.date.fromisoformat(day)))
    return days


def compared(view: View, rows: list[dict[str, Any]], current: str) -> None:
    """What changed from an earlier release to a later one, and what was revised."""
    st.header("Compare two", anchor=False)
    readable = [row["file"] for row in rows if row["built_at"]]
    if len(readable) < 2:
        states.empty(
            "compare_arrows",
            "There is nothing to compare yet",
            "From the second release on, what changed is told here.",
        )
        return
    ids = [release.id for release in readable]
    with st.grid(columns=2, min_column_width=200, width=560, key="compare_filters"):
        later = chosen("The later release", "to", {release: release for release in [current, *ids] if release in ids})
        before = [release for release in ids if release != later]
        older = [release for release in before if ids.index(release) > ids.index(later)]
        earlier = chosen("Against the earlier", "from", {release: release for release in [*older, *before]})
    by_id = {release.id: release for release in readable}
    pair = warehouse.Pair(by_id[earlier], by_id[later], view.viewer.roots)
    try:
        changes, redefined, arrived = pair.ask("changes"), pair.ask("redefined"), pair.ask("arrived_between")
    except warehouse.UnreadableRelease as reason:
        states.empty("link_off", words.plain(str(reason)), "One of them was made by an older version.")
        return
    st.markdown(_in_short(changes, redefined))
    _sources(arrived)
    _figures(pair, changes)
    if redefined:
        st.subheader("Definitions that changed", anchor=False)
        tables.shown(
            [{"Number": row["title"], "Change": row["change"]} for row in redefined], "Definitions that changed"
        )


def _in_short(changes: list[dict[str, Any]], redefined: list[dict[str, Any]]) -> str:
    sums = {
        name: sum(row[name] for row in changes) for name in ("added", "revised", "completed", "verdicts", "not_shown")
    }
    told = [
        (sums["added"], "figure is new", "figures are new"),
        (sums["revised"], "settled figure was revised", "settled figures were revised"),
        (sums["completed"], "figure that was not settled moved", "figures that were not settled moved"),
        (sums["verdicts"], "verdict changed", "verdicts changed"),
        (sums["not_shown"], "figure is not shown any more", "figures are not shown any more"),
        (len(redefined), "definition changed", "definitions changed"),
    ]
    said = [words.many(many, one, more) for many, one, more in told if many]
    return f"**{words.sentence(words.listed(said))}.**" if said else "**Nothing that is shown changed.**"


def _sources(rows: list[dict[str, Any]]) -> None:
    st.subheader("What arrived", anchor=False)
    if not rows:
        st.markdown(":gray[:material/check_circle:] The same files, and the same rows of them.")
        return
    told = [
        {
            "Source": row["title"],
            "Files": _both(row["files_were"], row["files_are"]),
            "Rows accepted": _rows(row["rows_were"], row["rows_are"], row),
            "Rows set aside": _rows(row["set_aside_were"], row["set_aside_are"], row),
            "Settled to": _settled(row),
        }
        for row in rows
    ]
    tables.shown(told, "What each source held in the earlier and holds in the later release")


def _both(was: int | None, is_now: int | None) -> str:
    return f"{was or 0:,} → {is_now or 0:,}" if was != is_now else f"{is_now or 0:,}"


def _rows(was: int | None, is_now: int | None, row: dict[str, Any]) -> str:
    """Of a source that was or is not there, none."""
    was, is_now = (
        words.rows(number if files is not None else 0, row["published"])
        for number, files in ((was, row["files_were"]), (is_now, row["files_are"]))
    )
    return was if was == is_now else f"{was} → {is_now}"


def _settled(row: dict[str, Any]) -> str:
    was, is_now = words.short_day(row["settled_was"]), words.short_day(row["settled_is"])
    return is_now if was == is_now else f"{was} → {is_now}"


def _figures(pair: warehouse.Pair, changes: list[dict[str, Any]]) -> None:
    st.subheader("Figures, number by number", anchor=False)
    if not changes:
        st.markdown(":gray[:material/check_circle:] Every figure is what it was.")
        return
    names = {
        "added": "New",
        "revised": "Settled, revised",
        "completed": "Not settled, moved",
        "now_shown": "Shown now",
        "not_shown": "Not shown now",
        "verdicts": "Verdict changed",
    }
    told = [{"Number": row["title"], **{words_: row[name] for name, words_ in names.items()}} for row in changes]
    tables.shown(told, "How many figures of each number changed, and how", height=min(38 + 35 * len(told), 420))
    tables.as_file("Changes (CSV)", told, f"changes, {pair.earlier.id} to {pair.later.id}")
    moved = {row["indicator"]: row["title"] for row in changes if row["revised"] or row["verdicts"]}
    if not moved:
        return
    indicator = st.selectbox(
        "Which figures were revised", list(moved), format_func=moved.get, width=420, key="revised_of"
    )
    found = [
        {
            "Month": words.short_month(row["month"]),
            "Unit": row["title"] or row["unit"],
            "Was": row["was"],
            "Is": row["is_now"],
            "Verdict": vocabulary.SIGNALS[row["verdict_now"]]
            if row["verdict_was"] == row["verdict_now"]
            else f"{vocabulary.SIGNALS[row['verdict_was']]} → {vocabulary.SIGNALS[row['verdict_now']]}",
        }
        for row in pair.ask("revised", indicator=indicator)
    ]
    tables.shown(found, f"Revised figures of {moved[indicator]}", height=min(38 + 35 * len(found), 420))
    tables.as_file("Revised figures (CSV)", found, f"revised, {indicator}, {pair.earlier.id} to {pair.later.id}")


def back(rows: list[dict[str, Any]], current: str) -> None:
    """The way to another release: it only says which one is current."""
    st.header("Go back", anchor=False)
    others = [row["file"].id for row in rows if row["file"].id != current and row["built_at"]]
    if not others:
        st.markdown("There is no other release to go to.")
        return
    if not (role := access.role_to(DEED)):
        st.markdown("It changes what everybody sees: an analyst of the whole organisation does it.")
        return
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="back"):
        to = st.selectbox("Release", others, width=220, key="back_to")
        with st.popover("Make it current…", icon=":material/history:"):
            st.markdown(
                f"Everybody will then see **{words.plain(to)}** instead of {words.plain(current)}. Nothing is deleted."
            )
            if st.button(f"Make {to} current", type="primary", key="roll_back"):
                try:
                    with st.spinner("A build may be running; waiting for it…"):
                        st.toast(words.plain(engine_process.roll_back(to)))
                except engine_process.Refused as reason:
                    st.markdown(f":orange[:material/report:] {words.plain(str(reason))}")
                else:
                    audit.wrote(DEED, None, role)
                    st.rerun()
    st.caption("Until something new arrives, builds leave it there. At a terminal it is python -m etl rollback.")
