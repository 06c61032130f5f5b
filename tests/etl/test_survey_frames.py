"""Pressure beside kindness, from tables as a build has them, and what goes before what, from arrays with a planted lag."""

import datetime as dt

import duckdb
import numpy as np
import pytest

from etl.survey import frames, lead, score

WAVE, OPENED, CLOSED = dt.date(2026, 9, 1), dt.date(2026, 9, 7), dt.date(2026, 9, 28)
MONTHS = [dt.date(2026, month, 1) for month in (6, 7, 8)]
CIRCLE = ["circle.trust", "circle.kinship"]
LEVELS = {"kind": 7.6, "thin": 5.2, "like the others": 6.4}


def test_a_wave_is_joined_to_the_three_months_before_its_midpoint():
    assert frames.months_before(OPENED, CLOSED) == (dt.date(2026, 6, 1), dt.date(2026, 8, 1))
    assert frames.months_before(dt.date(2026, 1, 5), dt.date(2026, 1, 30)) == (
        dt.date(2025, 10, 1),
        dt.date(2025, 12, 1),
    )
    # Its midpoint lies in February, though it closed in March.
    assert frames.months_before(dt.date(2026, 1, 20), dt.date(2026, 3, 5)) == (
        dt.date(2025, 11, 1),
        dt.date(2026, 1, 1),
    )


# ---- frames --------------------------------------------------------------------------------------------------------


@pytest.fixture
def con():
    with duckdb.connect() as con:
        con.execute("CREATE TABLE pressure (unit VARCHAR, month DATE, state VARCHAR, because VARCHAR[])")
        con.execute("CREATE TABLE wave (unit VARCHAR, wave DATE, opened DATE, closed DATE)")
        con.execute("CREATE TABLE survey_place (unit VARCHAR, month DATE, top VARCHAR, level VARCHAR)")
        con.execute("""
            CREATE TABLE changed (unit VARCHAR, month DATE);
            CREATE TABLE survey_figure (indicator VARCHAR, unit VARCHAR, month DATE, numerator DOUBLE, denominator DOUBLE, squares DOUBLE);
            CREATE TABLE value (indicator VARCHAR, unit VARCHAR, month DATE, shown VARCHAR)
        """)
        yield con


def give(con, unit: str, mean: float, states: list[str], sheets: int = 25, level: str = "team", spread: float = 1.8):
    squares = sheets * mean**2 + (sheets - 1) * spread**2
    con.execute(
        "INSERT INTO survey_figure VALUES (?, ?, ?, ?, ?, ?)", [score.WHOLE, unit, WAVE, sheets * mean, sheets, squares]
    )
    for part in CIRCLE:
        con.execute("INSERT INTO survey_figure VALUES (?, ?, ?, ?, ?, NULL)", [part, unit, WAVE, sheets * mean, sheets])
        con.execute("INSERT INTO value VALUES (?, ?, ?, 'yes')", [part, unit, WAVE])
    con.execute("INSERT INTO survey_place VALUES (?, ?, 'NMC', ?)", [unit, WAVE, level])
    con.execute("INSERT INTO wave VALUES (?, ?, ?, ?)", [unit, WAVE, OPENED, CLOSED])
    for month, state in zip(MONTHS, states, strict=False):
        because = ["fill_rate", "late_changes"] if state == "strain" else []
        con.execute("INSERT INTO pressure VALUES (?, ?, ?, ?)", [unit, month, state, because])


def organisation(con) -> None:
    """The organisation at 6.4, and teams about it so that units are seen to differ at all."""
    give(con, "NMC", 6.4, ["steady"] * 3, 900, "organisation")
    for number, mean in enumerate((5.0, 5.6, 6.0, 6.4, 6.8, 7.2, 7.8)):
        give(con, f"other {number}", mean, ["steady"] * 3)


def read(con, unit: str) -> tuple:
    frames.lay_out_whole(con, CIRCLE, 5)
    frames.frame(con)
    return con.execute("SELECT frame, pressure, kindness, chance, because FROM frame WHERE unit = ?", [unit]).fetchone()


@pytest.mark.parametrize(
    ("states", "mean", "frame"),
    [
        (["strain"] * 3, LEVELS["kind"], "stretched_holding"),
        (["strain"] * 3, LEVELS["thin"], "stretched_fraying"),
        (["steady"] * 3, LEVELS["kind"], "steady_kind"),
        (["steady"] * 3, LEVELS["thin"], "steady_other"),
        (["strain", "not_clear", "strain"], LEVELS["kind"], "stretched_holding"),
        (["steady", "strain", "not_clear"], LEVELS["kind"], "not_clear"),
        (["not_clear", "steady", "not_clear"], LEVELS["thin"], "steady_other"),
        (["not_clear"] * 3, LEVELS["thin"], "not_clear"),
        (["steady"] * 3, LEVELS["like the others"], "not_clear"),
        ([], LEVELS["thin"], "not_clear"),
        (["strain"], LEVELS["thin"], "not_clear"),
    ],
)
def test_each_frame_is_read_and_so_is_what_is_not_clear(con, states, mean, frame):
    organisation(con)
    give(con, "T01", mean, states)
    found = read(con, "T01")
    assert found[0] == frame
    assert (found[3] is None) == (found[1] == "not_clear")
    assert found[3] is None or found[3] in frames.CHANCE_BANDS
    assert found[4] == (["fill_rate", "late_changes"] if "strain" in states else [])


def test_few_answers_are_not_clear_where_many_are(con):
    organisation(con)
    give(con, "few", 6.9, ["steady"] * 3, sheets=11)
    give(con, "many", 6.9, ["steady"] * 3, sheets=200)
    assert read(con, "few")[0] == "not_clear"
    assert con.execute("SELECT frame FROM frame WHERE unit = 'many'").fetchone() == ("steady_kind",)


def test_the_organisation_is_compared_with_nothing_and_teams_that_do_not_differ_are_not_clear(con):
    give(con, "NMC", 6.4, ["steady"] * 3, 900, "organisation")
    for number in range(6):
        give(con, f"T0{number}", 6.4 + 0.01 * number, ["strain"] * 3)
    frames.lay_out_whole(con, CIRCLE, 5)
    frames.frame(con)
    assert con.execute("SELECT count(*) FROM frame WHERE unit = 'NMC'").fetchone() == (0,)
    assert con.execute("SELECT DISTINCT frame, chance FROM frame").fetchall() == [("not_clear", 50)]


@pytest.mark.parametrize("hidden", CIRCLE)
@pytest.mark.parametrize("unit", ["T01", "NMC"])
def test_where_one_score_of_the_circle_is_not_shown_nothing_is_said_of_the_whole(con, unit, hidden):
    organisation(con)
    give(con, "T01", LEVELS["kind"], ["steady"] * 3)
    con.execute("UPDATE value SET shown = 'protected' WHERE unit = ? AND indicator = ?", [unit, hidden])
    assert read(con, "T01") is None
    con.execute("DROP TABLE frame; DELETE FROM value WHERE shown = 'protected'")  # nor where it has no row at all
    assert read(con, "T01") is None


def test_a_score_that_is_hidden_elsewhere_or_was_not_asked_here_stands_in_no_frames_way(con):
    organisation(con)
    give(con, "T01", LEVELS["kind"], ["steady"] * 3)
    con.execute("UPDATE value SET shown = 'protected' WHERE unit = 'other 1'")
    con.execute("DELETE FROM value WHERE unit = 'T01' AND indicator = ?", CIRCLE[:1])
    con.execute("DELETE FROM survey_figure WHERE unit = 'T01' AND indicator = ?", CIRCLE[:1])
    assert read(con, "T01")[0] == "steady_kind"


@pytest.mark.parametrize(("mean", "sheets"), [(9.9, 25), (0.4, 25), (7.6, 10)])
def test_a_whole_that_could_be_no_score_says_nothing(con, mean, sheets):
    organisation(con)
    give(con, "T01", mean, ["steady"] * 3, sheets=sheets)
    assert read(con, "T01") is None


def test_a_chance_is_told_in_bands():
    assert [frames._band(chance) for chance in (50, 79, 80, 89, 90, 94, 95, 100)] == [50, 50, 80, 80, 90, 90, 95, 95]


def test_the_circle_of_a_team_counts_for_what_goes_before_only_where_it_is_all_shown(con):
    organisation(con)
    con.execute(
        "CREATE TABLE unit_level AS SELECT unit, level FROM survey_place; ALTER TABLE value ADD COLUMN settled BOOLEAN"
    )
    con.execute("UPDATE value SET shown = 'protected' WHERE unit = 'other 3' AND indicator = ?", CIRCLE[:1])
    frames.lay_out_whole(con, CIRCLE, 5)
    table = lead._Table(con)
    told = con.execute(
        "SELECT unit FROM whole JOIN unit_level USING (unit) WHERE level = 'team' ORDER BY unit"
    ).fetchall()
    assert [unit for (unit,) in told] == [unit for unit in table.units if unit != "other 3"]
    table.kindness()  # of those, rounded as they are told


def test_pressure_is_read_from_the_verdicts_of_strain(con):
    con.execute("""
        DROP TABLE pressure;
        CREATE TABLE strain (unit VARCHAR, month DATE, verdict VARCHAR, since DATE, because VARCHAR[])
    """)
    states = {
        "likely_strain": "strain", "clear_strain": "strain", "steady": "steady", "likely_easing": "steady",
        "clear_easing": "steady", "not_clear": "not_clear",
    }  # fmt: skip
    for verdict in states:
        con.execute("INSERT INTO strain VALUES (?, ?, ?, ?, ['fill_rate'])", [verdict, MONTHS[0], verdict, MONTHS[0]])
    frames.lay_out_pressure(con)
    assert dict(con.execute("SELECT unit, state FROM pressure").fetchall()) == states
    found = con.execute("SELECT unit FROM pressure WHERE len(because) > 0 ORDER BY unit").fetchall()
    assert found == [("clear_strain",), ("likely_strain",)]


def test_a_month_to_which_a_later_verdict_dates_the_strain_was_under_strain(con):
    con.execute("""
        DROP TABLE pressure;
        CREATE TABLE strain (unit VARCHAR, month DATE, verdict VARCHAR, since DATE, because VARCHAR[])
    """)
    said = ["steady", "not_clear", "steady", "likely_strain", "steady"]
    months = [dt.date(2026, month, 1) for month in range(4, 9)]
    for month, verdict in zip(months, said, strict=True):
        since = months[1] if verdict == "likely_strain" else months[0]
        con.execute("INSERT INTO strain VALUES ('T01', ?, ?, ?, ['fill_rate'])", [month, verdict, since])
    frames.lay_out_pressure(con)
    found = con.execute("SELECT state FROM pressure ORDER BY month").fetchall()
    assert [state for (state,) in found] == ["steady", "strain", "strain", "strain", "steady"]


# ---- what goes before what -------------------------------------------------------------------------------------------


def made_up(
    teams: int = 40, months: int = 36, lag: int = 2, weight: float = 0.5, seed: int = 7
) -> tuple[np.ndarray, np.ndarray]:
    """Pressure that wanders, and an outcome that follows it so many months later, with a winter that both share."""
    random = np.random.default_rng(seed)
    pressure = np.zeros((teams, months))
    level = random.normal(0, 1, teams)
    for month in range(months):
        level = 0.5 * level + random.normal(0, 0.87, teams)
        pressure[:, month] = level
    before = np.concatenate([random.normal(0, 1, (teams, lag)), pressure[:, : months - lag]], axis=1)
    outcome = weight * before + random.normal(0, 1, (teams, months))
    winter = 2 * np.cos(2 * np.pi * np.arange(months) / 12)
    return pressure + winter + random.normal(0, 1, (teams, 1)), outcome + winter + random.normal(0, 2, (teams, 1))


@pytest.mark.parametrize("lag", [1, 2, 4])
def test_a_planted_lag_is_recovered(lag):
    found = lead.lead(*made_up(lag=lag))
    assert (found.reading, found.lag, found.teams, found.points) == ("before", lag, 40, 40 * 36)
    at = list(lead.LAGS).index(lag)
    assert found.low[at] > 0 and found.low[at] <= found.correlation[at] <= found.high[at]


def test_what_comes_after_and_what_comes_together_are_told_apart():
    pressure, outcome = made_up(lag=2)
    assert (lead.lead(outcome, pressure).reading, lead.lead(outcome, pressure).lag) == ("after", -2)
    pressure, outcome = made_up(lag=0, weight=0.6)
    assert (lead.lead(pressure, outcome).reading, lead.lead(pressure, outcome).lag) == ("together", 0)


def test_gaps_that_absence_leaves_in_the_same_month_do_not_pass_for_what_goes_before():
    pressure, absence = made_up(lag=2, weight=0.4)
    found = lead.lead(pressure + absence, absence)  # absence is part of the pressure of its own month
    assert (found.reading, found.lag) == ("before", 2)


def test_on_shuffled_data_there_is_nothing_to_see():
    pressure, outcome = made_up(lag=2)
    random, readings = np.random.default_rng(11), []
    for _ in range(40):
        readings.append(lead.lead(pressure, random.permuted(outcome, axis=1), draws=500).reading)
    assert readings.count("nothing") >= 35  # one in twenty may look like something, by the interval's own word


def test_a_winter_that_all_teams_share_and_what_teams_are_like_are_no_link():
    pressure, outcome = made_up(weight=0.0)
    assert np.corrcoef(pressure.ravel(), outcome.ravel())[0, 1] > 0.3
    assert lead.lead(pressure, outcome).reading == "nothing"


def test_fewer_than_twenty_teams_are_too_few():
    pressure, outcome = made_up(teams=19)
    found = lead.lead(pressure, outcome)
    assert found.reading == "too_few" and found.lag is None and np.isnan(found.correlation).all()
    assert lead.lead(*made_up(teams=20, weight=0.9)).reading == "before"


def test_waves_with_months_between_them_are_enough():
    pressure, outcome = made_up(teams=45, weight=0.9)
    waves = np.full_like(outcome, np.nan)
    waves[:, 4::3] = outcome[:, 4::3]
    found = lead.lead(pressure, waves, apart=False)
    assert (found.reading, found.lag, found.points) == ("before", 2, 45 * 11)


def test_ranks_share_ties():
    assert lead._ranks(np.array([5.0, 1.0, 5.0, 9.0])).tolist() == pytest.approx([0.0, -0.375, 0.0, 0.375])
