"""`sql/core` and `sql/indicators` on Spark servers beside DuckDB, each ratio measured in one run: `python -m tests.benchmarks.spark`.

The made-up organisation is taken in once, with DuckDB. The same accepted files then become a release again and again, in a
fresh process each time: counted by DuckDB, by Sail alone, by Sail as a cluster, and by Apache Spark where `--spark` names its
Spark Connect server. Times are of this machine; read the ratios. `--compare` times nothing: it compares every fact and every
indicator of the same files cell by cell, DuckDB beside Sail.
"""

import json
import math
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import duckdb
import typer

from etl import build
from etl.__main__ import app
from etl.paths import Workspace
from etl.release import facts_cache, measure, spark
from etl.store.receipts import read_receipts
from etl.survey import step as surveys
from tests.benchmarks.build import PROJECT, run
from tests.etl.test_spark import INDICATORS, choose, sail, side_by_side

TIMED = "--timed"


def timed(gigabytes: str) -> None:
    """Builds the workspace that KINSHIP_HOME names, in which DuckDB may hold so much; says how long that took, and how long the
    facts and the counts did."""
    connect = build.connect

    def connect_within(workspace: Workspace) -> duckdb.DuckDBPyConnection:
        con = connect(workspace)
        con.execute(f"SET memory_limit = '{gigabytes}GB'")
        return con

    build.connect = connect_within
    seconds = {"facts": 0.0, "counts": 0.0}

    def time_of(owner, name: str, part: str) -> None:
        does = getattr(owner, name)

        def does_timed(*arguments, **named):
            began = time.monotonic()
            try:
                return does(*arguments, **named)
            finally:
                seconds[part] += time.monotonic() - began

        setattr(owner, name, does_timed)

    time_of(build, "run_core", "facts")
    time_of(spark.Spark, "run_core", "facts")
    time_of(measure, "measure", "counts")
    began = time.monotonic()
    app(["build"], standalone_mode=False)
    processor, memory = used("self")
    print(json.dumps(seconds | {"all": time.monotonic() - began, "processor": processor, "memory": memory}))


def used(process: int | str) -> tuple[float, float]:
    """Seconds of processor that a process of this machine has used, and the GB that it held at its peak."""
    about = Path(f"/proc/{process}")
    ticks = about.joinpath("stat").read_text().rpartition(")")[2].split()[11:13]
    kilobytes = re.search(r"VmHWM:\s+(\d+)", about.joinpath("status").read_text())[1]
    return sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK"), int(kilobytes) / 1024**2


def multiply(home: Path, times: int) -> None:
    """Has every team that many times the people, each with the rows of one who is there."""
    workspace = Workspace(home)
    for contract in build.load_contracts(workspace).values():
        people = [column.name for column in contract.columns if column.person]
        if not people:
            continue
        texts = [name for name in contract.key if contract.kept[name] == "VARCHAR" and name != "team"]
        told = [f"{name} + copy AS {name}" for name in people] + [f"{name} || '.' || copy AS {name}" for name in texts]
        for receipt in read_receipts(workspace, contract.source):
            path = receipt.path(workspace, "parquet")
            if receipt.outcome == "accepted":
                more = path.with_suffix(".more")
                duckdb.sql(
                    f"COPY (SELECT * REPLACE ({', '.join(told)}) FROM '{path}', range({times}) AS t (copy)) TO '{more}' (FORMAT parquet)"
                )
                more.replace(path)


def released(home: Path, address: str, gigabytes: int) -> dict[str, float]:
    """A release of what was accepted, by the server at the address, or by DuckDB."""
    workspace = Workspace(home)
    for folder in (workspace.releases, workspace.protection, facts_cache.folder(workspace)):
        shutil.rmtree(folder, ignore_errors=True)
    workspace.settings.unlink(missing_ok=True)
    if address:
        choose(workspace, address)
    command = [sys.executable, "-m", "tests.benchmarks.spark", TIMED, str(gigabytes)]
    environment = os.environ | {"KINSHIP_HOME": str(home)}
    done = subprocess.run(command, cwd=PROJECT, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def values(home: Path) -> list[tuple]:
    """What the current release tells."""
    workspace = Workspace(home)
    with duckdb.connect(
        str(workspace.releases / f"{workspace.current.read_text().strip()}.duckdb"), read_only=True
    ) as con:
        return con.execute("SELECT indicator, unit, month, value, shown FROM mart.value ORDER BY ALL").fetchall()


def compare(home: Path, log: Path) -> None:
    """Every fact and indicator cell by cell. Raises AssertionError with what differs."""
    with sail(log) as (address, _), side_by_side(Workspace(home), address, invent=False) as both:
        asked = {"facts": {name: f"SELECT * FROM core.{name}" for name in both.queries}}
        asked["indicators"] = {name: each.sql for name, each in (INDICATORS | surveys.behind()).items()}
        print(f"\n{'':14}{'compared':>9}{'empty':>7}{'rows':>14}{'cells':>14}{'largest difference':>20}")
        wrong = {}
        for kind, queries in asked.items():
            found = {name: both.compared(name, sql) for name, sql in queries.items()}
            wrong |= {name: each.differences for name, each in found.items() if each.differences}
            rows, empty = sum(each.rows for each in found.values()), sum(not each.rows for each in found.values())
            cells, largest = (
                sum(each.rows * each.columns for each in found.values()),
                max(e.largest for e in found.values()),
            )
            print(f"{kind:14}{len(found):9}{empty:7}{rows:14,}{cells:14,}{largest:20.1e}", flush=True)
        assert not wrong, wrong


def main(
    people: Annotated[int, typer.Option(help="1,500 are a million duties in 36 months.")] = 1500,
    months: Annotated[int, typer.Option(help="How many months of extracts.")] = 36,
    times: Annotated[int, typer.Option(help="Every person so many times over, once the files are taken in.")] = 1,
    address: Annotated[str, typer.Option("--spark", help="Where an Apache Spark stands, as sc://host:port.")] = "",
    comparing: Annotated[bool, typer.Option("--compare", help="Compare cell by cell instead of timing.")] = False,
    only: Annotated[
        list[str] | None, typer.Option(help="Time only these, by name; the first is compared with.")
    ] = None,
    gigabytes: Annotated[int, typer.Option(help="What DuckDB may hold before it sorts on the disk.")] = 16,
    home: Annotated[
        Path | None, typer.Option(help="A workspace made before, which is changed; none: one is made.")
    ] = None,
) -> None:
    with tempfile.TemporaryDirectory() as temporary:
        log = Path(temporary) / "log"
        if home is None:
            home = Path(temporary) / "home"
            run("-m", "etl", "demo", "--people", str(people), "--months", str(months), home=home)
            run("-m", "etl", "build", home=home)
        if times > 1:
            multiply(home, times)
        duties = [
            each.path(Workspace(home), "parquet")
            for each in read_receipts(Workspace(home), "rota")
            if each.rows_accepted
        ]
        rows = duckdb.sql(f"SELECT count(*) FROM read_parquet({list(map(str, duties))})").fetchall()[0][0]
        print(f"{rows:,} duties; {os.cpu_count()} cores")
        if comparing:
            compare(home, log)
            return
        print(
            f"\n{'seconds':24}{'facts':>9}{'counts':>9}{'release':>9}{'of DuckDB':>11}{'outside':>9}{'processor':>17}{'memory, GB':>16}"
        )
        print(f"{'':73}{'build':>9}{'server':>8}{'build':>9}{'server':>7}")
        servers = {
            "DuckDB": nullcontext(("", None)),
            "Sail": sail(log),
            "Sail, as a cluster": sail(log, "local-cluster"),
        }
        if address:
            servers["Apache Spark"] = nullcontext((address, None))
        first = asked = None
        servers["DuckDB, once more"] = nullcontext(("", None))
        for name in only or servers:
            with servers[name] as (where, process):
                took = released(home, where, gigabytes)
                processor, memory = used(process.pid) if process else (math.nan, math.nan)
            counted = took["facts"] + took["counts"]
            first, asked = first or counted, asked or values(home)
            assert values(home) == asked, f"{name} tells other values than DuckDB"
            print(
                f"{name:24}{took['facts']:9.2f}{took['counts']:9.2f}{took['all']:9.2f}{counted / first:11.1f}"
                f"{1 - counted / took['all']:9.0%}{took['processor']:9.1f}{processor:8.1f}{took['memory']:9.2f}{memory:7.2f}",
                flush=True,
            )


if __name__ == "__main__":
    timed(sys.argv[2]) if TIMED in sys.argv else typer.run(main)
