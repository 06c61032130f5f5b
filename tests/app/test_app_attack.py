"""Everything a reader may send, in every role, to learn of units that are not theirs: nothing comes back, and nothing differs."""

import ast
import io
import shutil
import threading
import zipfile
from pathlib import Path

import duckdb
import pypdf
import pytest
import streamlit as st
import yaml
from streamlit.testing.v1 import local_script_runner
from streamlit.util import calc_hash

from pages.parts.journal import connection, notes, session
from pages.parts.release import warehouse
from pages.parts.shell import filters, pages
from tests.app import marked, scope_of_sql, small_release, sockets
from tests.app.conftest import ROOT, Server, opener, sign_in_as
from tests.app.marked import ALL, code
from tests.app.test_app_warehouse import ASKED, OF_TWO, QUESTIONS

NOTHING = marked.Found(frozenset(), frozenset())
NOWHERE = "cQ99Q"  # as long as a unit's code, and nobody's
EARLIER = "2026-06-01a"
ROLES = {  # each in another corner: a team, one that has moved, and two divisions
    "leader": code("larch"),
    "staff": code("heron"),
    "executive": code("CC"),
    "analyst": code("AC"),
}
SCRIPTS = [ROOT / "app.py", *sorted((ROOT / "pages").rglob("*.py"))]
PAGES = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "pages").glob("[!p]*/*.py"))


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    """A workspace of marked units with two releases, in which somebody has asked about every unit."""
    folder = tmp_path_factory.mktemp("marked")
    newest = marked.build(folder)
    earlier = newest.with_name(f"{EARLIER}.duckdb")
    shutil.copy(newest, earlier)
    with duckdb.connect(str(earlier)) as con:
        con.execute("UPDATE meta.release SET release = ?", [EARLIER])
        con.execute("UPDATE mart.value SET value = value - 0.5 WHERE month(month) = 4")
    (folder / "inbox").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KINSHIP_HOME", str(folder))
        connection._met.clear()
        for unit in ALL:
            seen = notes.Seen(unit, "fill_rate", small_release.MONTHS[27], small_release.RELEASE, "92 %")
            notes.looks_wrong(seen, "other", f"seen in {unit.replace('c', 'e', 1)}", "leader")
    return folder


@pytest.fixture
def here(home, monkeypatch):
    monkeypatch.setenv("KINSHIP_HOME", str(home))
    connection._met.clear()
    session.notes_of.clear()
    return home


@pytest.fixture
def release(here):
    return warehouse.current()


# ---- the questions, as they are written ------------------------------------------------------------------------------

LET_PASS = {  # parts of a question that read of all units, and why that tells of none
    "coverage": {"newest"},  # the newest month of a source: whoever sees its files is told it, too
    "protection": {"depth"},  # how deep each level lies
}
WHOLE = {"unit_names"}  # told to who sees every unit and to nobody else: tried below


def read(question: str) -> str:
    return (warehouse.QUESTIONS / f"{question}.sql").read_text(encoding="utf-8")


@pytest.mark.parametrize("question", sorted({*QUESTIONS, *OF_TWO} - WHOLE))
def test_every_table_of_units_is_read_within_the_scope(question):
    assert scope_of_sql.open_in(read(question), frozenset(LET_PASS.get(question, ()))) == set()


def test_what_is_let_pass_is_needed():
    assert all(scope_of_sql.open_in(read(question)) for question in (*LET_PASS, *WHOLE))
    assert set(LET_PASS) | WHOLE <= set(QUESTIONS)


IN_SCOPE = "IN (SELECT unnest($units::VARCHAR[]))"
OPENED = {  # question → what is taken out of it, and what is put in its place
    "the condition dropped": ("series", f"  AND v.unit {IN_SCOPE}\n", ""),
    "one of two ways": ("series", "  AND v.unit IN", "  OR v.unit IN"),
    "turned round": ("series", "v.unit IN", "v.unit NOT IN"),
    "limited to what was asked for": ("series", "$units", "$of"),
    "a list of units without the scope": ("settled_values", f"  AND unit {IN_SCOPE}\n", ""),
    "in the first of several parts": ("now", f"      AND unit {IN_SCOPE}\n", ""),
    "in a query within": ("strain_since", f"    WHERE unit {IN_SCOPE}\n", ""),
    "one side of a cross join": ("constructs", f"w.unit {IN_SCOPE}\n  AND ", ""),
    "only that there is a scope": ("months", f"unit {IN_SCOPE}", "len($units::VARCHAR[]) > 0"),
    "more rows from elsewhere": ("months", "ORDER BY month DESC", "UNION SELECT month FROM mart.value"),
    "one side of a full join": ("changes", "coalesce(l.unit, e.unit)", "l.indicator"),
}
PLANTED = {
    "a parameter nobody vouched for": "SELECT v.value FROM mart.value AS v WHERE v.unit = $unit",
    "the wrong side of a join": f"SELECT v.value FROM mart.value AS v LEFT JOIN meta.unit AS u ON u.unit = v.unit AND u.unit {IN_SCOPE}",
    "one number of all": f"SELECT v.value, (SELECT max(value) FROM mart.value) AS m FROM mart.value AS v WHERE v.unit {IN_SCOPE}",
    "that there is any": "SELECT i.title FROM meta.indicator AS i WHERE EXISTS (SELECT 1 FROM mart.value AS v WHERE v.value > 9)",
    "a place among all": "WITH r AS (SELECT unit, rank() OVER (ORDER BY value) AS place FROM mart.value) "
    f"SELECT r.place FROM r WHERE r.unit {IN_SCOPE}",
    "each beside all": "WITH r AS (SELECT a.unit, max(b.value) AS m FROM mart.value AS a CROSS JOIN mart.value AS b GROUP BY a.unit) "
    f"SELECT r.m FROM r WHERE r.unit {IN_SCOPE}",
    "joined to a list that was asked for": "WITH a AS (SELECT u.unit FROM mart.wave AS w CROSS JOIN "
    f"(SELECT unnest($of::VARCHAR[]) AS unit) AS u WHERE w.unit {IN_SCOPE}) "
    "SELECT v.value FROM mart.value AS v JOIN a ON a.unit = v.unit",
    "a scope with more added": f"WITH a AS (SELECT unit FROM mart.wave WHERE unit {IN_SCOPE} UNION SELECT unnest($of::VARCHAR[]) AS unit) "
    "SELECT v.value FROM mart.value AS v JOIN a ON a.unit = v.unit",
}


@pytest.mark.parametrize("how", [*OPENED, *PLANTED])
def test_a_question_that_is_not_limited_is_found(how):
    if how in PLANTED:
        assert scope_of_sql.open_in(PLANTED[how])
        return
    question, taken, put = OPENED[how]
    assert taken in read(question)
    assert scope_of_sql.open_in(read(question).replace(taken, put))


# ---- the questions, asked --------------------------------------------------------------------------------------------


def asked_about(question: str, *units: str) -> dict:
    """What the question is asked elsewhere, of these units: of the first where it is about one."""
    params = ASKED.get(question, {})
    return {key: {"unit": units[0], "of": list(units)}.get(key, value) for key, value in params.items()}


ABOUT_ONE = [question for question in QUESTIONS if "unit" in ASKED.get(question, {})]
ABOUT_SOME = [question for question in QUESTIONS if "of" in ASKED.get(question, {})]


@pytest.mark.parametrize("root", ROLES.values(), ids=list(ROLES))
def test_no_question_tells_of_a_unit_outside_the_scope_nor_whether_there_is_one(release, root):
    own = marked.scope(root)
    others = tuple(sorted(set(ALL) - own))
    cases = [(question, (unit,)) for question in ABOUT_ONE for unit in ALL]
    cases += [(question, units) for question in ABOUT_SOME for units in (ALL, others)]
    cases += [(question, (NOWHERE,)) for question in QUESTIONS]
    nobody = {}
    for question, units in reversed(cases):  # so that a unit that is not there comes first
        answer = repr(warehouse.ask(release, question, (root,), **asked_about(question, *units)))
        assert marked.of_others(answer.encode(), root) == NOTHING, (question, units)
        nobody.setdefault(question, answer)
        if not own & set(units):
            assert answer == nobody[question], (question, units)


def test_there_are_questions_about_units():
    assert len(ABOUT_ONE) > 9 and len(ABOUT_SOME) > 3


@pytest.mark.parametrize("month", [small_release.MONTHS[5], small_release.MONTHS[11]])
def test_a_unit_that_has_moved_does_not_tell_where_it_stood_before(release, month):
    for role, about in (("staff", code("heron")), ("executive", code("heron")), ("executive", code("AC"))):
        for question in ("strain", "units_below"):
            answer = repr(warehouse.ask(release, question, (ROLES[role],), unit=about, month=month))
            assert marked.of_others(answer.encode(), ROLES[role]) == NOTHING, question


def test_the_marks_would_be_found(release):
    """Of everybody's units, to somebody who may see them: else the search above finds nothing because it cannot."""
    said = b"".join(
        repr(warehouse.ask(release, question, (code("NHC"),), **asked_about(question, unit))).encode()
        for question, unit in (
            ("units", ""),
            ("now", code("larch")),
            ("series", code("fern")),
            ("events", code("larch")),
        )
    )
    found = marked.found_in(said)
    assert found.words == set(ALL) and {code("larch"), code("fern")} <= found.figures
    assert marked.of_others(said, code("CC")).figures == {code("larch"), code("fern")}


@pytest.mark.parametrize("question", sorted(OF_TWO))
def test_what_changed_between_two_releases_is_told_of_the_own_units(here, release, question):
    pair = warehouse.Pair(next(each for each in warehouse.earlier(release)), release, (code("CC"),))
    answer = repr(pair.ask(question, **({"indicator": "sickness_rate"} if question == "revised" else {})))
    assert marked.of_others(answer.encode(), code("CC")) == NOTHING
    if question == "revised":
        assert marked.found_in(answer.encode()).figures


def test_the_names_of_units_in_other_systems_are_told_whole_or_not_at_all(release):
    assert len(warehouse.ask(release, "unit_names", (code("NHC"),))) == 2
    for roots in ((code("AC"),), (code("CC"),), (code("AC"), code("CC"))):
        assert warehouse.ask(release, "unit_names", roots) == []


# ---- the pages -------------------------------------------------------------------------------------------------------

# What an address may hold, and what an attacker puts there beside the unit.
IDS = {"unit", "of", "under"}
ADDRESS = {
    "indicator": "fill_rate",
    "month": "2024-06",
    "all": "true",
    "changed": "true",
    "beside": "true",
    "show": "every",
    "doubt": "fill_rate",
}
ADDRESS |= {"source": "rota", "wave": "2025-09", "status": "Answered", "from": EARLIER, "to": small_release.RELEASE}


def parameters() -> set[str]:
    """Every name that the code reads out of the address, found by parsing it."""
    found: set[str] = set()
    for path in SCRIPTS:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        constants = _constants(tree)
        for node in ast.walk(tree):
            if isinstance(node, ast.Subscript) and _is_address(node.value):
                found |= _named(node.slice, constants, path)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and _is_address(node.func.value):
                assert node.func.attr in ("get", "pop", "update"), (path, node.func.attr)
                found |= {each.arg for each in node.keywords}
                found |= _named(node.args[0], constants, path) if node.args else set()
            if isinstance(node, ast.Call) and any(each.arg == "bind" for each in node.keywords):
                found |= {each.value.value for each in node.keywords if each.arg == "key"}
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "chosen":
                found |= {node.args[1].value} if len(node.args) == 3 else set()
        assert "st.context.url" not in path.read_text(encoding="utf-8")
    return found | set(filters.LABELS)


def _constants(tree: ast.Module) -> dict[str, object]:
    given = [node for node in tree.body if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)]
    return {target.id: node.value.value for node in given for target in node.targets if isinstance(target, ast.Name)}


def _is_address(node: ast.expr) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == "query_params"


def _named(node: ast.expr, constants: dict, path: Path) -> set[str]:
    """The name that is read; a variable only where it is known what goes through it: LABELS, and what `chosen` is called with."""
    if isinstance(node, ast.Constant):
        return {node.value}
    if isinstance(node, ast.Name) and node.id in constants:
        return {constants[node.id]}
    assert isinstance(node, ast.Name) and node.id == "key" and path.stem in ("filters", "coverage"), (
        path,
        ast.dump(node),
    )
    return set()


def test_every_name_that_an_address_may_hold_is_tried():
    assert parameters() == IDS | set(ADDRESS)


class Everything:
    """What runs of the app send, what they ask of the release, and the files they offer."""

    def __init__(self, monkeypatch):
        self.sent: list[bytes] = []
        self.asked: list[tuple] = []
        self.files: dict[str, tuple[str, object]] = {}
        parsed, ask = local_script_runner.parse_tree_from_messages, warehouse.ask

        def parse(messages):
            self.sent += [
                each.delta.SerializeToString(deterministic=True)
                for each in messages
                if each.WhichOneof("type") == "delta"
            ]
            self.sent += [
                each.SerializeToString(deterministic=True)
                for each in messages
                if each.WhichOneof("type") == "navigation"
            ]
            return parsed(messages)

        def asking(*question, **params):
            self.asked.append((question[1], question[2], repr(params)))
            return ask(*question, **params)

        def offered(label, data=None, file_name="", *_, **__):
            self.files[label] = (file_name, data)
            return False

        monkeypatch.setattr(local_script_runner, "parse_tree_from_messages", parse)
        monkeypatch.setattr(warehouse, "ask", asking)
        monkeypatch.setattr(st, "download_button", offered)

    def cleared(self):
        self.sent, self.asked, self.files = [], [], {}


def everything_of(monkeypatch, home, role: str, others: list[str]) -> dict[str, tuple[bytes, list, dict[str, bytes]]]:
    """page → (all that was sent, what was asked of the release, its files), of one session that goes through every page with the
    units of others in the address."""
    st.cache_data.clear()  # what is asked again must be asked again
    filters._fullest.cache_clear()
    sign_in_as(monkeypatch, home, (role, ROLES[role]))
    seen = Everything(monkeypatch)
    test = opener(home, monkeypatch)(unit=others[0])
    found = {"": (b"\n".join(seen.sent), seen.asked, {})}
    for number, page in enumerate(PAGES):
        try:
            test.switch_page(page)
        except ValueError:
            continue  # not one of this role's
        seen.cleared()
        test.query_params.update(ADDRESS | dict.fromkeys(IDS, others[number % len(others)]))
        test.run()
        assert not test.exception, page
        files, asked = {}, list(seen.asked)
        for label, (name, data) in seen.files.items():
            if not (label.endswith("(PDF)") and others == [NOWHERE]):  # the dearest, and once is enough
                files[label] = name.encode() + b"\n" + unpacked(data() if callable(data) else data)
        found[page] = (b"\n".join(seen.sent), asked, files)
    return found


def unpacked(file: bytes) -> bytes:
    if file.startswith(b"PK"):
        archive = zipfile.ZipFile(io.BytesIO(file))
        return b"\n".join(
            archive.read(name) for name in archive.namelist() if name != "docProps/core.xml"
        )  # which has the time
    if file.startswith(b"%PDF"):
        return "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(file)).pages).encode()
    return file


@pytest.mark.parametrize("role", list(ROLES))
def test_no_page_and_no_file_tells_of_others_and_what_is_not_yours_is_as_what_is_not_there(here, monkeypatch, role):
    root = ROLES[role]
    others = sorted(set(ALL) - marked.scope(root))
    theirs = everything_of(monkeypatch, here, role, others)
    monkeypatch.undo()
    monkeypatch.setenv("KINSHIP_HOME", str(here))
    nowhere = everything_of(monkeypatch, here, role, [NOWHERE])
    assert set(theirs) == set(nowhere) and len(theirs) > 5
    own = NOTHING
    for page, (sent, asked, files) in theirs.items():
        assert b"could not be drawn" not in sent, page
        assert marked.of_others(sent, root) == NOTHING, page
        assert sent == nowhere[page][0], f"{page} tells a unit that is not yours from one that is not there"
        assert asked == nowhere[page][1], f"{page} goes another way where there is such a unit"
        for label, file in files.items():
            assert marked.of_others(file, root) == NOTHING, (page, label)
            assert file == nowhere[page][2].get(label, file), (page, label)
        one = marked.found_in(sent)
        own = marked.Found(own.words | one.words, own.figures | one.figures)
    if role == "analyst":  # half a crosswalk in the place of the whole one would lose the other half
        offered = theirs[pages.of("quality").path][2]
        assert "Names matched (CSV)" in offered and "Crosswalk to send back (CSV)" not in offered
    assert root in own.words and own.figures & marked.scope(root), "what is their own would be found"
    assert sum(len(files) for *_, files in theirs.values()) >= (6 if role == "analyst" else 2)


# ---- straight to the server ------------------------------------------------------------------------------------------

WHO = {f"{role}@example.org": {"role": role, "units": [unit]} for role, unit in ROLES.items()}
WHO |= {
    "all@example.org": {"role": "executive", "units": [code("NHC")]},
    "quality@example.org": {"role": "analyst", "units": [code("NHC")]},
}
NAMES = {"team": "", **{Path(page).stem: Path(page).stem for page in PAGES if not page.endswith("team.py")}}


def rules(changed: dict | None = None) -> str:
    return yaml.safe_dump(
        {"who": [{"email": email} | given for email, given in (WHO | (changed or {})).items() if given]}
    )


@pytest.fixture(scope="module")
def server(home):
    """The app, with a provider that does not answer: who has a cookie of its is signed in, and nobody else can be."""
    (home / "access.yaml").write_text(rules(), encoding="utf-8")
    running = Server(home)
    (home / "secrets.toml").write_text(sockets.secrets(running, "http://127.0.0.1:9"), encoding="utf-8")
    running.start()
    yield running
    running.stop()
    (home / "secrets.toml").unlink()


@pytest.fixture(scope="module")
def first(server):
    """What the very first question after a restart was answered with: a page that is not the asker's, of a unit that is not."""
    found = {}
    with sockets.reading(server) as stranger:
        found[None] = stranger.ask("quality", unit=code("larch"), under=code("larch"))
    with sockets.reading(server, sockets.signed(server, email="leader@example.org")) as leader:
        found["leader"] = leader.ask("quality", unit=code("fern"), under=code("fern"))
    return found


@pytest.fixture
def as_(server, first, home):
    """A function that opens a session as somebody of these roles; afterwards the rules are as they were."""
    yield lambda role: sockets.reading(server, role and sockets.signed(server, email=f"{role}@example.org"))
    (home / "access.yaml").write_text(rules(), encoding="utf-8")


def kinds(answer: sockets.Answer) -> list[str]:
    return [message.WhichOneof("type") for message in answer.messages]


def test_a_deep_link_after_a_restart_opens_nothing_that_is_not_the_readers(first):
    assert "Your organisation’s own sign-in" in first[None].words and marked.found_in(first[None].sent) == NOTHING
    leader = first["leader"]
    assert "page_not_found" in kinds(leader) and "Where the rows went" not in leader.words
    assert "tQ03Q" in leader.words and marked.of_others(leader.sent, ROLES["leader"]) == NOTHING


def test_strangers_are_told_of_no_unit_by_any_page(as_):
    for who, names in ((None, list(NAMES.values())), ("nobody", ["", "review", "quality"])):
        with as_(who) as stranger:
            for page in names:
                answer = stranger.ask(page, unit=code("larch"), of=code("larch"), under=code("larch"), month="2026-04")
                assert marked.found_in(answer.sent) == NOTHING, page
                said = "own sign-in" if who is None else "No units are yours yet"
                assert said in answer.words, page


@pytest.mark.parametrize("role", ["leader", "analyst"])  # of the others each page shut is shut to one of these
def test_a_page_that_a_role_may_not_open_is_not_there_by_name_nor_by_hash(as_, role):
    with as_(role) as reader:
        theirs = reader.ask().pages
        assert 0 < len(theirs) < len(NAMES)
        shut = {page: calc_hash(page) for page in NAMES if calc_hash(page) not in theirs.values()}
        assert shut
        answers = {page: reader.ask(hash=of, unit=code("fern")) for page, of in shut.items()}
        answers["by name"] = reader.ask(next(NAMES[page] for page in shut if NAMES[page]), unit=code("fern"))
        for page, answer in answers.items():
            assert marked.of_others(answer.sent, ROLES[role]) == NOTHING, page
            assert answer.opened in theirs.values() and answer.pages == theirs, page
        assert "page_not_found" in kinds(answers["by name"])


def test_widgets_that_a_reader_was_not_shown_do_nothing(as_, home):
    current = (home / "releases" / "CURRENT").read_text(encoding="utf-8")
    with as_("quality") as analyst:
        releases = analyst.ask("releases")
        quality = analyst.ask("quality")
    shown = releases.widgets | quality.widgets
    assert {"roll_back", "back_to"} <= set(shown)
    with as_("leader") as leader:
        leader.ask("")
        forged = {shown["roll_back"]: True, shown["back_to"]: EARLIER}
        for page in ("releases", "quality", ""):
            answer = leader.ask(page, forged, unit=code("larch"))
            assert marked.of_others(answer.sent, ROLES["leader"]) == NOTHING
    with as_("analyst") as part:  # who may open the page, and not go back
        part.ask("releases")
        answer = part.ask("releases", forged)
        assert "an analyst of the whole organisation does it" in answer.words
    assert (home / "releases" / "CURRENT").read_text(encoding="utf-8") == current


def test_choices_that_no_list_offered_choose_nothing(as_):
    """Streamlit hands on whatever a list is said to have chosen, in it or not."""
    with as_("executive") as reader:
        drawn = reader.ask("indicator", unit=ROLES["executive"], indicator="fill_rate")
        assert "filter_unit" in drawn.widgets
        for forged in (code("larch"), "tQ03Q", "tQ03Q · team in tQ01Q", NOWHERE):
            answer = reader.ask("indicator", {drawn.widgets["filter_unit"]: forged}, indicator="fill_rate")
            assert marked.of_others(answer.sent, ROLES["executive"]).figures == set()
            assert "could not be drawn" not in answer.words
    with as_("analyst") as reader:
        drawn = reader.ask("quality")
        told = {}
        for forged in (code("fern-3"), NOWHERE):
            answer = reader.ask("quality", {drawn.widgets["choice_under"]: forged})
            assert marked.of_others(answer.sent, ROLES["analyst"]).figures == set()
            told[forged] = answer.words
        assert told[code("fern-3")] == told[NOWHERE]


def test_two_readers_at_once_never_get_each_others_answers(as_):
    """Neither more than is theirs nor less, whoever of them asked first."""
    at_once, harm = {}, []

    def read_on(role):
        try:
            with as_(role) as reader:
                at_once[role] = [reader.ask(page) for page in ("signals", "strain", "signals")]
        except Exception as error:
            harm.append(error)

    begun = [threading.Thread(target=read_on, args=(role,)) for role in ("leader", "all", "executive")]
    for thread in begun:
        thread.start()
    for thread in begun:
        thread.join()
    assert not harm
    for role, root in (("leader", ROLES["leader"]), ("executive", ROLES["executive"]), ("all", code("NHC"))):
        for answer in at_once[role]:
            assert marked.of_others(answer.sent, root) == NOTHING, role
            assert marked.scope(root) <= marked.found_in(answer.sent).words, f"{role} is offered every unit of theirs"
        assert at_once[role][0].words == at_once[role][2].words


def test_the_session_of_somebody_else_is_not_taken_up(as_, server):
    with as_("all") as reader:
        theirs = reader.ask("signals", unit=code("CC")).session
        for role in ("leader", None):
            cookie = role and sockets.signed(server, email=f"{role}@example.org")
            with sockets.reading(server, cookie, theirs) as other:
                answer = other.ask("signals", unit=code("CC"))
                assert answer.session != theirs and marked.of_others(answer.sent, ROLES["leader"]) == NOTHING


def test_a_file_is_made_for_who_may_have_it_when_the_button_is_pressed(as_, home):
    with as_("executive") as reader:
        answer = reader.ask("signals")
        [file] = answer.files
        assert marked.found_in(reader.take(file, answer.session)).words
        (home / "access.yaml").write_text(
            rules({"executive@example.org": {"role": "executive", "units": [code("AC")]}}), encoding="utf-8"
        )
        assert reader.take(file, answer.session) is None
        (home / "access.yaml").write_text(
            rules({"executive@example.org": {"role": "executive", "units": [code("NHC")]}}), encoding="utf-8"
        )
        assert reader.take(file, answer.session), "who may see more than before may have it"
        (home / "access.yaml").write_text("who: [", encoding="utf-8")
        assert reader.take(file, answer.session) is None
        assert reader.take("0" * 32, answer.session) is None


def test_a_dialog_left_open_while_the_rules_change_tells_nothing_more(as_, home):
    with as_("leader") as reader:
        drawn = reader.ask("indicator", indicator="fill_rate")
        pressed = {drawn.widgets["doubt_fill_rate"]: True}
        opened = reader.ask("indicator", pressed, indicator="fill_rate")
        [dialog] = opened.fragments
        assert "eQ03Q" in opened.words
        assert "eQ03Q" in reader.ask("indicator", fragment=dialog, indicator="fill_rate").words, (
            "it goes on while they may"
        )
        (home / "access.yaml").write_text(
            rules({"leader@example.org": {"role": "leader", "units": [code("fern")]}}), encoding="utf-8"
        )
        answer = reader.ask("indicator", fragment=dialog, indicator="fill_rate")
        assert marked.of_others(answer.sent, code("fern")) == NOTHING


# ---- who they say they are -------------------------------------------------------------------------------------------


def test_only_a_whole_and_fresh_cookie_of_this_app_is_a_sign_in(server, first):
    good = sockets.signed(server, email="leader@example.org")
    half = len(good) // 2
    refused = {
        "another key": sockets.signed(server, "guessed", email="leader@example.org"),
        "a letter changed": good[:half] + ("A" if good[half] != "A" else "B") + good[half + 1 :],
        "another address": sockets.signed(server, email="leader@example.org", origin="http://127.0.0.1:1"),
        "thirteen hours old": sockets.signed(server, email="leader@example.org", iat=1_700_000_000),
        "from tomorrow": sockets.signed(server, email="leader@example.org", iat=4_000_000_000),
        "without a time": sockets.signed(server, email="leader@example.org", iat=None),
        "meant for another application": sockets.signed(server, email="leader@example.org", aud=["another"]),
        "not signed in": sockets.signed(server, email="leader@example.org", is_logged_in=False),
        "none at all": None,
    }
    for what, cookie in refused.items():
        with sockets.reading(server, cookie) as reader:
            answer = reader.ask("", unit=code("larch"))
            assert "own sign-in" in answer.words and marked.found_in(answer.sent) == NOTHING, what
    with sockets.reading(server, good) as reader:
        assert "tQ03Q" in reader.ask("", unit=code("larch")).words


def test_with_the_provider_down_who_is_signed_in_goes_on_and_others_may_try_again(as_):
    with as_("leader") as reader:
        assert "Signed in as leader@example.org" in reader.ask("").words
    with as_(None) as stranger:
        for _ in range(2):
            answer = stranger.press("Sign in")
            assert "does not answer just now. Try again" in answer.words
            assert answer.redirect is None and marked.found_in(answer.sent) == NOTHING


def test_releases_that_are_out_of_reach_for_a_moment_come_back_by_themselves(as_, home):
    with as_("leader") as reader:
        assert "tQ03Q" in reader.ask("").words
        (home / "releases").rename(home / "away")
        try:
            away = reader.ask("")
            assert "The figures cannot be opened" in away.words and "out of reach" in away.words
            assert marked.found_in(away.sent) == NOTHING
            [again] = [m.auto_rerun for m in away.messages if m.WhichOneof("type") == "auto_rerun"]
            assert again.interval == 5
            assert "looks again" in reader.ask("", fragment=again.fragment_id).words
        finally:
            (home / "away").rename(home / "releases")
        assert "tQ03Q" in reader.ask("", fragment=again.fragment_id).words
