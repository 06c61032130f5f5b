"""The monthly review as files: buttons on its page, and `python -m pages.parts.review.report` for a build that writes packs.

Both write what the page shows, from the same questions.
"""

import argparse
import datetime as dt
import logging
import os
import sys
from dataclasses import replace
from pathlib import Path

import streamlit as st

from pages.parts import log
from pages.parts.access import access, audit
from pages.parts.release import warehouse
from pages.parts.review import pack, review, workbook
from pages.parts.shell import filters

KINDS = {
    "Pack (PDF)": ("pdf", "application/pdf", ":material/picture_as_pdf:", pack.pdf),
    "Figures (.xlsx)": (
        "xlsx",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        ":material/table_view:",
        workbook.xlsx,
    ),
}


class NoSuchUnit(Exception):
    """The release has no such unit; the sentence names it."""


def buttons(found: review.Review) -> None:
    """One for each kind of file; it is made when the button is pressed."""
    for label, (ending, mime, icon, made) in KINDS.items():
        st.download_button(
            label, data=audit.taken(label, lambda made=made: made(found)), file_name=name(found, ending), mime=mime,
            icon=icon, on_click="ignore", type="primary" if ending == "pdf" else "secondary", key=f"file_{ending}",
        )  # fmt: skip


def name(found: review.Review, ending: str) -> str:
    unit = "".join(sign if sign.isalnum() else "-" for sign in found.view.unit["unit"])
    month = f"{found.month:%Y-%m}" if found.month else "newest"
    return f"review, {unit}, {month}, {found.view.release.id}.{ending}"


def view_of(unit: str | None = None, month: dt.date | None = None) -> filters.View:
    """The view of a unit (of which most is told, unless named) outside a session. Raises NoRelease, UnreadableRelease
    and NoSuchUnit."""
    release = warehouse.current()
    viewer = access.viewer(release)
    units = {row["unit"]: row for row in warehouse.ask(release, "units", viewer.roots)}
    indicators = {row["indicator"]: row for row in warehouse.ask(release, "indicators", viewer.roots)}
    view = filters.View(
        release, viewer, units, indicators, next(iter(units.values())), next(iter(indicators.values())), month, None
    )
    if unit and unit not in units:
        raise NoSuchUnit(f"There is no unit {unit!r} in release {release.id}.")
    return replace(view, unit=units[unit or filters.usual(view)])


def main(arguments: list[str]) -> int:
    """Writes both files into a folder; a sentence and 1 where they cannot be made."""
    parser = argparse.ArgumentParser(prog="python -m pages.parts.review.report", description=__doc__.splitlines()[0])
    parser.add_argument("--unit", help="its code; unless named, the one of which most is told")
    parser.add_argument(
        "--month", type=lambda text: dt.date.fromisoformat(f"{text}-01"), help="2026-10; else the newest"
    )
    parser.add_argument("--out", type=Path, default=warehouse.home() / "packs")
    asked = parser.parse_args(arguments)
    os.umask(0o077)
    logging.getLogger("streamlit").setLevel(logging.ERROR)  # it says of each question that no browser asks it
    try:
        view = view_of(asked.unit, asked.month)
        earlier = warehouse.earlier(view.release)
        found = review.review(view, earlier[0] if earlier else None)
        asked.out.mkdir(parents=True, exist_ok=True)
        for ending, _, _, made in KINDS.values():
            path = asked.out / name(found, ending)
            unfinished = path.with_name(f".{path.name}.{os.getpid()}")
            unfinished.write_bytes(made(found))
            unfinished.replace(path)
            print(log.printable(f"Wrote {path}"))
    except warehouse.NoRelease:
        print("There is no release to report on yet: build first (python -m etl build).", file=sys.stderr)
    except (warehouse.UnreadableRelease, NoSuchUnit) as reason:
        print(log.printable(str(reason)), file=sys.stderr)
    else:
        return 0
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
