"""What became of a sample: its rows as they would be kept, those set aside and why, and what was checked."""

from typing import Any

import streamlit as st

from pages.parts.drawing import tables, words

OUTCOMES = {"critical": "would refuse the file", "warning": "would set rows aside", "info": "would be noted"}


def shown(came: dict[str, Any]) -> None:
    st.markdown(f"**{words.plain(came['sentence'])}**")
    if came.get("rows_read"):
        _numbers(came)
    if came.get("unknown_names"):
        _unknown(came["unknown_names"])
    if came.get("accepted"):
        st.header("Rows as they would be kept", anchor=False)
        rows = [dict(zip(came["columns"], row, strict=True)) for row in came["accepted"]]
        tables.shown(rows, "The first rows of the sample, in our columns", height="content")
        st.caption(
            f"The first {len(rows)}. A person is shown as “person …”: the same person is the same everywhere, and nobody."
        )
    if came.get("rejected"):
        st.header("Rows that would be set aside", anchor=False)
        rows = [{"Line": row["line"], "Why": row["why"], **row["cells"]} for row in came["rejected"]]
        tables.shown(rows, "The first rows of the sample that would be set aside, and why", height="content")
    if came.get("expectations"):
        _checks(came["expectations"])


def _numbers(came: dict[str, Any]) -> None:
    told = {
        "Rows read": came["rows_read"],
        "Accepted": came["rows_accepted"],
        "Set aside": came["rows_quarantined"],
        "Left out": came["rows_left_out"],
    }
    with st.grid(columns=4, min_column_width=130):
        for name, number in told.items():
            with st.container(border=True, gap=None):
                st.caption(name)
                st.html(f'<p class="figure">{number:,}</p>')
    if came["set_aside"]:
        reasons = [
            {"Heading": row["heading"], "Reason": row["reason"], "Rows": row["rows"]} for row in came["set_aside"]
        ]
        tables.shown(reasons, "Why rows would be set aside or left out, with how many")


def _unknown(names: dict[str, int]) -> None:
    st.header("Names of units that nobody knows yet", anchor=False)
    rows = [{"Name": name, "Rows": many} for name, many in names.items()]
    tables.shown(rows, "Names of units in the sample that no reference knows")
    st.caption("Their rows wait. After the build the quality page lists these names for you to match.")


def _checks(results: list[dict[str, Any]]) -> None:
    st.header("What was checked", anchor=False)
    passed = [result for result in results if result["status"] == "passed"]
    failed = [result for result in results if result["status"] in ("failed", "error")]
    st.markdown(f":gray[:material/check_circle:] **{len(passed):,} passed**, {len(failed):,} did not")
    rows = [
        {
            "Result": OUTCOMES.get(result["severity"], "") if result in failed else result["status"],
            "Expected": result["about"],
            "Rows": result["unexpected"],
            "Why it matters": result["why"],
        }
        for result in [*failed, *(result for result in results if result not in failed)]
    ]
    wide = st.column_config.TextColumn(width="large")
    with st.expander("Every check", icon=":material/rule:"):
        tables.shown(rows, "Every check of the sample and what came of it", {"Expected": wide, "Why it matters": wide})
