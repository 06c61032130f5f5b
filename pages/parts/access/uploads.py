"""Uploads: who may send a file, when, how many and how large; and that none outlives its session.

Streamlit takes a file of anybody with an open websocket, whatever their page draws, and holds it in memory. Here one is taken only
for a session that is drawing an uploader (`drawn`) and that is signed in or, where no sign-in is set up, comes from this machine;
within the bounds below; and it goes when the page no longer draws an uploader or the websocket closes.

What of it stands in the place of Streamlit's own, and why, is in pages.parts.streamlit_private. tests/app/test_uploads.py tries it
on a running server.
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

from pages.parts import streamlit_private
from pages.parts.access import access
from pages.parts.streamlit_private import (
    MemorySessionStorage,
    MemoryUploadedFileManager,
    SessionInfo,
    UploadedFileRec,
    runtime,
)

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
        total = streamlit_private.bytes_held(self) + under_way
        own = sum(len(file.data) for file in files.values()) + sum(allowed.reserved.values())
        if size > largest() or own + size > MAX_SESSION_BYTES or total + size > MAX_ALL_BYTES:
            raise HTTPException(413, "Too large.")


class Storage(MemorySessionStorage):
    """Streamlit's own store of sessions whose websocket has closed. Their files go at once, though a session may be taken up
    again for two minutes; and what nobody takes up goes after them, where Streamlit waits until another session ends."""

    def save(self, session_info: SessionInfo) -> None:
        super().save(session_info)
        runtime.get_instance().uploaded_file_mgr.remove_session_files(session_info.session.id)
        again = streamlit_private.seconds_held(self) + GRACE
        asyncio.get_running_loop().call_later(again, streamlit_private.let_expire, self)


def install() -> None:
    """To be called before the server is made."""
    streamlit_private.hold_uploads_in(Manager, Storage, guarded)


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
    here = streamlit_private.session()
    if here is None:
        return None  # no server runs: nothing can be sent
    session_id, manager = here
    if not isinstance(manager, Manager):
        _take_nothing(manager)
        return NOT_SERVED
    if access.sign_in_is_set_up():
        claims = access.claims()
        return None if claims and not access.is_stale(claims) else SIGN_IN
    headers = {name.lower(): value for name, value in st.context.headers.items()}
    return None if from_this_machine(streamlit_private.remote_address(session_id), headers) else NOT_HERE


def drawn() -> None:
    """Called by a page as it draws an uploader: from now on this session may send to it. Call it where `refusal()` is None."""
    here = streamlit_private.session()
    if here is None or refusal():
        return
    session_id, manager = here
    signed_in = access.sign_in_is_set_up()
    until = float(access.claims()["iat"]) + access.LONGEST.total_seconds() if signed_in else float("inf")
    manager.drawing.add(session_id)
    manager.allow(session_id, Allowance(until, not signed_in, streamlit_private.page_hash()))


@contextmanager
def watched() -> Iterator[None]:
    """One run of the app: at its end, a session that has drawn no uploader holds no file and may send none."""
    here = streamlit_private.session()
    session_id, manager = here or (None, None)
    if isinstance(manager, Manager):
        manager.drawing.discard(session_id)
        if manager.page_of(session_id) not in (None, streamlit_private.page_hash()):
            manager.remove_session_files(session_id)
    elif manager is not None:
        _take_nothing(manager)
    try:
        yield
    finally:
        if isinstance(manager, Manager) and session_id not in manager.drawing:
            manager.remove_session_files(session_id)


def _take_nothing(manager: MemoryUploadedFileManager) -> None:
    """Under a bare `streamlit run` nothing asks first, so nothing is taken."""

    def refused(session_id: str, file: UploadedFileRec) -> None:
        raise HTTPException(403, NOT_SERVED)

    manager.add_file = refused
