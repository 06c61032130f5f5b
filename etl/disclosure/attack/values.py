"""The attack on the values of all releases, indicator by indicator."""

from collections.abc import Iterable, Mapping

import pyarrow as pa

from etl.disclosure.attack.finding import Finding, distinct
from etl.disclosure.attack.library import Library
from etl.disclosure.attack.reader import Reader
from etl.disclosure.releases import Release


def attack(
    releases: Iterable[Release],
    known: Mapping[str, pa.Table] | pa.Table,
    rules,
    complete: Iterable[str] = (),
    since: str | None = None,
) -> list[Finding]:
    """Everything that falls of the values of releases, oldest first; with `since` only what that release, the last of them,
    adds. `known` is what colleagues know at the time of each (by release, or with a column `release`): indicator, unit,
    month, people, denominator, public_numerator, public_denominator and per_person, how much of the numerator one person in
    it stands for. What is not said anew at a release is as it was before, save where it is `complete`."""
    library = Library(releases, known, complete)
    last = None if since is None else [page.name for page in library.pages].index(since)
    found = []
    for name in library.indicators():
        found += Reader(library, name, rules).findings(last)
    return distinct(found)
