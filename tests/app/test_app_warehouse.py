"""What the one reader of releases answers, and to whom."""

import copy
import datetime as dt

import pytest

from pages.parts.access import access
from pages.parts.release import warehouse
from tests.app import small_release

ASKED = {
    "series": {"indicator": "sickness_rate", "unit": "larch"},
    "events": {"unit": "larch"},
    "units_below": {"unit": "AC", "month": dt.date(2026, 4, 1)},
    "now": {"indicators": ["sickness_rate"], "of": ["larch"], "month": None},
    "about": {"indicator": "sickness_rate"},
    "waves": {"unit": "larch"},
    "constructs": {"unit": "larch", "wave": dt.date(2026, 3, 1)},
    "wave_by_wave": {"unit": "larch"},
    "frames": {"unit": "larch"},
    "frames_of": {"of": ["larch"]},
    "results": {"unit": "NHC"},
    "together": {"unit": "new"},
    "strain_since": {"of": ["larch"], "month": None},
    "settled_values": {"indicators": ["sickness_rate"], "of": ["larch"], "month": dt.date(2026, 4, 1)},
    "strain": {"unit": "AC", "month": None},
    "shared": {"month": None},
    "coverage": {"source": "rota", "unit": "NHC", "every": True},
}
OF_TWO = {"changes", "redefined", "arrived_between", "revised"}  # releases: asked of a pair
BEFORE_SCOPE = {"scope", "top_units", "format", "open", "not_public"}
QUESTIONS = sorted({path.stem for path in warehouse.QUESTIONS.glob("*.sql")} - BEFORE_SCOPE - OF_TWO)


@pytest.fixture
def release(home, monkeypatch):
    monkeypatch.setenv("KINSHIP_HOME", str(home))
    return warehouse.current()


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_question_answers_those_in_scope_and_nobody_else(release, question):
    everyone = access.viewer(release)
    assert warehouse.ask(release, question, everyone.roots, **ASKED.get(question, {}))
    assert warehouse.ask(release, question, (), **ASKED.get(question, {})) == []


@pytest.mark.parametrize("question", ["series", "events", "now", "waves", "constructs", "wave_by_wave", "frames"])
def test_a_leader_of_one_division_learns_nothing_of_another(release, question):
    assert warehouse.ask(release, question, ("AC",), **ASKED[question])
    assert warehouse.ask(release, question, ("CC",), **ASKED[question]) == []


@pytest.mark.parametrize("question", warehouse.BY_UNIT)
@pytest.mark.parametrize("scope", [("NHC",), ("AC",), ("CC", "larch"), ()])
def test_one_who_sees_many_units_is_told_the_same_of_each(release, monkeypatch, question, scope):
    units = [row["unit"] for row in warehouse.ask(release, "units", ("NHC",))]
    cases = [{"of": units[::-1]}, {"of": []}, *({"unit": unit} for unit in (*units, "nowhere"))]
    more = {key: value for key, value in ASKED[question].items() if key not in ("unit", "of")}
    told = [warehouse.ask(release, question, scope, **case, **more) for case in cases]
    monkeypatch.setattr(warehouse, "MANY", 0)
    assert [warehouse.ask(release, question, scope, **case, **more) for case in cases] == told
    assert any(told) or scope != ("NHC",)
    assert scope or not any(told)


def test_events_of_the_units_above_are_told_and_of_those_below_are_not(release):
    def told(unit):
        return [(row["what"], row["title"], row["own"]) for row in warehouse.ask(release, "events", ("AC",), unit=unit)]

    assert told("larch") == [
        ("eight beds opened", "Adult care", False),
        ("the rota template changed", "Larch Ward", True),
    ]
    assert told("AC") == [("eight beds opened", "Adult care", True)]
    assert told("heron") == told("NHC") == []


def test_a_reading_knows_how_many_months_its_limits_belong_to(release):
    def months(indicator, unit):
        asked = {"indicators": [indicator], "of": [unit], "month": None}
        return warehouse.ask(release, "now", ("NHC",), **asked)[0]["months_judged"]

    assert months("fill_rate", "larch") == 28 - small_release.REBASED
    assert months("fill_rate", "fern") == 28


def test_the_unit_list_ends_at_the_scope(release):
    seen = {row["unit"] for row in warehouse.ask(release, "units", ("CC",))}
    assert seen == {"CC", "fern-3", "heron", "new", "quiet", "smaller:CC"}


def test_below_a_unit_stand_those_of_that_month(release):
    def below(unit, month):
        return {row["unit"] for row in warehouse.ask(release, "units_below", ("NHC",), unit=unit, month=month)}

    assert "heron" in below("AC", dt.date(2024, 12, 1)) and "heron" not in below("AC", dt.date(2025, 1, 1))
    assert "heron" in below("CC", dt.date(2025, 1, 1))


def test_a_value_that_is_not_shown_is_nowhere_in_the_answer(release):
    row = warehouse.ask(release, "now", ("NHC",), indicators=["stress_share"], of=["larch"], month=None)[0]
    assert row["shown"] == "protected" and row["value"] is None and row["last_shown"] is None
    assert {point["value"] for point in row["points"]} == {None}


def test_states_are_told_apart(release):
    def state(indicator, unit, month=None):
        return warehouse.ask(release, "now", ("NHC",), indicators=[indicator], of=[unit], month=month)[0]["shown"]

    assert state("sickness_rate", "larch") == "yes"
    assert state("sickness_rate", "heron") == "no_data"
    assert state("sickness_rate", "new", dt.date(2024, 3, 1)) == "no_data"
    assert state("sickness_rate", "quiet") == "not_collected"
    assert state("thinking", "larch") == "not_collected"
    assert state("lead_time", "CC", dt.date(2026, 4, 1)) == "poor_quality"


def test_the_last_build_may_have_said_nothing_readable(home, monkeypatch, tmp_path):
    monkeypatch.setenv("KINSHIP_HOME", str(tmp_path))
    assert warehouse.last_build() is None
    (tmp_path / "releases").mkdir()
    (tmp_path / "releases" / "last_build.json").write_text("{", encoding="utf-8")
    assert warehouse.last_build() is None
    small_release.said(tmp_path, "failed", "Why.")
    assert warehouse.last_build()["outcome"] == "failed"


def test_no_page_changes_what_others_are_given_too(app, monkeypatch):
    """What every page asks for is handed out without copying it."""
    given, fetched = [], warehouse._fetched
    warehouse._answer_shared.cache_clear()

    def remembered(*asked):
        rows = fetched(*asked)
        given.append((rows, copy.deepcopy(rows)))
        return rows

    monkeypatch.setattr(warehouse, "_fetched", remembered)
    for page in ("leaders/team", "leaders/strain", "executives/review", "executives/signals", "analysts/quality"):
        app(f"pages/{page}.py", unit="AC")
    assert given
    assert all(rows == as_it_was for rows, as_it_was in given)
