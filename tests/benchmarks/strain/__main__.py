"""How well strain is found, in made-up organisations whose truth is known: `python -m tests.benchmarks.strain [--short]`.

Prints the tables of docs/strain.md. Found: said in the month of onset or one of the three after. False alarms: team-months
from the second year on in which nothing is planted, yet something is said. The method and its rivals are also compared at
equal false-alarm rates: with thresholds that ration each to 0.5 in 100 quiet team-months of the very organisations shown.
So are two oracles (oracle.py), which say what can be found at all.
"""

import argparse
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from etl.strain.judgement import judge
from tests.benchmarks.strain import held_out, oracle, rivals
from tests.benchmarks.strain.simulators import SIMULATORS, Plant, Truth

ALL = SIMULATORS | held_out.SIMULATORS

FIRST = 12  # month from which false alarms are counted: XmR judges none before
AFTER = 3
RATION = 0.005
OURS = "Kinship"
RATIONED = (OURS, *rivals.RIVALS)
ORACLES = ("oracle that learns", "oracle")


@dataclass
class Tally:
    """What came of one way to judge, over some organisations."""

    alarms: list[np.ndarray] = field(default_factory=list)  # True or False a quiet team-month
    other: list[np.ndarray] = field(default_factory=list)  # the same for the other direction
    delays: list[float] = field(default_factory=list)  # months a planted team, infinite where never said
    clear: list[np.ndarray] = field(default_factory=list)  # True or False a clear verdict, whether it is true

    @property
    def false_alarms(self) -> float:
        """In 100 quiet team-months."""
        return 100 * float(np.concatenate(self.alarms).mean())

    @property
    def found(self) -> float:
        return float(np.mean(np.array(self.delays) <= AFTER)) if self.delays else np.nan

    @property
    def delay(self) -> float:
        return float(np.median(self.delays)) if self.delays else np.nan

    @property
    def true(self) -> float:
        clear = np.concatenate(self.clear) if self.clear else np.zeros(0)
        return float(clear.mean()) if clear.size else np.nan


def quiet(truth: Truth) -> np.ndarray:
    """month × unit: nothing is planted, yet or at all."""
    months = np.arange(len(truth.figures.months))[:, None]
    return (months < truth.onset) & (months >= FIRST)


def delays(said: np.ndarray, onset: np.ndarray) -> Iterator[float]:
    for unit in np.flatnonzero(onset < len(said)):
        after = np.flatnonzero(said[onset[unit] :, unit])
        yield float(after[0]) if after.size else np.inf


def tally(truths: list[Truth], alone: bool = False) -> dict[str, Tally]:
    """For the method, and (unless it is alone) each rival by its own rule and rationed."""
    way = -1 if truths[0].plant.size < 0 else 1
    words = {1: ["likely_strain", "clear_strain"], -1: ["likely_easing", "clear_easing"]}
    names = (OURS,) if alone else RATIONED + (ORACLES if truths[0].plant.size else ())
    tallies = {OURS: Tally()} | {f"{name}{how}": Tally() for name in names for how in (", own rule", ", rationed")}
    scored = []
    for truth in truths:
        said_of, calm = judge(truth.figures), quiet(truth)
        verdict = said_of.verdict
        said = np.isin(verdict, words[way])
        ours = tallies[OURS]
        ours.alarms.append(said[calm])
        ours.other.append(np.isin(verdict, words[-way])[calm])
        ours.delays += delays(said, truth.onset)
        ours.clear.append((np.arange(len(verdict))[:, None] >= truth.onset)[verdict == words[way][1]])
        ranked = {OURS: np.nan_to_num(said_of.strain if way > 0 else said_of.easing, nan=-9)}
        if len(names) > len(RATIONED):
            ranked |= {ORACLES[0]: oracle.scores(truth, learns=True), ORACLES[1]: oracle.scores(truth)}
        scored.append(ranked if alone else ranked | rivals.scores(truth.figures, way))
    for name in names:
        calm_scores = np.concatenate([scores[name][quiet(truth)] for scores, truth in zip(scored, truths, strict=True)])
        rationed = np.quantile(calm_scores, 1 - RATION, method="higher")
        for scores, truth in zip(scored, truths, strict=True):
            own, equal = scores[name] >= rivals.OWN.get(name, np.inf), scores[name] > rationed
            for how, said in ((", own rule", own), (", rationed", equal)):
                each = tallies[f"{name}{how}"]
                each.alarms.append(said[quiet(truth)])
                each.delays += delays(said, truth.onset)
    return tallies


HEADINGS = (
    "planted",
    "false alarms",
    "found",
    "delay",
    "clear is true",
    *(f"{name} at 0.5" for name in (*RATIONED, *ORACLES)),
    *(f"{name}, own rule" for name in rivals.RIVALS),
)

ALONE = ("planted", "false strain", "false easing", "found", "found at 0.5")


def plants(short: bool) -> list[Plant]:
    if short:
        thirds = [Plant(0.35, "sudden", scope) for scope in ("one", "rota", "all")]
        return [Plant(), *thirds, Plant(0.35, "creeping"), Plant(0.6), Plant(-0.35)]
    planted = [
        Plant(size, shape, scope)
        for size in (0.15, 0.35, 0.6)
        for shape in ("sudden", "creeping")
        for scope in ("one", "rota", "all")
    ]
    easing = [Plant(-0.35, shape, scope) for shape in ("sudden", "creeping") for scope in ("rota", "all")]
    return [Plant(), *planted, *easing]


def row_alone(plant: Plant, tallies: dict[str, Tally]) -> str:
    """A row of the method by itself, with false alarms of strain and of easing."""
    ours, equal = tallies[OURS], tallies[f"{OURS}, rationed"]
    planted, other = (100 * float(np.concatenate(each).mean()) for each in (ours.alarms, ours.other))
    strain, easing = (other, planted) if plant.size < 0 else (planted, other)
    what = f"{plant.size:+.0%} {plant.shape} {plant.scope}" if plant.size else "quiet"
    cells = [f"{strain:.2f}", f"{easing:.2f}", told(ours.found, ".0%"), told(equal.found, ".0%")]
    return f"| {what} | " + " | ".join(cells) + " |"


def told(number: float, how: str) -> str:
    return "–" if np.isnan(number) else "never" if np.isinf(number) else format(number, how)


def row(plant: Plant, tallies: dict[str, Tally]) -> str:
    ours = tallies[OURS]
    what = f"{plant.size:+.0%} {plant.shape} {plant.scope}" if plant.size else "quiet"
    cells = [what, f"{ours.false_alarms:.2f}", told(ours.found, ".0%"), told(ours.delay, ".0f"), told(ours.true, ".0%")]
    equal = [tallies.get(f"{name}, rationed", Tally()) for name in (*RATIONED, *ORACLES)]
    cells += [told(each.found, ".0%") for each in equal]
    own = [tallies[f"{name}, own rule"] for name in rivals.RIVALS]
    cells += [f"{told(rival.found, '.0%')} at {rival.false_alarms:.1f}" for rival in own]
    return "| " + " | ".join(cells) + " |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true", help="seven scenarios")
    parser.add_argument("--times", type=int, default=3, help="organisations a scenario")
    parser.add_argument("--alone", action="store_true", help="the method without rivals and oracles: far quicker")
    parser.add_argument("--only", choices=ALL, help="one simulator")
    asked = parser.parse_args()
    warnings.simplefilter("ignore", RuntimeWarning)  # a rival's mean of nothing
    for name in [asked.only] if asked.only else ALL:
        simulate = ALL[name]
        print(f"\n**{name}**: {' '.join(simulate.__doc__.split())}\n")
        headings = ALONE if asked.alone else HEADINGS
        print(f"| {' | '.join(headings)} |\n|---{'|--:' * (len(headings) - 1)}|")
        beyond = []
        for number, plant in enumerate(plants(asked.short)):
            times = asked.times * (1 if plant.size else 2)
            tallies = tally([simulate(1000 * number + seed, plant) for seed in range(times)], asked.alone)
            if asked.alone:
                print(row_alone(plant, tallies), flush=True)
                continue
            print(row(plant, tallies), flush=True)
            if plant.size:
                equal = {name: tallies[f"{name}, rationed"].found for name in RATIONED}
                beyond.append(equal.pop(OURS) - max(equal.values()))
        if asked.alone:
            continue
        print(
            f"\nFound beyond the best rival at equal false alarms: {100 * np.mean(beyond):+.0f} points on average,"
            f" {100 * min(beyond):+.0f} at the least."
        )


if __name__ == "__main__":
    main()
