"""YAML that makes nothing but plain values, read by libyaml where it is there: eight times as fast, and a build reads ninety files.

A few lines of YAML can stand for billions of values, by naming one list in another again and again, or nest so deep that
nobody can walk it. Nothing that is read here needs either, so what is too large is refused before it is made.
"""

from typing import Any

import yaml

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
DEEPEST = 40  # records within records
MOST = 200_000  # values, each name counted as what it stands for
OPENS = (yaml.MappingStartEvent, yaml.SequenceStartEvent)
CLOSES = (yaml.MappingEndEvent, yaml.SequenceEndEvent)


def load(text: str) -> Any:
    """Raises yaml.YAMLError."""
    _expect_small(text)
    return yaml.load(text, Loader=LOADER)


def _expect_small(text: str) -> None:
    """Walks the text without making anything of it. Raises yaml.YAMLError."""
    if "&" not in text and max(text.count("["), text.count("- "), text.count(":")) < DEEPEST:
        return
    stands_for: dict[str, int] = {}
    open_ones: list[tuple[str | None, int]] = []  # the name of each record that is open, and the values before it
    many = 0
    for event in yaml.parse(text, Loader=LOADER):
        if isinstance(event, CLOSES):
            name, before = open_ones.pop()
            if name:
                stands_for[name] = many - before
        elif isinstance(event, OPENS):
            many += 1
            open_ones.append((event.anchor, many))
        elif isinstance(event, yaml.AliasEvent):
            if any(name == event.anchor for name, _ in open_ones):
                raise yaml.YAMLError(f"{event.anchor} stands in itself")
            many += stands_for.get(event.anchor, 1)
        elif isinstance(event, yaml.ScalarEvent):
            many += 1
        if len(open_ones) > DEEPEST:
            raise yaml.YAMLError(f"it is nested more than {DEEPEST} deep")
        if many > MOST:
            raise yaml.YAMLError(f"it stands for more than {MOST:,} values")
