"""The public turnover return, as published, gives the figures that were worked out apart from Kinship."""

import shutil

import duckdb
import pytest

from etl.paths import Workspace
from etl.store.receipts import read_receipts
from tests.conftest import REAL_DATA, Engine

pytestmark = pytest.mark.realdata


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Engine:
    if not REAL_DATA.is_dir():
        pytest.skip("the real published files are not beside this checkout (../shared/data)")
    workspace = Workspace(tmp_path_factory.mktemp("real"))
    workspace.make()
    for file in (REAL_DATA / "turnover-nhs").iterdir():
        shutil.copy2(file, workspace.inbox)
    engine = Engine(workspace.home, workspace)
    built = engine.run("build")
    assert built.code == 0, built.said
    return engine


def heads(engine: Engine, organisation: str | None = None) -> dict[str, float]:
    """What was accepted of the total rows, a sum a kind: of one organisation or of all."""
    kept = [receipt for receipt in read_receipts(engine.workspace, "turnover_return") if receipt.outcome == "accepted"]
    with duckdb.connect() as con:
        return dict(
            con.execute(
                "SELECT kind, sum(headcount) FROM read_parquet(?) "
                "WHERE staff_group = 'All staff groups' AND organisation = coalesce(?, organisation) GROUP BY kind",
                [[str(receipt.path(engine.workspace, "parquet")) for receipt in kept], organisation],
            ).fetchall()
        )


def test_the_heads_are_those_worked_out_apart(built):
    assert heads(built) == {"start": 1_499_731, "end": 1_501_545, "joiners": 16_845, "leavers": 15_122}
    assert heads(built, "RPA") == {"start": 5_264, "end": 5_262, "joiners": 33, "leavers": 37}


@pytest.mark.parametrize(
    ("unit", "figure"),
    [
        ("RPA", (0.70, 37.0, 5_263.0)),
        ("England", (1.01, 15_122.0, 1_500_638.0)),  # the sum of its 247 organisations
    ],
)
def test_the_leavers_of_the_month_are_given_for_the_second_month_of_the_period(built, unit, figure):
    found = built.ask(
        "SELECT month::VARCHAR, value, numerator, denominator FROM mart.value WHERE indicator = 'leavers_monthly' AND unit = ?",
        unit,
    )
    assert found == [("2025-10-01", *figure)]


def test_every_organisation_has_a_figure(built):
    [(organisations, given)] = built.ask(
        "SELECT count(*), count(value) FROM mart.value JOIN meta.unit USING (unit) "
        "WHERE indicator = 'leavers_monthly' AND level = 'organisation'"
    )
    assert (organisations, given) == (247, 247)


def test_an_organisation_that_nobody_left_is_at_nought(built):
    """Where there is no row of leavers there were none; that is not the same as no data."""
    [(without,)] = built.ask(
        "SELECT count(*) FROM mart.value JOIN meta.unit USING (unit) "
        "WHERE indicator = 'leavers_monthly' AND level = 'organisation' AND numerator = 0 AND value = 0 AND shown = 'yes'"
    )
    assert without == 1


def test_every_row_is_accounted_for(built):
    [counts] = built.ask(
        "SELECT rows_read, rows_accepted, rows_quarantined, rows_left_out FROM meta.source WHERE source = 'turnover_return'"
    )
    assert counts == (9450, 9450, 0, 0)
