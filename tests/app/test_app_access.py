"""Who may see what: the rules, and a sign-in at a real provider in a real browser."""

import concurrent.futures
import contextlib
import datetime as dt
import os
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import httpx
import oidc_provider_mock
import pytest

from pages.parts.access import access
from pages.parts.drawing import words
from pages.parts.release import warehouse
from pages.parts.shell import pages
from tests.app import small_release, sockets
from tests.app.conftest import ROOT, Server, axe_finds_nothing, settle, words_on

NOW = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)
MARIA = {"email": "maria@example.org", "email_verified": True}
RULES = """
claim: teams
who:
  - {email: Maria@example.org, role: leader, units: [larch]}
  - {email: maria@example.org, role: analyst, units: [CC]}
  - {group: executives, role: executive, units: [NHC]}
  - {group: ward staff, role: staff, units: [AC]}
  - {email: stray@example.org, role: leader, units: [nowhere]}
"""


@pytest.fixture
def rules(tmp_path, monkeypatch):
    monkeypatch.setenv("KINSHIP_HOME", str(tmp_path))
    small_release.build(tmp_path)
    path = tmp_path / "access.yaml"
    path.write_text(RULES, encoding="utf-8")
    return path


def grants(**claims) -> set[tuple[str, str]]:
    return {(grant.role, *grant.units) for grant in access.granted(claims, access.rules())}


def test_an_address_or_a_group_gives_what_the_rules_say(rules):
    assert grants(email="maria@EXAMPLE.org", email_verified=True) == {("leader", "larch"), ("analyst", "CC")}
    assert grants(email="x@example.org", teams=["executives"]) == {("executive", "NHC")}
    assert grants(teams="ward staff") == {("staff", "AC")}


@pytest.mark.parametrize(
    "claims",
    [
        {},
        {"email": ""},
        {"email": "stranger@example.org", "email_verified": True},
        *(
            {"email": "maria@example.org", "email_verified": said}
            for said in (False, None, "false", "true", 1, [True], {})
        ),
        {"email": "maria@example.org"},  # of which nobody says that it is theirs
        {"email": ["maria@example.org"], "email_verified": True},
        {"email": "maria@example.org.evil.test", "email_verified": True},
        {"teams": ["Executives"]},
        {"teams": None},
        {"teams": 7},
        {"teams": {"executives": True}},
        {"groups": ["executives"]},  # another claim than the one the rules name
        {"sub": "maria@example.org"},
    ],
)
def test_everybody_else_gets_nothing(rules, claims):
    assert grants(**claims) == set()


def test_a_role_opens_its_pages_with_its_own_units_only(rules):
    release = warehouse.current()
    maria = access.Reader("maria", access.granted(MARIA, access.rules()))
    assert maria.on(release, pages.of("team")) == access.Viewer("leader", ("larch",))
    assert maria.on(release, pages.of("quality")) == access.Viewer("analyst", ("CC",))
    assert maria.on(release, pages.of("indicator")).roots == ("CC", "larch")
    assert maria.on(release, pages.of("review")) == access.Viewer("", ())
    assert not maria.opens(pages.of("review"))


def test_a_change_of_the_rules_takes_effect_at_the_next_question(rules):
    assert grants(**MARIA)
    rules.write_text("who:\n  - {email: other@example.org, role: leader, units: [fern]}\n", encoding="utf-8")
    assert grants(**MARIA) == set()
    assert grants(email="other@example.org", email_verified=True) == {("leader", "fern")}


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("who: [", "is not readable YAML"),
        ("[]", "lists nobody"),
        ("who: []\nhow: x", "how, which means nothing"),
        ("who:\n- {role: leader, units: [a]}", "either an email or a group"),
        ("who:\n- {email: a, group: b, role: leader, units: [a]}", "either an email or a group"),
        ("who:\n- {email: '', role: leader, units: [a]}", "is empty"),
        ("who:\n- {email: a@b.c, role: king, units: [a]}", "role is 'king'"),
        ("who:\n- {email: a@b.c, role: leader, units: [1]}", "in quotes if they are numbers"),
        ("who:\n- {email: a@b.c, role: leader}", "units is not a list"),
        ("who:\n- {email: a@b.c, role: leader, units: [a], until: 2027}", "expected email or group, role, and units"),
    ],
)
def test_rules_that_mean_nothing_let_nobody_in(rules, written, said):
    rules.write_text(written, encoding="utf-8")
    with pytest.raises(access.BadAccess, match=said):
        access.rules()


@pytest.mark.parametrize(
    ("hours", "stale"), [(0, False), (11.9, False), (12.1, True), (-0.05, False), (-1, True), (None, True), ("x", True)]
)
def test_a_sign_in_lasts_twelve_hours(hours, stale):
    said = {"iat": NOW.timestamp() - hours * 3600} if isinstance(hours, int | float) else {"iat": hours}
    assert access.is_stale(said, NOW) is stale


def test_check_says_which_units_are_not_there(rules):
    environment = os.environ | {"KINSHIP_HOME": str(rules.parent)}
    command = [sys.executable, "-m", "pages.parts.access.access"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1 and "does not have: nowhere." in done.stderr
    rules.write_text(RULES.replace("nowhere", "fern"), encoding="utf-8")
    assert subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=False).returncode == 0


def test_without_sign_in_only_what_is_open_to_all_is_shown(app_at, tmp_path):
    path = small_release.build(tmp_path)
    with duckdb.connect(str(path)) as con:
        con.execute("UPDATE meta.release SET synthetic = false")
    said = words_on(app_at(tmp_path)(unit="larch"))
    assert "no sign-in is set up" in said
    assert "Larch" not in said and "Sickness" not in said


# ---- a real provider, a real browser ------------------------------------------------------------------------------


def odd() -> dict[str, dict]:
    """What a provider whose clock or mind is elsewhere says of maria."""
    now = int(time.time())
    return {
        "late": {"iat": now - 660},
        "a little early": {"iat": now + 90},
        "early": {"iat": now + 1200},
        "to another": {"aud": "another"},
        "to another, for us": {"aud": "another", "azp": "kinship"},
    }


@pytest.fixture(scope="module")
def provider():
    user = oidc_provider_mock.User
    people = [
        user(sub="maria", claims={"email": "maria@example.org", "email_verified": True}),
        user(sub="ruth", claims={"email": "ruth@example.org", "email_verified": False, "teams": ["executives"]}),
        user(sub="stranger", claims={"email": "stranger@example.org", "email_verified": True}),
        *(user(sub=sub, claims=MARIA | said) for sub, said in odd().items()),
    ]
    with oidc_provider_mock.run_server_in_thread(user_claims=people) as running:
        yield f"http://localhost:{running.server_port}"


@pytest.fixture(scope="module")
def closed(tmp_path_factory, provider):
    """The app with sign-in set up, on a release that is not for everybody."""
    folder = tmp_path_factory.mktemp("signed")
    path = small_release.build(folder)
    with duckdb.connect(str(path)) as con:
        con.execute("UPDATE meta.release SET synthetic = false")
    (folder / "access.yaml").write_text(RULES, encoding="utf-8")
    running = Server(folder)
    (folder / "secrets.toml").write_text(sockets.secrets(running, provider), encoding="utf-8")
    running.start()
    yield running
    running.stop()


@pytest.fixture
def browsing(chromium):
    with contextlib.ExitStack() as stack:

        def opened():
            context = chromium.new_context()
            stack.callback(context.close)
            return context.new_page()

        yield opened


def sign_in(page, app: Server, sub: str, address: str = "/") -> None:
    page.goto(f"{app.url}{address}")
    settle(page)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name=sub, exact=True).click()
    page.wait_for_url(f"{app.url}/**")
    settle(page)


def seen(page) -> str:
    return page.inner_text("[data-testid=stApp]").replace(words.JOINER, "")


@pytest.mark.browser
def test_a_leader_signs_in_sees_their_own_and_signs_out(closed, browsing):
    page = browsing()
    sign_in(page, closed, "maria")
    text = seen(page)
    assert "Signed in as maria@example.org" in text
    assert page.locator("h1").inner_text() == "Larch Ward"
    assert "Fern" not in text and "Monthly review" not in text
    page.get_by_text("Who has looked at this?").click()
    page.get_by_text("Nothing to tell yet: whole months").wait_for()
    axe_finds_nothing(page, "light", "dark")
    page.goto(f"{closed.url}/?unit=fern")
    settle(page)
    assert page.locator("h1").inner_text() == "Larch Ward"
    page.goto(f"{closed.url}/review")
    settle(page)
    assert "New concern" not in seen(page)
    page.goto(closed.url)
    settle(page)
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("button", name="End session").click()  # the provider asks, too
    page.get_by_role("button", name="Sign in").wait_for(timeout=20_000)


@pytest.mark.browser
def test_an_executive_by_their_group_sees_the_organisation(closed, browsing):
    page = browsing()
    sign_in(page, closed, "ruth")
    page.goto(f"{closed.url}/review")
    settle(page)
    assert page.locator("h1").inner_text() == "Monthly review, April 2026"


@pytest.mark.browser
def test_strangers_get_nowhere_even_by_a_deep_link(closed, browsing):
    page = browsing()
    for address in (
        "/",
        "/review?unit=larch",
        "/indicator?unit=larch&indicator=sickness_rate",
        "/sources",
        "/trying?unit=larch",
    ):
        page.goto(f"{closed.url}{address}")
        settle(page)
        text = seen(page)
        assert "Sign in to Kinship" in text and "Larch" not in text and "Northmere" not in text
    sign_in(page, closed, "stranger", "/review?unit=larch")
    text = seen(page)
    assert "No units are yours yet" in text and "Larch" not in text and "Northmere" not in text


@pytest.mark.browser
def test_a_cookie_that_was_tampered_with_is_no_sign_in(closed, browsing):
    page = browsing()
    sign_in(page, closed, "maria")
    cookies = page.context.cookies()
    named = next(cookie for cookie in cookies if "user" in cookie["name"])
    value = named["value"]
    half = len(value) // 2
    page.context.add_cookies(
        [{**named, "value": value[:half] + ("A" if value[half] != "A" else "B") + value[half + 1 :]}]
    )
    page.goto(closed.url)
    settle(page)
    assert "Sign in to Kinship" in seen(page)


@pytest.mark.browser
def test_where_the_rules_cannot_be_read_nobody_is_let_in(closed, browsing):
    page = browsing()
    sign_in(page, closed, "maria")
    rules = Path(closed.folder) / "access.yaml"
    try:
        rules.write_text("who: [", encoding="utf-8")
        page.reload()
        settle(page)
        text = seen(page)
        assert "Nobody can be let in" in text and "Larch" not in text and "access.yaml" not in text
    finally:
        rules.write_text(RULES, encoding="utf-8")


# ---- the same provider, without a browser: faults, and many at once ----------------------------------------------------


def cookie_of(app: Server, sub: str) -> str | None:
    """Signs in as a browser would; None where the app did not take what the provider said."""
    with sockets.reading(app) as stranger:
        way = stranger.press("Sign in").redirect
    with httpx.Client(follow_redirects=True, timeout=30) as browser:
        form = browser.get(f"{app.url}{way}")
        back = browser.post(form.url, data={"sub": sub})
        assert back.status_code == 200 and str(back.url).startswith(app.url)
        return browser.cookies.get(sockets.COOKIE)


def page_of(app: Server, cookie: str | None) -> str:
    with sockets.reading(app, cookie) as reader:
        return reader.ask().words


def test_a_sign_in_needs_no_browser_of_its_own(closed):
    assert "Signed in as maria@example.org" in page_of(closed, cookie_of(closed, "maria"))
    assert "Signed in as ruth" in page_of(closed, cookie_of(closed, "ruth"))
    assert "No units are yours yet" in page_of(closed, cookie_of(closed, "stranger"))


@pytest.mark.parametrize(("sub", "taken"), [("late", True), ("a little early", True), ("early", False)])
def test_a_providers_clock_may_be_late_or_a_little_early(closed, sub, taken):
    cookie = cookie_of(closed, sub)
    assert (cookie is not None) is taken
    assert ("Larch Ward" if taken else "Your organisation’s own sign-in") in page_of(closed, cookie)


@pytest.mark.parametrize("sub", ["to another", "to another, for us"])
def test_what_a_provider_says_to_another_application_is_no_sign_in(closed, sub):
    assert "Your organisation’s own sign-in" in page_of(closed, cookie_of(closed, sub))


def test_many_sign_in_at_once_and_each_is_who_they_are(closed):
    people = ["maria", "ruth", "stranger"] * 2
    with concurrent.futures.ThreadPoolExecutor(4) as crowd:
        pages = list(crowd.map(lambda sub: page_of(closed, cookie_of(closed, sub)), people))
    told = {
        "maria": "Signed in as maria@example.org",
        "ruth": "Signed in as ruth",
        "stranger": "No units are",
    }
    assert all(told[sub] in page for sub, page in zip(people, pages, strict=True))
