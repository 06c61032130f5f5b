"""What the attack has found in releases that stand, as history and Data quality say it: the release and the rule, and neither unit
nor number, for those would tell a reader where to look."""

import json
from collections.abc import Iterable, Mapping

from etl.paths import Workspace, write_json


def record_findings(workspace: Workspace, rules: Mapping[str, Iterable[str]]) -> None:
    """Writes of each release the rules that it breaks, in the place of what was written before. Raises DiskFull."""
    record = {release: sorted(set(broken)) for release, broken in sorted(rules.items())}
    try:
        write_json(workspace.findings, record, workspace.work)
    except FileNotFoundError:  # a build has begun, and swept the work folder
        write_json(workspace.findings, record, workspace.work)


def recorded_findings(workspace: Workspace) -> dict[str, list[str]]:
    """Release → the rules that it breaks, as the last attack found; nothing where none was made or its record is damaged."""
    return {release: rules for release, rules in _record(workspace).items() if rules}


def attacked_releases(workspace: Workspace) -> set[str]:
    """The releases of which the record says something, if only that nothing falls."""
    return set(_record(workspace))


def record_clean(workspace: Workspace, release: str) -> None:
    """Adds a release to the record that has been attacked before it could be seen. Raises DiskFull."""
    record_findings(workspace, _record(workspace) | {release: []})


def _record(workspace: Workspace) -> dict[str, list[str]]:
    try:
        record = json.loads(workspace.findings.read_text(encoding="utf-8"))
        return {str(release): [str(rule) for rule in rules] for release, rules in record.items()}
    except (OSError, ValueError, AttributeError, TypeError):
        return {}
