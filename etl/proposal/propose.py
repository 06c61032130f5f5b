"""Proposes a contract for a file that nobody has described: what its columns are, what tells its rows apart, and why.

What is proposed is a plain record that a page can show and an analyst can change. It holds no cell of a column about people.
"""

import re
from collections import Counter
from pathlib import Path
from typing import Any

from etl.build import load_contracts
from etl.config.contracts import Contract
from etl.database import connect_to_folders
from etl.paths import Workspace
from etl.proposal import keys, layout, names, people, upload
from etl.proposal.column_profile import PLAIN, Look, look_at

LOAD, PERSON, LEAVE_OUT = "load", "person", "leave out"
FEW_WORDS, TIMES_EACH = 12, 20  # a column of so few words, each so often, says one of a few things
EXAMPLES = 3
Record = dict[str, Any]


def propose(path: Path, workspace: Workspace, work: Path) -> Record:
    """A proposal for the file at `path`; unpacked pieces of it go into `work`, for the caller to throw away.

    Raises UnusableSample, UnreadableExtract or BadContract, each one plain sentence.
    """
    upload.expect_harmless(path)
    sample = layout.read_sample(path, work)
    contracts = load_contracts(workspace)
    con = connect_to_folders(_of_units(workspace, contracts), work / "spill")
    try:
        looks = look_at(con, sample.headings, sample.rows)
        known = names.known_headings(contracts)
        named = names.column_names(con, [look.heading for look in looks], known)
        units = names.find_units(con, workspace, contracts, looks)
    finally:
        con.close()
    if not sample.rows or not any(look.filled for look in looks):
        raise upload.UnusableSample(f"{path.name} has headings and no rows; nothing was exported into it.")
    dated = [max(look.dates.moments.values()).date() for look in looks if look.is_date]
    found = people.tell(looks, sample.rows, max(dated, default=None))
    found = {place: said for place, said in found.items() if place not in units.places}
    for look in looks:
        look.names_units = look.place in units.places
        said = known.get(names.plain(look.heading))
        if said and said.person and look.place not in found:
            found[look.place] = PERSON, "Other sources have this heading for a person's number."
    persons = [look for look in looks if found.get(look.place, ("",))[0] == PERSON]
    columns = [_column(look, named[look.heading], found.get(look.place), units, known) for look in looks]
    _note_weekdays(looks, columns)
    loaded = {look.place for look, column in zip(looks, columns, strict=True) if column["use"] != LEAVE_OUT}
    owned = _owned_dates(looks, persons, sample.rows)
    whole = keys.whole(looks, sample.rows, loaded, owned, {look.place for look in persons})
    by_place = {look.place: column for look, column in zip(looks, columns, strict=True)}
    left_out = {by_place[look.place]["name"]: list(look.totals) for look in looks if _marks_totals(look, by_place)}
    for place in {*whole.key, *([] if whole.month_of is None else [whole.month_of])}:
        by_place[place]["optional"] = False
    source = names.source_name(path.name)
    return {
        "source": source if source not in contracts else f"{source}_2",
        "title": re.sub(r"[_\s]+", " ", source).strip().capitalize(),
        "owner": "",
        "file": [_pattern(path.name, source, contracts)],
        "units": units.source if units.accepted else None,
        "system": units.system if units.places else "",
        "each_file": whole.each_file,
        "complete_after_days": 10,
        "published": False,
        "format": sample.format | _missing(looks),
        "leave_out": left_out,
        "key": [by_place[place]["name"] for place in whole.key],
        "month_of": by_place[whole.month_of]["name"] if whole.month_of is not None else None,
        "columns": columns,
        "rows": len(sample.rows) + sample.misshapen,
        "why": {"key": whole.why_key, "month_of": whole.why_month, "each_file": whole.why_each},
        "look_at": [f"{look.heading}: {look.note}" for look in looks if look.note][:3]
        + _to_look_at(columns, whole, units, left_out),
        "notes": _notes(path.name, sample, looks, contracts),
    }


def _of_units(workspace: Workspace, contracts: dict[str, Contract]) -> list[Path]:
    """Where it is kept what units are called. Nobody stands there."""
    return [
        workspace.store / source for source, contract in contracts.items() if contract.hierarchy or contract.translates
    ]


def _column(look: Look, name: str, about: tuple[str, str] | None, units: names.Units, known: dict) -> Record:
    """What a column becomes. Examples are of columns that are loaded as they stand alone."""
    said = known.get(names.plain(look.heading))
    column: Record = {
        "heading": look.heading,
        "name": name,
        "use": LOAD,
        "type": look.type,
        "formats": list(look.dates.formats) if look.dates else [],
        "thousands": look.thousands,
        "optional": look.empty > 0 or _has_open_ends(look),
        "allowed": [],
        "refers_to": None,
        "weekday_of": None,
        "first_characters": None,
        "last_characters": look.last_characters,
        "meaning": said.meaning if said else "",
        "sure": look.dates.sure if look.dates else True,
        "why": look.why,
        "least": _least(look),
        "months_alone": bool(look.dates and look.dates.months_alone),
        "examples": [text for text, _ in look.cells.most_common(EXAMPLES)],
    }
    if about:
        kind, why = about
        blank = {
            "type": "text",
            "formats": [],
            "thousands": None,
            "last_characters": None,
            "examples": [],
            "sure": True,
            "least": None,
        }
        return column | blank | {"use": PERSON if kind == PERSON else LEAVE_OUT, "why": why, "holds": kind}
    if not look.filled:
        return column | {"use": LEAVE_OUT}
    if look.place in units.places:
        share = units.places[look.place]
        why = "It names units that you have." + ("" if share == 1 else f" Of its rows {share:.0%} name one we know.")
        return column | {"refers_to": units.source, "why": why}
    if units.accepted and not units.places and names.names_units(look):
        why = "The heading says that it names units, and hardly any of them is known. If they are units, say that they refer "
        why += f"to {units.source}: their names will be listed, for you to match."
        return column | {"why": why, "sure": False}
    if keys.is_numbering(look):
        why = "Its numbers tell one thing from another, and are kept as they are written."
        return column | {"type": "text", "thousands": None, "why": why}
    if look.note:
        column["why"] = f"{look.why} {look.note}"
    if people.may_be_names(look):
        return column | {
            "why": "Its words may be people's names. If they are, leave it out.",
            "sure": False,
            "examples": [],
        }
    if _says_one_of_few(look):
        column["allowed"] = sorted(_one_of_each_case(look))
        column["why"] = f"It says one of {len(column['allowed'])} things. A new word would set its row aside."
    return column


def _has_open_ends(look: Look) -> bool:
    """Whether some of its dates mean "still so", which is no date."""
    return look.is_date and any(text not in look.dates.moments for text in look.cells)


def _least(look: Look) -> float | None:
    """The least of its numbers, where they can be read as they stand."""
    if look.type != "number" or look.thousands not in (None, ","):
        return None
    return min(float(text.replace(",", "")) for text in look.cells if PLAIN.fullmatch(text.replace(",", "")))


def _says_one_of_few(look: Look) -> bool:
    if look.type != "text" or look.is_weekday or look.totals or not 2 <= look.distinct <= FEW_WORDS:
        return False
    return look.filled >= TIMES_EACH * look.distinct and max(map(len, look.cells)) <= 60


def _one_of_each_case(look: Look) -> list[str]:
    """Words that differ in capitals alone are one word: the commonest way to write it."""
    best: dict[str, str] = {}
    for text, _ in look.cells.most_common():
        best.setdefault(text.lower(), text)
    return list(best.values())


def _marks_totals(look: Look, by_place: dict[int, Record]) -> bool:
    column = by_place[look.place]
    return bool(look.totals) and column["use"] == LOAD and column["type"] == "text" and len(look.totals) < look.distinct


def _owned_dates(looks: list[Look], persons: list[Look], rows: list[tuple[str, ...]]) -> set[int]:
    """Dates that stay the same for a person in every row, where people have several rows: they say it of the person."""
    owned = set()
    for look in looks:
        for person in persons:
            if look.is_date and person.filled >= 1.5 * person.distinct and look.distinct > 1:
                share, _ = people._one_each(look, person, rows)
                if share > 0.9:
                    owned.add(look.place)
    return owned


def _note_weekdays(looks: list[Look], columns: list[Record]) -> None:
    """A column of weekdays is a check on the date beside it: the one that comes next, or before."""
    for number, look in enumerate(looks):
        if look.is_weekday:
            dated = [c for c, other in zip(columns, looks, strict=True) if other.is_date and c["use"] == LOAD]
            order = {id(column): place for place, column in enumerate(columns)}
            if dated:
                nearest = min(dated, key=lambda column: (abs(order[id(column)] - number), order[id(column)] < number))
                columns[number]["weekday_of"] = nearest["name"]
                columns[number]["why"] = f"It names weekdays: a check that {nearest['heading']} was read rightly."


def _missing(looks: list[Look]) -> dict:
    words = Counter(word for look in looks for word in look.missing)
    return {"missing": sorted(words)} if words else {}


def _pattern(file: str, source: str, contracts: dict[str, Contract]) -> str:
    taken = any(contract.expects(file) for contract in contracts.values())
    return f"new_{source}*" if taken else names.file_pattern(file, source)


def _to_look_at(
    columns: list[Record], whole: keys.Whole, units: names.Units, left_out: dict[str, list[str]]
) -> list[str]:
    """What the sample does not show: an analyst knows it."""
    asked = [
        f"{column['heading']}: {column['why']}" for column in columns if not column["sure"] and column["use"] == LOAD
    ]
    asked += [] if whole.sure else [whole.why_key]
    totals = [word for words in left_out.values() for word in words]
    if totals:
        asked.append(f"Rows that say {', '.join(totals[:3])} look like totals and would be left out. Are they?")
    if units.source and not units.accepted:
        asked.append(
            "No units have been accepted yet, so none of its columns is matched to them. Send the units first."
        )
    return asked


def _notes(file: str, sample: layout.Sample, looks: list[Look], contracts: dict[str, Contract]) -> list[str]:
    notes = list(sample.notes)
    like = names.resembles(sample.headings, contracts)
    if like:
        source, found, of = like
        notes.append(
            f"This looks like an extract of {contracts[source].title}, which there is already: {found} of its {of} columns are "
            "here. If it is one, drop the file into the inbox under a name that source expects, "
            f"such as {contracts[source].file[0]}, rather than adding another source."
        )
    takers = [contract.title for contract in contracts.values() if contract.expects(file)]
    if takers:
        notes.append(f"A file called {file} is already taken in as {' and '.join(takers)}; name these files otherwise.")
    if sample.misshapen:
        notes.append(f"{sample.misshapen:,} rows have too few or too many cells and would be set aside.")
    if len(sample.rows) >= layout.LOOKED_AT:
        notes.append(f"Only its first {layout.LOOKED_AT:,} rows were looked at.")
    return notes
