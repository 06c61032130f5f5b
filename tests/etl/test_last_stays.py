"""What was accepted or published last stays where what comes next would take its place by less, by nothing, or by mistake."""

import datetime as dt
import shutil

import pytest

from etl import build as builder
from etl import retention
from etl.config import settings as settings_files
from etl.disclosure import memory
from etl.paths import Workspace
from etl.release import losses, publish
from etl.store import receipts
from tests.etl.taken import BEDS, SHIFTS, TREE, Intake, beds, day, intake_in

TEAMS = ["NMC,organisation,Northmere,,01/01/2020,,", "ADU,division,Adult,NMC,01/01/2020,,"] + [
    f"{unit},team,{unit.title()} Ward,ADU,01/01/2020,," for unit in ("ELM", "OAK", "ASH", "FIR", "BAY", "YEW")
]
AS_OF = day("2026-11-09")


def teams(*rows: str) -> str:
    return "Unit,Level,Title,Parent,From,To,Successor\n" + "".join(f"{row}\n" for row in rows)


def shifts(*rows: tuple[str, str, str]) -> str:
    """(shift, ward, day of October 2026) a row"""
    return "Shift,Ward,Staff Number,Starts,Hours\n" + "".join(
        f"{shift},{ward},{shift}0,{number}/10/2026 07:00,8\n" for shift, ward, number in rows
    )


@pytest.fixture
def inbox(tmp_path) -> Intake:
    return intake_in(tmp_path / "workspace")


# ---- files that replace everything -----------------------------------------------------------------------------------


@pytest.mark.parametrize("second", [teams("ELM,team,Elm,,soon,,"), teams("ELM,team,Elm"), teams(",,,,,,", ",,,,,,")])
def test_a_file_that_replaces_everything_by_nothing_is_refused(inbox, second):
    inbox.source("teams", TREE)
    inbox.drop("teams.csv", teams(*TEAMS))
    inbox.take()
    inbox.drop("teams_2.csv", second)
    inbox.take()
    receipts = inbox.receipts("teams")
    assert receipts["teams_2.csv"].outcome == "refused"
    assert "none of its rows was accepted" in receipts["teams_2.csv"].sentence
    assert "What was accepted last stays." in receipts["teams_2.csv"].sentence
    assert receipts["teams.csv"].outcome == "accepted"
    inbox.assert_tidy()


@pytest.mark.parametrize(
    "bad", ["ADU,division,Adult,NMC,31/13/2020,,", "ADU,division,Adult,NMC,,,", "ADU,division,Adult"]
)
def test_a_hierarchy_that_does_not_hold_on_the_rows_that_remain_is_refused_and_the_last_one_stays(inbox, bad):
    inbox.source("teams", TREE)
    inbox.drop("teams.csv", teams(*TEAMS))
    inbox.take()
    inbox.drop("teams_2.csv", teams(TEAMS[0], bad, *TEAMS[2:]))
    inbox.take()
    receipts = inbox.receipts("teams")
    sentence = receipts["teams_2.csv"].sentence
    assert receipts["teams_2.csv"].outcome == "refused" and receipts["teams.csv"].outcome == "accepted"
    assert sentence.startswith("teams_2.csv is refused") and "stands under 'ADU', and no row has that unit" in sentence
    assert "Parent" in sentence and "line 3 (" in sentence and "31/13/2020" not in sentence
    assert inbox.rows(receipts["teams.csv"])[0][0] == "NMC"


def test_a_hierarchy_with_a_row_set_aside_that_nobody_stands_under_is_accepted(inbox):
    inbox.source("teams", TREE)
    inbox.drop("teams.csv", teams(*TEAMS, "GUM,team,Gum Ward,ADU,31/13/2020,,"))
    inbox.take()
    receipt = inbox.receipts("teams")["teams.csv"]
    assert (receipt.outcome, receipt.rows_accepted, receipt.rows_quarantined) == ("accepted", len(TEAMS), 1)


# ---- parts of a month ------------------------------------------------------------------------------------------------

BY_WARD = {f"rota_{ward}.csv": [(f"{ward}{n}", ward, str(n)) for n in range(1, 20)] for ward in ("Elm", "Oak", "Ash")}
BY_DAY = {f"rota_{n}.csv": [(f"{ward}{n}", ward, str(n)) for ward in ("Elm", "Oak")] for n in range(1, 4)}


@pytest.mark.parametrize(("parts", "what"), [(BY_WARD, "unit"), (BY_DAY, "day")])
def test_files_that_divide_a_month_are_told_of_where_each_replaces_its_months(inbox, parts, what):
    inbox.source("rota", SHIFTS.format(each_file="replaces_its_months"))
    for name, rows in parts.items():
        inbox.drop(name, shifts(*rows))
    inbox.take()
    names, rows = list(parts), len(next(iter(parts.values())))
    assert f"{names[1]} took the place of {rows} rows of {names[0]} (October 2026)." in inbox.said
    receipts = inbox.receipts("rota")
    assert receipts[names[0]].shares_months == ""
    for name in names[1:]:
        assert f"though no {what} of the one is in the other" in receipts[name].sentence
        assert "adds_to_its_months" in receipts[name].sentence
    inbox.take()
    assert inbox.said == []


def test_a_correction_is_told_of_and_is_no_part(inbox):
    inbox.source("rota", SHIFTS.format(each_file="replaces_its_months"))
    inbox.drop("rota_1.csv", shifts(("1", "Elm", "1"), ("2", "Oak", "2")))
    inbox.drop("rota_2.csv", shifts(("8", "Elm", "1")))
    inbox.take()
    assert "rota_2.csv took the place of 2 rows of rota_1.csv (October 2026)." in inbox.said
    assert inbox.receipts("rota")["rota_2.csv"].shares_months == ""


def test_parts_of_a_month_that_come_on_different_nights_replace_each_other_with_words_alone(inbox):
    inbox.source("rota", SHIFTS.format(each_file="replaces_its_months"))
    inbox.drop("rota_1.csv", shifts(("1", "Elm", "1")))
    inbox.take()
    inbox.drop("rota_2.csv", shifts(("2", "Oak", "2")))
    inbox.take()
    assert "rota_2.csv took the place of 1 row of rota_1.csv (October 2026)." in inbox.said
    assert inbox.receipts("rota")["rota_2.csv"].shares_months == ""


ROTA = SHIFTS.replace("owner: x", "owner: x\npublished: true").replace(
    "  person: {{headers: [Staff Number], person: true, optional: true}}\n", ""
)


DUTIES = {
    name.replace("rota", "duties"): rows for name, rows in BY_WARD.items()
}  # of a source that no query of ours reads


def standing(workspace: Workspace, source: str = "rota") -> dict[str, float]:
    """shift → hours of the rows that stand."""
    from etl.database import connect
    from etl.release.sources import lay_out_sources, read_organisation
    from etl.store.current_files import parts

    contracts = builder.load_contracts(workspace)
    counted = {
        source: parts(contract, receipts.read_receipts(workspace, source)) for source, contract in contracts.items()
    }
    con = connect(workspace)
    try:
        organisation = read_organisation(con, workspace, contracts, counted, AS_OF)
        lay_out_sources(con, workspace, contracts, counted, AS_OF, organisation)
        return dict(con.execute(f"SELECT shift, hours FROM source.{source} ORDER BY ALL").fetchall())
    finally:
        con.close()


def test_parts_add_up_where_the_contract_says_so_and_a_corrected_part_counts_once(inbox):
    inbox.source("rota", ROTA.format(each_file="adds_to_its_months"))
    for name, rows in BY_WARD.items():
        inbox.drop(name, shifts(*rows))
    inbox.take()
    assert not any(receipt.shares_months for receipt in inbox.receipts("rota").values())
    assert sum(standing(inbox.workspace).values()) == 3 * 19 * 8
    inbox.drop("rota_Elm.csv", shifts(*BY_WARD["rota_Elm.csv"]).replace(",8\n", ",6\n"))
    inbox.take()
    hours = standing(inbox.workspace)
    assert len(hours) == 57 and sum(hours.values()) == 2 * 19 * 8 + 19 * 6
    inbox.take()
    assert standing(inbox.workspace) == hours


def test_parts_of_a_month_are_purged_with_it(inbox):
    inbox.source("duties", SHIFTS.format(each_file="adds_to_its_months").replace("rota*", "duties*"))
    for name, rows in DUTIES.items():
        inbox.drop(name, shifts(*rows).replace("/2026", "/2020"))
    inbox.drop("duties_new.csv", shifts(("new", "Elm", "1")))
    built = builder.build(inbox.workspace, AS_OF, inbox.said.append)
    publish.write_last_build(inbox.workspace, built.outcome, built.sentence, built.release)
    assert len(standing(inbox.workspace, "duties")) == 58
    said = list(retention.purge(inbox.workspace, AS_OF))
    assert any("57 rows about people" in sentence for sentence in said), said
    assert list(standing(inbox.workspace, "duties")) == ["new"]
    assert builder.build(inbox.workspace, AS_OF, inbox.said.append).outcome in ("nothing_new", "published"), (
        "none is lost"
    )


def test_adding_to_months_needs_a_month(inbox):
    inbox.source("beds", BEDS.format(each_file="adds_to_its_months").replace("month_of: month_end\n", ""))
    with pytest.raises(Exception, match="files add to their months needs month_of"):
        inbox.take()


# ---- a release that lost much ----------------------------------------------------------------------------------------


def build(inbox: Intake, as_of: dt.date = AS_OF, even_so: bool = False) -> builder.Outcome:
    return builder.build(inbox.workspace, as_of, inbox.said.append, even_so=even_so)


def test_a_release_without_much_of_the_last_one_is_not_published_unless_it_is_meant_so(inbox):
    inbox.source("teams", TREE)
    inbox.source("beds", BEDS.format(each_file="replaces_its_months"))
    inbox.drop("teams.csv", teams(*TEAMS))
    inbox.drop("beds.csv", beds(*(f"{unit},31/0{month}/2023,5" for unit in "ABC" for month in (1, 3, 5))))
    first = build(inbox).release
    assert memory.holds(inbox.workspace, first)["rows"]["beds"] == {f"2023-0{month}-01": 3 for month in (1, 3, 5)}
    inbox.drop("teams_2.csv", teams(*TEAMS[:4]))
    with pytest.raises(losses.LostTooMuch) as stopped:
        build(inbox)
    words = str(stopped.value)
    assert f"against release {first}" in words and "4 of 12 units" not in words
    assert "4 of 8 accepted rows of Teams" in words and "--even-so" in words
    assert publish.current(inbox.workspace) == first and publish.releases(inbox.workspace) == [first]
    with pytest.raises(losses.LostTooMuch):
        build(inbox)
    second = build(inbox, even_so=True)
    assert second.outcome == "published"
    assert build(inbox).outcome == "nothing_new", "what was meant so is what the next is compared with"
    inbox.drop("beds_2.csv", beds("A,31/01/2023,5", "A,31/03/2023,5"))
    with pytest.raises(losses.LostTooMuch, match="4 of 9 accepted rows of Beds"):
        build(inbox)
    inbox.workspace.settings.write_text("max_loss_share: 0.5\n")
    assert build(inbox).outcome == "published"
    inbox.drop("beds_3.csv", beds("A,31/05/2023,5"))
    assert build(inbox).outcome == "published", "two of five rows"


def test_units_that_go_are_named(inbox):
    inbox.source("beds", BEDS.format(each_file="replaces_all"))
    inbox.drop("beds_1.csv", beds(*(f"{unit},31/01/2023,5" for unit in "ABCDEFGH")))
    build(inbox)
    inbox.drop("beds_2.csv", beds(*(f"{unit},31/01/2023,5" for unit in "STUVWXYZ")))
    with pytest.raises(losses.LostTooMuch, match=r"without 8 of 9 units \(A, B, C, D, E and 3 more\)\."):
        build(inbox)


def test_what_a_past_view_does_not_see_is_not_lost(inbox):
    inbox.source("beds", BEDS.format(each_file="replaces_its_months"))
    inbox.drop("beds.csv", beds(*(f"{unit},28/0{month}/2023,5" for unit in "ABC" for month in range(1, 9))))
    build(inbox)
    assert build(inbox, day("2023-02-10")).outcome == "published"
    assert build(inbox).outcome == "published"
    with pytest.raises(builder.NothingInView, match="the first rows that were accepted are of January 2023"):
        build(inbox, day("1950-01-01"))


@pytest.mark.parametrize("share", ["2", "-1", "many", "true"])
def test_a_share_that_is_none_is_said(inbox, share):
    inbox.workspace.settings.write_text(f"max_loss_share: {share}\n")
    with pytest.raises(settings_files.BadSettings, match="write a number from 0 to 1"):
        build(inbox)


# ---- the order of releases -------------------------------------------------------------------------------------------


def test_after_a_clock_was_set_ahead_releases_stand_in_the_order_they_were_published(inbox, monkeypatch):
    def today_is(date: str) -> None:
        monkeypatch.setattr(settings_files.Settings, "today", lambda _: day(date))

    inbox.source("beds", BEDS.format(each_file="replaces_its_months"))

    def publishes(beds_open: int) -> str:
        inbox.drop("beds.csv", beds(f"Elm,31/01/2023,{beds_open}", f"Oak,31/01/2023,{beds_open}"))
        outcome = build(inbox)
        assert outcome.outcome == "published"
        assert build(inbox).outcome == "nothing_new", "nothing is published anew"
        return outcome.release

    today_is("2026-11-09")
    published = [publishes(1)]
    today_is("2031-01-01")
    published.append(publishes(2))
    today_is("2026-11-10")
    published += [publishes(3), publishes(4)]
    for _ in range(28):  # so many that a day's letters come to an end; each is the newest under the next name
        newest = inbox.workspace.releases / f"{published[-1]}.duckdb"
        published.append(publish.next_name(inbox.workspace, day("2026-11-10")))
        shutil.copy(newest, newest.with_name(f"{published[-1]}.duckdb"))
    publish.point_at(inbox.workspace, published[-1])
    assert publish.releases(inbox.workspace) == published and publish.current(inbox.workspace) == published[-1]
    assert publish.roll_back(inbox.workspace, None) == published[-2]
    assert "rolled back" in build(inbox).sentence and publish.current(inbox.workspace) == published[-2]
    today_is("2031-01-02")
    published.append(publishes(40))
    assert publish.releases(inbox.workspace) == published
    monkeypatch.setenv("KINSHIP_HOME", str(inbox.workspace.home))
    from pages.parts.release import warehouse

    assert [each.id for each in reversed(warehouse.releases())] == published


# ---- FORMAT ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("content", [b"", b"one", b"\xff\xfe", b"1.5", b"-1", b"9" * 5000, "١".encode(), b"1\n2"])
def test_a_format_that_is_no_number_is_told_of(engine, content):
    (engine.workspace.store / "FORMAT").write_bytes(content)
    done = engine.run("build")
    assert done.code == 1 and "should hold the number of the store's format" in done.said and len(done.said) < 600
    assert (engine.workspace.store / "FORMAT").read_bytes() == content


def test_a_folder_for_a_format_is_told_of(engine):
    (engine.workspace.store / "FORMAT").mkdir()
    assert "should hold the number" in engine.run("build").said


# ---- the verb --------------------------------------------------------------------------------------------------------


def test_the_verb_says_what_went_and_how_it_ended(engine, source, monkeypatch):
    source("duties", ROTA.format(each_file="replaces_its_months").replace("rota*", "duties*"))
    for name, rows in DUTIES.items():
        engine.drop(name, shifts(*rows))
    done = engine.run("build")
    assert done.code == 3 and "2 files took the place of others" not in done.said
    assert "1 file took the place of others that may be other parts of the same month" in done.said
    assert "duties_Ash.csv took the place of 19 rows of duties_Oak.csv (October 2026)." in engine.run("receipts").said
    engine.drop("duties_all.csv", shifts(*(row for rows in DUTIES.values() for row in rows)))
    assert engine.run("build").code == 0, "one file for the month makes good for all"
    engine.drop("duties_all.csv", shifts(*DUTIES["duties_Elm.csv"]))
    done = engine.run("build")
    assert done.code == 1 and "38 of 57 accepted rows of Rota" in done.said
    assert publish.last_build(engine.workspace)["outcome"] == "failed"
    assert engine.run("build", "--even-so").code == 0
    for wrong in ("0001-01-01", "9999-12-31", "1850-02-03", "soon"):
        done = engine.run("build", "--as-of", wrong)
        assert done.code == 1 and "is no day from 1900 to 2199" in done.said

    def odd(*_):
        raise KeyError("a cell")

    monkeypatch.setattr(builder, "make_release", odd)
    done = engine.run("build")
    assert done.code == 1 and "Something the engine did not expect" in done.said and "errors.log" in done.said
    assert "a cell" not in done.said and "KeyError" in (engine.home / "errors.log").read_text()

    def no_memory(*_):
        raise MemoryError

    monkeypatch.setattr(builder, "make_release", no_memory)
    assert "not enough memory" in engine.run("build").said
