"""The made-up organisation's survey: teams planted in each frame are read rightly, and the planted lags are found again."""

import datetime as dt
import json
from pathlib import Path

import duckdb
import pytest

from etl.demo.organisation import FRAMES
from tests.conftest import Engine
from tests.etl.conftest import Organisation


@pytest.fixture(scope="module")
def built(organisation: Organisation) -> tuple[Engine, dict]:
    truth = json.loads((organisation.workspace.home / "truth.json").read_text(encoding="utf-8"))
    return Engine(organisation.workspace.home, organisation.workspace), truth["survey"]


def test_every_planted_team_is_read_in_its_frame(built):
    engine, truth = built
    found = dict(engine.ask("SELECT unit, frame FROM mart.frame WHERE wave = (SELECT max(wave) FROM mart.frame)"))
    planted = {team: frame for frame in FRAMES for team in truth["frames"][frame]}
    assert {frame: len(truth["frames"][frame]) >= 3 for frame in FRAMES} == dict.fromkeys(FRAMES, True)
    assert len(truth["frames"]["stretched_holding"]) >= 4 and len(truth["frames"]["steady_other"]) >= 4
    # Where a score of the circle is hidden, nothing is said; and of how units differ only those that are shown tell.
    assert not {team for team in planted if found.get(team, "not_clear") not in (planted[team], "not_clear")}
    right = [frame for team, frame in planted.items() if found.get(team) == frame]
    assert len(right) >= 0.8 * len(planted) and all(right.count(frame) >= 2 for frame in FRAMES)


def test_stretched_teams_were_steady_before_they_were_stretched(built):
    engine, truth = built
    teams = [*truth["frames"]["stretched_holding"], *truth["frames"]["stretched_fraying"]]
    early = engine.ask(
        "SELECT unit, frame FROM mart.frame WHERE wave < ?", dt.date.fromisoformat(f"{truth['frames_from']}-01")
    )
    theirs = [frame for unit, frame in early if unit in teams]
    assert sum(frame.startswith("stretched") for frame in theirs) <= 0.05 * len(
        theirs
    )  # a busy season may look like it


@pytest.mark.parametrize(("outcome", "planted"), [("kindness", "lag_months"), ("sickness_rate", "sickness_lag_months")])
def test_the_planted_lag_is_recovered(built, outcome, planted):
    engine, truth = built
    [(reading, lag, teams)] = engine.ask(
        "SELECT reading, lag, team_count FROM mart.lead_reading WHERE outcome = ?", outcome
    )
    first, last = truth[planted]
    assert reading == "before" and first <= lag <= last and teams >= 20


def test_no_answer_can_be_traced_to_anybody(built):
    engine, _ = built
    kept = list((engine.workspace.store / "survey_answers").glob("*.parquet"))
    columns = {row[0] for path in kept for row in duckdb.sql(f"DESCRIBE FROM '{path}'").fetchall()}
    assert kept and not {
        column for column in columns if any(word in column for word in ("response", "start", "ip", "browser", "person"))
    }
    for path in [*kept, *Path(engine.workspace.releases).glob("*.duckdb")]:
        content = path.read_bytes()
        assert b"Made-up browser" not in content and b"192.0.2." not in content and b"R_0000001" not in content


def test_nothing_is_shown_of_fewer_than_eleven_and_no_distribution_under_thirty(built):
    engine, _ = built
    hidden = "SELECT count(*) FROM mart.value WHERE indicator LIKE 'circle.%' AND shown = 'protected'"
    assert engine.ask(hidden)[0][0] > 0 and engine.ask(f"{hidden} AND coalesce(value, low, high) IS NOT NULL") == [(0,)]
    same = "construct = score.indicator AND answer.unit = score.unit AND answer.wave = score.wave"
    assert engine.ask(f"SELECT count(*) > 0, bool_or(few) FROM mart.answer JOIN mart.score ON {same}") == [
        (True, False)
    ]
    small = json.loads((engine.home / "truth.json").read_text(encoding="utf-8"))["small_teams"]
    assert engine.ask("SELECT count(*) FROM mart.wave WHERE list_contains(?, unit)", list(small)) == [(0,)]
