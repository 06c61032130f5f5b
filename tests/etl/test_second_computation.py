"""Seven indicators of the whole made-up organisation, counted a second time in plain pandas, agree with the engine's."""

import pandas as pd
import pytest

from etl import build
from etl.paths import EXPECTATIONS, Workspace
from tests.etl import second_computation as second
from tests.etl.conftest import DAY, Organisation
from tests.etl.extracts_in_pandas import Extracts

TOLERANCE = 1e-9
WHERE = ["unit", "month"]


class Measured(Exception):
    """Stops a build as soon as everything is counted."""


def measured(workspace: Workspace) -> pd.DataFrame:
    """The engine's figures of what is not published already, unrounded and before anything is hidden."""
    found: list[pd.DataFrame] = []

    def take(con, *_) -> None:
        found.append(con.execute("SELECT indicator, unit, month, numerator, denominator, provenance FROM figure").df())
        raise Measured

    con = build.connect(workspace)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(build, "fingerprint", lambda *_: "as if something were new")
        patch.setattr("etl.disclosure.step.protect", take)
        try:
            with pytest.raises(Measured):
                build.make_release(con, workspace, build.load_contracts(workspace), [], DAY, busy=lambda _: None)
        finally:
            con.close()
    [figures] = found
    return figures.assign(month=figures["month"].dt.to_period("M"))


@pytest.fixture(scope="module")
def figures(organisation: Organisation) -> pd.DataFrame:
    return measured(organisation.workspace)


@pytest.fixture(scope="module")
def counted_again(organisation: Organisation) -> dict[str, pd.DataFrame]:
    extracts = Extracts(organisation.workspace.home, EXPECTATIONS)
    posts, duties = second.Posts(extracts), second.rota(extracts)
    return second.sickness(posts) | {
        "leaver_rate": second.leaving(posts),
        "stability": second.staying(posts),
        "fill_rate": second.filling(duties),
        "short_rests": second.short_rests(duties),
        "over_48_hours": second.long_weeks(duties, posts),
    }


@pytest.fixture(scope="module")
def teams(organisation: Organisation) -> pd.DataFrame:
    return Extracts(organisation.workspace.home, EXPECTATIONS).teams


@pytest.mark.parametrize(
    "indicator",
    [
        *("sickness_rate", "short_term_sickness", "long_term_sickness", "leaver_rate", "stability"),
        *("fill_rate", "short_rests", "over_48_hours"),
    ],
)
def test_the_engine_and_pandas_count_the_same(indicator, figures, counted_again, teams):
    again = counted_again[indicator].rename(columns={"team": "unit"})
    engine = figures[figures["indicator"] == indicator]
    assert len(again) > 100, "nearly every team and month has a figure"
    assert_same(again, engine[engine["unit"].isin(teams.loc[teams["level"] == "team", "unit"])])

    # The organisation is the sum of its teams, and so are the units below it together. Where it has published a figure of
    # its own, that figure is the organisation's, and the sum stands only below it.
    [top] = teams.loc[teams["parent"].isna(), "unit"]
    whole = again.groupby("month", as_index=False)[["numerator", "denominator"]].sum()
    below = engine[engine["unit"].isin(teams.loc[teams["parent"] == top, "unit"])]
    assert_same(whole.assign(unit=top), below.groupby("month", as_index=False).sum(numeric_only=True).assign(unit=top))
    own = engine[(engine["unit"] == top) & (engine["provenance"] == "private")]
    assert_same(whole[whole["month"].isin(own["month"])].assign(unit=top), own)
    assert len(own) == len(whole) or indicator == "sickness_rate", "only one of these is published"


def assert_same(again: pd.DataFrame, engine: pd.DataFrame) -> None:
    both = again.merge(engine, "outer", WHERE, suffixes=("_again", ""))
    apart = pd.Series(False, index=both.index)
    for what in ("numerator", "denominator"):
        ours, theirs = both[f"{what}_again"], both[what]
        same = (ours - theirs).abs() <= TOLERANCE * ours.abs().clip(lower=TOLERANCE)
        apart |= ~same  # a figure that only one of them has is not the same
    assert not apart.any(), f"{apart.sum()} of {len(both)} figures differ:\n{both[apart].head(20).to_string()}"
