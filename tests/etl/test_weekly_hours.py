"""Whose seventeen weeks are whole, whatever weekday the rota begins on."""

import datetime as dt

import duckdb
import pytest

from etl.paths import SQL

DAY, WEEK = dt.timedelta(days=1), dt.timedelta(weeks=1)
BEGINNINGS = [dt.date(2023 + number // 12, number % 12 + 1, 1) for number in range(48)]
EARLY, LATER = 1, 2  # on the rota on its first day, then not for two weeks; on it since its second whole week


def monday(day: dt.date) -> dt.date:
    return day - day.weekday() * DAY


def months_from(beginning: dt.date) -> list[dt.date]:
    """Seven months and the one after them."""
    numbers = range(beginning.month - 1, beginning.month + 7)
    return [dt.date(beginning.year + number // 12, number % 12 + 1, 1) for number in numbers]


def counted(beginning: dt.date) -> set[tuple[int, dt.date]]:
    """The people and months that weekly_hours has, of a rota of seven months from `beginning`."""
    *months, end = months_from(beginning)
    days = [beginning + number * DAY for number in range((end - beginning).days)]
    whole = monday(beginning + 6 * DAY)
    duties = {EARLY: [beginning, *(day for day in days if day >= beginning + 2 * WEEK)]}
    duties[LATER] = [day for day in days if day >= whole + WEEK]
    with duckdb.connect() as con:
        con.execute("CREATE SCHEMA core")
        con.execute("CREATE TABLE core.duty_month (month DATE)")
        con.executemany("INSERT INTO core.duty_month VALUES (?)", [[month] for month in months])
        con.execute("CREATE TABLE core.home_month (person INTEGER, team VARCHAR, month DATE)")
        homes = [[person, "A", month] for person in duties for month in months]
        con.executemany("INSERT INTO core.home_month VALUES (?, ?, ?)", homes)
        con.execute("CREATE TABLE duty (person INTEGER, day DATE)")
        con.executemany("INSERT INTO duty VALUES (?, ?)", [[who, day] for who in duties for day in duties[who]])
        con.execute("""
            CREATE TABLE core.duty_person_week AS
            SELECT
                person, CAST(date_trunc('week', day) AS DATE) AS week, CAST(date_trunc('month', day) AS DATE) AS month,
                count(*) AS duties, 60.0 * count(*) AS worked_minutes, 0 AS days_off
            FROM duty GROUP BY ALL
        """)
        for name in ("person_week", "weekly_hours"):
            con.execute(f"CREATE TABLE core.{name} AS " + (SQL / "core" / f"{name}.sql").read_text(encoding="utf-8"))
        return set(con.execute("SELECT person, month FROM core.weekly_hours").fetchall())


@pytest.mark.parametrize("beginning", BEGINNINGS, ids=str)
def test_whoever_was_on_the_rota_when_seventeen_whole_weeks_began_is_counted(beginning):
    expected = set()
    for month, following in zip(months_from(beginning), months_from(beginning)[1:], strict=False):
        first = monday(following) - 17 * WEEK
        if first >= beginning:  # or the first of the weeks is not whole
            expected |= {(EARLY, month)}
            expected |= {(LATER, month)} if first > monday(beginning + 6 * DAY) else set()
    assert len(expected) >= 3 and counted(beginning) == expected
