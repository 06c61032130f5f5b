"""The checks of a release: a table that speaks of a survey, or of strain, speaks only of what is shown."""

import duckdb
import pytest

from etl.paths import SQL

CHECKS = {
    path.stem: path.read_text(encoding="utf-8").strip().removesuffix(";") for path in (SQL / "checks").glob("*.sql")
}
WAVE, BEFORE = "DATE '2026-03-01'", "DATE '2025-12-01'"
TEAMS = [f"T{number}" for number in range(20)]


@pytest.fixture(scope="module")
def release():
    """An organisation with twenty teams, two waves of two scores, a month of a judged indicator, and all that may be said."""
    with duckdb.connect() as con:
        con.execute((SQL / "release.sql").read_text(encoding="utf-8"))
        for name, family, refresh in (
            ("circle.trust", "kindness", "wave"), ("circle.kinship", "kindness", "wave"),
            ("circle.trust.agree", "agreement", "wave"), ("fill_rate", "cover", "monthly"), ("sickness_rate", "absence", "monthly"),
        ):  # fmt: skip
            con.execute(
                """
                INSERT INTO meta.indicator BY NAME
                SELECT $1 AS indicator, $1 AS title, $2 AS family, $3 AS refresh, '' AS definition, '' AS why_it_matters, '' AS caveats,
                    '' AS unit, 1 AS scale, 'higher' AS better, 1 AS "window", ['team', 'above'] AS levels, 'A' AS disclosure,
                    '' AS evidence,
                    '' AS owner, DATE '2027-01-01' AS next_review, 'live' AS status, false AS front, [] AS beside, ['s'] AS sources,
                    '' AS sql,
                    '' AS harder, '' AS hindrance, '' AS could_help, '' AS help, '' AS lever, '' AS lever_is
                """,
                [name, family, refresh],
            )
        for unit in ("NHC", *TEAMS):
            parent = None if unit == "NHC" else "NHC"
            level = "team" if parent else "organisation"
            con.execute(
                "INSERT INTO meta.unit VALUES (?, ?, ?, ?, DATE '2024-01-01', NULL)", [unit, unit, level, parent]
            )
            for number, wave in enumerate((BEFORE, WAVE, "DATE '2026-06-01'")):
                con.execute(f"INSERT INTO mart.wave VALUES (?, {wave}, 's', {wave}, {wave}, NULL, true)", [unit])
                for score in ("circle.trust", "circle.kinship", "circle.trust.agree"):
                    value = 6.0 + number / 2 if not score.endswith("agree") else 75.0
                    con.execute(
                        f"INSERT INTO mart.value VALUES (?, ?, {wave}, NULL, NULL, ?, NULL, NULL, '21–30', 'yes', true)",
                        [unit, score, value],
                    )
                    if not score.endswith("agree"):
                        before, moved, called = (wave, 0.5, "none") if number else ("NULL", None, None)
                        before = {1: BEFORE, 2: WAVE}.get(number, "NULL")
                        con.execute(
                            f"INSERT INTO mart.score VALUES (?, ?, {wave}, true, ?, ?, {before}, ?, ?, ?, ?)",
                            [
                                unit,
                                score,
                                value if parent else None,
                                "with" if parent else None,
                                moved,
                                moved,
                                moved,
                                called,
                            ],
                        )
            for month in ("DATE '2025-12-01'", "DATE '2026-01-01'", "DATE '2026-02-01'"):
                for name in ("fill_rate", "sickness_rate"):
                    con.execute(
                        f"INSERT INTO mart.value VALUES (?, ?, {month}, 9, 10, 90, NULL, NULL, NULL, 'yes', true)",
                        [unit, name],
                    )
                if parent:
                    con.execute(
                        f"INSERT INTO mart.strain VALUES (?, {month}, 'likely_strain', DATE '2025-12-01', ['fill_rate'])",
                        [unit],
                    )
        con.execute(f"""
            INSERT INTO meta.source VALUES ('s', 's', 'o', NULL, 1, 1, 1, 0, 0, 7, true);
            INSERT INTO mart.frame
            VALUES ('T0', {WAVE}, 'stretched_holding', 'strain', 'holding', 90, {BEFORE}, DATE '2026-02-01', ['fill_rate']);
            INSERT INTO mart.signal BY NAME
            SELECT 'T0' AS unit, 'fill_rate' AS indicator, DATE '2026-01-01' AS month, 'common_cause' AS verdict, 'given' AS limits;
            INSERT INTO mart.prime VALUES ('T0', 'fill_rate', DATE '2026-01-01', 'p_prime', 90, 80, 100);
            INSERT INTO mart.lead_reading VALUES ('kindness', 'nothing', NULL, 20, 40), ('sickness_rate', 'too_few', NULL, 3, 9);
            INSERT INTO mart.lead VALUES ('kindness', 0, 0, -1, 1);
            INSERT INTO mart.answer
            SELECT 's', {WAVE}, 'T0', 'circle.trust', unnest(['positive', 'between', 'negative']), unnest([40, 40, 20]);
        """)
        yield con


def fired(con: duckdb.DuckDBPyConnection) -> set[str]:
    return {name for name, query in CHECKS.items() if con.execute(query).fetchall()}


def test_a_release_in_order_passes_every_check(release):
    assert fired(release) == set()


def hide(indicator: str, unit: str = "T0", month: str = WAVE) -> str:
    return (
        "UPDATE mart.value SET shown = 'protected', value = NULL, low = NULL, high = NULL, people_band = NULL, numerator = NULL, "
        f"denominator = NULL WHERE unit = '{unit}' AND indicator = '{indicator}' AND month = {month}"
    )


@pytest.mark.parametrize(
    ("planted", "check"),
    [
        (hide("circle.trust"), "a_hidden_score_says_nothing"),
        (hide("circle.trust"), "who_agrees_is_told_with_the_score"),
        (hide("circle.trust"), "a_frame_rests_on_what_is_shown"),
        (hide("circle.kinship"), "a_frame_rests_on_what_is_shown"),
        (hide("circle.kinship", "NHC"), "a_benchmark_is_shown"),
        (hide("circle.trust", month=BEFORE), "a_change_rests_on_two_shown_scores"),
        ("UPDATE mart.score SET moved = 1.2 WHERE unit = 'T1' AND before IS NOT NULL", "a_change_rests_on_two_shown_scores"),
        ("UPDATE mart.score SET called = 'up' WHERE before IS NULL", "a_change_rests_on_two_shown_scores"),
        ("UPDATE mart.score SET benchmark = 9.9 WHERE unit = 'T1'", "a_benchmark_is_shown"),
        ("UPDATE mart.score SET benchmark = NULL WHERE unit = 'T1'", "a_benchmark_is_shown"),
        ("UPDATE mart.score SET benchmark = NULL, stands = NULL WHERE unit = 'T0'", "a_frame_rests_on_what_is_shown"),
        ("UPDATE mart.frame SET chance = 93", "a_frame_rests_on_what_is_shown"),
        ("UPDATE mart.frame SET because = ['sickness_rate']", "a_frame_rests_on_what_is_shown"),
        ("DELETE FROM mart.strain WHERE unit = 'T0'", "a_frame_rests_on_what_is_shown"),
        ("UPDATE mart.strain SET verdict = 'steady', because = []", "a_frame_rests_on_what_is_shown"),
        (hide("fill_rate", month="DATE '2026-01-01'"), "only_settled_months_are_judged"),
        (hide("fill_rate", month="DATE '2026-01-01'"), "limits_of_counts_are_public"),
        ("UPDATE mart.value SET numerator = NULL, denominator = NULL, people_band = '11–15'", "limits_of_counts_are_public"),
        ("UPDATE mart.value SET shown = 'protected' WHERE indicator IN ('fill_rate', 'sickness_rate')", "a_verdict_has_a_shown_month"),
        ("UPDATE mart.value SET shown = 'protected' WHERE indicator = 'fill_rate'", "strain_rests_on_what_is_shown"),
        (hide("circle.kinship", "T7", BEFORE), "what_goes_before_rests_on_enough_teams"),
        ("UPDATE mart.lead_reading SET team_count = 19", "what_goes_before_rests_on_enough_teams"),
        ("UPDATE mart.lead_reading SET reading = 'too_few'", "what_goes_before_rests_on_enough_teams"),
        ("DELETE FROM mart.lead_reading", "what_goes_before_rests_on_enough_teams"),
        ("UPDATE mart.value SET shown = 'protected' WHERE unit = 'T3' AND indicator LIKE 'circle.%'", "waves_have_something_shown"),
    ],
)  # fmt: skip
def test_what_speaks_of_something_hidden_stops_a_release(release, planted, check):
    release.begin()
    try:
        release.execute(planted)
        assert check in fired(release)
    finally:
        release.rollback()
