"""All that reaches into Streamlit's private parts, and why. No other module imports them.

Made for the version in requirements.txt. What another version does otherwise `differences` says in sentences, and the app is not
started then, because some of what is replaced here keeps files of strangers out. tests/app/test_streamlit_private.py asks the same.
"""

import functools
import inspect
import operator
import socket
from collections.abc import Callable, Iterator
from types import ModuleType

import streamlit as st
from streamlit import runtime
from streamlit.runtime.memory_session_storage import MemorySessionStorage
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.pages_manager import PagesManager
from streamlit.runtime.scriptrunner import ScriptRunContext, get_script_run_ctx
from streamlit.runtime.session_manager import ClientContext, SessionInfo
from streamlit.runtime.uploaded_file_manager import UploadedFileRec
from streamlit.web import cli
from streamlit.web.server import server
from streamlit.web.server.starlette import starlette_app, starlette_server

__all__ = ["MemorySessionStorage", "MemoryUploadedFileManager", "SessionInfo", "UploadedFileRec", "runtime"]

# What something is put in the place of: where it stands, its name, who looks it up there, and with which parameters it is called.
REPLACED = (
    (server, "RuntimeConfig", "Server.__init__", None),
    (server, "MemoryUploadedFileManager", "Server.__init__", ("upload_endpoint",)),
    (server, "MemorySessionStorage", "Server.__init__", ("maxsize", "ttl_seconds")),
    (starlette_app, "create_upload_routes", "create_streamlit_routes", ("runtime", "upload_mgr", "base_url")),
    (starlette_server, "_bind_socket", "_bind_server_socket", ("address", "port", "backlog")),
)


# ---- before the server is made ---------------------------------------------------------------------------------------


def expect_as_known() -> None:
    """To be called before anything is replaced. Raises RuntimeError where Streamlit is not as this module knows it."""
    if different := differences():
        raise RuntimeError(" ".join(different))


def run(script: str, options: list[str]) -> None:
    """`streamlit run` in this process, so that what is replaced here is; it returns when the server has stopped.

    No issue found. Public are a process of its own (`python -m streamlit run`), and `st.App.run`, which takes no options of a command
    line, and replaces nothing of what is replaced here but `answer_errors`.
    """
    cli.main(["run", script, *options])


def use_own_menu() -> None:
    """Streamlit takes any folder named pages/ for its older kind of app until the first session has run, and greets a first
    visitor who comes by a deep link with "Page not found".

    https://github.com/streamlit/streamlit/issues/8860, https://github.com/streamlit/streamlit/issues/9992. No option says it.
    """
    PagesManager.uses_pages_directory = False


def answer_errors(handler: Callable[[Exception], bool]) -> None:
    """Whatever nobody foresaw Streamlit would tell in words of its own; `handler` is asked first, and True says that it has.

    https://github.com/streamlit/streamlit/issues/3426. Public in `st.App` alone (https://github.com/streamlit/streamlit/pull/14972),
    which `streamlit run` of a script does not use.
    """
    server.RuntimeConfig = functools.partial(server.RuntimeConfig, on_script_error=handler)


def send_at_once() -> None:
    """A page comes in many small messages. Streamlit leaves it to the system to send each of them only when the one before has
    been acknowledged, for which browsers and proxies take up to 40 ms; so they go out as they are written.

    No issue of Streamlit found; the cause is uvicorn's, too: https://github.com/Kludex/uvicorn/issues/3149. No option says it.
    """
    starlette_server._bind_socket = _without_delay(starlette_server._bind_socket)


def _without_delay(bind: Callable[[str, int, int], socket.socket]) -> Callable[[str, int, int], socket.socket]:
    @functools.wraps(bind)
    def bound(address: str, port: int, backlog: int) -> socket.socket:
        listening = bind(address, port, backlog)
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # connections take it over
        return listening

    return bound


def hold_uploads_in(
    manager: type[MemoryUploadedFileManager], storage: type[MemorySessionStorage], guard: Callable[[Callable], Callable]
) -> None:
    """Streamlit takes a file of anybody with an open websocket, whatever their page draws, and holds it, as it holds a session
    that has ended, until another ends. `manager` and `storage` are in the place of its own; `guard` wraps what makes the routes.

    https://github.com/streamlit/streamlit/issues/2418, https://github.com/streamlit/streamlit/issues/7024 (who may send what);
    https://github.com/streamlit/streamlit/issues/12506 (what is held). Option `server.disconnectedSessionTTL` says how long a
    session may be taken up again, not that it goes after that.
    """
    server.MemoryUploadedFileManager = manager
    server.MemorySessionStorage = storage
    if not hasattr(starlette_app.create_upload_routes, "__wrapped__"):
        starlette_app.create_upload_routes = guard(starlette_app.create_upload_routes)


# ---- while a page is drawn -------------------------------------------------------------------------------------------


def session() -> tuple[str, MemoryUploadedFileManager] | None:
    """The session that is running and what holds its files; None outside a server (a test, a report).

    No issue found for a public name of either.
    """
    context = get_script_run_ctx()
    if context is None or not runtime.exists() or not isinstance(runtime.get_instance(), runtime.Runtime):
        return None
    manager = runtime.get_instance().uploaded_file_mgr
    return (context.session_id, manager) if isinstance(manager, MemoryUploadedFileManager) else None


def page_hash() -> str:
    """What Streamlit calls the page that is being drawn. Only where there is a `session`."""
    return get_script_run_ctx().page_script_hash


def remote_address(session_id: str) -> str | None:
    """The address that the session's websocket comes from; None where that is not known.

    Public is `st.context.ip_address`, which is None for this machine as well: https://github.com/streamlit/streamlit/pull/10651
    """
    client = runtime.get_instance().get_client(session_id)
    return client.client_context.remote_ip if client and client.client_context else None


def let_expire(storage: MemorySessionStorage) -> None:
    """Drops the sessions that nobody may take up again."""
    storage._cache.expire()


def seconds_held(storage: MemorySessionStorage) -> float:
    """How long a session may be taken up again."""
    return storage._cache.ttl


def bytes_held(manager: MemoryUploadedFileManager) -> int:
    """Of all sessions' files."""
    return manager._total_bytes


# ---- whether Streamlit is as it is known -----------------------------------------------------------------------------


def differences() -> list[str]:
    """What the installed Streamlit does otherwise than this module knows it, each in a sentence."""
    return [
        f"Streamlit {st.__version__} {what}: see pages/parts/streamlit_private.py, which was made for another version."
        for what in _differences()
    ]


def _differences() -> Iterator[str]:
    for module, name, looks_up, parameters in REPLACED:
        where = f"{module.__name__}.{name}"
        if not hasattr(module, name):
            yield f"has no {where}"
            continue
        if name not in _names_in(module, looks_up):
            yield f"does not look up {where} in {looks_up}, so that nothing can be put in its place"
        if parameters and (now := tuple(inspect.signature(getattr(module, name)).parameters)) != parameters:
            yield f"calls {where} with {', '.join(now)} instead of {', '.join(parameters)}"
    if "on_script_error" not in inspect.signature(getattr(runtime, "RuntimeConfig", _nothing)).parameters:
        yield "has no RuntimeConfig.on_script_error"
    if "uses_pages_directory" not in vars(PagesManager):
        yield "has no PagesManager.uses_pages_directory"
    for of, name, parameters in (
        (MemoryUploadedFileManager, "add_file", ("session_id", "file")),
        (MemoryUploadedFileManager, "remove_session_files", ("session_id",)),
        (MemorySessionStorage, "save", ("session_info",)),
        (runtime.Runtime, "get_client", ("session_id",)),
    ):
        if tuple(inspect.signature(getattr(of, name, _nothing)).parameters)[1:] != parameters:
            yield f"has no {of.__name__}.{name}({', '.join(parameters)})"
    for owner, called, names in (
        (_made(MemoryUploadedFileManager, "/"), "MemoryUploadedFileManager", ("_total_bytes", "file_storage")),
        (_made(MemorySessionStorage), "MemorySessionStorage", ("_cache.ttl", "_cache.expire")),
        (ClientContext, "ClientContext", ("remote_ip",)),
        (ScriptRunContext, "ScriptRunContext", ("page_script_hash",)),
        (runtime.Runtime, "Runtime", ("uploaded_file_mgr",)),
    ):
        for name in names:
            if not _has(owner, name):
                yield f"has no {called}.{name}"


def _nothing() -> None:
    """In the place of what is not there: it takes nothing."""


def _has(owner: object, name: str) -> bool:
    try:
        operator.attrgetter(name)(owner)
    except AttributeError:
        return False
    return True


def _names_in(module: ModuleType, function: str) -> tuple[str, ...]:
    """What a function of this module looks up by name; nothing where there is no such function."""
    try:
        return inspect.unwrap(operator.attrgetter(function)(module)).__code__.co_names
    except AttributeError:
        return ()


def _made(kind: type, *args: str) -> object:
    """One of this kind; None where it is made otherwise."""
    try:
        return kind(*args)
    except TypeError:
        return None
