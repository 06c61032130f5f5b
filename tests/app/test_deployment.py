"""The deployment that docs/deployment.md shows, tried: its proxy in front of the app and a browser in front of that, its units, its log."""

import base64
import contextlib
import datetime as dt
import hashlib
import ipaddress
import logging
import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import duckdb
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from etl.__main__ import app as engine
from pages.parts import log
from pages.parts.drawing import markup, words
from tests.app.conftest import ROOT, settle, words_on

SHOWN = ROOT / "docs" / "deployment"
UNITS = sorted(SHOWN.glob("*.service")) + sorted(SHOWN.glob("*.timer"))
AROUND = """
daemon off;
error_log {folder}/error.log warn;
pid {folder}/pid;
events {{ worker_connections 2048; }}
http {{
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/kinship-*;
}}
"""
SHOWN_PORT = "8501"
HEADERS = {
    "strict-transport-security": "max-age=31536000; includeSubDomains",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
}


def certificate(folder: Path) -> None:
    """One for this machine alone, made for the test."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    now = dt.datetime.now(dt.UTC)
    made = x509.CertificateBuilder(
        name, name, key.public_key(), x509.random_serial_number(), now, now + dt.timedelta(1)
    )
    signed = made.add_extension(names, critical=False).sign(key, hashes.SHA256())
    (folder / "fullchain.pem").write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    (folder / "privkey.pem").write_bytes(key.private_bytes(serialization.Encoding.PEM, *plain))


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


class Proxy:
    """nginx with the configuration that is shown, and nothing replaced but names, ports and paths. `others` are further
    organisations' configurations, and `instead` what is replaced beside those, for a test of one limit."""

    def __init__(
        self,
        program: str,
        folder: Path,
        port_of_app: int,
        others: tuple[str, ...] = (),
        instead: dict[str, str] | None = None,
    ):
        self.folder, self.port, self.plain_port = folder, free_port(), free_port()
        self.url = f"https://localhost:{self.port}"
        certificate(folder)
        sites = [(SHOWN / "nginx.conf").read_text(encoding="utf-8"), *others]
        for number, text in enumerate(sites):
            for shown, here in {
                "listen 443 ssl": f"listen 127.0.0.1:{self.port} ssl",
                "listen 80;": f"listen 127.0.0.1:{self.plain_port};",
                ".kinship.example.org": ".localhost",
                f"127.0.0.1:{SHOWN_PORT}": f"127.0.0.1:{port_of_app}",
                "/etc/ssl/kinship/": f"{folder}/",
                "/var/log/nginx/": f"{folder}/",
            }.items() | (instead or {}).items():
                assert shown in text or number, shown
                text = text.replace(shown, here)
            (folder / f"kinship-{number}").write_text(text, encoding="utf-8")
        (folder / "nginx.conf").write_text(AROUND.format(folder=folder), encoding="utf-8")
        self.process = subprocess.Popen(
            [program, "-p", str(folder), "-c", str(folder / "nginx.conf")], stderr=(folder / "stderr").open("wb")
        )
        for _ in range(100):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return
            time.sleep(0.05)
        pytest.fail(f"nginx did not start: {(folder / 'stderr').read_text()}")

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(timeout=10)

    def ask(
        self, path: str, method: str = "GET", body: bytes | None = None, host: str = "localhost"
    ) -> tuple[int, dict[str, str]]:
        """The status and the headers; the path is sent as it is written."""
        asked = urllib.request.Request(f"{self.url}{path}", method=method, data=body, headers={"Host": host})
        trusting = ssl.create_default_context(cafile=str(self.folder / "fullchain.pem"))
        try:
            with urllib.request.urlopen(asked, timeout=10, context=trusting) as answer:
                return answer.status, {key.lower(): value for key, value in answer.headers.items()}
        except urllib.error.HTTPError as error:
            return error.code, {key.lower(): value for key, value in error.headers.items()}


@pytest.fixture(scope="session")
def nginx() -> str:
    program = os.environ.get("KINSHIP_NGINX") or shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    if not program:
        pytest.skip("no nginx here: make test fetches Debian's, or KINSHIP_NGINX names one")
    return program


@pytest.fixture(scope="module")
def proxy(server, nginx, tmp_path_factory):
    running = Proxy(nginx, tmp_path_factory.mktemp("nginx"), server.port)
    yield running
    running.stop()


@pytest.mark.browser
def test_pages_are_drawn_through_the_proxy_and_nothing_comes_from_elsewhere(proxy, chromium):
    context = chromium.new_context(ignore_https_errors=True)
    page = context.new_page()
    asked, refused, sockets = [], [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("websocket", lambda socket: sockets.append(socket.url))
    page.on(
        "console", lambda message: refused.append(message.text) if "Content Security Policy" in message.text else None
    )
    try:
        # A page with charts that are compiled in the browser, one with a table, one that is sent a sample of an extract.
        page.goto(f"{proxy.url}/indicator?unit=larch&indicator=sickness_rate")
        settle(page)
        assert page.locator("h1").inner_text() == "Sickness absence, Larch Ward"
        page.wait_for_selector(
            "[data-testid=stVegaLiteChart] canvas, [data-testid=stVegaLiteChart] svg", timeout=20_000
        )
        page.goto(f"{proxy.url}/quality")
        settle(page)
        page.wait_for_selector("[data-testid=stDataFrame] canvas", timeout=20_000)
        assert f"{proxy.url}/_stcore/health" in asked, "which a proxy must therefore let through"
        assert sockets and all(url.startswith(f"wss://localhost:{proxy.port}/_stcore/stream") for url in sockets)
        assert [url for url in asked if not url.startswith((proxy.url, "data:", "blob:"))] == []
        assert refused == []
        page.evaluate(
            "() => { const s = document.createElement('script'); s.textContent = 'window.owned = 1'; document.body.append(s) }"
        )
        assert page.evaluate("window.owned") is None and refused, "what is put into a page does not run"
    finally:
        context.close()


def test_the_proxy_lets_our_own_script_run_and_no_other_version_of_it():
    digest = base64.b64encode(hashlib.sha256(markup.LINKS.read_bytes()).digest()).decode()
    assert f"'sha256-{digest}'" in (SHOWN / "nginx.conf").read_text(encoding="utf-8")


def test_every_answer_carries_its_headers(proxy):
    for path in ("/", "/indicator", "/_stcore/host-config", "/nothing/../here", "/_stcore/metrics"):
        _, headers = proxy.ask(path)
        assert {name: headers.get(name) for name in HEADERS} == HEADERS, path
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy and "*" not in policy
        assert headers.get("server") == "nginx", "no version"
    plain = urllib.request.Request(f"http://127.0.0.1:{proxy.plain_port}/team?unit=x", headers={"Host": "localhost"})
    with pytest.raises(urllib.error.HTTPError) as moved:
        urllib.request.build_opener(StaysHere).open(plain, timeout=10)
    assert moved.value.code == 301 and moved.value.headers["Location"] == "https://localhost/team?unit=x"


class StaysHere(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


@pytest.mark.parametrize(
    "path",
    [
        "/../../etc/passwd",
        "/static/../../../../etc/passwd",
        "/static/..%2f..%2f..%2fetc/passwd",
        "/static/%2e%2e/%2e%2e/etc/passwd",
        "/static/%252e%252e/etc/passwd",
        "//etc/passwd",
        "/media/..\\..\\secret.key",
        "/media/a\\secret.key",
        "/media/..%5c..%5csecret.key",
        "/static/index.html%00.png",
        "/component/../../../releases/CURRENT",
        "/_stcore/metrics",
        "/_stcore/agent/openapi.json",
        "/_stcore/script-health-check",
    ],
)
def test_ways_out_of_a_folder_and_what_is_nobodys_business_are_not_there(proxy, path):
    assert proxy.ask(path)[0] == 404


def test_what_is_too_large_is_refused_before_it_is_read(proxy):
    assert proxy.ask("/_stcore/upload_file/any/one", "PUT", b"0" * (32 << 20))[0] == 413
    assert proxy.ask("/_stcore/upload_file/any/one", "PUT", b"0" * 1000)[0] in (400, 403), "no session, no token"
    assert proxy.ask("/", "POST", b"0" * 100)[0] == 403
    assert proxy.ask("/", "DELETE")[0] == 403


def refused(proxy: Proxy, path: str, times: int, method: str = "GET", **more) -> int:
    """How many of so many requests at once are too many."""
    with ThreadPoolExecutor(8) as several:
        statuses = list(several.map(lambda _: proxy.ask(path, method, **more)[0], range(times)))
    return statuses.count(429)


def test_signing_in_over_and_over_is_refused_and_nothing_else_is(proxy):
    assert 0 < refused(proxy, "/auth/login", 80) < 40
    assert proxy.ask("/oauth2callback?code=1")[0] == 429, "the two are one way"
    assert refused(proxy, "/", 60) == 0 and proxy.ask("/_stcore/health")[0] == 200


def test_uploads_over_and_over_are_refused(proxy):
    assert refused(proxy, "/_stcore/upload_file/any/one", 30, "PUT", body=b"0" * 100) > 10
    assert refused(proxy, "/_stcore/health", 30) == 0


def test_an_address_has_so_many_websockets_open_and_no_more(proxy):
    trusting = ssl.create_default_context(cafile=str(proxy.folder / "fullchain.pem"))
    address = f"wss://localhost:{proxy.port}/_stcore/stream"
    opened, statuses = [], []
    with contextlib.ExitStack() as stack:
        for _ in range(204):
            try:
                opened.append(
                    stack.enter_context(
                        connect(address, ssl=trusting, origin=proxy.url, subprotocols=["streamlit"], open_timeout=60)
                    )
                )
            except InvalidStatus as answer:
                statuses.append(answer.response.status_code)
    assert len(opened) == 200 and statuses == [429] * 4


def slow(proxy: Proxy, text: bytes) -> float:
    """Seconds until the proxy ends a connection over which a request begins and never goes on."""
    trusting = ssl.create_default_context(cafile=str(proxy.folder / "fullchain.pem"))
    with (
        socket.create_connection(("127.0.0.1", proxy.port)) as plain,
        trusting.wrap_socket(plain, server_hostname="localhost") as wire,
    ):
        wire.settimeout(20)
        began = time.monotonic()
        wire.sendall(text)
        while wire.recv(4096):
            pass
        return time.monotonic() - began


def test_who_sends_slowly_is_not_waited_for(server, nginx, tmp_path):
    shorter = {
        "client_header_timeout 15s;": "client_header_timeout 1s;",
        "client_body_timeout  30s;": "client_body_timeout 1s;",
        "client_body_timeout  10s;": "client_body_timeout 1s;",
    }
    running = Proxy(nginx, tmp_path, server.port, instead=shorter)
    try:
        assert slow(running, b"GET / HTTP/1.1\r\nHost: localhost\r\n") < 8
        told = b"Host: localhost\r\nContent-Length: 9000\r\n\r\n0"
        assert slow(running, b"PUT /_stcore/upload_file/any/one HTTP/1.1\r\n" + told) < 8
    finally:
        running.stop()


def test_a_second_organisation_by_the_documents_own_words(server, nginx, tmp_path):
    """Its configuration is made by the very command that docs/deployment.md gives."""
    text = (ROOT / "docs" / "deployment.md").read_text(encoding="utf-8")
    [command] = re.findall(r"^sed .*nginx\.conf.*$", text, re.M)
    program, put = command.split(" > ")
    assert put == "/etc/nginx/sites-enabled/kinship-southmere"
    made = subprocess.run(
        program.replace("/opt/kinship", str(ROOT)), shell=True, capture_output=True, text=True, check=True
    ).stdout
    other = ThreadingHTTPServer(("127.0.0.1", 0), Southmere)
    Thread(target=other.serve_forever, daemon=True).start()
    assert "127.0.0.1:8502" in made
    second = made.replace("127.0.0.1:8502", f"127.0.0.1:{other.server_port}")
    running = Proxy(nginx, tmp_path, server.port, (second,))
    try:
        assert (running.folder / "stderr").read_text() == "", "nginx finds nothing to warn of"
        assert running.ask("/_stcore/health", host="northmere.localhost")[1].get("x-who") is None
        assert running.ask("/_stcore/health", host="southmere.localhost")[1].get("x-who") == "southmere"
        assert refused(running, "/auth/login", 80, host="northmere.localhost") > 0
        assert refused(running, "/auth/login", 10, host="southmere.localhost") == 0, "limits are each one's own"
        for name in ("northmere", "southmere"):
            assert "/_stcore/health" in (running.folder / f"kinship-{name}.log").read_text()
    finally:
        running.stop()
        other.shutdown()
        other.server_close()


class Southmere(BaseHTTPRequestHandler):
    """The app of another organisation, as far as a proxy sees it."""

    def do_GET(self):
        self.send_response(200)
        self.send_header("X-Who", "southmere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def test_the_health_url_says_that_the_app_answers_and_no_more(proxy, server):
    assert proxy.ask("/_stcore/health")[0] == 200
    with urllib.request.urlopen(f"{server.url}/_stcore/health", timeout=10) as answer:
        assert answer.read() == b"ok"


def test_the_log_of_the_proxy_tells_neither_who_asked_nor_for_what(proxy):
    proxy.ask("/oauth2callback?code=very-secret&state=1")
    said = (proxy.folder / "kinship-northmere.log").read_text()
    assert "/oauth2callback" in said
    assert not re.search(r"very-secret|unit=|larch|127\.0\.0\.1|Mozilla|Python-urllib", said)


# ---- the app's own log -----------------------------------------------------------------------------------------------


def test_the_log_of_the_app_names_nobody_and_no_unit(server):
    said = server.log.read_text(encoding="utf-8", errors="replace")
    assert not re.search(r"(?i)larch|sickness|@|\b\d+\.\d+\.\d+\.\d+\b(?<!127\.0\.0\.1)", said), said[:2000]


def test_an_errors_own_words_and_addresses_stay_out_of_the_log(capsys):
    made = logging.getLogRecordFactory()
    handler = logging.StreamHandler(sys.stdout)
    logger = logging.getLogger("a library's")
    logger.addHandler(handler)
    try:
        log.keep_out_what_is_private()
        log.keep_out_what_is_private()
        try:
            raise ValueError("Larch Ward has 7 people\nand 3 are ill")
        except ValueError as error:
            logger.exception("It went wrong: %s", error)
        logger.warning("Error description: AADSTS50105: %s is not assigned to a role", "maria.o'neil@nhs.example.org")
    finally:
        logging.setLogRecordFactory(made)
        logger.removeHandler(handler)
    said = capsys.readouterr().out
    assert "It went wrong: ValueError" in said and "test_deployment.py" in said and said.count("ValueError") >= 2
    assert not re.search(
        r"7 people|3 are ill(?! *\")|maria|nhs\.example",
        said.replace('raise ValueError("Larch Ward has 7 people\\nand 3 are ill")', ""),
    )
    assert "AADSTS50105: (an address) is not assigned" in said


def test_the_app_is_told_its_limits():
    config = (ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8")
    for said in (
        "maxUploadSize = 30",
        "enableXsrfProtection = true",
        'showErrorDetails = "none"',
        "allowedOrigins = []",
    ):
        assert said in config


# ---- upgrades, and what stands on every page ---------------------------------------------------------------------------


@pytest.mark.parametrize(("number", "says"), [(1, "build again"), (99, "made by a newer version of Kinship")])
def test_a_release_of_another_format_says_what_to_run_and_what_it_is_not_for(home, tmp_path, app_at, number, says):
    shutil.copytree(home / "releases", tmp_path / "releases")
    for path in (tmp_path / "releases").glob("*.duckdb"):
        with duckdb.connect(str(path)) as con:
            con.execute("UPDATE meta.release SET format = ?", [number])
    said = words_on(app_at(tmp_path)())
    assert says in said and words.PURPOSE in said, "the footer stands on pages too that show no figures"


# ---- the units -------------------------------------------------------------------------------------------------------


def settings_of(path: Path) -> list[tuple[str, str]]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return [tuple(line.split("=", 1)) for line in lines if "=" in line and not line.startswith("#")]


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_a_unit_runs_what_there_is_and_keeps_to_its_workspace(path):
    said = settings_of(path)
    if path.suffix == ".timer":
        assert path.with_suffix(".service").exists()
        return
    values = dict(said)
    assert values["User"] == "kinship-%i" and values["UMask"] == "0077" and values["LogNamespace"] == "kinship"
    assert values["ProtectSystem"] == "strict" and values["NoNewPrivileges"] == "yes"
    verbs = {command.name or command.callback.__name__ for command in engine.registered_commands}
    [run] = [value for key, value in said if key == "ExecStart"]
    module, *verb = re.search(r"python -m ([\w.]+)(?: ([a-z]+))?", run).groups()
    assert (ROOT / module.replace(".", "/")).with_suffix(".py").exists() or (verb[0] in verbs and module == "etl")


def test_systemd_finds_nothing_wrong_with_the_units(tmp_path):
    program = shutil.which("systemd-analyze")
    if not program:
        pytest.skip("no systemd-analyze here; the units were read line by line all the same")
    for path in UNITS:
        text = path.read_text(encoding="utf-8").replace("/opt/kinship/.venv/bin/python", sys.executable)
        (tmp_path / path.name).write_text(text.replace("/opt/kinship", str(ROOT)), encoding="utf-8")
    units = [str(tmp_path / path.name.replace("@", "@northmere")) for path in UNITS]
    done = subprocess.run(
        [program, "verify", "--man=no", "--recursive-errors=no", *units], capture_output=True, text=True, check=False,
        env=os.environ | {"SYSTEMD_UNIT_PATH": f"{tmp_path}:/usr/lib/systemd/system:/lib/systemd/system"},
    )  # fmt: skip
    ours = [line for line in done.stderr.splitlines() if str(tmp_path) in line or "kinship" in line]
    assert ours == []


def test_the_document_links_every_file_and_the_readme_links_the_document():
    text = (ROOT / "docs" / "deployment.md").read_text(encoding="utf-8")
    assert {path.name for path in SHOWN.iterdir() if f"deployment/{path.name}" not in text} == set()
    assert "docs/deployment.md" in (ROOT / "README.md").read_text(encoding="utf-8")
