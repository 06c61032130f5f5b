"""What must hold for records of people however they are cut into rows and files: the figures do not depend on it."""

import calendar
import datetime as dt
import os
import tempfile
from itertools import chain
from pathlib import Path

import duckdb
import pyarrow as pa
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from etl import build
from etl.config import contracts, indicators
from etl.paths import EXPECTATIONS, SQL, Workspace
from etl.release.core import core_queries, lineage, run_core
from etl.release.sources import lay_out_sources
from etl.store.current_files import parts
from etl.store.hierarchy import Organisation
from etl.store.receipts import read_receipts
from etl.survey import queries as survey_queries
from tests.conftest import table

CONTRACTS = contracts.load([EXPECTATIONS])
CORE = core_queries(SQL / "core") | survey_queries.queries(CONTRACTS)
INDICATORS = indicators.load(SQL / "indicators")
many = settings(max_examples=15, deadline=None)

FIRST, LAST = dt.date(2024, 1, 1), dt.date(2025, 3, 31)  # more than a year, which some indicators look back on
MONTHS = [dt.date(2024 + number // 12, number % 12 + 1, 1) for number in range(15)]
POSTS = {1: (11, "T1", 1.0), 2: (12, "T1", 0.6), 3: (12, "T2", 0.4), 4: (13, "T2", 0.8)}  # post: person, team, FTE


def month_end(month: dt.date) -> dt.date:
    return month.replace(day=calendar.monthrange(month.year, month.month)[1])


# ---- indicators on rows laid down where accepted files would be ----------------------------------------------------


def behind(source: str) -> dict[str, indicators.Indicator]:
    """The indicators that read this source."""
    return {name: each for name, each in INDICATORS.items() if source in lineage(each.reads, CORE)}


def needed(tables: set[str]) -> set[str]:
    """The core queries behind these tables."""
    names = {table.removeprefix("core.") for table in tables if table.startswith("core.")}
    return names.union(*(needed(indicators.tables_of(CORE[name])) for name in names))


def figures(source: str, rows: dict[str, list[dict]]) -> dict[str, list[tuple]]:
    """What the indicators behind a source give for these rows."""
    found = {}
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as con:
        lay_out_sources(
            con, Workspace(Path(folder)), CONTRACTS, {name: [] for name in CONTRACTS}, dt.date.max, Organisation()
        )
        for name, records in rows.items():
            con.execute(f"CREATE TABLE given_{name} AS FROM source.{name}")
            con.register("given", pa.Table.from_pylist(records))
            con.execute(f"INSERT INTO given_{name} BY NAME FROM given")
            con.execute(f"CREATE OR REPLACE VIEW source.{name} AS FROM memory.main.given_{name}")
        wanted = behind(source)
        queries = needed(set().union(*(each.reads for each in wanted.values())))
        run_core(con, {name: CORE[name] for name in queries}, set(CONTRACTS))
        for name, indicator in wanted.items():
            found[name] = con.execute(f"FROM ({indicator.sql}) ORDER BY ALL").fetchall()
    return found


# ---- an absence in one row or in several ---------------------------------------------------------------------------


def staff() -> list[dict]:
    return [
        {
            "person": person,
            "assignment": post,
            "team": team,
            "month_end": month_end(month),
            "month": month,
            "contracted_fte": fte,
            "contract": "permanent",
            "status": "active",
            "start_date": dt.date(2020, 1, 1),
        }
        for month in MONTHS
        for post, (person, team, fte) in POSTS.items()
    ]


def absence(post: int, start: dt.date, end: dt.date | None, reason: str | None, spoken: dt.date | None = None) -> dict:
    person, team, fte = POSTS[post]
    return {
        "person": person,
        "assignment": post,
        "team": team,
        "reason": reason,
        "start_date": start,
        "end_date": end,
        "contracted_fte": fte,
        "rtw_date": spoken,
        "month": start.replace(day=1),
    }


@st.composite
def absences(draw) -> dict:
    start = draw(st.dates(FIRST, LAST))
    length = draw(st.one_of(st.integers(1, 10), st.integers(20, 200), st.none()))
    end = None if length is None else start + dt.timedelta(days=length - 1)
    spoken = end and draw(st.one_of(st.none(), st.integers(0, 20).map(lambda days: end + dt.timedelta(days=days))))
    reason = draw(st.sampled_from(["stress", "musculoskeletal", "other", "unknown", None]))
    return absence(draw(st.sampled_from([1, 2, 3])), start, end, reason, spoken)


def by_months(row: dict) -> list[dict]:
    """The same absence as a system gives it that closes every absence at a month's end and opens it again."""
    pieces, start = [], row["start_date"]
    end = row["end_date"] or LAST
    while month_end(start) < end:
        pieces.append(row | {"start_date": start, "end_date": month_end(start), "rtw_date": None})
        start = month_end(start) + dt.timedelta(days=1)
    pieces.append(row | {"start_date": start})
    return [piece | {"month": piece["start_date"].replace(day=1)} for piece in pieces]


def key(row: dict) -> tuple:
    return row["assignment"], row["start_date"]


@many
@given(st.lists(absences(), min_size=1, max_size=6, unique_by=key))
def test_an_absence_cut_into_months_changes_no_figure(rows):
    # Post 4's first and last days off say which months are covered, however the others are cut.
    ends = [absence(4, FIRST, FIRST, "other"), absence(4, LAST, LAST, "other")]
    cut, taken = [], {key(row) for row in rows}
    for row in rows:
        pieces = by_months(row)
        if taken.isdisjoint(map(key, pieces[1:])):  # no file may have two rows of a key
            taken |= set(map(key, pieces))
            cut += pieces
        else:
            cut.append(row)
    assert figures("sickness", {"staff": staff(), "sickness": ends + cut}) == figures(
        "sickness", {"staff": staff(), "sickness": ends + rows}
    )


# ---- files, through the whole intake -------------------------------------------------------------------------------

TEAMS = [
    ["Unit", "Title", "Level", "Parent", "From", "To"],
    ["ORG", "Northmere", "organisation", "", "", ""],
    ["T1", "Larch Ward", "team", "ORG", "", ""],
    ["T2", "Heron Ward", "team", "ORG", "", ""],
]
STAFF = [
    *("Employee Number", "Assignment Number", "Organisation", "Census Date", "FTE", "Staff Group"),
    *("Assignment Category", "Assignment Status", "Latest Start Date"),
]
LEAVERS = ["Employee Number", "Assignment Number", "Organisation", "Termination Date", "FTE", "Leaving Reason"]
ROTA = [
    *("Shift ID", "Owning Unit", "Staff Number", "Shift Type", "Planned Start", "Planned End", "Planned Break"),
    *("Fulfilment Type", "Status"),
]
READ = ("staff", "rota", "leavers")


def taken_in(*files: tuple[str, list[list]]) -> dict[str, list[tuple]]:
    """The rows of every source after the files arrived one after another."""
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace(Path(folder))
        workspace.make()
        workspace.secret_key.write_text("5e" * 32, encoding="ascii")  # one key, or the same person would be two
        workspace.secret_key.chmod(0o600)
        for number, (name, rows) in enumerate([("teams.csv", TEAMS), *files]):
            path = workspace.inbox / name
            path.write_text(table(rows[0], rows[1:]), encoding="utf-8")
            os.utime(path, (1_700_000_000 + number, 1_700_000_000 + number))
        con, said = build.connect(workspace), []
        try:
            assert not build.take_in(con, workspace, CONTRACTS, said.append, lambda _: None), said
            kept = {source: read_receipts(workspace, source) for source in CONTRACTS}
            assert all(receipt.outcome == "accepted" for held in kept.values() for receipt in held), said
            counted = {source: parts(CONTRACTS[source], held) for source, held in kept.items()}
            lay_out_sources(con, workspace, CONTRACTS, counted, dt.date(2100, 1, 1), Organisation())
            return {source: con.execute(f"FROM source.{source} ORDER BY ALL").fetchall() for source in READ}
        finally:
            con.close()


ftes = st.sampled_from(["1", "0.8", "0.60"])
units = st.sampled_from(["T1", "larch ward", "Heron Ward"])


@st.composite
def counts(draw, month: dt.date) -> list[list]:
    """A month's staff in post."""
    return [
        [
            *(f"00{post}", f"00{post}-1", draw(units), f"{month_end(month):%d/%m/%Y}", draw(ftes)),
            *("", "Permanent", "Active Assignment", "01/02/2020"),
        ]
        for post in draw(st.lists(st.integers(1, 6), min_size=1, max_size=4, unique=True))
    ]


@st.composite
def duties(draw, month: dt.date) -> list[list]:
    """A month's duties."""
    return [
        [
            *(f"D{month:%m}-{number}", draw(units), draw(st.sampled_from(["001", "002", ""])), "Day"),
            *(f"{day:02}/{month:%m/%Y} 07:30", f"{day:02}/{month:%m/%Y} 20:00", draw(st.sampled_from(["", "60"]))),
            *(draw(st.sampled_from(["Bank", "Local", "Agency"])), "Worked"),
        ]
        for number, day in enumerate(draw(st.lists(st.integers(1, 28), min_size=1, max_size=4)))
    ]


three = MONTHS[:3]
few = settings(max_examples=2, deadline=None, phases=[Phase.generate])  # each takes seconds: nothing is made smaller


@few
@given(
    st.tuples(*map(counts, three)), st.tuples(*map(duties, three)), st.permutations(range(3)), st.permutations(range(3))
)
def test_months_may_come_in_one_file_or_several_and_in_any_order(staffed, worked, one, other):
    whole = taken_in(("staff.csv", [STAFF, *chain(*staffed)]), ("rota.csv", [ROTA, *chain(*worked)]))
    assert whole["staff"] and whole["rota"]
    assert whole == taken_in(
        *((f"staff_2024_{number}.csv", [STAFF, *staffed[number]]) for number in one),
        *((f"rota_2024_{number}.csv", [ROTA, *worked[number]]) for number in other),
    )


@few
@given(st.lists(st.tuples(st.dates(FIRST, LAST), units, ftes, st.booleans()), min_size=2, max_size=8), st.booleans())
def test_a_file_of_a_source_that_adds_may_come_in_two(rows, reverse):
    rows = [
        (first, [f"00{number}", f"00{number}-1", unit, f"{day:%d/%m/%Y} 00:00", fte, "Retirement Age"])
        for number, (day, unit, fte, first) in enumerate(rows, start=1)
    ]
    whole = taken_in(("leavers.csv", [LEAVERS, *(row for _, row in rows)]))
    halves = [[row for first, row in rows if first], [row for first, row in rows if not first]]
    files = [(f"leavers_{number}.csv", [LEAVERS, *half]) for number, half in enumerate(halves) if half]
    assert whole["leavers"]
    assert whole == taken_in(*(files[::-1] if reverse else files))


@few
@given(st.lists(st.tuples(st.integers(1, 6), units, ftes), min_size=1, max_size=4, unique_by=lambda row: row[0]), ftes)
def test_a_row_sent_again_by_a_source_that_adds_is_its_latest_word(rows, fte):
    rows = [[f"00{number}", f"00{number}-1", unit, "31/01/2024", was, "Retirement Age"] for number, unit, was in rows]
    again = [*rows[0][:4], fte, "Flexi Retirement"]
    assert taken_in(("leavers.csv", [LEAVERS, *rows]), ("leavers_2024.csv", [LEAVERS, again])) == taken_in(
        ("leavers.csv", [LEAVERS, again, *rows[1:]])
    )


@few
@given(st.tuples(*map(counts, three)), counts(three[1]), st.tuples(*map(duties, three)), duties(three[1]))
def test_a_month_sent_again_replaces_itself(staffed, staffed_again, worked, worked_again):
    assert taken_in(
        ("staff.csv", [STAFF, *chain(*staffed)]),
        ("rota.csv", [ROTA, *chain(*worked)]),
        ("staff_2024_02.csv", [STAFF, *staffed_again]),
        ("rota_2024_02.csv", [ROTA, *worked_again]),
    ) == taken_in(
        ("staff.csv", [STAFF, *staffed[0], *staffed_again, *staffed[2]]),
        ("rota.csv", [ROTA, *worked[0], *worked_again, *worked[2]]),
    )
