"""A source that is being added: the sample, what is proposed for it, and what an analyst has changed.

It lives in the reader’s session until they have saved it, start again or close Kinship; nothing of the sample is written anywhere else.
"""

import io
import zipfile
from functools import partial
from typing import Any

import pandas
import streamlit as st

from pages.parts.access import access, audit, uploads
from pages.parts.drawing import words
from pages.parts.release import engine_process
from pages.parts.shell import states

STEPS = ("Sample", "What each column is", "What each row becomes", "Save")
HELD = "new_source"
DEED = "add sources"
USES = {"load": "Load", "person": "Person, kept as a hash", "leave out": "Leave out"}
TYPES = {
    "text": "words",
    "number": "number",
    "whole_number": "whole number",
    "date": "date",
    "timestamp": "date and time",
    "yes_no": "yes or no",
}
EACH_FILE = {
    "replaces_its_months": "It replaces the months it holds",
    "adds_to_its_months": "It is a part of its months, which add up; where two files hold the same row, the later one counts",
    "adds": "It adds rows; where two files hold the same row, the later one counts",
    "replaces_all": "It replaces everything before it",
}
FROM_WORDS = {word: kind for kind, word in TYPES.items()}
FROM_USES = {word: use for use, word in USES.items()}


def held() -> dict[str, Any]:
    """What is being added: its step (0 to 3), sample, file name, proposal, trial and files."""
    return st.session_state.setdefault(HELD, {"step": 0})


def go(step: int) -> None:
    here = held()
    here["step"] = step
    if "proposal" in here:  # what was changed is what the table of columns begins with when one comes back to it
        here["proposed"] = here["proposal"]["columns"]


def forget() -> None:
    st.session_state.pop(HELD, None)
    for key in [key for key in st.session_state if str(key).startswith("source_")]:
        st.session_state.pop(key)


def steps(now: int) -> None:
    """Where one is on the way."""
    with st.container(horizontal=True, gap="small", vertical_alignment="center", key="steps"):
        for number, name in enumerate(STEPS):
            if number < now:
                st.badge(f"{name}", icon=":material/check:", color="gray")
            elif number == now:
                st.badge(f"{number + 1} {name}", color="violet")
            else:
                st.markdown(f":gray[{number + 1} {name}]", width="content")


def refused(reason: engine_process.Refused) -> None:
    with st.container(border=True, gap="xsmall", key="refused"):
        st.markdown(":orange[:material/report:] **This cannot be taken as it is.**")
        st.markdown(words.plain(str(reason)))


# ---- 1 -----------------------------------------------------------------------------------------------------------------


def sample() -> None:
    """Asks for a sample; goes on when the engine has something to propose."""
    st.markdown(
        "Give one extract as its system exports it: a month is enough. Kinship looks at its cells and proposes what each column "
        "is; you change what is not so, see what every row becomes, and save."
    )
    if refusal := uploads.refusal():
        states.empty("lock", "No sample can be given here", refusal)
        return
    st.markdown("**A sample extract**")
    # Its label is one space: Streamlit would give any words to a section that it also calls presentation, which contradict each
    # other for a screen reader, and of no label at all it warns in the log at every drawing. The button within is named, and the
    # words stand above.
    given = st.file_uploader(" ", label_visibility="collapsed", type=["csv", "txt", "tsv", "xlsx", "xlsm", "xls", "xlsb", "ods", "parquet"],
        max_upload_size=engine_process.LARGEST, key="source_sample",
    )  # fmt: skip
    uploads.drawn()
    st.caption(
        ":material/shield_person: The sample is held while you work on it and thrown away when you save, start again or close Kinship. "
        "Names and birth dates are never loaded; people’s numbers are shown as “person …”. What is saved holds no row of it."
    )
    if given is None:
        states.empty("upload_file", "No sample yet", "CSV, Excel, OpenDocument or Parquet, up to 30 MB.")
        return
    with st.spinner("Looking at the sample…", show_time=True):
        try:
            proposal = engine_process.propose(given.getvalue(), given.name)
        except engine_process.Refused as reason:
            refused(reason)
            return
    st.session_state[HELD] = {"step": 1, "bytes": given.getvalue(), "file": given.name, "proposal": proposal}
    st.rerun()


# ---- 2 -----------------------------------------------------------------------------------------------------------------


def columns() -> None:
    """Shows what is proposed; keeps what the analyst changes."""
    here = held()
    proposal = here["proposal"]
    _notes(proposal)
    st.header("Its columns", anchor=False)
    table = _edited(proposal)
    st.caption(
        "Dates: %d is the day, %m the month, %Y the year, %H:%M the time; dates such as 2026-10-31 need no form. Words in the last "
        "column set a row aside when another word comes; leave it empty to take any."
    )
    changed = _with_columns(proposal, table)
    st.header("Its rows", anchor=False)
    _rows(changed)
    st.header("The source", anchor=False)
    _about(changed)
    here["proposal"] = changed
    _forth("Next: what each row becomes", 2)


def _notes(proposal: dict[str, Any]) -> None:
    asked, notes = proposal["look_at"], proposal["notes"]
    if asked or notes:
        with st.container(border=True, gap="xsmall", key="look_at"):
            many = words.many(len(asked), "thing needs you", "things need you") if asked else "Good to know"
            st.markdown(f":material/visibility: **{words.sentence(many)}**")
            st.markdown("\n".join(f"- {words.plain(sentence)}" for sentence in (*asked, *notes)))


def _edited(proposal: dict[str, Any]) -> pandas.DataFrame:
    """The columns as a table that can be changed. Of people it holds no cell."""
    rows = [
        {
            "Heading": column["heading"],
            "What becomes of it": USES[column["use"]],
            "Read as": TYPES[column["type"]],
            "Why": column["why"],
            "Such as": _examples(column),
            "Our name": column["name"],
            "Form of dates": " | ".join(column["formats"]),
            "May be empty": bool(column["optional"]),
            "Names units": bool(column["refers_to"]),
            "Only these words": "; ".join(column["allowed"]),
        }
        for column in held().setdefault("proposed", proposal["columns"])
    ]
    text, choose = st.column_config.TextColumn, st.column_config.SelectboxColumn
    config = {
        "Heading": text(width=150, pinned=True),
        "What becomes of it": choose(options=list(FROM_USES), required=True, width=165),
        "Our name": text(validate=r"^[a-z][a-z0-9_]{0,40}$", required=True, width=140),
        "Read as": choose(options=list(FROM_WORDS), required=True, width=110),
        "Form of dates": text(width=130),
        "Only these words": text(width=160),
        "Why": text(width=420),
        "Such as": text(width=150),
    }
    return st.data_editor(
        pandas.DataFrame(rows), hide_index=True, column_config=config, height="content", key="source_columns",
        disabled=["Heading", "Why", "Such as"] + ([] if proposal["units"] else ["Names units"]), row_height=38,
    )  # fmt: skip


def _examples(column: dict[str, Any]) -> str:
    if column["use"] != "load" or not column["examples"]:
        return ""
    return ", ".join(f"“{text[:30]}”" for text in column["examples"][:2])


def _with_columns(proposal: dict[str, Any], table: pandas.DataFrame) -> dict[str, Any]:
    """The proposal with the columns as the table has them now; where one got another name, it is that everywhere."""
    found, renamed = [], {}
    for before, row in zip(held()["proposed"], table.to_dict("records"), strict=True):
        renamed[before["name"]] = row["Our name"]
        found.append(
            before
            | {
                "use": FROM_USES[row["What becomes of it"]],
                "name": row["Our name"],
                "type": FROM_WORDS[row["Read as"]],
                "formats": [form.strip() for form in str(row["Form of dates"] or "").split("|") if form.strip()],
                "optional": bool(row["May be empty"]),
                "refers_to": proposal["units"] if row["Names units"] else None,
                "allowed": [word.strip() for word in str(row["Only these words"] or "").split(";") if word.strip()],
            }
        )
    for column in found:
        column["weekday_of"] = renamed.get(column["weekday_of"], column["weekday_of"])
    now = {column["heading"]: column["name"] for column in found}
    was = {column["name"]: column["heading"] for column in proposal["columns"]}
    return proposal | {
        "columns": found,
        "key": [now[was[name]] for name in proposal["key"] if name in was],
        "month_of": now.get(was.get(proposal["month_of"], "")) if proposal["month_of"] else None,
        "leave_out": {now[was[name]]: totals for name, totals in proposal["leave_out"].items() if name in was},
    }


def _rows(proposal: dict[str, Any]) -> None:
    """What tells rows apart, which month they belong to, how files combine, which are totals."""
    loaded = {column["name"]: column["heading"] for column in proposal["columns"] if column["use"] != "leave out"}
    dated = [
        None,
        *(c["name"] for c in proposal["columns"] if c["use"] == "load" and c["type"] in ("date", "timestamp")),
    ]
    why = proposal["why"]
    left, right = st.columns(2, gap="medium")
    with left:
        proposal["key"] = st.multiselect(
            "No two rows share", list(loaded), [name for name in proposal["key"] if name in loaded],
            format_func=lambda name: loaded.get(name, name), key="source_key",
        )  # fmt: skip
        st.caption(words.plain(why["key"]))
        proposal["month_of"] = st.selectbox(
            "A row belongs to the month of", dated, dated.index(proposal["month_of"]) if proposal["month_of"] in dated else 0,
            format_func=lambda name: loaded.get(name, "No date: it is a list"), key="source_month",
        )  # fmt: skip
        st.caption(words.plain(why["month_of"]))
    with right:
        rules = list(EACH_FILE)
        proposal["each_file"] = st.radio(
            "When another file comes",
            rules,
            rules.index(proposal["each_file"]),
            format_func=EACH_FILE.get,
            key="source_each",
        )
        st.caption(words.plain(why["each_file"]))
        found = {
            f"{loaded.get(name, name)}: {word}": (name, word)
            for name, totals in proposal["leave_out"].items()
            for word in totals
        }
        found |= held().setdefault("totals", found)
        if found:
            kept = st.multiselect("Rows to leave out, as totals", list(found), list(found), key="source_totals")
            proposal["leave_out"] = {}
            for name, word in map(found.get, kept):
                proposal["leave_out"].setdefault(name, []).append(word)


def _about(proposal: dict[str, Any]) -> None:
    left, right = st.columns(2, gap="medium")
    with left:
        proposal["title"] = st.text_input("Title", proposal["title"], max_chars=80, key="source_title")
        proposal["owner"] = st.text_input("Who answers for it", proposal["owner"], max_chars=80, key="source_owner")
        proposal["source"] = st.text_input(
            "Name of its folder",
            proposal["source"],
            max_chars=40,
            key="source_name",
            help="Small letters, digits and underscores.",
        )
    with right:
        pattern = st.text_input(
            "What its files are called", "; ".join(proposal["file"]), max_chars=200, key="source_file",
            help="The beginning of their names, and * for what changes.",
        )  # fmt: skip
        proposal["file"] = [part.strip() for part in pattern.split(";") if part.strip()]
        proposal["complete_after_days"] = st.number_input(
            "Days after which a month is complete", 0, 365, proposal["complete_after_days"], key="source_days",
            help="A month is settled by an extract made this long after its end.",
        )  # fmt: skip
        proposal["published"] = st.toggle(
            "These figures are already public", proposal["published"], key="source_public",
            help="Only for what anybody may read elsewhere: it is then shown without protecting small groups.",
        )  # fmt: skip


# ---- 3 and 4 -------------------------------------------------------------------------------------------------------------


def _forth(label: str, step: int) -> None:
    """Back at the left, on at the right."""
    with st.container(horizontal=True, horizontal_alignment="distribute", key="forth"):
        if step == 2:
            st.button("Start again", icon=":material/undo:", on_click=forget, key="source_again")
        else:
            st.button("Back", icon=":material/arrow_back:", on_click=go, args=(step - 2,), key="source_back")
        if label:
            st.button(label, type="primary", on_click=go, args=(step,), key="source_next")


def attempt() -> dict[str, Any] | None:
    """What became of the sample under what the analyst has left; asked once for each change."""
    here = held()
    if here.get("tried") != here["proposal"]:
        with st.spinner("Taking the sample in, as a build would…", show_time=True):
            try:
                here["came"], here["files"] = engine_process.attempt(here["bytes"], here["file"], here["proposal"])
                here["tried"] = {**here["proposal"]}
            except engine_process.Refused as reason:
                refused(reason)
                _forth("", 3)
                return None
    return here["came"]


def onward() -> None:
    _forth("Next: save", 3)


def zipped(name: str, files: dict[str, str]) -> bytes:
    """The folder as one file to download."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for file, text in files.items():
            archive.writestr(f"{name}/{file}", text)
    return packed.getvalue()


def save() -> None:
    """The folder to look at, to download, and to put among the workspace's own sources."""
    here = held()
    name = here["proposal"]["source"]
    st.markdown(
        f"The folder **{words.plain(name)}** holds what the extract is, what is expected of it, and a sample of made-up rows "
        "by which it is tested. No row of yours is in it."
    )
    for file, text in here["files"].items():
        with st.expander(file, icon=":material/description:"):
            st.code(text, language="yaml" if file.endswith("yaml") else None, height=360)
    with st.container(horizontal=True, gap="small", key="saving"):
        if (role := access.role_to(DEED)) and st.button(
            "Save into this workspace", type="primary", icon=":material/save:", key="source_save"
        ):
            try:
                where = engine_process.save(here["bytes"], here["file"], here["proposal"])
            except engine_process.Refused as reason:
                refused(reason)
            else:
                audit.wrote(DEED, None, role)
                forget()
                held()["saved"] = {
                    "where": where,
                    "title": here["proposal"]["title"],
                    "file": here["proposal"]["file"][0],
                }
                st.rerun()
        st.download_button(
            "Download the folder (zip)", audit.taken("Download the folder (zip)", partial(zipped, name, here["files"])),
            f"{name}.zip", "application/zip", icon=":material/download:", on_click="ignore", key="source_zip",
        )  # fmt: skip
    if not access.role_to(DEED):
        st.caption(
            "A source is the whole organisation’s: an analyst of all of it saves the folder. Here it can be downloaded for them."
        )
    _forth("", 4)


def saved(told: dict[str, str]) -> None:
    with st.container(border=True, gap="xsmall", key="saved"):
        st.markdown(f":material/check_circle: **{words.plain(told['title'])} is a source now**, in `{told['where']}`.")
        st.markdown(f"Drop its extracts into the inbox, called `{told['file']}`, and build: `python -m etl build`.")
        st.caption(
            "Where it brings a new figure, somebody writes one query for it in sql/core. The sample is forgotten."
        )
