"""Record-level extracts at scale, each ratio measured in one run: `python -m tests.benchmarks.rota`.

The synthetic organisation's own extracts, from CSV to release, with every indicator and expectation, beside the quickest
way to load the same files (DuckDB alone, typed), a second build, one month sent again, and the way a user would otherwise
check a rota (pandas and Great Expectations). Times are of this machine; read the ratios.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from etl.config import contracts
from etl.config.contracts import Contract
from etl.intake import land
from etl.paths import EXPECTATIONS, Workspace
from tests.benchmarks.build import PROJECT, Run, run

# Bad cells are skipped, as nobody would who wants to know what was lost; it costs the floor nothing.
FLOOR = """
import duckdb, json, sys
for number, (paths, columns) in enumerate(json.load(open(sys.argv[1]))):
    duckdb.sql(f"CREATE TABLE t{number} AS SELECT * FROM read_csv({paths}, header = true, auto_detect = false, delim = ',', "
               f"quote = '\\"', dateformat = '%d/%m/%Y', timestampformat = '%d/%m/%Y %H:%M', columns = {columns}, "
               "ignore_errors = true)")
"""
TEN = """
import sys, warnings
warnings.filterwarnings("ignore")
sys.modules["pyspark"] = None  # which it would load wherever it is installed, and cannot where only its client is
import great_expectations as gx, pandas as pd
frame = pd.concat(pd.read_csv(path, dtype=str) for path in sys.argv[1:])
for name in ("Planned Start", "Planned End"):
    frame[name] = pd.to_datetime(frame[name], format="%d/%m/%Y %H:%M", errors="coerce")
minutes = (frame["Planned End"] - frame["Planned Start"]).dt.total_seconds() / 60
frame["Minutes"], frame["Break"] = minutes, pd.to_numeric(frame["Planned Break (min)"], errors="coerce")
context = gx.get_context(mode="ephemeral")
context.variables.progress_bars = {"globally": False}
e = gx.expectations
suite = gx.ExpectationSuite(name="ten", expectations=[
    e.ExpectColumnValuesToBeUnique(column="Duty ID"),
    e.ExpectColumnValuesToNotBeNull(column="Owning Unit"),
    e.ExpectColumnValuesToNotBeNull(column="Planned Start"),
    e.ExpectColumnValuesToNotBeNull(column="Planned End"),
    e.ExpectColumnValuesToBeInSet(column="Status", value_set=list(frame["Status"].dropna().unique())),
    e.ExpectColumnValuesToBeInSet(column="Fulfilment Type", value_set=list(frame["Fulfilment Type"].dropna().unique())),
    e.ExpectColumnValuesToBeBetween(column="Minutes", min_value=1, max_value=1500),
    e.ExpectColumnValuesToBeBetween(column="Break", min_value=0, max_value=240),
    e.ExpectColumnPairValuesAToBeGreaterThanB(column_A="Planned End", column_B="Planned Start"),
    e.ExpectColumnValuesToMatchRegex(column="Owning Unit", regex="[A-Za-z]"),
])
batch = context.data_sources.add_pandas("p").add_dataframe_asset("a").add_batch_definition_whole_dataframe("b")
batch.get_batch({"dataframe": frame}).validate(suite, result_format="SUMMARY")
"""


def inbox(home: Path) -> dict[str, list[Path]]:
    """The CSV files of each source, by the names that its contract expects."""
    sources = contracts.load([EXPECTATIONS, home / "expectations"])
    files = [path for path in land.inbox(home / "inbox") if path.suffix == ".csv"]
    found = {name: [path for path in files if contract.expects(path.name)] for name, contract in sources.items()}
    return {name: paths for name, paths in found.items() if paths}


def typed(path: Path, contract: Contract) -> dict[str, str]:
    """The headings of a file with the types that a careful loader would give them."""
    with path.open(encoding="utf-8-sig") as file:
        headings = file.readline().rstrip("\r\n").split(",")
    kinds = {}
    for column in contract.columns:
        for heading in column.headers:
            kind = "VARCHAR" if column.person or column.type == "yes_no" else column.sql_type
            kinds[heading] = "TIMESTAMP" if kind == "DATE" and any("%H" in form for form in column.formats) else kind
    return {heading: kinds.get(heading, "VARCHAR") for heading in headings}


def floor(home: Path) -> Run:
    sources = contracts.load([EXPECTATIONS, home / "expectations"])
    job = [(list(map(str, paths)), typed(paths[0], sources[name])) for name, paths in inbox(home).items()]
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(job, file)
        file.flush()
        return run("-c", FLOOR, file.name)


def send_again(home: Path) -> None:
    """The newest month but one of the rota comes again, one row shorter."""
    path = sorted(inbox(home)["rota"])[-2]
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:-1]))


def measured(home: Path, pandas: bool) -> Iterator[tuple[str, Run]]:
    yield "load floor", floor(home)
    yield "build", run("-m", "etl", "build", home=home)
    yield "build again", run("-m", "etl", "build", home=home)
    send_again(home)
    yield "build, one month again", run("-m", "etl", "build", home=home)
    yield "load floor, once more", floor(home)
    if pandas:
        yield "pandas, ten expectations", run("-c", TEN, *map(str, inbox(home)["rota"]))


def steps(home: Path) -> dict[str, float]:
    """Where the time of a build of the same files goes, from an empty store."""
    subprocess.run(["rm", "-rf", str(home / "store"), str(home / "releases")], check=True)
    environment = os.environ | {"KINSHIP_HOME": str(home)}
    command = [sys.executable, "-m", "tests.benchmarks.steps"]
    done = subprocess.run(command, cwd=PROJECT, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def main(
    people: Annotated[
        int, typer.Option(help="How many people the organisation has: 1,500 are a million rows or so.")
    ] = 15_000,
    months: Annotated[int, typer.Option(help="How many months of extracts.")] = 36,
    pandas: Annotated[bool, typer.Option(help="Also the way a user would otherwise do it.")] = True,
) -> None:
    with tempfile.TemporaryDirectory() as temporary:
        home = Workspace(Path(temporary)).home
        made = run("-m", "etl", "demo", "--people", str(people), "--months", str(months), home=home)
        size = sum(path.stat().st_size for paths in inbox(home).values() for path in paths) / 1e6
        rows = sum(path.read_bytes().count(b"\n") - 1 for path in inbox(home)["rota"])
        print(f"{rows:,} duties, {size:,.0f} MB of extracts, made in {made.seconds:.0f} s; {os.cpu_count()} cores")
        print(f"\n{'':30}{'seconds':>9}{'of floor':>10}{'processor':>11}{'memory':>10}")
        taken = {}
        for name, each in measured(home, pandas):
            taken[name] = each
            ratio = each.seconds / taken["load floor"].seconds
            print(f"{name:30}{each.seconds:9.2f}{ratio:10.2f}{each.cpu:10.2f}s{each.gigabytes:7.2f} GB", flush=True)
        for name in ("build again", "build, one month again"):
            print(f"{name} is {taken[name].seconds / taken['build'].seconds:.3f} of the first build")
        print("\nwhere the time of a build goes, in seconds")
        for step, seconds in steps(home).items():
            print(f"  {step:28}{seconds:9.2f}")


if __name__ == "__main__":
    typer.run(main)
