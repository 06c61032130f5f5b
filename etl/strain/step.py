"""Says which units are under strain, and which are easing, since when and because of what (etl/strain, docs/strain.md).

Uses nothing but settled figures that may be shown, of indicators of one month each that are renewed every month and are
better low or high: what is not shown neither counts nor leaks. Fills `strain`, a row a unit and month that could be judged,
as `mart.strain` will have it, and `shared`, what all teams did together, as `mart.shared` will.
"""

import duckdb
import numpy as np
import pyarrow as pa

from etl.config.indicators import Indicator
from etl.disclosure.step import told_by
from etl.spc.xmr import BETTER
from etl.strain.arrays import NO_PARENT, Figures
from etl.strain.judgement import Judgement, judge

MOVED = np.array(["no", "up", "down"], dtype=object)  # by 0, 1 and -1


def strain(con: duckdb.DuckDBPyConnection, indicators: dict[str, Indicator]) -> None:
    """Fills `strain` and `shared` from the tables `figure`, `value` and `unit_spell`."""
    con.execute("""
        CREATE TABLE strain (unit VARCHAR, month DATE, verdict VARCHAR, since DATE, because VARCHAR[]);
        CREATE TABLE shared (indicator VARCHAR, month DATE, moved VARCHAR)
    """)
    figures = usable(con, [name for name, indicator in indicators.items() if is_judged(indicator)], indicators)
    if figures is None:
        return
    said = judge(figures)
    for table, rows in {"strain": _verdicts(figures, said), "shared": _shared(figures, said)}.items():
        con.register("said", rows)
        con.execute(f"INSERT INTO {table} BY NAME FROM said")
        con.unregister("said")


def is_judged(indicator: Indicator) -> bool:
    """A rolling window moves too slowly, and what is renewed by quarter too rarely, to say when something changed."""
    return indicator.window == 1 and indicator.refresh == "monthly" and indicator.better != "neither"


def usable(con: duckdb.DuckDBPyConnection, judged: list[str], indicators: dict[str, Indicator]) -> Figures | None:
    """The exact figures of cells that may be shown and are settled; None where there are none.

    This is the seam to the rules of disclosure: a cell counts exactly where protect() has written "yes" for its indicator,
    unit and month, and tells it by the month: of what is told by the quarter no single month may speak, unless it is
    public (without a band of people). Units that small
    ones are shown together as have no figure of their own in `figure`, and so no verdict.
    """
    con.execute(
        """
        CREATE OR REPLACE TEMP TABLE usable AS
        SELECT indicator, unit, month, figure.numerator, figure.denominator
        FROM figure
        JOIN value USING (indicator, unit, month)
        WHERE value.shown = 'yes'
          AND (value.people_band IS NULL OR list_contains($by_month::VARCHAR[], indicator))
          AND value.settled
          AND list_contains($judged::VARCHAR[], indicator)
          AND figure.numerator IS NOT NULL
          AND figure.denominator > 0
        """,
        {"judged": judged, "by_month": [name for name in judged if told_by(indicators[name]) == "monthly"]},
    )
    cells = con.execute("""
        SELECT
            dense_rank() OVER (ORDER BY indicator) - 1 AS indicator,
            dense_rank() OVER (ORDER BY unit) - 1 AS unit,
            date_diff('month', min(month) OVER (), month) AS month,
            numerator,
            denominator
        FROM usable
    """).fetchnumpy()
    if not len(cells["month"]):
        return None
    names, units = (
        np.array([name for (name,) in con.execute(f"SELECT DISTINCT {of} FROM usable ORDER BY 1").fetchall()])
        for of in ("indicator", "unit")
    )
    first, last = con.execute("SELECT min(month), max(month) FROM usable").fetchone()
    months = np.arange(np.datetime64(first, "M"), np.datetime64(last, "M") + 1)
    blocks = np.full((2, len(months), len(names), len(units)), np.nan)
    at = cells["month"], cells["indicator"], cells["unit"]
    blocks[0][at], blocks[1][at] = cells["numerator"], cells["denominator"]
    return Figures(
        names,
        np.array([indicators[name].family for name in names]),
        np.array([BETTER[indicators[name].better] for name in names], dtype=np.int8),
        units,
        months,
        *blocks,
        _parents(con, units, months),
    )


def _parents(con: duckdb.DuckDBPyConnection, units: np.ndarray, months: np.ndarray) -> np.ndarray:
    """month × unit, as Figures has it."""
    parent = np.full((len(months), len(units)), NO_PARENT)
    place = {unit: number for number, unit in enumerate(units)}
    spells = con.execute(
        "SELECT unit, parent, from_month, to_month FROM unit_spell WHERE parent IS NOT NULL"
    ).fetchall()
    for unit, above, start, end in spells:
        if unit in place:
            here = (months >= np.datetime64(start, "M")) & (months <= np.datetime64(end or "9999-12", "M"))
            parent[here, place[unit]] = place.get(above, len(units))
    return parent


def _verdicts(figures: Figures, said: Judgement) -> pa.Table:
    """A row for every unit and month that could be judged, earlier ones as they would have been said at the time. A unit
    above all others has none: what becomes of it is what all teams share."""
    top = ~figures.teams & (figures.parent == NO_PARENT)
    month, unit = np.nonzero(~np.isnan(said.strain) & ~np.isnan(figures.numerator).all(axis=1) & ~top)
    months = figures.months.astype("datetime64[D]")
    because = [figures.indicators[some].tolist() for some in said.because[month, :, unit]]
    return pa.table(
        {
            "unit": figures.units[unit].astype(object),
            "month": months[month],
            "verdict": said.verdict[month, unit].astype(object),
            "since": months[said.since[month, unit]],
            "because": pa.array(because, pa.list_(pa.string())),
        }
    )


def _shared(figures: Figures, said: Judgement) -> pa.Table:
    """What all teams did together, for the months in which it could be told."""
    month, indicator = np.nonzero(said.organisation.told)
    return pa.table(
        {
            "indicator": figures.indicators[indicator].astype(object),
            "month": figures.months.astype("datetime64[D]")[month],
            "moved": MOVED[said.organisation.moved[month, indicator]],
        }
    )
