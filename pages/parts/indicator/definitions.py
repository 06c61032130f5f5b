"""What every number means and where it comes from: its header, its way from source to page, its query."""

import datetime as dt
import html
from typing import Any

import streamlit as st

from pages.parts.drawing import expander, markup, tables, vocabulary, words
from pages.parts.shell import pages
from pages.parts.shell.filters import View

STATUS = {"live": "shown", "draft": "being tried", "retired": "no longer shown"}
BETTER = {"lower": "lower", "higher": "higher", "neither": "neither way"}
SLATE, PLUM = "#7A828A", "#A65E8A"


def answer(rows: list[dict[str, Any]], today: dt.date) -> str:
    due = [row for row in rows if row["next_review"] <= today]
    thin = [row for row in rows if row["evidence"].split()[0].rstrip(":;,.") == "thin"]
    said = f"**{words.many(len(rows), 'number')}, each with an owner and a day on which it is looked at again.** "
    said += f"{words.many(len(due), 'review is', 'reviews are')} due. " if due else "No review is due. "
    return said + (f"The evidence behind {len(thin):,} is thin, and they say so." if thin else "")


def all_of_them(rows: list[dict[str, Any]], today: dt.date, titles: dict[str, str]) -> None:
    told = [
        {
            "Number": row["title"],
            "Owner": row["owner"],
            "Next review": words.short_month(row["next_review"]) + (", due" if row["next_review"] <= today else ""),
            "Status": STATUS.get(row["status"], row["status"]),
            "Evidence": row["evidence"],
            "Measured in": row["unit"],
            "Better": BETTER.get(row["better"], row["better"]),
            "Family": vocabulary.FAMILIES.get(row["family"], row["family"]),
            "Settled to": words.short_day(row["settled_to"]),
            "Drawn from": ", ".join(titles.get(source, source) for source in row["sources"]),
        }
        for row in rows
    ]
    config = {"Evidence": st.column_config.TextColumn(width=330), "Number": st.column_config.TextColumn(pinned=True)}
    st.header("All of them", anchor=False)
    tables.shown(told, "Every number with its owner, its evidence and its next review", config, height=420)
    tables.as_file("Definitions (CSV)", told, "definitions")


def one(row: dict[str, Any]) -> None:
    """Everything the header of one number says."""
    markup.columns(
        row["title"],
        {"What it counts": row["definition"], "Why it matters": row["why_it_matters"], "Caveats": row["caveats"]},
        {
            "Evidence": words.sentence(row["evidence"]),
            "Measured in": f"{row['unit']}, {_better(row)}",
            "Months": "one by one"
            if row["months_in_window"] == 1
            else f"over {row['months_in_window']}, drawn and never judged",
        },
        {
            "Owner": row["owner"],
            "Next review": words.day(row["next_review"]),
            "Shown at": words.listed(row["levels"]),
            "Protected as": f"class {row['disclosure']}, renewed {row['refresh']}",
        },
    )


def _better(row: dict[str, Any]) -> str:
    return "neither way is better" if row["better"] == "neither" else f"{row['better']} is better"


# ---- lineage ---------------------------------------------------------------------------------------------------------


def lineage(row: dict[str, Any], facts: list[dict[str, Any]], titles: dict[str, str]) -> None:
    """The way from sources through facts to the number and its pages, in words and, for who opens it, drawn."""
    st.subheader("From source to page", anchor=False)
    behind = _behind(row, {fact["fact"]: fact["reads"] for fact in facts})
    named = {source: titles.get(source, source) for source in row["sources"]}
    if not behind and not named:
        st.markdown("It is drawn from nothing that has been described yet.")
        return
    told = words.listed(words.plain(title) for title in named.values()) or "no source yet"
    steps = (
        f", through {words.many(len(behind), 'fact')} ({', '.join(words.plain(fact) for fact in behind)})"
        if behind
        else ""
    )
    st.markdown(f"From {told}{steps}, to **{words.plain(row['title'])}**, shown on {words.listed(_pages(row))}.")
    with expander.box("The same, drawn", "account_tree", "drawn") as box:
        if box.open:
            with st.container(key="lineage"):
                st.graphviz_chart(_dot(row, behind, named), width="content")


def _behind(row: dict[str, Any], reads: dict[str, list[str]]) -> dict[str, list[str]]:
    """fact → what it reads, of every fact behind a number; the number's own reads are found in its query's names."""
    due = [fact for fact in reads if f"core.{fact}" in _words_of(row["sql"])]
    found: dict[str, list[str]] = {}
    while due:
        fact = due.pop()
        if fact in reads and fact not in found:
            found[fact] = reads[fact]
            due += [table.partition(".")[2] for table in reads[fact] if table.startswith("core.")]
    return dict(sorted(found.items()))


def _pages(row: dict[str, Any]) -> list[str]:
    """Where it is shown; the review tells of headline indicators only."""
    ids = ("team", *(["review"] if row["front"] else []), "indicator", "signals")
    return [pages.of(id).title for id in ids]


def _words_of(sql: str) -> set[str]:
    code = "\n".join(line.partition("--")[0] for line in sql.splitlines())
    return set(code.replace(",", " ").replace("(", " ").replace(")", " ").replace(";", " ").split())


def _dot(row: dict[str, Any], behind: dict[str, list[str]], named: dict[str, str]) -> str:
    own = [fact for fact in behind if f"core.{fact}" in _words_of(row["sql"])]
    nodes = [
        f'"s_{source}" [label={_label(title)}, shape=cylinder, color="{SLATE}"]' for source, title in named.items()
    ]
    nodes += [f'"f_{fact}" [label={_label(fact.replace("_", " "))}, color="{SLATE}"]' for fact in behind]
    nodes += [f'"it" [label={_label(row["title"])}, color="{PLUM}", penwidth=2.4]']
    nodes += [
        f'"p_{number}" [label={_label(page)}, shape=note, color="{PLUM}"]' for number, page in enumerate(_pages(row))
    ]
    edges = []
    for fact, tables_read in behind.items():
        for table in tables_read:
            schema, _, name = table.partition(".")
            edges.append(f'"{"f" if schema == "core" else "s"}_{name}" -> "f_{fact}"')
    edges += [f'"f_{fact}" -> "it"' for fact in own] + [f'"it" -> "p_{number}"' for number in range(len(_pages(row)))]
    edges += [f'"s_{s}" -> "it"' for s in named if f"source.{s}" in _words_of(row["sql"])]
    return (
        'digraph { rankdir=TB; bgcolor="transparent"; nodesep=0.2; ranksep=0.32; '
        'node [shape=box, style="rounded", fontname="Source Sans", fontsize=13, height=0.36, margin="0.12,0.05"]; '
        f'edge [color="{SLATE}", arrowsize=0.6]; {"; ".join(nodes + edges)} }}'
    )


def _label(text: str) -> str:
    return f"<{html.escape(text)}>"


def queries(row: dict[str, Any], facts: list[dict[str, Any]]) -> None:
    """The number's query, and those of the facts behind it."""
    with expander.box("The query that reckons it", "code", "query") as box:
        if box.open:
            st.code(row["sql"], language="sql")
    behind = _behind(row, {fact["fact"]: fact["reads"] for fact in facts})
    if behind:
        with expander.box(words.many(len(behind), "fact behind it", "facts behind it"), "code", "facts") as box:
            for fact in facts if box.open else ():
                if fact["fact"] in behind:
                    st.markdown(f"**{words.plain(fact['fact'])}**")
                    st.code(fact["sql"], language="sql")


def chosen(view: View, rows: list[dict[str, Any]]) -> dict[str, Any]:
    return next(row for row in rows if row["indicator"] == view.indicator["indicator"])
