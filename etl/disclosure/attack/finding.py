"""What the attacker says: one thing that a reader can know and should not, the rule it breaks, and the releases it rests on."""

import datetime as dt
from dataclasses import dataclass, field

# How something falls → the rule of docs/disclosure.md, and what is wrong, in words for a person.
RULES = {
    "determined": ("R5", "hidden, and yet it follows from what is shown"),
    "bounded": ("R6", "hidden, and yet known to a few people"),
    "overlap": ("R8", "hidden, and yet known to a few people"),
    "revised": ("R8", "revised for the sake of a few people, who are told apart by it"),
    "later": ("R8", "hidden in one release and shown in another"),
    "fine": ("R7", "told more finely than the rules allow"),
    "small": ("R2", "shown, though of too few people"),
    "pool": ("R3", "shown together with too few others"),
    "numerator": ("R10", "shown with its numerator or denominator, though no public source has it"),
    "beside": ("R10", "hidden, and yet something stands beside it"),
    "derived": ("R10", "hidden, and yet something is said that is made of it"),
    "missing": (
        "R10",
        "said to have no figure where others of its size are hidden, which tells that there is nothing to hide",
    ),
    "check": ("R10", "in a release that does not pass its own checks"),
}


@dataclass(frozen=True)
class Finding:
    """`how` is a key of RULES. `releases` are those it rests on, oldest first: the last of them brought it about. Of a
    whole table `unit` is empty and `month` is None. `low` and `high` are what a reader knows, in the figure's amounts."""

    how: str
    kind: str
    indicator: str
    unit: str = ""
    month: dt.date | None = None
    low: float = field(default=float("nan"), compare=False)
    high: float = field(default=float("nan"), compare=False)
    releases: tuple[str, ...] = field(default=(), compare=False)

    @property
    def rule(self) -> str:
        return RULES[self.how][0]

    @property
    def sentence(self) -> str:
        """What is wrong, without a unit and without a number."""
        return RULES[self.how][1]

    @property
    def key(self) -> tuple:
        return self.how, self.kind, self.indicator, self.unit, self.month or dt.date.min

    def __lt__(self, other: "Finding") -> bool:
        return self.key < other.key


class GivesAway(Exception):
    """A release, together with those before it, would tell what it hides; the sentence names the rule, never a unit or a
    number."""


def distinct(findings: list[Finding]) -> list[Finding]:
    """Each finding once, in order; of equal ones the one that rests on the fewest and earliest releases."""
    best: dict[tuple, Finding] = {}
    for each in findings:
        old = best.get(each.key)
        if old is None or (len(each.releases), each.releases) < (len(old.releases), old.releases):
            best[each.key] = each
    return sorted(best.values())
