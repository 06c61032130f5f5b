"""What the app asks of a release for a whole nation, beside that of one organisation: `python -m tests.benchmarks.nation`.

The organisation's release stands a hundred times side by side under the same country, laid out and ordered as the engine does
it. Every question of sql/app that looks at one release is then asked of both, by who may see everything and by the leader of one
organisation: in a fresh process each, once cold and then twice more. With `--pages` the app is opened in a browser on both
instead, by who may see everything: a page as the first after the app has started, and again in another tab. `--keep` names a
workspace in which the nation's release stays for another run. Times are of this machine; read the ratios.
"""

import json
import math
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import duckdb
import typer
from playwright.sync_api import Page, TimeoutError, sync_playwright

from etl.paths import SQL, Workspace
from etl.release import publish
from tests.app.conftest import PAGES, Server, launched
from tests.benchmarks.app import organisation
from tests.benchmarks.app.browser import WATCH, painted
from tests.benchmarks.build import PROJECT
from tests.benchmarks.spark import used

ASKED = "--asked"
OF_ONE = {"unit", "parent", "pool", "file"}  # columns that say of which organisation a row is
READERS = {"everything": "the whole", "one": "one organisation"}


def make(small: Path, large: Path, times: int) -> None:
    """Writes the nation's release, ordered as the engine orders one."""
    with duckdb.connect() as con, publish.being_written(con, large):
        con.execute(f"ATTACH '{small}' AS small (READ_ONLY)")
        con.execute(f"SET temp_directory = '{large}.spill'")
        (top,) = con.execute("SELECT DISTINCT unit FROM small.meta.unit WHERE parent IS NULL").fetchall()[0]
        tables = con.execute(
            "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = 'small'"
        ).fetchall()
        for schema, table in tables:
            columns = [name for name, *_ in con.execute(f"SELECT * FROM small.{schema}.{table} LIMIT 0").description]
            theirs = [
                f"CASE WHEN {name} = '{top}' THEN {name} ELSE printf('N%03d.', n) || {name} END AS {name}"
                for name in columns
                if name in OF_ONE and table != "indicator"  # whose unit is that of the value
            ]
            rows = f"SELECT * FROM small.{schema}.{table}"
            if theirs:
                once = f"WHERE n = 0 OR unit <> '{top}'" if "unit" in columns else ""
                rows = f"SELECT t.* REPLACE ({', '.join(theirs)}) FROM small.{schema}.{table} AS t, range({times}) AS copy (n) {once}"
            con.execute(f"INSERT INTO made.{schema}.{table} {rows} ORDER BY ALL")


def asked(release: Path, reader: str) -> None:
    """Asks every question; says what each took in milliseconds, cold and then, how many rows it gave, and the memory at the
    peak in GB."""
    con = duckdb.connect(str(release), read_only=True)

    def ask(question: str, given: dict) -> tuple[float, int]:
        text = (SQL / "app" / f"{question}.sql").read_text(encoding="utf-8")
        began = time.perf_counter()
        rows = con.execute(text, {name: given[name] for name in set(re.findall(r"\$([a-z_]+)", text))}).fetchall()
        return 1000 * (time.perf_counter() - began), len(rows)

    def one(sql: str):
        return con.execute(sql).fetchall()[0][0]

    top = one("SELECT unit FROM meta.unit WHERE parent IS NULL")
    most = one(
        "SELECT parent FROM meta.unit WHERE level = 'team' GROUP BY parent ORDER BY count(*) DESC, parent LIMIT 1"
    )
    over = one(f"SELECT max(parent) FROM meta.unit WHERE unit = '{most}'") or most
    unit = top if reader == "everything" else over
    month = one("SELECT max(month) FROM mart.strain")
    below = f"SELECT DISTINCT unit FROM meta.unit WHERE parent = '{unit}' LIMIT 50"
    front = "SELECT indicator FROM meta.indicator WHERE front"
    given = {
        "roots": [unit],
        "unit": unit,
        "of": [unit, *(row[0] for row in con.execute(below).fetchall())],
        "indicator": "sickness_rate",
        "indicators": [row[0] for row in con.execute(front).fetchall()],
        "month": month,
        "wave": one("SELECT max(wave) FROM mart.wave"),
        "source": "rota",
        "every": False,
    }
    given["units"] = [row[0] for row in con.execute((SQL / "app/scope.sql").read_text(), {"roots": [unit]}).fetchall()]
    told = {}
    for path in sorted((SQL / "app").glob("*.sql")):
        if "earlier." not in path.read_text(encoding="utf-8"):
            took = [ask(path.stem, given) for _ in range(3)]
            told[path.stem] = [took[0][0], min(ms for ms, _ in took[1:]), took[0][1]]
    print(json.dumps({"questions": told, "memory": used("self")[1], "units": len(given["units"])}))


def opened(home: Path, pages: list[str]) -> Iterator[tuple[str, float, float, float, float]]:
    """(page, milliseconds to its last change as the first page of a fresh server, and in another tab, MB that the server sent for
    the first, GB that the server held at its peak); milliseconds are inf where nothing stood after a minute."""
    with sync_playwright() as play:
        chromium = launched(play)
        for page in pages:
            server = Server(home)
            try:
                server.start()
                window = chromium.new_context(viewport={"width": 1280, "height": 900})
                window.add_init_script(WATCH)
                sent: list[int] = []
                first = window.new_page()
                first.on(
                    "websocket",
                    lambda socket, sent=sent: socket.on("framereceived", lambda frame: sent.append(len(frame))),
                )
                took = [milliseconds(each, f"{server.url}{PAGES[page]}") for each in (first, window.new_page())]
                yield page, *took, sum(sent) / 1e6, used(server.process.pid)[1]
                window.close()
            finally:
                server.stop()


def milliseconds(page: Page, address: str) -> float:
    try:
        return painted(page, address)
    except TimeoutError:
        return math.inf


def answers(release: Path, reader: str) -> dict:
    command = [sys.executable, "-m", "tests.benchmarks.nation", ASKED, str(release), reader]
    done = subprocess.run(command, cwd=PROJECT, env=os.environ, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def told(release: Path) -> str:
    with duckdb.connect(str(release), read_only=True) as con:
        units, teams = con.execute(
            "SELECT count(DISTINCT unit), count(DISTINCT unit) FILTER (level = 'team') FROM meta.unit"
        ).fetchall()[0]
        values, months = con.execute("SELECT count(*), count(DISTINCT month) FROM mart.value").fetchall()[0]
    size = release.stat().st_size
    counted = f"{units:,} units, {teams:,} of them teams, {months} months, {values:,} values"
    return f"{counted}: {size / 1e6:,.0f} MB, {size / values:.1f} bytes a value"


def main(
    workspace: Annotated[Path | None, typer.Option(help="The organisation's, built before; none: one is made.")] = None,
    times: Annotated[int, typer.Option(help="How many such organisations the nation has.")] = 100,
    pages: Annotated[list[str] | None, typer.Option(help="Open this page in a browser, and ask no questions.")] = None,
    keep: Annotated[Path | None, typer.Option(help="A workspace for the nation's release.")] = None,
) -> None:
    with tempfile.TemporaryDirectory() as temporary:
        here, there = Workspace(workspace or Path(temporary) / "one"), Workspace(keep or Path(temporary) / "nation")
        if workspace is None:
            organisation.make(here, 400, 36)
        small = here.releases / f"{here.current.read_text(encoding='utf-8').strip()}.duckdb"
        large = there.releases / small.name
        if not large.exists():
            large.parent.mkdir(parents=True, exist_ok=True)
            make(small, large, times)
            shutil.copy(here.current, there.current)
            there.synthetic.touch()
        for name, release in {"organisation": small, "nation": large}.items():
            print(f"{name}: {told(release)}", flush=True)
        if pages:
            print(f"\n{'':14}{'page':12}{'first, ms':>11}{'another tab':>13}{'MB sent':>9}{'GB held':>9}")
        for name, home in {"organisation": here.home, "nation": there.home}.items() if pages else ():
            for page, first, again, sent, held in opened(home, pages):
                print(f"{name:14}{page:12}{first:11.0f}{again:13.0f}{sent:9.1f}{held:9.2f}", flush=True)
        for reader, sees in () if pages else READERS.items():
            one, all_of_them = answers(small, reader), answers(large, reader)
            print(f"\nwho sees {sees}: {one['units']:,} and {all_of_them['units']:,} units; ", end="")
            print(f"{one['memory']:.2f} and {all_of_them['memory']:.2f} GB of memory after all questions")
            print(
                f"{'milliseconds':20}{'one, cold':>12}{'then':>9}{'rows':>8}{'nation, cold':>14}{'then':>9}{'rows':>8}{'×':>8}"
            )
            for question, (cold, then, rows) in sorted(all_of_them["questions"].items(), key=lambda each: -each[1][1]):
                was = one["questions"][question]
                print(
                    f"{question:20}{was[0]:12.1f}{was[1]:9.1f}{was[2]:8}{cold:14.1f}{then:9.1f}{rows:8}{then / was[1]:8.1f}",
                    flush=True,
                )


if __name__ == "__main__":
    asked(Path(sys.argv[2]), sys.argv[3]) if ASKED in sys.argv else typer.run(main)
