"""The parameters of disclosure control (docs/disclosure.md), with their defaults; an organisation may set its own."""

import datetime as dt
from dataclasses import dataclass, field, fields


@dataclass(frozen=True)
class DisclosureRules:
    """`disclosure:` in the workspace's settings.yaml; what is not said there keeps its default."""

    k_people: int = 11  # people behind every figure that is shown, and behind every difference of two
    min_num: int = 5  # people that any reader must be left in doubt about
    min_units: int = 2  # units in a pool, and in a group that is hidden together
    leaver_step: int = 10  # people that one step of a leaver rate stands for, at the least
    leaver_points: float = 10.0  # a leaver rate in wider steps than this says nothing, and is not shown
    sticky_quarters: int = 2  # quarters that a hidden unit must pass in a row
    freeze_after_months: int = 3  # a month is revised once, this long after it, then never
    restate: tuple[dt.date, ...] = field(default=())  # months published anew in spite of that

    @property
    def k_leavers(self) -> int:
        """People from which a unit's leaver rate can be shown: its step is then no wider than `leaver_points`."""
        return max(self.k_people, round(100 * self.leaver_step / self.leaver_points))

    def loosened(self) -> list[dict[str, str]]:
        """Whatever protects people less than the defaults do, as records of `meta.setting`."""
        default = DisclosureRules()
        return [
            {"setting": each.name, "value": _text(mine), "default_value": _text(theirs)}
            for each in fields(self)
            if _looser(each.name, mine := getattr(self, each.name), theirs := getattr(default, each.name))
        ]


def _looser(name: str, mine, theirs) -> bool:
    if name == "restate":
        return bool(mine)
    # A wider step is no weaker: what a step stands for in people is what protects.
    return name != "leaver_points" and mine < theirs


def _text(value) -> str:
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
