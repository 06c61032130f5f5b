"""A small release made by hand for the app's tests: invented units, thirty months, every state a number can be in."""

import datetime as dt
import json
import tempfile
from functools import cache
from pathlib import Path

import duckdb
import pandas

from tests.app import small_survey

SCHEMA = Path(__file__).parents[2] / "sql" / "release.sql"
RELEASE = "2026-06-09a"
MONTHS = [dt.date(2024 + i // 12, i % 12 + 1, 1) for i in range(30)]  # to June 2026
SETTLED = dt.date(2026, 4, 1)
REBASED = 13  # the month in which the limits of shifts filled begin afresh in Adult care and below

SCRIPT = "<img src=x onerror=\"document.title='owned'\">"
MARKUP = "**Bold** $x^2$ :red[hi] [link](http://evil.test/) `code` #1"
FORMULA = '=HYPERLINK("http://evil.test/")'
UNITS = [
    ("NHC", "Northmere Health and Care", "organisation", None, MONTHS[0], None),
    ("AC", "Adult care", "division", "NHC", MONTHS[0], None),
    ("CC", "Children’s care", "division", "NHC", MONTHS[0], None),
    ("larch", "Larch Ward", "team", "AC", MONTHS[0], None),
    ("fern", "Fern Ward", "team", "AC", MONTHS[0], None),
    ("fern-2", "Fern Ward", "team", "AC", MONTHS[0], None),
    ("fern-3", "Fern Ward", "team", "CC", MONTHS[0], None),
    ("heron", "Heron Ward", "team", "AC", MONTHS[0], MONTHS[11]),
    ("heron", "Heron Ward", "team", "CC", MONTHS[12], None),
    ("new", "Meadow crisis team", "team", "CC", MONTHS[20], None),
    ("script", SCRIPT, "team", "AC", MONTHS[0], None),
    ("markup", MARKUP, "team", "AC", MONTHS[0], None),
    ("formula", FORMULA, "team", "AC", MONTHS[0], None),
    ("quiet", "Quiet team", "team", "CC", MONTHS[0], None),
]
TOGETHER = ("smaller:CC", "Smaller teams in Children’s care", "team", "CC", MONTHS[0], None)
POOL = [("cover", "working", ["lead_time"], unit, "smaller:CC", MONTHS[12], None) for unit in ("heron", "new")]
DISCLOSURE = [
    ("absence", "working", "team", 200, 150, 40, 10),
    ("absence", "sensitive", "team", 100, 50, 0, 50),
    ("absence", "working", "division", 60, 60, 0, 0),
]
INDICATORS = [
    ("fill_rate", "Shifts filled", "cover", "%", 100, "higher", "live", SETTLED),
    ("lead_time", "Rota lead time", "cover", "days", 1, "neither", "live", SETTLED),
    ("sickness_rate", "Sickness absence", "absence", "%", 100, "lower", "live", SETTLED),
    ("stress_share", "Stress-related share", "absence", "%", 100, "lower", "live", SETTLED),
    ("thinking", "Room to think", "room_to_think", "hours per FTE", 1, "higher", "live", None),
    ("leaver_rate", "Leaver rate", "staying", "%", 100, "lower", "live", SETTLED),
    ("old_rate", "An older rate", "absence", "%", 100, "lower", "retired", SETTLED),
]
QUARTERLY = {"leaver_rate"}  # no headline indicator, over twelve months, renewed by the quarter
BASE = {"fill_rate": 92, "lead_time": 40, "sickness_rate": 4.4, "stress_share": 24, "old_rate": 3, "leaver_rate": 11}


def build(home: Path, release: str = RELEASE, units: list[tuple] = UNITS, format: int = 2) -> Path:
    """Write one release into a workspace and point CURRENT at it."""
    folder = home / "releases"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{release}.duckdb"
    path.unlink(missing_ok=True)
    path.write_bytes(_file(release, tuple(units), format))
    (folder / "CURRENT").write_text(release, encoding="utf-8")
    return path


@cache
def _file(release: str, units: tuple[tuple, ...], format: int) -> bytes:
    """What stands in its file, made once for all tests of a process."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "release.duckdb"
        with duckdb.connect(str(path)) as con:
            con.begin()
            _write(con, release, list(units), format)
            con.commit()
        return path.read_bytes()


def _write(con: duckdb.DuckDBPyConnection, release: str, units: list[tuple], format: int) -> None:
    con.execute(SCHEMA.read_text(encoding="utf-8"))
    values, signals = _numbers(units)
    _fill(con, "meta.release", [
        (release, dt.datetime(2026, 6, 9, 5, 10), dt.date(2026, 6, 9), "DuckDB 2.0.0", "0.1", format, "nhsr",
         dt.date(2026, 4, 30), True, "fingerprint"),
    ])  # fmt: skip
    _fill(con, "meta.unit", [*units, TOGETHER] if units == UNITS else units)
    _fill(con, "meta.pool", POOL)
    _fill(con, "meta.disclosure", DISCLOSURE)
    _fill(con, "meta.setting", [("min_num", "3", "5")])
    _fill(con, "meta.indicator", [_indicator(*row) for row in INDICATORS])
    _fill(con, "meta.indicator", [_construct(*row) for row in small_survey.indicators()])
    _fill(con, "meta.source", [
        ("rota", "Rota", "E-rostering team", dt.date(2026, 4, 30), 2, 61380, 61166, 198, 16, 10, False),
        ("absence", "Sickness episodes", "Workforce analytics", dt.date(2026, 4, 30), 1, 4812, 4812, 0, 0, 30, False),
        ("survey", "Staff survey", "People team", None, 0, 0, 0, 0, 0, 0, False),
    ])  # fmt: skip
    when = dt.datetime(2026, 6, 9, 4, 0)
    aside = [
        {"heading": "Unit", "reason": "is not known", "rows": 198},
        {"heading": "", "reason": "is a totals row", "rows": 16},
    ]
    _fill(con, "meta.file", [
        ("rota", "rota_2026.csv", when, "accepted", "61,380 rows read.", 61380, 61166, 198, 16,
         MONTHS[0], MONTHS[29], False, aside),
        ("rota", "rota_old.csv", when, "refused", "The column 'Unit' is missing.", 0, 0, 0, 0, None, None, False, []),
        ("absence", "sickness.csv", when, "accepted", "4,812 rows read.", 4812, 4812, 0, 0,
         MONTHS[0], MONTHS[29], False, []),
        (None, "notes *final*.docx", when, "refused", "No source expects a file of this name.", 0, 0, 0, 0,
         None, None, False, []),
    ])  # fmt: skip
    _fill(con, "meta.expectation", [
        ("rota", "rota_2026.csv", "InSet", "Every Unit is one we know", "warning", "failed", 198, "Rows would vanish."),
        ("rota", "rota_2026.csv", "NotNull", "Every Shift ID is filled in", "warning", "passed", 0, None),
        ("absence", "sickness.csv", "Between", "Breaks are recorded", "info", "failed", 12, "They hide long shifts."),
        ("absence", "sickness.csv", "Order", "The end is after the start", "critical", "passed", 0, "A swap."),
    ])  # fmt: skip
    _fill(con, "meta.unknown_name", [("rota", "LARCH WD (TEMP)", 121), ("rota", "ZZ *test*", 77)])
    _fill(con, "meta.unit_name", [("HealthRoster", "N - Larch", "larch"), ("all", FORMULA, "formula")])
    _fill(con, "meta.fact", [
        ("duty_month", ["source.rota"], "SELECT 1 FROM source.rota"),
        ("rota_month", ["core.duty_month"], "SELECT 1 FROM core.duty_month"),
        ("elsewhere", ["source.absence"], "SELECT 1 FROM source.absence"),
    ])  # fmt: skip
    _fill_many(con, "meta.coverage", [
        ("rota", unit, month, "few" if (unit, i) == ("fern", 22) else "full")
        for unit in ("larch", "fern", "heron", "new") for i, month in enumerate(MONTHS)
        if (unit, i) != ("larch", 20) and not (unit == "new" and i < 20)
    ])  # fmt: skip
    _fill(con, "meta.agreement", [
        (month, kind, what, "They may be entered late.", people, 655)
        for month in MONTHS[-3:]
        for kind, what, people in (("a", "worked and are not in post", 35), ("b", "worked and are recorded sick", None))
    ])  # fmt: skip
    _fill(con, "meta.event", [
        ("larch", MONTHS[14], "change", "the rota template changed"),
        ("AC", MONTHS[REBASED], "beds", "eight beds opened"),
    ])  # fmt: skip
    _fill_many(con, "mart.value", values)
    _fill_many(con, "mart.signal", signals)
    small_survey.fill(lambda table, rows: _fill(con, table, rows))
    known = {row[0] for row in units}
    _fill(
        con,
        "mart.strain",
        [row for row in _strain() if row[0] in known] or [("NHC", MONTHS[27], "steady", MONTHS[12], [])],
    )
    _fill(con, "mart.shared", [
        (indicator, month, "up" if (indicator, month) == ("sickness_rate", SETTLED) else "no")
        for indicator in ("sickness_rate", "fill_rate") for month in MONTHS[24:28]
    ])  # fmt: skip


def said(home: Path, outcome: str, sentence: str) -> None:
    """Write what the last build said."""
    told = {"finished": "2026-06-10T05:12:00+00:00", "outcome": outcome, "sentence": sentence, "release": None}
    (home / "releases" / "last_build.json").write_text(json.dumps(told), encoding="utf-8")


def _fill(con: duckdb.DuckDBPyConnection, table: str, rows: list[tuple]) -> None:
    con.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(rows[0]))})", rows)


def _fill_many(con: duckdb.DuckDBPyConnection, table: str, rows: list[tuple]) -> None:
    con.register("many", pandas.DataFrame(rows, columns=[f"c{i}" for i in range(len(rows[0]))]))
    con.execute(f"INSERT INTO {table} SELECT * FROM many")


def _indicator(key, title, family, unit, scale, better, status, settled):
    last_day = settled and dt.date(2026, 4, 30)
    return (
        key, title, family, f"What {title.lower()} counts, in a sentence.", "Why it matters.", "What to mind.", unit,
        scale, better, 12 if key in QUARTERLY else 1, ["team", "above"], "quarterly" if key in QUARTERLY else "monthly",
        "B", "strong", "Workforce analytics", dt.date(2027, 6, 30), status, key not in QUARTERLY, None, [], last_day,
        ["rota"] if key != "thinking" else ["survey"], "SELECT 1 FROM core.rota_month",
        "Posts that stay empty.", "leaders", "Filling posts.", "management",
        "organisation" if family in ("cover", "staying") else "service", "rota template", "hours", [], "rates",
    )  # fmt: skip


def _construct(key, title, family, place, beside):
    return (
        key, title, family, f"Whether there is {title.lower()} here. The mean of the sheets.", "Why it matters.", "What to mind.",
        "of 10", 1, "higher", 1, ["team", "above"], "wave", "A", "thin", "People team", dt.date(2027, 6, 30), "live", False, place,
        beside, None, ["survey"], "SELECT 1", "", "", "", "", "", "", "answers", [], "rates",
    )  # fmt: skip


def _numbers(units):
    values, signals = [], []
    for unit in dict.fromkeys(row[0] for row in units):
        for indicator, base in BASE.items():
            if unit == "quiet":
                continue
            for i, month in enumerate(MONTHS):
                if (unit == "new" and i < 20) or (indicator in QUARTERLY and month.month % 3):
                    continue
                shown = _shown(indicator, unit, i)
                level = round(base + (i * 7 % 5 - 2) * base * 0.02 + _shift(indicator, unit, i), 2)
                value = level if shown == "yes" else None
                settled = month <= SETTLED
                values.append(
                    (
                        unit,
                        indicator,
                        month,
                        None,
                        None,
                        value if shown == "yes" else None,
                        None,
                        None,
                        None,
                        shown,
                        settled,
                    )
                )
                if settled and shown == "yes" and indicator not in QUARTERLY:
                    signals.append(_signal(indicator, unit, i, base))
    values += [
        (TOGETHER[0], "lead_time", month, None, None, 42.0, None, None, "16–20", "yes", month <= SETTLED)
        for month in MONTHS[12:]
    ]
    values += [
        (unit, "thinking", month, *[None] * 6, "not_collected", True) for unit in ("AC", "larch") for month in MONTHS
    ]
    return values, signals


def _strain():
    """Every word there is, and units of which nothing can be said: the new one, and the quiet one without figures."""
    steady, larch = MONTHS[12], MONTHS[20]
    for i, month in enumerate(MONTHS[10:28], start=10):
        since = max(steady, MONTHS[10]) if i >= 12 else MONTHS[10]
        calm = ("steady", since, [])
        after = i >= 22
        yield ("larch", month, *(("clear_strain", larch, ["sickness_rate", "fill_rate"]) if after else calm))
        yield ("AC", month, *(("likely_strain", larch, ["sickness_rate"]) if after else calm))
        yield ("fern", month, *(("likely_easing", MONTHS[21], ["lead_time"]) if after else calm))
        yield ("fern-2", month, *(("clear_easing", larch, ["lead_time", "sickness_rate"]) if after else calm))
        yield ("fern-3", month, *(("not_clear", MONTHS[22], []) if after else calm))
        for unit in ("CC", "script", "markup", "formula"):
            yield (unit, month, *calm)
        if i < 27:
            yield ("heron", month, *calm)


def _shown(indicator, unit, i):
    if (indicator == "stress_share" and unit not in ("NHC", "AC", "CC")) or (indicator, unit) == (
        "lead_time",
        "new",
    ):
        return "protected"
    if unit == "heron" and i > 24:
        return "no_data"
    return "poor_quality" if indicator == "lead_time" and unit == "CC" and i == 27 else "yes"


def _shift(indicator, unit, i):
    moves = {("sickness_rate", "larch"): 2.5, ("fill_rate", "larch"): 6, ("lead_time", "larch"): -9}
    return (moves.get((indicator, unit), 0) if i >= 20 else 0) - _before_the_beds(indicator, unit, i)


def _before_the_beds(indicator, unit, i):
    return 8 if indicator == "fill_rate" and unit in ("AC", "larch") and i < REBASED else 0


def _target(indicator, unit, i):
    """What Adult care agreed for shifts filled, and a year later agreed anew."""
    return (95 if i >= 18 else 90) if indicator == "fill_rate" and unit in ("AC", "larch") and i >= 6 else None


def _signal(indicator, unit, i, base):
    lower = _before_the_beds(indicator, unit, i)
    limits = (base - lower, round(base * 0.9, 2) - lower, round(base * 1.1, 2) - lower)
    segment = int(indicator == "fill_rate" and unit in ("AC", "larch") and i >= REBASED)
    target = _target(indicator, unit, i)
    assurance = "inconsistent" if target else None

    def row(rule, moved, verdict, since, months, one_side, kind="given"):
        lines = limits if kind == "given" else (None, None, None)
        judged = (
            segment,
            12 if unit == "AC" and segment else None,
            target,
            rule,
            moved,
            verdict,
            since,
            months,
            one_side,
            assurance,
            kind,
        )
        return (unit, indicator, MONTHS[i], *lines, *judged)

    if unit == "new":
        return row(None, None, "not_judged", None, None, None, "short")
    if _shift(indicator, unit, i) + lower == 0:
        return row(None, None, "common_cause", None, None, None)
    verdict = {"sickness_rate": "concern", "fill_rate": "improvement", "lead_time": "change"}[indicator]
    moved = "down" if indicator == "lead_time" else "up"
    return row("run", moved, verdict, MONTHS[20], i - 19, True)
