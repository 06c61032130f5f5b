"""How long change takes to find: every indicator, unit and settled month of a release, at three sizes in one run.

`python -m tests.benchmarks.signals [--units 5000] [--indicators 20] [--months 60]`. The work should grow as the number of
series does, no faster; beside it stands what DuckDB needs merely to write as many rows.
"""

import argparse
import resource
import time
from types import SimpleNamespace

import duckdb

from etl.spc.step import signal

BETTER = ("lower", "higher", "neither")


def values(con: duckdb.DuckDBPyConnection, units: int, indicators: int, months: int) -> None:
    """The tables that judging reads: noise around a level of each series' own, one month in fifty missing."""
    con.execute(
        """
        CREATE TABLE value AS
        SELECT
            'indicator_' || (number // ($units * $months)) AS indicator,
            'unit_' || (number // $months % $units) AS unit,
            (DATE '2021-01-01' + to_months((number % $months)::INTEGER))::DATE AS month,
            round(5 + hash(number // $months) % 100 / 10 + (hash(number) % 1000 + hash(number * 7) % 1000) / 1000, 2) AS value,
            CASE WHEN hash(number * 3) % 50 = 0 THEN 'no_data' ELSE 'yes' END AS shown,
            true AS settled
        FROM range($units * $indicators * $months) AS made (number)
        """,
        {"units": units, "indicators": indicators, "months": months},
    )
    con.execute("""
        CREATE TABLE rebase (indicator VARCHAR, unit VARCHAR, month DATE, fix_after BIGINT);
        CREATE TABLE target (indicator VARCHAR, unit VARCHAR, from_month DATE, target DOUBLE)
    """)


def timed(units: int, indicators: int, months: int) -> tuple[float, float]:
    """(seconds to judge, seconds merely to write as many rows)"""
    judged = {f"indicator_{n}": SimpleNamespace(window=1, better=BETTER[n % 3]) for n in range(indicators)}
    with duckdb.connect() as con:
        values(con, units, indicators, months)
        began = time.perf_counter()
        con.execute("CREATE TABLE written AS FROM value")
        written = time.perf_counter() - began
        began = time.perf_counter()
        signal(con, judged)
        return time.perf_counter() - began, written


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name, default in (("units", 5000), ("indicators", 20), ("months", 60)):
        parser.add_argument(f"--{name}", type=int, default=default)
    asked = parser.parse_args()
    print(f"{'units':>8}{'rows':>12}{'judged':>10}{'a million rows':>16}{'× writing them':>16}")
    for units in (asked.units // 4, asked.units // 2, asked.units):
        rows = units * asked.indicators * asked.months
        judged, written = timed(units, asked.indicators, asked.months)
        print(f"{units:>8,}{rows:>12,}{judged:>9.1f}s{judged / rows * 1e6:>15.2f}s{judged / written:>15.0f}×")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB")


if __name__ == "__main__":
    main()
