"""The indicators of one family and kind: what of them may be shown, which they decide together."""

import datetime as dt
from collections.abc import Mapping
from types import MappingProxyType

import duckdb
import numpy as np

from etl.config.indicators import AGREE, AGREEMENT
from etl.config.settings import DisclosureRules
from etl.disclosure import audit, differencing, leavers, overlap, rounding, scores
from etl.disclosure.differencing import NEVER
from etl.disclosure.figures import (
    AMOUNTS,
    ANOTHER,
    BANDED,
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
    part_of,
    told_in,
)
from etl.disclosure.pools import Pooling, pool
from etl.disclosure.rows import NOWHERE, Rows, with_pools
from etl.disclosure.scores import MIN_PEOPLE_FOR_DISTRIBUTION
from etl.disclosure.suppress import Sensitive, suppress
from etl.disclosure.survey import is_survey
from etl.disclosure.time import QUARTER, YEAR, frozen_size, quarter_ends, sticky

MAX_ROUNDS = 200  # of taking back what would tell few people apart; each takes back something
ONE_DAY = dt.timedelta(days=1)
STEPPED = (LEAVERS, BANDED)  # told as the step that they lie in, which stands for at least so many people


class Group:
    """Working facts have a column a month, the others one a quarter: they are renewed when a quarter ends, told once and
    for good, and so only of months that are settled for the whole group. A survey has a column for each wave.

    `releases` are those remembered and, last, the one being made. Reads the tables `numbered` and `recalled` of protect.py.
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
        releases: list[str],
        apart: frozenset[dt.date] = frozenset(),
        scales: Mapping[dt.date, scores.Scale] = MappingProxyType({}),
    ):
        """`releases`: all that are remembered and the one that is being made, the oldest first. `apart`: the waves in which
        releases before this rule told the shares that agree by a pattern of their own; these, as the family AGREEMENT,
        decide nothing new. `scales`: what answers each wave offered; five points, if nothing is said."""
        self.con, self.family, self.kind, self.rules, self.releases = con, family, kind, rules, releases
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
        self.restated = np.isin(rows.months, np.array(rules.restate, dtype="datetime64[M]"))
        self.figures = {name: self._figures(name, header, rows) for name, header in headers.items()}
        if kind == SENSITIVE and not self.survey:
            there = self._has_figures(rows)
            self.figures = {name: each.with_nobody(rows, there) for name, each in self.figures.items()}
        people = np.full(rows.shape, np.nan)
        for each in self.figures.values():
            people = np.fmin(people, each.people)
        size = people if self.survey else frozen_size(people, rows.months, self.step)
        bands = max(rules.k_people, rounding.least_for_bands(rules.leaver_step))
        least = {LEAVERS: rules.k_leavers, BANDED: bands}.get(kind, rules.k_people)
        pooling = pool(rows, size, least, rules.min_units, rules.min_num)
        pooling, self.decided = self._as_remembered(rows, pooling)
        self.parent = rows.parent  # of units, without the pools between
        self.rows = with_pools(rows, pooling.pooled, POOL)
        self.figures = {name: each.with_pools(self.rows, pooling.pooled) for name, each in self.figures.items()}
        self.member = _padded(pooling.pooled, self.rows.shape)
        self.listed = _padded(pooling.alone, self.rows.shape)
        self.listed[self.units :] = self.rows.count(self.member)[self.units :] > 0
        self.remembered = {name: self._remembered(name) for name in self.figures}
        self.kept: dict[str, np.ndarray] = {}
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

    def _has_figures(self, rows: Rows) -> np.ndarray:
        """Where a unit has a figure of the family, of whatever kind."""
        found = self.con.execute(
            "SELECT DISTINCT row, month FROM numbered JOIN of_family USING (indicator) WHERE family = ? AND people > 0",
            [self.family],
        ).fetchnumpy()
        column = self.column[found["month"]]
        there = np.zeros(rows.shape, dtype=bool)
        there[found["row"][column != NOWHERE], column[column != NOWHERE]] = True
        return there

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
        columns = f"row, unit, value, why, frozen, parent, since, told_in, {', '.join(numbers)}"
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
        moved = np.zeros(len(self.rows.months), dtype=bool)
        unit = here & (row < self.units)
        moved[column[unit][found["parent"][unit] != self.parent[row[unit], column[unit]]]] = True
        return Remembered(
            known,
            laid_out("value", np.nan),
            {each: laid_out(each, np.nan) for each in numbers},
            laid_out("why", 0),
            laid_out("frozen", False),
            gone,
            laid_out("since", len(self.releases) - 1),
            laid_out("told_in", NEVER),
            moved,
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
            listed = (why == SHOWN) & ~self.decided
            hidden, overlapping = self._suppressed(family, listed, unsafe)
            why[hidden] = np.where(unsafe, ITSELF, np.where(overlapping, NO_ROOM, ANOTHER))[hidden]
        return why

    def _suppressed(
        self, family: list[Sensitive], listed: np.ndarray, unsafe: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """(hidden, those for the sake of windows that overlap) of the `listed`. What is hidden for them needs company in its
        turn, and may bound other windows: so again, until none is left too little room. What is told already stays."""
        rolling = [name for name, each in self.figures.items() if self._adds_up_over_time(each)]
        overlapping = np.zeros(self.rows.shape, dtype=bool)
        hidden = suppress(self.rows, family, listed, unsafe, self.rules)
        while rolling:
            free = listed & ~hidden
            why = np.where(free, SHOWN, ANOTHER)
            more = np.logical_or.reduce(
                [overlap.to_hide(self.rows, self._windows(name, why), free, self.rules) for name in rolling]
            )
            if not more.any():
                break
            overlapping |= more
            # Only the quarters in which something more is hidden are looked at anew.
            again = more.any(axis=0)
            hidden |= suppress(self.rows, family, listed & again, hidden | more, self.rules)
        return hidden, overlapping

    def _adds_up_over_time(self, each: Figures) -> bool:
        """Amounts over rolling windows longer than a quarter; who is counted in two quarters is one person."""
        return not self.survey and not each.in_bands and each.header.window > QUARTER and not each.of_people

    def _windows(self, name: str, why: np.ndarray) -> overlap.Windows:
        """One indicator as a reader would have it."""
        each, old = self.figures[name], self.remembered[name]
        now = {number: self.as_told(name, number, old.known) for number in old.numbers}
        value = np.where(old.known, old.value, self._rounded(each))
        shown = (self._why(name, each, why) == SHOWN) & ~np.isnan(value)
        half = rounding.sensitive_step(now["people"], self.rows.team[:, None], each.share) / 2
        whole = (now["denominator"] + now["public_denominator"]) / each.header.scale
        low, high = (edge * whole - now["public_numerator"] for edge in (value - half, value + half))
        # A unit that has gone was counted in what is told of its month: of the sums above it only an upper bound is left.
        low = np.where(old.known & old.unit_gone & (self.rows.height > 0)[:, None], 0, low)
        counts = each.per_person
        told_in = np.where(old.known, np.where(old.told_in == NEVER, old.since, old.told_in), len(self.releases) - 1)
        return overlap.Windows(
            there=~np.isnan(each.people),
            shown=shown,
            low=low / counts,
            high=high / counts,
            most=np.where(each.share, now["denominator"], np.inf) / counts,
            people=now["people"],
            window=each.header.window // QUARTER,
            since=old.since,
            told_in=told_in,
        )

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
        poor = np.logical_or.reduce([self._poor_pools(one) for one in self._add_up_with(each)])
        if self.kind != SENSITIVE and poor.any():
            above = np.zeros(self.rows.shape, dtype=bool)
            row, month = np.nonzero(poor)
            above[self.rows.parent[row, month], month] = True
            hidden = np.where(self.rows.below(above) & (hidden == SHOWN), SMALL, hidden)
        why = self._why(name, each, np.where(np.isnan(value) & (hidden == SHOWN), SMALL, hidden))
        self.kept[name] = self.remembered[name].known
        if self.working:
            why, self.kept[name] = self._not_apart(name, each, why)
        value = np.where(why == SHOWN, np.where(self.stays(name), self._as_it_was_told(name), value), np.nan)
        if self.kind in STEPPED:
            # What was told stays told, though late days move what one person stands for, and with it the room asked for.
            why[self._without_room(name, each, value) & ~self.remembered[name].known] = NO_ROOM
        if each.in_bands and name.removesuffix(AGREE) in self.shown:
            why[self._too_narrow(name, each, value)] = NO_ROOM
            value = np.where(why == SHOWN, value, np.nan)
        self._audit(each, why == SHOWN)
        self.shown[name] = why == SHOWN
        return why, value

    def _add_up_with(self, each: Figures) -> list[Figures]:
        """The indicator and those that count other parts of the same whole: of parts that add up to what is shown, one
        alone that is hidden is what the others leave."""
        whole = part_of(each.header)
        return [one for one in self.figures.values() if one is each or (whole and part_of(one.header) == whole)]

    def stays(self, name: str) -> np.ndarray:
        """R8: a month's value stays; that of a working fact is revised once, when the month is frozen, if it is of the same
        people. Sensitive figures and leavers are told once: their next window has whatever came late. Decided before."""
        return self.kept[name]

    def _not_apart(self, name: str, each: Figures, why: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(why, what stays) of a working indicator: nothing is told anew that would, with all that was ever told, tell few
        people apart. Raises FailedAudit."""
        old, least = self.remembered[name], self.rules.k_people
        now = self._tellings(name, each)
        fixed = (
            old.unit_gone | old.moved
        )  # where a unit has gone or moved, what the others have now is not theirs alone
        wanted = old.known & (old.why == SHOWN) & self.due & ~old.frozen & ~fixed & (each.people >= least)
        pinned = np.zeros(self.rows.shape, dtype=bool)
        mixed = (now.there & ~old.known).any(axis=0) & old.known.any(axis=0)
        if mixed.any():
            some = np.zeros(self.rows.shape, dtype=bool)
            some[:, mixed] = differencing.late(now.only(mixed))
            why = np.where(some & (why == SHOWN), LATE, why)
        for _ in range(MAX_ROUNDS):
            shown = now.there & (why == SHOWN)
            revised = np.zeros(self.rows.shape, dtype=bool)
            asked = (wanted & ~pinned).any(axis=0)
            if asked.any():
                then = old.numbers["people"][:, asked]
                revised[:, asked] = differencing.revisable(
                    now.only(asked), then, (wanted & ~pinned)[:, asked], shown[:, asked], least
                )
            new = revised | (shown & ~old.known)
            units, source = differencing.fallen(now, new, least)
            if not units.any():
                return why, old.known & ~revised
            months = units.any(axis=0)
            beneath = new & self.rows.below(source) & months
            taken = beneath if beneath.any() else new & source
            taken = taken if taken.any() else new & months
            pinned |= taken
            why = np.where(taken & ~old.known, LATE, why)
        raise audit.FailedAudit(audit.APART)

    def _tellings(self, name: str, each: Figures) -> differencing.Tellings:
        old = self.remembered[name]
        there = ~np.isnan(each.people)
        return differencing.Tellings(
            self.rows, there, np.where(there, each.people, 0), old.since, old.told_in, old.known, len(self.releases) - 1
        )

    def as_told(self, name: str, number: str, where: np.ndarray) -> np.ndarray:
        """A number behind the figures: as it was then `where` an earlier release has told of them, else as it is now."""
        each = self.figures[name]
        return np.where(where, self.remembered[name].numbers[number], getattr(each, number))

    def edges(self, name: str, value: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The ends of the step in which a leaver rate, a banded share or a share that agrees lies; of other figures nothing
        is said."""
        if name.endswith(AGREE) and name.removesuffix(AGREE) in self.shown:
            half = self._agreement_step(name) / 2
            return np.round(value - half, 6), np.round(value + half, 6)
        if self.kind not in STEPPED:
            return np.full_like(value, np.nan), np.full_like(value, np.nan)
        known = self.remembered[name].known
        half = self._step_of_people(*(self.as_told(name, number, known) for number in ("denominator", "people"))) / 2
        return np.round(value - half, 6), np.round(value + half, 6)

    def _rounded(self, each: Figures) -> np.ndarray:
        """R7."""
        if self.kind in STEPPED:
            value, step = each.value, self._step_of_people(each.denominator, each.people)
            if self.kind == BANDED or counts_those_who_stay(each.header):
                value = rounding.all_in_the_last_step(value, step)
            return rounding.to_middle(value, step)
        if self.kind == SENSITIVE:
            step = rounding.sensitive_step(each.people, self.rows.team[:, None], each.share)
            return rounding.to_nearest(each.value, step)
        fine = told_in(each.header) != "posts"
        return rounding.to_nearest(each.value, rounding.FINE if fine else rounding.post_step(each.whole))

    def _as_it_was_told(self, name: str) -> np.ndarray:
        """The values remembered; a rate of posts that was told more finely, before it was told in whole ones, is told
        anew in whole ones, which says less."""
        old = self.remembered[name]
        if told_in(self.figures[name].header) != "posts":
            return old.value
        return rounding.to_nearest(
            old.value, rounding.post_step(old.numbers["denominator"] + old.numbers["public_denominator"])
        )

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
        exact = told & (each.people >= MIN_PEOPLE_FOR_DISTRIBUTION) & ~each.sensitive.unsafe(self.rules.min_num)
        exact &= ~self.rows.of_parent(self.rows.count(~exact & ~np.isnan(each.people)) > 0, False)
        low, high = (np.where(exact, each.numerator, edge) for edge in (np.fmax(low, fewest), np.fmin(high, most)))
        known = self.shown[name.removesuffix(AGREE)]
        without = np.where(known, fewest, 0), np.where(known, most, each.denominator)
        fixed = self.remembered[name].known
        return scores.to_withdraw(self.rows, low, high, without, told, exact, fixed, each.people, self.rules.min_num)

    def _step_of_people(self, denominator: np.ndarray, people: np.ndarray) -> np.ndarray:
        size = np.fmin(denominator, people)
        if self.kind == BANDED:
            return rounding.band_step(size, self.rules.leaver_step)
        step = rounding.leaver_step(size, self.rules.leaver_step)
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
        """Leaver rates, and shares in bands, that would leave too little doubt about some quarter of some team."""
        known = self.remembered[name].known
        now = {number: self.as_told(name, number, known) for number in self.remembered[name].numbers}
        half = self._step_of_people(now["denominator"], now["people"]) / 2
        whole = (now["denominator"] + now["public_denominator"]) / each.header.scale
        low, high = (edge * whole - now["public_numerator"] for edge in (value - half, value + half))
        window = max(1, each.header.window // QUARTER)
        room, most = self.rules.min_num + 1, None  # people are whole: of a range one person may be lost at its ends
        if counts_those_who_stay(each.header):
            low, high, window = now["denominator"] - high, now["denominator"] - low, 1
        elif self.kind == BANDED:
            high = np.minimum(high, now["denominator"])
            if (
                each.of_people
            ):  # who is counted in one quarter and in the next is one person: no quarter follows from another
                window, most = 1, each.denominator
            else:
                room *= np.nansum(each.denominator) / max(1.0, np.nansum(each.people))
        return leavers.in_the_way(
            self.rows,
            ~np.isnan(value),
            low,
            high,
            np.where(known, np.inf, each.people),
            window,
            room,
            self._came_later(name),
            most,
        )

    def _came_later(self, name: str) -> np.ndarray:
        """The units whose figures came when their month had been told without them."""
        since = self.remembered[name].since
        return since > np.where(self.remembered[name].known, since, len(self.releases)).min(
            axis=0, initial=len(self.releases)
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
