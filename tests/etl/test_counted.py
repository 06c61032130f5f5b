"""What an indicator counts decides how it may be told, whatever it is called."""

from dataclasses import replace

import pytest

from etl.config import indicator_counts, indicators
from etl.config.indicators import BadIndicator
from etl.paths import SQL
from etl.release.core import core_queries

INDICATORS = indicators.load(SQL / "indicators")
CORE = core_queries(SQL / "core")
GIVES = "100 AS denominator, 20 AS people, FALSE AS published"
# The same things under another name, each told monthly and of class B.
RENAMED = {
    "weeks over a limit": f"""
        SELECT home_month.team, person_week.month, count(*) FILTER (WHERE person_week.worked_minutes > 50 * 60) AS numerator, {GIVES}
        FROM core.person_week
        JOIN core.home_month ON home_month.person = person_week.person AND home_month.month = person_week.month
        GROUP BY ALL
    """,
    "people over a limit": f"SELECT team, month, count(*) AS numerator, {GIVES} FROM core.weekly_hours WHERE over_48 GROUP BY ALL",
    "a sum of what is true": f"SELECT team, month, sum(over_48::INT) AS numerator, {GIVES} FROM core.weekly_hours GROUP BY ALL",
    "counted if true": f"SELECT team, month, count_if(over_48) AS numerator, {GIVES} FROM core.weekly_hours GROUP BY ALL",
    "long absences": f"SELECT team, month, fte_days_lost_long_term AS numerator, {GIVES} FROM core.absence_team_month",
    "by subtraction": f"""
        SELECT team, month, fte_days_lost - fte_days_lost_long_term AS numerator, {GIVES} FROM core.absence_team_month
    """,
    "behind a star": f"""
        SELECT team, month, taken AS numerator, {GIVES}
        FROM (SELECT *, fte_days_lost_long_term AS taken FROM core.absence_team_month) AS x
    """,
    "rows left out first": f"""
        SELECT team, month, sum(fte_days_lost) AS numerator, {GIVES} FROM core.absence_person_month WHERE long_term GROUP BY ALL
    """,
    "another length": f"""
        SELECT team, month, sum(CASE WHEN days >= 14 THEN 1 ELSE 0 END) AS numerator, {GIVES}
        FROM (SELECT *, DATE '2025-01-01' AS month FROM core.absence_spell) AS x
        GROUP BY ALL
    """,
    "another reason": f"""
        WITH pain AS (
            SELECT team, month, sum(CASE WHEN reason = 'musculoskeletal' THEN fte_days_lost END) AS days
            FROM core.absence_person_month
            GROUP BY ALL
        )
        SELECT team, month, days AS numerator, {GIVES} FROM pain
    """,
    "of the extract itself": f"""
        SELECT team, month, count(CASE WHEN reason = 'stress' THEN 1 END) AS numerator, {GIVES} FROM source.sickness GROUP BY ALL
    """,
    "people by reason": f"""
        SELECT team, month, count(DISTINCT person) AS numerator, {GIVES}
        FROM core.absence_person_month
        WHERE reason = 'stress'
        GROUP BY ALL
    """,
    "how long it took": f"SELECT team, month_ended AS month, sum(fte_days) AS numerator, {GIVES} FROM core.absence_episode GROUP BY ALL",
    "leavers of a month": f"SELECT team, month, count(*) AS numerator, {GIVES} FROM core.leaver GROUP BY ALL",
}


def planted(sql: str, **said) -> dict:
    said = {"indicator": "planted", "sql": sql, "part_of": ()} | said
    return INDICATORS | {"planted": replace(INDICATORS["excess_hours"], **said)}


def test_no_indicator_counts_what_another_must_not_tell():
    told = {name for name, each in INDICATORS.items() if each.refresh != "wave" and not indicators.is_public(each.sql)}
    assert indicator_counts.check(INDICATORS, CORE) == len(told) > 40


@pytest.mark.parametrize("what", RENAMED)
def test_the_same_thing_under_another_name_is_refused(what):
    with pytest.raises(
        BadIndicator, match=r"^sql/indicators/planted\.sql counts by .*, as \w+ does: disclosure is 'B'"
    ):
        indicator_counts.check(planted(RENAMED[what]), CORE)


@pytest.mark.parametrize("what", [what for what in RENAMED if what != "leavers of a month"])
def test_what_is_told_as_strictly_is_no_fault(what):
    whole = ("sickness_rate",) if what == "rows left out first" else ()
    indicator_counts.check(planted(RENAMED[what], disclosure="A", refresh="quarterly", part_of=whole), CORE)


def test_that_it_is_part_of_a_whole_excuses_no_test_that_both_make():
    laxer = {"weeks_over_48": replace(INDICATORS["weeks_over_48"], disclosure="B", refresh="monthly")}
    assert INDICATORS["over_48_hours"].part_of == ("weeks_over_48",)
    with pytest.raises(
        BadIndicator, match=r"weeks_over_48\.sql counts by core\.duty_person_week\.worked_minutes, as over_48"
    ):
        indicator_counts.check(INDICATORS | laxer, CORE)


def test_hours_and_days_as_such_are_nobodys_secret():
    """All that was lost to sickness, and all that was worked, is of class B, whatever is said of parts of it."""
    for sql in (
        f"SELECT team, month, fte_days_lost AS numerator, {GIVES} FROM core.absence_team_month",
        f"SELECT team, month, sum(counted_hours) AS numerator, {GIVES} FROM core.person_hours GROUP BY ALL",
    ):
        indicator_counts.check(planted(sql), CORE)


def test_a_part_of_something_that_is_not_there_is_refused():
    with pytest.raises(BadIndicator, match=r"planted\.sql is part of nothing_such; there is no such indicator"):
        indicator_counts.check(
            planted(RENAMED["long absences"])
            | {"planted": replace(INDICATORS["excess_hours"], indicator="planted", part_of=("nothing_such",))},
            CORE,
        )


@pytest.mark.parametrize(
    ("name", "change", "sentence"),
    [
        ("vacancy_rate", {"counts: posts\n": ""}, "told_in is 'posts', and it counts nobody says what"),
        ("fill_rate", {"counts: hours": "counts: shoes"}, "counts is 'shoes', expected one of hours, duties"),
        ("fill_rate", {"counts: hours": "counts: people"}, "disclosure is 'B', expected 'A', for it counts people"),
        ("fill_rate", {"counts: hours": "counts: illness"}, "disclosure is 'B', expected 'A', for it counts illness"),
        ("fill_rate", {"counts: hours": "counts: departures"}, "refresh is 'monthly', expected 'quarterly', for it counts departures"),
        ("fill_rate", {"counts: hours": "counts: posts"}, "told_in is 'rates', expected 'posts'"),
        ("vacancy_rate", {"counts: posts": "counts: hours"}, "told_in is 'posts', and it counts hours"),
        ("fill_rate", {"counts: hours": "counts: hours\ntold_in: bands"}, "told_in is 'bands', which is for shares"),
        ("days_per_episode", {"counts: illness": "counts: illness\ntold_in: bands"}, "told_in is 'bands', which is for shares"),
        ("over_48_hours", {"told_in: bands": "told_in: words"}, "told_in is 'words', expected one of rates, posts, bands"),
    ],
)  # fmt: skip
def test_a_header_that_would_tell_too_much_of_what_it_counts_is_refused(tmp_path, name, change, sentence):
    text = (SQL / "indicators" / f"{name}.sql").read_text(encoding="utf-8")
    for before, after in change.items():
        assert before in text
        text = text.replace(before, after)
    path = tmp_path / f"{name}.sql"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadIndicator, match=sentence):
        indicators.read(path)


def test_a_header_from_before_may_leave_out_what_it_counts(tmp_path):
    text = (SQL / "indicators" / "fill_rate.sql").read_text(encoding="utf-8")
    path = tmp_path / "fill_rate.sql"
    path.write_text(text.replace("counts: hours\n", ""), encoding="utf-8")
    assert indicators.read(path).counts == ""


def test_what_is_public_already_may_be_told_in_any_way():
    assert indicators.is_public(INDICATORS["leavers_monthly"].sql)
    assert not indicators.is_public(INDICATORS["sickness_rate"].sql), "some of its rows are, and some are not"
