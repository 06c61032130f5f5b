"""How large the parts of an extract may be: what is larger is no table, and would fill memory, a page or a sentence."""

MAX_LINE_BYTES = 1 << 22  # found by blocks of this size, so a line of up to twice as many bytes may pass
MAX_CELL_CHARACTERS = 1 << 22  # of a cell in quotation marks, which may span lines
MAX_HEADINGS_CHARACTERS = 1 << 20  # of all headings together
MAX_HEADING_CHARACTERS = 1_000
MAX_COLUMNS = 16_384  # a sheet of Excel's has no more
MAX_ROW_CHARACTERS = 1 << 16  # of a row that is kept though it could not be cut into cells
MAX_QUOTED_CHARACTERS = 80  # of a heading or cell that a sentence quotes
MAX_SHOWN_CHARACTERS = 200  # of a cell that `receipts --rows` shows
MAX_QUOTED_HEADINGS = 30
MAX_SENTENCE_CHARACTERS = 2_000
MAX_NAME_CHARACTERS = 200  # of a name that nobody knew
MAX_UNKNOWN_NAMES = 1_000  # of one file, those with the most rows


def shortened(text: str, most: int = MAX_QUOTED_CHARACTERS) -> str:
    """The text, or its beginning where it is longer than `most` characters."""
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def listed(texts: list[str], most: int = MAX_QUOTED_HEADINGS) -> str:
    """The texts after one another, each shortened; of many the first, and how many more there are."""
    some = ", ".join(shortened(text) for text in texts[:most])
    return some if len(texts) <= most else f"{some} and {len(texts) - most:,} more"
