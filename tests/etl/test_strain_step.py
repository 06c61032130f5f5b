"""From figures that may be shown to what the release says of strain."""

import datetime as dt
import json

import duckdb
import pytest

from etl.config.indicators import Indicator
from etl.paths import SQL
from etl.strain.step import strain

MONTHS = [dt.date(2023 + number // 12, number % 12 + 1, 1) for number in range(36)]
TEAMS = [f"T{number}" for number in range(8)]


def indicator(name: str, **said) -> Indicator:
    asked = {
        "title": name, "family": "cover", "definition": "x", "why_it_matters": "x", "caveats": "x", "unit": "%",
        "scale": 100.0, "better": "lower", "window": 1, "levels": ("team", "above"), "refresh": "monthly",
        "disclosure": "B", "evidence": "x", "owner": "x", "next_review": MONTHS[0], "status": "live", "front": True,
        "sql": "SELECT 1",
    }  # fmt: skip
    return Indicator(indicator=name, **(asked | said))


LIVE = {name: indicator(name) for name in ("gaps", "rests")} | {"yearly": indicator("yearly", window=12)}


def organisation(hidden: tuple = (), unsettled_after: dt.date = MONTHS[-1]) -> duckdb.DuckDBPyConnection:
    """Eight teams of one division of one organisation, each with the same figures in every month but for a wobble."""
    con = duckdb.connect()
    con.execute("""
        CREATE TABLE figure (indicator VARCHAR, unit VARCHAR, month DATE, numerator DOUBLE, denominator DOUBLE);
        CREATE TABLE value (indicator VARCHAR, unit VARCHAR, month DATE, shown VARCHAR, settled BOOLEAN, people_band VARCHAR);
        CREATE TABLE unit_spell (unit VARCHAR, parent VARCHAR, from_month DATE, to_month DATE)
    """)
    con.execute(
        "INSERT INTO unit_spell VALUES ('ORG', NULL, DATE '2023-01-01', NULL), ('DIV', 'ORG', DATE '2023-01-01', NULL)"
    )
    for team in TEAMS:
        con.execute("INSERT INTO unit_spell VALUES (?, 'DIV', DATE '2023-01-01', NULL)", [team])
    for name in LIVE:
        for month in MONTHS:
            figures = [40.0 + (7 * MONTHS.index(month) + 3 * number) % 5 for number in range(len(TEAMS))]
            rows = [*zip(TEAMS, figures, strict=True), ("DIV", sum(figures)), ("ORG", sum(figures))]
            con.executemany(
                "INSERT INTO figure VALUES (?, ?, ?, ?, ?)",
                [(name, unit, month, figure, 1000.0 if unit in TEAMS else 8000.0) for unit, figure in rows],
            )
    con.execute(
        "INSERT INTO value (indicator, unit, month, shown, settled) SELECT indicator, unit, month, 'yes', month <= ? FROM figure",
        [unsettled_after],
    )
    for name, unit in hidden:
        con.execute("UPDATE value SET shown = 'protected' WHERE indicator = ? AND unit = ?", [name, unit])
    return con


def judged(con: duckdb.DuckDBPyConnection) -> list[tuple]:
    con.execute("DROP TABLE IF EXISTS strain; DROP TABLE IF EXISTS shared")
    strain(con, LIVE)
    return con.execute("SELECT unit, month, verdict, since, because FROM strain ORDER BY ALL").fetchall()


def doubled(con: duckdb.DuckDBPyConnection, unit: str, *names: str, since: dt.date = MONTHS[26]) -> None:
    con.execute(
        "UPDATE figure SET numerator = 2 * numerator WHERE unit = ? AND month >= ? AND list_contains(?, indicator)",
        [unit, since, list(names)],
    )


def test_a_team_that_worsens_is_told_with_its_month_and_its_reasons():
    con = organisation()
    doubled(con, "T3", "gaps", "rests")
    last = {row[0]: row[2:] for row in judged(con) if row[1] == MONTHS[-1]}
    verdict, since, because = last["T3"]
    assert (verdict, because) == ("clear_strain", ["gaps", "rests"]) and since in (MONTHS[25], MONTHS[26])
    assert {last[team][0] for team in TEAMS if team != "T3"} <= {"steady", "not_clear"}


def test_the_unit_above_all_has_no_verdict_of_its_own():
    units = {row[0] for row in judged(organisation())}
    assert units == {*TEAMS, "DIV"}


def test_what_is_not_shown_neither_counts_nor_leaks():
    hidden = [("gaps", "T3"), ("rests", "T3"), ("rests", "T4")]
    before = judged(organisation(hidden))
    con = organisation(hidden)
    doubled(con, "T3", "gaps", "rests")
    doubled(con, "T4", "rests")
    assert judged(con) == before and "T3" not in {row[0] for row in before}
    assert "rests" not in {name for row in before if row[0] == "T4" for name in row[4]}


def test_what_is_not_settled_is_not_judged():
    con = organisation(unsettled_after=MONTHS[29])
    before = judged(organisation(unsettled_after=MONTHS[29]))
    doubled(con, "T3", "gaps", "rests", since=MONTHS[30])
    assert judged(con) == before and max(row[1] for row in before) == MONTHS[29]


def test_rolling_windows_and_what_is_better_neither_way_do_not_count():
    con = organisation()
    doubled(con, "T3", "yearly")
    assert judged(con) == judged(organisation())


def test_what_all_share_is_told_by_itself_and_is_nobodys_strain():
    con = organisation()
    con.execute("UPDATE figure SET numerator = 1.5 * numerator WHERE month = ? AND indicator = 'gaps'", [MONTHS[30]])
    rows = judged(con)
    moved = con.execute("SELECT indicator, month, moved FROM shared WHERE moved <> 'no'").fetchall()
    assert ("gaps", MONTHS[30], "up") in moved
    told = con.execute("SELECT DISTINCT indicator, min(month) FROM shared GROUP BY 1").fetchall()
    assert sorted(told) == [("gaps", MONTHS[24]), ("rests", MONTHS[24])]
    assert {row[2] for row in rows if row[1] >= MONTHS[30]} <= {"steady", "not_clear"}


def test_without_figures_nothing_is_said():
    con = organisation()
    con.execute("UPDATE value SET shown = 'protected'")
    assert judged(con) == [] and con.execute("SELECT count(*) FROM shared").fetchone() == (0,)


@pytest.mark.parametrize(
    ("check", "row"),
    [
        ("strain_has_its_words", "('T1', DATE '2025-01-01', 'failing', DATE '2025-01-01', [])"),
        ("strain_has_its_words", "('T1', DATE '2025-01-01', 'steady', DATE '2025-02-01', [])"),
        ("strain_has_its_words", "('T1', DATE '2025-01-01', 'likely_strain', DATE '2025-01-01', [])"),
        ("strain_rests_on_what_is_shown", "('T1', DATE '2025-01-01', 'likely_strain', DATE '2025-01-01', ['gaps'])"),
    ],
)
def test_the_release_is_checked(check, row):
    with duckdb.connect() as con:
        con.execute((SQL / "release.sql").read_text(encoding="utf-8"))
        query = (SQL / "checks" / f"{check}.sql").read_text(encoding="utf-8")
        assert con.execute(query).fetchall() == []
        con.execute(f"INSERT INTO mart.strain VALUES {row}")
        assert len(con.execute(query).fetchall()) == 1


# The synthetic organisation


@pytest.fixture(scope="module")
def truth(organisation):
    return json.loads((organisation.workspace.home / "truth.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def planted(truth):
    return {event["what"]: event for event in truth["planted"]}


def told(organisation, team: str, what: str) -> list[tuple]:
    return organisation.engine.ask(
        "SELECT month, since, because FROM mart.strain WHERE unit = ? AND verdict LIKE ? ORDER BY month",
        team,
        f"%{what}",
    )


def test_the_planted_strain_is_found_within_three_months_and_dated(organisation, planted):
    event = planted["quick returns"]
    month, since, because = told(organisation, event["team"], "strain")[0]
    began = dt.date.fromisoformat(event["from"] + "-01")
    assert began <= month <= began + dt.timedelta(days=95)
    assert abs((since - began).days) <= 62 and "short_rests" in because


def test_the_planted_easing_is_found(organisation, planted):
    event = planted["improves"]
    month, _, because = told(organisation, event["team"], "easing")[-1]
    assert f"{month:%Y-%m}" >= event["from"] and {"fill_rate", "late_changes"} & set(because)


def test_few_others_are_flagged(organisation, planted, truth):
    struck = [event["team"] for event in planted.values() if "team" in event]
    struck += [team for teams in truth["survey"]["frames"].values() for team in teams]
    [(flagged, all_of_them)] = organisation.engine.ask(
        """
        SELECT count(*) FILTER (WHERE verdict LIKE '%strain'), count(*)
        FROM mart.strain
        JOIN (SELECT DISTINCT unit FROM meta.unit WHERE level = 'team') USING (unit)
        WHERE NOT list_contains(?::VARCHAR[], unit)
        """,
        struck,
    )
    assert all_of_them > 400 and flagged / all_of_them < 0.03
