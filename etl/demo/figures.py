"""What the record-level extracts must add up to: people, days available and days lost, worked out from the simulation."""

from dataclasses import dataclass

import numpy as np

from etl.demo.simulation import Life
from etl.demo.staff import ACTIVE, BANK, GROUPS, ROTATIONAL


@dataclass
class Figures:
    """By month, and for days by staff group."""

    headcount: np.ndarray  # of people, without the bank and those who rotate
    available: np.ndarray  # months x groups, FTE days
    lost: np.ndarray


def work_out(life: Life) -> Figures:
    held, calendar = life.staff.assignments, life.calendar
    shape = (len(calendar.months), len(GROUPS))
    headcount, available, lost = np.zeros(shape[0], int), np.zeros(shape), np.zeros(shape)
    spells = life.absence.spells()
    until = np.where(held.left[spells.assignment], np.minimum(spells.ends, held.ends[spells.assignment]), spells.ends)
    group, fte = held.group[spells.assignment], held.fte[spells.assignment]
    own = held.contract[: held.count] != BANK
    for snap in life.snapshots:
        first, last = int(calendar.starts[snap.month]), calendar.end(snap.month)
        contract = held.contract[snap.assignment]
        headcount[snap.month] = len(
            np.unique(held.number[snap.assignment[(contract != BANK) & (contract != ROTATIONAL)]])
        )
        there = snap.assignment[(contract != BANK) & (snap.status == ACTIVE)]
        days = last - np.maximum(first, held.joined[there]) + 1
        gone = np.flatnonzero(
            own & held.left[: held.count] & (held.ends[: held.count] >= first) & (held.ends[: held.count] < last)
        )
        who = np.concatenate([there, gone])
        days = np.concatenate([days, held.ends[gone] - np.maximum(first, held.joined[gone]) + 1])
        available[snap.month] = np.bincount(held.group[who], days * held.fte[who], len(GROUPS))
        off = np.clip(np.minimum(until, last) - np.maximum(spells.starts, first) + 1, 0, None)
        lost[snap.month] = np.bincount(group, off * fte, len(GROUPS))
    return Figures(headcount, available, lost)
