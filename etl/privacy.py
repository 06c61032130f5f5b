"""Keeps out what names a person: headings that may not be loaded, and cells that give themselves away by their shape."""

import re
from dataclasses import dataclass

import duckdb

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
    checked: bool = False  # the pattern's group is ten digits, the last of which checks the others
    by_chance: bool = False  # one cell in eleven has such a number by chance


SHAPES = (
    Shape("an e-mail address", r"[A-Za-z0-9._%+'-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}"),
    Shape(
        "a National Insurance number",
        r"(?i)\b[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z][ -]?[0-9]{2}[ -]?[0-9]{2}[ -]?[0-9]{2}[ -]?[A-D]\b",
    ),
    Shape("an NHS number", r"(?:^|[^0-9])([0-9]{3}[ \u00a0-][0-9]{3}[ \u00a0-][0-9]{4})(?:[^0-9]|$)", checked=True),
    Shape("an NHS number", r"(?:^|[^0-9])([0-9]{10})(?:[^0-9]|$)", checked=True, by_chance=True),
)
LIKELY = (
    r"@|[0-9]{3}[ \x{A0}-]?[0-9]{3}[ \x{A0}-]?[0-9]{4}|[A-Za-z]{2}[ -]?[0-9]{2}[ -]?[0-9]{2}[ -]?[0-9]{2}[ -]?[A-Da-d]"
)
HALF = (
    2  # of the cells with ten digits on end at least one in so many has the right check digit, if they are NHS numbers
)


@dataclass(frozen=True)
class GivenAway:
    """What was found in a column: the names of the shapes, and the expression that names one beside each cell, or is NULL."""

    names: tuple[str, ...]
    sql: str


def given_away(con: duckdb.DuckDBPyConnection, relation: str, columns: list[str]) -> dict[str, GivenAway]:
    """The text columns in which something was found."""
    if not columns:
        return {}
    # One cheap pattern clears nearly every column in one scan; only what it leaves is looked at closely.
    looked = ", ".join(f"coalesce(bool_or(regexp_matches({column}, '{LIKELY}')), false)" for column in columns)
    likely = con.execute(f"SELECT {looked} FROM {relation}").fetchone()
    found = {}
    for column in (column for column, there in zip(columns, likely, strict=True) if there):
        shapes = [shape for shape in SHAPES if _is_found(con, relation, column, shape)]
        if shapes:
            cases = " ".join(f"WHEN {_holds(column, shape)} THEN '{shape.name}'" for shape in shapes)
            found[column] = GivenAway(tuple(dict.fromkeys(shape.name for shape in shapes)), f"CASE {cases} END")
    return found


def _is_found(con: duckdb.DuckDBPyConnection, relation: str, column: str, shape: Shape) -> bool:
    if not shape.by_chance:
        query = f"SELECT 1 FROM {relation} WHERE {_holds(column, shape)} LIMIT 1"
        return con.execute(query).fetchone() is not None
    right, all_of_them = con.execute(
        f"SELECT count(*) FILTER ({_holds(column, shape)}), count(*) FROM {relation} "
        f"WHERE regexp_matches({column}, '{_sql(shape.pattern)}')"
    ).fetchone()
    return right > 0 and right * HALF >= all_of_them


def _holds(column: str, shape: Shape) -> str:
    pattern = _sql(shape.pattern)
    if not shape.checked:
        return f"regexp_matches({column}, '{pattern}')"
    digits = f"regexp_extract({column}, '{pattern}', 1)"
    number = f"try_cast(regexp_replace({digits}, '[^0-9]', '', 'g') AS BIGINT)"
    # Ten times the first digit, nine times the second … once the last: a multiple of eleven. The same digit ten times over
    # is what people write for none.
    weighed = " + ".join(f"({number} // {10**place} % 10) * {place + 1}" for place in range(10))
    return f"coalesce(({weighed}) % 11 = 0 AND {number} % 1111111111 <> 0, false)"


def _sql(pattern: str) -> str:
    return pattern.replace("\\u00a0", r"\x{A0}").replace("'", "''")


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
