"""The public return of sickness absence: Northmere, by its own records, beside a dozen made-up neighbours."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from etl.demo import names
from etl.demo.calendar import Calendar, written
from etl.demo.figures import Figures
from etl.demo.staff import DOCTOR, NURSE, SUPPORT
from etl.demo.writing import Inbox

SYSTEMS = {"QNA": "Northmere North", "QNB": "Northmere Vale", "QNC": "Northmere Coast"}
NEIGHBOURS = (
    "Alder Valley Hospitals", "Brook and Vale Community", "Cairn Ambulance Service", "Dunlin Mental Health",
    "Eskdale Hospitals", "Fenwick Children's", "Garth Community", "Hollin Bank Hospitals", "Inver Coast Hospitals",
    "Juniper Care", "Kestrel Health", "Linden Hospitals",
)  # fmt: skip
GROUPS = {
    "Nurses and health visitors": NURSE,
    "HCHS doctors": DOCTOR,
    "Support to clinical staff": SUPPORT,
    "Managers": None,
}
HEADINGS = [
    "DATE", "NHSE_REGION_CODE", "NHSE_REGION_NAME", "ICS_CODE", "ICS_NAME", "ORG_CODE", "ORG_NAME", "STAFF_GROUP",
    "FTE_DAYS_LOST", "FTE_DAYS_AVAILABLE",
]  # fmt: skip
RISES = 4  # the neighbour whose sickness rises in the last ten months


def sickness_return(calendar: Calendar, figures: Figures, inbox: Inbox, random: np.random.Generator) -> Iterator[Path]:
    """One file a year in the national headings; blank where a group is not reported."""
    organisations = [names.ORGANISATION_TITLE, *NEIGHBOURS]
    codes = [names.ORGANISATION] + [f"N{number:02}" for number in range(1, len(organisations))]
    sizes, levels = random.integers(600, 5200, len(codes)), random.normal(0.049, 0.006, len(codes))
    files: dict[int, list[list]] = {}
    for month, first in enumerate(calendar.months):
        end = calendar.end(month)
        rows = files.setdefault(first.year, [HEADINGS])
        for place, (code, name) in enumerate(zip(codes, organisations, strict=True)):
            system = list(SYSTEMS)[place % len(SYSTEMS)]
            where = [written(end), "YNM", "Northmere region", system, SYSTEMS[system], code, name]
            rises = 1 + 0.12 * (place == RISES) * (month >= len(calendar.months) - 10)
            winter = 1 + 0.05 * np.cos(2 * np.pi * (first.month - 1) / 12)
            available = sizes[place] * (end - calendar.starts[month] + 1) * random.normal(1, 0.004)
            lost = available * levels[place] * winter * rises * random.normal(1, 0.045)
            for group, ours in {"All staff groups": slice(None), **GROUPS}.items():
                own = (
                    [figures.lost[month, ours].sum(), figures.available[month, ours].sum()]
                    if ours is not None
                    else None
                )
                share = 1 if group == "All staff groups" else 0.23
                theirs = [lost * share, available * share] if not (group == "Managers" and place % 4 == 3) else None
                cells = own if place == 0 else theirs
                rows.append([*where, group, *([f"{cell:.5f}" for cell in cells] if cells else ["", ""])])
    for year, rows in files.items():
        yield inbox.write_rows(f"sickness_return_{year}.csv", rows, inbox.newest)
