"""Every source has a sample, and every row of it is judged as its column `expect` says."""

import csv
from pathlib import Path

import duckdb
import pytest

from etl import contracts
from etl.paths import EXPECTATIONS
from etl.steps import conform, judge, land, read

CONTRACTS = contracts.load([EXPECTATIONS])


def judged(path: Path, contract: contracts.Contract, work: Path) -> list[str]:
    """What was found wrong with each row, in the words of the quality page."""
    with duckdb.connect() as con:
        arrival = land.arrive(path, path.parent)
        table = read.readable(arrival, contract, work)
        conformed = conform.conform(con, arrival, table, contract, work / "sample.parquet")
        judge.judge(con, path.name, conformed, contract, {})
        found: dict[int, set[str]] = {row: set() for row in range(conformed.rows)}
        for row, heading, reason in con.execute("FROM failed UNION ALL FROM left_out").fetchall():
            found[row].add(f"{heading} {reason}".strip())
    return ["; ".join(sorted(reasons)) for _, reasons in sorted(found.items())]


@pytest.mark.parametrize("source", CONTRACTS)
def test_the_sample_is_judged_as_it_says(source, tmp_path):
    contract = CONTRACTS[source]
    sample = contract.folder / "sample.csv"
    with sample.open(encoding="utf-8", newline="") as file:
        expected = [row["expect"] for row in csv.DictReader(file)]
    assert any(expected) and not all(expected), "a sample has good rows and bad ones"
    assert judged(sample, contract, tmp_path) == expected


@pytest.mark.parametrize("source", CONTRACTS)
def test_every_warning_of_the_suite_is_met_by_a_row_of_the_sample(source):
    """An expectation that no row of the sample breaks may never have worked."""
    contract = CONTRACTS[source]
    sample = (contract.folder / "sample.csv").read_text(encoding="utf-8")
    for given in contract.suite:
        if given["severity"] == "warning":
            assert given["meta"]["says"] in sample, given
