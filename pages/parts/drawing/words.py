"""The words and numbers on screen: plain English, one way to write each thing, no name that can do harm."""

import datetime as dt
import re
from collections.abc import Iterable
from typing import Any

NBSP = "\u00a0"
JOINER = "\u2060"
MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
SHORT = ("Jan", "Feb", "Mar", "Apr", "May", "June", "July", "Aug", "Sept", "Oct", "Nov", "Dec")
COUNTS = (
    "No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten", "Eleven", "Twelve",
)  # fmt: skip
PURPOSE = (
    "Kinship is for conversations about conditions. "
    "It must not be used for disciplinary, absence-trigger or appraisal purposes."
)
PROTECTED = "Not shown, to protect people."


def plain(text: object) -> str:
    """Text from data, made safe inside markdown: it reads exactly as written and can be nothing but words.

    Every sign that could be markup is escaped. Addresses are found by markdown even so: an invisible joiner in their
    middle keeps them words too.
    """
    safe = re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", re.sub(rf"[^\S{NBSP}]+", " ", str(text)).strip())
    return re.sub(r"(?i)(https?|www)(?=\\)|(?=\\@)", rf"\1{JOINER}", safe)


def bare(markdown: str) -> str:
    """What `plain` made safe, as it was written: for paper, where nothing is markup."""
    return re.sub(r"\\(.)", r"\1", markdown).replace(JOINER, "")


def month(of: dt.date) -> str:
    """October 2026"""
    return f"{MONTHS[of.month - 1]} {of.year}"


def short_month(of: dt.date) -> str:
    """Oct 2026"""
    return f"{SHORT[of.month - 1]} {of.year}"


def day(of: dt.date) -> str:
    """31 October 2026"""
    return f"{of.day} {month(of)}"


def short_day(of: dt.date | None) -> str:
    """31 Oct 2026"""
    return f"{of.day} {short_month(of)}" if of else "–"


def moment(utc: dt.datetime, zone: dt.tzinfo = dt.UTC) -> str:
    """9 November 2026, 06:10, on the reader's clock; the word UTC is added where that is the clock."""
    there = (utc if utc.tzinfo else utc.replace(tzinfo=dt.UTC)).astimezone(zone)
    return f"{day(there)}, {there:%H:%M}{' UTC' if zone is dt.UTC else ''}"


def count(number: int) -> str:
    """Seven; 13"""
    return COUNTS[number] if number < len(COUNTS) else f"{number:,}"


def sentence(text: str) -> str:
    """The same words with a capital at the front."""
    return text[:1].upper() + text[1:]


def many(number: int, one: str, more: str | None = None) -> str:
    """1 row; 61,380 rows"""
    return f"{number:,} {one if number == 1 else more or one + 's'}"


def rows(number: int | None, published: bool, what: str = "") -> str:
    """61,380 rows, of data that is already public; of other data, whose rows may be people, about 61,380 rows, or few rows. An
    older release holds exact numbers: they are rounded here."""
    if published and number is not None:
        told = f"{number:,}"
    elif number == 0:
        told = "0"
    elif number is None or number < 10:
        told = "few"
    else:
        told = f"about {(number + 2) // 5 * 5:,}"
    return f"{told} {what if told == '1' else what + 's'}" if what else told


def listed(parts: Iterable[str]) -> str:
    """a, b and c"""
    *most, last = list(parts) or [""]
    return f"{', '.join(most)} and {last}" if most else last


def places(values: Iterable[float | None]) -> int:
    """How many decimals a set of published values carries, two at most, so that all are written alike."""
    held = {len(f"{value:.2f}".rstrip("0").partition(".")[2]) for value in values if value is not None}
    return max(held, default=0)


def figure(value: float, decimals: int) -> str:
    """−61,380.5, with a true minus sign"""
    return f"{value:,.{decimals}f}".replace("-", "−")


def quantity(value: float, unit: str, decimals: int) -> str:
    """5.33 % or 8.05 hours per patient day"""
    return f"{figure(value, decimals)}{NBSP}{unit}"


def reach(row: dict[str, Any], decimals: int) -> str:
    """5.33, or 0 to 1 where a number is told as the step that it lies in: its middle is no number that was counted."""
    if row.get("low") is None or row.get("high") is None:
        return figure(row["value"], decimals)
    decimals = places([row["low"], row["high"]])
    return f"{figure(row['low'], decimals)} to {figure(row['high'], decimals)}"


def measured(row: dict[str, Any], unit: str, decimals: int) -> str:
    """5.33 %, or 0 to 1 %"""
    return f"{reach(row, decimals)}{NBSP}{unit}"


def quality(source: dict[str, Any]) -> str:
    """What one source's checks said, and how many of its rows were set aside."""
    if not source["files"]:
        return f"{plain(source['title'])}, nothing collected yet"
    told = [f"{many(source['passed'], 'check')} passed"]
    told += [f"{source['set_rows_aside']:,} set rows aside"] if source["set_rows_aside"] else []
    told += [f"{source['noted']:,} noted"] if source["noted"] else []
    aside = "none" if source["rows_quarantined"] == 0 else rows(source["rows_quarantined"], source["published"])
    read = rows(source["rows_read"], source["published"], "row")
    return f"{plain(source['title'])}, {', '.join(told)}; {aside} of {read} set aside"
