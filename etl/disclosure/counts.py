"""Tells how many rows arrived where rows may be people: to the nearest 5, and no number below 11.

The rows of a monthly file of leavers are the leavers, and the rows of a name that nobody knows are a small team's absences. So a
release holds of such sources rounded numbers; NULL stands for few: fewer than 11, or a number beside which one of fewer than 11
could be worked out. Exact ones stay in the receipts, on the engine's side (docs/disclosure.md).

A number is left out by what is told of the others alone, so that it says nothing that it is left out.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

MIN_ROWS = 11  # fewer are not told
ROUNDED_TO = 5
MIN_DOUBT = 5  # rows by which a number that is not told may be another, where its company is told
NEARLY_ALL = 20  # rows: what is that close to the whole of a hundred or more is told as the whole
FEW_IN_A_SUM = 5  # rows that stand in a sum for a number that is not told
CUT_SHORT = re.compile(r" is empty; nothing| has headings and no rows; nothing| stops in the middle of line \d")
LEFT_OUT = {"is an empty row", "is a totals row", "repeats an earlier row"}  # reasons that no row is set aside for
COUNTED = re.compile(r"\b\d[\d,]*(?= (?:rows?|of its dates|do not)\b)")
Receipt = Any  # etl.intake.keep's, which stands above; or one with told numbers in the place of its own


class Unaccounted(Exception):
    """A receipt's rows do not add up; nothing is published of numbers that are wrong."""


@dataclass(frozen=True)
class Count:
    """A number as it is told (None: few), and what a reader who knows these rules learns of it: at least, at most."""

    number: int
    told: int | None
    low: int
    high: int
    over: int = 0  # of what is told as the rest of a whole: at most so many of `low` to `high` are not of it


@dataclass(frozen=True)
class Account:
    """What became of the rows of one file, told so that nothing few can be worked out."""

    read: Count
    accepted: int | None
    set_aside: Count
    left_out: Count


def rounded(number: int, listed: int = 0) -> Count:
    """One number by itself. Where so many things are `listed` that each have a row of it, few goes up to as many more: else
    ten names of ten rows would have one each."""
    least = max(MIN_ROWS, listed + MIN_ROWS - 1)
    if number < least:
        return Count(number, None, 0, least - 1)
    told = nearest(number)
    return Count(number, told, max(least, told - 2), told + 2)


def nearest(number: int) -> int:
    return (number + ROUNDED_TO // 2) // ROUNDED_TO * ROUNDED_TO


def account(read: int, set_aside: int, left_out: int, listed: int = 0) -> Account:
    """Rows read are rounded, and the two smaller of their three parts; the largest is what remains of the rounded ones, so
    that nothing is told twice. Where no part is large enough to leave the others in doubt, no part is told but that it is none.

    That no row is set aside is told: it says nothing of anybody. That none was read or accepted is few: nobody left.
    """
    accepted = read - set_aside - left_out
    whole, aside, out = rounded(read, listed), _some(set_aside, listed), _some(left_out, listed)
    least, few = max(MIN_ROWS, listed + MIN_ROWS - 1), MIN_ROWS - 1
    if whole.told is not None and whole.low - aside.high - out.high >= least:
        return Account(whole, whole.told - _in_a_sum(aside.told) - _in_a_sum(out.told), aside, out)
    if accepted <= few and whole.low - few - out.high >= least:
        rest = Count(
            set_aside, whole.told - _in_a_sum(out.told) - FEW_IN_A_SUM, whole.low - out.high, whole.high - out.low, few
        )
        return Account(whole, None, rest, out)
    if accepted <= few and not aside.told and whole.low - few - aside.high >= least:
        rest = Count(
            left_out,
            whole.told - _in_a_sum(aside.told) - FEW_IN_A_SUM,
            whole.low - aside.high,
            whole.high - aside.low,
            few,
        )
        return Account(whole, None, aside, rest)
    parts = (Count(each.number, None, 1, whole.high) if each.number else each for each in (aside, out))
    return Account(whole, None, *parts)


def _some(number: int, listed: int) -> Count:
    """Of something that may well be none: then it is told."""
    if not number:
        return Count(0, 0, 0, 0)
    count = rounded(number, listed)
    return Count(number, count.told, max(1, count.low), count.high)


def beside(numbers: Sequence[int], whole: Count) -> list[int | None]:
    """Of numbers above nought that make up a whole, or overlap in it: each as it is told, or all as few where what is told of
    the others would leave too little doubt about one, or about the rows that the whole itself leaves over."""
    if not whole.told:
        return [None] * len(numbers)
    if [*numbers] == [whole.number]:
        return [whole.told]
    counts = [_beside(number, whole) for number in numbers]
    over = [Count(0, None, 0, whole.over)] if whole.over else []
    return [count.told for count in counts] if _in_doubt([*counts, *over], whole) else [None] * len(counts)


def _beside(number: int, whole: Count) -> Count:
    if number < MIN_ROWS:
        return Count(number, None, 1, MIN_ROWS - 1)
    if number == whole.number:
        return Count(number, whole.told, max(MIN_ROWS, whole.low - whole.over), whole.high)
    if whole.told >= 100 and whole.high - whole.low < 2 * NEARLY_ALL and number > whole.told - NEARLY_ALL:
        return Count(number, whole.told, whole.told - NEARLY_ALL + 1, whole.high)
    return rounded(number)


def _in_doubt(counts: Sequence[Count], whole: Count) -> bool:
    """Whether each that is few may be small or large, be the numbers apart from one another or rows of the same."""
    lows, highs = sum(count.low for count in counts), sum(count.high for count in counts)
    most = max((count.low for count in counts if count.told is not None), default=0)
    few = [count for count in counts if count.told is None]
    apart = lows <= whole.high  # else some are surely rows of the same
    for count in few:
        high = whole.high - most - (len(few) - 1)
        if apart:
            high = min(high, whole.high - (lows - count.low))
        if high < 1 + MIN_DOUBT or whole.low - (highs - count.high) > MIN_ROWS - 1 - MIN_DOUBT:
            return False
    return True


def total(counts: Iterable[int | None]) -> int | None:
    """The sum of numbers as they are told: it tells nothing more, for each that is few counts as 5."""
    counts = list(counts)
    added = sum(map(_in_a_sum, counts))
    return None if None in counts and added < MIN_ROWS - 1 else added


def _in_a_sum(told: int | None) -> int:
    return FEW_IN_A_SUM if told is None else told


def about(number: int | None) -> str:
    return "few" if number is None else f"about {number:,}"


# ---- receipts as a release tells them -------------------------------------------------------------------------------------


def expect_accounted(receipts: Iterable[Receipt]) -> None:
    """Looks at the exact numbers, which a release does not hold. Raises Unaccounted."""
    for each in receipts:
        if each.rows_read != each.rows_accepted + each.rows_quarantined + each.rows_left_out:
            raise Unaccounted(
                f"{each.file}: the rows read are not those accepted, set aside and left out by contract. Nothing was published; "
                "the last release stays."
            )


def as_told(receipt: Receipt) -> Receipt:
    """The receipt of a file whose rows may be people, with numbers and sentence as a release may tell them."""
    if receipt.outcome != "accepted":
        expectations = [
            each | {"unexpected": rounded(each["unexpected"]).told if each["unexpected"] else 0}
            for each in receipt.expectations
        ]
        return replace(receipt, sentence=_refusal(receipt), expectations=expectations)
    told = _account(receipt)
    rows = [each["rows"] for each in receipt.set_aside]
    out = [each["reason"] in LEFT_OUT for each in receipt.set_aside]
    reasons: dict[bool, list[int | None]] = {
        which: beside([number for number, left in zip(rows, out, strict=True) if left is which], whole)
        for which, whole in ((False, told.set_aside), (True, told.left_out))
    }
    as_rows = {which: iter(numbers) for which, numbers in reasons.items()}
    set_aside = [each | {"rows": next(as_rows[left])} for each, left in zip(receipt.set_aside, out, strict=True)]
    known = {each["rows"]: other["rows"] for each, other in zip(receipt.set_aside, set_aside, strict=True)}
    return replace(
        receipt,
        rows_read=told.read.told,
        rows_accepted=told.accepted,
        rows_quarantined=told.set_aside.told,
        rows_left_out=told.left_out.told,
        sentence=_sentence(told),
        set_aside=set_aside,
        expectations=[each | {"unexpected": _unexpected(each, known, told)} for each in receipt.expectations],
    )


def names_as_told(receipts: Iterable[Receipt]) -> dict[str, int | None]:
    """Each name of a unit that nobody knew in a source's files, and its rows as they may be told; from exact receipts."""
    receipts = [each for each in receipts if each.outcome == "accepted" and each.rows_quarantined]
    parts = [_account(each).set_aside for each in receipts]
    whole = Count(
        sum(part.number for part in parts),
        total(part.told for part in parts),
        sum(part.low for part in parts),
        sum(part.high for part in parts),
    )
    rows = names(receipts)
    return dict(zip(rows, beside(list(rows.values()), whole), strict=True))


def names(receipts: Iterable[Receipt]) -> dict[str, int]:
    """The same, exactly."""
    rows: dict[str, int] = {}
    for each in receipts:
        for name, number in each.unknown_names.items():
            rows[name] = rows.get(name, 0) + number
    return rows


def _account(receipt: Receipt) -> Account:
    listed = max(len(receipt.unknown_names), len(receipt.set_aside))
    return account(receipt.rows_read, receipt.rows_quarantined, receipt.rows_left_out, listed)


def _unexpected(expectation: dict[str, Any], known: dict[int, int | None], told: Account) -> int | None:
    """Of what sets rows aside as many as its reason has; of what is noted, as many beside all rows read."""
    number = expectation["unexpected"]
    if not number:
        return 0
    if expectation["severity"] == "info":
        return _beside(number, told.read).told if told.read.told else None
    return known.get(number)


def _sentence(told: Account) -> str:
    read = f"{about(told.read.told)} rows"
    if not told.set_aside.number and not told.left_out.number:
        return f"All of {read} accepted."
    parts = [f"{about(told.accepted)} of {read} accepted"]
    parts += [f"{about(told.set_aside.told)} set aside"] * bool(told.set_aside.number)
    parts += [f"{about(told.left_out.told)} left out as its contract says"] * bool(told.left_out.number)
    said = ", ".join(parts)
    return f"{said[:1].upper()}{said[1:]}."


def _refusal(receipt: Receipt) -> str:
    """Why a file was refused, without exact numbers of rows; whether it held none or was cut short is not told apart, for none
    says that nobody left."""
    if CUT_SHORT.search(receipt.sentence.removeprefix(receipt.file)):
        return f"{receipt.file} is empty or was cut short: export it again. `python -m etl receipts` says which."
    return COUNTED.sub(lambda number: about(rounded(int(number[0].replace(",", ""))).told), receipt.sentence)
