"""The HealthRoster exports: the rota a month, roster periods and leave balances."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa

from etl.demo.calendar import WARM_UP_WEEKS, written
from etl.demo.duties import NO_TIME, SICK, TYPES, UNCHANGED, Duties
from etl.demo.simulation import Life
from etl.demo.staff import BANK, GROUPS, REGISTERED
from etl.demo.units import UNKNOWN_NAME, UnitNames, existing
from etl.demo.work import NIGHT
from etl.demo.writing import MINUTES, Inbox, days, moments, numbers, staff_numbers, words

PERIOD = 28  # days
BY = ("Local", "Bank", "Agency", "Additional hours")
STATUS = ("Filled", "Vacant", "Cancelled", "Planned")
REQUIREMENT = ("Mandatory", "Optional", "Supernumerary")
CHANGED_BY = ("Employee", "Manager", "System")
FIRST_ID = 40_000_000
UNKNOWN_ROWS, SPOILT_A_MONTH = 24, 3
LOST_AT_FIRST = 0.02  # of the duties of the month that was sent twice, not in the first file


class HealthRoster:
    def __init__(self, life: Life, inbox: Inbox, unit_names: UnitNames, random: np.random.Generator):
        self.life, self.inbox, self.names, self.random = life, inbox, unit_names, random
        self.teams, self.calendar = life.teams, life.calendar
        self.written = FIRST_ID
        self.rows: dict[str, int] = {}
        self.spoilt: dict[str, int] = {}
        self.unknown = 0
        self.starts, self.published = self._publish()

    def _publish(self) -> tuple[np.ndarray, np.ndarray]:
        """The first day of each roster period, and the minute each team published it in."""
        anchor = self.calendar.mondays[WARM_UP_WEEKS] - PERIOD
        starts = np.arange(anchor, self.calendar.last + 1, PERIOD)
        shape = (len(starts), self.teams.count)
        lead = np.clip(self.teams.lead_days + self.random.normal(0, 5, shape), 5, 100).astype(np.int64)
        return starts, (starts[:, None] - lead) * MINUTES + self.random.integers(9 * 60, 17 * 60, shape)

    def rota(self, month: int, duties: Duties) -> Iterator[Path]:
        """The month's file; of one month an older and a corrected one."""
        duties = self._ordered(duties)
        missing, at, places = self.teams.at["missing rota"], self.teams.at, self.teams.places
        if month == missing:
            duties = duties.only(duties.team != places["missing rota"])
        columns = self._rota_columns(duties)
        name = f"rota_{self.calendar.months[month]:%Y-%m}.csv"
        if month == at["unknown name"]:
            columns = self._under_an_old_name(columns, duties)
        if month == at["loaded twice"]:
            yield self._older(name, month, duties, columns)
            name = name.replace(".csv", "_corrected.csv")
        self.written += duties.count + SPOILT_A_MONTH
        self.rows[name], self.spoilt[name] = duties.count + SPOILT_A_MONTH, SPOILT_A_MONTH
        made = self.inbox.newest if month == len(self.calendar.months) - 1 else self.inbox.made_after(month)
        yield self.inbox.write(name, self._with_spoilt(columns), made)

    def _ordered(self, duties: Duties) -> Duties:
        return duties.only(np.lexsort((duties.type, duties.who, duties.starts, duties.team)))

    def _rota_columns(self, duties: Duties) -> dict[str, pa.Array]:
        held = self.life.staff.assignments
        who = duties.who
        period = np.searchsorted(self.starts, duties.starts // MINUTES, side="right") - 1
        published = self.published[period, duties.team]
        changed = np.where(duties.changed > published, duties.changed, NO_TIME)  # before it was out, nobody minded
        by = np.where(changed == NO_TIME, UNCHANGED, duties.changed_by)
        numbered = staff_numbers(held.number[: held.count])
        lent = np.where(duties.worked_team != duties.team, duties.worked_team, -1)
        opted = np.where(who < 0, -1, held.opted_out[who])
        return {
            "Duty ID": numbers(self.written + np.arange(duties.count)),
            "Owning Unit": words(self.names.health_roster, duties.team),
            "Worked Unit": words(self.names.health_roster, lent),
            "Staff Number": words(numbered, who),
            "Staff Group": words(GROUPS, duties.group),
            "Grade Type Category": words(("Unregistered", "Registered"), REGISTERED[duties.group].astype(int)),
            "Shift Type": words(TYPES, duties.type),
            "Planned Start": moments(duties.starts),
            "Planned End": moments(duties.ends),
            "Planned Break (min)": numbers(duties.rest),
            "Actual Start": moments(duties.began, none=NO_TIME),
            "Actual End": moments(duties.ended, none=NO_TIME),
            "Break Taken (min)": numbers(duties.rested, missing=NO_TIME),
            "Fulfilment Type": words(BY, np.where(duties.by < len(BY), duties.by, -1)),
            "Status": words(STATUS, duties.status),
            "Fulfilment Category": words(
                REQUIREMENT, np.where(duties.requirement < len(REQUIREMENT), duties.requirement, -1)
            ),
            "First Published": moments(published),
            "Last Changed": moments(changed, none=NO_TIME),
            "Changed By": words(CHANGED_BY, np.where(by < UNCHANGED, by, -1)),
            "Lone Worker": words(("No", "Yes"), duties.lone),
            "48h Opt-out": words(("No", "Yes"), opted),
        }

    def _under_an_old_name(self, columns: dict, duties: Duties) -> dict[str, pa.Array]:
        """Some rows of one ward under a name that no crosswalk knows."""
        which = np.flatnonzero(duties.team == self.teams.places["merged into"])[:UNKNOWN_ROWS]
        self.unknown = len(which)
        units = columns["Owning Unit"].to_pylist()
        for place in which:
            units[place] = UNKNOWN_NAME
        return columns | {"Owning Unit": pa.array(units)}

    def _older(self, name: str, month: int, duties: Duties, columns: dict) -> Path:
        """As it was sent first: some duties not entered yet, and the last days still planned."""
        there = self.random.random(duties.count) >= LOST_AT_FIRST
        planned = (
            (duties.starts // MINUTES > self.calendar.end(month) - 4) & (duties.status == 0) & (duties.type < SICK)
        )
        older = columns | {"Status": words(STATUS, np.where(planned, STATUS.index("Planned"), duties.status))}
        self.rows[name] = int(there.sum())
        table = pa.table(older).filter(pa.array(there))
        columns = {heading: table[heading] for heading in table.column_names}
        return self.inbox.write(name, columns, self.inbox.made_after(month, 2))

    def _with_spoilt(self, columns: dict) -> dict[str, pa.Array]:
        """Three rows more that must be set aside: one ends before it starts, one on another day, one in no known state."""
        table = pa.table(columns)
        night = int(np.argmax([kind == TYPES[NIGHT] for kind in columns["Shift Type"].to_pylist()]))
        row = table.slice(night, 1).to_pylist()[0]
        start = dt.datetime.strptime(row["Planned Start"], "%d/%m/%Y %H:%M")
        spoilt = [
            {"Planned End": f"{start - dt.timedelta(hours=2):%d/%m/%Y %H:%M}"},
            {"Planned End": f"{start + dt.timedelta(days=2):%d/%m/%Y %H:%M}"},
            {"Status": "Swapped"},
        ]
        cells = {"Staff Number": None, "Fulfilment Type": BY[2], "Actual Start": None, "Actual End": None}
        rows = [row | cells | what | {"Duty ID": self.written - 1 - number} for number, what in enumerate(spoilt)]
        together = pa.concat_tables([table, pa.Table.from_pylist(rows, schema=table.schema)])
        return {heading: together[heading] for heading in columns}

    def roster_periods(self) -> Path:
        """A row a roster; now and then one was published again."""
        rows = [["Unit", "Period Start", "Period End", "Approved", "Published"]]
        again = self.random.random(self.published.shape) < 0.02
        for number, start in enumerate(self.starts):
            if start < self.calendar.first:
                continue
            for team in existing(self.teams, int(self.calendar.month_of(start))):
                minute = int(self.published[number, team])
                times = [minute, minute + 3 * MINUTES] if again[number, team] else [minute]
                dates = [written(start), written(start + PERIOD - 1)]
                rows += [[self.names.health_roster[team], *dates, _moment(t - 65), _moment(t)] for t in times]
        return self.inbox.write_rows("roster_period.csv", rows, self.inbox.newest)

    def leave_balances(self) -> Iterator[Path]:
        """A row a person and month end; a spreadsheet has eaten the zeros before their numbers."""
        held, calendar = self.life.staff.assignments, self.calendar
        for year in sorted({month.year for month in calendar.months}):
            tables = []
            for snap in (snap for snap in self.life.snapshots if calendar.months[snap.month].year == year):
                own = np.flatnonzero((held.contract[snap.assignment] != BANK) & (held.suffix[snap.assignment] == 1))
                who, month = snap.assignment[own], calendar.months[snap.month].month
                begins = held.year_begins[who]
                year_start = [dt.date(year - int(b > month), int(b), 1).toordinal() for b in begins]
                left = np.clip(held.entitlement[who] - snap.taken[own], 0, None)
                columns = {
                    "Staff Number": pa.array([str(number) for number in held.number[who].tolist()]),
                    "Unit": words(self.names.health_roster, snap.team[own]),
                    "Balance Date": days(np.full(len(who), calendar.end(snap.month))),
                    "Leave Year Start": days(np.array(year_start, np.int64)),
                    "Entitlement (hrs)": numbers(np.round(held.entitlement[who], 1)),
                    "Taken (hrs)": numbers(np.round(snap.taken[own], 1)),
                    "Booked (hrs)": numbers(np.round(left * 0.4, 1)),
                }
                tables.append(pa.table(columns))
            together = pa.concat_tables(tables)
            columns = {heading: together[heading] for heading in together.column_names}
            yield self.inbox.write(f"leave_balance_{year}.csv", columns, self.inbox.made_after_year(year))


def _moment(minute: int) -> str:
    return f"{written(minute // MINUTES)} {minute % MINUTES // 60:02}:{minute % 60:02}"
