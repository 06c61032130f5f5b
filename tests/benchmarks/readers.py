"""Fifty readers of the app's warehouse while builds publish, errors and memory: `python -m tests.benchmarks.readers`."""

import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Annotated

import typer

from etl.paths import PROJECT
from tests.etl.taken import BEDS, beds, intake_in

UNITS, MONTHS = 40, 24
THINKS = 0.05  # seconds between two questions of one reader


def megabytes() -> float:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / (1 << 20)


def main(
    readers: Annotated[int, typer.Option(help="How many read at once.")] = 50,
    releases: Annotated[int, typer.Option(help="How many releases are published meanwhile.")] = 10,
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        inbox = intake_in(Path(folder) / "workspace")
        os.environ["KINSHIP_HOME"] = str(inbox.workspace.home)
        from pages.parts.release import warehouse

        inbox.source("beds", BEDS.format(each_file="replaces_its_months"))

        def publish(number: int) -> None:
            rows = [
                f"U{unit},28/{month % 12 + 1:02}/{2024 + month // 12},{number}"
                for unit in range(UNITS)
                for month in range(MONTHS)
            ]
            inbox.drop("beds.csv", beds(*rows))
            build = [sys.executable, "-m", "etl", "build", "--as-of", "2026-11-01"]
            subprocess.run(build, cwd=PROJECT, capture_output=True, check=True)  # app and engine are never one process

        errors, asked, done = [], [0], threading.Event()

        def read() -> None:
            while not done.is_set():
                try:
                    release = warehouse.current()
                    units = warehouse.scope(release, warehouse.top_units(release))
                    assert len(units) == UNITS + 1
                    for question in ("settling", "sources", "files"):
                        warehouse.ask(release, question, units)
                    warehouse.earlier(release)
                    asked[0] += 1
                except Exception as error:
                    errors.append(error)
                time.sleep(THINKS)

        publish(0)
        threads = [threading.Thread(target=read) for _ in range(readers)]
        for thread in threads:
            thread.start()
        publish(1)
        first = megabytes()
        for number in range(2, releases):
            publish(number)
        done.set()
        for thread in threads:
            thread.join()
        typer.echo(
            f"{readers} readers asked {asked[0]:,} times while {releases} releases were published: {len(errors)} errors; "
            f"memory {first:.0f} MB after the second release, {megabytes():.0f} MB after the last, this process alone"
        )
        if errors:
            typer.echo(f"the first: {type(errors[0]).__name__}: {errors[0]}")
            raise typer.Exit(1)


if __name__ == "__main__":
    typer.run(main)
