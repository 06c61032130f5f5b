"""Puts names and texts into SQL: the engine's only module that makes a literal or a quoted identifier.

Whatever a person typed, or a file brought, stands in a query as what these two make of it, or is bound to a parameter.
DuckDB knows no escape but the doubled quotation mark: backslashes, semicolons, `$$`, line ends and NUL are characters like any other.
"""

from collections.abc import Iterable


def quoted_text(text: str) -> str:
    """The literal that means exactly this text."""
    return "'" + text.replace("'", "''") + "'"


def quoted_texts(texts: Iterable[str]) -> str:
    """Literals with commas between them, for a list or an IN."""
    return ", ".join(quoted_text(text) for text in texts)


def quoted_name(name: str) -> str:
    """The identifier that means exactly this name of a column or table."""
    return '"' + name.replace('"', '""') + '"'
