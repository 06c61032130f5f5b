"""Finds the headings of a table, and which of our columns each of them is."""

from etl.config.contracts import Contract, plain
from etl.intake import survey_headings as of_surveys
from etl.intake.land import Arrival, UnreadableExtract
from etl.intake.size_limits import MAX_COLUMNS, MAX_HEADING_CHARACTERS, MAX_HEADINGS_CHARACTERS, shortened


def headings_of(rows: list[list[str]], contract: Contract) -> tuple[tuple[str, ...], int]:
    """The headings, and how many records stand before the data. Several header rows are joined, a merged one filled to
    the right."""
    first, last = contract.format.skip_rows, contract.format.skip_rows + contract.format.header_rows
    if contract.asks:
        known = {plain(header): column.name for column in contract.columns for header in column.headers}
        return of_surveys.headings_of(rows, known, contract.asks, first, contract.format.header_rows, plain)
    header = rows[first:last]
    if not header:
        return (), len(rows)
    width = max(map(len, header))
    parts: list[list[str]] = [[] for _ in range(width)]
    for number, row in enumerate(header):
        above = ""
        for column in range(width):
            cell = row[column].replace("﻿", "").strip() if column < len(row) else ""
            if number < len(header) - 1:
                above = cell = cell or above
            if cell and plain(cell) not in map(plain, parts[column]):
                parts[column].append(cell)
    return tuple(" ".join(part) for part in parts), last


def matched(headings: tuple[str, ...], contract: Contract) -> dict[str, list[int]]:
    """our column → where its headings stand"""
    places: dict[str, list[int]] = {}
    for place, heading in enumerate(headings):
        places.setdefault(plain(heading), []).append(place)
    found = {
        column.name: [place for header in dict.fromkeys(map(plain, column.headers)) for place in places.get(header, ())]
        for column in contract.columns
    }
    return {name: where for name, where in found.items() if where}


def expect_headings(arrival: Arrival, headings: tuple[str, ...], rows: list[list[str]], contract: Contract) -> None:
    """Gives a hint where the headings stand in another row than the contract says."""
    expect_bounded(arrival, headings)
    found = matched(headings, contract)
    if all(column.name in found or column.heading_optional for column in contract.columns):
        return
    for number, row in enumerate(rows[:30]):
        if len(matched(tuple(row), contract)) >= max(2, len(contract.columns) // 2, len(found) + 1):
            raise UnreadableExtract(
                f"{arrival.name}: the headings seem to stand in line {number + 1}, not in line "
                f"{contract.format.skip_rows + 1}; set skip_rows: {number} in the contract's format if that is so."
            )


def expect_rows(arrival: Arrival, any_rows: bool) -> None:
    if not any_rows:
        raise UnreadableExtract(f"{arrival.name} has headings and no rows; nothing was exported into it.")


def expect_bounded(arrival: Arrival, headings: tuple[str, ...]) -> None:
    """Raises UnreadableExtract where the headings are more, or longer, than any table's."""
    if len(headings) > MAX_COLUMNS:
        raise UnreadableExtract(
            f"{arrival.name} has {len(headings):,} columns, and no table has more than {MAX_COLUMNS:,}. Export it again."
        )
    if too_long := next((heading for heading in headings if len(heading) > MAX_HEADING_CHARACTERS), None):
        raise UnreadableExtract(
            f"{arrival.name} has a heading of {len(too_long):,} characters ({shortened(too_long)}), and none may have more than "
            f"{MAX_HEADING_CHARACTERS:,}; a quotation mark may open there and not close. Export it again."
        )


def expect_short(arrival: Arrival, lines: list[str]) -> None:
    """Raises UnreadableExtract where the lines in which the headings stand are longer than any table's, before they are cut."""
    if max(map(len, lines), default=0) > MAX_HEADINGS_CHARACTERS:
        raise UnreadableExtract(
            f"{arrival.name}: the line of its headings is longer than {MAX_HEADINGS_CHARACTERS >> 20} MB, as no table's is. "
            "Export it again."
        )
