"""What a build does about surveys: which facts and figures it adds, what it says of them, and what it publishes."""

import datetime as dt
from typing import Any

import duckdb

from etl.config import indicators as indicator_files
from etl.config.contracts import Contract
from etl.config.indicators import Indicator
from etl.config.settings import DisclosureRules
from etl.disclosure import survey as disclosure
from etl.disclosure.scores import Scale, scale_of
from etl.paths import SQL
from etl.survey import frames, lead, queries, score


def behind() -> dict[str, Indicator]:
    """What is counted like an indicator and never shown as a number: how many answered, and the circle as a whole."""
    return indicator_files.load(SQL / "survey")


def facts(contracts: dict[str, Contract], as_of: dt.date, counted: dict[str, list]) -> dict[str, str]:
    """The core queries that are written from the questionnaires."""
    return queries.queries(contracts, as_of, queries.waves_made(contracts, counted))


def told_in_waves(indicators: dict[str, Indicator]) -> list[str]:
    return [name for name, indicator in indicators.items() if indicator.refresh == "wave"]


def told_to(con: duckdb.DuckDBPyConnection, as_of: dt.date) -> dt.date | None:
    """The last day for which surveys may be told: R9 of docs/disclosure.md."""
    waves = con.execute("SELECT wave, closed FROM core.survey_period").fetchall()
    return disclosure.told_to((disclosure.Wave(*wave) for wave in waves), as_of)


def scales(con: duckdb.DuckDBPyConnection, contracts: dict[str, Contract]) -> dict[dt.date, Scale]:
    """What answers were offered, by wave: the fewer there are, the more a mean tells."""
    surveys = con.execute("SELECT DISTINCT wave, survey FROM core.survey_sheet").fetchall()
    return {wave: scale_of(contracts[survey].questionnaire.options) for wave, survey in surveys}


def say(
    con: duckdb.DuckDBPyConnection,
    indicators: dict[str, Indicator],
    rules: DisclosureRules,
    offered: dict[dt.date, Scale],
) -> None:
    """Once figures are protected and signals found: intervals, changes, frames, what goes before, and results of others."""
    score.score(con, indicators, rules.restate, rules.min_num, offered)
    circle = [name for name, each in indicators.items() if each.family == lead.KINDNESS and each.refresh == "wave"]
    frames.lay_out_whole(con, circle, rules.min_num)
    frames.lay_out_pressure(con)
    frames.frame(con)
    lead.lay_out(con, indicators)
    con.execute("""
        CREATE TABLE survey_result AS
        SELECT survey, unit, month, question, round(value, 2) AS value, answered
        FROM core.survey_result
        SEMI JOIN unit_level USING (unit)
        WHERE value IS NOT NULL
    """)


def meta(contracts: dict[str, Contract]) -> dict[str, list[dict[str, Any]]]:
    """What was asked, for `meta.survey` and `meta.question`."""
    asked = {name: contract.questionnaire for name, contract in contracts.items() if contract.questionnaire}
    return {
        "meta.survey": [
            {
                "survey": name,
                "kind": each.kind,
                "title": each.title,
                "validated": each.validated,
                "note": each.note,
            }
            for name, each in asked.items()
        ],
        "meta.question": [
            {
                "survey": name,
                "question": question.code,
                "place": place,
                "wording": question.text,
                "indicator": question.construct,
                "reversed": question.reversed,
            }
            for name, each in asked.items()
            for place, question in enumerate(each.questions, 1)
        ],
    }


def waiting(con: duckdb.DuckDBPyConnection, contracts: dict[str, Contract]) -> list[dict[str, Any]]:
    """Waves of which there are answers and nobody has said when they were open: nothing of them is shown until then."""
    found = []
    for name, contract in contracts.items():
        if contract.asks:
            rows = con.execute(f"""
                SELECT month, count(*) FROM source.{name}
                WHERE month NOT IN (SELECT wave FROM core.survey_period)
                GROUP BY month
                ORDER BY month
            """).fetchall()
            found += [
                {"source": name, "name": f"wave {month:%Y-%m}, not in survey_waves", "rows": count}
                for month, count in rows
            ]
    return found
