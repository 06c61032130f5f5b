"""Texts that mean harm wherever they are taken for more than texts, and a strategy that puts such pieces together."""

from hypothesis import strategies as st

PIECES = [
    "'", '"', "\\", ";", "--", "$$", "\0", "\n", "\r", "\t", "\u202e", "\u2066", "\u2028", "\x1b[31m", "\x85", "%", "%s", "{}", "{batch}",
    "?", "$1", ":a", "/*", "*/", "`", "[red]", "<b>", "${x}", "é", "👩\u200d⚕️", "a", "word", " ",
]  # fmt: skip
HOSTILE = [
    "Can't say",
    "a\" OR '1'='1",
    "'); COPY (SELECT 1) TO '/tmp/planted.csv'; --",
    "\"'; CREATE TABLE planted AS SELECT 1; --",
    "'||(SELECT content FROM read_text('/etc/passwd'))||'",
    "back\\' slash",
    "$$ dollars $$",
    "two\nlines: Published release 2026-11-09a",
    "\x1b[2J\x1b[31mred",
    "over\u202eride",
    ":named %s {batch} ?",
    "x" * 10_000,
]


def texts() -> st.SearchStrategy[str]:
    """Some pieces one after another, or any text; now and then ten thousand characters."""
    pieces = st.lists(st.sampled_from(PIECES), min_size=1, max_size=6).map("".join)
    plain = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
    return st.one_of(pieces, plain, st.sampled_from(HOSTILE), pieces.map(lambda text: (text * 10_000)[:10_000]))
