"""What the pages say, run without a browser."""

import json
import re

import altair as alt
import pytest
from jsonschema import ValidationError

from pages.parts.shell import pages
from tests.app import small_release
from tests.app.conftest import datasets, headings, html_of, links, unfolded, words_on

INDICATOR, SIGNALS = pages.of("indicator").path, pages.of("signals").path
QUALITY, CIRCLE = pages.of("quality").path, pages.of("circle").path
STRAIN = pages.of("strain").path


def test_every_page_says_how_fresh_it_is_and_what_it_is_for(app):
    for page in (None, INDICATOR, SIGNALS, QUALITY, CIRCLE, STRAIN):
        said = words_on(app(page))
        assert "Settled to 30 April 2026" in said
        assert "release 2026-06-09a" in said
        assert "must not be used for disciplinary" in said
        assert "could not be drawn" not in said


def test_the_team_page_puts_what_is_holding_up_first(app):
    test = app(unit="larch")
    headers = headings(test, 2)
    assert headings(test, 1)[0] == "Larch Ward"
    assert headers == [
        "What is holding up",
        "Strain and easing",
        "Where there is change worth a conversation",
        "No number here",
        "Pressure and kindness, side by side",
    ]
    said = words_on(test)
    assert "one is holding up and two have changed in a way worth a conversation" in said
    assert "Eight months in a row above this team’s own average, since September 2025" in said
    assert "Not shown, to protect people" in said
    assert "Not collected here" in said


def test_the_numbers_beside_the_front_set_are_folded_away_by_family_until_asked_for(app):
    test = app(unit="larch")
    assert [box.label for box in test.expander if "more number" in box.label] == ["1 more number"]
    assert "Leaver rate" not in words_on(test)
    test = unfolded(test, "more_numbers")
    assert headings(test, 3)[-1:] == ["Staying"]
    assert "Leaver rate" in words_on(test) and "Of 5 numbers here" in words_on(test)


def test_what_is_renewed_by_quarter_is_shown_for_the_last_quarters_end(app):
    for asked in ({}, {"month": "2026-05"}):
        said = words_on(app(INDICATOR, unit="larch", indicator="leaver_rate", **asked))
        assert "March 2026:" in said and "Missing is not zero" not in said
    joined = datasets(app(INDICATOR, unit="larch", indicator="leaver_rate"))["line"]
    assert len({row["stretch"] for row in joined if row["month"] <= "2026-03"}) == 1


def test_made_up_data_says_so_above_and_below(app):
    for page in (None, INDICATOR, SIGNALS, QUALITY, CIRCLE, STRAIN):
        said = words_on(app(page))
        assert "Made-up data" in said and "Demonstration on made-up data" in said


def test_all_signals_begin_with_the_front_set(app):
    test = app(SIGNALS, unit="larch")
    assert "Leaver rate" not in set(test.dataframe[0].value["Indicator"])
    test.toggle[0].set_value(True).run()
    assert "Leaver rate" in set(test.dataframe[0].value["Indicator"])


def test_a_protected_number_points_to_the_level_above(app):
    test = app(unit="larch")
    assert any(link.label.startswith("Adult care:") and "unit=AC" in link.query_string for link in links(test))


def test_a_concern_says_what_may_make_it_harder_what_could_help_and_whose_lever_it_is(app):
    told = "May be making it harder: posts that stay empty. Could help: filling posts. Rota template: the service holds the lever."
    [concern] = [card for card in html_of(app(unit="larch")).split("<section")[1:] if told in card]
    assert 'data-indicator="sickness_rate"' in concern
    assert told in words_on(app(INDICATOR, unit="larch", indicator="sickness_rate"))
    assert told not in words_on(app(INDICATOR, unit="heron", indicator="sickness_rate"))


def test_nothing_stronger_than_usual_is_said_in_words(app):
    said = words_on(app(unit="fern"))
    assert "Nothing stands out as stronger than usual." in said


def test_a_unit_with_no_numbers_at_all_has_a_state_of_its_own(app):
    said = words_on(app(unit="quiet"))
    assert "No numbers for this unit yet" in said
    assert "Missing is not zero." in said


def test_the_indicator_page_answers_in_a_sentence(app):
    test = app(INDICATOR, unit="larch", indicator="sickness_rate")
    assert headings(test, 1)[0] == "Sickness absence, Larch Ward"
    said = words_on(test)
    assert "Eight months in a row above this team’s own average, since September 2025" in said
    assert "April 2026: 7.08\u00a0%" in said
    assert "About this number" in said


def test_a_chart_has_a_text_alternative_and_hides_nothing_in_its_data(app):
    test = app(INDICATOR, unit="larch", indicator="sickness_rate")
    assert test.get("vega_lite_chart")[0].proto.alt == "Sickness absence, month by month. In words below."
    assert '<p class="unseen">Sickness absence, Larch Ward, month by month from January 2024 to June 2026' in html_of(
        test
    )
    months = datasets(test)["months"]
    assert any(month["Reading"].startswith("Eight months in a row above") for month in months)
    assert [month["Settled"] for month in months] == ["yes"] * 28 + ["not yet"] * 2


def test_a_chart_of_another_unit_differs_in_its_datasets_alone(app):
    one, other = (app(INDICATOR, unit=unit, indicator="sickness_rate") for unit in ("larch", "fern"))
    assert one.get("vega_lite_chart")[0].proto.spec == other.get("vega_lite_chart")[0].proto.spec
    assert datasets(one).keys() == datasets(other).keys() and datasets(one) != datasets(other)


def test_the_axis_of_a_chart_holds_all_that_is_drawn(app):
    held = datasets(app(INDICATOR, unit="larch", indicator="fill_rate"))
    low, high = (row["value"] for row in held["names"][:2])
    levels = [row[name] for row in held["limits"] for name in ("lower", "upper")]
    levels += [row["value"] for row in held["months"]] + [row["target"] for row in held["target"]]
    assert low < min(levels) and max(levels) < high


@pytest.mark.parametrize("month", [None, "2025-03"])
def test_charts_are_as_vega_lite_asks(app, month):
    for unit, indicator in (("larch", "fill_rate"), ("AC", "fill_rate"), ("larch", "sickness_rate")):
        asked = {"unit": unit, "indicator": indicator, "beside": "true"} | ({"month": month} if month else {})
        chart = app(INDICATOR, **asked).get("vega_lite_chart")[0].proto
        alt.LayerChart.from_dict(json.loads(chart.spec), validate=True).to_dict(validate=True)
    with pytest.raises(ValidationError):
        alt.LayerChart.from_dict({"layer": [{"mark": "lines"}]}, validate=True)


def test_a_signal_says_how_sure_it_is_and_on_what_data(app):
    said = words_on(app(INDICATOR, unit="larch", indicator="fill_rate"))
    assert (
        "by the rule of seven months in a row on one side of the average (XmR, nhsr rules, over 15 settled months)"
        in said
    )
    assert (
        "Its newest settled month is April 2026. Data quality: Rota, 1 check passed, 1 set rows aside; about 200 of about 61,380 rows"
        in said
    )


def test_a_number_that_is_not_judged_claims_no_sureness(app):
    said = words_on(app(INDICATOR, unit="new", indicator="sickness_rate"))
    assert "chance would explain, by" not in said and "Data quality: Rota" in said


def test_a_chart_shows_its_target_its_events_and_where_limits_begin_afresh(app):
    test = app(INDICATOR, unit="larch", indicator="fill_rate")
    said = words_on(test)
    assert "① February 2025: eight beds opened (Adult care); average and limits begin afresh" in said
    assert "② March 2025: the rota template changed ·" in said
    assert "dash-dot line: the target · XmR, nhsr rules" in said
    chart = test.get("vega_lite_chart")[0].proto
    assert "Target 95.</p>" in html_of(test)
    layers = json.loads(chart.spec)["layer"]
    agreed = next(layer for layer in layers if layer["encoding"].get("y", {}).get("field") == "target")
    assert agreed["mark"]["interpolate"] == "step-after"
    held = datasets(test)
    assert {row["target"] for row in held["target"]} == {90, 95}
    band = next(layer for layer in layers if layer["mark"]["type"] == "area")
    assert band["encoding"]["detail"]["field"] == "segment"
    segments = {row["month"]: row["segment"] for row in held["limits"]}
    assert set(segments.values()) == {"0", "1"}
    stretches = {segments[row["month"]]: row["stretch"] for row in held["line"]}
    assert stretches["0"] != stretches["1"]
    named = {row["name"] for row in held["names"] if row["name"]}
    assert named == {"target 95", "own average 92.00", "upper limit 101.20", "lower limit 82.80"}
    assert [(row["number"], row["drop"]) for row in held["events"]] == [("1", 0), ("2", 20)]  # a month apart


def test_an_event_of_a_unit_below_is_not_drawn_above_it(app):
    said = words_on(app(INDICATOR, unit="AC", indicator="fill_rate"))
    assert "① February 2025: eight beds opened; average" in said and "rota template" not in said


def test_all_signals_are_a_table_of_signs_words_and_small_charts(app):
    test = app(SIGNALS, unit="larch")
    table = test.dataframe[0].value.set_index("Indicator")
    assert "Unit" not in table.columns
    assert table.loc["Sickness absence", "Reading"] == "Concern, up since Sept 2025"
    assert table.loc["Stress-related share", "Reading"] == "Not shown, to protect people"
    assert table.loc["Stress-related share", ["Latest", "Three years"]].isna().all()
    assert table.loc["Shifts filled", "Target"] == "95: met in some months"
    assert table.loc["Shifts filled", "Latest"] == "101.68\u00a0%"
    assert table["Assurance"].notna().sum() == 1
    starts = "data:image/svg+xml;name=Concern-moved-up-more-than-chance-would-explain;base64,"
    assert table.loc["Sickness absence", "Variation"].startswith(starts)
    assert "one is holding up and two have changed" in words_on(test)


def test_all_signals_stand_by_unit_or_by_verdict_and_never_by_value(app):
    test = app(SIGNALS, unit="AC")
    units = list(dict.fromkeys(test.dataframe[0].value["Unit"]))
    assert units[0] == "Adult care" and units[-2:] == ["Fern Ward (fern)", "Fern Ward (fern-2)"]
    test.selectbox(key="order").set_value("verdict").run()
    readings = list(test.dataframe[0].value["Reading"])
    assert [reading.partition(",")[0] for reading in readings[:4]] == [
        "Improvement", "Concern", "Change", "What chance explains",
    ]  # fmt: skip
    assert set(test.selectbox(key="order").options) == {"By unit", "By verdict"}


def test_all_signals_of_a_hundred_units_come_in_pages(app_at, tmp_path):
    wards = [(f"w{i}", f"Ward {i:03}", "team", "CC", small_release.MONTHS[0], None) for i in range(100)]
    small_release.build(tmp_path, units=small_release.UNITS + wards)
    test = app_at(tmp_path)(SIGNALS, unit="CC")
    assert len(test.dataframe[0].value) == 24
    assert "420 rows: Children’s care and 104 units directly below it" in words_on(test)


def test_coming_back_from_a_chart_the_table_is_the_one_it_was_opened_from(app):
    test = app(SIGNALS, unit="larch", indicator="sickness_rate", of="AC")
    assert headings(test, 1)[0] == "All signals, Adult care"
    test.selectbox(key="filter_unit").set_value("CC").run()
    assert headings(test, 1)[0] == "All signals, Children’s care" and "of" not in test.query_params
    test = app(INDICATOR, unit="larch", indicator="sickness_rate", of="AC")
    assert headings(test, 1)[0] == "Sickness absence, Larch Ward"


def test_a_chart_can_be_opened_without_the_table(app):
    test = app(SIGNALS, unit="AC")
    box = next(box for box in test.selectbox if box.label == "Chart to open")
    box.set_value(next(i for i, name in enumerate(box.options) if name == "Sickness absence, Larch Ward")).run()
    link = test.get("page_link")[-1].proto
    assert link.label == "Open Sickness absence\\, Larch Ward"
    assert "unit=larch" in link.query_string and "indicator=sickness_rate" in link.query_string


def test_all_signals_of_a_unit_without_numbers_say_so(app):
    test = app(SIGNALS, unit="quiet")
    assert "No numbers for this unit yet" in words_on(test) and not test.dataframe


def test_the_units_below_are_listed_by_name_and_not_by_value(app):
    test = app(INDICATOR, unit="AC", indicator="sickness_rate")
    below = [link.label for link in links(test) if "indicator" in link.page][-7:]
    assert [label for label in below if "Fern" in label or "Larch" in label] == ["Fern Ward", "Fern Ward", "Larch Ward"]
    assert "by name" in words_on(test)


def test_too_few_months_are_said_to_be_too_few(app):
    said = words_on(app(INDICATOR, unit="new", indicator="sickness_rate"))
    assert "Fewer than 13 settled months so far, too few to judge" in said


def test_no_data_is_not_zero(app):
    said = words_on(app(INDICATOR, unit="heron", indicator="sickness_rate"))
    assert "No data for April 2026. Missing is not zero" in said
    assert "Last shown for January 2026" in said


def test_a_number_never_shown_has_a_state_and_no_chart(app):
    test = app(INDICATOR, unit="larch", indicator="stress_share")
    assert "Not shown, to protect people." in words_on(test)
    assert not test.get("vega_lite_chart")


def test_a_month_that_is_not_settled_is_not_judged(app):
    test = app(INDICATOR, unit="larch", indicator="sickness_rate", month="2026-06")
    assert "Not settled yet, so not judged" in words_on(test)


def test_an_unknown_unit_falls_back_and_says_so(app):
    test = app(unit="nowhere")
    assert headings(test, 1)[0] == "Northmere Health and Care"
    assert "asks for a unit that is not here for you" in words_on(test)


def test_a_view_that_is_not_the_usual_one_says_so_and_can_be_reset(app):
    test = app(INDICATOR, unit="larch", month="2026-02")
    assert "Not the usual view: Larch Ward · February 2026" in words_on(test)
    (reset,) = [link for link in links(test) if link.label == "Reset"]
    assert (reset.page, reset.query_string) == ("indicator", "")
    test.query_params.clear()  # as the link does (tried in a browser, too)
    test.run()
    assert headings(test, 1)[0] == "Rota lead time, Northmere Health and Care"
    assert "Not the usual view" not in words_on(test)
    assert "unit" not in test.query_params


def test_choosing_a_unit_writes_its_id_into_the_address(app):
    test = app()
    test.selectbox(key="filter_unit").set_value("larch").run()
    assert test.query_params["unit"] == "larch"
    test.selectbox(key="filter_unit").set_value("NHC").run()
    assert "unit" not in test.query_params


def test_filters_are_shown_only_where_they_are_used(app):
    assert [box.label for box in app().selectbox] == ["Unit", "Month"]
    assert [box.label for box in app(INDICATOR).selectbox] == ["Unit", "Indicator", "Month"]
    assert [box.label for box in app(SIGNALS).selectbox] == ["Unit", "Month", "Order", "Chart to open"]
    assert [box.label for box in app(QUALITY).selectbox] == ["Source", "Units below", "Show"]


def test_units_of_the_same_name_are_told_apart(app):
    labels = app().selectbox(key="filter_unit").options
    assert len(set(labels)) == len(labels)
    assert "Fern Ward · team in Children’s care" in labels
    assert "Fern Ward · team in Adult care (fern-2)" in labels
    assert labels[:3] == [
        "Northmere Health and Care · organisation",
        "Adult care · division in Northmere Health and Care",
        labels[2],
    ]


def test_retired_indicators_are_not_offered(app):
    assert "An older rate" not in app(INDICATOR).selectbox(key="filter_indicator").options


@pytest.mark.parametrize("unit", ["script", "markup", "formula"])
def test_a_name_is_nothing_but_words(app, unit):
    for page in (None, INDICATOR, SIGNALS):
        title = re.search("<h1>(.*?)</h1>", html_of(app(page, unit=unit, indicator="sickness_rate"))).group(1)
        assert not re.search("[<>\"']", title)


def test_the_quality_page_says_what_needs_somebody(app):
    said = words_on(app(QUALITY))
    assert "the last build published nothing, 2 files were refused and 2 names of units are not known" in said
    assert "What you see is still release" in said
    assert "The column 'Unit' is missing." in said
    assert "notes *final*.docx" in said
    assert "Rows would vanish" in said


def test_the_quality_page_accounts_for_every_row(app):
    rows = app(QUALITY).dataframe[0].value
    rota = rows[rows["Source"] == "Rota"].iloc[0]
    assert [rota[each] for each in ("Rows read", "Accepted", "Set aside", "Left out")] == [
        "about 61,380", "about 61,165", "about 200", "about 15",
    ]  # fmt: skip
    assert rota["Why set aside or left out"] == "about 200: Unit is not known · about 15: is a totals row"


def test_a_quiet_last_build_needs_nobody(app_at, tmp_path):
    small_release.build(tmp_path)
    small_release.said(tmp_path, "nothing_new", "Nothing has changed since the last release.")
    said = words_on(app_at(tmp_path)(QUALITY))
    assert "Nothing has changed since the last release" in said
    assert "published nothing" not in said


def test_without_a_release_the_app_says_how_to_make_one(app_at, tmp_path):
    test = app_at(tmp_path)()
    assert headings(test, 1)[0] == "Nothing to show yet"
    assert [code.value for code in test.code] == ["make demo", "python -m etl build"]


@pytest.mark.parametrize("harm", ["missing", "damaged", "newer", "older", "nonsense"])
def test_a_release_that_cannot_be_opened_is_said_in_a_sentence(app_at, tmp_path, harm):
    path = small_release.build(tmp_path, format={"newer": 99, "older": 1}.get(harm, 2))
    if harm == "missing":
        path.unlink()
    elif harm == "damaged":
        path.write_bytes(b"not a database")
    elif harm == "nonsense":
        (tmp_path / "releases" / "CURRENT").write_text("../../etc/passwd", encoding="utf-8")
    test = app_at(tmp_path)()
    assert headings(test, 1)[0] == "The figures cannot be opened"
    assert not test.exception
    assert str(tmp_path) not in words_on(test)


def test_a_release_replaced_during_a_session_is_shown_at_the_next_run(app_at, tmp_path):
    small_release.build(tmp_path)
    test = app_at(tmp_path)()
    assert "Larch Ward · team in Adult care" in test.selectbox(key="filter_unit").options
    renamed = [(u, "Lime Ward" if u == "larch" else title, *rest) for u, title, *rest in small_release.UNITS]
    small_release.build(tmp_path, "2026-07-09a", renamed)
    test.run()
    assert "Lime Ward · team in Adult care" in test.selectbox(key="filter_unit").options
    assert "release 2026-07-09a" in words_on(test)


def test_the_chart_says_whose_rules_and_how_limits_were_fixed(app):
    said = words_on(app(INDICATOR, unit="AC", indicator="fill_rate"))
    assert "XmR, nhsr rules · limits fixed after 12 months" in said


def test_a_small_team_points_to_the_number_of_the_small_teams_together(app):
    test = app(unit="new")
    assert "Not shown, to protect people" in words_on(test)
    [link] = [each for each in links(test) if "Smaller teams" in each.label]
    assert link.label == "Smaller teams in Children’s care: 42\xa0days"
    assert "smaller%3ACC" in link.query_string


def test_small_teams_together_say_who_they_are_and_have_only_the_numbers_told_of_them(app):
    said = words_on(app(unit="smaller:CC"))
    assert "Heron Ward and Meadow crisis team, shown together so that no few people can be told apart." in said
    assert "Not collected" not in said
    assert "Rota lead time" in said and "Shifts filled" not in said


def test_small_teams_together_stand_last_among_the_units_below(app):
    test = app(INDICATOR, unit="CC", indicator="lead_time")
    labels = [each.label for each in links(test)]
    assert labels[-1] == "Smaller teams in Children’s care"
    other = app(INDICATOR, unit="CC", indicator="sickness_rate")
    assert "Smaller teams" not in " ".join(each.label for each in links(other))


def test_the_quality_page_says_what_protecting_people_costs_and_what_was_loosened(app):
    test = app(pages.of("quality").path)
    said = words_on(test)
    assert (
        "Less protection than usual: people that every reader is left in doubt about, 3 instead of 5."
        in said.replace("**", "")
    )
    [table] = [each.value for each in test.dataframe if "Shown together" in each.value.columns]
    assert table[["Level", "Figures", "Shown", "Shown together", "Not shown"]].values.tolist() == [
        ["Team", "Working facts", 0.75, 0.2, 0.05],
        ["Team", "Sensitive: reasons, long cases, surveys", 0.5, 0.0, 0.5],
        ["Division", "Working facts", 1.0, 0.0, 0.0],
    ]
