"""The SQL that reads one cell of an extract: its text, then its type, then what could not be read."""

from dataclasses import dataclass, field

from etl.config.contracts import Column, Contract
from etl.intake.parquet import ZONED
from etl.intake.read import Table
from etl.intake.utc import YEARS, utc_sql
from etl.privacy import pseudonyms
from etl.privacy.pseudonyms import EDGES, Key
from etl.quoting import quoted_name, quoted_text, quoted_texts

ISO_DATES = ["%Y-%m-%d", "%Y-%m-%d 00:00:00", "%Y-%m-%dT00:00:00"]  # a day, at midnight where a database adds the time
ISO_MOMENTS = [
    f"%Y-%m-%d{time}" for time in (" %H:%M:%S", " %H:%M", "T%H:%M:%S", "T%H:%M", " %H:%M:%S.%f", "T%H:%M:%S.%f", "")
]
WORDS = ("text", "yes_no")  # types whose cells are words
YES_NO = {"yes": ("yes", "y", "true", "1"), "no": ("no", "n", "false", "0")}


@dataclass(frozen=True)
class Names:
    """What a reference knows: what may be said, and the code that is meant by it."""

    codes: dict[str, str]
    loosely: bool = False  # compared without case, and with spaces as one


@dataclass(frozen=True)
class Meanings:
    """What a cell means beyond what stands in it: in this workspace, to these references."""

    key: Key | None = None  # people are hashed with it
    names: dict[str, Names] = field(default_factory=dict)  # column: what its reference knows
    timezone: str = "Europe/London"
    met: dict[str, dict[str, int | None]] = field(
        default_factory=dict
    )  # column: people of the files before, and their hashes


def text_sql(column: Column, places: dict[str, int], table: Table, contract: Contract) -> str:
    """The cell as text; NULL where it is empty or holds a word that means missing."""
    if column.name not in places:
        return quoted_text(table.stated[column.name]) if column.name in table.stated else "NULL::VARCHAR"
    if table.kind == "parquet":
        name = quoted_name(table.headings[places[column.name]])
        is_zoned = bool(table.types) and table.types[places[column.name]] == ZONED
        local = f"timezone({quoted_text(table.timezone)}, {name})" if is_zoned else name  # by the local clock
        cell, floating = f"{local}::VARCHAR", f"typeof({name}) IN ('DOUBLE', 'FLOAT')"
        if column.type in WORDS:  # a code that was kept as a number is that code, without a point
            cell = (
                f"CASE WHEN {floating} OR typeof({name}) LIKE 'DECIMAL%' THEN regexp_replace({cell}, '\\.0+$', '') "
                f"ELSE {cell} END"
            )
        elif column.thousands == ".":
            cell = (
                f"CASE WHEN {floating} OR typeof({name}) LIKE 'DECIMAL%' THEN replace({cell}, '.', ',') ELSE {cell} END"
            )
    else:
        cell = f"c{places[column.name]}"
    if column.type in WORDS:
        # Trimming is the dearest thing here, so only cells that look padded are trimmed.
        # That a text is below '!' is seen at a glance, where one that begins with a space must be.
        padded, words = f"({cell} < '!' AND starts_with({cell}, ' ')) OR ends_with({cell}, ' ')", cell
        if not table.ascii_only:
            padded += f" OR contains({cell}, '\u00a0')"
            words = f"replace({cell}, '\u00a0', ' ')"
        tidy = trimmed(words)
        cell = f"CASE WHEN {padded} THEN CASE WHEN {is_filled(tidy, contract)} THEN {tidy} END ELSE {cell} END"
    by_reader = table.kind == "csv" and null_words(contract, table) == missing_words(contract)
    cell = cell if by_reader else f"CASE WHEN {is_filled(cell, contract)} THEN {cell} END"
    if column.first_characters or column.last_characters:
        side = "left" if column.first_characters else "right"
        part = trimmed(f"{side}({trimmed(cell)}, {column.first_characters or column.last_characters})")
        cell = f"CASE WHEN {is_filled(part, contract)} THEN {part} END"
    return cell


def cut_short(text: str, column: Column) -> str:
    """Of a cell's text the characters that count: the rest is never kept."""
    if not (column.first_characters or column.last_characters):
        return text
    text = text.strip(EDGES)
    text = text[: column.first_characters] if column.first_characters else text[-column.last_characters :]
    return text.strip(EDGES)


def read_sql(column: Column, meanings: Meanings) -> str:
    """The expression for what a cell's text says, before it is asked whether it may. Others ask for it several times, and
    DuckDB works it out anew for each that stands in a CASE: hence a column of its own."""
    text = f"text_{column.name}"
    if column.name in meanings.names:
        return loose_sql(text) if meanings.names[column.name].loosely else text
    if column.type in ("number", "whole_number"):
        return _number(column)
    return _moment(column) if column.type in ("date", "timestamp") else text


def typed_sql(column: Column, meanings: Meanings) -> str:
    """The expression that reads a cell as its type; NULL where it cannot be read, is not known, or means "open"."""
    text, read = f"text_{column.name}", f"read_{column.name}"
    if column.person:
        in_place = pseudonyms.hash_sql(text, "lookup_inner", "lookup_outer")
        return f"CASE WHEN {text} IS NOT NULL THEN coalesce({looked_up(column.name, text)}, {in_place}) END"
    if column.name in meanings.names:
        return looked_up(column.name, read)
    if column.type == "text":
        return _spelled(column)
    if column.type == "yes_no":
        return _yes_no(column)
    if column.type == "number":
        return f"CASE WHEN isfinite({read}) THEN {read} END"
    if column.type == "whole_number":
        whole = f"coalesce(try_cast({_plain_number(column)} AS BIGINT), try_cast({read} AS BIGINT))"
        return f"CASE WHEN isfinite({read}) AND {read} = floor({read}) THEN {whole} END"
    first, after = (f"{column.sql_type} '{year}-01-01'" for year in (YEARS[0], YEARS[1] + 1))
    return f"CASE WHEN {read} >= {first} AND {read} < {after} THEN {read} END"


def after_sql(column: Column, contract: Contract, meanings: Meanings) -> dict[str, str]:
    """What stands beside a typed cell, by name: its moment in UTC, and the text of a cell that is there and could not be
    read or is not known, NULL where all is well."""
    text, name = f"text_{column.name}", column.name
    if column.person:
        return {}
    if name in meanings.names:
        return {f"unknown_{name}": f"CASE WHEN {name} IS NULL THEN {text} END"}
    if column.type == "text":
        return {}
    beside, missing = {}, f"{name} IS NULL"
    if column.type == "timestamp":
        beside[f"{name}_utc"] = utc_sql(name, "lookup_offsets", "lookup_ends")
    if column.type in ("date", "timestamp") and contract.format.end_of_time:
        # The end-of-time years by which HR systems say "still so".
        year = f"year(read_{name})"
        still = " AND ".join(f"{year} <> {int(each)}" for each in contract.format.end_of_time)
        missing += f" AND coalesce({still}, true)"
    there = f"{text} IS NOT NULL AND {missing} AND {is_filled(trimmed(text), contract)}"
    return beside | {f"unread_{name}": f"CASE WHEN {there} THEN {text} END"}


def odd_of(column: Column, meanings_names: bool) -> str | None:
    """The column that holds the text of this one's cells that could not be read or are not known."""
    if column.person:
        return None
    if meanings_names:
        return f"unknown_{column.name}"
    return None if column.type == "text" else f"unread_{column.name}"


def loose_sql(text: str) -> str:
    """A name as names of units are compared: case and the number of spaces make no difference."""
    return f"lower(CASE WHEN contains({text}, '  ') THEN regexp_replace({text}, ' +', ' ', 'g') ELSE {text} END)"


def looked_up(name: str, text: str) -> str:
    """What the lookup of a column says to a text; NULL where it does not know it.

    A cast that fails is dear (DuckDB looks for what else may have been meant), so only what may be there is cast.
    """
    bits = f"lookup_{name}_bits"
    there = f"get_bit({bits}, (hash({text}) % bit_length({bits})::UBIGINT)::INTEGER) = 1"
    said = f"list_extract(lookup_{name}, enum_code(try_cast({text} AS lookup_{name}))::INTEGER + 1)"
    return f"CASE WHEN {text} IS NOT NULL AND {there} THEN {said} END"


def trimmed(text: str) -> str:
    return f"trim({text}, '{EDGES}')"


def missing_words(contract: Contract) -> list[str]:
    return list(dict.fromkeys(["", *contract.format.missing]))


def null_words(contract: Contract, table: Table) -> list[str]:
    """Of the words that mean missing those that DuckDB's reader of CSV can be told: none in which what cuts a file stands."""
    return [word for word in missing_words(contract) if not set(word) & {'"', table.delimiter, "\n", "\r", "\0"}]


def is_filled(text: str, contract: Contract) -> str:
    """No IN of many words: DuckDB makes a join of it, which costs more and need not keep the rows in their order."""
    return " AND ".join(f"{text} <> {quoted_text(word)}" for word in missing_words(contract))


# ---- by type -------------------------------------------------------------------------------------------------------


def _number(column: Column) -> str:
    text = _plain_number(column)
    return f"coalesce(try_cast({text} AS DOUBLE), try_cast({trimmed(text)} AS DOUBLE))"


def _plain_number(column: Column) -> str:
    """The text without the marks between thousands, and with a decimal point."""
    text = f"text_{column.name}"
    if not column.thousands:
        return text
    # Only marks that stand where thousands do are taken out: 1,5 is not fifteen.
    point = "," if column.thousands == "." else "."
    marks = {" ": " \u00a0\u202f", "'": "''’"}.get(column.thousands, column.thousands)
    tidy = trimmed(text)
    grouped = f"regexp_full_match({tidy}, '[-+]?[0-9]{{1,3}}([{marks}][0-9]{{3}})+([{point}][0-9]+)?')"
    plain = f"regexp_replace({tidy}, '[{marks}]', '', 'g')"
    if point == ",":
        return (
            f"CASE WHEN regexp_full_match({tidy}, '[-+]?[0-9]+(,[0-9]+)?') THEN replace({tidy}, ',', '.') "
            f"WHEN {grouped} THEN replace({plain}, ',', '.') END"
        )

    def marked(words: str) -> str:
        return f"contains({words}, '{marks}')" if len(marks) == 1 else f"regexp_matches({words}, '[{marks}]')"

    return (
        f"CASE WHEN NOT {marked(text)} THEN {text} WHEN {grouped} THEN {plain} WHEN NOT {marked(tidy)} THEN {tidy} END"
    )


def _moment(column: Column) -> str:
    iso = ISO_DATES if column.type == "date" else ISO_MOMENTS
    listed = quoted_texts([*column.formats, *iso])
    text = f"text_{column.name}"
    return f"coalesce(try_strptime({text}, [{listed}]), try_strptime({trimmed(text)}, [{listed}]))::{column.sql_type}"


def _yes_no(column: Column) -> str:
    pairs = {
        word.lower(): str(spelling == "yes").lower()
        for spelling, usual in YES_NO.items()
        for word in (*column.spellings.get(spelling, ()), *usual)
    }

    cases = " ".join(f"WHEN {quoted_text(word)} THEN {means}" for word, means in pairs.items())

    return f"CASE lower(text_{column.name}) {cases} END"


def _spelled(column: Column) -> str:
    text = f"text_{column.name}"
    pairs = {other.lower(): spelling for spelling, others in column.spellings.items() for other in (spelling, *others)}
    if not pairs:
        return text
    means = ", ".join(f"{quoted_text(other)}: {quoted_text(spelling)}" for other, spelling in pairs.items())
    lengths = [len(other.encode()) for other in pairs]
    fits = f"strlen({text}) BETWEEN {min(lengths)} AND {max(lengths)}"
    return f"CASE WHEN {fits} THEN coalesce(MAP {{{means}}}[lower({text})], {text}) ELSE {text} END"
