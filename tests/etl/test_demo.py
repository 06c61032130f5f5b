"""The made-up organisation: its extracts are as the contracts expect them, hold together, and hide what was planted."""

import datetime as dt
import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from etl.config import contracts
from etl.config.settings import Settings
from etl.demo.calendar import Calendar
from etl.demo.figures import work_out
from etl.demo.make import BadSize, write_extracts
from etl.demo.organisation import make_teams
from etl.demo.simulation import Simulation
from etl.demo.units import UNKNOWN_NAME
from etl.intake.headings import matched
from etl.paths import EXPECTATIONS, Workspace
from tests.conftest import table

TODAY = dt.date(2026, 11, 23)
SIZE = {"people": 300, "months": 14, "today": TODAY}
NEEDED = {
    *("teams", "crosswalk", "rota", "roster_period", "sickness", "staff", "leavers", "establishment", "leave_balance"),
    *("patients", "sickness_return", "unit_events", "agreed_targets", "survey_answers", "survey_waves"),
}
DUTIES = ("Early", "Late", "Long day", "Night", "Day")
MOMENT = "%d/%m/%Y %H:%M"


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    workspace = Workspace(tmp_path_factory.mktemp("demonstration"))
    written = list(write_extracts(workspace, **SIZE))
    assert all(path.exists() for path in written)
    return workspace.home


@pytest.fixture(scope="module")
def truth(home) -> dict:
    return json.loads((home / "truth.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def sources(home) -> dict[str, contracts.Contract]:
    return contracts.load([EXPECTATIONS, home / "expectations"])


@pytest.fixture(scope="module")
def read(home, sources):
    """All of a source's files as one table of text under our names; the older of two files of a month left out."""

    def read_source(source: str) -> pd.DataFrame:
        files = [path for path in sorted((home / "inbox").iterdir()) if sources[source].expects(path.name)]
        files = [path for path in files if not path.with_name(f"{path.stem}_corrected.csv").exists()]
        frame = pd.concat([cells(path).assign(file=path.name) for path in files], ignore_index=True)
        places = matched(tuple(frame.columns), sources[source])
        return frame.rename(columns={frame.columns[where[0]]: name for name, where in places.items()})

    return read_source


@pytest.fixture(scope="module")
def duties(read) -> pd.DataFrame:
    """The rota with its times as such, without the rows that were spoilt on purpose."""
    rota = read("rota")
    for name in ("planned_start", "planned_end", "actual_start", "actual_end", "published_at", "changed_at"):
        rota[name] = pd.to_datetime(rota[name].replace("", None), format=MOMENT)
    hours = (rota.planned_end - rota.planned_start) / pd.Timedelta(hours=1)
    rota = rota[hours.between(0, 25, inclusive="right") & (rota.status != "Swapped")].copy()
    rota["began"], rota["ended"] = (
        rota.actual_start.fillna(rota.planned_start),
        rota.actual_end.fillna(rota.planned_end),
    )
    rota["month"] = rota.planned_start.dt.strftime("%Y-%m")
    return rota


def cells(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, dtype=str, keep_default_na=False)


def planted(truth: dict, what: str) -> dict:
    return next(plant for plant in truth["planted"] if plant["what"] == what)


def person(numbers: pd.Series) -> pd.Series:
    return numbers.str.lstrip("0")


# ---- as the contracts expect them -------------------------------------------------------------------------------------


def test_every_extract_has_the_headings_its_contract_asks_for(home, sources):
    found = set()
    for path in (home / "inbox").iterdir():
        whose = [source for source, contract in sources.items() if contract.expects(path.name)]
        assert len(whose) == 1, path.name
        places = matched(tuple(cells(path).columns), sources[whose[0]])
        assert not {name for name, where in places.items() if len(where) > 1}
        missing = {column.name for column in sources[whose[0]].columns} - set(places)
        assert not {name for name in missing if not sources[whose[0]].column(name).heading_optional}, path.name
        found |= set(whose)
    assert found == NEEDED


def test_cells_are_in_the_words_and_dates_of_the_contract(read, sources, truth):
    """Whatever is not was spoilt on purpose: as many rows as truth.json says, and no more."""
    for source in sorted(NEEDED):
        frame, wrong = read(source), set()
        for column in sources[source].columns:
            if column.name not in frame:
                continue
            text = frame[column.name]
            given = text[text != ""]
            if column.formats and column.last_characters is None:
                known = pd.Series(False, index=given.index)
                for form in column.formats:
                    known |= pd.to_datetime(given.str.replace("4712", "2100"), format=form, errors="coerce").notna()
            elif column.allowed:
                said = given.str[: column.first_characters].str.lower()
                accepted = {*column.allowed, *(word for words in column.spellings.values() for word in words)}
                known = said.isin({word.lower() for word in accepted})
            elif column.type in ("number", "whole_number"):
                known = pd.to_numeric(given, errors="coerce").notna()
            else:
                known = pd.Series(True, index=given.index)
            wrong |= set(given.index[~known])
            if not column.optional:
                wrong |= set(text.index[text == ""])
        for name, rows in frame.loc[sorted(wrong)].groupby("file").size().items():
            assert rows <= truth["rows_spoilt"].get(name, 0), (source, name)


def test_few_rows_are_spoilt(home, truth):
    rows = sum(len(cells(path)) for path in (home / "inbox").iterdir())
    assert 0 < sum(truth["rows_spoilt"].values()) + planted(truth, "unknown name")["rows"] < 0.003 * rows


def test_every_name_of_a_unit_is_known_but_one(read, sources, truth):
    teams, crosswalk = read("teams"), read("crosswalk")
    codes = {name.lower(): code for name, code in zip(teams.title, teams.unit, strict=True)}
    codes |= {code.lower(): code for code in teams.unit}
    unknown = 0
    for source in sorted(NEEDED):
        frame, system = read(source), sources[source].system
        own = crosswalk[crosswalk.system.isin([system, "all"])]
        known = set(codes) | set(own.name.str.lower())
        for column in sources[source].columns:
            if column.refers_to == "teams" and column.name in frame:
                strange = frame[column.name][~frame[column.name].str.lower().isin(known | {""})]
                assert set(strange) <= {UNKNOWN_NAME}, source
                unknown += len(strange)
    assert unknown == planted(truth, "unknown name")["rows"] > 0
    assert crosswalk.groupby(["system", "name"]).unit.nunique().max() == 1


def test_the_newest_month_is_not_settled_and_the_one_before_is(home, sources):
    last = dt.date(2026, 10, 31)
    for path in (home / "inbox").iterdir():
        contract = next(contract for contract in sources.values() if contract.expects(path.name))
        made = dt.datetime.fromtimestamp(path.stat().st_mtime, dt.UTC).date()
        assert made <= TODAY
        if contract.month_of:
            assert made < last + dt.timedelta(days=contract.complete_after_days), path.name
    rota = (home / "inbox" / "rota_2026-09.csv").stat().st_mtime
    assert dt.datetime.fromtimestamp(rota, dt.UTC).date() >= dt.date(2026, 9, 30) + dt.timedelta(days=10)


# ---- they hold together ----------------------------------------------------------------------------------------------


def test_nobody_works_two_duties_at_once(duties):
    worked = duties[(duties.status == "Filled") & (duties.person != "")].copy()
    worked["person"] = person(worked.person)
    worked = worked.sort_values(["person", "began"])
    same = worked.person == worked.person.shift()
    assert same.sum() > 10_000
    assert not (same & (worked.began < worked.ended.shift())).any()


def test_duties_have_ids_of_their_own_and_belong_to_their_files_month(duties):
    assert duties.shift_id.is_unique
    assert (duties.file.str[5:12] == duties.month).all()


def test_everybody_who_works_is_ill_or_leaves_is_on_the_staff(duties, read):
    staff, spoilt = read("staff"), ("99000000", "99000001")
    leavers = read("leavers")
    before_the_first_count = leavers[leavers.leave_date.str.endswith("/09/2025")]
    people = {*person(staff.person), *person(before_the_first_count.person)}
    posts = {*staff.assignment, *before_the_first_count.assignment}
    for source in ("sickness", "leavers", "leave_balance"):
        frame = read(source)
        frame = frame[~frame.person.isin(spoilt)]
        assert set(person(frame.person)) <= people
        assert source == "leave_balance" or set(frame.assignment) <= posts, source
    assert set(person(duties.person[duties.person != ""])) <= people
    assert staff.assignment.str.fullmatch(r"0\d{7}(-[23])?|9900000\d").all()


def test_nobody_works_after_leaving(duties, read):
    leavers, staff = read("leavers"), read("staff")
    last = pd.to_datetime(leavers.leave_date, format="%d/%m/%Y")
    left = pd.DataFrame({"person": person(leavers.person), "post": leavers.assignment, "last": last})
    census = staff.assign(person=person(staff.person), day=pd.to_datetime(staff.month_end, format="%d/%m/%Y"))
    counted_last = census.groupby("assignment").day.max()
    assert (left.post.map(counted_last).dropna() <= left["last"][left.post.map(counted_last).notna()]).all()
    stay = census[census.day == census.day.max()].person
    gone = left[~left.person.isin(stay)].groupby("person")["last"].max()
    worked = duties[duties.person != ""].assign(person=person(duties.person))
    worked = worked[worked.person.isin(gone.index)]
    assert len(worked) and (worked.planned_start.dt.normalize() <= worked.person.map(gone)).all()


def test_first_day_absent_is_the_weekday_of_the_first_day(read):
    absences = read("sickness")
    starts = pd.to_datetime(absences.start_date, format=MOMENT)
    spoilt = absences.person.str.startswith("99")
    assert (starts.dt.strftime("%a") == absences.first_day)[~spoilt].all()
    assert (absences.end_date == "31/12/4712 00:00").any()
    assert set(absences.category) > {"Sickness", "Annual Leave"}


def test_the_public_return_says_what_the_records_add_up_to(read, truth):
    """Headcount, days available and days lost, counted again from the extracts as they stand."""
    staff, leavers, absences = read("staff"), read("leavers"), read("sickness")
    staff = staff[~staff.person.str.startswith("99")].assign(
        fte=lambda rows: rows.contracted_fte.astype(float),
        end=lambda rows: pd.to_datetime(rows.month_end, format="%d/%m/%Y"),
        joined=lambda rows: pd.to_datetime(rows.start_date, format="%d/%m/%Y"),
    )
    leavers = leavers.assign(
        left=pd.to_datetime(leavers.leave_date, format="%d/%m/%Y"), fte=leavers.contracted_fte.astype(float)
    )
    absences = absences[(absences.category == "Sickness") & ~absences.person.str.startswith("99")]
    absences = absences.drop_duplicates(["assignment", "start_date"], keep="last")  # a later file is the later word
    left = leavers.set_index("assignment").left
    ends = pd.to_datetime(absences.end_date.str.replace("4712", "2100"), format=MOMENT)
    ends = ends.where(ends < "2100", pd.Timestamp("2026-10-31"))
    ends = np.minimum(ends, absences.assignment.map(left).fillna(pd.Timestamp("2100-01-01")))
    spells = pd.DataFrame({"post": absences.assignment, "fte": absences.contracted_fte.astype(float)})
    spells["start"], spells["end"] = pd.to_datetime(absences.start_date, format=MOMENT), ends
    own = (
        read("sickness_return")
        .query("organisation == 'NMC' and staff_group == 'All staff groups'")
        .set_index("period_end")
    )
    for month in truth["months"]:
        first = pd.Timestamp(f"{month['month']}-01")
        last = first + pd.offsets.MonthEnd(0)
        there = staff[(staff.end == last) & (staff.contract != "Bank")]
        assert there[there.contract != "Rotational Trainee"].person.nunique() == month["headcount"]
        active = there[there.status == "Active Assignment"]
        available = (((last - np.maximum(active.joined, first)).dt.days + 1) * active.fte).sum()
        gone = leavers[leavers.left.between(first, last) & (leavers.contract != "Bank")]
        gone = gone[~gone.assignment.isin(there.assignment)]
        available += (((gone.left - first).dt.days + 1) * gone.fte).sum()
        lost = 0.0
        for _, spell in spells[(spells.start <= last) & (spells.end >= first)].groupby("post"):
            off = {
                day
                for a, b in zip(spell.start, spell.end, strict=True)
                for day in pd.date_range(max(a, first), min(b, last))
            }
            lost += len(off) * spell.fte.iloc[0]
        row = own.loc[last.strftime("%d/%m/%Y")]
        assert [available, lost] == pytest.approx([float(row.fte_days_available), float(row.fte_days_lost)], abs=1e-4)
        assert [available, lost] == pytest.approx([month["fte_days_available"], month["fte_days_lost"]], abs=1e-4)


def test_sickness_is_near_the_national_level():
    calendar = Calendar.ending_before(TODAY, 36)
    teams = make_teams(1500, calendar, np.random.default_rng([20261122, 1]))
    simulation = Simulation(teams, calendar, np.random.default_rng([20261122, 2]))
    assert sum(duties.count for _, duties in simulation.months()) > 1_000_000
    figures = work_out(simulation.life)
    # By what is drawn it lies between 4.75 and 4.90 per cent, on one day and another.
    assert 0.047 < figures.lost.sum() / figures.available.sum() < 0.051
    assert teams.count == 48
    spells, ward = simulation.absence.spells(), teams.places["quick returns"]
    since = calendar.starts[teams.at["sickness after quick returns"]]
    here = spells.starts[spells.team == ward]
    in_seven_months = [
        ((here >= first) & (here < first + 210)).sum() for first in (since - 630, since - 420, since - 210, since)
    ]
    assert in_seven_months[-1] > 1.5 * np.mean(in_seven_months[:-1])


# ---- what was planted ------------------------------------------------------------------------------------------------


def test_the_small_teams_have_just_so_many_people(read, truth):
    staff, teams = read("staff"), read("teams")
    titles = dict(zip(teams.unit, teams.title, strict=True))
    small = {titles[code]: people for code, people in truth["small_teams"].items()}
    assert sorted(small.values()) == [7, 8, 9, 10, 11]
    for title, people in small.items():
        counted = (
            staff[staff.team.str.contains(f" {title} - ") & (staff.contract != "Bank")]
            .groupby("month_end")
            .person.nunique()
        )
        assert set(counted) == {people}


def test_short_rests_rise_where_it_was_planted(duties, truth):
    plant = planted(truth, "quick returns")
    worked = duties[(duties.status == "Filled") & duties.shift_type.isin(DUTIES) & (duties.person != "")]
    worked = worked.sort_values(["person", "began"])
    rest = (worked.began - worked.ended.shift()) / pd.Timedelta(hours=1)
    short = (worked.person == worked.person.shift()) & (rest >= 4) & (rest < 11)
    here = worked.team == f"N - {plant['title']}"
    before, after = here & (worked.month < plant["from"]), here & (worked.month >= plant["from"])
    assert short[after].mean() > 2 * short[before].mean()


def test_the_fill_rate_steps_up_after_the_bed_change(duties, truth, read):
    plant = planted(truth, "bed change")
    required = duties[duties.requirement.eq("Mandatory") & duties.status.isin(["Filled", "Vacant"])]
    here = required[required.team == f"N - {plant['title']}"]
    filled = here.status == "Filled"
    assert filled[here.month >= plant["from"]].mean() > filled[here.month < plant["from"]].mean() + 0.03
    events = read("unit_events")
    assert "fill_rate" in events[events.unit == plant["team"]].rebases.item()


def test_one_team_was_merged_and_one_moved(duties, read, truth):
    teams = read("teams").set_index("unit")
    merged, moved = planted(truth, "merged"), planted(truth, "moved")
    assert teams.loc[merged["team"]].successor == merged["successor"]
    assert pd.to_datetime(teams.loc[merged["team"]].to_month, dayfirst=True).strftime("%Y-%m") < merged["from"]
    seen = duties[duties.team.str.endswith(merged["title"])].month
    assert len(seen) and seen.max() < merged["from"]
    places = teams.loc[moved["team"]]
    assert len(places) == 2 and places.parent.nunique() == 2
    assert read("crosswalk").query("system == 'ESR' and unit == @moved['team']").shape[0] == 2


def test_one_month_was_sent_twice_and_one_rota_never(home, duties, truth):
    twice, missing = planted(truth, "loaded twice"), planted(truth, "missing rota")
    older, newer = (home / "inbox" / f"rota_{twice['from']}{ending}.csv" for ending in ("", "_corrected"))
    assert older.stat().st_mtime < newer.stat().st_mtime
    first, last = cells(older), cells(newer)
    assert set(first["Duty ID"]) < set(last["Duty ID"]) and "Planned" in set(first.Status) - set(last.Status)
    months = set(duties.month)
    there = set(duties[duties.team == f"N - {missing['title']}"].month)
    assert months - there == {missing["from"]}


def test_a_leaver_whom_differences_would_expose(read, truth):
    plant, staff = planted(truth, "one leaver"), read("staff")
    here = staff[staff.team.str.contains(plant["title"])].assign(
        month=lambda rows: rows.month_end.str[6:] + rows.month_end.str[2:5]
    )
    counted = here.groupby("month").person.nunique()
    month = plant["from"].replace("-", "/")
    assert set(counted[counted.index < month]) == {12} and set(counted[counted.index >= month]) == {11}
    gone = set(here[here.month < month].person) - set(here[here.month >= month].person)
    off = read("sickness").query("person in @gone")
    assert len(gone) == 1 and off.reason.str.startswith("S10").any()


def test_ten_hours_lie_between_a_late_and_an_early_when_the_clocks_go_forward(duties, truth):
    plant = planted(truth, "clocks changed")
    worked = duties[(duties.status == "Filled") & duties.shift_type.isin(DUTIES) & (duties.person != "")].copy()
    for name in ("began", "ended"):
        worked[name] = worked[name].dt.tz_localize("Europe/London")
    worked = worked.sort_values(["person", "began"])
    rest = (worked.began - worked.ended.shift()) / pd.Timedelta(hours=1)
    short = (worked.person == worked.person.shift()) & rest.between(4, 11, inclusive="left")
    here = worked[short & (worked.team == f"N - {plant['title']}")]
    assert len(here) and set(here.began.dt.strftime("%Y-%m-%d")) == set(plant["forward"])
    nights = worked[worked.shift_type == "Night"]
    for day in (*plant["forward"], *plant["back"]):
        eve = (pd.Timestamp(day) - pd.Timedelta(days=1)).strftime("%Y-%m-%d")
        over = nights[nights.planned_start.dt.strftime("%Y-%m-%d") == eve]
        wall = over.planned_end - over.planned_start
        real = over.planned_end.dt.tz_localize("Europe/London") - over.planned_start.dt.tz_localize("Europe/London")
        assert len(over) and set((wall - real) / pd.Timedelta(hours=1)) == {1.0 if day in plant["forward"] else -1.0}


def test_one_team_improves(duties, truth):
    plant = planted(truth, "improves")
    thinking = duties[duties.shift_type.isin(["Clinical supervision", "Reflective practice", "Team time"])]
    held = thinking[thinking.team == f"N - {plant['title']}"]
    months = sorted(set(held.month))
    kept = held.status == "Filled"
    assert kept[held.month.isin(months[-4:])].mean() > kept[held.month.isin(months[:4])].mean() + 0.15


# ---- the verb --------------------------------------------------------------------------------------------------------


def test_the_same_arguments_write_the_same_bytes(home, tmp_path):
    again = Workspace(tmp_path)
    list(write_extracts(again, **SIZE))
    one, two = sorted((home / "inbox").iterdir()), sorted(again.inbox.iterdir())
    assert [path.name for path in one] == [path.name for path in two]
    for before, after in zip(one, two, strict=True):
        assert before.read_bytes() == after.read_bytes(), before.name
        assert before.stat().st_mtime_ns == after.stat().st_mtime_ns
    assert (home / "truth.json").read_bytes() == (tmp_path / "truth.json").read_bytes()


def test_the_truth_names_nobody_and_stays_out_of_the_inbox(home, read):
    text = (home / "truth.json").read_text(encoding="utf-8")
    numbers = set(person(read("staff").person))
    assert not numbers & set(re.findall(r"\d{6,}", text))
    assert not (home / "inbox" / "truth.json").exists()
    assert "made up" in (home / "SYNTHETIC").read_text(encoding="utf-8")


def test_the_return_stands_under_northmere(home):
    contract = yaml.safe_load((home / "expectations" / "sickness_return" / "contract.yaml").read_text(encoding="utf-8"))
    assert contract["brings_teams"][-1]["unit"] == "NORTHMERE"


def test_another_size_takes_the_place_of_the_one_before(engine, monkeypatch):
    """On a day on which the month less is the only one of its wave, and not of its year."""
    monkeypatch.setattr(Settings, "today", lambda _: TODAY)
    mine = engine.drop("notes_of_mine.csv", "a\n1\n")
    mine.unlink()
    assert engine.run("demo", "--people", "200", "--months", "14").code == 0
    mine = engine.drop("beds_2026.csv", table(["a"], [[1]]))
    before = {path.name for path in engine.workspace.inbox.iterdir()}
    receipt = engine.workspace.store / "sickness" / "x.receipt.json"
    receipt.parent.mkdir(parents=True)
    receipt.write_text(json.dumps({"file": "sickness_2026.csv"}), encoding="utf-8")
    assert engine.run("demo", "--people", "200", "--months", "13").code == 0
    after = {path.name for path in engine.workspace.inbox.iterdir()}
    assert mine.exists() and {name.partition("_20")[0] for name in before - after} == {"rota", "kindness_survey"}
    assert not receipt.exists()
    assert json.loads((engine.home / "truth.json").read_text(encoding="utf-8"))["made"]["months"] == 13
    newest = max(path.name for path in engine.workspace.inbox.glob("rota_*"))
    assert newest.startswith("rota_2026-10"), "the day is the workspace's"


def test_it_keeps_away_from_real_extracts(engine):
    real = engine.drop("staff_2026.csv", "Employee Number\n00000001\n")
    refused = engine.run("demo", "--people", "200", "--months", "13")
    assert refused.code == 1 and "already holds extracts" in refused.said
    assert [path.name for path in engine.workspace.inbox.iterdir()] == [real.name]
    assert not engine.workspace.synthetic.exists()


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        (("--people", "199"), "at least 200 people, not 199"),
        (("--months", "12"), "13 to 60 months, not 12"),
        (("--months", "61"), "13 to 60 months, not 61"),
    ],
)
def test_a_size_it_cannot_make_is_refused_in_a_sentence(engine, asked, says):
    refused = engine.run("demo", *asked)
    assert refused.code == 1 and says in refused.said
    assert not any(engine.workspace.inbox.iterdir())


@pytest.mark.parametrize("people", [200, 431])
def test_other_sizes_and_days_work_too(tmp_path, people):
    """On the first of January the newest extracts are a day old, and the year has none of its own."""
    list(write_extracts(Workspace(tmp_path), people, 13, dt.date(2027, 1, 1)))
    truth = json.loads((tmp_path / "truth.json").read_text(encoding="utf-8"))
    assert truth["months"][-1]["month"] == "2026-12" and abs(truth["months"][0]["headcount"] - people) < 0.08 * people
    with pytest.raises(BadSize):
        next(iter(write_extracts(Workspace(tmp_path), 100)))
