"""Says of each score of a survey how sure it is, how it stands beside the organisation and what has moved since the last wave.

Runs after the figures have been protected: it speaks only of cells that may be shown, and what it says begins from the value
that is shown. A wave is told once: where its answers were sent again since, the score stands as it was told, and nothing more is
said of it. Fills the intervals of `value` and the tables `wave`, `score` and `answer`, as the release will have them.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

import duckdb
import numpy as np
import pyarrow as pa

from etl.config.indicators import AGREE, AGREEMENT, Indicator
from etl.config.settings import DisclosureRules
from etl.disclosure import rounding
from etl.disclosure.scores import FIVE_POINTS, Scale, spreads_told
from etl.survey import scoring
from etl.survey.scoring import Means

RESPONSE, WHOLE = "response", "whole"  # of sql/survey: counted like indicators, and never shown as numbers
JUST_BELOW = 1e-6
SCORE = pa.schema(
    [
        ("indicator", pa.string()), ("unit", pa.string()), ("wave", pa.date32()), ("low", pa.float64()),
        ("high", pa.float64()), ("few", pa.bool_()), ("benchmark", pa.float64()), ("stands", pa.string()), ("before", pa.date32()),
        ("moved", pa.float64()), ("moved_low", pa.float64()), ("moved_high", pa.float64()), ("called", pa.string()),
    ]
)  # fmt: skip
INTERVAL = pa.schema([SCORE.field(name) for name in ("indicator", "unit", "wave", "low", "high")])
ANSWER = pa.schema(
    [
        ("survey", pa.string()), ("wave", pa.date32()), ("unit", pa.string()), ("construct", pa.string()),
        ("answer", pa.string()), ("share", pa.float64()),
    ]
)  # fmt: skip


def score(
    con: duckdb.DuckDBPyConnection,
    indicators: dict[str, Indicator],
    restated: tuple[dt.date, ...] = (),
    min_num: int = DisclosureRules.min_num,
    offered: Mapping[dt.date, Scale] = MappingProxyType({}),
) -> None:
    """Fills the tables named above from `figure`, `value`, `pool`, `stands`, `remembered` and `core.survey_*`. Waves of months
    that are `restated` are told anew."""
    _add_up_pools(con)
    _find_changed(con, restated)
    _lay_out_units(con)
    _lay_out_waves(con)
    scores, answers, intervals = [], [], []
    asked = {name for (name,) in con.execute("SELECT DISTINCT indicator FROM survey_figure").fetchall()}
    for name, indicator in indicators.items():
        if indicator.refresh != "wave" or name not in asked or (cells := _cells(con, name)) is None:
            continue
        if indicator.family == AGREEMENT:
            intervals.append(_agreements(name, cells))
        else:
            scores.append(_scores(name, cells, min_num, offered))
            answers += _answers(name, cells)
    _give(con, "scored", pa.concat_tables([SCORE.empty_table(), *scores]))
    _give(con, "share_interval", pa.concat_tables([INTERVAL.empty_table(), *intervals]))
    _give(con, "answer", pa.Table.from_pylist(answers, schema=ANSWER))
    _keep_with_siblings(con)
    con.execute(f"""
        -- Of a share that agrees they were the ends of its step.
        UPDATE value SET low = NULL, high = NULL WHERE ends_with(indicator, '{AGREE}');
        UPDATE value SET low = said.low, high = said.high
        FROM (FROM share_interval UNION ALL BY NAME SELECT indicator, unit, wave, low, high FROM scored) AS said
        WHERE said.indicator = value.indicator AND said.unit = value.unit AND said.wave = value.month;
        CREATE TABLE score AS SELECT * EXCLUDE (low, high) FROM scored
    """)


def _give(con: duckdb.DuckDBPyConnection, table: str, rows: pa.Table) -> None:
    con.register("given", rows)
    con.execute(f"CREATE TABLE {table} AS FROM given")
    con.unregister("given")


def _add_up_pools(con: duckdb.DuckDBPyConnection) -> None:
    """`survey_figure`: the figures of surveys, those of small units that are shown together among them; `pooled`, which
    those are (pool, unit, month); and `survey_stands`, where they all stand."""
    con.execute(f"""
        CREATE OR REPLACE TABLE survey_stands AS
        SELECT unit, parent, from_month, before_month FROM stands
        UNION ALL
        SELECT unit, parent, DATE '0001-01-01', DATE '9999-12-31' FROM pool_unit;
        CREATE OR REPLACE TABLE pooled AS
        SELECT DISTINCT pool.pool, pool.unit, figure.month
        FROM pool
        JOIN figure ON figure.unit = pool.unit AND list_contains(pool.indicators, figure.indicator)
        WHERE family = 'kindness' AND month BETWEEN pool.from_month AND coalesce(pool.to_month, month);
        CREATE OR REPLACE TABLE survey_figure AS
        WITH mine AS (
            SELECT figure.* FROM figure
            WHERE indicator IN ('{RESPONSE}', '{WHOLE}') OR indicator IN (SELECT indicator FROM rule WHERE told_by = 'wave')
        )
        SELECT indicator, unit, month, numerator, denominator, squares, positive, negative, answers FROM mine
        UNION ALL
        SELECT
            indicator, pooled.pool, month, sum(numerator), sum(denominator), sum(squares), sum(positive), sum(negative), sum(answers)
        FROM mine
        JOIN pooled USING (unit, month)
        WHERE numerator IS NOT NULL
        GROUP BY ALL
    """)


def _find_changed(con: duckdb.DuckDBPyConnection, restated: tuple[dt.date, ...]) -> None:
    """`changed`: the units and waves whose answers are no longer those that an earlier release has told of."""
    con.execute(
        f"""
        CREATE OR REPLACE TABLE changed AS
        SELECT DISTINCT unit, month
        FROM remembered
        JOIN rule USING (indicator)
        LEFT JOIN survey_figure AS figure USING (indicator, unit, month)
        WHERE told_by = 'wave'
          AND NOT ends_with(indicator, '{AGREE}')
          AND (family = 'kindness' OR unit NOT IN (SELECT pool FROM pooled))  -- whose members are those of that family
          AND NOT list_contains($restated::DATE[], month)
          AND (figure.denominator IS DISTINCT FROM remembered.denominator
               OR abs(figure.numerator / figure.denominator - per_person) > 1e-9)
        """,
        {"restated": list(restated)},
    )


def _lay_out_units(con: duckdb.DuckDBPyConnection) -> None:
    """`survey_place`: of each unit and wave the unit at its top, its level, which teams were asked under it, and which survey
    it was."""
    con.execute(f"""
        CREATE TABLE survey_place AS
        WITH RECURSIVE cell AS (
            SELECT DISTINCT unit, month FROM survey_figure WHERE indicator IN ('{RESPONSE}', '{WHOLE}')
        ),
        climb AS (
            SELECT unit, month, unit AS above, 0 AS steps FROM cell
            UNION ALL
            SELECT climb.unit, climb.month, stands.parent, climb.steps + 1
            FROM climb
            JOIN survey_stands AS stands
              ON stands.unit = climb.above AND climb.month >= stands.from_month AND climb.month < stands.before_month
            JOIN cell ON cell.unit = stands.parent AND cell.month = climb.month
        ),
        top AS (SELECT unit, month, arg_max(above, steps) AS top FROM climb GROUP BY unit, month),
        teams AS (
            SELECT climb.above AS unit, climb.month, md5(string_agg(climb.unit, ';' ORDER BY climb.unit)) AS asked
            FROM climb
            JOIN core.survey_asked AS asked ON asked.team = climb.unit AND asked.wave = climb.month
            GROUP BY climb.above, climb.month
            UNION ALL
            SELECT pool, month, md5(string_agg(unit, ';' ORDER BY unit)) FROM pooled GROUP BY pool, month
        ),
        survey AS (SELECT wave, any_value(survey) AS survey FROM core.survey_sheet GROUP BY wave)
        SELECT top.unit, top.month, top.top, coalesce(unit_level.level, 'team') AS level, teams.asked, survey.survey
        FROM top
        LEFT JOIN unit_level USING (unit)
        JOIN survey ON survey.wave = top.month
        LEFT JOIN teams USING (unit, month)
    """)


def _lay_out_waves(con: duckdb.DuckDBPyConnection) -> None:
    """`wave`: the waves of each unit of which anything is shown."""
    bands = " ".join(f"WHEN share >= {least} THEN '{band}'" for least, band in scoring.RESPONSE_BANDS)
    con.execute(f"""
        CREATE TABLE wave AS
        WITH shown AS (
            SELECT DISTINCT unit, month FROM value
            JOIN rule USING (indicator)
            WHERE told_by = 'wave' AND shown = 'yes'
        ),
        replied AS (
            SELECT unit, month, 100 * numerator / nullif(denominator, 0) AS share
            FROM survey_figure
            WHERE indicator = '{RESPONSE}'
        )
        SELECT
            shown.unit,
            shown.month AS wave,
            place.survey,
            period.opened,
            period.closed,
            CASE {bands} END AS response,
            coalesce(share < {scoring.CAUTION}, true) AS caution
        FROM shown
        JOIN survey_place AS place ON place.unit = shown.unit AND place.month = shown.month
        JOIN core.survey_period AS period ON period.wave = shown.month
        LEFT JOIN replied ON replied.unit = shown.unit AND replied.month = shown.month
    """)


def _cells(con: duckdb.DuckDBPyConnection, name: str) -> dict[str, np.ndarray] | None:
    """One construct's cells that may be shown, by unit and wave; None where there are none."""
    cells = con.execute(
        """
        SELECT
            figure.*,
            survey_place.* EXCLUDE (unit, month),
            value.value AS shown,
            value.low AS step_low,
            value.high AS step_high,
            agree.low AS agree_low,
            agree.high AS agree_high
        FROM survey_figure AS figure
        JOIN value USING (indicator, unit, month)
        JOIN survey_place USING (unit, month)
        LEFT JOIN value AS agree
               ON agree.indicator = $1 || $2 AND agree.unit = figure.unit AND agree.month = figure.month
        ANTI JOIN changed USING (unit, month)
        WHERE indicator = $1 AND value.shown = 'yes'
        ORDER BY unit, month
        """,
        [name, AGREE],
    ).fetchnumpy()
    return cells if len(cells["unit"]) else None


def of_cells(cells: dict[str, np.ndarray]) -> Means:
    return scoring.means(cells["numerator"], cells["squares"], cells["denominator"])


def _scores(
    name: str, cells: dict[str, np.ndarray], min_num: int, offered: Mapping[dt.date, Scale] = MappingProxyType({})
) -> pa.Table:
    exact, months, units = of_cells(cells), cells["month"].astype("datetime64[D]"), cells["unit"]
    shown = np.asarray(cells["shown"], float)
    spread = _spreads(cells, exact, min_num, offered)
    half = rounding.half_range(scoring.half_of_interval(exact.sheets, spread))
    low, high = scoring.around(shown, half)
    found = replace(exact, mean=shown)
    benchmark = benchmarks(cells, shown)
    stands = np.full(len(units), None, object)
    for level, month in {*zip(cells["level"], months, strict=True)}:
        same = (cells["level"] == level) & (months == month) & ~np.isnan(benchmark)
        if same.any():
            part = only(found, same)
            stands[same] = scoring.stands(part, benchmark[same], scoring.spread_between(part))
    before = _before(cells)
    after = before >= 0
    told = replace(found, variance=spread**2)
    moved, least, _ = scoring.welch(only(told, after), only(told, before[after]))
    moved, half = np.round(moved, 1), rounding.half_range(moved - least, ends=2)
    least, most = (np.round(each, 1) for each in (moved - half, moved + half))

    def said_of_change(some: list) -> list:
        each = iter(some)
        return [next(each) if there else None for there in after.tolist()]

    return pa.table(
        {
            "indicator": [name] * len(units),
            "unit": units,
            "wave": months,
            "low": _rounded(low),
            "high": _rounded(high),
            "few": exact.sheets < scoring.MIN_PEOPLE_FOR_DISTRIBUTION,
            "benchmark": _rounded(benchmark),
            "stands": stands,
            "before": said_of_change(months[before[after]].tolist()),
            "moved": said_of_change(_rounded(moved)),
            "moved_low": said_of_change(_rounded(least)),
            "moved_high": said_of_change(_rounded(most)),
            "called": said_of_change(scoring.called(moved, least, most).tolist()),
        },
        schema=SCORE,
    )


def _spreads(cells: dict[str, np.ndarray], exact: Means, min_num: int, offered: Mapping[dt.date, Scale]) -> np.ndarray:
    """How much the sheets of each score are said to differ, so coarsely that with the score, and with the share that agrees
    as far as it is told, nobody knows how many agree."""
    sheets = exact.sheets
    waves = cells["month"].astype("datetime64[D]").tolist()
    scale = tuple(np.array([offered.get(wave, FIVE_POINTS) for wave in waves], dtype=float).T)
    edges = (
        np.ma.filled(np.ma.asarray(cells[edge], float), np.nan) * sheets / 100 for edge in ("agree_low", "agree_high")
    )
    fewest, most = edges
    to_the_top = np.isnan(most) | (most >= sheets - JUST_BELOW)
    return spreads_told(
        np.sqrt(exact.variance),
        cells["numerator"],
        sheets,
        np.nan_to_num(fewest),
        np.where(to_the_top, sheets, most - JUST_BELOW),  # who lies on the edge belongs to the next step
        min_num,
        scale,
    )


def _agreements(name: str, cells: dict[str, np.ndarray]) -> pa.Table:
    """The Wilson interval of each share that agrees: from the lower one of the step in which it is told to the upper one; of
    shares that an earlier release has told without a step, about them."""
    share, answered = np.asarray(cells["shown"], float), np.asarray(cells["denominator"], float)
    ends = []
    for end, edge in enumerate(("step_low", "step_high")):
        at = np.ma.filled(np.ma.asarray(cells[edge], float), np.nan)
        ends.append(scoring.wilson(np.where(np.isnan(at), share, at) / 100, answered)[end])
    low, high = np.floor(100 * ends[0] + 1e-9), np.ceil(100 * ends[1] - 1e-9)
    return pa.table(
        {
            "indicator": [name] * len(low),
            "unit": cells["unit"],
            "wave": cells["month"].astype("datetime64[D]"),
            "low": _rounded(low, 0),
            "high": _rounded(high, 0),
        },
        schema=INTERVAL,
    )


def _rounded(values: np.ndarray, places: int = 1) -> list[float | None]:
    """As Python rounds, which is not quite as numpy does."""
    return [None if value != value else round(value, places) + 0.0 for value in values.tolist()]


def only(found: Means, which: np.ndarray) -> Means:
    """Some of the units: those marked, or by number."""
    return Means(*(getattr(found, name)[which] for name in ("mean", "variance", "sheets", "low", "high")))


def benchmarks(cells: dict[str, np.ndarray], means: np.ndarray) -> np.ndarray:
    """The mean of the unit at the top in the same wave, for each cell that is not that unit itself; NaN where there is none."""
    months = cells["month"].astype("datetime64[D]").tolist()
    at = {key: row for row, key in enumerate(zip(cells["unit"], months, strict=True))}
    rows = np.array([at.get(key, -1) for key in zip(cells["top"], months, strict=True)], int)
    there = (rows >= 0) & (cells["unit"] != cells["top"])
    return np.where(there, means[rows], np.nan)


def _keep_with_siblings(con: duckdb.DuckDBPyConnection) -> None:
    """A distribution is told of all the units under one, or of none of them: so no other is the difference of those that are
    told. And it says no more of those who agree than their share does."""
    con.execute(f"""
        DELETE FROM answer
        USING (
            WITH place AS (
                SELECT DISTINCT indicator, figure.unit, month, stands.parent
                FROM survey_figure AS figure
                LEFT JOIN survey_stands AS stands
                  ON stands.unit = figure.unit AND month >= stands.from_month AND month < stands.before_month
                WHERE numerator IS NOT NULL
            ),
            told AS (
                SELECT place.*, value.indicator IS NOT NULL AND told.unit IS NOT NULL AS complete
                FROM place
                LEFT JOIN (SELECT DISTINCT construct, unit, wave FROM answer) AS told
                  ON told.construct = place.indicator AND told.unit = place.unit AND told.wave = place.month
                LEFT JOIN value
                  ON value.indicator = place.indicator || '{AGREE}' AND value.unit = place.unit
                 AND value.month = place.month AND value.shown = 'yes'
            )
            SELECT indicator, month, unit
            FROM told
            QUALIFY NOT bool_and(complete) OVER (PARTITION BY indicator, month, coalesce(parent, unit), parent IS NULL)
        ) AS alone
        WHERE alone.indicator = answer.construct AND alone.unit = answer.unit AND alone.month = answer.wave
    """)


def _before(cells: dict[str, np.ndarray]) -> np.ndarray:
    """The row of the same unit's wave before, by the same survey of the same teams; -1 where there is none."""
    before = np.arange(len(cells["unit"])) - 1  # in order of unit and month
    for what in ("unit", "survey", "asked"):
        before[1:][np.ma.filled(cells[what][1:] != cells[what][:-1], True)] = -1
    return before


def _answers(name: str, cells: dict[str, np.ndarray]) -> list[dict]:
    rows = []
    waves = cells["month"].astype("datetime64[D]").tolist()
    counted = (cells[what].tolist() for what in ("positive", "negative", "answers", "denominator"))
    for row, counts in enumerate(zip(*counted, strict=True)):
        for group, share in (scoring.groups(*counts) or {}).items():
            rows.append(
                {
                    "survey": cells["survey"][row],
                    "wave": waves[row],
                    "unit": cells["unit"][row],
                    "construct": name,
                    "answer": group,
                    "share": share,
                }
            )
    return rows
