"""Puts p′ or u′ limits beside the XmR ones: they know how small the denominators are, and let each month have its own.

Fills `prime` (indicator, unit, month, method, centre, lower, upper) for every judged series whose numerators and
denominators are public; where those may not be shown, limits that follow from them may not be either.
"""

import duckdb
import numpy as np
import pyarrow as pa

from etl.config.indicators import Indicator
from etl.spc import laney

CENTRE_AND_LIMITS = ("centre", "lower", "upper")


def prime(con: duckdb.DuckDBPyConnection, indicators: dict[str, Indicator]) -> None:
    """Fills `prime` from `value` and the segments of `signal`."""
    con.execute("""
        CREATE TABLE prime (indicator VARCHAR, unit VARCHAR, month DATE, method VARCHAR, centre DOUBLE, lower DOUBLE, upper DOUBLE)
    """)
    judged = con.execute("""
        SELECT DISTINCT indicator FROM value JOIN signal USING (indicator, unit, month)
        WHERE numerator IS NOT NULL AND verdict <> 'not_judged'
    """).fetchall()
    for name in sorted(indicators.keys() & {name for (name,) in judged}):
        indicator = indicators[name]
        points = con.execute(
            """
            SELECT
                dense_rank() OVER (ORDER BY unit) - 1 AS series,
                row_number() OVER (PARTITION BY unit ORDER BY month) - 1 AS place,
                unit,
                month,
                numerator,
                denominator,
                segment
            FROM value
            JOIN signal USING (indicator, unit, month)
            WHERE indicator = ? AND numerator IS NOT NULL AND verdict <> 'not_judged'
            ORDER BY series, place
            """,
            [name],
        ).fetchnumpy()
        if len(points["series"]):
            con.register("limited", _rows(name, indicator, points))
            con.execute("INSERT INTO prime BY NAME FROM limited")
            con.unregister("limited")


def method_of(indicator: Indicator, numerator: np.ndarray, denominator: np.ndarray) -> str:
    """p′ for a share of a whole, u′ for a rate that may exceed it."""
    return "p_prime" if indicator.unit == "%" and (numerator <= denominator).all() else "u_prime"


def _rows(name: str, indicator: Indicator, points: dict[str, np.ndarray]) -> pa.Table:
    at = points["series"].astype(int), points["place"].astype(int)
    shape = at[0][-1] + 1, at[1].max() + 1

    def table(column: str) -> np.ndarray:
        made = np.full(shape, np.nan)
        made[at] = points[column]
        return made

    method = method_of(indicator, points["numerator"], points["denominator"])
    segments = np.nan_to_num(table("segment"), nan=-1).astype(int)
    found = laney.limits(table("numerator"), table("denominator"), laney.METHODS[method], groups=segments)
    drawn = dict(zip(CENTRE_AND_LIMITS, (found.centre, *found.at(laney.SIGMAS)), strict=True))
    return pa.table(
        {
            "indicator": [name] * len(at[0]),
            "unit": points["unit"],
            "month": points["month"].astype("datetime64[D]"),
            "method": [method] * len(at[0]),
            **{line: pa.array(np.round(indicator.scale * drawn[line][at], 2), from_pandas=True) for line in drawn},
        }
    )
