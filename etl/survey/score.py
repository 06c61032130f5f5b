"""Says of each score of a survey how sure it is, how it stands beside the organisation and what has moved since the last wave.

Runs after the figures have been protected: it speaks only of cells that may be shown. Fills the intervals of `value` and the
tables `wave`, `score` and `answer`, as the release will have them.
"""

import duckdb
import numpy as np
import pyarrow as pa

from etl.indicators import Indicator
from etl.survey import scoring
from etl.survey.scoring import Means

RESPONSE, WHOLE = "response", "whole"  # of sql/survey: counted like indicators, and never shown as numbers
SCORE = pa.schema(
    [
        ("indicator", pa.string()), ("unit", pa.string()), ("wave", pa.date32()), ("low", pa.float64()),
        ("high", pa.float64()), ("few", pa.bool_()), ("positive", pa.float64()), ("positive_low", pa.float64()),
        ("positive_high", pa.float64()), ("benchmark", pa.float64()), ("stands", pa.string()), ("before", pa.date32()),
        ("moved", pa.float64()), ("moved_low", pa.float64()), ("moved_high", pa.float64()), ("called", pa.string()),
    ]
)  # fmt: skip
ANSWER = pa.schema(
    [
        ("survey", pa.string()), ("wave", pa.date32()), ("unit", pa.string()), ("construct", pa.string()),
        ("answer", pa.string()), ("share", pa.float64()),
    ]
)  # fmt: skip


def of_surveys(indicators: dict[str, Indicator]) -> list[str]:
    return [name for name, indicator in indicators.items() if indicator.refresh == "wave" and indicator.tallies]


def score(con: duckdb.DuckDBPyConnection, indicators: dict[str, Indicator]) -> None:
    """Fills the tables named above from `figure`, `value`, `stands` and `core.survey_*`."""
    _lay_out_units(con)
    _lay_out_waves(con)
    scores, answers = [], []
    for name in of_surveys(indicators):
        cells = _cells(con, name)
        if cells is not None:
            scores += _scores(name, cells)
            answers += _answers(name, cells)
    _give(con, "scored", scores, SCORE)
    _give(con, "answer", answers, ANSWER)
    con.execute("ALTER TABLE value ADD COLUMN low DOUBLE")
    con.execute("ALTER TABLE value ADD COLUMN high DOUBLE")
    con.execute("""
        UPDATE value SET low = scored.low, high = scored.high
        FROM scored
        WHERE scored.indicator = value.indicator AND scored.unit = value.unit AND scored.wave = value.month
    """)
    con.execute("CREATE TABLE score AS SELECT * EXCLUDE (low, high) FROM scored")


def _give(con: duckdb.DuckDBPyConnection, table: str, rows: list[dict], schema: pa.Schema) -> None:
    con.register("given", pa.Table.from_pylist(rows, schema=schema))
    con.execute(f"CREATE TABLE {table} AS FROM given")
    con.unregister("given")


def _lay_out_units(con: duckdb.DuckDBPyConnection) -> None:
    """`survey_place`: of each unit and wave the unit at its top, its level, which teams were asked under it, and which survey
    it was."""
    con.execute(f"""
        CREATE TABLE survey_place AS
        WITH RECURSIVE cell AS (
            SELECT DISTINCT unit, month FROM figure WHERE indicator IN ('{RESPONSE}', '{WHOLE}')
        ),
        climb AS (
            SELECT unit, month, unit AS above, 0 AS steps FROM cell
            UNION ALL
            SELECT climb.unit, climb.month, stands.parent, climb.steps + 1
            FROM climb
            JOIN stands
              ON stands.unit = climb.above AND climb.month >= stands.from_month AND climb.month < stands.before_month
            JOIN cell ON cell.unit = stands.parent AND cell.month = climb.month
        ),
        top AS (SELECT unit, month, arg_max(above, steps) AS top FROM climb GROUP BY unit, month),
        teams AS (
            SELECT climb.above AS unit, climb.month, md5(string_agg(climb.unit, ';' ORDER BY climb.unit)) AS asked
            FROM climb
            JOIN core.survey_asked AS asked ON asked.team = climb.unit AND asked.wave = climb.month
            GROUP BY climb.above, climb.month
        ),
        survey AS (SELECT wave, any_value(survey) AS survey FROM core.survey_sheet GROUP BY wave)
        SELECT top.unit, top.month, top.top, unit_level.level, teams.asked, survey.survey
        FROM top
        JOIN unit_level USING (unit)
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
            WHERE waves AND shown = 'yes'
        ),
        replied AS (
            SELECT unit, month, 100 * numerator / nullif(denominator, 0) AS share
            FROM figure
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
        SELECT figure.*, survey_place.* EXCLUDE (unit, month), value.value AS shown_value
        FROM figure
        JOIN value USING (indicator, unit, month)
        JOIN survey_place USING (unit, month)
        WHERE indicator = ? AND value.shown = 'yes'
        ORDER BY unit, month
        """,
        [name],
    ).fetchnumpy()
    return cells if len(cells["unit"]) else None


def of_cells(cells: dict[str, np.ndarray]) -> Means:
    return scoring.means(cells["numerator"], cells["squares"], cells["denominator"])


def _scores(name: str, cells: dict[str, np.ndarray]) -> list[dict]:
    found, months, units = of_cells(cells), cells["month"].astype("datetime64[D]"), cells["unit"]
    benchmark = benchmarks(cells, found)
    stands = np.full(len(units), None, object)
    for level, month in {*zip(cells["level"], months, strict=True)}:
        same = (cells["level"] == level) & (months == month) & ~np.isnan(benchmark)
        if same.any():
            part = only(found, same)
            stands[same] = scoring.stands(part, benchmark[same], scoring.spread_between(part))
    before = _before(cells)
    moved = scoring.welch(only(found, before >= 0), only(found, before[before >= 0]))
    said = scoring.called(*moved)
    at = dict(zip(np.flatnonzero(before >= 0).tolist(), range(len(said)), strict=True))
    share = np.asarray(cells["positive"], float) / np.asarray(cells["answers"], float)
    low, high = scoring.wilson(share, found.sheets)
    shown = _shown_benchmarks(cells)
    rows = []
    for row in range(len(units)):
        change = at.get(row)
        rows.append(
            {
                "indicator": name,
                "unit": units[row],
                "wave": months[row].item(),
                "low": _rounded(found.low[row]),
                "high": _rounded(found.high[row]),
                "few": bool(found.sheets[row] < scoring.FEW),
                "positive": _rounded(100 * share[row], 0),
                "positive_low": _rounded(100 * low[row], 0),
                "positive_high": _rounded(100 * high[row], 0),
                "benchmark": _rounded(shown[row]),
                "stands": stands[row],
                "before": None if change is None else months[before[row]].item(),
                "moved": None if change is None else _rounded(moved[0][change]),
                "moved_low": None if change is None else _rounded(moved[1][change]),
                "moved_high": None if change is None else _rounded(moved[2][change]),
                "called": None if change is None else str(said[change]),
            }
        )
    return rows


def _rounded(value: float, places: int = 1) -> float | None:
    return None if np.isnan(value) else float(round(float(value), places)) + 0.0


def only(found: Means, which: np.ndarray) -> Means:
    """Some of the units: those marked, or by number."""
    return Means(*(getattr(found, name)[which] for name in ("mean", "variance", "sheets", "low", "high")))


def benchmarks(cells: dict[str, np.ndarray], found: Means) -> np.ndarray:
    """The mean of the unit at the top in the same wave, for each cell that is not that unit itself; NaN where there is none."""
    at = {(unit, month): row for row, (unit, month) in enumerate(zip(cells["unit"], cells["month"], strict=True))}
    rows = [at.get((top, month)) for top, month in zip(cells["top"], cells["month"], strict=True)]
    own = cells["unit"] == cells["top"]
    return np.array(
        [np.nan if row is None or own[number] else found.mean[row] for number, row in enumerate(rows)], float
    )


def _shown_benchmarks(cells: dict[str, np.ndarray]) -> np.ndarray:
    """The benchmark as its own cell shows it."""
    at = {key: cells["shown_value"][row] for row, key in enumerate(zip(cells["unit"], cells["month"], strict=True))}
    keys = zip(cells["top"], cells["month"], strict=True)
    own = cells["unit"] == cells["top"]
    return np.array([np.nan if own[number] else at.get(key, np.nan) for number, key in enumerate(keys)], float)


def _before(cells: dict[str, np.ndarray]) -> np.ndarray:
    """The row of the same unit's wave before, by the same survey of the same teams; -1 where there is none."""
    before = np.full(len(cells["unit"]), -1)
    for row in range(1, len(before)):  # in order of unit and month
        same = all(cells[what][row] == cells[what][row - 1] for what in ("unit", "survey", "asked"))
        before[row] = row - 1 if same else -1
    return before


def _answers(name: str, cells: dict[str, np.ndarray]) -> list[dict]:
    rows = []
    for row in range(len(cells["unit"])):
        counts = (float(cells[what][row]) for what in ("positive", "negative", "answers", "denominator"))
        for group, share in (scoring.groups(*counts) or {}).items():
            rows.append(
                {
                    "survey": cells["survey"][row],
                    "wave": cells["month"][row].astype("datetime64[D]").item(),
                    "unit": cells["unit"][row],
                    "construct": name,
                    "answer": group,
                    "share": share,
                }
            )
    return rows
