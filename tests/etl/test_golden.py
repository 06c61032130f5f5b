"""The figures that were worked out apart, on as many people as they speak of, and absences at the edges of their definition."""

import calendar
import datetime as dt
import itertools
from collections.abc import Iterable

import duckdb
import pyarrow as pa
import pytest

from etl.config import contracts, indicators
from etl.paths import EXPECTATIONS, SQL, Workspace
from etl.release.core import core_queries, run_core
from etl.release.sources import lay_out_sources
from etl.store.hierarchy import Organisation

CONTRACTS = contracts.load([EXPECTATIONS])
INDICATORS = indicators.load(SQL / "indicators")
CORE = core_queries(SQL / "core")


def day(text: str | None) -> dt.date | None:
    return None if text is None else dt.date.fromisoformat(text)


def months(first: str, number: int) -> list[str]:
    start = day(first)
    counted = range(start.month - 1, start.month - 1 + number)
    return [f"{start.year + month // 12}-{month % 12 + 1:02d}-01" for month in counted]


def post(person: int, month: str, fte: float = 1.0, **other) -> dict:
    start = day(month)
    row = {"person": person, "assignment": person, "team": "Alder", "month": start, "contracted_fte": fte}
    row |= {"contract": "permanent", "status": "active", "start_date": dt.date(2015, 1, 1)}
    return row | {"month_end": start.replace(day=calendar.monthrange(start.year, start.month)[1])} | other


def absence(person: int, start: str, end: str | None, fte: float = 1.0, **other) -> dict:
    row = {"person": person, "assignment": person, "team": "Alder", "month": day(start).replace(day=1)}
    row |= {"start_date": day(start), "end_date": day(end), "contracted_fte": fte, "reason": "other", "rtw_date": None}
    return row | other


def leaver(person: int, left: str, fte: float = 1.0, **other) -> dict:
    row = {"person": person, "assignment": person, "team": "Alder", "month": day(left).replace(day=1)}
    return (
        row | {"leave_date": day(left), "contracted_fte": fte, "contract": "permanent", "reason": "voluntary"} | other
    )


def behind(tables: Iterable[str]) -> set[str]:
    """The queries of core that these tables hang on."""
    names = {table.removeprefix("core.") for table in tables if table.startswith("core.")}
    return names.union(*(behind(indicators.tables_of(CORE[name])) for name in names))


@pytest.fixture
def figures(tmp_path):
    """(numerator, denominator, people) of an indicator by team and month, from rows where accepted files would be."""

    def count(indicator: str, **given: list[dict]) -> dict[tuple[str, str], tuple]:
        with duckdb.connect() as con:
            lay_out_sources(
                con, Workspace(tmp_path), CONTRACTS, {source: [] for source in CONTRACTS}, dt.date.max, Organisation()
            )
            for source, rows in given.items():
                con.execute(f"CREATE TABLE given_{source} AS FROM source.{source}")
                con.register("rows_given", pa.Table.from_pylist(rows))
                con.execute(f"INSERT INTO given_{source} BY NAME FROM rows_given")
                con.execute(f"CREATE OR REPLACE VIEW source.{source} AS FROM memory.main.given_{source}")
            run_core(con, {name: CORE[name] for name in behind(INDICATORS[indicator].reads)}, set(CONTRACTS))
            found = con.execute(
                f"SELECT team, month::VARCHAR, numerator, denominator, people FROM ({INDICATORS[indicator].sql})"
            ).fetchall()
        return {(team, month): tuple(counted) for team, month, *counted in found}

    return count


def percent(figure: tuple) -> float:
    return round(100 * figure[0] / figure[1], 2)


# ---- staying -------------------------------------------------------------------------------------------------------

YEAR = months("2024-03-01", 13)
# 48 heads of 41.0 full-time equivalents in March 2024; six leave and one moves; 11 come: 52 heads of 44.2 a year later.
STAYERS = dict(zip(range(1, 42), [1.0] * 27 + [0.6] * 14, strict=True))
LEAVERS = dict(zip(range(42, 48), [1.0, 1.0, 1.0, 0.8, 0.4, 0.4], strict=True))
MOVER = {48: 1.0}
NEWCOMERS = dict.fromkeys(range(49, 60), 0.8)


def year_of_staff() -> list[dict]:
    rows = []
    for place, month in enumerate(YEAR):
        rows += [post(person, month, fte) for person, fte in STAYERS.items()]
        rows += [post(person, month, fte) for person, fte in LEAVERS.items() if place < person - 40]
        rows += [post(person, month, fte, team="Alder" if place < 6 else "Birch") for person, fte in MOVER.items()]
        rows += [post(person, month, fte) for person, fte in NEWCOMERS.items() if place > person - 49]
    return rows


def year_of_leavers() -> list[dict]:
    """One in each of the months from May; a bank post that ends in the first month, and one in the last, cover the year."""
    left = [leaver(person, YEAR[person - 40], fte) for person, fte in LEAVERS.items()]
    return [*left, leaver(901, YEAR[1], contract="bank"), leaver(902, YEAR[-1], contract="bank")]


@pytest.mark.parametrize(
    ("indicator", "heads", "value"),
    [
        ("leaver_rate", (6, 50), 12.00),
        ("leaver_rate_fte", (4.6, 42.6), 10.80),
        ("moves_out", (7, 50), 14.00),
        ("stability", (41, 48), 85.42),
    ],
)
def test_a_year_of_leaving_and_staying(figures, indicator, heads, value):
    found = figures(indicator, staff=year_of_staff(), leavers=year_of_leavers())
    assert list(found) == [("Alder", "2025-03-01")]
    assert found["Alder", "2025-03-01"] == pytest.approx((*heads, 48))
    assert percent(found["Alder", "2025-03-01"]) == value


def test_a_vacancy_rate(figures):
    ftes = [1.0] * 41 + [0.8] * 6 + [0.5]
    staff = [post(person, "2024-03-01", fte) for person, fte in enumerate(ftes)]
    funded = [{"team": "Alder", "month": dt.date(2024, 3, 1), "funded_fte": 52.0}]
    [figure] = figures("vacancy_rate", staff=staff, establishment=funded).values()
    assert figure == pytest.approx((5.7, 52.0, 48))
    assert percent(figure) == 10.96


def test_a_year_with_a_month_that_was_never_counted_has_no_rate(figures):
    staff = [row for row in year_of_staff() if row["month"] != day(YEAR[5])]
    assert figures("leaver_rate", staff=staff, leavers=year_of_leavers()) == {}
    assert figures("stability", staff=staff), "which needs both ends only"


@pytest.mark.parametrize("covering", [1, -1])
def test_a_year_that_the_leavers_do_not_cover_has_no_rate(figures, covering):
    gone = [row for row in year_of_leavers() if row["month"] != day(YEAR[covering])]
    assert figures("leaver_rate", staff=year_of_staff(), leavers=gone) == {}


# ---- absence -------------------------------------------------------------------------------------------------------


def test_a_sickness_rate(figures):
    ftes = [1.0] * 9 + [0.8, 0.6]
    staff = [post(person, "2024-04-01", fte) for person, fte in enumerate(ftes)]
    off = [absence(9, "2024-04-03", "2024-04-12", 0.8), absence(0, "2024-04-27", "2024-04-30")]
    [figure] = figures("sickness_rate", staff=staff, sickness=off).values()
    assert figure == pytest.approx((12.0, 312.0, 11))
    assert percent(figure) == 3.85


def test_an_open_absence_is_short_until_its_28th_day_and_long_from_then_on(figures):
    staff = [post(person, month) for month in months("2024-11-01", 4) for person in (1, 2)]
    began = absence(2, "2024-11-04", "2024-11-04")  # sickness is covered from November on
    opened = absence(1, "2025-01-20", None)
    january = {"staff": staff[:6], "sickness": [began, opened]}
    assert figures("short_term_sickness", **january)["Alder", "2025-01-01"][0] == 1 + 12
    assert figures("long_term_sickness", **january)["Alder", "2025-01-01"][0] == 0

    february = {"staff": staff, "sickness": [began, opened, absence(2, "2025-02-03", "2025-02-04")]}
    lost = figures("long_term_sickness", **february)
    assert [lost["Alder", month][0] for month in months("2025-01-01", 2)] == [12, 40], "the whole of it, 40 days"
    lost = figures("short_term_sickness", **february)
    assert [lost["Alder", month][0] for month in months("2025-01-01", 2)] == [1, 2]


NESTED = [
    absence(1, "2025-01-06", "2025-01-31", reason="stress"),
    absence(1, "2025-01-10", "2025-01-12"),
    absence(1, "2025-01-20", "2025-01-20"),  # begins after the end of the one before, and yet within the first
    absence(1, "2025-02-01", "2025-02-02", reason=None),
    absence(1, "2025-02-04", "2025-02-05"),  # a day after: another absence
]


def test_absences_that_overlap_or_touch_are_one_in_whatever_order_they_come(figures):
    orders = dict(enumerate(itertools.permutations(NESTED)))  # each the absences of another person
    staff = [post(person, month) for month in months("2024-12-01", 3) for person in orders]
    off = [row | {"person": person, "assignment": person} for person, order in orders.items() for row in order]
    off.append(absence(next(iter(orders)), "2024-12-02", "2024-12-02"))  # sickness is covered from December on
    long, short = (figures(f"{length}_term_sickness", staff=staff, sickness=off) for length in ("long", "short"))
    [lost] = [(long[at][0], short[at][0]) for at in short]
    assert lost == (28 * len(orders), 2 * len(orders) + 1)


def test_a_month_without_absence_is_nought_between_covered_months_and_nothing_after_them(figures):
    staff = [post(1, month) for month in months("2025-01-01", 4)]
    off = [absence(1, "2025-01-06", "2025-01-07"), absence(1, "2025-03-03", "2025-03-03")]
    lost = figures("sickness_rate", staff=staff, sickness=off)
    assert {month: figure[0] for (_, month), figure in lost.items()} == {
        "2025-01-01": 2,
        "2025-02-01": 0,
        "2025-03-01": 1,
    }


def test_a_year_of_absence_needs_twelve_months(figures):
    staff = [post(1, month) for month in months("2025-01-01", 12)]
    off = [absence(1, "2025-01-06", "2025-01-07", reason="stress"), absence(1, "2025-12-01", "2025-12-02")]
    for indicator in ("stress_share", "reasons_known", "sickness_episodes", "days_per_episode"):
        assert list(figures(indicator, staff=staff, sickness=off)) == [("Alder", "2025-12-01")]
        assert figures(indicator, staff=staff[1:], sickness=off) == {}
        assert figures(indicator, staff=[row for row in staff if row["month"].month != 6], sickness=off) == {}


def test_conversations_that_nobody_records_are_no_data(figures):
    staff = [post(1, month) for month in months("2025-01-01", 3)]
    off = [absence(1, "2025-01-06", "2025-01-07"), absence(1, "2025-03-03", "2025-03-03")]
    assert figures("return_conversations", staff=staff, sickness=off) == {}
    off[0]["rtw_date"] = day("2025-01-07")
    assert figures("return_conversations", staff=staff, sickness=off) == {("Alder", "2025-03-01"): (1, 2, 1)}


def test_a_person_whose_post_ends_twice_is_gone_from_the_later_day(figures):
    """A corrected date of leaving comes as a second row."""
    staff = [post(2, "2025-01-01")]
    off = [absence(1, "2025-01-02", None)]
    gone = [leaver(1, "2025-01-10"), leaver(1, "2025-01-20")]
    assert figures("sickness_rate", staff=staff, sickness=off, leavers=gone) == {("Alder", "2025-01-01"): (19, 51, 2)}
