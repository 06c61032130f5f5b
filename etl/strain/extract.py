"""Reads the figures that strain is judged from out of a long table in a CSV, or refuses it in a sentence; writes verdicts."""

import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pyarrow as pa
from pyarrow import csv

from etl.spc.xmr import BETTER
from etl.strain.arrays import NO_PARENT, Figures

NAMES = ("indicator", "family", "better", "unit", "parent", "month")
NUMBERS = ("numerator", "denominator", "people")
OPTIONAL = ("parent", "people")
MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])(-\d\d)?([T ].*)?")
WRONG_NUMBER = re.compile(
    r"In CSV column #(\d+): (?:Row #(\d+): )?CSV conversion error to \w+: invalid value '(.*)'", re.DOTALL
)
WRONG_WIDTH = re.compile(r"Row #(\d+): Expected (\d+) columns, got (\d+)")
MOST_CELLS = 400_000_000  # of indicators × units × months: beyond, the table would not fit into memory


class UnreadableFigures(ValueError):
    """The figures cannot be judged; the message is one sentence for the person who will mend them."""


def read(path: Path) -> tuple[Figures, np.ndarray]:
    """The figures of a CSV, and its months as it writes them; "-" is standard input. Raises UnreadableFigures."""
    name = "The table piped in" if path == Path("-") else path.name
    try:
        content = sys.stdin.buffer.read() if path == Path("-") else path.read_bytes()
    except OSError as error:
        raise UnreadableFigures(f"{path} cannot be read: {error.strerror}.") from None
    return _figures(_table(content, name), name)


def _table(content: bytes, name: str) -> pa.Table:
    """The columns asked for; texts are dictionaries, a blank text is null."""
    header = _header(content, name)
    text = pa.dictionary(pa.int32(), pa.string())
    how = csv.ConvertOptions(
        include_columns=header,
        column_types={column: text if column.strip().lower() in NAMES else pa.float64() for column in header},
        null_values=["", "NULL", "null", "NA", "NaN", "nan"],
        strings_can_be_null=True,
    )
    try:
        table = csv.read_csv(io.BytesIO(content), convert_options=how)
    except pa.ArrowInvalid:
        raise UnreadableFigures(_what_is_wrong(content, how, name)) from None
    return table.rename_columns([column.strip().lower() for column in header]).unify_dictionaries()


def _header(content: bytes, name: str) -> list[str]:
    """The headings wanted, as the file writes them."""
    try:
        first = content[: content.find(b"\n") + 1 or None].decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UnreadableFigures(f"{name} is not UTF-8; save it as CSV UTF-8.") from None
    written = [cell.strip().strip('"') for cell in first.strip().split(",")]
    columns = [cell.strip().lower() for cell in written]
    missing = [column for column in (*NAMES, *NUMBERS) if column not in columns and column not in OPTIONAL]
    if missing:
        raise UnreadableFigures(
            f"{name}, line 1: the heading {missing[0]!r} is missing; expected {','.join((*NAMES, *NUMBERS))}."
        )
    wanted = [cell for cell, column in zip(written, columns, strict=True) if column in (*NAMES, *NUMBERS)]
    if len({cell.lower() for cell in wanted}) < len(wanted):
        raise UnreadableFigures(f"{name}, line 1: a heading stands twice; expected each once.")
    return wanted


def _what_is_wrong(content: bytes, how: csv.ConvertOptions, name: str) -> str:
    """A sentence: read again in one thread, which counts the lines."""
    try:
        csv.read_csv(io.BytesIO(content), csv.ReadOptions(use_threads=False), convert_options=how)
    except pa.ArrowInvalid as error:
        said = str(error)
        if wrong := WRONG_NUMBER.search(said):
            heading = content.split(b"\n", 1)[0].decode("utf-8-sig").strip().split(",")[int(wrong[1])].strip('"')
            return f"{name}, line {wrong[2]}: {heading} is {wrong[3]!r}; expected a number such as 12.5, or blank for none."
        if wrong := WRONG_WIDTH.search(said):
            return f"{name}, line {wrong[1]}: {wrong[3]} cells; expected {wrong[2]}, as in the first line."
        if "UTF8" in said or "UTF-8" in said:
            return f"{name} is not UTF-8; save it as CSV UTF-8."
        return f"{name} is no CSV that can be read: {said.splitlines()[0]}."
    return f"{name} is no CSV that can be read."


def _figures(table: pa.Table, name: str) -> tuple[Figures, np.ndarray]:
    if not len(table):
        raise UnreadableFigures(f"{name} has no lines below its headings; expected one an indicator, unit and month.")
    indicators, indicator = _numbered(table, "indicator", name)
    units, unit = _numbered(table, "unit", name)
    months, month, written = _months(table, name)
    cells = len(indicators) * len(units) * len(months)
    if cells > MOST_CELLS:
        raise UnreadableFigures(f"{name}: {cells:,} indicators × units × months; expected no more than {MOST_CELLS:,}.")
    place = (month * len(indicators) + indicator) * len(units) + unit
    _refuse(name, _repeats(place), "this indicator, unit and month stand on an earlier line too; expected each once")
    numerator, denominator = (table[column].to_numpy().astype(float) for column in ("numerator", "denominator"))
    _refuse(name, np.isinf(numerator) | np.isinf(denominator), "the number has no end; expected a finite one")
    blank = np.isnan(numerator) | ~(denominator > 0)
    block = np.full((2, len(months) * len(indicators) * len(units)), np.nan)
    block[:, place] = np.where(blank, np.nan, [numerator, denominator])
    numerator, denominator = block.reshape(2, len(months), len(indicators), len(units))
    families = _of_indicator(table, "family", indicator, len(indicators), name)
    better = _of_indicator(table, "better", indicator, len(indicators), name)
    for wrong in np.flatnonzero(~np.isin(better, [*BETTER])):
        line = 2 + int(np.flatnonzero(indicator == wrong)[0])
        raise UnreadableFigures(
            f"{name}, line {line}: better is {str(better[wrong])!r}; expected lower, higher or neither."
        )
    figures = Figures(
        indicators,
        families,
        np.array([BETTER[way] for way in better], dtype=np.int8),
        units,
        months,
        numerator,
        denominator,
        _parents(table, units, unit, month, len(months)),
    )
    return figures, written


def _numbered(table: pa.Table, column: str, name: str) -> tuple[np.ndarray, np.ndarray]:
    """(the names in order, the number of each line's name)"""
    texts, codes = _codes(table, column)
    _refuse(name, codes < 0, f"{column} is blank; expected a name")
    names = np.unique(texts[np.unique(codes)])
    return names, np.searchsorted(names, texts)[codes]


def _codes(table: pa.Table, column: str) -> tuple[np.ndarray, np.ndarray]:
    """(the texts, each line's number among them, -1 for a blank)"""
    array = table[column].combine_chunks()
    if isinstance(array, pa.ChunkedArray):
        array = array.chunk(0)
    texts = np.array([text.strip() for text in array.dictionary.to_pylist()], dtype=str)
    codes = array.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    return (texts, codes) if len(texts) else (np.array([""]), codes)


def _months(table: pa.Table, name: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(every month from the first to the last, the number of each line's, how the file writes each: "" where it has none)"""
    texts, codes = _codes(table, "month")
    read = [MONTH.fullmatch(text) for text in texts]
    wrong = np.array([match is None for match in read])
    _refuse(name, (codes < 0) | wrong[codes], "month is {}; expected one such as 2026-03-01 or 2026-03", texts, codes)
    used = np.unique(codes)
    numbers = np.array([12 * int(match[1]) + int(match[2]) - 1 if match else 0 for match in read])
    first, last = numbers[used].min(), numbers[used].max()
    if last - first >= 1200:
        raise UnreadableFigures(f"{name}: the months run over a hundred years and more; expected fewer.")
    written = np.full(last - first + 1, "", dtype=texts.dtype)
    written[numbers[used][::-1] - first] = texts[used][::-1]
    months = np.datetime64("0000-01", "M") + np.arange(first, last + 1)
    return months, (numbers - first)[codes], written


def _of_indicator(table: pa.Table, column: str, indicator: np.ndarray, many: int, name: str) -> np.ndarray:
    """What every line of an indicator says in a column; "" for a blank family."""
    texts, codes = _codes(table, column)
    texts = np.append(texts, "")
    first = np.zeros(many, dtype=codes.dtype)
    first[indicator[::-1]] = codes[::-1]
    differs = texts[codes] != texts[first[indicator]] if (codes != first[indicator]).any() else np.zeros(1, dtype=bool)
    _refuse(name, differs, f"{column} is not what it is on this indicator's first line; expected the same on all")
    return texts[first]


def _parents(table: pa.Table, units: np.ndarray, unit: np.ndarray, month: np.ndarray, months: int) -> np.ndarray:
    """month × unit: the parent's number; of several on a month's lines, the one on the last."""
    parent = np.full((months, len(units)), NO_PARENT)
    if "parent" in table.column_names:
        texts, codes = _codes(table, "parent")
        number = {text: at for at, text in enumerate([*units, *sorted({*texts} - {*units} - {""})])} | {"": NO_PARENT}
        named = codes >= 0
        parent[month[named], unit[named]] = np.array([number[text] for text in texts])[codes[named]]
    return parent


def _repeats(place: np.ndarray) -> np.ndarray:
    order = np.argsort(place, kind="stable")
    again = np.zeros(len(place), dtype=bool)
    again[order[1:]] = np.diff(place[order]) == 0
    return again


def _refuse(
    name: str, wrong: np.ndarray, sentence: str, texts: np.ndarray | None = None, codes: np.ndarray | None = None
) -> None:
    """Raises UnreadableFigures with the first line that is wrong."""
    if wrong.any():
        at = int(np.argmax(wrong))
        if texts is not None:
            sentence = sentence.format("blank" if codes[at] < 0 else repr(str(texts[codes[at]])))
        raise UnreadableFigures(f"{name}, line {at + 2}: {sentence}.")


def write(
    figures: Figures, written: np.ndarray, verdict: np.ndarray, since: np.ndarray, because: np.ndarray, to: BinaryIO
) -> None:
    """unit, month, verdict, since, because as CSV: a line for every unit and every month that the file has."""
    kept = np.flatnonzero(written != "")
    units, months = len(figures.units), len(kept)
    unit, month = np.repeat(np.arange(units), months), np.tile(kept, units)
    began = since[month, unit]
    texts = np.where(written == "", figures.months.astype(written.dtype), written)
    csv.write_csv(
        pa.table(
            {
                "unit": pa.DictionaryArray.from_arrays(unit, figures.units).cast(pa.string()),
                "month": pa.DictionaryArray.from_arrays(month, texts).cast(pa.string()),
                "verdict": pa.array(verdict[month, unit].astype(object), pa.string()),
                "since": pa.array(np.where(began >= 0, texts[began], None), pa.string()),
                "because": pa.array([*_named(figures.indicators, because, month, unit)], pa.string()),
            }
        ),
        to,
        csv.WriteOptions(quoting_style="needed"),
    )


def _named(indicators: np.ndarray, because: np.ndarray, month: np.ndarray, unit: np.ndarray) -> Iterator[str]:
    some = because.any(axis=1)[month, unit]
    for at, told in enumerate(some.tolist()):
        yield "; ".join(indicators[because[month[at], :, unit[at]]]) if told else ""
