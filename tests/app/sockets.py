"""A reader without a browser, who may send whatever they like: speaks to the server as a browser does, and lies where it would not."""

import json
import re
import time
import urllib.parse
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.web.server.starlette.starlette_app_utils import create_signed_value, generate_xsrf_token_string
from websockets.sync.client import ClientConnection, connect

from pages.parts.drawing import words
from tests.app.conftest import Server, read

SECRET = "a secret of these tests, and of no other use"
COOKIE, XSRF = "_streamlit_user", "_streamlit_xsrf"
PATIENCE = 60  # seconds


def secrets(server: Server, provider: str, secret: str = SECRET) -> str:
    """The secrets.toml of an app that signs in at this provider."""
    return f"""[auth]
redirect_uri = "{server.url}/oauth2callback"
cookie_secret = "{secret}"
client_id = "kinship"
client_secret = "kinship"
server_metadata_url = "{provider}/.well-known/openid-configuration"
client_kwargs = {{ scope = "openid email profile" }}
"""


def signed(server: Server, secret: str = SECRET, **said: Any) -> str:
    """The cookie that the app itself gives to somebody of whom the provider says this; signed just now unless `iat` is said."""
    payload = {"origin": server.url, "is_logged_in": True, "email_verified": True, "iat": time.time()} | said
    return create_signed_value(secret, COOKIE, json.dumps(payload)).decode()


@dataclass
class Answer:
    """All that one question brought, as bytes and as what they mean."""

    raw: list[bytes] = field(default_factory=list)

    @property
    def messages(self) -> list[ForwardMsg]:
        return [ForwardMsg.FromString(each) for each in self.raw]

    @property
    def sent(self) -> bytes:
        return b"\n".join(self.raw)

    @property
    def words(self) -> str:
        """What is written on the page, as it is read."""
        elements = [m.delta.new_element for m in self.messages if m.WhichOneof("type") == "delta"]
        text = "\n".join(
            element.heading.body if element.WhichOneof("type") == "heading" else element.markdown.body
            for element in elements
        )
        pieces = "\n".join(
            read(element.html.body) for element in elements if not element.html.body.startswith("<style>")
        )
        return re.sub(r"\\(.)", r"\1", f"{text}\n{pieces}").replace(words.JOINER, "")

    @property
    def pages(self) -> dict[str, str]:
        """title → hash, of the pages that the reader is offered."""
        found = [m.navigation.app_pages for m in self.messages if m.WhichOneof("type") == "navigation"]
        return {page.page_name: page.page_script_hash for pages in found for page in pages}

    @property
    def opened(self) -> str | None:
        """The hash of the page that was drawn."""
        found = [m.navigation.page_script_hash for m in self.messages if m.WhichOneof("type") == "navigation"]
        return found[-1] if found else None

    @property
    def widgets(self) -> dict[str, str]:
        """key → id, of the widgets that were drawn."""
        return {
            key.decode(): whole.decode()
            for whole, key in re.findall(rb"(\$\$ID-[0-9a-f]{32}-([\w:]+))", self.sent)
            if key != b"None"
        }

    @property
    def files(self) -> list[str]:
        """What a click on each download button would ask for."""
        elements = [m.delta.new_element for m in self.messages if m.WhichOneof("type") == "delta"]
        return [
            each.download_button.deferred_file_id for each in elements if each.WhichOneof("type") == "download_button"
        ]

    @property
    def fragments(self) -> set[str]:
        return {m.delta.fragment_id for m in self.messages if m.WhichOneof("type") == "delta" and m.delta.fragment_id}

    @property
    def redirect(self) -> str | None:
        """Where the browser is sent to sign in."""
        ways = [m.auth_redirect.url for m in self.messages if m.WhichOneof("type") == "auth_redirect"]
        return ways[0] if ways else None

    @property
    def session(self) -> str:
        return next(m.new_session.initialize.session_id for m in self.messages if m.WhichOneof("type") == "new_session")


class Reader:
    """One session."""

    def __init__(self, server: Server, socket: ClientConnection):
        self.server, self.socket = server, socket

    def ask(
        self, page: str = "", widgets: dict[str, Any] | None = None, hash: str = "", fragment: str = "", **address: str
    ) -> Answer:
        """One run of the script: of a page by name or by hash, with any states of widgets by id, at any address."""
        asked = BackMsg()
        state = asked.rerun_script
        state.page_name, state.page_script_hash, state.fragment_id = page, hash, fragment
        state.query_string = urllib.parse.urlencode(address)
        for name, value in (widgets or {}).items():
            widget = state.widget_states.widgets.add()
            widget.id = name
            kind = {bool: "trigger_value", str: "string_value", int: "int_value"}[type(value)]
            setattr(widget, kind, value)
        self.socket.send(asked.SerializeToString())
        answer = Answer()
        while True:
            came = self.socket.recv(PATIENCE)
            answer.raw.append(came)
            kind = ForwardMsg.FromString(came).WhichOneof("type")
            if kind == "script_finished":
                last = ForwardMsg.FromString(came).script_finished
                if last != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                    return answer

    def press(self, label: str) -> Answer:
        """Opens the page that comes first, and presses a button of it."""
        drawn = self.ask()
        elements = [m.delta.new_element for m in drawn.messages if m.WhichOneof("type") == "delta"]
        [button] = [
            each.button.id for each in elements if each.WhichOneof("type") == "button" and each.button.label == label
        ]
        return self.ask(widgets={button: True})

    def take(self, file: str, session: str) -> bytes | None:
        """What pressing a download button brings; None where it is refused."""
        asked = BackMsg()
        request = asked.backend_operation_request
        request.request_id, request.session_id, request.deferred_file.file_id = uuid.uuid4().hex, session, file
        self.socket.send(asked.SerializeToString())
        while True:
            message = ForwardMsg.FromString(self.socket.recv(PATIENCE))
            if message.WhichOneof("type") == "backend_operation_response":
                url = message.backend_operation_response.deferred_file.url
                if not url:
                    return None
                with urllib.request.urlopen(f"{self.server.url}{url}", timeout=PATIENCE) as file:
                    return file.read()


@contextmanager
def reading(
    server: Server, cookie: str | None = None, session: str = "", headers: dict[str, str] | None = None
) -> Iterator[Reader]:
    """A session of whoever has this cookie; `session` is the id of one to be taken up again, `headers` what a proxy adds."""
    token = generate_xsrf_token_string()
    cookies = f"{XSRF}={token}" + (f"; {COOKIE}={cookie}" if cookie else "")
    address = server.url.replace("http", "ws") + "/_stcore/stream"
    protocols = ["streamlit", token, *([session] if session else [])]
    with connect(
        address,
        origin=server.url,
        subprotocols=protocols,
        additional_headers={"Cookie": cookies} | (headers or {}),
        max_size=None,
        ping_interval=None,
    ) as socket:
        yield Reader(server, socket)
