"""Every source has a sample, and every row of it is judged as its column `expect` says.

A sample that names units is judged beside the samples of the sources that know them: its file comes last into the inbox
of a workspace of its own, and the engine takes them in as it would any others.
"""

import csv
import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from etl import build
from etl.config import contracts
from etl.intake import take_in
from etl.paths import EXPECTATIONS, Workspace
from etl.store.receipts import Receipt, read_receipts
from tests.conftest import table

CONTRACTS = contracts.load([EXPECTATIONS])
NEWEST_MONTH = "The newest month has about as many rows as the six before it"  # a sample has no seven months
Rows = list[dict[str, str]]


@dataclass(frozen=True)
class Judged:
    """What became of a source's file, and what was found wrong with each row, in the words of the quality page."""

    source: str
    receipt: Receipt
    found: list[str]


def sample(source: str) -> Rows:
    with (EXPECTATIONS / source / "sample.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def sources_before(source: str) -> set[str]:
    """The sources whose samples must be known first: those it refers to, and the names that other systems give them."""
    before = set(CONTRACTS[source].refers.values())
    if before:
        before |= {name for name, contract in CONTRACTS.items() if contract.translates}
    return before - {source}


def judge(source: str, rows: Rows, home: Path) -> Judged:
    workspace = Workspace(home)
    workspace.make()
    for name, given in {**{before: sample(before) for before in sources_before(source)}, source: rows}.items():
        text = table(given[0], (row.values() for row in given))
        (workspace.inbox / f"{name}.csv").write_text(text, encoding="utf-8")
    con, said = build.connect(workspace), []
    try:
        take_in.take_in(con, workspace, CONTRACTS, said.append, lambda _: None)
        [receipt] = read_receipts(workspace, source)
        # Of the file judged last these tables still say what was found in each row.
        found: dict[int, set[str]] = {row: set() for row in range(receipt.rows_read)}
        for row, heading, reason in con.execute("FROM failed UNION ALL FROM left_out").fetchall() if found else []:
            found[row].add(f"{heading} {reason}".strip())
    finally:
        con.close()
    assert sum(map(bool, found.values())) == receipt.rows_quarantined + receipt.rows_left_out, said
    return Judged(source, receipt, ["; ".join(sorted(reasons)) for _, reasons in sorted(found.items())])


@pytest.fixture(scope="module", params=CONTRACTS)
def judged(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Judged:
    return judge(request.param, sample(request.param), tmp_path_factory.mktemp(request.param))


def test_the_sample_is_judged_as_it_says(judged):
    expected = [row["expect"] for row in sample(judged.source)]
    assert any(expected) and not all(expected), "a sample has good rows and bad ones"
    assert judged.receipt.outcome == "accepted", judged.receipt.sentence
    assert judged.found == expected


def test_every_warning_and_note_of_the_suite_is_met_by_a_row_of_the_sample(judged):
    """An expectation that no row of the sample breaks may never have worked."""
    wanted = [
        (given["type"], given["severity"], given["meta"]["why"])
        for given in CONTRACTS[judged.source].suite
        if given["severity"] != "critical" and given["meta"].get("about") != NEWEST_MONTH
    ]
    broken = [
        (result["expectation"], result["severity"], result["why"])
        for result in judged.receipt.expectations
        if result["status"] == "failed"
    ]
    assert not set(wanted) - set(broken)


# ---- files that are wrong as a whole -------------------------------------------------------------------------------


def hours_for(heading: str) -> Callable[[dict], dict]:
    return lambda row: row | {heading: "37.5"}


def exchanged(one: str, other: str) -> Callable[[dict], dict]:
    return lambda row: row | {one: row[other], other: row[one]}


WRONG = {
    ("rota", "At least nine duties in ten end after they start"): exchanged("Planned Start", "Planned End"),
    ("sickness", "At least nine FTE in ten are above 0 and up to 1.5"): hours_for("FTE"),
    ("staff", "At least nine FTE in ten are between 0 and 1.5"): hours_for("WTE"),
    ("leavers", "At least nine FTE in ten are between 0 and 1.5"): hours_for("FTE"),
    ("teams", "Every parent and every successor stands in the file itself"): lambda row: (
        row | {"Parent": row["Parent"].replace("D1", "D9")}
    ),
    ("teams", "No unit stands in two places at the same time"): lambda row: (
        row | {"To": row["To"].replace("31/12/2023", "01/01/2024")}
    ),
}


@pytest.mark.parametrize(("source", "about"), WRONG, ids=str)
def test_a_file_that_is_wrong_as_a_whole_is_refused(source, about, tmp_path):
    refused = judge(source, [WRONG[source, about](row) for row in sample(source)], tmp_path).receipt
    assert refused.outcome == "refused"
    assert about in refused.sentence


def test_every_critical_expectation_has_refused_a_file():
    critical = {
        (source, given["meta"]["about"])
        for source, contract in CONTRACTS.items()
        for given in contract.suite
        if given["severity"] == "critical"
    }
    assert critical == set(WRONG)


@pytest.mark.parametrize(
    ("source", "rows", "status"),
    [("staff", 16, "passed"), ("staff", 14, "failed"), ("staff", 26, "failed"), ("rota", 14, "failed")],
)
def test_a_newest_month_of_too_few_or_too_many_rows_is_noted(source, rows, status, tmp_path):
    good, given = next(row for row in sample(source) if not row["expect"]), []
    for number in range(7):
        day = f"{dt.date(2025, number + 2, 1) - dt.timedelta(days=1):%d/%m/%Y}"
        for place in range(rows if number == 6 else 20):
            if source == "staff":
                given.append(good | {"Assignment Number": str(place + 1), "Census Date": day})
            else:
                times = {"Planned Start": f"{day} 07:30", "Planned End": f"{day} 20:00"}
                given.append(good | times | {"Shift ID": f"{day}-{place}", "Actual Start": "", "Actual End": ""})
    results = {result["about"]: result["status"] for result in judge(source, given, tmp_path).receipt.expectations}
    assert results[NEWEST_MONTH] == status
