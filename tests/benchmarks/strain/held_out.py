"""Two more made-up organisations, written when the method was finished, and never used to change it."""

from collections.abc import Callable

import numpy as np

from tests.benchmarks.strain.simulators import (
    NINE,
    Kind,
    Plant,
    Truth,
    Wave,
    autoregressive,
    drawn,
    effect,
    organisation,
    truth,
)

FEWER = (
    Kind("vacant", "cover", -1, 0.09, 1, "share", 0.4),
    Kind("bank", "cover", -1, 0.08, 140, "hours", 0.6),
    Kind("filled", "cover", 1, 0.9, 140, "filled", 0.4),
    Kind("overtime", "time_and_rest", -1, 0.03, 140, "hours", 0.5),
    Kind("breaks_missed", "time_and_rest", -1, 0.2, 12, "share", 0.4),
    Kind("leave_refused", "time_and_rest", -1, 0.05, 2, "count", 0.3),
    Kind("days_lost", "absence", -1, 0.055, 30, "lost", 0.3),
    Kind("starters_left", "staying", -1, 0.015, 1, "share", 0.3),
    Kind("appraised", "room_to_think", 1, 0.85, 1, "kept", 0.3),
)


def reorganised(seed: int, plant: Plant, teams: int = 48, months: int = 40) -> Truth:
    """Half of it is reorganised: levels jump for good in a fifth of the teams, teams grow and shrink, few teams, a shock of
    two months that reaches absence, negative binomial counts, workload that lasts."""
    rng = np.random.default_rng([seed, 77])
    people, onset = organisation(rng, teams, months, plant)
    planted = effect(FEWER, onset, months, plant, rng.integers(0, 1000, teams))
    sizes = np.maximum(people * np.exp(np.cumsum(0.02 * rng.standard_normal((months, teams)), axis=0)), 8)
    workload = np.exp(autoregressive(rng, (months, teams), 0.07, 0.6))
    epidemic = np.ones((months, 1))
    epidemic[rng.integers(14, months - 2) :][:2] = 1.5
    moved = np.where(rng.random(teams) < 0.2, rng.integers(8, months, teams), 10 * months)
    blocks = []
    for i, kind in enumerate(FEWER):
        jump = np.where(np.arange(months)[:, None] >= moved, np.exp(0.15 * rng.standard_normal(teams)), 1)
        peak = 1 + 0.12 * np.cos(2 * np.pi * (np.arange(months) - rng.integers(0, 12)) / 12)[:, None]
        known = jump * peak * (epidemic if kind.family == "absence" else 1)
        block = drawn(rng, kind, sizes, planted[:, i], known, workload, over=np.full(teams, 0.02))
        blocks.append(block.where(rng.random((months, teams)) < 0.03))
    waves = (Wave(0.07, 0.6, ("all",) * len(FEWER)),)
    return truth(FEWER, blocks, onset, plant, planted, waves)


def lumpy(seed: int, plant: Plant, teams: int = 150, months: int = 30) -> Truth:
    """Bursts: some months of some teams have none of it or twice as much, tails are a Student's with four degrees of
    freedom, noise is twice as wide in some teams, each team has a season of its own besides the common one."""
    rng = np.random.default_rng([seed, 78])
    people, onset = organisation(rng, teams, months, plant)
    planted = effect(NINE, onset, months, plant, rng.integers(0, 1000, teams))
    width = np.where(rng.random(teams) < 0.3, 0.16, 0.08)
    own_peak, turn = 0.06 * rng.random(teams), rng.integers(0, 12, teams)
    blocks = []
    for kind, i in zip(NINE, range(len(NINE)), strict=True):
        month = np.arange(months)[:, None]
        known = (1 + 0.15 * np.cos(2 * np.pi * month / 12)) * (1 + own_peak * np.cos(2 * np.pi * (month - turn) / 12))
        burst = rng.choice([0.4, 1.0, 2.0], p=[0.03, 0.94, 0.03], size=(months, teams))
        noise = np.exp(width * rng.standard_t(4, (months, teams)).clip(-6, 6)) * burst
        block = drawn(rng, kind, people, planted[:, i], known, noise, beyond=0.06)
        blocks.append(block.where(rng.random((months, teams)) < 0.02))
    return truth(NINE, blocks, onset, plant, planted)


SIMULATORS: dict[str, Callable[..., Truth]] = {"reorganised": reorganised, "lumpy": lumpy}
