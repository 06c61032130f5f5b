"""The attack on the releases of a workspace: all of them, or what a new one would add to those before it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from etl.disclosure import releases
from etl.disclosure.attack.finding import Finding, GivesAway, distinct
from etl.disclosure.attack.kinds import LEAVERS, SENSITIVE, kind_of
from etl.disclosure.attack.library import Library, date_of
from etl.disclosure.attack.tables import ask
from etl.disclosure.attack.values import attack
from etl.disclosure.attack.view import laid_out
from etl.disclosure.releases import Part, Release
from etl.paths import Workspace

NOTHING = "Nothing was published; the last release stays."


@dataclass
class Report:
    """`skipped`: questions that could not be asked of an older release, each a sentence."""

    names: list[str]
    findings: list[Finding] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)

    @property
    def releases(self) -> int:
        return len(self.names)

    @property
    def rules(self) -> dict[str, list[str]]:
        """Release → the rules that it breaks, as a finding counts for the newest release that it rests on."""
        broken: dict[str, set[str]] = {name: set() for name in self.names}
        for each in self.findings:
            broken.setdefault(each.releases[-1], set()).add(each.rule)
        return {name: sorted(rules) for name, rules in broken.items()}


def findings_of(workspace: Workspace, rules) -> Report:
    """Everything that a reader of every release there is could know and should not."""
    paths = releases.paths_of(workspace)
    books, known = releases.of_workspace(workspace)
    report = Report([path.stem for path in paths], attack(books, known, rules))
    report.skipped += [
        f"{path.stem} was not attacked, for its file is damaged." for path in sorted(releases.damaged_of(workspace))
    ]
    for path, book in zip(paths, books, strict=True):
        answers = ask(path, book.name, book.headers)
        report.findings += answers.findings
        report.skipped += answers.skipped
    report.findings = distinct(report.findings)
    return report


@dataclass(frozen=True)
class Unpublished:
    """A release that is written and cannot be seen yet. `cells`: what it decided, as the memory will have it; `figures` gives
    everything that is counted of a part of it now (None: of all), a row a cell with the columns of releases.KNOWN."""

    path: Path
    name: str
    followed: dict[str, str]
    cells: pa.Table
    figures: Callable[[Part | None], pa.Table]


def added_by(new: Unpublished, workspace: Workspace, rules) -> list[Finding]:
    """What falls with a new release and did not before; months that are restated by hand are taken as never told before."""
    book = releases.read(new.path, new.followed, new.name)
    paths = [path for path in releases.paths_of(workspace) if path.stem != new.name]
    found = _values_added(book, new, workspace, paths, rules)
    answers = ask(new.path, new.name, book.headers)
    if answers.findings:
        before = {
            each.key
            for path in paths
            for each in ask(path, path.stem, releases.read(path, part=NO_PART).headers).findings
        }
        found += [each for each in answers.findings if each.key not in before]
    return distinct(found)


NO_PART = Part(frozenset(), frozenset())


def _values_added(book: Release, new: Unpublished, workspace: Workspace, paths: list[Path], rules) -> list[Finding]:
    if not paths:
        remembered = releases.memory.releases(workspace)
        figures = new.figures(None) if remembered else new.cells  # a first release decides everything there is
        return attack([book], {new.name: figures}, rules, complete=[new.name])
    part = changed(releases.read(paths[-1]), book)
    if not part.months:
        return []
    older = [releases.read(path, releases.memory.followed(workspace, path.stem), part=part) for path in paths]
    known = {name: releases.known_of(workspace, name, part) for name in releases.memory.releases(workspace)}
    known[new.name] = new.figures(part)
    older = [_without(each, rules.restate) for each in older]
    mine = Release(**vars(book) | {"value": _only(book.value, part)})
    return attack([*older, mine], known, rules, complete=[new.name], since=new.name)


def changed(before: Release, after: Release) -> Part:
    """Where a release says something that the one before did not: all of the indicators whose windows overlap, and the months
    of the others. What it merely repeats has been attacked when it was first said."""
    library = Library([before, after], {})
    indicators, months = set(), np.zeros(library.months, dtype=bool)
    for name, header in after.headers.items():
        old, new = (laid_out(library, page, name) for page in library.pages)
        with np.errstate(invalid="ignore"):
            same = (np.isnan(old.value) & np.isnan(new.value)) | (np.abs(old.value - new.value) < 1e-6)
        fresh = (new.spoken & ~(old.spoken & same)).any(axis=0)
        months |= fresh
        if fresh.any() and kind_of(header) in (LEAVERS, SENSITIVE) and header.window > 1:
            indicators.add(name)
    return Part(frozenset(indicators), frozenset(date_of(library.first + int(n)) for n in np.flatnonzero(months)))


def _only(value: pa.Table, part: Part) -> pa.Table:
    months = pc.is_in(value["month"], pa.array(sorted(part.months), pa.date32()))
    named = pc.is_in(value["indicator"].cast(pa.string()), pa.array(sorted(part.indicators), pa.string()))
    return value.filter(pc.or_(months, named))


def _without(release: Release, months: Iterable) -> Release:
    """A release as if it had not told of some months."""
    if not months:
        return release
    rest = pc.invert(pc.is_in(release.value["month"], pa.array(sorted(months), pa.date32())))
    return Release(**vars(release) | {"value": release.value.filter(rest)})


def expect_nothing_added(new: Unpublished, workspace: Workspace, rules) -> None:
    """Raises GivesAway, naming the rules and neither a unit nor a number."""
    found = added_by(new, workspace, rules)
    if found:
        broken = sorted({(each.rule, each.sentence) for each in found})
        said = "; ".join(f"{rule}: a figure would be {sentence}" for rule, sentence in broken)
        raise GivesAway(f"{said} (docs/disclosure.md). {NOTHING}")
