"""`python -m etl check --attack`, on releases as they lie in a workspace."""

import datetime as dt

import duckdb
import pytest
from typer.testing import CliRunner

from etl.__main__ import app
from etl.paths import SQL, Workspace
from tests.disclosure.history import History
from tests.disclosure.simulated import HEADERS, Organisation

SAID = "no word"


@pytest.fixture
def workspace(tmp_path, monkeypatch) -> Workspace:
    monkeypatch.setenv("KINSHIP_HOME", str(tmp_path))
    workspace = Workspace.here()
    workspace.make()
    made = History(workspace.home)
    organisation = Organisation([6, 8, 30, 25, 40], [0, 0, 0, 1, 1], 26, seed=4, leaving=0, moving=0)
    for month in (24, 25):
        made.publish(organisation, month)
    for release in made.releases:
        path = workspace.releases / f"{release.name}.duckdb"
        path.unlink()
        with duckdb.connect(str(path)) as con:
            write(con, release)
    return workspace


def write(con: duckdb.DuckDBPyConnection, release) -> None:
    """A release as far as the attacker reads it."""
    con.execute((SQL / "release.sql").read_text(encoding="utf-8"))
    for table in ("value", "unit", "pool"):
        con.register("made", getattr(release, table))
        columns, more = {
            "value": ("*", ", true AS settled"),
            "unit": ("*", ", unit AS title"),
            "pool": ("*", ""),
        }[table]
        schema = "mart" if table == "value" else "meta"
        con.execute(f"INSERT INTO {schema}.{table} BY NAME SELECT {columns}{more} FROM made")
        con.unregister("made")
    known = {
        row[0]
        for row in con.execute("SELECT column_name FROM duckdb_columns() WHERE table_name = 'indicator'").fetchall()
    }
    texts = known - {
        "scale",
        "window",
        "levels",
        "next_review",
        "settled_to",
        "sources",
        "place",
        "beside",
        "part_of",
        "told_in",
    }
    for name, header in HEADERS.items():
        record = dict.fromkeys(texts, SAID) | {key: value for key, value in vars(header).items() if key in known}
        record |= {
            "indicator": name,
            "levels": list(header.levels),
            "sources": [],
            "beside": [],
            "part_of": [],
            "told_in": "rates",
            "next_review": dt.date(2027, 1, 1),
            "front": True,
        }
        names = ", ".join(f'"{key}"' for key in record)
        con.execute(
            f"INSERT INTO meta.indicator ({names}) VALUES ({', '.join('?' * len(record))})", list(record.values())
        )


def test_nothing_is_found_in_what_the_engine_published(workspace):
    done = CliRunner().invoke(app, ["check", "--attack"])
    assert done.exit_code == 0, done.output
    assert "2 releases, and nothing hidden in them could be worked out." in done.output


def test_a_mistake_in_a_release_is_said_without_a_number(workspace):
    release = max(workspace.releases.glob("*.duckdb"))
    with duckdb.connect(str(release)) as con:
        con.execute("""
            UPDATE mart.value SET shown = 'yes', value = 77.7
            WHERE indicator = 'sickness_rate' AND unit = 't000' AND month = DATE '2025-04-01'
        """)
    done = CliRunner().invoke(app, ["check", "--attack"])
    assert done.exit_code == 1
    assert "sickness_rate, t000, April 2025: shown, though of too few people." in done.output
    assert "sickness_rate, t001, April 2025: hidden, and yet it follows from what is shown." in done.output
    assert "77.7" not in done.output


def test_a_workspace_of_public_figures_has_nothing_to_work_out(tmp_path, monkeypatch):
    monkeypatch.setenv("KINSHIP_HOME", str(tmp_path))
    done = CliRunner().invoke(app, ["check", "--attack"])
    assert done.exit_code == 0
    assert "nothing in them that is not already public" in done.output


def test_what_it_costs_adds_up(workspace, tmp_path):
    made = History(tmp_path / "other")
    cost = made.publish(Organisation([6, 8, 30, 25, 40], [0, 0, 0, 1, 1], 24, seed=4), 24).disclosure.to_pylist()
    assert {row["kind"] for row in cost} == {"working", "leaving", "sensitive"}
    assert all(row["figures"] == row["shown"] + row["pooled"] + row["hidden"] for row in cost)
    with duckdb.connect(str(max(workspace.releases.glob("*.duckdb"))), read_only=True) as con:
        columns = con.execute("SELECT column_name FROM duckdb_columns() WHERE table_name = 'disclosure'").fetchall()
    assert set(cost[0]) == {name for (name,) in columns}
