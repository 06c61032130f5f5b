"""The ESR exports: staff in post, sickness absence and leavers, with the headings and habits of the real ones."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa

from etl.demo.absence import CODES, REASONS, UNKNOWN
from etl.demo.leaving import REASONS as WHY_LEFT
from etl.demo.simulation import Life
from etl.demo.staff import GROUPS
from etl.demo.units import UnitNames
from etl.demo.writing import Inbox, assignment_numbers, days, numbers, staff_numbers, who_they_are, words

CONTRACTS = ("Permanent", "Fixed Term Temp", "Bank", "Rotational Trainee")
STATUSES = ("Active Assignment", "Maternity & Adoption", "Career Break")
OTHER_ABSENCE = ("Annual Leave", "Maternity", "Study Leave", "Special Leave", "Parental")
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
END_OF_TIME = "31/12/4712"
NOBODY = 99_000_000  # staff numbers from here on are spoilt rows', and nobody's
TALKED, IN_A_WEEK = 0.75, 0.8  # of returns
SPLIT, OVERLAP = 0.04, 0.01  # of longer absences: entered in two parts, which touch or overlap


class Esr:
    def __init__(self, life: Life, inbox: Inbox, unit_names: UnitNames, random: np.random.Generator):
        self.life, self.inbox, self.names, self.random = life, inbox, unit_names, random
        self.held, self.calendar = life.staff.assignments, life.calendar
        self.assignments = assignment_numbers(life.staff)
        self.months = len(self.calendar.months)
        self.esr = [unit_names.esr(month) for month in range(self.months)]
        self.spoilt: dict[str, int] = {}

    def _unit(self, team: np.ndarray, month: np.ndarray) -> pa.Array:
        """What ESR called the unit in that month, whatever has become of it since."""
        every = [name for listed in self.esr for name in listed]
        became = np.array([self.life.teams.now(number) for number in range(self.months)])
        return words(every, month * self.life.teams.count + became[month, team])

    def _person(self, who: np.ndarray, heading: str) -> dict[str, pa.Array]:
        number = self.held.number[who]
        return {
            heading: pa.array(staff_numbers(number)),
            "Assignment Number": words(self.assignments, who),
            **who_they_are(number),
        }

    def staff(self) -> Iterator[Path]:
        """A row an assignment and month end; a file a year."""
        for year in sorted({month.year for month in self.calendar.months}):
            which = [snap for snap in self.life.snapshots if self.calendar.months[snap.month].year == year]
            who = np.concatenate([snap.assignment for snap in which])
            month = np.repeat([snap.month for snap in which], [len(snap.assignment) for snap in which])
            census = np.array([self.calendar.end(number) for number in range(self.months)])[month]
            columns = {
                **self._person(who, "Employee Number"),
                "Organisation": self._unit(np.concatenate([snap.team for snap in which]), month),
                "Staff Group": words(GROUPS, self.held.group[who]),
                "FTE": numbers(np.round(self.held.fte[who], 2)),
                "Assignment Category": words(CONTRACTS, self.held.contract[who]),
                "Assignment Status": words(STATUSES, np.concatenate([snap.status for snap in which])),
                "Latest Start Date": days(self.held.joined[who]),
                "Census Date": days(census),
            }
            name = f"staff_{year}.csv"
            columns = self._with_spoilt(
                name, columns, "Employee Number", [{"FTE": 37.5}, {"Assignment Status": "On loan"}]
            )
            yield self.inbox.write(name, columns, self.inbox.made_after_year(year))

    def leavers(self) -> Iterator[Path]:
        """A row an assignment that ended; a file a year."""
        held, calendar = self.held, self.calendar
        who = np.flatnonzero(held.left[: held.count] & (held.ends[: held.count] >= calendar.first))
        who = who[held.ends[who] <= calendar.last]
        who = who[np.argsort(held.ends[who], kind="stable")]
        office = self.life.teams.places["bank office"]
        for year in sorted({month.year for month in calendar.months}):
            some = who[[dt.date.fromordinal(int(day)).year == year for day in held.ends[who]]]
            if not len(some):
                continue
            post = held.post[some]
            team = np.where(post < 0, office, self.life.staff.posts.team[post])
            columns = {
                **self._person(some, "Employee Number"),
                "Organisation": self._unit(team, calendar.month_of(held.ends[some])),
                "Staff Group": words(GROUPS, held.group[some]),
                "FTE": numbers(np.round(held.fte[some], 2)),
                "Assignment Category": words(CONTRACTS, held.contract[some]),
                "Termination Date": days(held.ends[some]),
                "Leaving Reason": words(WHY_LEFT, held.reason[some]),
            }
            yield self.inbox.write(f"leavers_{year}.csv", columns, self.inbox.made_after_year(year))

    def sickness(self) -> Iterator[Path]:
        """A row an absence, in the file of the year it began in; one still open then comes again in the next."""
        who, team, starts, ends, reason = self._entered()
        talk = np.where(self.random.random(len(who)) < IN_A_WEEK, 0, 6) + self.random.integers(0, 8, len(who))
        talked = np.where(self.random.random(len(who)) < TALKED, ends + talk, -1)
        first = self.calendar.months[0].year
        year = np.maximum([dt.date.fromordinal(int(day)).year for day in starts], first)
        carried = np.zeros(len(who), bool)
        for number in range(first, self.calendar.months[-1].year + 1):
            made = self.inbox.made_after_year(number)
            which = np.flatnonzero((year == number) | carried)
            carried = np.zeros(len(who), bool)
            carried[which] = ends[which] >= made.toordinal()
            columns = self._absences(
                who[which], team[which], starts[which], ends[which], reason[which], talked[which], made
            )
            name = f"sickness_{number}.csv"
            some = {"Absence Start Date": f"12/03/{number} 00:00", "Absence End Date": f"02/03/{number} 00:00"}
            backwards = some | {"First Day Absent": WEEKDAYS[dt.date(number, 3, 12).weekday()]}
            columns = self._with_spoilt(
                name, columns, "Employee", [backwards, {"Absence Reason": "X07 Not to be disclosed"}]
            )
            yield self.inbox.write(name, columns, made)

    def _entered(self) -> tuple[np.ndarray, ...]:
        """The spells as managers entered them: a few in two parts, the first without a reason."""
        random, spells, calendar = self.random, self.life.absence.spells(), self.calendar
        seen = (spells.ends >= calendar.first) & (spells.starts <= calendar.last)
        rows = [spells.assignment[seen], spells.team[seen], spells.starts[seen], spells.ends[seen], spells.reason[seen]]
        long = rows[3] - rows[2] >= 12
        chance = random.random(len(long))
        cut, over = long & (chance < SPLIT + OVERLAP), long & (chance < OVERLAP)
        firsts = [row[cut].copy() for row in rows]
        firsts[3] = firsts[2] + 6
        firsts[4][:] = CODES.index(UNKNOWN)
        rows[2] = np.where(cut, rows[2] + np.where(over, 5, 7), rows[2])
        rows = [np.concatenate(pair) for pair in zip(rows, firsts, strict=True)]
        known = rows[2] <= calendar.last
        order = np.lexsort((rows[0][known], rows[2][known]))
        return tuple(row[known][order] for row in rows)

    def _absences(self, who, team, starts, ends, reason, talked, made: dt.date) -> dict[str, pa.Array]:
        """With some absence of other kinds among them, which the contract leaves out."""
        random, day = self.random, made.toordinal()
        more = random.choice(len(who), len(who) // 6, replace=False)
        who, team, starts, ends = (np.concatenate([row, row[more]]) for row in (who, team, starts, ends))
        kind = np.concatenate([np.zeros(len(reason), int), random.integers(1, 6, len(more))])
        reason, talked = (np.concatenate([row, np.full(len(more), -1)]) for row in (reason, talked))
        starts = starts - np.where(kind > 0, 400, 0)
        ends = np.where(kind > 0, starts + 6, ends)
        still = ends >= day
        until = np.minimum(ends, day)
        lost = until - starts + 1
        open_ended = days(ends, " 00:00").to_pylist()
        for place in np.flatnonzero(still):
            open_ended[place] = f"{END_OF_TIME} 00:00"
        return {
            **self._person(who, "Employee"),
            "FTE": numbers(np.round(self.held.fte[who], 2)),
            "Organisation": self._unit(team, self.calendar.month_of(starts)),
            "Staff Group": words(GROUPS, self.held.group[who]),
            "Absence Type": words(("Sickness", *OTHER_ABSENCE), kind),
            "Absence Reason": words(list(REASONS), reason),
            "First Day Absent": words(WEEKDAYS, (starts - 1) % 7),
            "Absence Start Date": days(starts, " 00:00"),
            "Absence End Date": pa.array(open_ended),
            "Return To Work Discussion Date": days(talked, " 00:00", none=(talked < 0) | still | (talked >= day)),
            "Calendar Days Lost": numbers(lost),
            "FTE Days Lost": numbers(np.round(lost * self.held.fte[who], 2)),
        }

    def _with_spoilt(self, name: str, columns: dict, person: str, spoilings: list[dict]) -> dict[str, pa.Array]:
        """A few rows more, of nobody, each spoilt in a way that must be found; what is right stays as it was."""
        table = pa.table(columns)
        rows = []
        for number, spoilt in enumerate(spoilings):
            row = table.slice(number * 3 % table.num_rows, 1).to_pylist()[0]
            nobody = f"{NOBODY + number}"
            rows.append(row | {person: nobody, "Assignment Number": nobody} | spoilt)
        self.spoilt[name] = len(rows)
        together = pa.concat_tables([table, pa.Table.from_pylist(rows, schema=table.schema)])
        return {heading: together[heading] for heading in columns}
