"""Three surveys as published: two of results, one of answers, read through contracts and questionnaires alone."""

import shutil

import pandas
import pytest

from etl.paths import Workspace
from tests.conftest import REAL_DATA, Engine

pytestmark = pytest.mark.realdata

ANSWERS = "staff-survey-nottshc/synthSurvey.csv"
CONTRACT = """
title: Staff survey of one trust
owner: People team
file: synthSurvey*
each_file: replaces_its_months
key: []
month_of: wave
columns:
  division: {headers: Division, refers_to: teams, meaning: The division the person works in.}
  wave: {in_file_name: "20[0-9][0-9]-[01][0-9]", type: date, format: "%Y-%m", meaning: The month it closed in.}
"""
QUESTIONNAIRE = """
kind: answers
title: Staff survey of one trust
validated: false
note: Friends and family questions.
team: division
options: {0: Extremely Unlikely, 2.5: Unlikely, 5: Neither Likely or Unlikely, 7.5: Likely, 10: Extremely Likely}
cannot_say: ["Don't Know", "Don’t Know"]
questions:
  FandFOrgCare: {construct: circle.outcomes, text: Would recommend the organisation for care}
  FandFOrgWork: {construct: helps.leadership, text: Would recommend the organisation as a place to work}
  FandFTeamCare: {construct: circle.alliance, text: Would recommend the team for care}
  FandFTeamWork: {construct: circle.kindness, text: Would recommend the team as a place to work}
"""
DIVISIONS = {
    "FOR": "Forensic Services",
    "COR": "Corporate Services",
    "LPH": "Local Partnerships (Former Health Partnerships)",
    "LPL": "Local Partnerships (Former Local Services)",
}
POINTS = {
    "Extremely Unlikely": 0,
    "Unlikely": 2.5,
    "Neither Likely or Unlikely": 5,
    "Likely": 7.5,
    "Extremely Likely": 10,
}


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Engine:
    if not REAL_DATA.is_dir():
        pytest.skip("the real published files are not beside this checkout (../shared/data)")
    workspace = Workspace(tmp_path_factory.mktemp("real"))
    workspace.make()
    workspace.synthetic.write_text("The answers were synthesised by their publishers.\n", encoding="utf-8")
    engine = Engine(workspace.home, workspace)
    for folder in ("staff-survey-nhs", "people-survey-civil-service-2019"):
        for file in (REAL_DATA / folder).iterdir():
            shutil.copy2(file, workspace.inbox)
    folder = workspace.expectations / "survey_of_trust"
    folder.mkdir(parents=True)
    for name, text in {"contract": CONTRACT, "suite": "expectations: []\n", "questionnaire": QUESTIONNAIRE}.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    units = [f"{code},{title},Division,RHA,,,\n" for code, title in DIVISIONS.items()]
    engine.drop("teams.csv", "Unit,Title,Level,Parent,From,To,Successor\nRHA,The trust,Trust,,,,\n" + "".join(units))
    waves = [
        f"{code},01/10/2016,31/10/2016,{asked}\n" for code, asked in zip(DIVISIONS, (900, 400, 1500, 1600), strict=True)
    ]
    engine.drop("survey_waves.csv", "Team,Opened,Closed,Eligible\n" + "".join(waves))
    engine.drop("synthSurvey 2016-10.csv", (REAL_DATA / ANSWERS).read_bytes())
    ran = engine.run("build")
    assert ran.code == 0, ran.said
    return engine


def result(engine: Engine, survey: str, unit: str, question: str) -> list[tuple]:
    return engine.ask(
        "SELECT year(month), value, answered FROM mart.survey_result WHERE survey = ? AND unit = ? AND question = ? ORDER BY month",
        survey, unit, question,
    )  # fmt: skip


def test_the_nhs_staff_survey_of_one_trust_with_its_bases(built):
    assert result(built, "staff_survey_return", "RPA", "burned_out") == [
        (2021, 38.86, 1836), (2022, 39.45, 1826), (2023, 37.09, 1924), (2024, 33.07, 2490),
    ]  # fmt: skip
    assert [value for _, value, _ in result(built, "staff_survey_return", "RPA", "enough_staff")] == [
        21.08,
        22.42,
        26.23,
        29.44,
    ]


@pytest.mark.parametrize(
    ("question", "value"),
    [("my_team", 81), ("my_manager", 71), ("inclusion", 77), ("engagement", 63), ("response", 71)],
)
def test_the_civil_service_people_survey_of_one_organisation(built, question, value):
    assert result(built, "people_survey_return", "ACAS0000", question) == [(2019, value, None)]


def test_results_of_others_never_roll_up(built):
    assert built.ask("SELECT count(*) FROM mart.survey_result WHERE unit IN ('CS_MEDIAN', 'CS_MEAN', '000_CS')") == [
        (0,)
    ]
    levels = "SELECT DISTINCT level FROM meta.unit SEMI JOIN mart.survey_result USING (unit)"
    assert built.ask(levels) == [("organisation",)]
    assert built.ask("SELECT count(DISTINCT unit) FROM mart.survey_result WHERE survey = 'people_survey_return'") == [
        (109,)
    ]


@pytest.mark.parametrize("unit", [*DIVISIONS, "RHA"])
@pytest.mark.parametrize(
    ("indicator", "column"), [("circle.kindness", "FandFTeamWork"), ("circle.outcomes", "FandFOrgCare")]
)
def test_answers_by_division_are_as_pandas_counts_them(built, unit, indicator, column):
    frame = pandas.read_csv(REAL_DATA / ANSWERS, dtype=str, keep_default_na=False)
    frame = frame[frame.Division != ""]
    questions = ["FandFOrgCare", "FandFOrgWork", "FandFTeamCare", "FandFTeamWork"]
    points = frame[questions].apply(lambda answers: answers.map(POINTS))
    counts = points.notna().sum(axis=1) >= 2
    mine = frame.Division == DIVISIONS[unit] if unit in DIVISIONS else frame.Division != ""
    scores = points.loc[counts & mine, column].dropna()
    positive = 100 * (scores >= 7.5).mean()
    assert built.value(indicator, unit, "2016-10-01") == (round(scores.mean(), 1), "yes")
    assert built.ask("SELECT few FROM mart.score WHERE indicator = ? AND unit = ?", indicator, unit) == [(False,)]
    # A share is told as a step, in which it lies; the interval of the step reaches further.
    ends = "SELECT low, value, high FROM mart.value WHERE indicator = ? AND unit = ?"
    [(low, middle, high)] = built.ask(ends, f"{indicator}.agree", unit)
    assert low < positive < high and abs(middle - positive) < min(middle - low, high - middle)
    # The interval is told about the score as it is shown, of a spread that is no smaller than its own.
    half = 1.96 * scores.std() / len(scores) ** 0.5  # so many that t is as good as normal
    [(low, score, high)] = built.ask(ends, indicator, unit)
    assert high - score == pytest.approx(score - low, abs=0.01) and half - 0.06 < high - score < 2 * half + 0.1


def test_every_row_of_the_three_is_accounted_for(built):
    rows = "rows_read, rows_accepted, rows_quarantined, rows_left_out"
    found = built.ask(
        f"SELECT source, {rows} FROM meta.source WHERE source LIKE '%survey%' AND files > 0 ORDER BY source"
    )
    assert found == [
        ("people_survey_return", 111, 109, 0, 2),
        ("staff_survey_return", 1075, 1075, 0, 0),
        ("survey_of_trust", 1945, 1905, 40, 0),  # forty name no division
        ("survey_waves", None, None, 0, 0),  # so few that they are not counted
    ]  # fmt: skip


def test_nothing_of_a_person_is_kept(built):
    kept = [path.read_bytes() for path in built.workspace.store.rglob("*") if path.is_file()]
    for word in ("White British", "AFC Band", "Female", "60-69"):
        assert not [content for content in kept if word.encode() in content]
