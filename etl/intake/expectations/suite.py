"""Says what is expected of an extract as native Great Expectations records, each with the words that a reader sees."""

from typing import Any

from etl.config.contracts import Contract
from etl.intake.cell_sql import odd_of
from etl.intake.conform import Conformed

READS_AS = {
    "number": "a number",
    "whole_number": "a whole number",
    "date": "a date",
    "timestamp": "a date and time",
    "yes_no": "yes or no",
}


def record(kind: str, heading: str, about: str, reason: str, why: str, **kwargs: Any) -> dict[str, Any]:
    """An expectation as a native record, with the words a reader sees."""
    meta = {"about": about, "heading": heading, "reason": reason, "why": why}
    return {"type": f"expect_column_values_to_{kind}", "kwargs": kwargs, "severity": "warning", "meta": meta}


def of_privacy(
    contract: Contract, conformed: Conformed, given_away: dict[str, tuple[str, ...]]
) -> list[dict[str, Any]]:
    """Of each column of text that it names no person by shape; of the others only where something was found in them."""
    records = []
    for column in contract.columns:
        if column.name not in conformed.headings or column.person:
            continue
        if column.type != "text" and column.name not in given_away:
            continue
        heading = conformed.headings[column.name]
        given = record(
            "be_null",
            heading,
            f"No {heading} holds an NHS number, a National Insurance number or an e-mail address",
            "looks like a person's own",
            "What names a person is never loaded, and nothing of a file that holds it is kept.",
            column=f"private_{column.name}",
        )
        shapes = " and ".join(given_away.get(column.name, ()))
        given["meta"]["hint"] = f"{heading} holds {shapes}. Nothing of the file was kept; export it again without."
        records.append(given | {"severity": "critical"})
    return records


def of_contract(contract: Contract, conformed: Conformed) -> list[dict[str, Any]]:
    """What the contract says, as native records, each with the words a reader sees."""
    records = []
    for column in contract.columns:
        if column.name not in conformed.headings:
            continue
        heading = conformed.headings[column.name]
        if column.type in READS_AS:
            records.append(
                record(
                    "be_null",
                    heading,
                    f"Every {heading} is {READS_AS[column.type]}",
                    f"is not {READS_AS[column.type]}",
                    "A cell that cannot be read is not zero: its row is set aside until it is mended.",
                    column=f"unread_{column.name}",
                )
            )
        if not column.optional:
            records.append(
                record(
                    "not_be_null",
                    heading,
                    f"Every {heading} is filled in",
                    "is empty",
                    "Without it the row cannot be placed or counted.",
                    column=f"filled_{column.name}" if odd_of(column, column.name in conformed.named) else column.name,
                )
            )
        if column.allowed:
            records.append(
                record(
                    "be_in_set",
                    heading,
                    f"Every {heading} is one of {', '.join(column.allowed)}",
                    "is not one of the allowed words",
                    "A new word may mean a new thing, which somebody should decide how to count.",
                    column=column.name,
                    value_set=list(column.allowed),
                )
            )
        if column.weekday_of in conformed.headings:
            date = conformed.headings[column.weekday_of]
            records.append(
                record(
                    "be_null",
                    heading,
                    f"Every {heading} is the weekday of {date}",
                    f"is not the weekday of {date}",
                    "Either the date is wrong, or day and month of it have changed places.",
                    column=f"other_weekday_{column.name}",
                )
            )
        if column.name in conformed.named:
            records.append(
                record(
                    "be_null",
                    heading,
                    f"Every {heading} is known to {column.refers_to}",
                    "is not known",
                    "A name nobody knows cannot be placed: list it among the names by system and it is taken again.",
                    column=f"unknown_{column.name}",
                )
            )
    if not contract.key:
        return records
    headings = " and ".join(conformed.headings[name] for name in contract.key if name in conformed.headings)
    records.append(
        record(
            "be_null",
            headings,
            f"No two rows agree in {headings} and differ in what they say",
            "stands twice with different figures",
            "One of the two is wrong and nothing says which; counting both would count the same thing twice.",
            column="conflict",
        )
    )
    return records


def of_suite(contract: Contract, conformed: Conformed) -> list[dict[str, Any]]:
    records = []
    for given in contract.suite:
        columns = [
            value for key, value in given["kwargs"].items() if key.startswith("column") and isinstance(value, str)
        ]
        columns = columns or list(filter(None, [given["meta"].get("column")]))  # where a query says it, meta.column
        heading = " and ".join(conformed.headings.get(name, name) for name in columns)
        says = given["meta"].get("says", "is not as expected")
        about = given["meta"].get("about") or f"No {heading} {says}"
        first = conformed.headings.get(columns[0], columns[0]) if columns else ""
        records.append(given | {"meta": given["meta"] | {"about": about, "heading": first, "reason": says}})
    return records
