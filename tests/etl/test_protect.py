"""What the step makes of figures, public and not: which rows a release has, and what stands in them."""

import datetime as dt
from pathlib import Path

import duckdb
import pytest

from etl.config import indicators
from etl.config.indicators import BadIndicator, Indicator
from etl.config.settings import DisclosureRules
from etl.disclosure import memory
from etl.disclosure.step import protect
from etl.paths import SQL
from etl.release import publish
from etl.release.measure import Unmeasurable, measure

DAY = dt.date(2025, 12, 31)


def indicator(name: str, rows: list[str], **said) -> Indicator:
    """One whose query gives these rows: team, month, numerator, denominator, people, published[, people_in_numerator]."""
    asked = {
        "title": name, "family": "absence", "definition": "x", "why_it_matters": "x", "caveats": "x", "unit": "%",
        "scale": 100.0, "better": "lower", "window": 1, "levels": ("team", "above"), "refresh": "monthly",
        "disclosure": "B", "evidence": "x", "owner": "x", "next_review": DAY, "status": "live", "front": True,
    }  # fmt: skip
    names = [*indicators.COLUMNS, "people_in_numerator"]
    selects = []
    for row in rows:
        cells = [
            f"'{cell}'" if cell[0].isalpha() and cell not in ("NULL", "true", "false") else cell for cell in row.split()
        ]
        cells[1] = f"DATE '2025-{int(cells[1]):02}-01'"
        selects.append("SELECT " + ", ".join(f"{cell} AS {name}" for cell, name in zip(cells, names, strict=False)))
    return Indicator(indicator=name, sql="\nUNION ALL\n".join(selects), **(asked | said))


@pytest.fixture
def con():
    """Two teams under a division under an organisation; a region above it that only a return speaks for."""
    with duckdb.connect() as con:
        con.execute("""
            CREATE TABLE unit_spell AS
            SELECT unit, unit AS title, level, parent, DATE '2025-01-01' AS from_month, to_month
            FROM (VALUES
                ('ELM', 'team', 'SUR', NULL), ('OAK', 'team', 'SUR', NULL), ('ASH', 'team', 'SUR', DATE '2025-04-01'),
                ('SUR', 'division', 'NMC', NULL), ('NMC', 'organisation', 'R1', NULL), ('ABC', 'organisation', 'R1', NULL),
                ('R1', 'region', NULL, NULL)
            ) AS spells(unit, level, parent, to_month);
            CREATE TABLE rebase (indicator VARCHAR, unit VARCHAR, month DATE, fix_after INTEGER);
            CREATE TABLE unit_level AS SELECT unit, level FROM unit_spell;
            CREATE TABLE unit_month AS SELECT unit, DATE '2025-08-01' AS month FROM unit_spell;
            CREATE TABLE unit_source AS
            SELECT 'tree' AS source, unit FROM unit_level WHERE level NOT IN ('region') AND unit <> 'ABC'
            UNION ALL
            SELECT 'return', unit FROM unit_level WHERE level IN ('organisation', 'region')
        """)
        yield con


def shown(con, *given: Indicator, published_to=DAY, private_to=DAY, rules=None):
    live = {each.indicator: each for each in given}
    measure(
        con, live, {name: {"return"} for name in live}, {name: {"tree"} for name in live},
        ["team", "division", "organisation", "region"],
    )  # fmt: skip
    memory.recall(con, Path("nothing is remembered"))
    settled = dict.fromkeys(live, published_to), dict.fromkeys(live, private_to)
    protect(con, live, *settled, rules or DisclosureRules(), DAY, "a")
    rows = con.execute("""
        SELECT indicator, unit, month(month), value, numerator, denominator, people_band, shown
        FROM value
        WHERE shown <> 'not_collected'
    """).fetchall()
    return {row[:3]: row[3:] for row in rows}


@pytest.mark.parametrize(
    ("people", "band"),
    [
        (10, None), (11, "11–15"), (15, "11–15"), (16, "16–20"), (21, "21–30"), (31, "31–50"), (51, "51–100"),
        (100, "51–100"), (101, "101+"),
    ],
)  # fmt: skip
def test_groups_of_eleven_are_shown_to_one_decimal_with_the_band_of_their_people(con, people, band):
    found = shown(con, indicator("x", [f"ELM 1 3.456 100 {people} false", "NMC 1 3.456 100 NULL true"]))
    assert found["x", "ELM", 1] == ((3.5, None, None, band, "yes") if band else (None, None, None, None, "protected"))
    assert found["x", "NMC", 1] == (3.46, 3.456, 100, None, "yes")


@pytest.mark.parametrize(
    ("people", "inside", "yes"),
    [(11, 5, True), (11, 6, True), (11, 4, False), (11, 7, False), (10, 5, False), (30, 0, False), (30, 30, False)],
)
def test_a_sensitive_numerator_needs_five_people_in_it_and_five_outside(con, people, inside, yes):
    rows = [f"ELM 3 {inside} {people} {people} false {inside}"]
    sensitive = indicator("sensitive", rows, disclosure="A", refresh="quarterly", window=12)
    found = shown(con, sensitive, indicator("plain", rows))
    assert found["sensitive", "ELM", 3][-1] == ("yes" if yes else "protected")
    assert found["plain", "ELM", 3][-1] == ("yes" if people >= 11 else "protected")


def test_nobody_is_outside_of_days_for_each_episode(con):
    rows = ["ELM 3 90 40 30 false 28", "OAK 3 90 40 30 false 4"]
    days = indicator("x", rows, unit="FTE days", scale=1.0, disclosure="A", refresh="quarterly", window=12)
    found = shown(con, days)
    assert found["x", "ELM", 3][-1] == "protected", "company for the other"
    assert found["x", "OAK", 3][-1] == "protected"
    assert found["x", "SUR", 3] == (2.3, None, None, "51–100", "yes"), "although all but a few are in it"


def test_small_teams_are_shown_together_as_a_unit_of_its_own(con):
    con.execute("""
        INSERT INTO unit_spell
        SELECT 'BIG', 'BIG', 'team', 'SUR', DATE '2025-01-01', NULL;
        INSERT INTO unit_level VALUES ('BIG', 'team');
        INSERT INTO unit_source VALUES ('tree', 'BIG')
    """)
    rows = [
        f"{unit} {month} {n} 100 {n} false" for month in (1, 2) for unit, n in (("ELM", 8), ("OAK", 9), ("BIG", 40))
    ]
    rows += [f"{unit} 3 {n} 100 {n} false" for unit, n in (("ELM", 8), ("OAK", 9), ("BIG", 40), ("ASH", 7))]
    found = shown(con, indicator("x", rows))
    assert found["x", "ELM", 1] == found["x", "OAK", 1] == (None, None, None, None, "protected")
    assert found["x", "smaller:SUR", 1] == (8.5, None, None, "16–20", "yes")
    assert found["x", "smaller:SUR", 3] == (8.0, None, None, "21–30", "yes")
    assert found["x", "BIG", 1] == (40.0, None, None, "31–50", "yes")
    assert con.execute("SELECT unit, title, level, parent FROM pool_unit").fetchall() == [
        ("smaller:SUR", "Smaller teams in SUR", "team", "SUR")
    ]
    members = con.execute("SELECT unit, month(from_month), to_month FROM pool ORDER BY ALL").fetchall()
    assert members == [("ASH", 3, None), ("ELM", 1, None), ("OAK", 1, None)]
    assert con.execute("SELECT indicator, unit, month(month) FROM rebase").fetchall() == [("x", "smaller:SUR", 3)]


def test_people_and_those_in_the_numerator_add_up_but_for_units_without_a_figure(con):
    rows = ["ELM 3 4 8 8 false 4", "OAK 3 3 8 8 false 3", "ASH 3 NULL 100 90 false 40"]
    found = shown(con, indicator("x", rows, disclosure="A", refresh="quarterly", window=12))
    assert found["x", "ELM", 3][-1] == found["x", "ASH", 3][-1] == "protected"
    assert found["x", "SUR", 3] == (43.8, None, None, "16–20", "yes")


def test_a_sum_of_public_and_private_rows_is_not_public_and_rises_only_where_both_may(con):
    con.execute("INSERT INTO unit_source VALUES ('return', 'SUR'), ('return', 'OAK')")
    found = shown(con, indicator("x", ["ELM 1 1 10 50 false", "OAK 1 3 10 NULL true", "ABC 1 5 10 NULL true"]))
    assert found["x", "SUR", 1] == (20.0, None, None, "31–50", "yes")
    assert found["x", "NMC", 1] == (20.0, None, None, "31–50", "yes")
    assert found["x", "R1", 1] == (50.0, 5, 10, None, "yes")
    con.execute(
        "DROP TABLE own; DROP TABLE figure; DROP TABLE reach; DROP TABLE stands; DROP TABLE rule; DROP TABLE value; "
        "DROP TABLE told; DROP TABLE pool; DROP TABLE pool_unit"
    )
    con.execute("DELETE FROM unit_source WHERE source = 'return' AND unit = 'NMC'")
    found = shown(con, indicator("x", ["ELM 1 1 10 50 false", "OAK 1 3 10 NULL true"]))
    assert ("x", "SUR", 1) in found and ("x", "NMC", 1) not in found


def test_a_unit_with_a_public_row_and_its_own_records_shows_the_public_one(con):
    found = shown(con, indicator("x", ["NMC 1 1 10 50 false", "NMC 1 3 10 NULL true", "NMC 2 1 10 50 false"]))
    assert found["x", "NMC", 1] == (30.0, 3, 10, None, "yes")
    assert found["x", "NMC", 2][0] == 10.0


def test_what_is_renewed_by_quarter_is_given_for_the_quarters_last_months_at_every_level(con):
    rows = [f"ELM {month} 3 100 50 false" for month in range(2, 8)]
    found = shown(con, indicator("x", rows, refresh="quarterly"), indicator("y", rows))
    assert sorted(key[1:] for key in found if key[0] == "x") == [
        (unit, month) for unit in ("ELM", "NMC", "SUR") for month in (3, 6)
    ]
    assert len([key for key in found if key[:2] == ("y", "ELM")]) == 6
    never = "SELECT indicator, unit, month(month) FROM value WHERE shown = 'not_collected' AND unit IN ('OAK', 'ASH') ORDER BY ALL"
    assert con.execute(never).fetchall() == [("x", "ASH", 3), ("x", "OAK", 6), ("y", "ASH", 4), ("y", "OAK", 8)]


def test_a_quarter_without_a_row_is_no_data_and_other_months_are_not(con):
    found = shown(con, indicator("x", ["ELM 3 3 100 500 false", "ELM 9 3 100 500 false"], refresh="quarterly"))
    assert {key[2]: cell[-1] for key, cell in found.items() if key[1] == "ELM"} == {3: "yes", 6: "no_data", 9: "yes"}


def test_a_unit_that_has_ended_has_no_gaps_after_its_end(con):
    found = shown(con, indicator("x", ["ASH 1 3 100 50 false", "ASH 3 3 100 50 false", "ELM 8 3 100 50 false"]))
    assert {key[2]: cell[-1] for key, cell in found.items() if key[1] == "ASH"} == {
        1: "yes", 2: "no_data", 3: "yes", 4: "no_data",
    }  # fmt: skip


def test_public_figures_and_others_are_settled_each_by_their_own_sources(con):
    rows = ["ELM 1 3 100 50 false", "ELM 4 3 100 50 false", "ABC 1 3 100 NULL true", "ABC 4 3 100 NULL true"]
    shown(con, indicator("x", rows), published_to=dt.date(2025, 1, 31), private_to=dt.date(2025, 3, 31))
    found = con.execute(
        "SELECT unit, list(month(month) ORDER BY month) FROM value WHERE settled GROUP BY unit"
    ).fetchall()
    assert dict(found) == {"ELM": [1, 2, 3], "SUR": [1, 2, 3], "NMC": [1, 2, 3], "ABC": [1], "R1": [1]}


def test_rows_of_class_a_must_say_how_many_people_make_up_the_numerator(con):
    with pytest.raises(
        Unmeasurable, match=r"x\.sql is of class A and gives rows that do not say how many people make up"
    ):
        shown(con, indicator("x", ["ELM 1 3 100 50 false NULL"], disclosure="A"))
    con.execute("DROP TABLE own; DROP TABLE figure; DROP TABLE reach")
    shown(con, indicator("x", ["ABC 1 3 100 NULL true NULL"], disclosure="A"))


def test_rows_that_are_not_public_must_say_how_many_people_they_are_about(con):
    with pytest.raises(Unmeasurable, match="do not say how many people they are about"):
        shown(con, indicator("x", ["ELM 1 3 100 NULL false"]))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"front: true": "front: often"}, "front is 'often', expected true or false"),
        ({"front: true\n": ""}, "the header lacks front"),
        ({"window: 1": "window: true"}, "window is True, expected a whole number"),
        ({"disclosure: B": "disclosure: A"}, "refresh is 'monthly', expected 'quarterly'"),
        (
            {"disclosure: B": "disclosure: A", "refresh: monthly": "refresh: quarterly"},
            "expected team, .*, people_in_numerator, for it is of class A",
        ),
        ({"    published\n": "    published,\n    people AS patients\n"}, "the query gives .*patients, expected"),
    ],
)
def test_a_header_or_query_that_says_too_little_for_protection_is_refused(tmp_path, change, sentence):
    text = (SQL / "indicators" / "fill_rate.sql").read_text(encoding="utf-8")
    for before, after in change.items():
        assert before in text
        text = text.replace(before, after)
    path = tmp_path / "fill_rate.sql"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadIndicator, match=sentence):
        indicators.read(path)


@pytest.mark.parametrize(
    ("row", "synthetic", "check"),
    [
        ("'yes', NULL, NULL, 3.5, NULL", False, "shown_is_public_or_of_enough_people"),
        ("'protected', NULL, NULL, NULL, '11–15'", True, "hidden_is_null"),
        ("'yes', 3.5, 100, 3.5, NULL", True, "numerators_are_public"),
    ],
)
def test_a_release_that_shows_what_is_not_public_is_refused(tmp_path, row, synthetic, check):
    with duckdb.connect() as con, publish.being_written(con, tmp_path / "release.duckdb"):
        con.execute(f"""
            USE made;
            INSERT INTO meta.release VALUES ('a', now(), today(), 'x', 'x', 1, 'nhsr', NULL, {synthetic}, 'x');
            INSERT INTO meta.unit VALUES ('ELM', 'Elm', 'team', NULL, DATE '2025-01-01', NULL);
            INSERT INTO mart.value BY NAME
            SELECT 'x' AS indicator, 'ELM' AS unit, DATE '2025-01-01' AS month, false AS settled, given.*
            FROM (VALUES ({row})) AS given(shown, numerator, denominator, value, people_band);
            USE memory
        """)
        with pytest.raises(publish.FailedCheck, match=check):
            publish.check(con)


def test_that_a_small_team_has_no_row_says_nothing(con):
    """Nobody of ELM was ill in twelve months; of OAK's episodes nobody wrote the reason; LIME has no rota at all, like ELM."""
    for unit in ("BIG", "LIME"):
        con.execute(f"""
            INSERT INTO unit_spell SELECT '{unit}', '{unit}', 'team', 'SUR', DATE '2025-01-01', NULL;
            INSERT INTO unit_level VALUES ('{unit}', 'team');
            INSERT INTO unit_source VALUES ('tree', '{unit}')
        """)
    sizes = {"ELM": 7, "OAK": 8, "BIG": 40, "LIME": 30}
    days = [f"{unit} {month} {n} 100 {n} false" for unit, n in sizes.items() for month in (1, 2, 3)]
    episodes = ["OAK 3 9 20 8 false", "BIG 3 9 90 40 false", "LIME 3 9 90 30 false", "ELM 3 0 0 7 false"]
    stress = ["OAK 3 NULL 100 8 false 3", "BIG 3 20 90 40 false 12"]
    found = shown(
        con,
        indicator("days", days),
        indicator("episodes", episodes),
        indicator("stress", stress, disclosure="A", refresh="quarterly", window=12),
        indicator("rota", ["OAK 3 9 90 8 false", "BIG 3 9 90 40 false"], family="cover"),
        indicator("nobody_has", ["NMC 3 5 10 NULL true"]),
    )
    state = {key: row[-1] for key, row in found.items()}
    assert {state[name, unit, 3] for name in ("days", "episodes", "stress", "rota") for unit in ("ELM", "OAK")} == {
        "protected"
    }
    assert state["stress", "LIME", 3] == "protected", "shown alone, and yet: nobody is few"
    assert ("rota", "LIME", 3) not in state and state["days", "LIME", 3] == "yes", (
        "that a large team has no rota may be known"
    )
    assert ("rota", "smaller:SUR", 3) not in state or state["rota", "smaller:SUR", 3] == "protected"
    never = con.execute("SELECT indicator, unit FROM value WHERE shown = 'not_collected'").fetchall()
    assert ("rota", "LIME") in never and ("nobody_has", "ELM") in never
    assert not {(name, unit) for name, unit in never if unit in ("ELM", "OAK") and name != "nobody_has"}


def test_what_is_missing_counts_among_what_is_not_shown(con):
    """Else the cost, which tells how many figures there are, would tell how many there are not."""
    rows = ["ELM 3 9 90 30 false 9", "OAK 3 NULL 90 30 false 0", "ASH 3 9 90 30 false 9"]
    live = {"x": indicator("x", rows, disclosure="A", refresh="quarterly", window=12)}
    measure(con, live, {"x": {"return"}}, {"x": {"tree"}}, ["team", "division", "organisation", "region"])
    memory.recall(con, Path("nothing is remembered"))
    made = protect(con, live, {"x": DAY}, {"x": DAY}, DisclosureRules(), DAY, "a")
    [teams] = [row for row in made.disclosure.to_pylist() if row["level"] == "team"]
    assert teams["figures"] == teams["shown"] + teams["pooled"] + teams["hidden"] == 3


@pytest.mark.parametrize(
    ("row", "refused"),
    [
        ("'stress', 'ELM', 'protected'", False),
        ("'stress', 'ELM', 'no_data'", True),
        ("'stress', 'ELM', 'not_collected'", True),
        ("'rota', 'ELM', 'no_data'", True),
        ("'stress', 'BIG', 'no_data'", True),  # shown alone: nobody is few
        ("'rota', 'BIG', 'no_data'", False),
    ],
)
def test_a_release_that_says_a_small_teams_figure_is_missing_is_refused(tmp_path, row, refused):
    texts = [
        "title", "family", "definition", "why_it_matters", "caveats", "unit", "better", "evidence", "owner", "status", "sql",
        "harder", "hindrance", "could_help", "help", "lever", "lever_is",
    ]  # fmt: skip
    with duckdb.connect() as con, publish.being_written(con, tmp_path / "release.duckdb"):
        con.execute("USE made")
        con.execute("INSERT INTO meta.release VALUES ('a', now(), today(), 'x', 'x', 1, 'nhsr', NULL, true, 'x')")
        for name, disclosure, refresh in (
            ("days", "B", "monthly"),
            ("rota", "B", "monthly"),
            ("stress", "A", "quarterly"),
        ):
            con.execute(
                f"""
                INSERT INTO meta.indicator BY NAME
                SELECT $name AS indicator, $disclosure AS disclosure, $refresh AS refresh, ['team', 'above'] AS levels, 1 AS scale,
                       1 AS "window", today() AS next_review, true AS front, [] AS beside, [] AS sources,
                       {", ".join(f"'x' AS {text}" for text in texts)}
                """,
                {"name": name, "disclosure": disclosure, "refresh": refresh},
            )
        con.execute(f"""
            INSERT INTO meta.unit
            SELECT unit, unit, level, parent, DATE '2025-01-01', NULL
            FROM (VALUES ('ELM', 'team', 'D'), ('BIG', 'team', 'D'), ('ASH', 'team', 'D'), ('D', 'division', NULL))
                 AS unit(unit, level, parent);
            INSERT INTO mart.value BY NAME
            WITH told (indicator, unit, shown) AS (
                VALUES
                    ('days', 'ELM', 'protected'), ('rota', 'ELM', 'protected'), ('stress', 'ELM', 'protected'),
                    ('days', 'BIG', 'yes'), ('rota', 'BIG', 'yes'), ('stress', 'BIG', 'protected'),
                    ('days', 'ASH', 'yes'), ('rota', 'ASH', 'yes'), ('stress', 'ASH', 'yes'),
                    ('days', 'D', 'yes'), ('rota', 'D', 'yes'), ('stress', 'D', 'yes')
            ),
            changed (indicator, unit, shown) AS (VALUES ({row}))
            SELECT indicator, unit, DATE '2025-03-01' AS month, false AS settled, shown,
                   CASE WHEN shown = 'yes' THEN 5 END AS value, CASE WHEN shown = 'yes' THEN '21–30' END AS people_band
            FROM (FROM changed UNION ALL FROM told ANTI JOIN changed USING (indicator, unit));
            USE memory
        """)
        if refused:
            with pytest.raises(publish.FailedCheck, match="what_is_missing_tells_no_number"):
                publish.check(con)
        else:
            publish.check(con)
