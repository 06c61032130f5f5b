"""What many small files at once cost, against a hundred of them: `python -m tests.benchmarks.many_files`. Read the ratios."""

import datetime as dt
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Annotated

import typer

from etl import build as builder
from etl.paths import PROJECT
from tests.etl.taken import BEDS, beds, intake_in

ROWS = 30


def measure(files: int, each_file: str) -> dict[str, float]:
    """Seconds and megabytes at the peak, of taking so many files in and of the build that follows."""
    with tempfile.TemporaryDirectory() as folder:
        inbox = intake_in(Path(folder) / "workspace")
        inbox.source("beds", BEDS.format(each_file=each_file))
        for number in range(files):
            year, month = 2006 + number // 12 % 20, number % 12 + 1
            rows = (f"U{row + number % 7},28/{month:02}/{year},{row}" for row in range(ROWS))
            inbox.drop(f"beds_{number:04}.csv", beds(*rows))
        began = time.monotonic()
        inbox.take()
        taken, peak = time.monotonic() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        began = time.monotonic()
        assert builder.build(inbox.workspace, dt.date(2026, 11, 1), inbox.said.append).outcome == "published"
        built = time.monotonic() - began
        peak_of_build = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        return {"taken_s": taken, "taken_mb": peak, "built_s": built, "built_mb": peak_of_build}


def main(
    files: Annotated[list[int] | None, typer.Option(help="How many at once; may be repeated.")] = None,
    each_file: str = "replaces_its_months",
    one: Annotated[int, typer.Option(hidden=True)] = 0,
) -> None:
    if one:
        typer.echo(json.dumps(measure(one, each_file)))
        return
    first: dict[str, float] = {}
    for many in files or [100, 300, 1000, 3000]:
        command = [sys.executable, "-m", "tests.benchmarks.many_files", "--one", str(many), "--each-file", each_file]
        done = subprocess.run(command, cwd=PROJECT, env=dict(os.environ), capture_output=True, text=True, check=True)
        cost = json.loads(done.stdout.splitlines()[-1])
        first = first or cost
        typer.echo(
            f"{many:>5} files: taken in {cost['taken_s']:6.1f} s ({1000 * cost['taken_s'] / many:5.0f} ms a file), "
            f"{cost['taken_mb']:5.0f} MB ({cost['taken_mb'] / first['taken_mb']:.2f} times the first); the build after it "
            f"{cost['built_s']:5.1f} s, {cost['built_mb']:5.0f} MB ({cost['built_mb'] / first['built_mb']:.2f} times)"
        )


if __name__ == "__main__":
    typer.run(main)
