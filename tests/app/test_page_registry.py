"""The registry of pages: one row a page, and who may open it goes by the row, whatever the page is called."""

from dataclasses import replace

import pytest

from pages.parts.access import access
from pages.parts.shell import filters, pages
from tests.app import small_release
from tests.app.conftest import ROOT, opener, sign_in_as, words_on

SCRIPTS = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "pages").glob("[!p]*/*.py"))
SHARED = pages.of("circle")
STRANGE = pages.Page("strange", "pages/executives/signals.py", SHARED.title, SHARED.section, "")


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    folder = tmp_path_factory.mktemp("registry")
    small_release.build(folder)
    return folder


def offered(test) -> set[str]:
    """The scripts that the reader may open."""
    may = set()
    for path in SCRIPTS:
        try:
            test.switch_page(path)
        except ValueError:
            continue
        may.add(path)
    return may


def opened_as(monkeypatch, home, *roles: str):
    if roles:
        sign_in_as(monkeypatch, home, *((role, "NHC") for role in roles))
    return opener(home, monkeypatch)()


def test_every_script_has_a_row_and_every_row_is_sound():
    rows = pages.PAGES.values()
    assert sorted(page.path for page in rows) == SCRIPTS
    assert {key for key, page in pages.PAGES.items() if key != page.id} == set()
    assert pages.FIRST in pages.PAGES
    names = [name for page in rows for name in (page.title, *page.former_titles)]
    assert len(names) == len(set(names)), "two pages of one title cannot be told apart in the audit record"
    for page in rows:
        assert set(page.filters) <= set(filters.LABELS), page.id
        assert page.open_to and set(page.open_to) <= set(access.ROLES), page.id
        assert page.help.endswith("."), page.id


@pytest.mark.parametrize("role", access.ROLES)
def test_a_page_by_another_title_is_open_to_the_same_roles(monkeypatch, home, role):
    before = offered(opened_as(monkeypatch, home, role))
    assert before == {page.path for page in pages.PAGES.values() if role in page.open_to} != set()
    renamed = {page.id: replace(page, title=f"Page {n}") for n, page in enumerate(pages.PAGES.values())}
    monkeypatch.setattr(pages, "PAGES", renamed)
    test = opened_as(monkeypatch, home, role)
    assert offered(test) == before
    for path in before:
        assert "could not be drawn" not in words_on(test.switch_page(path).run()), path


@pytest.mark.parametrize("role", [None, *access.ROLES])
def test_a_page_without_a_rule_is_closed_even_if_it_is_called_as_one_that_is_shared(monkeypatch, home, role):
    """Nor is it open because others of its section are; nor where no sign-in is set up and the rest is everybody's."""
    others = {page.id: page for page in pages.PAGES.values() if page.path != STRANGE.path}
    monkeypatch.setattr(pages, "PAGES", others | {STRANGE.id: STRANGE})
    test = opened_as(monkeypatch, home, *filter(None, [role]))
    may = offered(test)
    assert STRANGE.path not in may and SHARED.path in may
    reader = access.Reader(*((None, ()) if role is None else ("maria", (access.Grant(role, ("NHC",)),))))
    assert reader.opens(SHARED) and not reader.opens(STRANGE)
    assert reader.on(access.warehouse.current(), STRANGE) == access.Viewer("", ())


def test_a_role_that_no_row_names_opens_nothing():
    reader = access.Reader("maria", (access.Grant("visitor", ("NHC",)),))
    assert not any(reader.opens(page) for page in pages.PAGES.values())


def test_titles_stand_nowhere_else():
    """Of a page's title a copy would not follow when the row changes; words that say it in a sentence may."""
    copies = {
        (str(path.relative_to(ROOT / "pages" / "parts")), page.title)
        for path in (ROOT / "pages").rglob("*.py")
        for page in pages.PAGES.values()
        if path.name != "pages.py" and f'"{page.title}"' in path.read_text(encoding="utf-8")
    }
    assert copies == {
        ("access/audit.py", "One unit"),  # the example of a line of the record
        ("kindness/circle.py", "The circle"),  # one of the three parts of what staff are asked
        ("kindness/kindness.py", "The circle"),
        ("review/workbook.py", "Definitions"),  # a sheet of the workbook
    }
