"""How a build compares with the quickest way to load the same file, measured in one run: `python -m tests.benchmarks.build`.

The load floor is DuckDB alone in a fresh process: a typed read into a table. Times are of this machine; read the ratios.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Annotated

import typer

PROJECT = Path(__file__).resolve().parents[2]
STAFF_GROUPS, ORGANISATIONS = 33, 5000
COLUMNS = {
    "DATE": "DATE",
    "NHSE_REGION_CODE": "VARCHAR",
    "NHSE_REGION_NAME": "VARCHAR",
    "ICS_CODE": "VARCHAR",
    "ICS_NAME": "VARCHAR",
    "ORG_CODE": "VARCHAR",
    "ORG_NAME": "VARCHAR",
    "CLUSTER_GROUP": "VARCHAR",
    "BENCHMARK_GROUP": "VARCHAR",
    "STAFF_GROUP": "VARCHAR",
    "FTE_DAYS_LOST": "DOUBLE",
    "FTE_DAYS_AVAILABLE": "DOUBLE",
    "SICKNESS_ABSENCE_RATE_PERCENT": "DOUBLE",
}
# A national return as the real one is laid out: the month's last day, a total among its parts, 15 % of the parts blank.
EXTRACT = """
COPY (
    WITH cell AS (
        SELECT
            n // {cells} AS month_number,
            n % {cells} // {groups} AS organisation,
            n % {groups} AS staff_group,
            n % {groups} > 0 AND hash(n) % 100 < 15 AS blank,
            28000 + hash(n, 1) % 3000000 / 100 AS available,
            0.03 + hash(n, 2) % 4000 / 100000 AS rate
        FROM range({first}, {last}) AS numbers(n)
    )
    SELECT
        strftime(last_day(DATE '2015-01-01' + to_months(month_number::INTEGER)), '%d/%m/%Y') AS DATE,
        'Y' || lpad((organisation % 7)::VARCHAR, 2, '0') AS NHSE_REGION_CODE,
        'Commissioning region number ' || organisation % 7 AS NHSE_REGION_NAME,
        'Q' || lpad((organisation % 42)::VARCHAR, 2, '0') AS ICS_CODE,
        'Integrated care board number ' || organisation % 42 AS ICS_NAME,
        'R' || lpad(organisation::VARCHAR, 4, '0') AS ORG_CODE,
        'Hospitals and community NHS trust ' || organisation AS ORG_NAME,
        'Acute' AS CLUSTER_GROUP,
        'Acute - Large' AS BENCHMARK_GROUP,
        CASE staff_group WHEN 0 THEN 'All staff groups' ELSE 'Support to staff group ' || staff_group END AS STAFF_GROUP,
        CASE WHEN NOT blank THEN round(available * rate, 5) END AS FTE_DAYS_LOST,
        CASE WHEN NOT blank THEN round(available, 5) END AS FTE_DAYS_AVAILABLE,
        CASE WHEN NOT blank THEN round(100 * rate, 2) END AS SICKNESS_ABSENCE_RATE_PERCENT
    FROM cell
) TO '{path}' (FORMAT csv, HEADER)
"""
FLOOR = """
import duckdb, sys
duckdb.sql(f"CREATE TABLE t AS SELECT * FROM read_csv({sys.argv[1:]}, header = true, auto_detect = false, "
           "delim = ',', quote = '\\"', dateformat = '%d/%m/%Y', columns = COLUMNS)")
""".replace("COLUMNS", str(COLUMNS))


@dataclass(frozen=True)
class Run:
    """What one process took: seconds by the clock, seconds of processor, memory at its peak."""

    seconds: float
    cpu: float
    gigabytes: float


def run(*command: str, home: Path | None = None) -> Run:
    """Runs a fresh Python. Raises RuntimeError with what it said if it fails."""
    environment = os.environ | ({"KINSHIP_HOME": str(home)} if home else {})
    with tempfile.TemporaryFile() as said:
        began = time.monotonic()
        process = subprocess.Popen([sys.executable, *command], cwd=PROJECT, env=environment, stdout=said, stderr=said)
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.monotonic() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            said.seek(0)
            raise RuntimeError(said.read().decode())
    return Run(seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024**2)


def middle(runs: list[Run]) -> Run:
    return Run(*(median(getattr(run, name) for run in runs) for name in ("seconds", "cpu", "gigabytes")))


def write_extracts(folder: Path, rows: int, files: int) -> list[Path]:
    """The extracts; several hold a month each, so that none takes another's place."""
    organisations = rows // files // STAFF_GROUPS if files > 1 else ORGANISATIONS
    cells = organisations * STAFF_GROUPS
    paths = []
    for number in range(files):
        path = folder / f"sickness_return_{number:02}.csv"
        first, last = (number * cells, (number + 1) * cells) if files > 1 else (0, rows)
        written = str(path).replace("'", "''")
        sql = EXTRACT.format(path=written, cells=cells, groups=STAFF_GROUPS, first=first, last=last)
        run(
            "-c", "import duckdb, sys; duckdb.sql(sys.argv[1])", sql
        )  # apart: a child's peak of memory counts its parent's
        paths.append(path)
    return paths


def fill(home: Path, extracts: list[Path]) -> Path:
    shutil.rmtree(home, ignore_errors=True)
    (home / "inbox").mkdir(parents=True)
    for path in extracts:
        os.link(path, home / "inbox" / path.name)
    return home


def measured(folder: Path, extracts: list[Path], times: int) -> Iterator[tuple[str, Run]]:
    """Floor and build in turn, so that a busy minute of the machine falls on both; the middle of each."""
    runs: dict[str, list[Run]] = {"load floor": [], "build": [], "build again": [], "importing Great Expectations": []}
    home = folder / "workspace"
    for _ in range(times):
        runs["load floor"].append(run("-c", FLOOR, *map(str, extracts)))
        runs["build"].append(run("-m", "etl", "build", home=fill(home, extracts)))
        runs["build again"].append(run("-m", "etl", "build", home=home))
        runs["importing Great Expectations"].append(run("-c", "import great_expectations"))
    for name, taken in runs.items():
        yield name, middle(taken)


def steps(folder: Path, extracts: list[Path]) -> dict[str, float]:
    """Where the time of one more build goes."""
    home = fill(folder / "workspace", extracts)
    command = [sys.executable, "-m", "tests.benchmarks.steps"]
    environment = os.environ | {"KINSHIP_HOME": str(home)}
    done = subprocess.run(command, cwd=PROJECT, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def main(
    rows: Annotated[int, typer.Option(help="How many rows in all.")] = 1_000_000,
    files: Annotated[int, typer.Option(help="In how many files.")] = 1,
    times: Annotated[int, typer.Option(help="How often each is run.")] = 3,
) -> None:
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        extracts = write_extracts(folder, rows, files)
        size = sum(path.stat().st_size for path in extracts) / 1e6
        print(
            f"{rows:,} rows, {size:,.0f} MB, {files} file{'s' * (files > 1)}; {os.cpu_count()} cores; median of {times}"
        )
        print(f"\n{'':30}{'seconds':>9}{'of floor':>10}{'processor':>11}{'memory':>10}")
        taken = dict(measured(folder, extracts, times))
        for name, each in taken.items():
            ratio = each.seconds / taken["load floor"].seconds
            print(f"{name:30}{each.seconds:9.2f}{ratio:10.2f}{each.cpu:10.2f}s{each.gigabytes:7.2f} GB")
        print(f"\nbuild again is {taken['build again'].seconds / taken['build'].seconds:.3f} of the first build")
        print("\nwhere the time of a build goes, in seconds")
        for step, seconds in steps(folder, extracts).items():
            print(f"  {step:28}{seconds:9.2f}")


if __name__ == "__main__":
    typer.run(main)
