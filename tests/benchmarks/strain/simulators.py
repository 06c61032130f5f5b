"""Made-up organisations in which we know who is under strain. Each makes other assumptions; none is Kinship's demonstration.

A simulator draws month × indicator × unit numerators and denominators. What strain does is planted in the rates from
which chance then draws: an indicator that is better low is multiplied, and what an indicator that is better high falls
short by. So no simulator holds anything that the method assumes about noise.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from etl.strain.figures import NO_PARENT, Figures

CREEP = 6  # months that a creeping change takes


@dataclass(frozen=True)
class Plant:
    """What is planted in a share of the teams."""

    size: float = 0.0  # 0.35: bad things are 35 % more; below 0 it is easing
    shape: str = "sudden"  # or creeping
    scope: str = "rota"  # one (family), rota (the rota families), all
    share: float = 0.15  # of the teams


@dataclass(frozen=True)
class Truth:
    """An organisation and what is true of it."""

    figures: Figures
    onset: np.ndarray  # a month number a unit; a number past the end where nothing is planted
    plant: Plant


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


def drawn(
    rng: np.random.Generator,
    kind: Kind,
    people: np.ndarray,
    bad: np.ndarray,
    over: np.ndarray | float = 0.0,
) -> tuple[np.ndarray, np.ndarray]:
    """(numerator, denominator), month × unit: from what bad things are multiplied by, with gamma noise of that variance."""
    out_of = np.maximum(rng.poisson(kind.per_person * people, bad.shape), 1).astype(float)
    noise = rng.gamma(1 / over, over, bad.shape) if np.any(over) else 1.0
    own = np.exp(kind.spread * rng.standard_normal(bad.shape[1]))
    if kind.draw == "filled":
        short = (1 - kind.level) * own * bad * noise
        lost = 7.5 * rng.poisson(out_of * short / 7.5)
        return np.maximum(out_of - lost, 0), out_of
    if kind.draw == "kept":
        not_kept = np.minimum((1 - kind.level) * own * bad * noise, 0.95)
        return rng.binomial(out_of.astype(int), 1 - not_kept).astype(float), out_of
    rate = kind.level * own * bad * noise
    if kind.draw == "count":
        return rng.poisson(rate * out_of).astype(float), out_of
    if kind.draw == "share":
        return rng.binomial(out_of.astype(int), np.minimum(rate, 0.95)).astype(float), out_of
    if kind.draw == "hours":
        return 7.5 * rng.poisson(rate * out_of / 7.5), out_of
    spells = rng.poisson(rate * out_of / 5)  # days lost: spells of five days on average, most of them short
    return rng.gamma(0.5 * spells, 10.0), out_of


def figures(
    kinds: tuple[Kind, ...], blocks: list[tuple[np.ndarray, np.ndarray]], parent: np.ndarray | None = None
) -> Figures:
    numerator, denominator = (np.stack(tables, axis=1) for tables in zip(*blocks, strict=True))
    months, _, units = numerator.shape
    return Figures(
        np.array([kind.name for kind in kinds]),
        np.array([kind.family for kind in kinds]),
        np.array([kind.better for kind in kinds], dtype=np.int8),
        np.array([f"team {number:03}" for number in range(units)]),
        np.datetime64("2021-01", "M") + np.arange(months),
        numerator,
        np.where(np.isnan(numerator), np.nan, denominator),
        np.full((months, units), NO_PARENT) if parent is None else parent,
    )


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
    blocks = [drawn(rng, kind, people, bad[:, i] * winter[:, None]) for i, kind in enumerate(NINE)]
    return Truth(figures(NINE, blocks), onset, plant)


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
        blocks.append(drawn(rng, kind, people, bad[:, i] * winter * wave, over))
    return Truth(figures(NINE, blocks), onset, plant)


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
        some, out_of = drawn(rng, kind, people, bad[:, i] * shock * local * winter * tail * spike * slow)
        gone = ~here | (rng.random((months, teams)) < 0.06) | (rng.random(teams) < 0.1)
        for team in rng.permutation(teams)[: teams // 10]:
            start = rng.integers(0, months)
            gone[start : start + 3, team] = True
        blocks.append((np.where(gone, np.nan, some), out_of))
    return Truth(figures(NINE, blocks, teams + parent), onset, plant)


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
        some, out_of = drawn(rng, kind, people, bad[:, i] * walk * noise * peak * families[kind.family])
        blocks.append((np.where(rng.random(teams) < 0.15, np.nan, some), out_of))
    return Truth(figures(MANY, blocks), onset, plant)


SIMULATORS: dict[str, Callable[..., Truth]] = {
    "poisson": poisson,
    "overdispersed": overdispersed,
    "rough": rough,
    "drifting": drifting,
}
