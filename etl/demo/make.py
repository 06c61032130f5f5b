"""Makes the demonstration: clears an older one away, lives through the months and writes every extract."""

import datetime as dt
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import yaml

from etl.demo import events_and_truth, returns, site
from etl.demo.calendar import Calendar
from etl.demo.esr import Esr
from etl.demo.figures import work_out
from etl.demo.organisation import make_teams
from etl.demo.roster import HealthRoster
from etl.demo.simulation import Simulation
from etl.demo.survey import Survey
from etl.demo.units import UnitNames, hierarchy
from etl.demo.writing import OURS, Inbox
from etl.paths import EXPECTATIONS, Workspace, write_json

SEED = 20261122
PEOPLE, FEWEST_PEOPLE = 1500, 200
MONTHS, FEWEST_MONTHS, MOST_MONTHS = 36, 13, 60
PUBLIC_RETURN, PUBLIC_TOP = "sickness_return", {"unit": "NORTHMERE", "title": "Northmere (made up)"}


class RealWorkspace(Exception):
    """The workspace holds extracts that are not made up; a demonstration must not be mixed with them."""


class BadSize(Exception):
    """Too few people or months, or too many, to make up."""


def write_extracts(
    workspace: Workspace, people: int = PEOPLE, months: int = MONTHS, today: dt.date | None = None
) -> Iterator[Path]:
    """Writes the extracts and what goes with them; yields the files. Raises RealWorkspace, BadSize."""
    if people < FEWEST_PEOPLE:
        raise BadSize(f"The demonstration needs at least {FEWEST_PEOPLE} people, not {people}.")
    if not FEWEST_MONTHS <= months <= MOST_MONTHS:
        raise BadSize(f"The demonstration covers {FEWEST_MONTHS} to {MOST_MONTHS} months, not {months}.")
    calendar = Calendar.ending_before(today or dt.date.today(), months)
    made = {"people": people, "months": months, "to": f"{calendar.months[-1]:%Y-%m}", "seed": SEED, "recipe": _recipe()}
    _take_over(workspace, made)
    _write_contract(workspace)

    inbox = Inbox(workspace, calendar, today or dt.date.today())
    teams = make_teams(people, calendar, np.random.default_rng([SEED, 1]))
    simulation = Simulation(teams, calendar, np.random.default_rng([SEED, 2]))
    unit_names, random = UnitNames(teams), np.random.default_rng([SEED, 3])
    life = simulation.life
    roster = HealthRoster(life, inbox, unit_names, random)
    yield inbox.write_rows("teams.csv", hierarchy(teams, calendar), inbox.newest)
    yield inbox.write_rows("crosswalk.csv", unit_names.crosswalk(calendar), inbox.newest)
    for month, duties in simulation.months():
        yield from roster.rota(month, duties)
    yield roster.roster_periods()
    yield from roster.leave_balances()
    esr = Esr(life, inbox, unit_names, random)
    yield from esr.staff()
    yield from esr.sickness()
    yield from esr.leavers()
    yield site.establishment(life, inbox, unit_names)
    yield from site.patients(life, inbox, unit_names, random)
    figures = work_out(life)
    yield from returns.sickness_return(calendar, figures, inbox, random)
    survey = Survey(life, inbox, np.random.default_rng([SEED, 4]))
    yield from survey.extracts()
    yield inbox.write_rows("events.csv", events_and_truth.events(life), inbox.newest)
    yield inbox.write_rows("targets.csv", events_and_truth.targets(life), inbox.newest)
    told_truth = events_and_truth.truth(life, figures, roster.rows, roster.spoilt | esr.spoilt, roster.unknown)
    write_json(_truth(workspace), {"made": made, **told_truth, "survey": survey.truth()}, workspace.work)
    yield _truth(workspace)


def _truth(workspace: Workspace) -> Path:
    return workspace.home / "truth.json"


def _recipe() -> str:
    """Tells one version of this package from another: what it makes up differs."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def _take_over(workspace: Workspace, made: dict) -> None:
    """Marks the workspace as made up, and clears away what another demonstration left: its people would live on beside
    the new ones."""
    workspace.make()
    if not workspace.synthetic.exists():
        if any(workspace.inbox.iterdir()) or any(workspace.store.glob("*/*.receipt.json")):
            raise RealWorkspace(
                f"{workspace.home} already holds extracts; give the demonstration a workspace of its own."
            )
        workspace.synthetic.write_text("The extracts of this workspace are made up.\n", encoding="utf-8")
    truth = _truth(workspace)
    if truth.exists() and json.loads(truth.read_text(encoding="utf-8")).get("made") == made:
        return
    truth.unlink(missing_ok=True)
    for path in workspace.inbox.iterdir():
        if OURS.fullmatch(path.name):
            path.unlink()
    for receipt in workspace.store.glob("*/*.receipt.json"):
        if OURS.fullmatch(json.loads(receipt.read_text(encoding="utf-8"))["file"]):
            receipt.unlink()  # nothing vouches for its rows any more, and the next build throws them away


def _write_contract(workspace: Workspace) -> None:
    """The project's own contract of the public return with another top: a workspace's folder of the same name replaces it."""
    folder, ours = workspace.expectations / PUBLIC_RETURN, EXPECTATIONS / PUBLIC_RETURN
    folder.mkdir(parents=True, exist_ok=True)
    contract = yaml.safe_load((ours / "contract.yaml").read_text(encoding="utf-8"))
    contract["brings_teams"][-1] |= PUBLIC_TOP
    text = yaml.safe_dump(contract, sort_keys=False, allow_unicode=True)
    (folder / "contract.yaml").write_text(text, encoding="utf-8")
    (folder / "suite.yaml").write_text((ours / "suite.yaml").read_text(encoding="utf-8"), encoding="utf-8")
