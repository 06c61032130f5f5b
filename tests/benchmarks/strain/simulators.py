"""Made-up organisations in which we know who is under strain. Each makes other assumptions; none is Kinship's demonstration.

A simulator draws month × indicator × unit numerators and denominators. What strain does is planted in the rates from
which chance then draws: an indicator that is better low is multiplied, and what an indicator that is better high falls
short by. So no simulator holds anything that the method assumes about noise.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from etl.strain.arrays import NO_PARENT, Figures

CREEP = 6  # months that a creeping change takes


@dataclass(frozen=True)
class Plant:
    """What is planted in a share of the teams."""

    size: float = 0.0  # 0.35: bad things are 35 % more; below 0 it is easing
    shape: str = "sudden"  # or creeping
    scope: str = "rota"  # one (family), rota (the rota families), all
    share: float = 0.15  # of the teams


@dataclass(frozen=True)
class Wave:
    """Noise with a memory: a log standard deviation, what of it is left a month later, and which indicators share it."""

    sd: float
    memory: float
    groups: tuple[str, ...]  # a name an indicator; those of one name move together


@dataclass(frozen=True)
class Truth:
    """An organisation and what is true of it: what no method can know, but an oracle does (oracle.py)."""

    figures: Figures
    onset: np.ndarray  # a month number a unit; a number past the end where nothing is planted
    plant: Plant
    kinds: tuple["Kind", ...]
    bad: np.ndarray  # month × indicator × unit: how much of the bad thing there was, NaN where missing
    usual: np.ndarray  # the same, as it is to be expected when nothing is planted
    chance: np.ndarray  # the variance of chance, as a share of usual squared
    effect: np.ndarray  # what was planted: what usual is multiplied by
    waves: tuple[Wave, ...] = field(default=())


@dataclass(frozen=True)
class Kind:
    """How an indicator behaves when nothing is wrong."""

    name: str
    family: str
    better: int  # -1 lower, 1 higher
    level: float  # the usual rate
    per_person: float  # of the denominator, a month
    draw: str  # count, share, hours, lost; filled, kept: what is short or not kept is the bad thing
    spread: float = 0.25  # how far teams differ, as a log standard deviation


ROTA = ("cover", "time_and_rest")
NINE = (
    Kind("unfilled", "cover", -1, 0.07, 13, "share"),
    Kind("agency", "cover", -1, 0.05, 150, "hours", 0.5),
    Kind("fill_rate", "cover", 1, 0.93, 150, "filled", 0.3),
    Kind("short_rests", "time_and_rest", -1, 0.06, 13, "count", 0.4),
    Kind("late_changes", "time_and_rest", -1, 0.10, 13, "count", 0.3),
    Kind("long_runs", "time_and_rest", -1, 0.15, 1, "count", 0.4),
    Kind("sickness", "absence", -1, 0.05, 30, "lost", 0.25),
    Kind("spells", "absence", -1, 0.12, 1, "count", 0.25),
    Kind("leavers", "staying", -1, 0.01, 1, "share", 0.2),
)


def organisation(rng: np.random.Generator, teams: int, months: int, plant: Plant) -> tuple[np.ndarray, np.ndarray]:
    """(people a team, onset a team): sizes 11 to 60; onsets leave a year before and four months after."""
    people = rng.integers(11, 61, teams)
    onset = np.full(teams, 10 * months)
    struck = rng.permutation(teams)[: round(plant.share * teams)] if plant.size else []
    onset[struck] = rng.integers(13, months - 4, len(struck))
    return people, onset


def effect(kinds: tuple[Kind, ...], onset: np.ndarray, months: int, plant: Plant, one: np.ndarray) -> np.ndarray:
    """month × indicator × unit: what bad things are multiplied by; easing divides by as much."""
    after = np.arange(months)[:, None] - onset
    full = (after >= 0) if plant.shape == "sudden" else np.clip((after + 1) / CREEP, 0, 1)
    families = sorted({kind.family for kind in kinds})
    reached = np.array(
        [
            [
                plant.scope == "all"
                or (plant.scope == "rota" and kind.family in ROTA)
                or (plant.scope == "one" and kind.family == families[which])
                for which in one % len(families)
            ]
            for kind in kinds
        ]
    )
    strength = np.log1p(plant.size) if plant.size > 0 else -np.log1p(-plant.size)
    return np.exp(strength * full[:, None, :] * reached)


@dataclass(frozen=True)
class Drawn:
    """One indicator, month × unit; the names are Truth's."""

    numerator: np.ndarray
    denominator: np.ndarray
    bad: np.ndarray
    usual: np.ndarray
    chance: np.ndarray

    def where(self, gone: np.ndarray) -> "Drawn":
        return Drawn(np.where(gone, np.nan, self.numerator), self.denominator, np.where(gone, np.nan, self.bad),
                     self.usual, self.chance)  # fmt: skip


def drawn(
    rng: np.random.Generator,
    kind: Kind,
    people: np.ndarray,
    planted: np.ndarray,
    known: np.ndarray | float = 1.0,
    noise: np.ndarray | float = 1.0,
    over: np.ndarray | float = 0.0,
    beyond: float = 0.0,
) -> Drawn:
    """What chance makes of a rate that is multiplied by what is planted, what is known, noise, and gamma noise of variance over.

    beyond: the variance of the independent part of noise.
    """
    shape = planted.shape
    out_of = np.maximum(rng.poisson(kind.per_person * people, shape), 1).astype(float)
    gamma = rng.gamma(1 / over, over, shape) if np.any(over) else 1.0
    own = np.exp(kind.spread * rng.standard_normal(shape[1]))
    level = 1 - kind.level if kind.better > 0 else kind.level
    usual = np.broadcast_to(level * own * known * out_of, shape)
    rate = level * own * known * planted * noise * gamma
    one = 1.0  # the variance of chance over the mean
    if kind.draw in ("filled", "hours"):
        bad, one = 7.5 * rng.poisson(rate * out_of / 7.5), 7.5
    elif kind.draw == "count":
        bad = rng.poisson(rate * out_of).astype(float)
    elif kind.draw in ("kept", "share"):
        bad = rng.binomial(out_of.astype(int), np.minimum(rate, 0.95)).astype(float)
        one = 1 - np.minimum(usual / out_of, 0.95)
    else:  # days lost: spells of five days on average, most of them short
        bad, one = rng.gamma(0.5 * rng.poisson(rate * out_of / 5), 10.0), 15.0
    bad = np.minimum(bad, out_of) if kind.better > 0 else bad
    return Drawn(out_of - bad if kind.better > 0 else bad, out_of, bad, usual, one / usual + over + beyond)


def truth(
    kinds: tuple[Kind, ...],
    blocks: list[Drawn],
    onset: np.ndarray,
    plant: Plant,
    planted: np.ndarray,
    waves: tuple[Wave, ...] = (),
    parent: np.ndarray | None = None,
) -> Truth:
    numerator, denominator, bad, usual, chance = (
        np.stack([getattr(block, name) for block in blocks], axis=1)
        for name in ("numerator", "denominator", "bad", "usual", "chance")
    )
    months, _, units = numerator.shape
    figures = Figures(
        np.array([kind.name for kind in kinds]),
        np.array([kind.family for kind in kinds]),
        np.array([kind.better for kind in kinds], dtype=np.int8),
        np.array([f"team {number:03}" for number in range(units)]),
        np.datetime64("2021-01", "M") + np.arange(months),
        numerator,
        np.where(np.isnan(numerator), np.nan, denominator),
        np.full((months, units), NO_PARENT) if parent is None else parent,
    )
    return Truth(figures, onset, plant, kinds, bad, usual, chance, planted, waves)


def season(months: int, strength: float) -> np.ndarray:
    return 1 + strength * np.cos(2 * np.pi * np.arange(months) / 12)


def autoregressive(rng: np.random.Generator, shape: tuple[int, ...], sd: float, phi: float | np.ndarray) -> np.ndarray:
    """Along the first axis, with a standard deviation of sd throughout."""
    steps = rng.standard_normal(shape)
    series = np.empty(shape)
    series[0] = steps[0]
    for month in range(1, shape[0]):
        series[month] = phi * series[month - 1] + np.sqrt(1 - np.square(phi)) * steps[month]
    return sd * series


def poisson(seed: int, plant: Plant, teams: int = 120, months: int = 36) -> Truth:
    """Chance alone: Poisson counts, binomial shares, a common season."""
    rng = np.random.default_rng(seed)
    people, onset = organisation(rng, teams, months, plant)
    bad = effect(NINE, onset, months, plant, rng.integers(0, 1000, teams))
    winter = season(months, 0.12)
    blocks = [drawn(rng, kind, people, bad[:, i], winter[:, None]) for i, kind in enumerate(NINE)]
    return truth(NINE, blocks, onset, plant, bad)


def overdispersed(seed: int, plant: Plant, teams: int = 120, months: int = 36) -> Truth:
    """More than chance: gamma noise that differs by team, workload that lasts and reaches every indicator, absence with memory."""
    rng = np.random.default_rng(seed)
    people, onset = organisation(rng, teams, months, plant)
    bad = effect(NINE, onset, months, plant, rng.integers(0, 1000, teams))
    over = rng.gamma(4, 0.01, teams)
    workload = autoregressive(rng, (months, teams), 0.05, 0.4)
    winter = season(months, 0.15)[:, None]
    blocks = []
    for i, kind in enumerate(NINE):
        memory, sd = (0.8, 0.25) if kind.family == "absence" else (0.4, 0.08)
        wave = np.exp(workload + autoregressive(rng, (months, teams), sd, memory))
        blocks.append(drawn(rng, kind, people, bad[:, i], winter, wave, over))
    names = tuple(kind.name for kind in NINE)
    absence = tuple(kind.name if kind.family == "absence" else "" for kind in NINE)
    rest = tuple("" if kind.family == "absence" else kind.name for kind in NINE)
    waves = Wave(0.05, 0.4, ("all",) * len(names)), Wave(0.25, 0.8, absence), Wave(0.08, 0.4, rest)
    return truth(NINE, blocks, onset, plant, bad, waves)


def rough(seed: int, plant: Plant, teams: int = 120, months: int = 36) -> Truth:
    """Everything at once: shocks that all or a directorate share, spikes, gaps, teams that come, go and move."""
    rng = np.random.default_rng(seed)
    people, onset = organisation(rng, teams, months, plant)
    bad = effect(NINE, onset, months, plant, rng.integers(0, 1000, teams))
    directorates = max(teams // 20, 2)
    parent = np.repeat(rng.integers(0, directorates, teams)[None], months, axis=0)
    for team in rng.permutation(teams)[: teams // 10]:
        parent[rng.integers(6, months) :, team] = rng.integers(0, directorates)
    here = np.ones((months, teams), dtype=bool)
    for team in rng.permutation(teams)[: teams // 10]:
        cut = rng.integers(4, months - 4)
        (here[:cut] if rng.random() < 0.5 else here[cut:])[:, team] = False
    blocks = []
    for i, kind in enumerate(NINE):
        shock = np.exp(0.08 * rng.standard_t(4, months))[:, None]
        local = np.exp(0.04 * rng.standard_normal((months, directorates)))[np.arange(months)[:, None], parent]
        amplitude = rng.uniform(0.05, 0.2, directorates)[parent]
        winter = 1 + amplitude * np.cos(2 * np.pi * np.arange(months) / 12)[:, None]
        tail = np.exp(0.08 * rng.standard_t(3, (months, teams)))
        spike = np.where(rng.random((months, teams)) < 0.015, rng.uniform(1.8, 3, (months, teams)), 1)
        slow = np.exp(autoregressive(rng, (months, teams), 0.06, 0.6))
        block = drawn(rng, kind, people, bad[:, i], shock * local * winter, tail * spike * slow, beyond=0.02)
        gone = ~here | (rng.random((months, teams)) < 0.06) | (rng.random(teams) < 0.1)
        for team in rng.permutation(teams)[: teams // 10]:
            start = rng.integers(0, months)
            gone[start : start + 3, team] = True
        blocks.append(block.where(gone))
    waves = (Wave(0.06, 0.6, tuple(kind.name for kind in NINE)),)
    return truth(NINE, blocks, onset, plant, bad, waves, teams + parent)


MANY = (
    *NINE,
    Kind("overruns", "time_and_rest", -1, 0.2, 13, "count", 0.5),
    Kind("excess_hours", "time_and_rest", -1, 0.04, 150, "hours", 0.4),
    Kind("room_to_think", "room_to_think", 1, 0.6, 6, "filled", 0.2),
    Kind("supervision", "room_to_think", 1, 0.8, 1, "kept", 0.2),
    Kind("long_absence", "absence", -1, 0.02, 30, "lost", 0.3),
    Kind("moves_out", "staying", -1, 0.02, 1, "count", 0.2),
)


def drifting(seed: int, plant: Plant, teams: int = 60, months: int = 48) -> Truth:
    """Held out, never tuned on: rates wander off slowly and for good, echoes within families, lognormal noise, fifteen indicators."""
    rng = np.random.default_rng(seed)
    people, onset = organisation(rng, teams, months, plant)
    bad = effect(MANY, onset, months, plant, rng.integers(0, 1000, teams))
    families = {kind.family: np.exp(autoregressive(rng, (months, teams), 0.08, 0.3)) for kind in MANY}
    blocks = []
    for i, kind in enumerate(MANY):
        walk = np.exp(np.cumsum(0.012 * rng.standard_normal((months, teams)), axis=0))
        noise = np.exp(0.07 * rng.standard_normal((months, teams)))
        peak = 1 + 0.1 * np.cos(2 * np.pi * (np.arange(months) - rng.integers(0, 12)) / 12)[:, None]
        wave = noise * families[kind.family]
        block = drawn(rng, kind, people, bad[:, i], walk * peak, wave, beyond=0.07**2)
        blocks.append(block.where(np.broadcast_to(rng.random(teams) < 0.15, wave.shape)))
    return truth(MANY, blocks, onset, plant, bad, (Wave(0.08, 0.3, tuple(kind.family for kind in MANY)),))


SIMULATORS: dict[str, Callable[..., Truth]] = {
    "poisson": poisson,
    "overdispersed": overdispersed,
    "rough": rough,
    "drifting": drifting,
}
