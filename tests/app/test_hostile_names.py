"""Names that mean harm, all the way: from an extract through the build to pages, pack and workbook, and back as a query of an address."""

import io
import re

import openpyxl
import pypdf
import pytest
import yaml

from etl.paths import Workspace
from pages.parts.access import access
from pages.parts.journal import connection, store
from pages.parts.review import report
from pages.parts.shell import pages
from tests.app.conftest import ROOT, opener, words_on
from tests.conftest import Engine, sickness, sickness_row, staffing, staffing_row, table
from tests.etl.test_hostile import ENDLESS

NAMES = [
    "<img src=x onerror=\"document.title='owned'\">",
    "'; DROP TABLE own; --",
    '"; DROP SCHEMA core CASCADE; --',
    '=HYPERLINK("http://evil.test","x")',
    "[ward](http://evil.test) **bold** $x^2$ :red[r]",
    "../../secret.key",
    "#set page(fill: red)",  # Typst, of which the pack is made
]
TRUST = "x'; DROP TABLE figure; --"
TAGS = re.compile(r"(?<!\\)<(img|script|svg|iframe|a)\b", re.IGNORECASE)
MONTHS = [f"01/{month:02}/{year}" for year in (2022, 2023) for month in range(1, 13)]


@pytest.fixture(scope="module")
def engine(tmp_path_factory) -> Engine:
    """A release of an organisation in which everything is called so, and a unit of such a name became another."""
    home = tmp_path_factory.mktemp("hostile") / "workspace"
    engine = Engine(home, Workspace(home))
    engine.workspace.make()
    rows = [
        staffing_row(name, month, hours=(100, 90 - n % 3, 50, 45, 80, 80, 40, 38), division=NAMES[0])
        for name in NAMES
        for n, month in enumerate(MONTHS)
    ]
    engine.drop("staffing_return.csv", staffing(*rows))
    engine.drop(
        "sickness_return.csv",
        sickness(
            *(
                sickness_row(
                    TRUST,
                    50 + n % 2,
                    1000,
                    f"28{day[2:]}",
                )
                for n, day in enumerate(MONTHS)
            )
        ),
    )
    titles = ["Unit", "Title", "Level", "Parent", "From", "To", "Successor"]
    units = [["ORG", "Organisation", "organisation", "", "", "", ""]]
    units += [[f"t{n}{name}", name, "team", "ORG", "", "", ""] for n, name in enumerate(NAMES)]
    units += [["old'; DROP TABLE own; --", "Old", "team", "ORG", "", "01/05/2023", f"t0{NAMES[0]}"]]
    engine.drop("teams.csv", table(titles, units))
    posts = [[unit, day, 10, 20] for unit, *_ in units[1:] for day in ("31/01/2023", "28/02/2023")]
    posts += [["unknown'; DROP TABLE own; --<img src=x>", "31/01/2023", 10, 20]]
    engine.drop("establishment.csv", table(["Unit", "Month", "Funded FTE", "Headroom %"], posts))
    engine.drop(
        "events.csv",
        table(["Unit", "Month", "Kind", "What happened"], [[units[1][0], "01/03/2023", "other", NAMES[0]]]),
    )
    engine.drop("<img src=x onerror=alert(1)>'; DROP TABLE own; --.csv", "a,b\n1,2\n")
    said = engine.run("build")
    assert said.code == 3, said.said  # the last one is nobody's
    return engine


def test_every_name_comes_through_as_it_was_written(engine):
    titles = {title for (title,) in engine.ask("SELECT title FROM meta.unit")}
    assert set(NAMES) <= titles
    assert engine.ask("SELECT name FROM meta.unknown_name WHERE source = 'establishment'") == [
        ("unknown'; DROP TABLE own; --<img src=x>",)
    ]
    assert engine.ask("SELECT count(*) FROM mart.value WHERE shown = 'yes'")[0][0] > 500
    assert engine.ask("SELECT what FROM meta.event WHERE kind = 'other'") == [(NAMES[0],)]
    assert "Nothing has changed" in engine.run("build").said


@pytest.mark.parametrize(("page", "name"), [(pages.of("team").path, NAMES[1]), (pages.of("quality").path, NAMES[0])])
def test_pages_draw_them_as_words(engine, monkeypatch, page, name):
    """In a browser: test_app_browser.py, of a release with such names."""
    test = opener(engine.home, monkeypatch)(page, unit=name, indicator=name, month=name)
    said = words_on(test)
    assert not test.exception and "could not be drawn" not in said
    assert "DROP TABLE own" in said or "quality" in page
    drawn = [str(each.value) for kind in (test.markdown, test.caption, test.title, test.header) for each in kind]
    assert not [text for text in drawn if TAGS.search(text)]
    assert not [text for text in drawn if re.search(r"(?<!\\)\]\(http", text)]
    pieces = "".join(str(each.proto.body) for each in test.get("html"))
    assert "<img src=x" not in pieces and ("&lt;img src=x" in pieces or "quality" in page)


def test_the_pack_and_the_workbook_hold_them_as_words(engine, monkeypatch, tmp_path):
    monkeypatch.setenv("KINSHIP_HOME", str(engine.home))
    assert report.main(["--unit", TRUST, "--out", str(tmp_path)]) == 0
    files = {path.suffix: path for path in tmp_path.iterdir()}
    assert len(files) == 2 and all(path.parent == tmp_path for path in files.values())
    text = "".join(page.extract_text() for page in pypdf.PdfReader(files[".pdf"]).pages)
    assert "DROP TABLE figure" in text
    book = openpyxl.load_workbook(io.BytesIO(files[".xlsx"].read_bytes()))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert any("DROP TABLE" in str(cell.value) for cell in cells)
    assert {cell.data_type for cell in cells} <= {"s", "n", "d"} and not [cell for cell in cells if cell.hyperlink]


# ---- HTML that Streamlit is told to take as it is ----------------------------------------------------------------------

REVIEWED = {
    "pages/parts/kindness/circle.py": "the ring: numbers and words of our own, titles escaped where they are drawn (circle_diagram.py)",
    "pages/parts/drawing/markup.py": "every word goes through `text`, every address through `link`; styles and the script are our files",
    "pages/parts/sources/sample_result.py": "a whole number",
}


def test_where_html_is_written_is_known_and_reviewed():
    """`unsafe_allow_html`, `st.html` and components: whoever adds one says here why nothing from an extract can get through."""
    pages = [ROOT / "app.py", *sorted((ROOT / "pages").rglob("*.py"))]
    found = {
        path.relative_to(ROOT).as_posix()
        for path in pages
        if re.search(
            r"unsafe_allow_html|unsafe_allow_javascript|\.html\(|components\.", path.read_text(encoding="utf-8")
        )
    }
    assert found == set(REVIEWED)
    for path in pages:
        script = 'st.html(f"<style>{styles}</style><script>{links}</script>", unsafe_allow_javascript=True)'
        said = path.read_text(encoding="utf-8").replace(script if path.stem == "markup" else "-", "")
        assert "unsafe_allow_javascript" not in said


# ---- YAML that the app reads -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ENDLESS.values(), ids=ENDLESS)
def test_yaml_without_end_lets_nobody_in_and_stops_no_page(tmp_path, monkeypatch, text):
    monkeypatch.setenv("KINSHIP_HOME", str(tmp_path))
    (tmp_path / "access.yaml").write_text(text)
    with pytest.raises(access.BadAccess) as refused:
        access.rules()
    assert len(str(refused.value)) < 500
    (tmp_path / "settings.yaml").write_text(text)
    try:
        connection.where()
    except store.Unavailable as reason:
        assert len(str(reason)) < 500


@pytest.mark.parametrize(
    "more",
    [
        "who: [{email: a@b.c, role: *i, units: [x]}]",
        "who: [{email: *i, role: leader, units: [x]}]",
        "who: []\nclaim: *i",
        "who: *i",
    ],
)
def test_nor_does_a_record_in_which_everything_is_named_again_and_again(tmp_path, monkeypatch, more):
    monkeypatch.setenv("KINSHIP_HOME", str(tmp_path))
    laughs = ENDLESS["a billion laughs"].replace("a: &a", "x: &a", 1)
    (tmp_path / "access.yaml").write_text(f"{laughs}{more}\n")
    assert yaml.safe_load(laughs)
    with pytest.raises(access.BadAccess) as refused:
        access.rules()
    assert len(str(refused.value)) < 500
    (tmp_path / "settings.yaml").write_text(f"{laughs}journal: *i\n")
    with pytest.raises(store.Unavailable):
        connection.where()
