"""Finds the headings of a survey tool's export, whose first one, two or three rows may all be headings.

One tool writes codes, then the wording, then marks of its own; another the wording, then "Response". Which rows those are is
told by what stands in them, and a column's heading is the first of its cells that the contract knows. A row that is none
of these is an answer-sheet and is never passed over.
"""

from etl.config.questionnaire import Questionnaire

MARKS = ("response", "open-ended response", "score")  # what survey tools write under a heading
IMPORT_MARK = '{"importid"'


def headings_of(rows: list[list[str]], known: dict[str, str], asked: Questionnaire, first: int, most: int, plain):
    """The headings, and how many records stand before the first answer-sheet.

    `known`: every plain heading of the contract → our column; `first`: rows to skip; `most`: heading rows at most; `plain`:
    how a heading is compared.
    """
    header = rows[first : first + most]
    if not header:
        return (), len(rows)
    items = {question.column for question in asked.questions}
    count = 1
    for number, row in enumerate(header):
        says = [known.get(plain(cell)) for cell in row]
        if number == 0 or any(column in items for column in says) or _of_the_tool(row):
            count = number + 1
    width = max(map(len, header[:count]))
    found = []
    for place in range(width):
        cells = [row[place].replace("\ufeff", "").strip() for row in header[:count] if place < len(row)]
        named = [cell for cell in cells if plain(cell) in known]
        found.append(next(iter(named or filter(None, cells)), ""))
    return tuple(found), first + count


def _of_the_tool(row: list[str]) -> bool:
    """Whether a row holds nothing but a survey tool's own marks."""
    cells = [cell.strip().casefold() for cell in row if cell.strip()]
    marked = [cell in MARKS or cell.replace(" ", "").startswith(IMPORT_MARK) for cell in cells]
    return bool(cells) and sum(marked) * 2 >= len(cells)
