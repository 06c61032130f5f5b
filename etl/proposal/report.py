"""What `source new` says: sentences for a person at a terminal, or one JSON object for the page that asks for it."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from etl.build import load_contracts
from etl.config.contracts import BadContract
from etl.config.settings import BadSettings
from etl.intake.land import UnreadableExtract
from etl.paths import DiskFull, Workspace
from etl.privacy.pseudonyms import BadKey
from etl.proposal import dry_run, folder, form, propose, upload
from etl.store.receipts import RefusedExtract

SENTENCES = (BadContract, BadKey, BadSettings, DiskFull, RefusedExtract, UnreadableExtract, upload.UnusableSample)
MAX_MORE_MEMORY = 6 << 30  # bytes of addresses: what a hostile file makes a reader ask for beyond it is not given
FAILED = 1
Record = dict[str, Any]


def drawn_up(file: Path, workspace: Workspace, changed: Path | None) -> Record:
    """The proposal for a file: the changed one where there is one. Raises one of SENTENCES."""
    if not file.is_file():
        raise upload.UnusableSample(f"There is no file {file.name}.")
    if changed:
        upload.expect_harmless(file)
        return form.read(changed)
    with tempfile.TemporaryDirectory(prefix="kinship-") as work:
        return propose.propose(file, workspace, Path(work))


def for_a_program(file: Path, workspace: Workspace, changed: Path | None, save: bool) -> tuple[Record, int]:
    """An answer and the exit code: a proposal; or, of a changed one, what became of the sample and the folder's files; or
    where the folder was saved. What went wrong is `sentence`."""
    try:
        with _limited_memory():
            return _answer(file, workspace, changed, save), 0
    except SENTENCES as error:
        return {"sentence": str(error)}, FAILED
    except (duckdb.Error, MemoryError, OSError):
        return {
            "sentence": f"{file.name} could not be read within the memory that a sample may use. Take a smaller one."
        }, FAILED


def _answer(file: Path, workspace: Workspace, changed: Path | None, save: bool) -> Record:
    proposal = drawn_up(file, workspace, changed)
    if not changed:
        return {"proposal": proposal}
    if save:
        written = folder.save(proposal, workspace)
        return {"saved": f"{written.parent.name}/{written.name}"}
    files = folder.files_of(proposal, load_contracts(workspace))
    return {"trial": dry_run.attempt(file, proposal, workspace), "files": files}


@contextmanager
def _limited_memory() -> Iterator[None]:
    """So much more than the process has already; whoever runs this in a process of their own has their limit back afterwards."""
    try:
        import resource

        before = resource.getrlimit(resource.RLIMIT_AS)
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + MAX_MORE_MEMORY, before[1]))
    except (ImportError, ValueError, OSError):  # not on every machine; the limits on the file hold everywhere
        yield
        return
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


def for_a_person(file: Path, workspace: Workspace, name: str, changed: Path | None, write: bool) -> Iterator[str]:
    """What is proposed and why, what became of the sample, and where the folder was written. Raises one of SENTENCES."""
    proposal = drawn_up(file, workspace, changed)
    if name:
        proposal["source"] = name
    yield f"{file.name}: {proposal['rows']:,} rows, {len(proposal['columns'])} columns."
    for column in proposal["columns"]:
        yield f"  {column['heading']}: {described(column)}. {column['why']}"
    yield f"Told apart by {', '.join(proposal['key']) or 'nothing'}. {proposal['why']['key']}"
    yield proposal["why"]["month_of"]
    yield f"Each file {proposal['each_file'].replace('_', ' ')}. {proposal['why']['each_file']}"
    for sentence in (*proposal["look_at"], *proposal["notes"]):
        yield f"Please look: {sentence}"
    came = dry_run.attempt(file, proposal, workspace)
    yield f"Tried on the sample: {came['sentence']}"
    for aside in came.get("set_aside", []):
        yield f"  {aside['rows']:,} rows: {aside['heading']} {aside['reason']}".replace(":  ", ": ")
    if write:
        written = folder.save(proposal, workspace)
        yield f"Wrote {written}: contract.yaml, suite.yaml and a made-up sample.csv. Mend what is wrong, then build."


def described(column: Record) -> str:
    """What a column becomes, in a few words."""
    if column["use"] == "leave out":
        return f"never loaded ({column['holds']})" if column.get("holds") else "not loaded"
    if column["use"] == "person":
        return f"{column['name']}, a person, kept as a keyed hash"
    kind = column["type"].replace("_", " ")
    formats = f" as {' or '.join(column['formats'])}" if column["formats"] else ""
    units = f", a unit known to {column['refers_to']}" if column["refers_to"] else ""
    return f"{column['name']}, {kind}{formats}{units}{', may be empty' if column['optional'] else ''}"
