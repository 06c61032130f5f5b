"""Reads pressure beside kindness in one of four frames, or says that it is not clear yet. Never one number.

A wave is joined to the three months before the month of its midpoint. Pressure says of a unit and month whether it was under
strain; kindness, whether the circle as a whole lies above what the organisation says in the same wave, and how likely that
is, given how few answered and how much units differ at all.
"""

import datetime as dt
from dataclasses import replace

import duckdb
import numpy as np
import pyarrow as pa

from etl.disclosure.scores import Score
from etl.survey import scoring
from etl.survey.score import WHOLE, benchmarks, of_cells, only

MONTHS_BEFORE = 3
MOST_OF = 2  # of the three months
SURE = 80  # in 100 cases; below that it is not clear
CHANCE_BANDS = (50, SURE, 90, 95)  # in at least so many of 100 cases
FRAMES = {
    ("strain", "holding"): "stretched_holding",
    ("strain", "thin"): "stretched_fraying",
    ("steady", "holding"): "steady_kind",
    ("steady", "thin"): "steady_other",
}
NOT_CLEAR = "not_clear"
FRAME = pa.schema(
    [
        ("unit", pa.string()), ("wave", pa.date32()), ("frame", pa.string()), ("pressure", pa.string()),
        ("kindness", pa.string()), ("chance", pa.int32()), ("from_month", pa.date32()), ("to_month", pa.date32()),
        ("because", pa.list_(pa.string())),
    ]
)  # fmt: skip


def lay_out_pressure(con: duckdb.DuckDBPyConnection) -> None:
    """Fills `pressure` (unit, month, state, because) from `strain`: the one place that says what pressure is. A month was under
    strain if its own verdict says so, or a later one that dates the strain back to it."""
    con.execute(f"""
        CREATE OR REPLACE TABLE pressure AS
        WITH strained AS (
            SELECT month.unit, month.month, arg_min(said.because, said.month) AS because
            FROM strain AS month
            JOIN strain AS said
              ON said.unit = month.unit AND month.month BETWEEN said.since AND said.month
             AND said.verdict IN ('likely_strain', 'clear_strain')
            GROUP BY ALL
        )
        SELECT
            unit,
            month,
            CASE
                WHEN strained.unit IS NOT NULL THEN 'strain'
                WHEN verdict = 'not_clear' THEN '{NOT_CLEAR}'
                ELSE 'steady'
            END AS state,
            coalesce(strained.because, []) AS because
        FROM strain
        LEFT JOIN strained USING (unit, month)
    """)


def lay_out_whole(con: duckdb.DuckDBPyConnection, circle: list[str], min_num: int) -> None:
    """Fills `whole`, the rows of `survey_figure` of the circle as a whole of which something may be said: every score of the
    `circle` that the unit has in that wave is shown, and the whole itself is a score that might be."""
    con.execute(
        """
        CREATE OR REPLACE TABLE whole AS
        WITH part AS (
            SELECT figure.unit, figure.month
            FROM survey_figure AS figure
            LEFT JOIN value USING (indicator, unit, month)
            WHERE list_contains($circle::VARCHAR[], indicator) AND figure.numerator IS NOT NULL
            GROUP BY ALL
            HAVING bool_and(coalesce(value.shown = 'yes', false))
        )
        SELECT figure.*
        FROM survey_figure AS figure
        SEMI JOIN part USING (unit, month)
        ANTI JOIN changed USING (unit, month)
        WHERE indicator = $whole AND squares IS NOT NULL AND denominator >= $fewest
        """,
        {"circle": circle, "whole": WHOLE, "fewest": scoring.FEWEST},
    )
    cells = con.execute("SELECT unit, month, numerator, denominator FROM whole").fetchnumpy()
    points, sheets = (np.asarray(cells[name], float) for name in ("numerator", "denominator"))
    unsafe = Score.of(sheets, points, sheets).unsafe(min_num)
    con.register("unsafe", pa.table({name: cells[name][unsafe] for name in ("unit", "month")}))
    con.execute("DELETE FROM whole USING unsafe WHERE whole.unit = unsafe.unit AND whole.month = unsafe.month")
    con.unregister("unsafe")


def months_before(opened: dt.date, closed: dt.date) -> tuple[dt.date, dt.date]:
    """The first and the last of the three months before the month in which the midpoint of a wave lies."""
    midpoint = opened + (closed - opened) / 2
    number = midpoint.year * 12 + midpoint.month - 1
    return tuple(dt.date(each // 12, each % 12 + 1, 1) for each in (number - MONTHS_BEFORE, number - 1))


def frame(con: duckdb.DuckDBPyConnection) -> None:
    """Fills `frame` from `pressure`, `wave` and `whole`; for the units that have a benchmark."""
    con.execute("CREATE OR REPLACE TEMP TABLE joined (wave DATE, from_month DATE, to_month DATE)")
    waves = con.execute("SELECT DISTINCT wave, opened, closed FROM wave ORDER BY wave").fetchall()
    if waves:
        con.executemany("INSERT INTO joined VALUES (?, ?, ?)", [(wave, *months_before(*days)) for wave, *days in waves])
    pressure = {
        (unit, wave): (strained, steady, because, first, last)
        for unit, wave, first, last, strained, steady, because in con.execute("""
            SELECT
                wave.unit,
                wave.wave,
                from_month,
                to_month,
                count(*) FILTER (WHERE state = 'strain'),
                count(*) FILTER (WHERE state = 'steady'),
                list_sort(list_distinct(flatten(coalesce(list(because) FILTER (WHERE because IS NOT NULL), []))))
            FROM wave
            JOIN joined USING (wave)
            LEFT JOIN pressure ON pressure.unit = wave.unit AND pressure.month BETWEEN from_month AND to_month
            GROUP BY ALL
        """).fetchall()
    }
    rows = []
    for (unit, wave), (strained, steady, because, first, last) in _kind(con, pressure):
        chance, state = because[1], _state(strained, steady)
        kindness = "holding" if chance >= SURE else "thin" if chance <= 100 - SURE else NOT_CLEAR
        read = FRAMES.get((state, kindness), NOT_CLEAR)
        rows.append(
            {
                "unit": unit,
                "wave": wave,
                "frame": read,
                "pressure": state,
                "kindness": kindness,
                "chance": None if state == NOT_CLEAR else _band(max(chance, 100 - chance)),
                "from_month": first,
                "to_month": last,
                "because": because[0],
            }
        )
    con.register("given", pa.Table.from_pylist(rows, schema=FRAME))
    con.execute("CREATE TABLE frame AS FROM given")
    con.unregister("given")


def _band(chance: int) -> int:
    """The lower end of the band that a chance lies in: more would tell a hidden mean to a few hundredths."""
    return max(band for band in CHANCE_BANDS if band <= chance)


def _state(strained: int, steady: int) -> str:
    """A month that is not clear speaks neither for strain nor against it being steady."""
    return "strain" if strained >= MOST_OF else "steady" if steady and not strained else NOT_CLEAR


def _kind(con: duckdb.DuckDBPyConnection, pressure: dict):
    """Each unit and wave that has a benchmark, with its pressure and, beside its reasons, the chance in 100 that kindness lies
    above the benchmark."""
    cells = con.execute(
        """
        SELECT whole.*, survey_place.* EXCLUDE (unit, month)
        FROM whole
        JOIN survey_place USING (unit, month)
        SEMI JOIN wave ON wave.unit = whole.unit AND wave.wave = whole.month
        ORDER BY unit, month
        """
    ).fetchnumpy()
    if not len(cells["unit"]):
        return
    found = of_cells(cells)
    found, months = replace(found, mean=np.round(found.mean, 1)), cells["month"].astype("datetime64[D]")
    benchmark = benchmarks(cells, found.mean)
    for level, month in sorted({*zip(cells["level"], months.tolist(), strict=True)}):
        same = (cells["level"] == level) & (months == np.datetime64(month)) & ~np.isnan(benchmark)
        if not same.any():
            continue
        part = only(found, same)
        chances = scoring.chance_above(part, benchmark[same], scoring.spread_between(part))
        for unit, chance in zip(cells["unit"][same], chances, strict=True):
            strained, steady, because, first, last = pressure[unit, month]
            yield (unit, month), (strained, steady, (because, round(100 * float(chance))), first, last)
