"""What is replaced of Streamlit's private parts is there, and does what it is replaced for."""

import socket

import pytest
import streamlit as st

from pages.parts import streamlit_private
from pages.parts.serve import APP
from pages.parts.streamlit_private import (
    MemorySessionStorage,
    MemoryUploadedFileManager,
    PagesManager,
    runtime,
    server,
    starlette_app,
    starlette_server,
)


def test_streamlit_is_as_it_is_known():
    different = streamlit_private.differences()
    assert not different, "\n".join(different)


def without(*_, **__):
    """Takes anything, and looks nothing up."""


@pytest.mark.parametrize(
    ("owner", "name", "changed", "said"),
    [
        *((module, name, None, f"has no {module.__name__}.{name}") for module, name, *_ in streamlit_private.REPLACED),
        (server.Server, "__init__", without, "does not look up streamlit.web.server.server.RuntimeConfig"),
        (starlette_app, "create_streamlit_routes", without, "does not look up streamlit.web.server.starlette.starlette_app"),
        (starlette_server, "_bind_server_socket", None, "does not look up streamlit.web.server.starlette.starlette_server"),
        (starlette_app, "create_upload_routes", lambda app, uploads: [], "with app, uploads instead of runtime, upload_mgr"),
        (starlette_server, "_bind_socket", lambda address: None, "with address instead of address, port, backlog"),
        (runtime, "RuntimeConfig", lambda script_path: None, "has no RuntimeConfig.on_script_error"),
        (runtime.Runtime, "uploaded_file_mgr", None, "has no Runtime.uploaded_file_mgr"),
        (runtime.Runtime, "get_client", None, "has no Runtime.get_client(session_id)"),
        (MemoryUploadedFileManager, "__init__", lambda self, endpoint, size: None, "with endpoint, size instead of"),
        (PagesManager, "uses_pages_directory", None, "has no PagesManager.uses_pages_directory"),
        (MemoryUploadedFileManager, "add_file", lambda self, file: None, "MemoryUploadedFileManager.add_file(session_id, file)"),
        (MemoryUploadedFileManager, "remove_session_files", lambda self: None, "remove_session_files(session_id)"),
        (MemoryUploadedFileManager, "__init__", lambda self, upload_endpoint: None, "MemoryUploadedFileManager._total_bytes"),
        (MemorySessionStorage, "save", lambda self, key, info: None, "has no MemorySessionStorage.save(session_info)"),
        (MemorySessionStorage, "__init__", lambda self, maxsize=1, ttl_seconds=1: None, "MemorySessionStorage._cache.ttl"),
        (streamlit_private.ScriptRunContext, "page_script_hash", None, "has no ScriptRunContext.page_script_hash"),
        (streamlit_private.ClientContext, "remote_ip", None, "has no ClientContext.remote_ip"),
    ],
)  # fmt: skip
def test_what_another_version_does_otherwise_is_said_and_the_app_is_not_started(
    monkeypatch, owner, name, changed, said
):
    if changed is None:
        monkeypatch.delattr(owner, name)
    else:
        monkeypatch.setattr(owner, name, changed)
    with pytest.raises(RuntimeError) as refused:
        streamlit_private.expect_as_known()
    assert said in str(refused.value) and st.__version__ in str(refused.value)
    assert "see pages/parts/streamlit_private.py" in str(refused.value)


def test_the_app_has_its_own_menu_from_the_first_session_on(monkeypatch):
    monkeypatch.setattr(PagesManager, "uses_pages_directory", None)
    assert (PagesManager(str(APP)), PagesManager.uses_pages_directory)[1] is True, "nothing needs to be said any more"
    streamlit_private.use_own_menu()
    assert (PagesManager(str(APP)), PagesManager.uses_pages_directory)[1] is False


def test_what_is_written_goes_out_at_once(monkeypatch):
    def without_delay() -> bool:
        listening = starlette_server._bind_socket("127.0.0.1", 0, 1)
        with listening, socket.create_connection(listening.getsockname()):
            listening.setblocking(True)
            connection, _ = listening.accept()
            with connection:
                return bool(connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))

    monkeypatch.setattr(starlette_server, "_bind_socket", starlette_server._bind_socket)
    assert not without_delay(), "nothing needs to be said any more"
    streamlit_private.send_at_once()
    assert without_delay()


def test_an_error_nobody_foresaw_is_answered_by_us(monkeypatch):
    monkeypatch.setattr(server, "RuntimeConfig", server.RuntimeConfig)
    answered = []
    streamlit_private.answer_errors(answered.append)
    asked = server.RuntimeConfig("", None, None, None, None)
    asked.on_script_error("error")
    assert answered == ["error"]
