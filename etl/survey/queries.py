"""Writes the two facts that every questionnaire shares as core queries: `core.survey_answer` and `core.survey_result`.

Extracts are wide, a column an item, and which items there are is data. So these two are not files of `sql/core` but are
written from the questionnaires; everything after them is.
"""

import datetime as dt
from collections.abc import Mapping

from etl.config.contracts import Contract
from etl.config.questionnaire import CANNOT_SAY, HIGHEST, Questionnaire
from etl.quoting import quoted_text

ANSWERS, RESULTS = "survey_answer", "survey_result"
NO_ANSWERS = """SELECT
    CAST(NULL AS VARCHAR) AS survey,
    CAST(NULL AS DATE) AS wave,
    CAST(NULL AS BIGINT) AS sheet,
    CAST(NULL AS VARCHAR) AS team,
    CAST(NULL AS VARCHAR) AS item,
    CAST(NULL AS VARCHAR) AS part,
    CAST(NULL AS VARCHAR) AS construct,
    CAST(NULL AS DOUBLE) AS score
WHERE FALSE"""
NO_RESULTS = """SELECT
    CAST(NULL AS VARCHAR) AS survey,
    CAST(NULL AS DATE) AS month,
    CAST(NULL AS VARCHAR) AS unit,
    CAST(NULL AS VARCHAR) AS question,
    CAST(NULL AS DOUBLE) AS value,
    CAST(NULL AS BIGINT) AS answered
WHERE FALSE"""
Made = Mapping[str, Mapping[dt.date, dt.date]]  # survey: wave's month: the day its extract was made


def queries(contracts: dict[str, Contract], as_of: dt.date = dt.date.max, made: Made | None = None) -> dict[str, str]:
    """The two queries by name. Of a wave that was not over by `as_of`, or whose extract was `made` before it was over,
    there are no answers: a survey is shown once, after it has closed."""
    answers = [
        _answers(name, contract, contract.asks, as_of, (made or {}).get(name))
        for name, contract in contracts.items()
        if contract.asks
    ]
    results = [
        _results(name, contract.questionnaire)
        for name, contract in contracts.items()
        if contract.questionnaire and not contract.asks
    ]
    return {
        ANSWERS: "\nUNION ALL\n".join([NO_ANSWERS, *answers]),
        RESULTS: "\nUNION ALL\n".join([NO_RESULTS, *results]),
    }


def waves_made(contracts: dict[str, Contract], counted: dict[str, list]) -> Made:
    """When the extract of each wave was made, by survey; `counted` gives the files that count, as `model.parts` does."""
    return {
        name: {
            dt.date.fromisoformat(month): dt.date.fromisoformat(part.receipt.extracted_on)
            for part in counted[name]
            for month in part.months or part.receipt.months
        }
        for name, contract in contracts.items()
        if contract.asks
    }


def _answers(
    name: str, contract: Contract, asked: Questionnaire, as_of: dt.date, made: Mapping[dt.date, dt.date] | None
) -> str:
    cases, items = [], []
    for question in asked.questions:
        cell = f"CAST(CASE WHEN sheet.{question.column} <> {quoted_text(CANNOT_SAY)} THEN sheet.{question.column} END AS DOUBLE)"
        score = f"{HIGHEST} - {cell}" if question.reversed else cell
        cases.append(f"            WHEN {quoted_text(question.code)} THEN {score}")
        part, _, construct = question.construct.partition(".")
        items.append(f"            ({quoted_text(question.code)}, {quoted_text(part)}, {quoted_text(construct)})")
    waves = f"core.survey_period WHERE closed < DATE '{as_of.isoformat()}'"
    if made is not None:
        days = [f"(wave = DATE '{month}' AND closed <= DATE '{day}')" for month, day in sorted(made.items())]
        waves += f" AND ({' OR '.join(days) or 'FALSE'})"
    return f"""SELECT
    {quoted_text(name)} AS survey,
    sheet.month AS wave,
    sheet.sheet,
    sheet.{asked.team} AS team,
    item.item,
    item.part,
    item.construct,
    CASE item.item
{chr(10).join(cases)}
    END AS score
FROM (
    SELECT *, row_number() OVER (PARTITION BY month ORDER BY {asked.team}) AS sheet
    FROM source.{name}
) AS sheet
CROSS JOIN (
    VALUES
{f",{chr(10)}".join(items)}
) AS item (item, part, construct)
WHERE sheet.month IN (SELECT wave FROM {waves})"""


def _results(name: str, asked: Questionnaire) -> str:
    values, bases, codes = [], [], []
    for question in asked.questions:
        value = f"returned.{question.column}"
        value = f"CAST(replace({value}, '%', '') AS DOUBLE)" if asked.per_cent_sign else value
        values.append(f"        WHEN {quoted_text(question.code)} THEN {value}")
        if question.base:
            bases.append(f"        WHEN {quoted_text(question.code)} THEN returned.{question.column}_answered")
        codes.append(f"    ({quoted_text(question.code)})")
    answered = f"CASE asked.question\n{chr(10).join(bases)}\n    END" if bases else "CAST(NULL AS BIGINT)"
    return f"""SELECT
    {quoted_text(name)} AS survey,
    returned.month,
    returned.{asked.team} AS unit,
    asked.question,
    CASE asked.question
{chr(10).join(values)}
    END AS value,
    {answered} AS answered
FROM source.{name} AS returned
CROSS JOIN (VALUES
{f",{chr(10)}".join(codes)}
) AS asked (question)"""
