"""What arrived: each source's rows and where they went, what was refused, and what the checks said."""

import datetime as dt
from typing import Any

import pandas
import streamlit as st

from pages.parts.drawing import expander, tables, words
from pages.parts.shell import freshness, states

ROUNDED = (
    "Where rows may be people their numbers are told to the nearest 5; few is fewer than 11, or a number beside which such a one "
    "could be worked out. Files are told one by one, and their sums count few as 5."
)
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
        told.append(f"{words.many(waiting, 'name of a unit is', 'names of units are')} not known")
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
            "Rows read": words.rows(row["rows_read"], row["published"]),
            "Accepted": words.rows(row["rows_accepted"], row["published"]),
            "Set aside": words.rows(row["rows_quarantined"], row["published"]),
            "Left out": words.rows(row["rows_left_out"], row["published"]),
            "Why set aside or left out": " · ".join(
                f"{words.rows(r['rows'], row['published'])}: {r['reason']}" for r in row["reasons"]
            )
            if row["files"]
            else "not collected yet",
        }
        for row in rows
    ]
    config = _numbers("Files") | _rows("Rows read", "Accepted", "Set aside", "Left out")
    config["Why set aside or left out"] = st.column_config.TextColumn(width=410)
    tables.shown(
        told,
        "Each source: how far it is settled, its rows, and why some were set aside",
        config,
        row_height=40,
    )
    st.caption(
        f"Rows read = accepted + set aside + left out, for every file. {ROUNDED} Rows set aside keep their text, line "
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


def unknown_names(rows: list[dict[str, Any]], known: list[dict[str, Any]] | None, units: dict[str, str]) -> None:
    """The names that wait, each to be matched with a unit; and the crosswalk to send back: what was `known` with these added.
    An analyst of a part is not told what all is known: their matches are for whoever sends back the whole."""
    st.header("Names we do not know", anchor=False)
    if not rows:
        st.markdown(":gray[:material/check_circle:] Every unit named is one we know.")
        return
    told = [
        {"In": row["source"], "Name": row["name"], "Rows": words.rows(row["waiting"], row["published"]), "Is it…": None}
        for row in rows
    ]
    config = {
        "Rows": st.column_config.TextColumn(width=90),
        "Is it…": st.column_config.SelectboxColumn(options=list(units.values()), width=220),
    }
    matched = st.data_editor(
        pandas.DataFrame(told), hide_index=True, column_config=config, disabled=["In", "Name", "Rows"], row_height=40,
        height=min(40 * (len(told) + 1), 420), key="unknown_names", placeholder="choose a unit",
    )  # fmt: skip
    codes = {label: code for code, label in units.items()}
    chosen = {row["Name"]: codes[row["Is it…"]] for row in matched.to_dict("records") if row["Is it…"] in codes}
    sent = [{"System": row["system"], "Name": row["name"], "Unit": row["unit"]} for row in known or ()]
    sent += [{"System": "all", "Name": name, "Unit": unit} for name, unit in chosen.items()]
    added = f"{words.many(len(chosen), 'name')} matched here" if chosen else "Match a name above to add it"
    if known is None:  # a crosswalk replaces the one before: half of one would lose the other half
        tables.as_file("Names matched (CSV)", sent, "matched here", main=True)
        st.caption(
            f"{added}. An analyst of the whole organisation adds them to the crosswalk, and the rows that wait are taken."
        )
        return
    tables.as_file("Crosswalk to send back (CSV)", sent, "names_by_system", main=True)
    st.caption(
        f"{added}; {words.many(len(known), 'name')} known already, all in the file. Drop it into the inbox and build: the rows "
        "that wait are taken."
    )


def reasons(rows: list[dict[str, Any]]) -> None:
    """Why rows were set aside or left out: a row a source, heading and reason."""
    st.header("Rows set aside, by reason", anchor=False)
    if not rows:
        st.markdown(":gray[:material/check_circle:] None.")
        return
    told = [
        {
            "Source": r["title"],
            "Heading": r["heading"] or "–",
            "Reason": r["reason"],
            "Rows": words.rows(r["set_aside"], r["published"]),
            "Files": r["files"],
        }
        for r in rows
    ]
    config = _rows("Rows") | _numbers("Files") | {"Reason": st.column_config.TextColumn(width=380)}
    tables.shown(
        told, "Why rows were set aside or left out, source by source", config, height=min(38 + 35 * len(told), 420)
    )
    tables.as_file("Reasons (CSV)", told, "rows set aside")
    st.caption(
        f"{ROUNDED} The rows themselves, and exact numbers, are seen on the engine’s side alone, by python -m etl receipts --rows."
    )


def checks(rows: list[dict[str, Any]], titles: dict[str, str]) -> None:
    """What was expected of each source, what came of it, and what is feared where it fails."""
    st.header("Checks", anchor=False)
    passed = sum(not row["failed"] and not row["errors"] and row["files"] > 0 for row in rows)
    st.markdown(f":gray[:material/check_circle:] **{passed:,} passed**")
    for severity, (icon, outcome) in OUTCOMES.items():
        failed = [row for row in rows if row["failed"] and row["severity"] == severity]
        if failed:
            told = [f":gray[{icon}] **{len(failed):,} {outcome}**"]
            for row in failed:
                why = f" *{words.plain(row['why'])}*" if row["why"] else ""
                what = f"{words.plain(row['about'])}: {words.rows(row['unexpected'], row['published'], 'row')}."
                told.append(f":small[:gray[{words.plain(titles.get(row['source'], row['source']))}. {what}{why}]]")
            st.markdown("  \n".join(told))
    if any(row["errors"] for row in rows):
        st.markdown(f":gray[:material/error:] **{sum(row['errors'] for row in rows):,} could not be run**")
    of = {source: sum(row["source"] == source for row in rows) for source in titles}
    with expander.box(f"{words.many(len(rows), 'check')}, source by source", "rule", "checks") as box:
        if box.open and rows:
            source = st.selectbox(
                "Source",
                [source for source in titles if of[source]],
                format_func=lambda source: f"{titles[source]}: {words.many(of[source], 'check')}",
                key="checks_of",
                width=420,
            )
            mine = [_check(row) for row in rows if row["source"] == source]
            tables.shown(mine, f"Checks of {titles[source]}", _WIDE, row_height=40)


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
        "Rows": words.rows(row["unexpected"], row["published"]),
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
            "What happened": _became(row),
            "Read": words.rows(row["rows_read"], row["published"]),
            "Accepted": words.rows(row["rows_accepted"], row["published"]),
            "Set aside": words.rows(row["rows_quarantined"], row["published"]),
            "Left out": words.rows(row["rows_left_out"], row["published"]),
        }
        for row in rows
    ]
    config = _rows("Read", "Accepted", "Set aside", "Left out")
    wide = {"File": 210, "Source": 160, "Months": 150, "What happened": 330}
    config |= {name: st.column_config.TextColumn(width=width) for name, width in wide.items()}
    with expander.box(f"{words.many(len(rows), 'file')}, newest first", "draft", "files") as box:
        if box.open:
            height = min(38 + 35 * len(told), 420)
            tables.shown(told, "Every file that arrived and what became of it", config, height=height)
    tables.as_file("Files (CSV)", told, "files")


def _became(row: dict[str, Any]) -> str:
    """What an older release says of an accepted file has exact numbers in it."""
    if row["outcome"] != "accepted" or row["published"]:
        return row["sentence"]
    read, accepted, aside, out = (
        words.rows(row[name], False) for name in ("rows_read", "rows_accepted", "rows_quarantined", "rows_left_out")
    )
    if aside == out == "0":
        return f"All of {read} rows accepted."
    told = [f"{accepted} of {read} rows accepted"]
    told += [f"{aside} set aside"] * (aside != "0") + [f"{out} left out as its contract says"] * (out != "0")
    return words.sentence(", ".join(told)) + "."


def _rows(*names: str) -> dict[str, Any]:
    return dict.fromkeys(names, st.column_config.TextColumn(width=100, alignment="right"))


def _numbers(*names: str) -> dict[str, Any]:
    return dict.fromkeys(names, st.column_config.NumberColumn(format="localized", width=72))


def _months(first: dt.date | None, last: dt.date | None) -> str:
    if first is None or last is None:
        return "–"
    return words.short_month(first) if first == last else f"{words.short_month(first)} to {words.short_month(last)}"
