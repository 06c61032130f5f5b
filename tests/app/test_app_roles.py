"""Who may write what: denied unless a role and its units say otherwise, on the page and behind it."""

import duckdb
import pytest

from pages.parts.access import access
from pages.parts.indicator import questions
from pages.parts.journal import notes, session, sheets
from pages.parts.release import engine_process, warehouse
from pages.parts.shell import pages
from tests.app import small_release
from tests.app.conftest import ROOT, nothing_written, opener, sign_in_as, words_on
from tests.app.journal_writers import FEBRUARY, SEEN, THING, TODAY

TRYING, ASKED = pages.of("trying").path, pages.of("asked").path
SOURCES, RELEASES = pages.of("sources").path, pages.of("releases").path
OF_A_UNIT = {"write sheets": {"leader", "executive"}, "ask": {"leader", "executive"}, "answer": {"analyst"}}
PAGES = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "pages").glob("[!p]*/*.py"))
OF_ALL = {"add sources", "go back"}
FERN = notes.Seen("fern-3", "fill_rate", SEEN.month, SEEN.release, "92 %")


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    folder = tmp_path_factory.mktemp("roles")
    small_release.build(folder)
    return folder


@pytest.fixture
def home(workspace, monkeypatch):
    """The workspace without anything written in it yet."""
    monkeypatch.setenv("KINSHIP_HOME", str(workspace))
    nothing_written(workspace)
    monkeypatch.setattr(session, "today", lambda: TODAY)
    return workspace


@pytest.fixture
def open_as(home, monkeypatch):
    """A function that opens a page as somebody of these roles."""

    def opened(*grants, page=None, **address):
        sign_in_as(monkeypatch, home, *grants)
        return opener(home, monkeypatch)(page, **address)

    return opened


def buttons(test) -> set[str]:
    return {button.label for button in test.button}


def press(test, label):
    return next(button for button in test.button if button.label == label).click().run()


def box(test, label):
    return next(each for each in [*test.selectbox, *test.multiselect, *test.text_input] if each.label == label)


def begun(unit="larch"):
    sheets.begin(unit, [THING], FEBRUARY, "leader", TODAY)


# ---- the rules -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", access.ROLES)
def test_a_role_may_do_what_is_its_own_and_to_its_own_units(home, monkeypatch, role):
    sign_in_as(monkeypatch, home, (role, "AC"))
    for deed, roles in OF_A_UNIT.items():
        for unit, theirs in {
            "AC": True,
            "larch": True,
            "NHC": False,
            "CC": False,
            "fern-3": False,
            "nowhere": False,
        }.items():
            assert access.role_to(deed, unit) == (role if theirs and role in roles else None), (deed, unit)
    for deed in OF_ALL:
        assert access.role_to(deed) is None  # the organisation is more than Adult care
    sign_in_as(monkeypatch, home, (role, "NHC"))
    assert {deed for deed in OF_ALL if access.role_to(deed)} == (OF_ALL if role == "analyst" else set())


def test_of_two_roles_each_holds_for_its_own_units_only(home, monkeypatch):
    sign_in_as(monkeypatch, home, ("leader", "larch"), ("staff", "CC"), ("analyst", "fern"))
    assert access.role_to("write sheets", "larch") == "leader" and access.role_to("write sheets", "heron") is None
    assert access.role_to("answer", "fern") == "analyst" and access.role_to("answer", "larch") is None


@pytest.mark.parametrize(
    "harm", ["signed out", "an old sign-in", "rules unreadable", "taken off the list", "no release"]
)
def test_nobody_may_write_once_what_let_them_in_is_gone(home, monkeypatch, harm):
    sign_in_as(monkeypatch, home, ("executive", "NHC"))
    assert access.role_to("write sheets", "larch") == "executive"
    if harm == "signed out":
        monkeypatch.setattr(access, "claims", lambda: None)
    elif harm == "an old sign-in":
        monkeypatch.setattr(
            access, "claims", lambda: {"email": "maria@example.org", "email_verified": True, "iat": 1.0}
        )
    elif harm == "rules unreadable":
        (home / "access.yaml").write_text("who: [", encoding="utf-8")
    elif harm == "taken off the list":
        sign_in_as(monkeypatch, home, ("staff", "NHC"))
    else:
        monkeypatch.setattr(warehouse, "current_or_none", lambda: None)
    assert access.role_to("write sheets", "larch") is None


def test_without_sign_in_everything_is_open_on_this_machine_and_the_workspace_is_not_on_others(home, monkeypatch):
    deeds = {deed: "larch" if deed in OF_A_UNIT else None for deed in access.DEEDS}
    assert all(access.role_to(deed, unit) == "demonstration" for deed, unit in deeds.items())
    assert access.role_to("write sheets", "nowhere") is None
    monkeypatch.setattr(access.st, "get_option", lambda name: "0.0.0.0")
    assert {deed for deed, unit in deeds.items() if access.role_to(deed, unit)} == {"write sheets", "ask"}


@pytest.mark.parametrize("units", [["larch"], ["AC"], ["nowhere"], ["larch", "AC"]])
def test_where_all_is_public_an_analyst_of_some_still_changes_nothing_for_all(tmp_path, monkeypatch, units):
    monkeypatch.setenv("KINSHIP_HOME", str(tmp_path))
    with duckdb.connect(str(small_release.build(tmp_path))) as con:
        con.execute("UPDATE mart.value SET people_band = NULL")
        con.execute("DELETE FROM mart.value WHERE shown = 'protected'")
    assert warehouse.not_public(warehouse.current()) == ()
    sign_in_as(monkeypatch, tmp_path, *(("analyst", unit) for unit in units))
    assert [deed for deed in OF_ALL if access.role_to(deed)] == []
    sign_in_as(monkeypatch, tmp_path, *(("analyst", unit) for unit in warehouse.top_units(warehouse.current())))
    assert {deed for deed in OF_ALL if access.role_to(deed)} == OF_ALL


# ---- sheets ----------------------------------------------------------------------------------------------------------


def test_staff_read_the_sheet_of_their_team_and_cannot_write_it(open_as, home):
    begun()
    test = open_as(("staff", "larch"), page=TRYING)
    assert "keep team time on Thursdays" in words_on(test) and "a leader" in words_on(test)
    assert not buttons(test) & {"Change it", "Look back", "Begin a sheet", "Keep the sheet"}
    test = open_as(("staff", "fern"), page=TRYING)
    assert "Nothing is being tried" in words_on(test) and "Begin a sheet" not in buttons(test)


def test_a_leader_writes_of_their_own_team_as_a_leader_and_not_by_name(open_as):
    test = press(open_as(("leader", "larch"), page=TRYING), "Begin a sheet")
    box(test, "1. We will …").set_value("keep team time")
    box(test, "1. Which help it is").set_value("team")
    box(test, "1. Signals we hope to move").set_value(["sickness_rate"])
    press(test, "Keep the sheet")
    [sheet] = sheets.of(["larch"])
    assert sheet.now.author == "leader"


def test_whoever_leads_one_team_and_works_in_another_writes_in_one_and_reads_in_the_other(open_as):
    begun("heron")
    both = ("leader", "larch"), ("staff", "heron")
    assert "Begin a sheet" in buttons(open_as(*both, page=TRYING, unit="larch"))
    test = open_as(*both, page=TRYING, unit="heron")
    assert "keep team time on Thursdays" in words_on(test) and not buttons(test) & {"Change it", "Look back"}


def test_an_address_that_names_another_unit_reads_and_writes_nothing_of_it(open_as):
    begun("fern-3")
    notes.looks_wrong(FERN, "too_low", "", "leader")
    test = open_as(("leader", "larch"), page=TRYING, unit="fern-3")
    said = words_on(test)
    assert "asks for a unit that is not here for you" in said and "Larch" in said
    assert "Fern" not in said and "keep team time" not in said
    test = press(test, "Begin a sheet")
    box(test, "1. We will …").set_value("keep team time")
    box(test, "1. Which help it is").set_value("team")
    box(test, "1. Signals we hope to move").set_value(["sickness_rate"])
    press(test, "Keep the sheet")
    assert len(sheets.of(["larch"])) == 1 and len(sheets.of(["fern-3"])[0].versions) == 1


def test_a_form_left_open_while_the_rules_change_keeps_nothing(open_as, home, monkeypatch):
    test = press(open_as(("leader", "larch"), page=TRYING), "Begin a sheet")
    box(test, "1. We will …").set_value("keep team time")
    box(test, "1. Which help it is").set_value("team")
    box(test, "1. Signals we hope to move").set_value(["sickness_rate"])
    sign_in_as(monkeypatch, home, ("staff", "larch"))
    test = press(test, "Keep the sheet")
    assert sheets.of(["larch"]) == [] and "Nothing is being tried" in words_on(test)
    said = []
    monkeypatch.setattr(session.st, "warning", lambda text, icon: said.append(text))
    assert not session.kept("write sheets", "larch", sheets.begin, "larch", [THING], FEBRUARY, today=TODAY)
    assert sheets.of(["larch"]) == [] and "not yours to write" in said[0]


# ---- questions, and their answers ------------------------------------------------------------------------------------


def test_staff_and_analysts_read_what_was_asked_and_answered_and_do_not_ask(open_as, monkeypatch):
    large = {"page": pages.of("indicator").path, "unit": "larch", "indicator": "fill_rate"}
    for role in ("staff", "analyst"):
        assert not buttons(open_as((role, "AC"), **large)) & {":gray[Looks wrong?]", "Say what happened"}
    assert {":gray[Looks wrong?]", "Say what happened"} <= buttons(open_as(("leader", "larch"), **large))
    notes.looks_wrong(SEEN, "too_high", "", "leader")
    session.notes_of.clear()
    test = open_as(("staff", "larch"), **large)
    assert [label for label in buttons(test) if label.startswith(":gray[Asked ")]
    button = questions.beside

    def opened(view, row):
        button(view, row)
        questions.question(view, row)

    monkeypatch.setattr(questions, "beside", opened)
    test = open_as(("staff", "larch"), **large)
    assert "It looks too high" in words_on(test) and "Tell the analyst" not in buttons(test)


def test_an_analyst_of_one_division_sees_and_answers_what_was_asked_there(open_as, home, monkeypatch):
    notes.looks_wrong(SEEN, "too_high", "", "leader")
    notes.looks_wrong(FERN, "too_low", "", "leader")
    test = open_as(("analyst", "CC"), page=ASKED)
    said = words_on(test)
    assert "1 number looks wrong" in said and "Fern Ward" in said and "Larch" not in said
    box(test, "Answer").set_value("right")
    press(test, "Answer")
    assert [reply.author for note in notes.of(["fern-3"]) for reply in note.replies] == ["analyst"]
    assert notes.of(["larch"])[0].open


@pytest.mark.parametrize("role", ["leader", "staff", "executive"])
def test_the_analysts_pages_are_nobody_elses(open_as, role):
    test = open_as((role, "NHC"))
    for page in (ASKED, SOURCES, RELEASES, pages.of("definitions").path):
        with pytest.raises(ValueError, match="Could not find a navigation page"):  # it is not among theirs
            test.switch_page(page)


@pytest.mark.parametrize("role", access.ROLES)
def test_every_page_that_a_role_opens_is_drawn_whole(open_as, role):
    test = open_as((role, "NHC"))
    for page in PAGES:
        try:
            test = test.switch_page(page).run()
        except ValueError:
            continue  # not one of theirs
        assert not test.exception and "could not be drawn" not in words_on(test), page


# ---- sources and releases --------------------------------------------------------------------------------------------


@pytest.fixture
def two_releases(tmp_path_factory, monkeypatch):
    """The earlier of them is not for everybody."""
    folder = tmp_path_factory.mktemp("two")
    earlier = small_release.build(folder, "2026-06-01a")
    with duckdb.connect(str(earlier)) as con:
        con.execute("UPDATE meta.release SET synthetic = false")
    small_release.build(folder)
    return folder


def test_only_an_analyst_of_the_whole_goes_back(two_releases, monkeypatch):
    went = []
    monkeypatch.setattr(engine_process, "roll_back", lambda release: went.append(release) or "Gone back.")
    opened = opener(two_releases, monkeypatch)
    sign_in_as(monkeypatch, two_releases, ("analyst", "CC"))
    test = opened(RELEASES)
    assert "an analyst of the whole organisation does it" in words_on(test) and "Make it current…" not in buttons(test)
    sign_in_as(monkeypatch, two_releases, ("analyst", "NHC"))
    test = opened(RELEASES)
    sign_in_as(monkeypatch, two_releases, ("analyst", "CC"))  # while the page stands open
    press(test, "Make 2026-06-01a current")
    assert went == []
    sign_in_as(monkeypatch, two_releases, ("analyst", "NHC"))
    press(opened(RELEASES), "Make 2026-06-01a current")
    assert went == ["2026-06-01a"]


def test_an_open_demonstration_tells_nothing_of_a_release_that_is_not_for_everybody(two_releases, monkeypatch):
    opened = opener(two_releases, monkeypatch)
    test = opened(RELEASES)
    assert "1 release;" in words_on(test) and "There is nothing to compare yet" in words_on(test)
    test = opened(pages.of("review").path)
    assert not [each for each in test.selectbox if each.label == "Compare with"]
    sign_in_as(monkeypatch, two_releases, ("analyst", "NHC"), ("executive", "NHC"))
    assert "2 releases;" in words_on(opened(RELEASES))
    test = opened(pages.of("review").path)
    assert [each for each in test.selectbox if each.label == "Compare with"]


def test_before_the_first_release_an_analyst_tries_a_source_and_others_read_that_there_is_nothing(
    tmp_path, monkeypatch
):
    opened = opener(tmp_path, monkeypatch)
    assert "No sample yet" in words_on(opened(SOURCES)) and "No release yet" in words_on(opened())
    assert [link.proto.label for link in opened().get("page_link")] == ["Add a source that Kinship does not know yet"]
    sign_in_as(monkeypatch, tmp_path, ("analyst", "NHC"))
    assert "No sample yet" in words_on(opened(SOURCES))
    assert access.role_to("add sources") is None  # nothing says yet whether NHC is all there is
    sign_in_as(monkeypatch, tmp_path, ("leader", "NHC"))
    test = opened()
    assert "No release yet" in words_on(test) and not test.get("page_link") and access.role_to("add sources") is None
    monkeypatch.setattr(access, "claims", lambda: None)
    assert "Your organisation’s own sign-in" in words_on(opened())
