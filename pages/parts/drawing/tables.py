"""A table on screen and the same table as a file: one list of rows feeds both."""

import csv
import io
from typing import Any

import streamlit as st

from pages.parts.access import audit


def shown(rows: list[dict[str, Any]], alt: str, config: dict[str, Any] | None = None, **more: Any) -> Any:
    """Draw the rows; give back what st.dataframe does, which is the selection where there can be one."""
    return st.dataframe(rows, hide_index=True, alt=alt, column_config=config, placeholder="–", **more)


def as_file(
    label: str, rows: list[dict[str, Any]], name: str, notes: list[str] | None = None, main: bool = False
) -> None:
    """A button that writes the rows as CSV when pressed; notes are lines at its head, marked with #. `main` is what a reader
    is most likely to do here."""
    st.download_button(
        label, data=audit.taken(label, lambda: written(rows, notes or [])), file_name=f"{name}.csv", mime="text/csv",
        icon=":material/download:", on_click="ignore", key=f"file_{name}",
        type="primary" if main else "secondary",
    )  # fmt: skip


def written(rows: list[dict[str, Any]], notes: list[str]) -> bytes:
    """CSV that spreadsheets open as it stands: with a byte order mark, and no text that they would run."""
    text = io.StringIO()
    sheet = csv.writer(text)
    sheet.writerows([f"# {note}"] for note in notes)
    sheet.writerow(rows[0] if rows else [])
    sheet.writerows([_inert(value) for value in row.values()] for row in rows)
    return text.getvalue().encode("utf-8-sig")


def _inert(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r", "\n") else value
