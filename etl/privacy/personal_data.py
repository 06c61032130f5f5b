"""Keeps out what names a person: headings that may not be loaded, and cells that give themselves away by their shape."""

import re
from dataclasses import dataclass

import duckdb

from etl.quoting import quoted_text

# Headings as compared: letters and digits alone.
NEVER = {
    "names": "lastname firstname surname forename forenames givenname familyname middlename maidenname knownas fullname "
    "employeename nameofemployee staffname nameofstaff personname workername supervisorname managername linemanager "
    "linemanagername preferredname",
    "birth dates": "dateofbirth dob birthdate birthday",
    "e-mail addresses": "email emailaddress workemail homeemail personalemail",
}
ONLY_HASHED = {
    "National Insurance numbers": "ni nino ninumber nationalinsurance nationalinsurancenumber nationalinsuranceno",
    "NHS numbers": "nhsnumber nhsno patientnhsnumber uniquenhsidentifier",
    "addresses": "address homeaddress postaladdress addressline1 addressline2 addressline3 postcode homepostcode "
    "telephone telephonenumber phone phonenumber mobile mobilenumber homephone",
    "people's numbers": "employeenumber employeeno staffnumber staffno payrollnumber payrollno assignmentnumber asgnumber "
    "esrnumber personid employeeid",
}


def forbidden(heading: str, person: bool) -> str | None:
    """What a column of this heading would hold that may not be loaded; `person` says that only its keyed hash would be."""
    letters = re.sub(r"[^a-z0-9]", "", heading.casefold())
    for kinds in (NEVER,) if person else (NEVER, ONLY_HASHED):
        for kind, headings in kinds.items():
            if letters in headings.split():
                return kind
    return None


# ---- shapes --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Shape:
    """What gives a cell away: a pattern, and for a number whether its check digit is right."""

    name: str
    pattern: str
    only_if: str  # said of the cell in SQL: what is cheap to see, and never so where the pattern is not
    checked: bool = False  # the pattern's group is ten digits, the last of which checks the others
    by_chance: bool = False  # one cell in eleven has such a number by chance


SHAPES = (
    Shape(
        "an e-mail address",
        r"[A-Za-z0-9._%+'-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}",
        "contains({cell}, '@')",
    ),
    Shape(
        "a National Insurance number",
        r"(?i)\b[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z][ -]?[0-9]{2}[ -]?[0-9]{2}[ -]?[0-9]{2}[ -]?[A-D]\b",
        "lower({cell}) <> upper({cell})",
    ),
    Shape(
        "an NHS number",
        r"(?:^|[^0-9])([0-9]{3}[ \u00a0-][0-9]{3}[ \u00a0-][0-9]{4})(?:[^0-9]|$)",
        "strlen({cell}) >= 12",
        checked=True,
    ),
    Shape(
        "an NHS number", r"(?:^|[^0-9])([0-9]{10})(?:[^0-9]|$)", "strlen({cell}) >= 10", checked=True, by_chance=True
    ),
)
SAMPLE = 20_000  # rows that tell whether a column repeats a few words
LIKELY = (
    r"@|[0-9]{3}[ \x{A0}-]?[0-9]{3}[ \x{A0}-]?[0-9]{4}|[A-Za-z]{2}[ -]?[0-9]{2}[ -]?[0-9]{2}[ -]?[0-9]{2}[ -]?[A-Da-d]"
)
HALF = 2  # of the cells with ten digits on end one in so many has the right check digit, if they are NHS numbers


@dataclass(frozen=True)
class GivenAway:
    """What was found in a column: the names of the shapes, and the expression that names one beside each cell, or is NULL."""

    names: tuple[str, ...]
    sql: str


def given_away(con: duckdb.DuckDBPyConnection, relation: str, columns: list[str], file: str) -> dict[str, GivenAway]:
    """The text columns in which something was found; `file` is the expression that tells which file a row is of."""
    if not columns:
        return {}
    likely = _likely(con, relation, columns)
    found = {}
    for column in likely:
        shapes = [shape for shape in SHAPES if _is_found(con, relation, column, shape, file)]
        if shapes:
            cases = " ".join(f"WHEN {_holds(column, shape)} THEN {quoted_text(shape.name)}" for shape in shapes)
            found[column] = GivenAway(tuple(dict.fromkeys(shape.name for shape in shapes)), f"CASE {cases} END")
    return found


def _likely(con: duckdb.DuckDBPyConnection, relation: str, columns: list[str]) -> list[str]:
    """The columns that one cheap pattern does not clear; only they are looked at closely."""
    counted = ", ".join(f"count(DISTINCT {column})" for column in columns)
    values = con.execute(f"SELECT {counted}, count(*) FROM (SELECT * FROM {relation} LIMIT {SAMPLE})").fetchone()
    selects = []
    for number, (column, different) in enumerate(zip(columns, values[:-1], strict=True)):
        # Of a few words that stand again and again each is looked at once.
        cells = f"(SELECT DISTINCT {column} FROM {relation})" if different <= values[-1] / 2 else relation
        selects.append(
            f"SELECT {number} AS number, bool_or(regexp_matches({column}, {quoted_text(LIKELY)})) AS there FROM {cells}"
        )
    found = con.execute(f"SELECT number FROM ({' UNION ALL '.join(selects)}) WHERE there ORDER BY number").fetchall()
    return [columns[number] for (number,) in found]


def _is_found(con: duckdb.DuckDBPyConnection, relation: str, column: str, shape: Shape, file: str) -> bool:
    if not shape.by_chance:
        query = f"SELECT 1 FROM {relation} WHERE {_holds(column, shape)} LIMIT 1"
        return con.execute(query).fetchone() is not None
    # Of each file by itself: the many numbers of one must not hide the few of another.
    counted = con.execute(
        f"SELECT count(*) FILTER ({_is_right('number')}), count(*) "
        f"FROM (SELECT {file} AS file, {_number(column, shape)} AS number FROM {relation}) "
        "WHERE number IS NOT NULL GROUP BY file"
    ).fetchall()
    return any(right > 0 and right * HALF >= all_of_them for right, all_of_them in counted)


def _holds(column: str, shape: Shape) -> str:
    only_if = shape.only_if.format(cell=column)
    if not shape.checked:
        return f"{only_if} AND regexp_matches({column}, {quoted_text(_sql(shape.pattern))})"
    return f"coalesce({_is_right(_number(column, shape))}, false)"


def _number(column: str, shape: Shape) -> str:
    """The expression for the number in a cell that has the shape; NULL where it has none."""
    pattern = _sql(shape.pattern)
    digits = f"regexp_replace(regexp_extract({column}, {quoted_text(pattern)}, 1), '[^0-9]', '', 'g')"
    searched = f"CASE WHEN {shape.only_if.format(cell=column)} THEN try_cast({digits} AS BIGINT) END"
    if not shape.by_chance:
        return searched
    whole = f"strlen({column}) = 10 AND regexp_full_match({column}, '[0-9]+')"
    return f"CASE WHEN {whole} THEN try_cast({column} AS BIGINT) ELSE {searched} END"


def _is_right(number: str) -> str:
    """Ten times the first digit, nine times the second … once the last: a multiple of eleven. The same digit ten times over
    is what people write for none."""
    weighed = " + ".join(f"({number} // {10**place} % 10) * {place + 1}" for place in range(10))
    return f"(({weighed}) % 11 = 0 AND {number} % 1111111111 <> 0)"


def _sql(pattern: str) -> str:
    return pattern.replace("\\u00a0", r"\x{A0}")


def gives_away(cell: str) -> bool:
    """Whether one cell has any of the shapes: asked of rows that no column can be read from."""
    for shape in SHAPES:
        for found in re.finditer(shape.pattern, cell):
            if not shape.checked:
                return True
            digits = [int(letter) for letter in found.group(1) if letter.isdigit()]
            if sum(digit * (10 - place) for place, digit in enumerate(digits)) % 11 == 0 and len(set(digits)) > 1:
                return True
    return False
