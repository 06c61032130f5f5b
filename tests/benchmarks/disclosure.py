"""How long protecting takes, and what it costs in figures not shown: thousands of teams, every indicator, five years.

`python -m tests.benchmarks.disclosure [--teams 5000] [--months 60] [--indicators 30]`. The organisation is made up: teams
of 5 to 60 people in directorates of 20 teams, directorates in divisions of 10. A second release, a month later, shows
what is left to do once the first is remembered; both are attacked, as a build does, before they can be seen. The last table sets
the choice of company for hidden figures beside the
plain greedy one, and beside the best there is where that can be found out.
"""

import argparse
import resource
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace

import duckdb
import numpy as np
import pyarrow as pa
from scipy.optimize import Bounds, LinearConstraint, milp

from etl.config.settings import DisclosureRules
from etl.disclosure import figures, memory, protect, suppress
from etl.disclosure.gate import expect_nothing_given_away
from etl.disclosure.rows import Rows
from etl.paths import SQL, Workspace
from etl.release.measure import stretch_spells

FAMILIES = ("cover", "time_and_rest", "absence", "staying", "room_to_think")
PER_DIRECTORATE, PER_DIVISION = 20, 10


def headers(number: int) -> dict[str, SimpleNamespace]:
    """Two thirds working facts, four that count leavers, the rest sensitive."""
    made = {}
    for n in range(number):
        disclosure, window, refresh, family = "B", 1, "monthly", FAMILIES[n % 3]
        if n >= number - 4:
            window, refresh, family = 12, "quarterly", "staying"
        elif n % 4 == 3:
            disclosure, window, family = "A", 12, FAMILIES[1 + n % 2]
        made[f"indicator_{n:02}"] = SimpleNamespace(
            scale=100.0, unit="%", levels=("team", "above"), family=family, disclosure=disclosure, window=window, better="lower",
            refresh=refresh,
        )  # fmt: skip
    return made


def organisation(con: duckdb.DuckDBPyConnection, teams: int, months: int, made: dict) -> None:
    """Fills `figure` and `unit_spell`. A team's people drift by one now and then; a sensitive share is about a third."""
    con.execute(f"""
        CREATE OR REPLACE TABLE unit_spell AS
        WITH team AS (SELECT range AS n, range // {PER_DIRECTORATE} AS d FROM range({teams}))
        SELECT printf('t%05d', n) AS unit, 'team' AS level, printf('d%04d', d) AS parent FROM team
        UNION ALL SELECT DISTINCT printf('d%04d', d), 'directorate', printf('v%03d', d // {PER_DIVISION}) FROM team
        UNION ALL SELECT DISTINCT printf('v%03d', d // {PER_DIVISION}), 'division', 'org' FROM team
        UNION ALL SELECT 'org', 'organisation', NULL
    """)
    con.execute("""
        CREATE OR REPLACE TABLE unit_spell AS
        SELECT unit, unit AS title, level, parent, DATE '2019-01-01' AS from_month, NULL::DATE AS to_month FROM unit_spell
    """)
    con.execute("DROP TABLE IF EXISTS stands")
    stretch_spells(con)
    con.register("header", _table(made))
    con.execute(f"""
        CREATE OR REPLACE TABLE own AS
        WITH cell AS (
            SELECT
                indicator, kind, printf('t%05d', n) AS unit, n, m,
                (DATE '2021-04-01' + to_months(m::INTEGER))::DATE AS month,
                greatest(3, 5 + hash(n) % 56 + (hash(n * 1000 + m // 4) % 3)::INTEGER - 1)::BIGINT AS people,
                hash(n * 7919 + m // 3 + hash(indicator) % 1000) % 1000 / 1000 AS chance
            FROM header, range({teams}) AS team (n), range({months}) AS time (m)
            WHERE kind <> 'leavers' OR month(month) % 3 = 0
        )
        SELECT
            indicator, unit, month, people, 'private' AS provenance, 0::DOUBLE AS public_numerator,
            0::DOUBLE AS public_denominator, people::DOUBLE AS denominator,
            CASE kind
                WHEN 'leavers' THEN floor(people * 0.24 * chance)
                WHEN 'sensitive' THEN floor(people * (0.15 + 0.4 * chance))
                ELSE people * chance
            END AS numerator,
            CASE WHEN kind = 'sensitive' THEN floor(people * (0.15 + 0.4 * chance)) END::BIGINT AS people_in_numerator
        FROM cell
    """)
    con.execute("CREATE OR REPLACE TABLE figure AS FROM own")
    for level in ("team", "directorate", "division"):
        con.execute(f"""
            INSERT INTO figure BY NAME
            SELECT
                indicator, parent AS unit, month, sum(people)::BIGINT AS people, 'private' AS provenance,
                0::DOUBLE AS public_numerator, 0::DOUBLE AS public_denominator,
                sum(denominator) AS denominator, sum(numerator) AS numerator,
                sum(people_in_numerator)::BIGINT AS people_in_numerator
            FROM figure JOIN unit_spell USING (unit)
            WHERE level = '{level}'
            GROUP BY ALL
        """)


def _table(made: dict):
    return pa.table({"indicator": list(made), "kind": [figures.kind_of(header) for header in made.values()]})


def attacked(con, made: dict, result: protect.Protected, folder: Path, name: str) -> float:
    """Writes the values of a release as a build does, and attacks it together with those before it."""
    workspace = Workspace(folder)
    path = workspace.work / "unfinished"
    con.register("header", pa.Table.from_pylist([{"indicator": each, **vars(header)} for each, header in made.items()]))
    con.execute(f"ATTACH '{path}' AS made")
    con.execute("USE made")
    con.execute((SQL / "release.sql").read_text(encoding="utf-8"))
    con.execute("USE memory")
    text = "title definition why_it_matters caveats evidence owner status sql harder hindrance could_help help lever lever_is"
    con.execute(f"""
        INSERT INTO made.meta.indicator BY NAME
        SELECT
            *, {", ".join(f"'' AS {each}" for each in text.split())}, DATE '2030-01-01' AS next_review, false AS front,
            []::VARCHAR[] AS beside, []::VARCHAR[] AS sources
        FROM header
    """)
    for table, rows in {"mart.value": result.value, "meta.unit": result.unit, "meta.pool": result.pool}.items():
        con.register("rows", rows)
        more = ", true AS settled" if table == "mart.value" else ""
        con.execute(f"INSERT INTO made.{table} BY NAME SELECT *{more} FROM rows ORDER BY ALL")
    con.execute("INSERT INTO made.meta.unit BY NAME FROM unit_spell")
    con.execute("DETACH made")
    began = time.perf_counter()
    (workspace.releases / f"{name}.duckdb").unlink()
    kept, promised = workspace.protection / f"{name}.parquet", workspace.protection / f"{name}.promised"
    kept.rename(promised)
    expect_nothing_given_away(con, workspace, name, result.cells, {}, DisclosureRules(), path)
    seconds = time.perf_counter() - began
    promised.rename(kept)
    path.rename(workspace.releases / f"{name}.duckdb")
    return seconds


def release(con, made: dict, months: int, folder: Path, name: str) -> tuple[float, protect.Protected]:
    as_of = (np.datetime64("2021-04", "M") + months).astype("datetime64[D]").item()
    began = time.perf_counter()
    workspace = Workspace(folder)
    memory.recall(con, workspace.protection)
    settled = dict.fromkeys(made, as_of)
    result = protect.protect(con, made, settled, DisclosureRules(), as_of, name)
    memory.promise(result.cells, {}, name, workspace)
    (workspace.releases / f"{name}.duckdb").touch()
    memory.keep_promises(workspace)
    return time.perf_counter() - began, result


def cost(con: duckdb.DuckDBPyConnection, result: protect.Protected) -> None:
    con.register("log", result.log)
    shares = ", ".join(f"""round(100 * sum("{why}") / sum(figures), 1) AS "{why}" """ for why in figures.WHY)
    total = " + ".join(f'"{why}"' for why in figures.WHY)
    con.sql(f"""
        SELECT kind, level, sum(figures)::BIGINT AS figures, {shares}
        FROM (SELECT *, {total} AS figures FROM log)
        GROUP BY ALL ORDER BY ALL
    """).show(max_width=200)


def company(directorates: int = 400, teams: int = 8, quarters: int = 4) -> None:
    """People whose figures are hidden to keep others company: as the engine chooses, plain greedy, and the best there is
    (an integer programme for each directorate and quarter, where the directorate itself stays shown)."""
    random = np.random.default_rng(0)
    rows = _standing(directorates, teams, quarters)
    people = np.full(rows.shape, np.nan)
    people[:-directorates] = random.integers(11, 61, (directorates * teams, 1))
    counted = np.floor(people * random.beta(0.8, 1.6, people.shape))
    # What one person stands for varies: of ten people ill, five may have been so for a day.
    part, rest = (each * random.gamma(0.7, 1 / 0.7, people.shape) for each in (counted, people - counted))
    amount = part + rest
    for each in (people, counted, amount, part):
        each[-directorates:] = rows.sum_up(each)[-directorates:]
    family = [suppress.Sensitive(people, people, counted, amount, part)]
    rules = DisclosureRules()
    unsafe = family[0].unsafe(rules.min_num)
    listed = np.ones(rows.shape, dtype=bool)
    print(f"{unsafe.mean():.1%} of figures are unsafe; people hidden to keep them company, of {people.sum():,.0f}:")
    for choose in (suppress.smallest, suppress.least):
        began = time.perf_counter()
        hidden = suppress.suppress(rows, family, listed, unsafe, rules, choose)
        beside = hidden & ~unsafe
        print(
            f"  {choose.__name__:<9}{people[beside].sum():>9,.0f} people, {beside.sum():>6,} figures, "
            f"{time.perf_counter() - began:.1f} s"
        )
    best = [
        _best(*(each[below, quarter] for each in (people, counted, amount, part, unsafe)), rules)
        for directorate in range(directorates)
        for below in [np.flatnonzero(rows.parent[:, 0] == directorates * teams + directorate)]
        for quarter in range(quarters)
    ]
    print(f"  {'best':<9}{sum(one for one, _ in best):>9,.0f} people, {sum(one for _, one in best):>6,.0f} figures")


def _standing(directorates: int, each: int, quarters: int) -> Rows:
    teams = directorates * each
    above = np.r_[teams + np.arange(teams) // each, np.full(directorates, -1)]
    level = np.array(["team"] * teams + ["directorate"] * directorates, dtype=object)
    months = np.arange(quarters).astype("datetime64[M]")
    parent = np.repeat(above[:, None], quarters, axis=1).astype(np.int32)
    return Rows(level, level, level, months, parent, (level != "team").astype(int))


def _best(people, counted, amount, part, unsafe, rules) -> tuple[float, float]:
    """(people, figures) hidden beside the unsafe ones, at the least; everything, if nothing less will do."""
    if not unsafe.any():
        return 0, 0
    counts = np.stack([np.ones(len(people)), counted, people - counted, part, amount - part])
    lack = LinearConstraint(counts, [rules.min_units] + [rules.min_num] * 4)
    solved = milp(people, constraints=lack, integrality=np.ones(len(people)), bounds=Bounds(unsafe.astype(float), 1))
    if solved.x is None:
        return people[~unsafe].sum() + people.sum(), (~unsafe).sum() + 1
    chosen = np.round(solved.x) > 0
    return people[chosen & ~unsafe].sum(), (chosen & ~unsafe).sum()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name, default in (("teams", 5000), ("months", 60), ("indicators", 30)):
        parser.add_argument(f"--{name}", type=int, default=default)
    asked = parser.parse_args()
    made = headers(asked.indicators)
    with tempfile.TemporaryDirectory() as name, duckdb.connect() as con:
        folder = Path(name)
        Workspace(folder).make()
        organisation(con, asked.teams, asked.months, made)
        number = con.execute("SELECT count(*) FROM figure").fetchall()[0][0]
        seconds, result = release(con, made, asked.months, folder, "2026-01-01a")
        print(f"{number:,} figures protected in {seconds:.1f} s; {result.cells.num_rows:,} cells remembered")
        print(f"attacked in {attacked(con, made, result, folder, '2026-01-01a'):.1f} s")
        cost(con, result)
        organisation(con, asked.teams, asked.months + 1, made)
        seconds, result = release(con, made, asked.months + 1, folder, "2026-02-01a")
        print(f"a month later {seconds:.1f} s; {result.cells.num_rows:,} cells remembered anew")
        print(f"attacked, with the release before, in {attacked(con, made, result, folder, '2026-02-01a'):.1f} s")
    company()
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB")


if __name__ == "__main__":
    main()
