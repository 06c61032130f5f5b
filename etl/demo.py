"""Writes a small made-up organisation as extracts of the two public returns, so that a newcomer has something to see.

Northmere and everything in it is invented. The three years end with last month, so that the newest months are not yet
settled; apart from that the same seed gives the same figures.
"""

import csv
import datetime as dt
import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import yaml

from etl.paths import EXPECTATIONS, Workspace
from etl.steps.model import last_day

MONTHS = 36
SEED = 20261122
ORGANISATION = "NMC"
TOPS = {
    "sickness_return": ("NORTHMERE", "Northmere (made up)"),
    "staffing_return": (ORGANISATION, "Northmere Health and Care"),
}
SYSTEMS = {"QNA": "Northmere North", "QNB": "Northmere Vale", "QNC": "Northmere Coast"}
NEIGHBOURS = (
    "Northmere Health and Care", "Alder Valley Hospitals", "Brook and Vale Community", "Cairn Ambulance Service",
    "Dunlin Mental Health", "Eskdale Hospitals", "Fenwick Children's", "Garth Community", "Hollin Bank Hospitals",
    "Inver Coast Hospitals", "Juniper Care", "Kestrel Health",
)  # fmt: skip
GROUPS = ("Nurses and health visitors", "Doctors", "Support to clinical staff", "Managers")
WARDS = {
    "Adult care": ("Larch Ward", "Heron Ward", "Elm Ward", "Plover Ward", "Rowan Ward", "Sedge Ward"),
    "Surgery": ("Birch Ward", "Curlew Ward", "Hazel Ward", "Kite Ward", "Theatre recovery", "Day surgery"),
    "Community": ("Fern community", "Brook Lane home", "Meadow crisis team", "Teal community", "Willow hub"),
    "Women and children": ("Maternity", "Neonatal", "Swift Ward", "Wren Ward"),
}
WITHOUT_BEDS = {
    "Theatre recovery",
    "Day surgery",
    "Fern community",
    "Meadow crisis team",
    "Teal community",
    "Willow hub",
}


class RealWorkspace(Exception):
    """The workspace holds extracts that are not made up; a demonstration must not be mixed with them."""


def write_extracts(workspace: Workspace, today: dt.date | None = None) -> Iterator[Path]:
    """Writes the extracts and the contracts that name Northmere as their top; yields the files. Raises RealWorkspace."""
    workspace.make()
    if not workspace.synthetic.exists():
        if any(workspace.inbox.iterdir()) or any(workspace.store.glob("*/*.receipt.json")):
            raise RealWorkspace(
                f"{workspace.home} already holds extracts; give the demonstration a workspace of its own."
            )
        workspace.synthetic.write_text("The extracts of this workspace are made up.\n", encoding="utf-8")
    for source, (unit, title) in TOPS.items():
        _write_contract(workspace, source, unit, title)
    months = _months(today or dt.date.today())
    random = np.random.default_rng(SEED)
    for name, text in {**_sickness(months, random), **_staffing(months, random), **_told(months)}.items():
        path = workspace.inbox / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
        yield path


def _write_contract(workspace: Workspace, source: str, unit: str, title: str) -> None:
    """The project's own contract with another top: a workspace's folder of the same name replaces it."""
    folder = workspace.expectations / source
    folder.mkdir(parents=True, exist_ok=True)
    contract = yaml.safe_load((EXPECTATIONS / source / "contract.yaml").read_text(encoding="utf-8"))
    contract["brings_teams"][-1] |= {"unit": unit, "title": title}
    (folder / "contract.yaml").write_text(
        yaml.safe_dump(contract, sort_keys=False, allow_unicode=True), encoding="utf-8"
    )
    (folder / "suite.yaml").write_text(
        (EXPECTATIONS / source / "suite.yaml").read_text(encoding="utf-8"), encoding="utf-8"
    )


def _months(today: dt.date) -> list[dt.date]:
    end = today.year * 12 + today.month - 1
    return [dt.date(number // 12, number % 12 + 1, 1) for number in range(end - MONTHS, end)]


def _winter(month: dt.date) -> float:
    return 1 + 0.05 * np.cos(2 * np.pi * (month.month - 1) / 12)


def _sickness(months: list[dt.date], random: np.random.Generator) -> dict[str, str]:
    """One file a year, in the national return's headings; blank where a group is not reported."""
    headings = [
        "DATE", "NHSE_REGION_CODE", "NHSE_REGION_NAME", "ICS_CODE", "ICS_NAME", "ORG_CODE", "ORG_NAME",
        "STAFF_GROUP", "FTE_DAYS_LOST", "FTE_DAYS_AVAILABLE",
    ]  # fmt: skip
    codes = [ORGANISATION] + [f"N{number:02}" for number in range(1, len(NEIGHBOURS))]
    sizes, levels = random.integers(600, 5200, len(codes)), random.normal(0.049, 0.006, len(codes))
    sizes[0] = 1480
    files: dict[str, list] = {}
    for number, month in enumerate(months):
        end = last_day(month)
        for place, (code, name) in enumerate(zip(codes, NEIGHBOURS, strict=True)):
            system = list(SYSTEMS)[place % len(SYSTEMS)]
            rises = 1 + 0.12 * (place == 4) * (number >= MONTHS - 10)
            available = sizes[place] * end.day * random.normal(1, 0.004)
            lost = available * levels[place] * _winter(month) * rises * random.normal(1, 0.045)
            where = [end.strftime("%d/%m/%Y"), "YNM", "Northmere region", system, SYSTEMS[system], code, name]
            rows = files.setdefault(f"sickness_return_{month.year}.csv", [headings])
            rows.append([*where, "All staff groups", f"{lost:.5f}", f"{available:.5f}"])
            for group in GROUPS:
                reported = not (group == "Managers" and place % 4 == 3)
                rows.append(
                    [*where, group, *([f"{lost * 0.22:.5f}", f"{available * 0.23:.5f}"] if reported else ["", ""])]
                )
    return {name: _csv(rows) for name, rows in files.items()}


def _staffing(months: list[dt.date], random: np.random.Generator) -> dict[str, str]:
    """The monthly return of planned and actual hours, hours with thousands commas as the real one has them."""
    hours = [
        f"{time} {kind} {what} Hrs"
        for time in ("Day", "Night")
        for kind in ("Reg", "Unreg")
        for what in ("Planned", "Actual")
    ]
    rows: list[list] = [["Name", *hours, "Patient Count At Midnight", "Missing Census Count", "Division", "Month"]]
    for division, wards in WARDS.items():
        for ward in wards:
            level, size = random.normal(0.93, 0.03), random.uniform(0.6, 1.5)
            patients = 0 if ward in WITHOUT_BEDS else random.uniform(14, 28)
            for number, month in enumerate(months):
                if (ward == "Meadow crisis team" and number < 8) or (ward == "Teal community" and number == MONTHS - 7):
                    continue  # a team that began later, and a month that never came
                drift = {
                    "Larch Ward": -0.13 * (number >= MONTHS - 9),
                    "Rowan Ward": +0.07 * (number >= MONTHS - 16),
                    "Maternity": -0.012 * max(0, number - (MONTHS - 9)),
                }.get(ward, 0.0)
                fill = level + drift - 0.2 * (_winter(month) - 1) + random.normal(0, 0.02)
                row = []
                for share in (1600, 1100, 1050, 720):
                    planned = share * size * random.normal(1, 0.02)
                    row += [f"{planned:,.2f}", f"{planned * (fill + random.normal(0, 0.015)):,.2f}"]
                counted = int(patients * last_day(month).day * random.normal(1, 0.03))
                rows.append([ward, *row, counted, int(random.poisson(0.3)), division, month.strftime("%d/%m/%Y")])
    return {"staffing_return.csv": _csv(rows)}


def _told(months: list[dt.date]) -> dict[str, str]:
    """What the organisation says of its own figures: three events, one of which re-bases, and a target that was raised."""
    events = [
        ["Larch Ward", months[-9], "staffing change", "Four posts held open", "", ""],
        ["Adult care", months[-18], "rota change", "Twelve-hour shifts began", "", ""],
        ["Rowan Ward", months[-16], "bed change", "Six beds moved to Elm Ward", "fill_rate; chppd", ""],
    ]
    targets = [["fill_rate", ORGANISATION, months[0], 90], ["fill_rate", ORGANISATION, months[-12], 92]]
    headings = ["Unit", "Month", "Kind", "What happened", "Re-base", "Fix limits after"]
    return {
        "events.csv": _csv([headings, *(_dated(row, 1) for row in events)]),
        "targets.csv": _csv([["Indicator", "Unit", "From", "Target"], *(_dated(row, 2) for row in targets)]),
    }


def _dated(row: list, place: int) -> list:
    return [cell.strftime("%d/%m/%Y") if at == place else cell for at, cell in enumerate(row)]


def _csv(rows: list[list]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()
