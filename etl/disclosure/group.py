"""The indicators of one family and kind: what of them may be shown, which they decide together."""

import datetime as dt
from collections.abc import Mapping
from types import MappingProxyType

import duckdb
import numpy as np

from etl.disclosure import audit, leavers, rounding, scores
from etl.disclosure.figures import (
    AMOUNTS,
    ANOTHER,
    ITSELF,
    LATE,
    LEAVERS,
    NO_ROOM,
    NOT_A_YEAR,
    PART,
    POOL,
    POOLED,
    SENSITIVE,
    SHOWN,
    SMALL,
    WORKING,
    Figures,
    Remembered,
    counts_those_who_stay,
)
from etl.disclosure.pools import Pooling, pool
from etl.disclosure.rows import NOWHERE, Rows, with_pools
from etl.disclosure.suppress import Sensitive, suppress
from etl.disclosure.survey import is_survey
from etl.disclosure.time import QUARTER, YEAR, frozen_size, quarter_ends, sticky
from etl.indicators import AGREE, AGREEMENT
from etl.settings import DisclosureRules
from etl.survey.scoring import FEW

ONE_DAY = dt.timedelta(days=1)


class Group:
    """Working facts have a column a month, the others one a quarter: they are renewed when a quarter ends, told once and
    for good, and so only of months that are settled for the whole group. A survey has a column for each wave.

    Reads the tables `numbered` and `recalled` of protect.py.
    """

    def __init__(
        self,
        con: duckdb.DuckDBPyConnection,
        rows: Rows,
        headers: dict[str, object],
        family: str,
        kind: str,
        rules: DisclosureRules,
        settled: dt.date,
        as_of: dt.date,
        release: str,
        apart: frozenset[dt.date] = frozenset(),
        scales: Mapping[dt.date, scores.Scale] = MappingProxyType({}),
    ):
        """`apart`: the waves in which releases before this rule told the shares that agree by a pattern of their own; these, as
        the family AGREEMENT, decide nothing new. `scales`: what answers each wave offered; five points, if nothing is said."""
        self.con, self.family, self.kind, self.rules, self.release = con, family, kind, rules, release
        self.units = len(rows.names)
        self.survey = is_survey(family)
        self.working = kind in (WORKING, PART)
        self.step = 1 if self.working or self.survey else QUARTER
        told = self._months_told(rows, headers, settled)
        self.apart = np.isin(rows.months, [np.datetime64(month, "M") for month in apart])
        if family == AGREEMENT:
            told &= self.apart
        self.apart = self.apart[told]
        self.column = np.where(told, np.cumsum(told) - 1, NOWHERE)  # of each month
        rows = rows.only(told)
        offered = [scales.get(month, scores.FIVE_POINTS) for month in rows.months.astype("datetime64[D]").tolist()]
        self.scale = tuple(np.array(offered, dtype=float).reshape(-1, 4).T[:, None, :])
        self.due = ((np.datetime64(as_of, "M") - rows.months).astype(int) >= rules.freeze_after_months)[None, :]
        self.restated = np.isin(rows.months, [np.datetime64(month, "M") for month in rules.restate])
        self.figures = {name: self._figures(name, header, rows) for name, header in headers.items()}
        people = np.full(rows.shape, np.nan)
        for each in self.figures.values():
            people = np.fmin(people, each.people)
        size = people if self.survey else frozen_size(people, rows.months, self.step)
        least = rules.k_leavers if kind == LEAVERS else rules.k_people
        pooling = pool(rows, size, least, rules.min_units, rules.min_num)
        pooling, self.decided = self._as_remembered(rows, pooling)
        self.rows = with_pools(rows, pooling.pooled, POOL)
        self.figures = {name: each.with_pools(self.rows, pooling.pooled) for name, each in self.figures.items()}
        self.member = _padded(pooling.pooled, self.rows.shape)
        self.listed = _padded(pooling.alone, self.rows.shape)
        self.listed[self.units :] = self.rows.count(self.member)[self.units :] > 0
        self.remembered = {name: self._remembered(name) for name in self.figures}
        self.patterns: dict[str, np.ndarray] = {}  # by the first of those that share one
        self.shown: dict[str, np.ndarray] = {}  # of the indicators that are decided

    # --- what there is

    def _months_told(self, rows: Rows, headers: dict, settled: dt.date) -> np.ndarray:
        if self.working:
            return np.ones(len(rows.months), dtype=bool)
        told = quarter_ends(rows.months)
        if self.survey:
            waves = "SELECT DISTINCT month FROM numbered WHERE list_contains($1, indicator)"
            found = self.con.execute(waves, [list(headers)]).fetchnumpy()["month"]
            told = np.isin(np.arange(len(rows.months)), found)
        return told & (rows.months + 1 <= np.datetime64(settled + ONE_DAY, "M"))

    def _figures(self, name: str, header, rows: Rows) -> Figures:
        found = self.con.execute(
            f"SELECT row, month, {', '.join(AMOUNTS)} FROM numbered WHERE indicator = ?", [name]
        ).fetchnumpy()
        column = self.column[found["month"]]
        here = column != NOWHERE
        arrays = []
        for each in AMOUNTS:
            array = np.full(rows.shape, np.nan)
            array[found["row"][here], column[here]] = found[each][here]
            if header.family == AGREEMENT != self.family:
                array[:, self.apart] = np.nan
            arrays.append(array)
        # What is never told of teams is no figure of theirs, and hides nothing else of them.
        place = np.where(rows.team, "team", "above")
        return Figures(header, *(np.where(np.isin(place, header.levels)[:, None], array, np.nan) for array in arrays))

    def _recalled(self, columns: str, where: str, name: str) -> tuple[dict[str, np.ndarray], np.ndarray]:
        """What is remembered of an indicator, or of the whole group, and its columns; without what is told anew."""
        found = self.con.execute(
            f"SELECT DISTINCT month, {columns} FROM recalled WHERE {where} = ? AND kind = ?", [name, self.kind]
        ).fetchnumpy()
        column = self.column[found["month"]]
        stands = (column != NOWHERE) & ~self.restated[column]
        return {each: array[stands] for each, array in found.items()}, column[stands]

    def _as_remembered(self, rows: Rows, pooling: Pooling) -> tuple[Pooling, np.ndarray]:
        """The pools of months that a release has shown stay as they were; and which months those are."""
        found, column = self._recalled("row, why", "family", self.family)
        decided = np.zeros(len(rows.months), dtype=bool)
        decided[column] = True
        member = (found["why"] == POOLED) & (found["row"] != NOWHERE)
        at = found["row"][member], column[member]
        pooled = pooling.pooled & ~decided
        pooled[at] = rows.parent[at] != NOWHERE
        return Pooling(pooling.alone & ~pooled, pooled), decided

    def _remembered(self, name: str) -> Remembered:
        numbers = ("denominator", "people", "public_numerator", "public_denominator")
        columns = f"row, unit, value, why, frozen, {', '.join(numbers)}"
        found, column = self._recalled(columns, "indicator", name)
        row = found["row"]
        row[row == NOWHERE] = _places(self.rows.names[self.units :], found["unit"][row == NOWHERE], self.units)
        here = row != NOWHERE
        at = row[here], column[here]

        def laid_out(of: str, empty) -> np.ndarray:
            array = np.full(self.rows.shape, empty)
            array[at] = found[of][here]
            return array

        known = np.zeros(self.rows.shape, dtype=bool)
        known[at] = True
        still = here.copy()
        still[here] = ~np.isnan(self.figures[name].people[at])
        gone = np.zeros(len(self.rows.months), dtype=bool)
        gone[column[~still]] = True
        return Remembered(
            known,
            laid_out("value", np.nan),
            {each: laid_out(each, np.nan) for each in numbers},
            laid_out("why", 0),
            laid_out("frozen", False),
            gone,
        )

    # --- what may be shown

    def hidden(self, name: str) -> np.ndarray:
        """Why an indicator's figures are not shown in the months not yet decided, as far as it goes together with others: all of
        the group; of a survey, where no sum leads from one score to another, a score and the share that agrees (R11)."""
        together = {name.removesuffix(AGREE)} & set(self.figures) if self.survey else set(self.figures)
        key = min(together, default="")
        if key not in self.patterns:
            self.patterns[key] = self._pattern([self.figures[each] for each in self.figures if each in together])
        return self.patterns[key]

    def _pattern(self, together: list[Figures]) -> np.ndarray:
        why = np.where(self.listed, SHOWN, np.where(self.member, POOLED, SMALL))
        if self.kind == SENSITIVE and not all(each.in_bands for each in together):
            family = [self._sensitive(each) for each in together if not each.in_bands]
            unsafe = np.logical_or.reduce([each.unsafe(self.rules.min_num) for each in family])
            unsafe |= np.logical_or.reduce([self._poor_pools(each) for each in together])
            unsafe = sticky(unsafe, self.rules.sticky_quarters)
            hidden = suppress(self.rows, family, (why == SHOWN) & ~self.decided, unsafe, self.rules)
            why[hidden] = np.where(unsafe, ITSELF, ANOTHER)[hidden]
        return why

    def _sensitive(self, each: Figures) -> Sensitive:
        if self.survey and not each.share:
            return scores.Score.of(each.people, each.numerator, each.denominator, self.scale)
        return each.sensitive

    def _poor_pools(self, each: Figures) -> np.ndarray:
        """The pools that are too small for one indicator, which some of their members do not have: it is then told of the
        unit above alone."""
        largest = self.rows.largest(np.where(self.member, each.people, np.nan))
        poor = each.people < self.rules.k_people
        poor |= (largest < self.rules.k_people) & (each.people - largest < self.rules.min_num)
        poor[: self.units] = False
        return poor & self.listed

    def decide(self, name: str, hidden: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(why, value) of one indicator (rows × months): why it is not shown, and what it says where it is. Raises
        FailedAudit."""
        each = self.figures[name]
        value = self._agreement(name, each) if each.in_bands else self._rounded(each)
        if self.kind != SENSITIVE and (poor := self._poor_pools(each)).any():
            above = np.zeros(self.rows.shape, dtype=bool)
            row, month = np.nonzero(poor)
            above[self.rows.parent[row, month], month] = True
            hidden = np.where(self.rows.below(above) & (hidden == SHOWN), SMALL, hidden)
        why = self._why(name, each, np.where(np.isnan(value) & (hidden == SHOWN), SMALL, hidden))
        value = np.where(why == SHOWN, np.where(self.stays(name), self.remembered[name].value, value), np.nan)
        if self.kind == LEAVERS:
            why[self._without_room(name, each, value)] = NO_ROOM
        if each.in_bands and name.removesuffix(AGREE) in self.shown:
            why[self._too_narrow(name, each, value)] = NO_ROOM
            value = np.where(why == SHOWN, value, np.nan)
        self._audit(each, why == SHOWN)
        self.shown[name] = why == SHOWN
        return why, value

    def stays(self, name: str) -> np.ndarray:
        """R8: a month's value stays; that of a working fact is revised once, when the month is frozen. Sensitive figures
        and leavers are told once: their next window has whatever came late."""
        each, old = self.figures[name], self.remembered[name]
        revised = self.due & ~old.frozen & (each.people >= self.rules.k_people) & self.working
        # Where a unit has gone, what the others have now is not theirs alone.
        return old.known & ~(revised & ~old.unit_gone)

    def as_told(self, name: str, number: str, where: np.ndarray) -> np.ndarray:
        """A number behind the figures: as it was then `where` an earlier release has told of them, else as it is now."""
        each = self.figures[name]
        return np.where(where, self.remembered[name].numbers[number], getattr(each, number))

    def edges(self, name: str, value: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The ends of the step in which a leaver rate, or a share that agrees, lies; of other figures nothing is said."""
        if name.endswith(AGREE) and name.removesuffix(AGREE) in self.shown:
            half = self._agreement_step(name) / 2
            return np.round(value - half, 6), np.round(value + half, 6)
        if self.kind != LEAVERS:
            return np.full_like(value, np.nan), np.full_like(value, np.nan)
        known = self.remembered[name].known
        half = self._leaver_step(*(self.as_told(name, number, known) for number in ("denominator", "people"))) / 2
        return np.round(value - half, 6), np.round(value + half, 6)

    def _rounded(self, each: Figures) -> np.ndarray:
        """R7."""
        if self.kind == LEAVERS:
            return rounding.to_middle(each.value, self._leaver_step(each.denominator, each.people))
        if self.kind == SENSITIVE:
            step = rounding.sensitive_step(each.people, self.rows.team[:, None], each.share)
            return rounding.to_nearest(each.value, step)
        return rounding.to_nearest(each.value, rounding.FINE)

    def _agreement_step(self, name: str) -> np.ndarray:
        score = self.figures[name.removesuffix(AGREE)]
        return scores.agreement_step(
            score.numerator, score.denominator, self.rules.leaver_step, self.rules.min_num, self.scale
        )

    def _agreement(self, name: str, each: Figures) -> np.ndarray:
        """A share that agrees, in its step, where that may be told beside its score."""
        if name.removesuffix(AGREE) not in self.shown:
            return np.full(self.rows.shape, np.nan)
        share = rounding.agreement(each.value, self._agreement_step(name))
        return np.where(self.shown[name.removesuffix(AGREE)], share, np.nan)

    def _too_narrow(self, name: str, each: Figures, value: np.ndarray) -> np.ndarray:
        """R6 for the shares that agree: those that along the sums, with the scores, would tell too much."""
        score, told = self.figures[name.removesuffix(AGREE)], ~np.isnan(value)
        low, high = (edge * each.denominator / 100 for edge in self.edges(name, value))
        fewest, most = scores.agreeing_by_mean(score.numerator, score.denominator, self.scale)
        # How answers fall into groups may be told of all that stand under one: then who agrees is known there.
        exact = told & (each.people >= FEW) & ~each.sensitive.unsafe(self.rules.min_num)
        exact &= ~self.rows.of_parent(self.rows.count(~exact & ~np.isnan(each.people)) > 0, False)
        low, high = (np.where(exact, each.numerator, edge) for edge in (np.fmax(low, fewest), np.fmin(high, most)))
        known = self.shown[name.removesuffix(AGREE)]
        without = np.where(known, fewest, 0), np.where(known, most, each.denominator)
        fixed = self.remembered[name].known
        return scores.to_withdraw(self.rows, low, high, without, told, exact, fixed, each.people, self.rules.min_num)

    def _leaver_step(self, denominator: np.ndarray, people: np.ndarray) -> np.ndarray:
        step = rounding.leaver_step(np.fmin(denominator, people), self.rules.leaver_step)
        return np.where(step <= self.rules.leaver_points, step, np.nan)

    def _why(self, name: str, each: Figures, why: np.ndarray) -> np.ndarray:
        """Whether a figure is shown; settled for good when its month is first published.

        A unit that comes into a published month later is shown in it only if its figures are of the working kind and
        no unit has gone from that month: else the two together would tell what the one that has gone had. A sensitive
        figure of a team counts a whole year, unless it is a survey's.
        """
        why = why.copy()
        if self.kind == SENSITIVE and not self.survey and each.header.window < YEAR:
            why[self.rows.team & (why == SHOWN).any(axis=1)] = NOT_A_YEAR
        old = self.remembered[name]
        late = self.decided & ~old.known & (old.unit_gone | (not self.working))
        why[late & (why == SHOWN)] = LATE
        return np.where(old.known, old.why, why)

    def _without_room(self, name: str, each: Figures, value: np.ndarray) -> np.ndarray:
        """Leaver rates that would leave too little doubt about some quarter of some team."""
        known = self.remembered[name].known
        now = {number: self.as_told(name, number, known) for number in self.remembered[name].numbers}
        half = self._leaver_step(now["denominator"], now["people"]) / 2
        whole = (now["denominator"] + now["public_denominator"]) / each.header.scale
        low, high = (edge * whole - now["public_numerator"] for edge in (value - half, value + half))
        window = max(1, each.header.window // QUARTER)
        if counts_those_who_stay(each.header):
            low, high, window = now["denominator"] - high, now["denominator"] - low, 1
        return leavers.in_the_way(
            self.rows,
            ~np.isnan(value),
            low,
            high,
            np.where(known, np.inf, each.people),
            window,
            self.rules.min_num + 1,  # people are whole: of a range one person may be lost at its ends
        )

    def _audit(self, each: Figures, shown: np.ndarray) -> None:
        """R6. Raises FailedAudit with the rule."""
        new = shown & ~self.decided
        if (each.people[new] < self.rules.k_people).any():
            raise audit.FailedAudit(audit.SMALL.format(self.rules.k_people))
        if self.kind != SENSITIVE or each.in_bands:
            return
        sensitive = self._sensitive(each)
        if (sensitive.unsafe(self.rules.min_num) & new).any():
            raise audit.FailedAudit(audit.FEW.format(self.rules.min_num))
        if (sensitive.given_away(self.rows, shown, self.rules) & ~self.decided).any():
            raise audit.FailedAudit(audit.WORKED_OUT)


def _padded(units: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """What is said of the units, and not of the pools."""
    whole = np.zeros(shape, dtype=bool)
    whole[: len(units)] = units
    return whole


def _places(names: np.ndarray, wanted: np.ndarray, first: int) -> np.ndarray:
    number = {name: first + place for place, name in enumerate(names)}
    return np.array([number.get(name, NOWHERE) for name in wanted], dtype=int)
