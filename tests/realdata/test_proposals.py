"""Contracts proposed for real published files, as they came and under headings that say nothing."""

import tempfile
from pathlib import Path

import pytest

from etl.config import contracts
from etl.config.contracts import Contract
from etl.paths import EXPECTATIONS, Workspace
from etl.proposal.propose import propose
from etl.proposal.upload import UnusableSample
from tests.conftest import REAL_DATA
from tests.etl.renamed import differences, renamed

pytestmark = pytest.mark.realdata
KNOWN = contracts.load([EXPECTATIONS])


def files(ending: str) -> list[Path]:
    return sorted(REAL_DATA.rglob(f"*.{ending}")) if REAL_DATA.is_dir() else []


@pytest.fixture(autouse=True)
def there():
    if not REAL_DATA.is_dir():
        pytest.skip("the real published files are not beside this checkout (../shared/data)")


def known(path: Path) -> Contract | None:
    """The contract of a file; a survey's, whose questions are data, is nothing to compare with."""
    found = (contract for contract in KNOWN.values() if contract.expects(path.name) and not contract.questionnaire)
    return next(found, None)


def proposed(path: Path, home: Path) -> dict:
    with tempfile.TemporaryDirectory() as work:
        return propose(path, Workspace(home), Path(work))


@pytest.mark.parametrize(
    "path", [path for path in files("csv") if known(path)][::4] or [None], ids=lambda p: p and p.stem
)
def test_the_contract_comes_out_right_under_headings_that_say_nothing(path, tmp_path):
    headings = renamed(path, tmp_path / "extract.csv")
    proposal = proposed(tmp_path / "extract.csv", tmp_path / "home")
    had = [headings[int(column["heading"].split()[1])] for column in proposal["columns"]]
    assert differences(proposal, known(path), had) == []


@pytest.mark.parametrize("path", [p for p in files("csv") if not known(p)] or [None], ids=lambda p: p and p.stem)
def test_every_other_table_gets_a_proposal_with_a_type_and_a_reason_for_each_column(path, tmp_path):
    proposal = proposed(path, tmp_path)
    assert proposal["rows"] > 0
    assert all(column["why"] for column in proposal["columns"])


def test_a_table_laid_out_for_print_is_refused_in_plain_words(tmp_path):
    for path in (REAL_DATA / "messy").glob("*.xlsx"):
        with pytest.raises(UnusableSample, match="no heading"):
            proposed(path, tmp_path)
