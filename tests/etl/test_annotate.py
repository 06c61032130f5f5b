"""What happened, where limits begin afresh, and what was agreed: said by people, drawn and judged as they said it."""

import pytest

from tests.conftest import staffing, staffing_row, table

EVENTS = ["Unit", "Month", "Kind", "What happened", "Re-base", "Fix limits after"]
TARGETS = ["Indicator", "Unit", "From", "Target"]


def month(number: int) -> str:
    return f"01/{number % 12 + 1:02}/{2020 + number // 12}"


def hours(fill: float) -> list:
    return [100, fill, 0, 0, 0, 0, 0, 0]


@pytest.fixture
def wards(engine):
    """Two wards over 36 months: one steps from 90 to 100 after eighteen, the other stays where it is."""
    rows = []
    for number in range(36):
        sway = (-1) ** number
        rows.append(staffing_row("Larch", month(number), hours((90 if number < 18 else 100) + sway)))
        rows.append(staffing_row("Heron", month(number), hours(95 + sway), division="Surgery"))
    engine.drop("staffing_return.csv", staffing(*rows))
    return engine


def fill(engine, unit="Larch", columns="segment, mean, verdict"):
    return engine.ask(
        f"SELECT {columns} FROM mart.signal WHERE indicator = 'fill_rate' AND unit = ? ORDER BY month", unit
    )


def test_without_an_event_nothing_is_re_based(wards):
    assert wards.run("build").code == 0
    assert {row[0] for row in fill(wards)} == {0}
    assert fill(wards)[-1][2] == "improvement"


def test_a_re_base_begins_limits_afresh_from_its_month_on_and_below_its_unit(wards):
    wards.drop(
        "events.csv", table(EVENTS, [["Adult", month(18), "rota change", "Twelve-hour shifts began", "fill_rate", ""]])
    )
    wards.run("build")
    segments = fill(wards)
    assert [row[0] for row in segments] == [0] * 18 + [1] * 18
    assert {row[2] for row in segments} == {"common_cause"}
    assert (segments[0][1], segments[-1][1]) == (90.0, 100.0)
    assert {row[0] for row in fill(wards, "Heron")} == {0}
    assert {row[0] for row in fill(wards, "RPA")} == {0}
    assert wards.ask("SELECT unit, kind, what FROM meta.event") == [
        ("Adult", "rota change", "Twelve-hour shifts began")
    ]


def test_an_event_that_asks_for_no_re_base_changes_no_limit(wards):
    wards.drop("events.csv", table(EVENTS, [["Larch", month(18), "other", "The roof was mended", "", ""]]))
    wards.run("build")
    assert {row[0] for row in fill(wards)} == {0}


def test_limits_may_be_fixed_after_some_months(wards):
    wards.drop("events.csv", table(EVENTS, [["Larch", month(0), "other", "A new ward", "all", "12"]]))
    wards.run("build")
    assert fill(wards)[-1][1:] == (90.0, "improvement")
    assert set(fill(wards, columns="fixed_after")) == {(12,)}
    assert set(fill(wards, "Heron", "fixed_after")) == {(None,)}


def test_the_latest_target_decides_assurance_and_each_month_keeps_its_own(wards):
    wards.drop(
        "targets.csv", table(TARGETS, [["fill_rate", "RPA", month(0), 85], ["fill_rate", "RPA", month(30), 120]])
    )
    wards.run("build")
    found = fill(wards, "Heron", "target, assurance")
    assert [row[0] for row in found] == [85.0] * 30 + [120.0] * 6
    assert {row[1] for row in found} == {"fail"}


def test_a_unit_with_a_target_of_its_own_keeps_it(wards):
    wards.drop(
        "targets.csv", table(TARGETS, [["fill_rate", "RPA", month(0), 120], ["fill_rate", "Heron", month(0), 80]])
    )
    wards.run("build")
    assert fill(wards, "Heron", "target, assurance")[-1] == (80.0, "pass")
    assert fill(wards, "Larch", "target")[-1] == (120.0,)


def test_without_a_target_there_is_no_assurance(wards):
    wards.run("build")
    assert set(fill(wards, "Heron", "target, assurance")) == {(None, None)}


def test_what_names_nothing_we_know_is_told_and_drawn_nowhere(wards):
    wards.drop("events.csv", table(EVENTS, [["Elm", month(3), "other", "Six beds moved", "fil_rate; all", ""]]))
    wards.drop("targets.csv", table(TARGETS, [["sick_rate", "RPA", month(0), 4]]))
    assert wards.run("build").code == 0
    assert wards.ask("SELECT count(*) FROM meta.event") == [(0,)]
    unknown = wards.ask("SELECT source, name FROM meta.unknown_name ORDER BY ALL")
    assert unknown == [("agreed_targets", "sick_rate"), ("unit_events", "Elm"), ("unit_events", "fil_rate")]


def test_a_past_view_knows_nothing_of_later_events(wards):
    wards.drop("events.csv", table(EVENTS, [["Larch", month(18), "other", "The roof was mended", "all", ""]]))
    wards.run("build", "--as-of", "2021-03-31")
    assert wards.ask("SELECT count(*) FROM meta.event") == [(0,)]
    assert {row[0] for row in fill(wards)} == {0}
