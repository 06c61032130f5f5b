"""Every byte that the app sends, on every page, for figures that are hidden: planted so large that nothing else is like them."""

import re
import struct
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from etl.paths import Workspace
from etl.release import measure
from tests.app.conftest import Server, settle
from tests.conftest import Engine

pytestmark = pytest.mark.browser
SECRET = 739_146  # the figures themselves; what they do to sums is taken back in the same pool
PLANTED = ("sickness_rate", "excess_hours", "vacancy_rate")


@pytest.fixture(scope="module")
def planted(tmp_path_factory) -> tuple[Path, list[str], list[bytes]]:
    """A workspace, the units in whose figures a secret is planted, and what must never be sent."""
    engine = Engine(tmp_path_factory.mktemp("planted"), Workspace(tmp_path_factory.getbasetemp() / "planted_workspace"))
    engine.home = engine.workspace.home
    engine.workspace.make()
    units: list[str] = []
    counted = measure.measure

    def plant(con, *given) -> None:
        counted(con, *given)
        found = con.execute("""
            SELECT parent, list(unit ORDER BY unit)
            FROM (SELECT unit, parent FROM unit_spell WHERE level = 'team')
            JOIN (SELECT unit, max(people) AS people FROM figure WHERE indicator = 'sickness_rate' GROUP BY unit) USING (unit)
            WHERE people < 11
            GROUP BY parent
            HAVING count(*) >= 2
            ORDER BY parent
            LIMIT 1
        """).fetchall()
        units.extend(found[0][1][:2])
        for unit, sign in zip(units, (1, -1), strict=True):
            con.execute(
                """
                UPDATE figure SET numerator = numerator + $sign * $secret / scale * (
                    SELECT min(denominator) FROM figure AS other
                    WHERE other.indicator = figure.indicator AND other.month = figure.month AND list_contains($units, other.unit)
                )
                FROM (SELECT unnest($planted) AS indicator, 100 AS scale) AS asked
                WHERE figure.indicator = asked.indicator AND unit = $unit
                """,
                {"sign": sign, "secret": SECRET, "units": units, "planted": list(PLANTED), "unit": unit},
            )
        told = con.execute(
            "SELECT numerator, 100 * numerator / denominator FROM figure WHERE list_contains($1, unit) AND list_contains($2, indicator)",
            [units, list(PLANTED)],
        ).fetchall()
        secrets.update(number for row in told for number in row if number is not None and abs(number) > SECRET / 1000)

    secrets: set[float] = set()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(measure, "measure", plant)
        assert engine.run("demo", "--people", "200", "--months", "13").code == 0
        built = engine.run("build")
    assert built.code in (0, 3), built.said
    assert len(secrets) > 50
    return engine.workspace.home, units, list(forms(secrets))


def forms(secrets: set[float]) -> Iterator[bytes]:
    """The ways in which a number can be written, in words and in bytes; rounding leaves it its first digits."""
    for secret in secrets:
        yield struct.pack("<d", secret)
        yield struct.pack("<d", round(secret, 1))
        whole = f"{abs(secret):.1f}".partition(".")[0]
        if len(whole) >= 5:
            yield whole.encode()
            yield f"{int(whole):,}".encode()


def test_the_release_holds_nothing_of_them(planted):
    home, units, secrets = planted
    path = next((home / "releases").glob("*.duckdb"))
    with duckdb.connect(str(path), read_only=True) as con:
        shown = con.execute(
            "SELECT DISTINCT shown FROM mart.value WHERE list_contains($1, unit) AND list_contains($2, indicator)",
            [units, list(PLANTED)],
        ).fetchall()
        tables = con.execute("SELECT schema_name, table_name FROM duckdb_tables()").fetchall()
        texts = [str(con.execute(f"FROM {schema}.{table}").fetchall()).encode() for schema, table in tables]
    assert {state for (state,) in shown} <= {"protected", "no_data"}
    everything = b"\n".join(texts)
    assert not {secret for secret in secrets if secret in everything}


def test_no_byte_that_the_app_sends_holds_them(planted, chromium):
    home, units, secrets = planted
    parent = parent_of(home, units[0])
    visits = [("/", units[0]), ("/indicator", units[0]), ("/indicator", f"smaller:{parent}")]
    visits += [("/signals", parent), ("/quality", parent)]
    server = Server(home)
    server.start()
    try:
        sent = [
            everything_sent(chromium, server, f"{page}?unit={unit}&indicator={PLANTED[0]}&all=true")
            for page, unit in visits
        ]
    finally:
        server.stop()
    assert any(b"Not shown, to protect people" in each for each in sent), "their pages were drawn"
    assert struct.pack("<d", shown_of_pool(home, parent)) in sent[2], "what is shown would be found"
    found = {secret for secret in secrets for each in sent if secret in each}
    assert not found


def parent_of(home: Path, unit: str) -> str:
    path = next((home / "releases").glob("*.duckdb"))
    with duckdb.connect(str(path), read_only=True) as con:
        return con.execute("SELECT parent FROM meta.unit WHERE unit = ? LIMIT 1", [unit]).fetchall()[0][0]


def shown_of_pool(home: Path, parent: str) -> float:
    path = next((home / "releases").glob("*.duckdb"))
    with duckdb.connect(str(path), read_only=True) as con:
        asked = "SELECT value FROM mart.value WHERE unit = ? AND indicator = ? AND shown = 'yes' LIMIT 1"
        return con.execute(asked, [f"smaller:{parent}", PLANTED[0]]).fetchall()[0][0]


def everything_sent(chromium, server: Server, address: str) -> bytes:
    """Every frame and every answer that a visit brings, the files that can be saved, the page as drawn, and its address."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    sent: list[bytes] = []

    def frame(payload) -> None:
        sent.append(payload if isinstance(payload, bytes) else payload.encode())

    page.on("websocket", lambda socket: socket.on("framereceived", frame))
    page.goto(f"{server.url}{address}")
    settle(page)
    for summary in page.locator("summary").all():  # what is folded away is drawn, too
        summary.click()
    page.wait_for_timeout(300)
    frames = b"".join(sent)
    for path in set(re.findall(rb"/media/[0-9a-f]+\.[a-z]+", frames)):
        sent.append(context.request.get(f"{server.url}{path.decode()}").body())
    sent += [page.content().encode(), page.url.encode()]
    context.close()
    return b"\n".join(sent)
