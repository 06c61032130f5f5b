"""Finds the table in a sample: its encoding, the mark between cells, the sheet, and in which rows the headings stand."""

import csv
import re
from collections import Counter
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import python_calamine

from etl.config.contracts import Contract, Format
from etl.database import connect_to_files
from etl.intake import encoding, land, read
from etl.intake.headings import headings_of
from etl.intake.parquet import literally
from etl.proposal.upload import UnusableSample
from etl.quoting import quoted_name

OPENING = 60  # rows in which headings are looked for
MOST_ROWS = 5_000_000  # of a sample, whatever its size
LOOKED_AT = 200_000  # rows from which columns are told
MARKS = (",", ";", "\t", "|", "~")
FIGURE = re.compile(r"[-+£$€]?[\d.,'’ \u00a0]*\d[\d.,]*\s*%?|\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}([ T].*)?")


@dataclass(frozen=True)
class Sample:
    """A sample as a plain table of text: every row has a cell for each heading."""

    arrival: land.Arrival
    kind: str  # csv, workbook, parquet
    format: dict  # as a contract says it; what goes without saying is left out
    headings: tuple[str, ...]
    rows: list[tuple[str, ...]]
    misshapen: int = 0  # rows with too few or too many cells
    notes: list[str] = field(default_factory=list)


def bare(format: dict) -> Contract:
    """A contract that asks for nothing, by which a file can be read for its own headings."""
    return Contract("", "", "", (), "adds", (), (), format=Format(**format))


def read_sample(path: Path, work: Path) -> Sample:
    """The table in a file. Raises UnusableSample, or UnreadableExtract where no build could read it either."""
    arrival = land.arrive(path, path.parent)
    kind = land.kind_of(arrival)
    notes: list[str] = []
    said: dict = {}
    if kind == "workbook":
        grid = _sheet(arrival, said, notes)
    elif kind == "csv":
        grid = _lines(arrival, said, work)
    if kind != "parquet":
        said |= _where_headings_stand(arrival, grid)
    table = read.readable(arrival, bare(said), work)
    if kind == "parquet":
        rows, misshapen = _parquet_rows(table.path), 0
    else:
        rows, misshapen = _rows(table)
    headings = table.headings
    used = [place for place in range(len(headings)) if headings[place] or any(row[place] for row in rows)]
    nameless = [place for place in used if not headings[place]]
    _expect_named(arrival, nameless, rows)
    if nameless:
        notes.append(f"{len(nameless)} of its columns have no heading and cannot be asked for.")
    return Sample(
        arrival,
        kind,
        {name: value for name, value in said.items() if value != getattr(Format(), name)},
        headings,
        rows,
        misshapen,
        notes,
    )


def _expect_named(arrival: land.Arrival, nameless: list[int], rows: list[tuple[str, ...]]) -> None:
    """Raises UnusableSample where a column that says what a row is about has no heading."""
    for place in nameless:
        words = sum(bool(row[place]) and not FIGURE.fullmatch(row[place]) for row in rows)
        if words > 0.3 * len(rows):
            raise UnusableSample(
                f"{arrival.name}: its column {place + 1} is filled in and has no heading, so nothing would say what its rows are "
                "about. It may be laid out for print; give every column one heading, or export it as a plain table."
            )


# ---- text ------------------------------------------------------------------------------------------------------------


def _lines(arrival: land.Arrival, said: dict, work: Path) -> list[list[str]]:
    """The first rows, cut by the mark that makes most of them alike."""
    if arrival.plain_text and not arrival.mixed_lines:
        path, told = arrival.path, "utf-8"
    else:
        told = encoding.encoding_of(arrival, bare({}))
        path = encoding.transcoded(arrival, bare({}), work)[0]
    with path.open(encoding="utf-8-sig", newline="") as file:
        opening = list(islice(file, OPENING))
    if told.startswith("cp"):
        said["encoding"] = told
    grids = {mark: list(csv.reader(opening, delimiter=mark, skipinitialspace=True)) for mark in MARKS}
    best = max(MARKS, key=lambda mark: _alike(grids[mark]))
    said["delimiter"] = best
    return grids[best]


def _alike(grid: list[list[str]]) -> tuple[int, int]:
    """How many cells the rows of the commonest width hold together: of one cell each, none."""
    widths = Counter(len(row) for row in grid if len(row) > 1)
    if not widths:
        return 0, 0
    width, times = widths.most_common(1)[0]
    return width * times, times


def _rows(table: read.Table) -> tuple[list[tuple[str, ...]], int]:
    rows, misshapen, width = [], 0, len(table.headings)
    with table.path.open(encoding="utf-8", newline="") as file:
        for _ in range(table.skip_lines):
            file.readline()
        for row in islice(csv.reader(file, delimiter=table.delimiter, skipinitialspace=True), LOOKED_AT):
            if len(row) == width:
                rows.append(tuple(cell.strip(" \t\u00a0") for cell in row))
            elif any(cell.strip() for cell in row):
                misshapen += 1
    return rows, misshapen


def _parquet_rows(path: Path) -> list[tuple[str, ...]]:
    """Its first rows. A small file can hold very many, equal ones: then it is no sample."""
    where = literally(path)
    with connect_to_files(path, Path(where)) as con:
        many = con.execute("SELECT sum(num_rows) FROM parquet_file_metadata(?)", [where]).fetchall()[0][0]
        if many > MOST_ROWS:
            raise UnusableSample(f"{path.name} has {int(many):,} rows; a sample may have {MOST_ROWS:,}.")
        found = con.read_parquet(where).limit(LOOKED_AT)
        names = [quoted_name(name) for name in found.columns]
        cells = ", ".join(f"coalesce(trim({name}::VARCHAR), '')" for name in names)
        return found.project(cells).fetchall()


# ---- workbooks -------------------------------------------------------------------------------------------------------


def _sheet(arrival: land.Arrival, said: dict, notes: list[str]) -> list[list[str]]:
    """The first rows of the sheet that holds most cells; what is wrong with a workbook, the engine's own reader says."""
    try:
        book = python_calamine.load_workbook(str(arrival.path))
        grids = {}
        for name in book.sheet_names:
            sheet = book.get_sheet_by_name(name)
            if sheet.height:
                rows = islice(sheet.iter_rows(), OPENING)
                grids[name] = (sheet.height * sheet.width, [["" if c is None else str(c) for c in row] for row in rows])
    except (python_calamine.CalamineError, OSError):
        read.readable(arrival, bare({}), arrival.path.parent)
        raise UnusableSample(f"{arrival.name} cannot be opened as a workbook. Save it again as .xlsx or CSV.") from None
    if not grids:
        raise UnusableSample(f"{arrival.name} is empty; nothing was exported into it.")
    best = max(grids, key=lambda name: grids[name][0])
    if len(grids) > 1:
        said["sheet"] = best
        notes.append(f"It has several sheets ({', '.join(grids)}); the fullest, {best}, was taken.")
    return grids[best][1]


# ---- headings --------------------------------------------------------------------------------------------------------


def _where_headings_stand(arrival: land.Arrival, grid: list[list[str]]) -> dict[str, int]:
    """In which row the headings stand, and how many rows they take. Raises UnusableSample where there are none."""
    filled = [sum(bool(cell.strip()) for cell in row) for row in grid]
    full = Counter(count for count in filled if count > 1).most_common()
    if not full:
        if any(filled):
            raise UnusableSample(
                f"{arrival.name} has one cell a row: no mark between cells was found. Export it again as CSV or .xlsx."
            )
        raise UnusableSample(f"{arrival.name} is empty; nothing was exported into it.")
    usual = max(count for count, times in full if times == full[0][1])
    enough = max(2, round(usual * 0.7))
    first = next((number for number, count in enumerate(filled) if count >= enough), None)
    if first is None or first + 1 >= len(grid):
        raise UnusableSample(f"{arrival.name} has headings and no rows, or rows and no headings; export it again.")
    # A row of groups, of which each stands over several headings, comes before them.
    above = first - 1
    rows = 1
    if above >= 0 and 2 <= filled[above] < enough and _is_words(grid[above]) and _is_words(grid[first]):
        first, rows = above, 2
    elif first + 1 < len(grid) and _is_words(grid[first]) and len(set(grid[first])) < filled[first]:
        below = grid[first + 1]
        if _is_words(below) and len(set(below)) > len(set(grid[first])):
            rows = 2
    headings = grid[first + rows - 1]
    if not _is_words(headings):
        raise UnusableSample(
            f"{arrival.name}: no row of headings was found; row {first + 1} already holds figures or dates. "
            "Export it again with its headings."
        )
    named = headings_of(grid, bare({"skip_rows": first, "header_rows": rows}))[0]
    twice = [name for name, times in Counter(filter(None, named)).items() if times > 1]
    if twice:
        raise UnusableSample(
            f"{arrival.name}: the heading {twice[0]!r} stands {Counter(named)[twice[0]]} times, so nothing tells these columns "
            "apart. It may be laid out for print; export it as a plain table."
        )
    return {"skip_rows": first, "header_rows": rows}


def _is_words(row: list[str]) -> bool:
    """Whether hardly any cell is a figure or a date."""
    cells = [cell.strip() for cell in row if cell.strip()]
    figures = sum(bool(FIGURE.fullmatch(cell)) for cell in cells)
    return bool(cells) and figures <= len(cells) * 0.2
