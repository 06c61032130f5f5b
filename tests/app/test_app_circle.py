"""The circle's page and kindness beside pressure, run without a browser."""

import re

import pytest

from pages.parts.kindness import circle_diagram
from pages.parts.shell import pages
from tests.app import small_survey
from tests.app.conftest import headings, html_of, read, unfolded, words_on

CIRCLE, INDICATOR, SIGNALS = (
    pages.of("circle").path,
    pages.of("indicator").path,
    pages.of("signals").path,
)
DECK = ("promotes", "directs", "enables", "builds", "generates", "produces")


def drawing(test) -> str:
    return next(element.value for element in test.markdown if "<svg" in element.value)


def test_the_ring_has_the_decks_nodes_and_words_in_order(app):
    drawn = drawing(app(CIRCLE, unit="NHC"))
    wide, narrow = drawn.split('<div class="ring ring-narrow">')
    for half in (wide, narrow):
        places = [half.index(f">{verb}<") for verb in DECK]
        assert places == sorted(places)
        assert "reinforces the conditions" in half
        for title in small_survey.CIRCLE:
            assert title in re.sub(r"</text><text[^>]*>", " ", half)
    assert circle_diagram.VERBS == DECK


def test_each_node_has_its_score_its_range_and_its_change(app):
    drawn = drawing(app(CIRCLE, unit="larch"))
    label = re.search(r'aria-label="([^"]*)"', drawn).group(1)
    assert "Kindness 7.8, between 7.2 and 8.4, up 0.8" in label
    assert "Attentiveness 4.8, between 4.2 and 5.4" in label
    assert "Better outcomes is not shown" in label and "protect people" in drawn
    assert drawn.count("◆ up 0.8") == 2 and 'class="score few"' in drawn  # both drawings; under thirty answered


def test_what_may_not_be_shown_is_not_in_the_drawing_or_the_lists(app):
    test = app(CIRCLE, unit="larch")
    assert len(re.findall(r'class="score', drawing(test))) == 12  # six of seven, twice
    assert "<li><span>Help 5</span><em>Not shown, to protect people</em></li>" in html_of(test)


def test_what_hinders_and_what_helps_have_their_scores_and_ranges(app):
    html = html_of(app(CIRCLE, unit="NHC"))
    assert html.count('class="ranges"') == 2
    line = re.search(r"<li><span>Help 4</span>.*?</li>", html).group()
    assert [read(said) for said in re.findall(r"<strong>.*?</strong>|<span class=.quiet.>.*?</span>", line)] == [
        "6.4",
        " 5.8 to 7.0",
    ]
    assert 'class="range" style="left:58%;width:12%"' in line and 'class="dot" style="left:64%"' in line


def test_where_the_ring_is_thinnest_is_said_in_words_and_nothing_is_ranked(app):
    said = words_on(app(CIRCLE, unit="NHC"))
    assert "The ring is thinnest at attentiveness (whether there is attentiveness here)." in said
    assert "Kindness has risen by 0.8 since September 2025, more than chance would explain." in said
    assert "6 points with no clear change." in said
    assert not re.search(r"\b(worst|best|lowest|highest|rank\w* (first|last)|league)\b", said)


@pytest.mark.parametrize("unit", ["NHC", "larch", "fern"])
def test_every_view_says_that_the_questionnaire_is_unvalidated_and_how_many_answered(app, unit):
    for page in (CIRCLE, None):
        test = app(page, unit=unit)
        said = words_on(test)
        assert "local, unvalidated questionnaire" in said and "answers ·" in said
        assert any("may not speak for the rest" in warning.value for warning in test.warning) == (unit == "fern")
    assert "John Ballatt’s" in words_on(app(CIRCLE, unit=unit))


def test_an_earlier_wave_can_be_chosen_and_stands_in_the_address(app):
    said = words_on(app(CIRCLE, unit="NHC", wave="2025-09"))
    assert "wave of September 2025" in said and "7 points with no earlier wave to compare with" in said


def test_measured_conditions_stand_beside_what_they_speak_to(app):
    said = words_on(app(CIRCLE, unit="larch"))
    assert "Beside it, measured" in said
    assert re.search(
        r"From hindrance 7: sickness absence 6\.90\u00a0% in March 2026 \(seven months in a row above", said
    )


@pytest.mark.parametrize(
    ("unit", "frame", "title"),
    [
        ("larch", "stretched_holding", "Stretched and holding together"),
        ("fern", "steady_other", "Steady, but something else is wrong"),
    ],
)
def test_the_frame_of_a_team_is_marked_and_the_others_are_there(app, unit, frame, title):
    for page in (None, CIRCLE):
        test = app(page, unit=unit)
        said = words_on(test)
        marked = [box for box in html_of(test).split("<section")[1:] if 'class="badge"' in box]
        assert len(marked) == 1 and f"<strong>{title}</strong>" in marked[0]
        assert "Not clear yet" not in said and "likely, in at least 90 of 100 cases" in said
        assert "December 2025 to February 2026, beside the wave of March 2026" in said


def test_not_clear_yet_is_a_fifth_answer_with_its_reason(app):
    said = words_on(app(CIRCLE, unit="AC"))
    assert "\nNot clear yet\n" in said and "do not agree on whether there was pressure" in said
    assert "the answers lie too close to the organisation’s" in said
    assert "nothing to compare this unit with" in words_on(app(CIRCLE, unit="NHC"))


def test_pressure_and_kindness_stand_side_by_side_and_are_never_one_number(app):
    test = app(unit="larch")
    assert headings(test, 3)[:3] == [
        "Signals, by family",
        "Kindness here",
        "How they read beside each other",
    ]
    assert "Concern, up since Sept 2025" in words_on(test)


def test_a_unit_without_a_survey_says_so(app):
    assert "No survey to show for this unit" in words_on(app(CIRCLE, unit="quiet"))
    assert "No survey of this unit can be shown" in words_on(app(unit="quiet"))


def test_what_goes_before_what_is_said_over_all_teams_and_never_as_a_cause(app):
    said = words_on(app(CIRCLE, unit="NHC"))
    assert "tended to be less kindness two months later (rank correlation −0.30, between −0.42 and −0.18)" in said
    assert "39 teams, 413 months or waves of theirs" in said
    assert "There is nothing to see beyond what chance explains" in said
    assert "This is what went together, not why." in said
    assert not re.search(r"\b(causes?|caused|leads? to|because of|results? in|drives?)\b", said)
    assert "Over all teams" not in words_on(app(CIRCLE, unit="larch"))


def test_a_title_is_only_words_in_the_drawing(app):
    for unit, hurtful in (("script", "<img"), ("markup", "<a ")):
        drawn = drawing(app(CIRCLE, unit=unit))
        assert hurtful not in drawn and "<script" not in drawn
    assert "\n\n" not in circle_diagram.drawing([], "One\n\n# Two", "March 2026", "told")


def test_results_of_others_stand_apart_with_their_own_question(app):
    test = app(CIRCLE, unit="NHC")
    assert "Another survey *" in words_on(test) or any("Another survey" in h.value for h in test.subheader)
    table = next(frame.value for frame in test.dataframe if "Question" in frame.value)
    assert table["Question"].tolist() == ["Often feel burned out"] and table["2023, %"].tolist() == [37.09]
    assert table["Better"].tolist() == ["lower"] and table["Speaks to"].tolist() == ["From hindrance 1"]


def test_scores_of_a_survey_are_no_indicators_of_the_other_pages(app):
    for page in (INDICATOR, SIGNALS):
        options = [box for box in app(page, unit="NHC").selectbox if box.label == "Indicator"]
        assert not [label for box in options for label in box.options if label in small_survey.CIRCLE]
    assert "hindrance" not in words_on(app(SIGNALS, unit="NHC"))


def test_all_parts_are_drawn_wave_by_wave(app):
    test = app(CIRCLE, unit="NHC")
    assert not test.get("vega_lite_chart")  # waves are drawn once they are asked for
    test = unfolded(test, "by_wave")
    assert len(test.get("vega_lite_chart")) == 7
    said = words_on(test)
    assert "could not be drawn" not in said


def test_the_table_holds_what_was_asked_and_the_three_groups(app):
    test = unfolded(app(CIRCLE, unit="NHC"), "circle_table")
    table = next(frame.value for frame in test.dataframe if "What was asked" in frame.value)
    first = table.iloc[0]
    assert first["What was asked"] == "People are kind here. / People are left out here. (turned round)"
    assert first["In three groups"] == "agree 61 %, neither 24 %, disagree 15 %"


def test_a_long_title_takes_two_lines_and_no_more():
    drawn = circle_diagram.drawing([], "Smaller teams in Adult care", "March 2026", "told")
    assert ">Smaller teams in Adult<" in drawn and ">care<" in drawn
    drawn = circle_diagram.drawing(
        [], "Smaller teams in Adult care and of the services beside it", "March 2026", "told"
    )
    assert ">care and of the services…<" in drawn
