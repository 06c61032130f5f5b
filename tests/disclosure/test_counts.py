"""Numbers of rows that may be people: whatever a release tells of them, none under 11 follows from it."""

import itertools
import re
from collections import defaultdict
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etl.disclosure import counts
from etl.paths import PROJECT
from etl.store.receipts import Receipt

FEW, DOUBT = 11, 5  # of those fewer than 11 at least so many are possible, whatever is told


def possible(told: dict[tuple, list[set[int]]], edge: int) -> list[tuple]:
    """What leaves a number under 11 fewer than DOUBT values. A reader who knows the rules tries every number there could be: all
    that are told alike are possible; where that goes on beyond what was tried, there are more."""
    return [
        (key, values)
        for key, each in told.items()
        if not any(max(values) >= edge for values in each)
        for values in each
        if min(values) < FEW and values != {0} and len(values) < DOUBT
    ]


@pytest.mark.parametrize("listed", [0, 10])
def test_no_part_of_a_file_follows_from_the_others(listed):
    most, told = 40, defaultdict(lambda: [set(), set(), set()])
    for parts in itertools.product(range(most), repeat=3):
        each = counts.account(sum(parts), *parts[1:], listed)
        key = (each.read.told, each.accepted, each.set_aside.told, each.left_out.told)
        assert all(number is None or (number % 5 == 0 and number >= 10) for number in key[:2])
        assert all(number is None or number == 0 or (number % 5 == 0 and number >= 10) for number in key[2:])
        for values, number in zip(told[key], parts, strict=True):
            values.add(number)
    assert len(told) > 100 and possible(told, most - 1) == []


def test_nobody_is_as_few_as_ten():
    """That no row was set aside says nothing of anybody; that none was accepted says that nobody left."""
    nobody, ten = counts.account(0, 0, 0), counts.account(10, 0, 0)
    assert (nobody.read.told, nobody.accepted) == (ten.read.told, ten.accepted) == (None, None)
    assert nobody.set_aside.told == nobody.left_out.told == 0


def test_no_reason_follows_from_the_others():
    most, told = 52, defaultdict(lambda: [set(), set(), set()])  # rows read: every way to come by them is tried
    for reasons in itertools.product(range(1, most), repeat=2):
        for accepted in range(most + 1 - sum(reasons)):
            each = counts.account(sum(reasons) + accepted, sum(reasons), 0, len(reasons))
            key = (each.read.told, each.accepted, each.set_aside.told, *counts.beside(reasons, each.set_aside))
            for values, number in zip(told[key], (*reasons, accepted), strict=True):
                values.add(number)
    told = {key: values for key, values in told.items() if (key[0] or 0) + 2 <= most}
    assert len(told) > 50 and possible(told, most + 1) == []


def test_ten_names_of_ten_rows_have_not_one_each():
    """In few rows of ten names each would have one."""
    alone = replace(receipt(10, 10), unknown_names={f"Ward {number}": 1 for number in range(10)})
    several = replace(receipt(15, 15), unknown_names={f"Ward {number}": number // 7 + 1 for number in range(10)})
    assert counts.as_told(alone).rows_read is counts.as_told(several).rows_read is None
    assert counts.names_as_told([alone]) == counts.names_as_told([several]) == dict.fromkeys(alone.unknown_names)


rows = st.integers(0, 40)
files = st.lists(st.tuples(rows, st.lists(rows, max_size=4), rows), min_size=1, max_size=4)


@settings(max_examples=150)
@given(files)
def test_nothing_few_is_bounded_by_all_that_is_told_of_a_source(each_file):
    """The bounds that a reader finds from what is told of files, names and source: none holds a number under 11 to one value."""
    made = [
        replace(
            receipt(accepted + sum(names) + out, sum(names), out),
            file=f"{number}.csv",
            unknown_names={f"Ward {place}": many for place, many in enumerate(names) if many},
            set_aside=[{"heading": "Unit", "reason": "is not known", "rows": sum(names)}] * bool(sum(names)),
        )
        for number, (accepted, names, out) in enumerate(each_file)
    ]
    told, names = [counts.as_told(each) for each in made], counts.names_as_told(made)
    exact = counts.names(made)
    for each in told:
        numbers = [each.rows_read, each.rows_accepted, each.rows_quarantined, each.rows_left_out]
        numbers += [reason["rows"] for reason in each.set_aside]
        assert all(number is None or number == 0 or (number >= 10 and number % 5 == 0) for number in numbers)
    low, high = [0, 0]
    for each, whole in zip(told, made, strict=True):
        at_least, at_most = known(each.rows_quarantined, each.rows_read, len(whole.unknown_names))
        low, high = low + at_least, high + at_most
    bounds = {
        name: (1, high) if number is None else (max(11, number - 20), number + 20) for name, number in names.items()
    }
    for name, number in names.items():
        assert number is None or (number >= 10 and number % 5 == 0)
        if number is None and exact[name] < FEW:
            others = sum(bounds[other][0] for other in names if other != name)
            assert high - others >= 2, (name, names, told)
    for account in ("rows_read", "rows_accepted", "rows_quarantined", "rows_left_out"):
        numbers = [getattr(each, account) for each in told]
        assert counts.total(numbers) in (None, sum(5 if number is None else number for number in numbers))


def known(aside: int | None, read: int | None, listed: int) -> tuple[int, int]:
    """The rows that may have been set aside in a file, from what is told of it."""
    few = max(11, listed + 10) - 1
    read_most = few if read is None else read + 2
    if aside is None:
        return 1, read_most
    return (max(0, aside - 2), aside + 2) if aside else (0, 0)


def receipt(read: int, aside: int = 0, out: int = 0) -> Receipt:
    return Receipt(
        "leavers", "leavers.csv", "", "", "2026-11-01T00:00:00+00:00", 0, "2026-11-01", "accepted", f"{read} rows.",
        rows_read=read, rows_accepted=read - aside - out, rows_quarantined=aside, rows_left_out=out,
    )  # fmt: skip


def test_a_sum_tells_no_more_than_its_numbers():
    assert counts.total([]) == 0 and counts.total([0, 0]) == 0
    assert counts.total([None]) is counts.total([0, None]) is None
    assert counts.total([None, None]) == 10 and counts.total([120, None]) == 125


@pytest.mark.parametrize(
    ("sentence", "told"),
    [
        ("leavers.csv has headings and no rows; nothing was exported into it.", "empty or was cut short"),
        ("leavers.csv is empty; nothing was exported into it.", "empty or was cut short"),
        ("leavers.csv stops in the middle of line 6: it was cut short. Export it again.", "empty or was cut short"),
        ("leavers.csv is refused: “Every Unit is filled in” does not hold in 3 rows.", "does not hold in few rows."),
        ("leavers.csv is refused: “Every Unit is filled in” does not hold in 1,203 rows.", "hold in about 1,205 rows."),
        (
            "leavers.csv: … in Left (of 9 of its dates 7 do not fall on the weekday in Day).",
            "(of few of its dates few do not",
        ),
    ],
)
def test_a_refusal_names_no_few_rows(sentence, told):
    refused = replace(receipt(0), outcome="refused", sentence=sentence)
    said = counts.as_told(refused).sentence
    assert told in said and not re.search(r"(?<![\d,])[1-9](?![\d,])", said)


def test_reasons_for_leaving_out_are_those_of_the_engine():
    said = "".join(
        (PROJECT / "etl" / "intake" / name).read_text(encoding="utf-8")
        for name in ("expectations/judge.py", "conform.py")
    )
    assert all(reason in said for reason in counts.LEFT_OUT)
    assert (
        set(re.findall(r"INSERT INTO left_out SELECT row, (?:''|\?), '([^']+)'", said)) | {"is an empty row"}
        == counts.LEFT_OUT
    )


def test_rows_that_do_not_add_up_are_published_nowhere():
    wrong = replace(receipt(12), rows_accepted=11)
    with pytest.raises(counts.Unaccounted, match=r"leavers\.csv"):
        counts.expect_accounted([receipt(12), wrong])
