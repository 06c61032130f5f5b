"""Every indicator has an example: rows of sources in, rows of the indicator out, as an analyst would work them out by hand."""

import datetime as dt

import duckdb
import pyarrow as pa
import pytest
import yaml

from etl.config import contracts, indicators
from etl.paths import EXPECTATIONS, PROJECT, SQL, Workspace
from etl.release import coverage, events_and_targets
from etl.release.core import core_queries, run_core
from etl.release.sources import lay_out_sources
from etl.store.hierarchy import Organisation
from etl.survey import queries, step

EXAMPLES = PROJECT / "tests" / "examples"
CONTRACTS = contracts.load([EXPECTATIONS])
INDICATORS = indicators.load(SQL / "indicators")
CORE = core_queries(SQL / "core") | queries.queries(CONTRACTS)


@pytest.fixture
def con(tmp_path):
    with duckdb.connect() as con:
        lay_out_sources(
            con, Workspace(tmp_path), CONTRACTS, {source: [] for source in CONTRACTS}, dt.date.max, Organisation()
        )
        yield con


def give(con, table: str, rows: list[dict]) -> None:
    """Puts an example's rows where the accepted files would be."""
    con.execute(f"CREATE TABLE {table.replace('.', '_')} AS FROM {table}")
    con.register("given", pa.Table.from_pylist(rows))
    con.execute(f"INSERT INTO {table.replace('.', '_')} BY NAME FROM given")
    con.execute(f"CREATE OR REPLACE VIEW {table} AS FROM memory.main.{table.replace('.', '_')}")


@pytest.mark.parametrize("name", INDICATORS)
def test_an_indicator_counts_as_its_example_says(con, name):
    file, _, construct = name.partition(".")  # of a survey: the example says of each row which construct it is of
    example = yaml.safe_load((EXAMPLES / f"{file}.yaml").read_text(encoding="utf-8"))
    then = [
        {k: v for k, v in row.items() if k != "construct"}
        for row in example["then"]
        if row.get("construct", "") == construct
    ]
    for table, rows in example["given"].items():
        give(con, table, rows)
    run_core(con, CORE, set(CONTRACTS))
    scale = INDICATORS[name].scale
    counted = con.execute(f"""
        SELECT *, CASE WHEN denominator <> 0 THEN round({scale} * numerator / denominator, 2) END AS value
        FROM ({INDICATORS[name].sql})
    """)
    columns = [column[0] for column in counted.description]
    found = [dict(zip(columns, row, strict=True)) for row in counted.fetchall()]
    assert sorted(found, key=str) == sorted(then, key=str)


def test_every_example_belongs_to_an_indicator():
    assert {path.stem for path in EXAMPLES.glob("*.yaml")} == {name.partition(".")[0] for name in INDICATORS}


def test_every_core_query_is_used():
    used = set().union(*(indicator.reads for indicator in INDICATORS.values()))
    used |= set().union(*(indicators.tables_of(sql) for sql in CORE.values()))
    used |= set().union(*(indicator.reads for indicator in step.behind().values()))
    used |= {f"core.{fact}" for fact in (*events_and_targets.FACTS, coverage.AGREEMENT, queries.RESULTS)}
    assert {f"core.{name}" for name in CORE} <= used


def test_an_indicator_that_says_too_little_is_refused(tmp_path):
    path = tmp_path / "short.sql"
    path.write_text("/*---\ntitle: Short\n---*/\nSELECT 1", encoding="utf-8")
    with pytest.raises(indicators.BadIndicator, match=r"lacks .*caveats.*definition"):
        indicators.read(path)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ("better: lower", "better is 'down', expected one of lower, higher, neither"),
        ("next_review: 2027-06-30", "next_review is 'soon', expected a date"),
        ("levels: [team, above]", "expected team, above or both"),
        ("    people,\n", "the query gives"),
    ],
)
def test_a_wrong_header_is_refused_in_a_sentence(tmp_path, wrong, sentence):
    instead = {
        "better: lower": "better: down",
        "next_review: 2027-06-30": "next_review: soon",
        "levels: [team, above]": "levels: [ward]",
    }
    text = (SQL / "indicators" / "sickness_rate.sql").read_text(encoding="utf-8").replace(wrong, instead.get(wrong, ""))
    path = tmp_path / "sickness_rate.sql"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(indicators.BadIndicator, match=sentence):
        indicators.read(path)
