"""Uploads: who may send a file, when, how many and how large; and that none outlives its session.

Streamlit takes a file of anybody with an open websocket, whatever their page draws, and holds it in memory. Here one is taken only
for a session that is drawing an uploader (`drawn`) and that is signed in or, where no sign-in is set up, comes from this machine;
within the bounds below; and it goes when the page no longer draws an uploader or the websocket closes.

This reaches into Streamlit 1.67's private parts, all of it in `install`, which pages.parts.serve calls. tests/app/test_uploads.py
tries each of them on a running server, and fails when another version does it otherwise.
"""

import asyncio
import functools
import ipaddress
import threading
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import streamlit as st
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from streamlit import runtime
from streamlit.runtime.memory_session_storage import MemorySessionStorage
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.session_manager import SessionInfo
from streamlit.runtime.uploaded_file_manager import UploadedFileRec

from pages.parts.access import access

MB = 1 << 20
MAX_FILES = 3  # of one session at once: a sample, and others that replace it
MAX_SESSION_BYTES = 62 * MB  # two of the largest samples
MAX_ALL_BYTES = 500 * MB  # of all sessions together: the service may have 4 GB (docs/deployment/kinship@.service)
GRACE = 1  # seconds after which what has ended is surely over
FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")  # by these a proxy shows itself
NOT_SERVED = "Samples are taken where the app was started by `python -m pages.parts.serve`."
NOT_HERE = "No sign-in is set up, so samples are taken only from a browser on the machine that Kinship runs on."
SIGN_IN = "Sign in again to give a sample."


@dataclass
class Allowance:
    """What one session may send while it draws an uploader."""

    until: float  # seconds since 1970: then the reader must sign in again
    own_machine: bool  # whether what it sends must come from this machine, as the session does
    page: str  # the hash of the page that draws the uploader
    reserved: dict[object, int] = field(default_factory=dict)  # requests under way → bytes they may bring


class Manager(MemoryUploadedFileManager):
    """Streamlit's own, which takes only what is allowed and within bounds. Safe from any thread."""

    def __init__(self, upload_endpoint: str) -> None:
        super().__init__(upload_endpoint)
        self.drawing: set[str] = set()  # sessions that have drawn an uploader in the run that is under way
        self._allowed: dict[str, Allowance] = {}
        self._bounds = threading.RLock()  # taken before Streamlit's own lock, never after it

    def allow(self, session_id: str, allowance: Allowance) -> None:
        with self._bounds:
            if before := self._allowed.get(session_id):
                allowance.reserved = before.reserved
            self._allowed[session_id] = allowance

    def page_of(self, session_id: str) -> str | None:
        with self._bounds:
            return allowed.page if (allowed := self._allowed.get(session_id)) else None

    def reserve(self, session_id: str, size: int, own_machine: bool) -> object:
        """Keeps room for a file of `size` bytes that is about to be read; what is returned gives it back (`release`).
        Raises HTTPException: 403 not allowed, 413 too large, 429 too many."""
        with self._bounds:
            allowed = self._allowed_now(session_id)
            if allowed.own_machine and not own_machine:
                raise HTTPException(403, "Not from this machine.")
            self._expect_room(session_id, allowed, size)
            ticket = object()
            allowed.reserved[ticket] = size
            return ticket

    def release(self, session_id: str, ticket: object) -> None:
        with self._bounds:
            if allowed := self._allowed.get(session_id):
                allowed.reserved.pop(ticket, None)

    def add_file(self, session_id: str, file: UploadedFileRec) -> None:
        """Raises HTTPException where the session has ended, or drawn another page, while the file was on its way."""
        with self._bounds:
            self._allowed_now(session_id)
            super().add_file(session_id, file)

    def remove_session_files(self, session_id: str) -> None:
        """What it held is free, and until it draws an uploader anew nothing more is taken."""
        with self._bounds:
            self._allowed.pop(session_id, None)
            super().remove_session_files(session_id)

    def _allowed_now(self, session_id: str) -> Allowance:
        allowed = self._allowed.get(session_id)
        if allowed is None or time.time() > allowed.until:
            raise HTTPException(403, "This session takes no file now.")
        return allowed

    def _expect_room(self, session_id: str, allowed: Allowance, size: int) -> None:
        files = self.file_storage.get(session_id, {})
        if len(files) + len(allowed.reserved) >= MAX_FILES:
            raise HTTPException(429, f"A session holds at most {MAX_FILES} files.")
        under_way = sum(sum(each.reserved.values()) for each in self._allowed.values())
        own = sum(len(file.data) for file in files.values()) + sum(allowed.reserved.values())
        if size > largest() or own + size > MAX_SESSION_BYTES or self._total_bytes + under_way + size > MAX_ALL_BYTES:
            raise HTTPException(413, "Too large.")


class Storage(MemorySessionStorage):
    """Streamlit's own store of sessions whose websocket has closed. Their files go at once, though a session may be taken up
    again for two minutes; and what nobody takes up goes after them, where Streamlit waits until another session ends."""

    def save(self, session_info: SessionInfo) -> None:
        super().save(session_info)
        runtime.get_instance().uploaded_file_mgr.remove_session_files(session_info.session.id)
        asyncio.get_running_loop().call_later(self._cache.ttl + GRACE, self._cache.expire)


def install() -> None:
    """To be called before the server is made. The three names are those by which Streamlit makes its own of each."""
    from streamlit.web.server import server
    from streamlit.web.server.starlette import starlette_app

    for module, name in (
        (server, "MemoryUploadedFileManager"),
        (server, "MemorySessionStorage"),
        (starlette_app, "create_upload_routes"),
    ):
        if not hasattr(module, name):
            raise RuntimeError(
                f"This version of Streamlit has no {module.__name__}.{name}: see pages/parts/access/uploads.py."
            )
    server.MemoryUploadedFileManager = Manager
    server.MemorySessionStorage = Storage
    if not hasattr(starlette_app.create_upload_routes, "__wrapped__"):
        starlette_app.create_upload_routes = guarded(starlette_app.create_upload_routes)


# ---- the request -----------------------------------------------------------------------------------------------------


def guarded(create: Callable[..., list[BaseRoute]]) -> Callable[..., list[BaseRoute]]:
    """What makes the upload routes, so that one which takes a file asks first, before any of it is read."""

    @functools.wraps(create)
    def created(active: Any, manager: Manager, base_url: str | None) -> list[BaseRoute]:
        return [_asking_first(route, manager) for route in create(active, manager, base_url)]

    return created


def _asking_first(route: BaseRoute, manager: Manager) -> BaseRoute:
    if not isinstance(route, Route) or "PUT" not in (route.methods or ()):
        return route
    take: Callable[[Request], Awaitable[Response]] = route.endpoint

    async def put(request: Request) -> Response:
        session_id = request.path_params["session_id"]
        host = request.client.host if request.client else None
        try:
            ticket = manager.reserve(session_id, _size(request), from_this_machine(host, request.headers))
        except HTTPException:
            await _let_pass(request)
            raise
        try:
            return await take(request)
        finally:
            manager.release(session_id, ticket)

    return Route(route.path, put, methods=["PUT"])


def _size(request: Request) -> int:
    """Bytes that the file may have, as far as the request tells before it is read."""
    length = request.headers.get("content-length", "")
    return int(length) if length.isdecimal() else largest()


async def _let_pass(request: Request) -> None:
    """Reads what was refused to its end, up to the size of a file, and holds none of it: who sends it gets to hear why."""
    passed = 0
    try:
        async for chunk in request.stream():
            passed += len(chunk)
            if passed > largest() + MB:
                return
    except ClientDisconnect:
        return


def largest() -> int:
    """Bytes of one file."""
    return int(st.get_option("server.maxUploadSize")) * MB


def from_this_machine(host: str | None, headers: Mapping[str, str]) -> bool:
    """Whether a request comes from a browser here: from a loopback address, for one, and past no proxy. One on this machine
    shows itself by what it adds to the headers, or by the name that it was asked for."""
    try:
        asked_for = urlsplit(f"//{headers.get('host', '')}").hostname
    except ValueError:
        return False
    return _is_loopback(host) and _is_loopback(asked_for) and not any(name in headers for name in FORWARDED)


def _is_loopback(host: str | None) -> bool:
    if host == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host or "")
    except ValueError:
        return False
    return (getattr(address, "ipv4_mapped", None) or address).is_loopback


# ---- the page --------------------------------------------------------------------------------------------------------


def refusal() -> str | None:
    """Why the session that is running may send nothing, in words; None where it may."""
    here = _here()
    if here is None:
        return None  # no server runs: nothing can be sent
    session_id, manager = here
    if not isinstance(manager, Manager):
        _take_nothing(manager)
        return NOT_SERVED
    if access.sign_in_is_set_up():
        claims = access.claims()
        return None if claims and not access.is_stale(claims) else SIGN_IN
    client = runtime.get_instance().get_client(session_id)
    context = client.client_context if client else None
    headers = {name.lower(): value for name, value in context.headers} if context else {}
    return None if from_this_machine(context.remote_ip if context else None, headers) else NOT_HERE


def drawn() -> None:
    """Called by a page as it draws an uploader: from now on this session may send to it. Call it where `refusal()` is None."""
    here = _here()
    if here is None or refusal():
        return
    session_id, manager = here
    signed_in = access.sign_in_is_set_up()
    until = float(access.claims()["iat"]) + access.LONGEST.total_seconds() if signed_in else float("inf")
    manager.drawing.add(session_id)
    manager.allow(session_id, Allowance(until, not signed_in, get_script_run_ctx().page_script_hash))


@contextmanager
def watched() -> Iterator[None]:
    """One run of the app: at its end, a session that has drawn no uploader holds no file and may send none."""
    here = _here()
    session_id, manager = here or (None, None)
    if isinstance(manager, Manager):
        manager.drawing.discard(session_id)
        if manager.page_of(session_id) not in (None, get_script_run_ctx().page_script_hash):
            manager.remove_session_files(session_id)
    elif manager is not None:
        _take_nothing(manager)
    try:
        yield
    finally:
        if isinstance(manager, Manager) and session_id not in manager.drawing:
            manager.remove_session_files(session_id)


def _here() -> tuple[str, Any] | None:
    """The session that is running and what holds files; None outside a server (a test, a report)."""
    context = get_script_run_ctx()
    if context is None or not runtime.exists() or not isinstance(runtime.get_instance(), runtime.Runtime):
        return None
    manager = runtime.get_instance().uploaded_file_mgr
    return (context.session_id, manager) if isinstance(manager, MemoryUploadedFileManager) else None


def _take_nothing(manager: MemoryUploadedFileManager) -> None:
    """Under a bare `streamlit run` nothing asks first, so nothing is taken."""

    def refused(session_id: str, file: UploadedFileRec) -> None:
        raise HTTPException(403, NOT_SERVED)

    manager.add_file = refused
