"""How long strain takes to judge, at three sizes in one run: `python -m tests.benchmarks.strain.speed`.

The work should grow as the teams do, no faster. Beside it stands what it takes merely to sort the same figures.
"""

import argparse
import resource
import time

import numpy as np

from etl.strain.arrays import NO_PARENT, Figures
from etl.strain.judgement import judge


def figures(teams: int, indicators: int, months: int) -> Figures:
    rng = np.random.default_rng(1)
    shape = months, indicators, teams
    numerator = rng.poisson(20, shape).astype(float)
    numerator[rng.random(shape) < 0.02] = np.nan
    return Figures(
        np.array([f"indicator {number}" for number in range(indicators)]),
        np.array([f"family {number % 5}" for number in range(indicators)]),
        np.full(indicators, -1, dtype=np.int8),
        np.array([f"team {number}" for number in range(teams)]),
        np.datetime64("2021-01", "M") + np.arange(months),
        numerator,
        np.full(shape, 300.0),
        np.full((months, teams), NO_PARENT),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name, default in (("teams", 5000), ("indicators", 20), ("months", 60)):
        parser.add_argument(f"--{name}", type=int, default=default)
    asked = parser.parse_args()
    print(f"{'teams':>8}{'figures':>12}{'judged':>10}{'processor':>11}{'a million':>12}{'× sorting them':>16}")
    for teams in (asked.teams // 4, asked.teams // 2, asked.teams):
        made = figures(teams, asked.indicators, asked.months)
        began = time.perf_counter()
        np.sort(made.numerator, axis=None)
        sorting = time.perf_counter() - began
        began, busy = time.perf_counter(), time.process_time()
        judge(made)
        judged, busy = time.perf_counter() - began, time.process_time() - busy
        size = made.numerator.size
        print(
            f"{teams:>8,}{size:>12,}{judged:>9.1f}s{busy:>10.1f}s{judged / size * 1e6:>11.2f}s{judged / sorting:>15.0f}×"
        )
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB")


if __name__ == "__main__":
    main()
