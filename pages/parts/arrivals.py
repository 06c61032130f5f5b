"""What arrived: each source's rows and where they went, what was refused, and what the checks said."""

import datetime as dt
from typing import Any

import streamlit as st

from pages.parts import freshness, states, tables, words

OUTCOMES = {
    "critical": (":material/block:", "refused the file"),
    "warning": (":material/pending:", "set rows aside"),
    "info": (":material/info:", "noted"),
}


def needs(refused: int, waiting: int, last: dict[str, Any] | None) -> str:
    """What needs somebody, in bold, first."""
    told = []
    if last and last["outcome"] == "failed":
        told.append("the last build published nothing")
    if refused:
        told.append(f"{words.many(refused, 'file was', 'files were')} refused")
    if waiting:
        told.append(f"{words.many(waiting, 'row names', 'rows name')} a unit we do not know")
    if not told:
        return "**Nothing needs you.** Everything arrived whole, or says why not."
    return f"**This needs you:** {words.listed(told)}. Everything else arrived whole, or says why not."


def last_build(last: dict[str, Any] | None, release: str) -> None:
    """What the last build said where it published nothing."""
    if last is None or last["outcome"] == "published":
        return
    when = words.moment(last["finished"], freshness.clock())
    if last["outcome"] == "nothing_new":
        st.caption(f":material/history: Last build {when}: {words.plain(last['sentence'])}")
        return
    with st.container(border=True, gap="xsmall", key="last_build"):
        st.markdown(f":orange[:material/report:] **The last build, {when}, published nothing.**")
        st.markdown(words.plain(last["sentence"]))
        st.caption(f"What you see is still release {words.plain(release)}.")


def sources(rows: list[dict[str, Any]]) -> None:
    st.header("Where the rows went", anchor=False)
    told = [
        {
            "Source": row["title"],
            "Settled to": words.short_day(row["settled_to"]),
            "Files": row["files"],
            "Rows read": row["rows_read"],
            "Accepted": row["rows_accepted"],
            "Set aside": row["rows_quarantined"],
            "Left out": row["rows_left_out"],
            "Why set aside or left out": " · ".join(f"{r['rows']:,}: {r['reason']}" for r in row["reasons"])
            if row["files"]
            else "not collected yet",
        }
        for row in rows
    ]
    config = _rows("Files", "Rows read", "Accepted", "Set aside", "Left out")
    config["Why set aside or left out"] = st.column_config.TextColumn(width=410)
    tables.shown(
        told,
        "Each source: how far it is settled, its rows, and why some were set aside",
        config,
        row_height=40,
    )
    st.caption(
        "Rows read = accepted + set aside + left out, for every file. Rows set aside keep their text, line "
        "and reason, and are taken again when the file, its contract or a reference is corrected. Rows are "
        "left out where the contract says so: totals, equal repeats."
    )


def refused(files: list[dict[str, Any]]) -> None:
    st.header("Files refused", anchor=False)
    if not files:
        st.markdown(":gray[:material/check_circle:] None.")
    for file in files:
        with st.container(gap=None):
            st.markdown(f":gray[:material/block:] **{words.plain(file['file'])}**")
            st.markdown(words.plain(file["sentence"]))
            st.caption(f"Arrived {words.moment(file['arrived'], freshness.clock())}")


def unknown_names(rows: list[dict[str, Any]]) -> None:
    st.header("Names we do not know", anchor=False)
    if not rows:
        st.markdown(":gray[:material/check_circle:] Every unit named is one we know.")
        return
    told = [{"In": row["source"], "Name": row["name"], "Rows waiting": row["waiting"]} for row in rows]
    config = {"Rows waiting": st.column_config.NumberColumn(format="localized", width="small")}
    tables.shown(told, "Unit names that no reference knows, with the rows that wait for them", config, row_height=40)
    to_fill_in = [{"System": "all", "Name": row["name"], "Unit": ""} for row in rows]
    tables.as_file("Names to fill in (CSV)", to_fill_in, "names by system")
    st.caption(
        "Give each its unit's code or title, add the rows to the names by system, and build: their rows are taken."
    )


def checks(rows: list[dict[str, Any]], titles: dict[str, str]) -> None:
    """What was expected of each source, what came of it, and what is feared where it fails."""
    st.header("Checks", anchor=False)
    passed = sum(not row["failed"] and not row["errors"] and row["files"] > 0 for row in rows)
    st.markdown(f":gray[:material/check_circle:] **{passed:,} passed**")
    for severity, (icon, outcome) in OUTCOMES.items():
        failed = [row for row in rows if row["failed"] and row["severity"] == severity]
        if failed:
            with st.container(gap=None):
                st.markdown(f":gray[{icon}] **{len(failed):,} {outcome}**")
                for row in failed:
                    why = f" *{words.plain(row['why'])}*" if row["why"] else ""
                    what = f"{words.plain(row['about'])}: {words.many(row['unexpected'], 'row')}."
                    st.caption(f"{words.plain(titles.get(row['source'], row['source']))}. {what}{why}")
    if any(row["errors"] for row in rows):
        st.markdown(f":gray[:material/error:] **{sum(row['errors'] for row in rows):,} could not be run**")
    for source, title in titles.items():
        mine = [row for row in rows if row["source"] == source]
        if mine:
            with st.expander(f"{words.plain(title)}: {words.many(len(mine), 'check')}", icon=":material/rule:"):
                tables.shown([_check(row) for row in mine], f"Checks of {title}", _WIDE, row_height=40)


_WIDE = {
    "Expected": st.column_config.TextColumn(width="large"),
    "Why it matters": st.column_config.TextColumn(width="large"),
}


def _check(row: dict[str, Any]) -> dict[str, Any]:
    if row["errors"]:
        came = "could not be run"
    elif row["failed"]:
        came = OUTCOMES.get(row["severity"], ("", "noted"))[1]
    else:
        came = "passed" if row["files"] else "not applicable"
    return {
        "Result": came,
        "Expected": row["about"],
        "Rows": row["unexpected"],
        "Files": f"{row['failed']} of {row['files']}",
        "Why it matters": row["why"],
    }


def files(rows: list[dict[str, Any]], titles: dict[str, str]) -> None:
    st.header("Files", anchor=False)
    if not rows:
        states.empty("inbox", "No files yet", "Extracts are dropped in workspace/inbox.")
        return
    told = [
        {
            "File": row["file"],
            "Source": titles.get(row["source"], "none"),
            "Arrived": words.short_day(row["arrived"].date()),
            "Months": _months(row["from_month"], row["to_month"]),
            "Outcome": "replaced by a later file" if row["replaced"] else row["outcome"],
            "What happened": row["sentence"],
            "Read": row["rows_read"],
            "Accepted": row["rows_accepted"],
            "Set aside": row["rows_quarantined"],
            "Left out": row["rows_left_out"],
        }
        for row in rows
    ]
    config = _rows("Read", "Accepted", "Set aside", "Left out")
    wide = {"File": 210, "Source": 160, "Months": 150, "What happened": 330}
    config |= {name: st.column_config.TextColumn(width=width) for name, width in wide.items()}
    tables.shown(told, "Every file that arrived and what became of it", config, height=min(38 + 35 * len(told), 420))
    tables.as_file("Files (CSV)", told, "files")


def _rows(*names: str) -> dict[str, Any]:
    return dict.fromkeys(names, st.column_config.NumberColumn(format="localized", width=72))


def _months(first: dt.date | None, last: dt.date | None) -> str:
    if first is None or last is None:
        return "–"
    return words.short_month(first) if first == last else f"{words.short_month(first)} to {words.short_month(last)}"
