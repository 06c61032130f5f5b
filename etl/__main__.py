"""`python -m etl …`: the engine's verbs, for the analyst at a terminal and for the nightly build.

Exit codes: 0 all is well (rows may have been set aside, and it says so); 1 nothing was published; 3 published, but a file
was refused; 2 is a wrong command line.
"""

import datetime as dt
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Annotated, Literal

import duckdb
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from etl import build as builder
from etl import errors
from etl import retention as purges
from etl.config import settings
from etl.config.contracts import BadContract
from etl.config.indicators import BadIndicator
from etl.database import connect_to_files
from etl.disclosure.attack import findings
from etl.disclosure.attack.finding import GivesAway
from etl.disclosure.audit import FailedAudit
from etl.disclosure.counts import Unaccounted
from etl.disclosure.memory import LostMemory
from etl.intake import repair, replacement, take_in
from etl.intake.size_limits import MAX_SHOWN_CHARACTERS, shortened
from etl.intake.utc import YEARS
from etl.paths import PROJECT, DiskFull, Workspace
from etl.printable import printable
from etl.privacy.pseudonyms import BadKey
from etl.release import core, losses, measure, publish
from etl.release import withdraw as withdrawal
from etl.release.spark import NoSpark
from etl.spc import chart_command as charts
from etl.spc import conformance, xmr
from etl.spc.series import moment
from etl.store import backup as backups
from etl.store import format
from etl.store.hierarchy import BadHierarchy
from etl.store.receipts import Receipt, RefusedExtract, read_receipts
from etl.strain import extract

FAILED, REFUSED = 1, 3
SENTENCES = (
    BadContract,
    BadIndicator,
    backups.BadBackup,
    builder.NothingInView,
    BadKey,
    DiskFull,
    FailedAudit,
    GivesAway,
    LostMemory,
    NoSpark,
    Unaccounted,
    RefusedExtract,
    measure.Unmeasurable,
    core.BadModel,
    publish.DamagedRelease,
    publish.FailedCheck,
    publish.NoSuchRelease,
    format.NewerStore,
    format.OddStore,
    losses.LostTooMuch,
    purges.NotTold,
    repair.DamagedStore,
    settings.BadSettings,
    xmr.UnreadableSeries,
    extract.UnreadableFigures,
    BadHierarchy,
)

Better = Literal["higher", "lower", "neither", "increase", "decrease", "neutral"]
Method = Literal["xmr", "p", "p_prime", "u", "u_prime"]

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
PLAIN = {"highlight": False, "soft_wrap": True, "markup": False, "emoji": False}
out, err = Console(**PLAIN), Console(stderr=True, **PLAIN)


@app.callback()
def main() -> None:
    """Kinship's engine: extracts in, a checked release out."""
    os.umask(0o077)  # whatever a verb makes is its owner's alone


def say(sentence: str) -> None:
    """On a line of its own, whatever stands in it."""
    out.print(printable(sentence))


@contextmanager
def plainly(workspace: Workspace | None = None) -> Iterator[None]:
    """Whatever goes wrong becomes one sentence and exit code 1; a build's is left for the quality page too."""
    try:
        yield
        return
    except SENTENCES as error:
        sentence = str(error)
    except KeyboardInterrupt:
        sentence = "Stopped; nothing was published and nothing was lost."
    except (typer.Exit, typer.Abort):
        raise
    except (MemoryError, duckdb.OutOfMemoryException):
        sentence = errors.NO_MEMORY
    except Exception as error:
        sentence = unexpected(error, workspace or Workspace.here())
        sentence += " Nothing was published." if workspace else ""
    if workspace:
        # With no room for the note either, the terminal and the exit code still say it.
        with suppress(DiskFull, OSError):
            publish.write_last_build(workspace, "failed", sentence, publish.current(workspace))
    err.print(printable(sentence))
    raise typer.Exit(FAILED)


def unexpected(error: Exception, workspace: Workspace) -> str:
    """The last resort: a sentence for what nobody expected, and where its details are."""
    log = errors.note(workspace, error, " ".join(sys.argv[1:2]) or "a verb")
    what = "Something the engine did not expect"
    if isinstance(error, OSError):  # its message names nothing but a path; others may show a cell
        what += f": {str(error).splitlines()[0]}" if str(error) else ""
    details = f"The details are in {log}." if log else f"It was a {type(error).__name__}, and no log could be written."
    return f"{what}. {details}"


@app.command()
def build(
    as_of: Annotated[
        str,
        typer.Option(help="The day to judge from, YYYY-MM-DD: which months are settled, and which are seen."),
    ] = "",
    even_so: Annotated[
        bool, typer.Option("--even-so", help="Publish even a release that is without much of the last one.")
    ] = False,
) -> None:
    """Take in what has arrived in the inbox and publish a release."""
    workspace = Workspace.here()
    with plainly(workspace):
        try:
            day = dt.date.fromisoformat(as_of) if as_of else settings.read(workspace).today()
            if not YEARS[0] <= day.year <= YEARS[1]:
                raise ValueError
        except ValueError:
            raise BadContract(
                f"--as-of {as_of!r} is no day from {YEARS[0]} to {YEARS[1]}; write it as 2026-11-09."
            ) from None
        with out.status("Looking into the inbox") as status:

            def busy(what: str) -> None:
                status.update(Text(printable(what)))

            outcome = builder.build(workspace, day, say, busy, even_so)
        say(outcome.sentence)
        try:
            publish.write_last_build(workspace, outcome.outcome, outcome.sentence, outcome.release)
        except (DiskFull, OSError) as error:  # what was published stands all the same
            say(f"This could not be noted for the page Data quality: {error}")
        if outcome.outcome == "published" and settings.read(workspace).packs:
            with out.status("Writing the pack"):
                write_packs(workspace)
        if outcome.refused:
            files = "1 file was refused" if outcome.refused == 1 else f"{outcome.refused} files were refused"
            say(f"{files}; `python -m etl receipts` says why.")
        if outcome.divided:
            files = "1 file" if outcome.divided == 1 else f"{outcome.divided} files"
            say(f"{files} took the place of others that may be other parts of the same month; `receipts` says which.")
        if outcome.refused or outcome.divided:
            raise typer.Exit(REFUSED)


def app_says(module: str, workspace: Workspace) -> subprocess.CompletedProcess:
    """Runs a part of the app in a process of its own: the engine knows no page."""
    environment = os.environ | {"KINSHIP_HOME": str(workspace.home.resolve())}
    return subprocess.run(
        [sys.executable, "-m", module], cwd=PROJECT, env=environment, capture_output=True, text=True, check=False
    )


def last_line(said: str) -> str:
    return (said.strip().splitlines() or ["it said nothing"])[-1]


def write_packs(workspace: Workspace) -> None:
    """The organisation's review as files, which are the app's to make."""
    done = app_says("pages.parts.review.report", workspace)
    for line in done.stdout.splitlines():
        say(line)
    if done.returncode:
        say(f"The release stands, but its pack could not be written: {last_line(done.stderr)}")
        raise typer.Exit(REFUSED)


@app.command()
def check(
    attack: Annotated[
        bool, typer.Option("--attack", help="Instead, try to work out hidden figures from every release there is.")
    ] = False,
) -> None:
    """Read every contract, suite, header and core query; touch no data."""
    with plainly():
        from etl.check import attack_all, check_all

        for line in (attack_all if attack else check_all)(Workspace.here()):
            say(line)
        done = app_says("pages.parts.access.access", Workspace.here())
        for line in done.stdout.splitlines():
            say(line)
        if done.returncode:
            raise settings.BadSettings(last_line(done.stderr))


@app.command()
def history() -> None:
    """List the releases, newest first; the current one is marked."""
    workspace = Workspace.here()
    with plainly():
        table = Table("", "release", "built (UTC)", "as of", "settled to", "format")
        for name in reversed(publish.releases(workspace)):
            mark = "current" if name == publish.current(workspace) else ""
            try:
                record = publish.read_release(workspace, name)
            except publish.DamagedRelease:
                table.add_row(mark, name, "damaged", "–", "–", "–")
                continue
            except publish.NoSuchRelease:  # a purge has just taken it away
                continue
            built = record["built_at"].strftime("%Y-%m-%d %H:%M")
            cells = (mark, name, built, record["as_of"], record["settled_to"] or "–", record["format"])
            table.add_row(*(Text(printable(str(cell))) for cell in cells))
        gone = publish.withdrawn(workspace)
        if table.row_count or not gone:
            out.print(table if table.row_count else "Nothing has been published yet.")
        for name, day in sorted(gone.items(), reverse=True):
            say(f"Release {name} was withdrawn on {day}.")
        for name, rules in findings.recorded_findings(workspace).items():
            if name not in gone:
                say(
                    f"Release {name} tells more than it should ({'; '.join(rules)}): `python -m etl withdraw {name}` takes it "
                    "from the app."
                )


@app.command()
def rollback(
    release: Annotated[str, typer.Argument(help="The release to go back to; without one, the one before.")] = "",
) -> None:
    """Point the app at an older release; nothing is deleted."""
    workspace = Workspace.here()
    with plainly(), builder.alone(workspace, say):
        say(f"Release {publish.roll_back(workspace, release or None)} is current.")


@app.command()
def withdraw(release: Annotated[str, typer.Argument(help="The release that tells more than it should.")]) -> None:
    """Take a release from the app for good; the engine keeps it, since somebody may have kept it too."""
    workspace = Workspace.here()
    with plainly(), builder.alone(workspace, say):
        say(withdrawal.withdraw(workspace, release, settings.read(workspace).today()))


@app.command()
def backup(
    to: Annotated[Path, typer.Argument(help="The file to write, outside the workspace.")],
    inbox: Annotated[bool, typer.Option("--inbox", help="With the extracts as they arrived.")] = False,
    key: Annotated[bool, typer.Option("--key", help="With the keys that people and readers are hashed with.")] = False,
) -> None:
    """Write the workspace into one file."""
    workspace = Workspace.here()
    with plainly(), builder.alone(workspace, say):
        written = backups.back_up(workspace, to, inbox, key)
        say(f"Wrote {written.files:,} files into {to}.")
        if not key and workspace.secret_key.exists():
            say("The key is not among them: keep a copy of secret.key in another place.")
        for sentence in written.damaged:
            say(sentence)
    if written.damaged:
        raise typer.Exit(REFUSED)


@app.command()
def restore(archive: Annotated[Path, typer.Argument(help="What `backup` wrote.")]) -> None:
    """Put a backup back into an empty workspace."""
    workspace = Workspace.here()
    with plainly():
        many = backups.restore(workspace, archive)
        say(f"Restored {many:,} files into {workspace.home}.")
        if not workspace.secret_key.exists():
            say("Put secret.key back beside them before the next build, if people were hashed with one.")


@app.command()
def purge(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would go, and throw nothing away.")] = False,
) -> None:
    """Throw away what is older than the retention rules allow; what was told stays told."""
    workspace = Workspace.here()
    with plainly(), builder.alone(workspace, say):
        for sentence in purges.purge(workspace, settings.read(workspace).today(), dry_run):
            say(sentence)


@app.command()
def receipts(
    source: Annotated[str, typer.Argument(help="One source; without it, all.")] = "",
    rows: Annotated[bool, typer.Option("--rows", help="Show the rows set aside, with line, reason and cells.")] = False,
) -> None:
    """What became of every file: rows read, accepted, set aside, left out, and why."""
    workspace = Workspace.here()
    with plainly():
        contracts = builder.load_contracts(workspace)
        if source and source not in contracts:
            raise BadContract(f"There is no source {source!r}; there are {', '.join(contracts)}.")
        held = [receipt for name in ([source] if source else contracts) for receipt in read_receipts(workspace, name)]
        replaced: dict[tuple[str, str], list[str]] = {}
        for name in [source] if source else contracts:
            for each in replacement.replacements(contracts[name], read_receipts(workspace, name)):
                replaced.setdefault((name, each.by.hash), []).append(f"\n  {each}")
        if rows:
            return show_rows(workspace, held)
        for receipt in held:
            why = "".join(
                f"\n  {aside['rows']:,} rows: {aside['heading']} {aside['reason']}" for aside in receipt.set_aside
            )
            why += "".join(replaced.get((receipt.source, receipt.hash), ()))
            say(f"{receipt.source}, {receipt.file}, {receipt.outcome}: {receipt.sentence}{why}")
        refused = take_in.sort_by_source(workspace, contracts)[1] if not source else []
        for refusal in refused:
            say(f"no source, {refusal.file}, refused: {refusal.sentence}")
        if not held and not refused:
            say("Nothing has arrived yet.")


def show_rows(workspace: Workspace, held: list[Receipt]) -> None:
    for receipt in held:
        if not receipt.rows_quarantined:
            continue
        rejected = receipt.path(workspace, "rejected.parquet")
        if not rejected.exists():
            say(f"{receipt.file}: its {receipt.rows_quarantined:,} rows set aside have been purged.")
            continue
        with connect_to_files(rejected) as con:
            found = con.read_parquet(str(rejected)).fetchall()
        for line, reasons, cells in found:
            said = json.loads(cells)
            for reason in reasons:
                heading = reason["heading"]
                cell = f" “{shortened(said[heading], MAX_SHOWN_CHARACTERS)}”" if said.get(heading) else ""
                say(f"{receipt.file}, line {line}: {heading}{cell} {reason['reason']}".replace(":  ", ": "))


@app.command()
def chart(
    file: Annotated[
        Path, typer.Argument(help="A CSV of date,value or date,numerator,denominator; - is what is piped in.")
    ] = Path("-"),
    better: Annotated[Better, typer.Option(help="Which way is an improvement.")] = "higher",
    target: Annotated[float | None, typer.Option(help="One number, in the unit of the values.")] = None,
    rebase: Annotated[
        list[str] | None, typer.Option(help="A date that begins a new group of points; may be repeated.")
    ] = None,
    fix_after: Annotated[int | None, typer.Option(help="How many points, at least 12, settle a group's lines.")] = None,
    no_screen: Annotated[
        bool, typer.Option("--no-screen", help="Let moving ranges that are far too wide widen the limits.")
    ] = False,
    profile: Annotated[
        Literal["nhsr", "mdc"], typer.Option(help="Whose rules: NHSRplotthedots', or NHS England's own.")
    ] = "nhsr",
    method: Annotated[Method, typer.Option(help="Other limits, to be shown beside XmR's.")] = "xmr",
    jsonl: Annotated[
        bool,
        typer.Option("--jsonl", help="Answer cases from standard input, a JSON object a line, with their own options."),
    ] = False,
) -> None:
    """Judge one series, and say how: its limits, and the rules each point falls under."""
    with plainly():
        if jsonl:
            for answer in conformance.answers(typer.get_binary_stream("stdin"), profile):
                typer.echo(json.dumps(answer))
            return
        days = [moment(day) for days in rebase or [] for day in days.split(",")]
        rules = xmr.profile_named(profile, screen_outliers=not no_screen)
        question = charts.Question(better, target, days, fix_after, rules, method)
        for part in charts.judge(charts.read_file(file), question):
            if not isinstance(part, str):
                out.print(part)
                continue
            for line in part.split("\n"):
                say(line)


@app.command()
def journal(
    upgrade: Annotated[
        Literal["", "upgrade"],
        typer.Argument(help="upgrade brings its tables up to date; without it, how it stands.", show_default=False),
    ] = "",
) -> None:
    """Say where the app's journal is and how it stands, or bring its tables up to date."""
    # The journal is the app's: engine and app share no code, so the one runs the other.
    command = [sys.executable, "-m", "pages.parts.journal", *filter(None, [upgrade])]
    done = subprocess.run(
        command, env=os.environ | {"PYTHONPATH": str(PROJECT)}, capture_output=True, text=True, encoding="utf-8"
    )
    if done.returncode:
        said = done.stderr.strip().splitlines() or ["The journal could not be asked."]
        err.print(printable(said[-1]))
        raise typer.Exit(FAILED)
    for line in done.stdout.strip().splitlines():
        say(line)


@app.command()
def strain(
    file: Annotated[
        Path,
        typer.Argument(
            help="A CSV of indicator,family,better,unit,parent,month,numerator,denominator,people; - is what is piped in."
        ),
    ] = Path("-"),
) -> None:
    """Say of every unit and month how much strain there is, as it would have been said at the time."""
    with plainly():
        from etl.strain.judgement import judge

        figures, written = extract.read(file)
        said = judge(figures)
        extract.write(figures, written, said.verdict, said.since, said.because, typer.get_binary_stream("stdout"))


@app.command()
def demo(
    people: Annotated[int, typer.Option(help="About how many work there, 200 or more; 31 make a team.")] = 1500,
    months: Annotated[int, typer.Option(help="How many months, 13 to 60; last month is the last.")] = 36,
) -> None:
    """Write a made-up organisation's extracts into an empty workspace's inbox."""
    with plainly():
        from etl.demo.make import BadSize, RealWorkspace, write_extracts

        workspace = Workspace.here()
        try:
            with builder.alone(workspace, say):
                for path in write_extracts(workspace, people, months, settings.read(workspace).today()):
                    say(f"Wrote {path}")
        except (BadSize, RealWorkspace) as error:
            raise BadContract(str(error)) from None


source = typer.Typer(no_args_is_help=True, help="Describe a source of your own.")
app.add_typer(source, name="source")


@source.command("new")
def source_new(
    file: Annotated[Path, typer.Argument(help="A sample extract, as its system exports it.")],
    name: Annotated[str, typer.Option(help="What the source is to be called: small letters and underscores.")] = "",
    look: Annotated[bool, typer.Option("--look", help="Say what is proposed and write nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For a program: one JSON object.")] = False,
    changed: Annotated[
        Path | None, typer.Option("--changed", help="A proposal as JSON, instead of one drawn up anew.")
    ] = None,
    save: Annotated[
        bool, typer.Option("--save", help="With --json: put the folder among this workspace's sources.")
    ] = False,
) -> None:
    """Draw up a contract from a sample extract, try it on the sample, and write the folder for you to mend."""
    workspace = Workspace.here()
    from etl.proposal import report

    if as_json:
        answer, code = report.for_a_program(file, workspace, changed, save)
        typer.echo(json.dumps(answer, default=str))
        raise typer.Exit(code)
    with plainly():
        try:
            for line in report.for_a_person(file, workspace, name, changed, write=not look):
                say(line)
        except report.SENTENCES as error:
            raise BadContract(str(error)) from None


if __name__ == "__main__":
    app(prog_name="python -m etl")
