"""A build attacks its release before anybody can see it: only what the new release adds stops it."""

import ast
import datetime as dt
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from etl.config.settings import DisclosureRules
from etl.disclosure import releases
from etl.disclosure.attack.finding import GivesAway
from etl.disclosure.attack.values import attack
from etl.disclosure.attack.workspace import Unpublished, added_by, expect_nothing_added, findings_of
from etl.paths import PROJECT, Workspace
from tests.disclosure.history import History
from tests.disclosure.simulated import Organisation
from tests.disclosure.test_disclosure_check import write
from tests.etl.test_protection import days  # noqa: F401  a fixture

RULES = DisclosureRules()
SHARED = {"etl.disclosure", "etl.disclosure.releases"}


@pytest.mark.parametrize("path", sorted((PROJECT / "etl/disclosure/attack").glob("*.py")), ids=lambda path: path.stem)
def test_the_attacker_shares_nothing_with_the_protection_but_the_reading_of_files(path):
    """What the one gets wrong, the other must not get wrong with it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        modules = []
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            modules = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        mine = [name for name in modules if name.startswith("etl.disclosure")]
        assert not [
            n
            for n in mine
            if n not in SHARED and not n.startswith(("etl.disclosure.attack", "etl.disclosure.releases."))
        ]


def history(folder: Path, months=(24, 25), sizes=(6, 8, 30, 25, 40)) -> History:
    made = History(folder)
    organisation = Organisation(list(sizes), [0, 0, 0, 1, 1], 30, seed=4, leaving=0, moving=0)
    for month in months:
        made.publish(organisation, month)
    return made


def on_disk(made: History) -> Workspace:
    """The releases as files, all but the last; that one stands in the work folder."""
    for release in made.releases:
        path = made.workspace.releases / f"{release.name}.duckdb"
        path.unlink()
        last = release is made.releases[-1]
        with duckdb.connect(str(made.workspace.work / "unfinished" if last else path)) as con:
            write(con, release)
    (made.workspace.protection / f"{made.releases[-1].name}.parquet").unlink()
    return made.workspace


def unpublished(made: History) -> Unpublished:
    def figures(part: releases.Part | None) -> pa.Table:
        return made.known[-1].drop_columns("release")

    name = made.releases[-1].name
    return Unpublished(made.workspace.work / "unfinished", name, {}, made.made[-1].cells, figures)


def change(path: Path, unit: str, month: dt.date, value: float) -> None:
    with duckdb.connect(str(path)) as con:
        con.execute(
            """
            UPDATE mart.value SET shown = 'yes', value = ?, people_band = '11–15'
            WHERE indicator = 'sickness_rate' AND unit = ? AND month = ?
            """,
            [value, unit, month],
        )


def test_a_release_in_order_adds_nothing(tmp_path):
    made = history(tmp_path)
    workspace = on_disk(made)
    assert added_by(unpublished(made), workspace, RULES) == []


def test_a_release_that_gives_something_away_is_refused_by_its_rule(tmp_path):
    made = history(tmp_path)
    workspace, new = on_disk(made), unpublished(made)
    change(new.path, "t000", dt.date(2025, 4, 1), 77.7)
    with pytest.raises(GivesAway) as refused:
        expect_nothing_added(new, workspace, RULES)
    said = str(refused.value)
    assert "R2: a figure would be shown, though of too few people" in said and "Nothing was published" in said
    assert not {"t000", "77", "sickness_rate", "2025"} & set(said.replace(".", " ").replace(",", " ").split())


def test_what_earlier_releases_gave_away_stops_nothing(tmp_path):
    """A workspace from before the attack was part of a build: its first release has a finding, and is repeated."""
    made = history(tmp_path)
    workspace, new = on_disk(made), unpublished(made)
    for path in [*workspace.releases.glob("*.duckdb"), new.path]:
        change(path, "t000", dt.date(2024, 12, 1), 7.7)
    assert {each.how for each in findings_of(workspace, RULES).findings} >= {"small", "determined"}
    expect_nothing_added(new, workspace, RULES)


def test_a_month_restated_by_hand_stops_nothing(tmp_path):
    made = history(tmp_path)
    workspace, new = on_disk(made), unpublished(made)
    month = dt.date(2024, 12, 1)
    with duckdb.connect(str(new.path)) as con:
        con.execute("UPDATE mart.value SET value = value + 5 WHERE indicator = 'long_cases' AND month = ?", [month])
    with pytest.raises(GivesAway, match=r"^R8: "):
        expect_nothing_added(new, workspace, RULES)
    expect_nothing_added(new, workspace, DisclosureRules(restate=(month,)))


@pytest.mark.parametrize("late", [False, True])
def test_release_by_release_the_attack_finds_what_it_finds_of_all(tmp_path, late):
    """What each release adds to those before it, put together, is what all of them tell."""
    organisation = Organisation([6, 8, 30, 25, 40, 21], [0, 0, 0, 1, 1, 0], 30, seed=7, transfers={3: (26, 0)})
    made = History(tmp_path)
    for month in (22, 24, 25, 27, 28):
        if month == 25:
            organisation.merged = {1: 5}
        if month == 27:
            organisation.leaves_after_all(team=2, month=23)
        made.publish(organisation, month)
        for number, row in enumerate(rows := made.releases[-1].value.to_pylist()):
            if late and number % 97 == month % 7:  # mistakes of every kind, here and there
                rows[number] = row | {"value": 20.0 + number % 3, "shown": "yes"}
        if late:
            release = made.releases[-1]
            made.releases[-1] = type(release)(**vars(release) | {"value": pa.Table.from_pylist(rows)})
    known, names = pa.concat_tables(made.known), [release.name for release in made.releases]
    every = attack(made.releases, known, RULES, complete=names)
    parts = {
        each.key
        for number, name in enumerate(names)
        for each in attack(made.releases[: number + 1], known, RULES, complete=names, since=name)
    }
    assert parts >= {each.key for each in every}
    assert bool(every) == late


def test_a_build_publishes_after_releases_that_gave_something_away(engine, days):  # noqa: F811
    days(1, 2)
    assert engine.run("build").code == 0
    [path] = engine.workspace.releases.glob("*.duckdb")
    with duckdb.connect(str(path)) as con:
        con.execute("UPDATE mart.value SET shown = 'yes', value = 24, people_band = '11–15' WHERE unit = 'Ash'")
    days(1, 2, 3)
    built = engine.run("build")
    assert built.code == 0, built.said
    said = engine.run("check", "--attack")
    assert said.code == 1 and f"Release {path.stem} breaks R" in said.said


def test_a_build_that_would_add_a_finding_publishes_nothing(engine, days, monkeypatch):  # noqa: F811
    from etl.release import publish

    sound = publish.TABLES["mart.value"]
    days(1, 2)
    engine.run("build")
    leaking = f"(SELECT * REPLACE (CASE WHEN unit = 'Birch' THEN 'yes' ELSE shown END AS shown, \
        CASE WHEN unit = 'Birch' THEN 24.0 ELSE value END AS value, \
        CASE WHEN unit = 'Birch' THEN '11–15' ELSE people_band END AS people_band) FROM {sound})"
    monkeypatch.setitem(publish.TABLES, "mart.value", leaking)
    days(1, 2, 3)
    built = engine.run("build")
    assert built.code == 1 and "R2: " in built.said and "Birch" not in built.said
    assert len(list(engine.workspace.releases.glob("*.duckdb"))) == 1
