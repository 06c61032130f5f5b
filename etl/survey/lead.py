"""Asks of all teams together whether pressure goes before kindness and before sickness, and says so only if chance does not.

Every team is measured against its own usual and every month against all teams' usual, so that neither what a team is like nor
a winter that all share can look like a link. Rank correlation by lag; its interval is found by drawing teams anew, and is
wide enough for all lags together. It never says what causes what.
"""

from dataclasses import dataclass

import duckdb
import numpy as np
import pyarrow as pa

from etl.config.indicators import Indicator

FEWEST_TEAMS = 20
FEWEST_WAVES = 3
FEWEST_MONTHS = 13
LAGS = range(-3, 7)
DRAWS, SEED = 2000, 20261122
PRESSURE_FAMILIES = ("cover", "time_and_rest")  # absence is what may follow
OUTCOME_FAMILY = "absence"
KINDNESS = "kindness"  # beside the indicators of that family, an outcome too
LEAD = pa.schema(
    [
        ("outcome", pa.string()), ("lag", pa.int32()), ("correlation", pa.float64()), ("low", pa.float64()),
        ("high", pa.float64()),
    ]
)  # fmt: skip
READING = pa.schema(
    [
        ("outcome", pa.string()), ("reading", pa.string()), ("lag", pa.int32()), ("team_count", pa.int32()),
        ("points", pa.int32()),
    ]
)  # fmt: skip


@dataclass(frozen=True)
class Lead:
    """By lag, from LAGS[0] on: the rank correlation and its interval (NaN where too few teams have points), and the reading."""

    correlation: np.ndarray
    low: np.ndarray
    high: np.ndarray
    teams: int
    points: int
    reading: str  # before, together, after, nothing, too_few
    lag: int | None


def lead(pressure: np.ndarray, outcome: np.ndarray, apart: bool = True, lags: range = LAGS, draws: int = DRAWS) -> Lead:
    """How pressure goes with an outcome so many months later. Both are teams × months, NaN where there is nothing.

    `apart`: what the later of the two already was in the month of the earlier is taken out of both (a partial correlation).
    Absence leaves gaps, and gaps are pressure: without this, the same month would be seen again in the months around it. An
    outcome that is not there in every month cannot be treated so.
    """
    level, after = against_usual(pressure), against_usual(outcome)
    pairs = [_ranked(*_shifted(level, after, lag, apart)) for lag in lags]
    teams = int(max((used.sum() for used, _ in pairs), default=0))
    points = int(max((sums[:, 0].sum() for _, sums in pairs), default=0))
    if teams < FEWEST_TEAMS:
        nothing = np.full(len(lags), np.nan)
        return Lead(nothing, nothing, nothing, teams, points, "too_few", None)
    correlation = np.array([_correlation(sums.sum(axis=0)) for _, sums in pairs])
    random = np.random.default_rng(SEED)
    count = len(pressure)
    weights = random.multinomial(count, np.full(count, 1 / count), size=draws)
    drawn = np.stack([_correlation(weights @ sums) for _, sums in pairs], axis=1)
    spread = np.nanstd(drawn, axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        farthest = np.nanmax(np.abs(drawn - correlation) / spread, axis=1)
    half = float(np.quantile(farthest, 0.95)) * spread
    low, high = correlation - half, correlation + half
    reading, lag = _read((low > 0) | (high < 0), correlation, lags, apart)
    return Lead(correlation, low, high, teams, points, reading, lag)


def _read(clear: np.ndarray, correlation: np.ndarray, lags: range, apart: bool) -> tuple[str, int | None]:
    """What is clear, in a word, and the lag at which it is strongest.

    Where the same month has been taken out of the others, it is named only if none of them is clear. The months next to it
    count only where they are stronger than it: pressure that lasts from one month into the next looks like that.
    """
    same = np.array([lag == 0 for lag in lags])
    strength = np.where(clear, np.abs(correlation), -1)
    if not clear.any():
        return "nothing", None
    if apart:
        beside = np.abs(lags) == 1
        others = np.where(same | (beside & (strength < strength[same].max())), -1, strength)
        strength = others if others.max() > 0 else strength
    lag = lags[int(np.argmax(strength))]
    return ("before" if lag > 0 else "after" if lag < 0 else "together"), lag


def against_usual(table: np.ndarray) -> np.ndarray:
    """Each value less what is usual for its month and then for its team; a column that is empty stays so."""
    with np.errstate(invalid="ignore"):
        table = table - _mean(table, axis=0)
        return table - _mean(table, axis=1)


def _mean(table: np.ndarray, axis: int) -> np.ndarray:
    there = ~np.isnan(table)
    return np.where(there, table, 0).sum(axis=axis, keepdims=True) / np.maximum(there.sum(axis=axis, keepdims=True), 1)


def _shifted(level: np.ndarray, after: np.ndarray, lag: int, apart: bool) -> tuple[np.ndarray, ...]:
    """Pressure, the outcome so many months later, and what is to be taken out of both."""
    months = level.shape[1] - abs(lag)
    if lag > 0:
        return level[:, :months], after[:, lag:], after[:, :months] if apart else np.zeros((len(level), months))
    if lag < 0:
        return level[:, -lag:], after[:, :months], level[:, :months] if apart else np.zeros((len(level), months))
    return level, after, np.zeros_like(level)


def _ranked(level: np.ndarray, after: np.ndarray, given: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Which teams have points, and of each team the sums that a correlation of ranks is made of."""
    there = ~np.isnan(level) & ~np.isnan(after) & ~np.isnan(given)
    team = np.nonzero(there)[0]
    columns = [np.ones(len(team)), *(_ranks(table[there]) for table in (level, after, given))]
    products = (one * columns[other] for place, one in enumerate(columns) for other in range(place, len(columns)))
    sums = np.stack([np.bincount(team, product, len(level)) for product in products], axis=1)
    return sums[:, 0] > 0, sums


def _ranks(values: np.ndarray) -> np.ndarray:
    """Ranks about nought, ties sharing their mean, scaled to keep sums small."""
    if not len(values):
        return values
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(count)
    return ((ends - (count - 1) / 2)[place] - (len(values) + 1) / 2) / len(values)


def _correlation(sums: np.ndarray) -> np.ndarray:
    """The correlation of the first two, with the third taken out of both where it varies."""
    n, x, y, z, xx, xy, xz, yy, yz, zz = np.moveaxis(np.asarray(sums, float), -1, 0)

    def of(product: np.ndarray, one: np.ndarray, other: np.ndarray) -> np.ndarray:
        return n * product - one * other

    with np.errstate(invalid="ignore", divide="ignore"):
        spread_x, spread_y, spread_z = of(xx, x, x), of(yy, y, y), of(zz, z, z)
        plain = of(xy, x, y) / np.sqrt(spread_x * spread_y)
        with_x, with_y = (
            np.where(spread_z > 0, of(product, one, z) / np.sqrt(spread * spread_z), 0.0)
            for product, one, spread in ((xz, x, spread_x), (yz, y, spread_y))
        )
        return (plain - with_x * with_y) / np.sqrt((1 - with_x**2) * (1 - with_y**2))


# ---- from a build's tables -----------------------------------------------------------------------------------------


def lay_out(con: duckdb.DuckDBPyConnection, indicators: dict[str, Indicator]) -> None:
    """Fills `lead` and `lead_reading` from `value`, `whole` and `wave`, of teams that may be shown."""
    of_pressure = {
        name: -1 if each.better == "higher" else 1
        for name, each in indicators.items()
        if each.family in PRESSURE_FAMILIES and each.better != "neither" and _monthly(each)
    }
    rows, readings = [], []
    table = _Table(con)
    pressure = table.pressure(of_pressure) if table.units else None
    outcomes = [
        name for name, each in indicators.items() if each.front and each.family == OUTCOME_FAMILY and _monthly(each)
    ]
    for outcome in (KINDNESS, *outcomes) if pressure is not None else ():
        after = table.kindness() if outcome == KINDNESS else table.of_own(outcome)
        if np.isnan(after).all():
            continue
        found = lead(pressure, after, apart=outcome != KINDNESS)
        readings.append(
            {
                "outcome": outcome,
                "reading": found.reading,
                "lag": found.lag,
                "team_count": found.teams,
                "points": found.points,
            }
        )
        if found.reading != "too_few":
            for lag, *line in zip(LAGS, found.correlation, found.low, found.high, strict=True):
                said = (None if np.isnan(each) else round(float(each), 2) + 0.0 for each in line)
                rows.append(dict(zip(LEAD.names, (outcome, lag, *said), strict=True)))
    for name, given, schema in (("lead", rows, LEAD), ("lead_reading", readings, READING)):
        con.register("given", pa.Table.from_pylist(given, schema=schema))
        con.execute(f"CREATE TABLE {name} AS FROM given")
        con.unregister("given")


def _monthly(indicator: Indicator) -> bool:
    return indicator.window == 1 and indicator.refresh == "monthly"


class _Table:
    """Teams × months, of what may be shown and is settled."""

    def __init__(self, con: duckdb.DuckDBPyConnection):
        self.con = con
        self.units = [unit for (unit,) in con.execute(
            "SELECT DISTINCT unit FROM value JOIN unit_level USING (unit) WHERE level = 'team' AND shown = 'yes' ORDER BY unit"
        ).fetchall()]  # fmt: skip
        months = con.execute("SELECT min(month), max(month) FROM value WHERE shown = 'yes'").fetchall()[0]
        self.first = np.datetime64(months[0], "M") if months[0] else None
        self.months = int((np.datetime64(months[1], "M") - self.first).astype(int)) + 1 if months[0] else 0

    def _filled(self, rows: dict[str, np.ndarray]) -> np.ndarray:
        table = np.full((len(self.units), self.months), np.nan)
        place = {unit: number for number, unit in enumerate(self.units)}
        known = np.array([unit in place for unit in rows["unit"]], bool)
        team = np.array([place[unit] for unit in rows["unit"][known]], int)
        month = (rows["month"][known].astype("datetime64[M]") - self.first).astype(int)
        there = (month >= 0) & (month < self.months)
        table[team[there], month[there]] = np.ma.filled(np.ma.asarray(rows["value"][known][there], float), np.nan)
        return table

    def of_own(self, indicator: str) -> np.ndarray:
        """An indicator of every team, in the team's own standard deviations; NaN for a team with too few months."""
        table = self._filled(
            self.con.execute(
                "SELECT unit, month, value FROM value WHERE indicator = ? AND shown = 'yes' AND settled", [indicator]
            ).fetchnumpy()
        )
        enough = (~np.isnan(table)).sum(axis=1) >= FEWEST_MONTHS
        centred = table - _mean(table, axis=1)
        spread = np.sqrt(_mean(centred**2, axis=1))
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(enough[:, None] & (spread > 0), centred / spread, np.nan)

    def pressure(self, directions: dict[str, int]) -> np.ndarray:
        """How far a team's cover and rest lay on the strained side of its own usual, month by month: the mean over indicators."""
        tables = np.stack([sign * self.of_own(name) for name, sign in directions.items()] or [self._none()])
        there = ~np.isnan(tables)
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(there, tables, 0).sum(axis=0) / np.where(there.any(axis=0), there.sum(axis=0), np.nan)

    def kindness(self) -> np.ndarray:
        """The circle as a whole of every team of which something may be said of it, in the month of a wave's midpoint."""
        table = self._filled(
            self.con.execute(
                """
                SELECT
                    whole.unit,
                    date_trunc('month', opened + CAST((closed - opened) // 2 AS INTEGER)) AS month,
                    round(numerator / denominator, 1) AS value
                FROM whole
                JOIN wave ON wave.unit = whole.unit AND wave.wave = whole.month
                """
            ).fetchnumpy()
        )
        enough = (~np.isnan(table)).sum(axis=1) >= FEWEST_WAVES
        return np.where(enough[:, None], table, np.nan)

    def _none(self) -> np.ndarray:
        return np.full((len(self.units), self.months), np.nan)
