"""Names what a sample holds: our column for each heading, the source and the files it may come in; and which columns name
units that the organisation's own reference knows."""

import re
import unicodedata
from dataclasses import dataclass

import duckdb

from etl.config.columns import RESERVED, Column
from etl.config.contracts import BESIDE, Contract, plain, without_ending
from etl.intake import unit_names as references
from etl.paths import Workspace
from etl.proposal.column_profile import Look

UNIT = re.compile(
    r"\b(ward|unit|team|department|dept|service|organisation|organization|directorate|division|cost cent(re|er) name|roster)\b",
    re.I,
)
MONTHS = "jan(uary)?|feb(ruary)?|mar(ch)?|apr(il)?|may|june?|july?|aug(ust)?|sept?(ember)?|oct(ober)?|nov(ember)?|dec(ember)?"
SAFE = re.compile(r"[^A-Za-z0-9 _\-,.&'()]")
LONGEST = 40
RESERVED_WORDS = "SELECT keyword_name FROM duckdb_keywords() WHERE keyword_category <> 'unreserved'"


@dataclass(frozen=True)
class Known:
    """What existing contracts say of a heading."""

    name: str
    meaning: str
    person: bool


def snake(heading: str, otherwise: str) -> str:
    """A heading as a name of ours: small letters, digits and underscores, beginning with a letter."""
    ascii_only = unicodedata.normalize("NFKD", heading).encode("ascii", "ignore").decode()
    ascii_only = re.sub(r"(?<=[a-z0-9])(?=[A-Z][a-z])", "_", ascii_only.replace("%", " percent "))
    name = re.sub(r"[^a-z0-9]+", "_", ascii_only.lower()).strip("_")[:LONGEST].strip("_")
    if not name:
        return otherwise
    return name if name[0].isalpha() else f"c_{name}"


def column_names(con: duckdb.DuckDBPyConnection, headings: list[str], known: dict[str, Known]) -> dict[str, str]:
    """heading → our name for it; each another, and none that the engine or SQL needs for itself."""
    reserved = {word for (word,) in con.execute(RESERVED_WORDS).fetchall()} | RESERVED
    taken: set[str] = set()
    found = {}
    for number, heading in enumerate(headings, 1):
        said = known.get(plain(heading))
        name = said.name if said and said.name not in taken else snake(heading, f"column_{number}")
        if name in reserved or any(name.startswith(f"{word}_") for word in BESIDE) or name.endswith("_utc"):
            name = "month_day" if name == "month" else f"the_{name}"
        base, times = name, 2
        while name in taken:
            name, times = f"{base}_{times}", times + 1
        taken.add(name)
        found[heading] = name
    return found


def known_headings(contracts: dict[str, Contract]) -> dict[str, Known]:
    """What the contracts that there are call each heading; where they differ, nothing is taken over."""
    found: dict[str, Known | None] = {}
    for contract in contracts.values():
        for column in contract.columns:
            for heading in map(plain, column.headers):
                said = Known(column.name, column.meaning, column.person)
                before = found.get(heading, said)
                found[heading] = said if before and (before.name, before.person) == (said.name, said.person) else None
    return {heading: said for heading, said in found.items() if said}


def resembles(headings: tuple[str, ...], contracts: dict[str, Contract]) -> tuple[str, int, int] | None:
    """The source whose headings these nearly are: its name, how many of its columns are here, and how many it has."""
    there = set(map(plain, headings))
    best = None
    for source, contract in contracts.items():
        found = sum(any(plain(header) in there for header in column.headers) for column in contract.columns)
        wanted = sum(not column.heading_optional for column in contract.columns)
        if found >= max(3, 0.7 * wanted) and (best is None or found > best[1]):
            best = source, found, len(contract.columns)
    return best


def file_pattern(file: str, source: str) -> str:
    """The part of a file's name that will stay when the next month comes, and anything after it."""
    name = SAFE.split(file[: len(without_ending(file))])[0]
    changing = re.search(rf"\d|(?<![A-Za-z])({MONTHS})(?![A-Za-z])", name, re.I)
    cut = name[: changing.start()] if changing else name
    cut = cut.rstrip(" _-,.('")
    return f"{cut}*" if len(cut) >= 3 else f"{source}*"


def source_name(file: str) -> str:
    """A name for the source, from its file's."""
    return snake(file_pattern(file, "extract").rstrip("*"), "extract")


# ---- units -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Units:
    """The reference of units, whose export the sample seems to be, and which columns name units: place → share known."""

    source: str | None
    system: str
    places: dict[int, float]
    accepted: bool  # whether any units are known yet


def find_units(
    con: duckdb.DuckDBPyConnection, workspace: Workspace, contracts: dict[str, Contract], looks: list[Look]
) -> Units:
    """Which of these columns name units that the workspace knows, in the words of the system that fits best."""
    keeper = next((contract for contract in contracts.values() if contract.hierarchy), None)
    if keeper is None:
        return Units(None, "", {}, False)
    texts = [
        look for look in looks if look.type == "text" and look.filled and not look.is_weekday and look.distinct <= 5000
    ]
    best, systems = Units(keeper.source, "", {}, False), sorted({contract.system for contract in contracts.values()})
    for system in systems:
        asking = Contract(
            "", "", "", (), "adds", (), (Column("unit", ("Unit",), refers_to=keeper.source),), system=system
        )
        known = references.names_known(con, workspace, asking, contracts)["unit"]
        if known is None:
            break
        shares = {}
        for look in texts:
            share = (
                sum(times for text, times in look.cells.items() if re.sub(" +", " ", text).lower() in known.codes)
                / look.filled
            )
            if share >= 0.5:
                shares[look.place] = share
        if not best.accepted or sum(shares.values()) > sum(best.places.values()):
            best = Units(keeper.source, system, shares, True)
    return best


def names_units(look: Look) -> bool:
    """Whether a heading says that units stand under it."""
    heading = re.sub(r"[_\W]+", " ", look.heading)
    return (
        bool(UNIT.search(heading))
        and look.type == "text"
        and not look.codes
        and not look.note
        and 2 <= look.distinct <= 5000
    )
