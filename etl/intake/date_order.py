"""Refuses a file whose dates have day and month exchanged, as when it was opened and saved again in another country's
settings: those that can be read either way are wrong too, and nothing would show it."""

import re

import duckdb

from etl.config.contracts import Column, Contract
from etl.intake.land import Arrival, UnreadableExtract
from etl.quoting import quoted_text

WEEKDAYS = (
    ("mon", "monday"), ("tue", "tues", "tuesday"), ("wed", "weds", "wednesday"), ("thu", "thur", "thurs", "thursday"),
    ("fri", "friday"), ("sat", "saturday"), ("sun", "sunday"),
)  # fmt: skip
FEW = 5  # so many rows can tell whether most of them are wrong


def expect_order_of_dates(
    con: duckdb.DuckDBPyConnection, arrival: Arrival, headings: dict[str, str], contract: Contract, path: str
) -> None:
    """Raises UnreadableExtract. `path` is the conformed file; `headings` the file's own."""
    rows = f"read_parquet({quoted_text(path)})"
    for column in contract.columns:
        if column.name not in headings:
            continue
        if column.type in ("date", "timestamp"):
            _expect_readable_as_agreed(con, arrival, headings[column.name], column, rows)
        if column.weekday_of in headings:
            _expect_weekdays(con, arrival, headings, column, rows)


def _expect_readable_as_agreed(con, arrival: Arrival, heading: str, column: Column, rows: str) -> None:
    """Of dates that can be read only with day and month exchanged, there are some; only as agreed, none."""
    exchanged = [_exchanged(form) for form in column.formats if {"%d", "%m"} <= set(re.findall(r"%.", form))]
    if not exchanged:
        return
    only_so = con.execute(
        f"SELECT count(*) FROM {rows} WHERE try_strptime(trim(unread_{column.name}), ?) IS NOT NULL", [exchanged]
    ).fetchone()[0]
    if only_so and not con.execute(f"SELECT 1 FROM {rows} WHERE day({column.name}) > 12 LIMIT 1").fetchone():
        raise _changed_places(arrival, heading, f"{only_so:,} of its dates cannot be read otherwise")


def _exchanged(form: str) -> str:
    return form.replace("%d", "%?").replace("%m", "%d").replace("%?", "%m")


def _expect_weekdays(con, arrival: Arrival, headings: dict[str, str], column: Column, rows: str) -> None:
    """Most dates fall on the weekday that stands beside them, and those that do not would not if read the other way."""
    date = column.weekday_of
    other_way = f"try_cast(year({date}) || '-' || day({date}) || '-' || month({date}) AS DATE)"
    filled, wrong, right_if_exchanged = con.execute(f"""
        SELECT
            count(*),
            count(*) FILTER ({is_other_weekday(column.name, date)}),
            count(*) FILTER (
                {is_other_weekday(column.name, date)}
                AND {other_way} IS NOT NULL AND NOT ({is_other_weekday(column.name, other_way)})
            )
        FROM {rows}
        WHERE {column.name} IS NOT NULL AND {date} IS NOT NULL
    """).fetchone()
    mostly_wrong = filled >= FEW and wrong > filled / 2
    # Of two or more slips hardly ever most would be right the other way.
    if mostly_wrong or (wrong > 1 and right_if_exchanged > wrong / 2):
        raise _changed_places(
            arrival,
            headings[date],
            f"of {filled:,} of its dates {wrong:,} do not fall on the weekday in {headings[column.name]}",
        )


def is_other_weekday(weekday: str, date: str) -> str:
    """The expression for a cell that is not the weekday of a date; a cell or date that is missing is no contradiction."""
    cases = " ".join(f"WHEN '{word}' THEN {number}" for number, words in enumerate(WEEKDAYS, 1) for word in words)
    return (
        f"{weekday} IS NOT NULL AND {date} IS NOT NULL AND (CASE lower({weekday}) {cases} ELSE 0 END) <> isodow({date})"
    )


def _changed_places(arrival: Arrival, heading: str, why: str) -> UnreadableExtract:
    return UnreadableExtract(
        f"{arrival.name}: day and month have changed places in {heading} ({why}), as when a file is opened and saved again "
        "in another country's settings. Export it again, or change the column's format in the contract."
    )
