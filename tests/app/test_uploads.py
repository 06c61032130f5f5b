"""Uploads on a running server: of whom, when and how much it takes, and that it gives the memory back.

What it holds is read from Streamlit's own count. Whatever of its private parts pages/parts/access/uploads.py relies on is tried here: a
version that does it otherwise fails these tests.
"""

import asyncio
import gc
import http.client
import re
import time
import uuid
import weakref
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import duckdb
import pytest
from starlette.exceptions import HTTPException
from streamlit.runtime.uploaded_file_manager import UploadedFileRec
from streamlit.web.server.starlette.starlette_app_utils import generate_xsrf_token_string

from pages.parts import serve, streamlit_private
from pages.parts.access import uploads
from tests.app import small_release, sockets
from tests.app.conftest import Server
from tests.app.test_deployment import free_port

MB = 1 << 20
SAMPLE = b"Unit,Month,Beds\nLarch Ward,01/10/2026,12\n"
PROXIED = {"X-Forwarded-For": "127.0.0.1"}


class CountingServer(Server):
    serves = ("tests.app.served_counting",)


class BareServer(Server):
    """The app as a bare `streamlit run` serves it."""

    serves = ("streamlit", "run", "app.py")


def put(
    server: Server, session: str, body: bytes = SAMPLE, file: str | None = None, cookie: str = "", **headers: str
) -> int:
    """The status that a file gets, sent as a browser sends it."""
    token, mark = generate_xsrf_token_string(), uuid.uuid4().hex
    form = (
        f'--{mark}\r\nContent-Disposition: form-data; name="f"; filename="beds.csv"\r\n\r\n'.encode()
        + body
        + f"\r\n--{mark}--\r\n".encode()
    )
    sent = {
        "Content-Type": f"multipart/form-data; boundary={mark}",
        "X-Xsrftoken": token,
        "Cookie": f"{sockets.XSRF}={token}" + (f"; {sockets.COOKIE}={cookie}" if cookie else ""),
    } | headers
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    try:
        connection.request("PUT", f"/_stcore/upload_file/{session}/{file or uuid.uuid4()}", form, sent)
        return connection.getresponse().status
    finally:
        connection.close()


def holds(server: Server) -> int:
    """Bytes of files that the server holds."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    connection.request("GET", "/_stcore/metrics")
    told = connection.getresponse().read().decode()
    connection.close()
    return sum(int(float(n)) for n in re.findall(r'cache_type="UploadedFileManager".*? (\d[\d.e+]*)$', told, re.M))


def gives_back(server: Server) -> bool:
    for _ in range(50):
        if holds(server) == 0:
            return True
        time.sleep(0.1)
    return False


@pytest.fixture(scope="module")
def server(home):
    """The demonstration: no sign-in."""
    running = CountingServer(home)
    running.start()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def signing(tmp_path_factory):
    """The app with sign-in, on a release that is not for everybody."""
    folder = tmp_path_factory.mktemp("signing")
    with duckdb.connect(str(small_release.build(folder))) as con:
        con.execute("UPDATE meta.release SET synthetic = false")
    who = "who: [{email: maria@example.org, role: analyst, units: [NHC]}]\n"
    (folder / "access.yaml").write_text(who, encoding="utf-8")
    running = CountingServer(folder)
    text = sockets.secrets(running, f"http://127.0.0.1:{free_port()}")
    (folder / "secrets.toml").write_text(text, encoding="utf-8")
    running.start()
    yield running
    running.stop()


@pytest.fixture
def maria(signing) -> str:
    return sockets.signed(signing, email="maria@example.org", sub="maria")


# ---- of whom, and when -----------------------------------------------------------------------------------------------


def test_nobody_without_a_session_is_heard_and_what_they_send_is_not_held(server, signing):
    for running in (server, signing):
        for _ in range(3):
            assert put(running, str(uuid.uuid4()), b"0" * (12 * MB)) == 403
        assert holds(running) == 0


def test_a_stranger_with_a_session_is_refused_where_sign_in_is_set_up(signing):
    with sockets.reading(signing) as reader:
        session = reader.ask(page="sources").session
        assert put(signing, session) == 403
        forged = sockets.signed(signing, secret="another secret", email="maria@example.org")
        assert put(signing, session, cookie=forged) == 403
    assert holds(signing) == 0


def test_a_sign_in_of_yesterday_is_none(signing):
    late = sockets.signed(signing, email="maria@example.org", sub="maria", iat=time.time() - 13 * 3600)
    with sockets.reading(signing, late) as reader:
        assert put(signing, reader.ask(page="sources").session, cookie=late) == 403
    assert holds(signing) == 0


@pytest.mark.parametrize("page", ["", "quality", "releases", "definitions"])
def test_a_session_that_draws_no_uploader_is_refused(server, signing, maria, page):
    for running, cookie in ((server, None), (signing, maria)):
        with sockets.reading(running, cookie) as reader:
            assert put(running, reader.ask(page=page).session, cookie=cookie or "") == 403
        assert holds(running) == 0


def test_who_draws_an_uploader_is_heard_and_on_the_next_page_no_more_and_what_was_sent_goes(server, signing, maria):
    for running, cookie in ((server, None), (signing, maria)):
        with sockets.reading(running, cookie) as reader:
            session = reader.ask(page="sources").session
            assert put(running, session, cookie=cookie or "") == 204 and holds(running) == len(SAMPLE)
            reader.ask(page="quality")
            assert gives_back(running)
            assert put(running, session, cookie=cookie or "") == 403
            assert reader.ask(page="sources").session == session
            assert put(running, session, cookie=cookie or "") == 204
        assert gives_back(running)


def test_in_a_demonstration_only_this_machine_is_heard(server):
    with sockets.reading(server) as reader:
        session = reader.ask(page="sources").session
        for header in (
            {"Forwarded": "for=127.0.0.1"},
            {"Via": "1.1 a"},
            {"X-Real-Ip": "::1"},
            {"Host": "kinship.nhs.example"},
        ):
            assert put(server, session, **header | PROXIED) == put(server, session, **header) == 403  # fmt: skip
        assert holds(server) == 0 and put(server, session) == 204


def test_in_a_demonstration_a_page_that_came_past_a_proxy_offers_no_uploader(server):
    with sockets.reading(server, headers=PROXIED) as reader:
        drawn = reader.ask(page="sources")
        assert "No sample can be given here" in drawn.words and b"source_sample" not in drawn.sent
        assert put(server, drawn.session) == 403


def test_with_sign_in_a_proxy_is_no_hindrance(signing, maria):
    with sockets.reading(signing, maria, headers=PROXIED) as reader:
        session = reader.ask(page="sources").session
        assert put(signing, session, cookie=maria, **PROXIED) == 204
    assert gives_back(signing)


@pytest.mark.parametrize(
    ("host", "headers", "here"),
    [
        ("127.0.0.1", {"host": "localhost:8501"}, True),
        ("::1", {"host": "[::1]:8501"}, True),
        ("::ffff:127.0.0.1", {"host": "127.0.0.1"}, True),
        ("127.0.0.1", {"host": "127.0.0.1.evil.test"}, False),
        ("127.0.0.1", {"host": "[::1"}, False),
        ("127.0.0.1", {}, False),
        ("127.0.0.1", {"host": "localhost", "x-forwarded-for": ""}, False),
        ("10.0.0.7", {"host": "localhost"}, False),
        (None, {"host": "localhost"}, False),
    ],
)
def test_this_machine_is_a_loopback_address_past_no_proxy(host, headers, here):
    assert uploads.from_this_machine(host, headers) is here


# ---- how much, and how long --------------------------------------------------------------------------------------------


def test_what_is_too_many_or_too_large_is_refused_and_what_was_held_stays(server):
    with sockets.reading(server) as reader:
        session = reader.ask(page="sources").session
        assert put(server, session, b"0" * (31 * MB)) == 413 and holds(server) == 0
        assert [put(server, session) for _ in range(uploads.MAX_FILES + 2)] == [204] * uploads.MAX_FILES + [429] * 2
        assert holds(server) == uploads.MAX_FILES * len(SAMPLE)
        reader.ask(page="quality")
        reader.ask(page="sources")
        assert [put(server, session, b"0" * (29 * MB)) for _ in range(3)] == [204, 204, 413]
        assert holds(server) == 58 * MB
    assert gives_back(server)


def test_what_never_says_how_long_it_is_is_counted_as_the_largest(server):
    with sockets.reading(server) as reader:
        session = reader.ask(page="sources").session
        assert put(server, session, b"0" * (29 * MB)) == 204
        token = generate_xsrf_token_string()
        headers = {
            "X-Xsrftoken": token,
            "Cookie": f"{sockets.XSRF}={token}",
            "Content-Type": "multipart/form-data; boundary=m",
        }
        statuses = []
        for size in (29, 40):
            connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
            pieces = [
                b'--m\r\nContent-Disposition: form-data; name="f"; filename="a"\r\n\r\n',
                *([b"0" * MB] * size),
                b"\r\n--m--\r\n",
            ]
            connection.request(
                "PUT", f"/_stcore/upload_file/{session}/x{size}", iter(pieces), headers, encode_chunked=True
            )
            statuses.append(connection.getresponse().status)
            connection.close()
        assert statuses == [204, 413] and holds(server) == 58 * MB  # fmt: skip
    assert gives_back(server)


def test_a_session_that_is_taken_up_again_may_send_again(server):
    with sockets.reading(server) as reader:
        session = reader.ask(page="sources").session
        assert put(server, session) == 204
    assert gives_back(server) and put(server, session) == 403
    with sockets.reading(server, session=session) as reader:
        assert put(server, session) == 403, "before it draws"
        assert reader.ask(page="sources").session == session
        assert put(server, session) == 204
    assert gives_back(server)


# ---- the manager -----------------------------------------------------------------------------------------------------


def record(size: int = 1) -> UploadedFileRec:
    return UploadedFileRec(str(uuid.uuid4()), "a.csv", "text/csv", b"0" * size)


@pytest.fixture
def manager() -> uploads.Manager:
    return uploads.Manager("/upload")


def allowance(until: float = float("inf")) -> uploads.Allowance:
    return uploads.Allowance(until, False, "page")


def test_a_file_that_comes_after_its_session_ended_is_not_kept(manager):
    manager.allow("a", allowance())
    ticket = manager.reserve("a", 1, True)
    manager.remove_session_files("a")
    with pytest.raises(HTTPException):
        manager.add_file("a", record())
    manager.release("a", ticket)
    assert manager.file_storage == {} and manager.get_stats() == {}


def test_what_is_under_way_counts_and_is_counted_no_longer_when_it_ends(manager):
    manager.allow("a", allowance())
    tickets = [manager.reserve("a", MB, True) for _ in range(uploads.MAX_FILES)]
    with pytest.raises(HTTPException) as refused:
        manager.reserve("a", MB, True)
    assert refused.value.status_code == 429
    manager.allow("a", allowance())  # another run of the same page
    manager.release("a", tickets[0])
    manager.reserve("a", MB, True)


def test_all_sessions_together_are_bounded(manager, monkeypatch):
    monkeypatch.setattr(uploads, "MAX_ALL_BYTES", 10 * MB)
    for session in "abc":
        manager.allow(session, allowance())
    manager.reserve("a", 4 * MB, True)
    manager.add_file("b", record(4 * MB))
    with pytest.raises(HTTPException) as refused:
        manager.reserve("c", 4 * MB, True)
    assert refused.value.status_code == 413
    manager.remove_session_files("b")
    manager.reserve("c", 4 * MB, True)


def test_an_allowance_runs_out_with_the_sign_in(manager):
    manager.allow("a", allowance(time.time() - 1))
    with pytest.raises(HTTPException):
        manager.reserve("a", 1, True)


# ---- Streamlit -------------------------------------------------------------------------------------------------------


def test_a_version_of_streamlit_that_lacks_what_is_replaced_is_not_started(monkeypatch, tmp_path):
    from streamlit.web.server import server as of_streamlit

    monkeypatch.delattr(of_streamlit, "MemorySessionStorage")
    monkeypatch.setattr(serve.migrate, "upgrade", lambda: None)
    monkeypatch.setattr(streamlit_private.cli, "main", lambda _: pytest.fail("it was started"))
    monkeypatch.setattr(serve.log, "keep_out_what_is_private", lambda: None)
    monkeypatch.setattr(serve.os, "umask", lambda _: None)
    with pytest.raises(RuntimeError, match="MemorySessionStorage"):
        serve.main([])


def test_under_a_bare_streamlit_run_nothing_is_taken(home: Path):
    running = BareServer(home)
    running.start()
    try:
        with sockets.reading(running) as reader:
            drawn = reader.ask(page="sources")
            assert "pages.parts.serve" in drawn.words and b"source_sample" not in drawn.sent
            assert put(running, drawn.session) == 403
    finally:
        running.stop()


class Ended:
    """What Streamlit keeps of a session whose websocket has closed."""

    def __init__(self):
        self.session = self
        self.id = "a"


def test_a_session_that_nobody_takes_up_again_is_gone_though_no_other_ends(manager, monkeypatch):
    monkeypatch.setattr(uploads.runtime, "get_instance", lambda: SimpleNamespace(uploaded_file_mgr=manager))
    storage = uploads.Storage(ttl_seconds=0.1)
    monkeypatch.setattr(uploads, "GRACE", 0.1)

    async def ends() -> tuple[weakref.ref, int, None]:
        ended = Ended()
        storage.save(ended)
        left = weakref.ref(ended)
        del ended
        return left, len(manager.file_storage), await asyncio.sleep(0.4)

    manager.allow("a", allowance())
    manager.add_file("a", record())
    with ThreadPoolExecutor(1) as apart:  # a browser of other tests has an event loop in this thread
        left, held, _ = apart.submit(asyncio.run, ends()).result()
    gc.collect()  # whatever held it up to now
    assert held == 0 and left() is None


def test_nothing_is_logged_as_a_page_with_an_uploader_is_drawn(server):
    with sockets.reading(server) as reader:
        reader.ask(page="sources")
        before = server.log.read_text(encoding="utf-8")
        reader.ask(page="sources")
        assert server.log.read_text(encoding="utf-8") == before and "got an empty value" not in before
