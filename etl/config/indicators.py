"""Reads `sql/indicators/`: one file an indicator, its meaning in a header, then one SELECT."""

import datetime as dt
import re
from dataclasses import dataclass, fields, replace
from functools import cache
from pathlib import Path

import sqlglot
import yaml
from sqlglot import exp

from etl import safe_yaml
from etl.quoting import quoted_text

FAMILIES = ("cover", "time_and_rest", "absence", "staying", "room_to_think", "kindness", "hinders", "helps")
AGREEMENT = "agreement"  # the family of the shares that agree, one beside every score of a survey
SURVEYS = ("kindness", "hinders", "helps", AGREEMENT)  # the families whose figures come wave by wave
CHOICES = {
    "family": FAMILIES,
    "better": ("lower", "higher", "neither"),
    "refresh": ("monthly", "quarterly", "wave"),  # wave: whenever a survey has closed
    "disclosure": ("A", "B"),
    # What the numerator counts: it decides how an indicator may be told, whatever it is called (docs/disclosure.md).
    "counts": (
        "hours", "duties", "rosters", "posts", "absences",  # what everybody in the team sees
        "departures", "illness", "people", "answers",  # what concerns a few people
    ),
    "told_in": ("rates", "posts", "bands"),
    "status": ("draft", "live", "retired"),
}  # fmt: skip
SENSITIVE_COUNTS = (
    "illness",
    "people",
    "answers",
)  # why or how long somebody is off; who is over a limit; what they say
OPTIONAL = {"counts", "part_of", "told_in"}
# What a reader is told with a sign of change: all of it or, where no condition is counted (a survey's answers), none.
TOLD_WITH_A_SIGN = {
    "hindrance": (
        "human", "hard_to_respond", "troubled_teams", "specialisation", "bureaucracy", "leaders", "society",
    ),
    "help": ("support", "team", "services", "leadership", "management"),
    "lever": ("team", "service", "organisation", "beyond_us"),
    "harder": None,
    "could_help": None,
    "lever_is": None,
}  # fmt: skip
CHOICES |= {name: allowed for name, allowed in TOLD_WITH_A_SIGN.items() if allowed}
COLUMNS = ("team", "month", "numerator", "denominator", "people", "published")
OF_CLASS_A = (*COLUMNS, "people_in_numerator")  # others may give it too
TALLIES = ("squares", "positive", "negative", "answers")  # of surveys: what intervals and shares are made of
OF_SURVEYS = (*OF_CLASS_A, *TALLIES)
AGREE = ".agree"  # ends the name of a score's share
AGREEING = """SELECT
    team,
    month,
    CAST(denominator AS DOUBLE) * positive / answers AS numerator,
    denominator,
    people,
    published,
    CAST(denominator AS DOUBLE) * positive / answers AS people_in_numerator
FROM (
{}
) AS score"""
KINDS = {str: "words", int: "a whole number", float: "a number", bool: "true or false", dt.date: "a date"}


class BadIndicator(Exception):
    """An indicator's header or query does not say what it must; the sentence names the file."""


@dataclass(frozen=True)
class Indicator:
    """What a number means, and the query that counts it. `value = scale × numerator / denominator`."""

    indicator: str
    title: str
    family: str
    definition: str
    why_it_matters: str
    caveats: str
    unit: str
    scale: float
    better: str
    window: int
    levels: tuple[str, ...]
    refresh: str
    disclosure: str
    evidence: str
    owner: str
    next_review: dt.date
    status: str
    front: bool  # whether it is among those shown first
    sql: str
    harder: str = ""  # what may be making it harder, in a sentence
    hindrance: str = ""  # which of the seven that is
    could_help: str = ""  # what could help, in a sentence
    help: str = ""  # which of the five that is
    lever: str = ""  # who holds it
    lever_is: str = ""  # what it is, in two or three words
    place: int | None = None  # among the constructs of its file
    beside: tuple[str, ...] = ()  # of a construct: the measured conditions that speak to it
    counts: str = ""  # what the numerator counts, one of CHOICES
    part_of: tuple[str, ...] = ()  # the indicators whose numerators bound this one's: it counts part of what they count
    told_in: str = "rates"  # posts: in steps of whole posts; bands: in steps of at least ten people, everywhere

    @property
    def reads(self) -> frozenset[str]:
        """The tables of `core` (or of a source) that the query reads, read out of the SQL."""
        return tables_of(self.sql)

    @property
    def says_people_in_numerator(self) -> bool:
        """Whether the query also gives how many people make up the numerator."""
        return OF_CLASS_A[-1] in outputs_of(self.sql)

    @property
    def tallies(self) -> bool:
        """Whether the query also gives what the intervals of a survey's scores are made of."""
        return TALLIES[0] in outputs_of(self.sql)


def load(folder: Path) -> dict[str, Indicator]:
    """Every indicator by id, which is its file's name; a file of several constructs is an indicator for each, called
    <file>.<construct>. Raises BadIndicator."""
    read_of = [each for path in sorted(folder.glob("*.sql")) for each in read_all(path)]
    return {indicator.indicator: indicator for indicator in read_of}


def read_all(path: Path) -> list[Indicator]:
    """The indicators of one file: one, or one for each of its constructs. Raises BadIndicator."""
    indicator, constructs = _read(path)
    if not constructs:
        return [indicator]
    scores = [
        replace(
            indicator,
            indicator=f"{path.stem}.{name}",
            title=given["title"],
            definition=f"{given['definition']} {indicator.definition}",
            beside=tuple(given["beside"] or ()),
            place=place,
            sql=f"SELECT {', '.join(OF_SURVEYS)}\nFROM (\n{indicator.sql}\n) AS every\nWHERE construct = {quoted_text(name)}",
        )
        for place, (name, given) in enumerate(constructs.items(), 1)
    ]
    return scores + [_agreement(score) for score in scores]


def _agreement(score: Indicator) -> Indicator:
    """The share of a score's answers that agree: shown only where the score is, and in steps of ten people or more, for
    together with what they say on average a finer one would tell of few."""
    return replace(
        score,
        indicator=f"{score.indicator}{AGREE}",
        title=f"{score.title}: who agrees",
        family=AGREEMENT,
        definition=f"The share of the answers to the items of {score.title.lower()} that agree, reversed items turned round. "
        "Told as the middle of a step that stands for ten people or more; the range is that of the whole step.",
        unit="%",
        scale=100.0,
        sql=AGREEING.format(score.sql),
    )


def read(path: Path) -> Indicator:
    return _read(path)[0]


def _read(path: Path) -> tuple[Indicator, dict[str, dict]]:
    def wrong(what: str) -> BadIndicator:
        return BadIndicator(f"{path}: {what}.")

    text = path.read_text(encoding="utf-8")
    opening, mark, rest = text.partition("/*---")
    header, closing, query = rest.partition("---*/")
    if not mark or not closing or opening.strip():
        raise wrong("expected a header between /*--- and ---*/, then one SELECT")
    try:
        record = safe_yaml.load(header)
    except yaml.YAMLError as error:
        raise wrong(f"the header is not readable YAML: {' '.join(str(error).split())}") from None

    known = {f.name: f.type for f in fields(Indicator)}
    asked = set(known) - {"indicator", "sql", "place", "beside"}
    record |= {"part_of": tuple(record.get("part_of") or ())}
    constructs = record.pop("constructs", None) or {}
    needed = asked - OPTIONAL
    needed = needed if set(record) & set(TOLD_WITH_A_SIGN) else needed - set(TOLD_WITH_A_SIGN)
    if not needed <= set(record) <= asked:
        missing, strange = sorted(needed - set(record)), sorted(set(record) - asked)
        raise wrong(
            "; ".join(
                filter(
                    None,
                    [
                        missing and f"the header lacks {', '.join(missing)}",
                        strange and f"the header says {', '.join(strange)}, which means nothing here",
                    ],
                )
            )
        )
    for name, allowed in CHOICES.items():
        if name in record and record[name] not in allowed:
            raise wrong(f"{name} is {record[name]!r}, expected one of {', '.join(allowed)}")
    for name, kind in known.items():
        if name in record and kind in KINDS:
            given = record[name]
            if kind is float and isinstance(given, int):
                given = record[name] = float(given)
            if not isinstance(given, kind) or (isinstance(given, bool) and kind is not bool):
                raise wrong(f"{name} is {given!r}, expected {KINDS[kind]}")
    if record["disclosure"] == "A" and record["refresh"] != "quarterly" and record["family"] not in SURVEYS:
        raise wrong("refresh is 'monthly', expected 'quarterly': what is of class A is told when a quarter ends")
    record["levels"] = tuple(record["levels"])
    if not set(record["levels"]) <= {"team", "above"}:
        raise wrong(f"levels is {list(record['levels'])}, expected team, above or both")

    sql = query.strip().removesuffix(";")
    try:
        found = outputs_of(sql)
    except BadIndicator as error:
        raise BadIndicator(f"{path}: {error}") from None
    told = record["status"] != "draft" and not is_public(sql)
    if told and (unfit := _unfit(record)):
        raise wrong(unfit)
    allowed = (OF_CLASS_A,) if record["disclosure"] == "A" else (COLUMNS, OF_CLASS_A, OF_SURVEYS)
    if constructs:
        allowed = (("construct", *OF_SURVEYS),)
        for name, given in constructs.items():
            if not re.fullmatch(r"[a-z_]+", str(name)) or not isinstance(given, dict):
                raise wrong(f"construct {name!r} is no name of small letters with a record of what it is")
            if set(given) != {"title", "definition", "beside"}:
                raise wrong(f"construct {name} says its title, its definition and what stands beside it, and no more")
    if found not in allowed:
        of_class = ", for it is of class A" if found == COLUMNS else ""
        raise wrong(f"the query gives {', '.join(found)}, expected {', '.join(allowed[0])}{of_class}")
    return Indicator(indicator=path.stem, sql=sql, **record), constructs


def _unfit(record: dict) -> str:
    """What is wrong with how an indicator is to be told, for what it counts; '' if nothing is. Where the header does not say
    what that is, its SQL does (etl/config/indicator_counts.py)."""
    counts, disclosure, told_in = record.get("counts", ""), record["disclosure"], record.get("told_in", "rates")
    if counts in SENSITIVE_COUNTS and disclosure != "A":
        return f"disclosure is 'B', expected 'A', for it counts {counts}"
    if counts == "departures" and disclosure != "A" and record["refresh"] != "quarterly":
        return f"refresh is {record['refresh']!r}, expected 'quarterly', for it counts departures"
    if counts == "posts" and told_in != "posts":
        return (
            f"told_in is {told_in!r}, expected 'posts', for it counts posts: a rate to one decimal tells of one joiner"
        )
    if told_in == "posts" and counts != "posts":
        return f"told_in is 'posts', and it counts {counts or 'nobody says what'}"
    if told_in == "bands" and (disclosure != "A" or record["unit"] != "%" or record["family"] in SURVEYS):
        return "told_in is 'bands', which is for shares (unit '%') of class A that no survey gives"
    return ""


def outputs_of(sql: str) -> tuple[str, ...]:
    """The columns that a query gives, in order. Raises BadIndicator if it is not one query."""
    return tuple(query_of(sql).named_selects)


@cache
def is_public(sql: str) -> bool:
    """Whether a query says of every row that it is public already; then how it is told tells of nobody."""
    published = next((each for each in query_of(sql).selects if each.alias_or_name == "published"), None)
    return published is not None and published.unalias() == exp.true()


@cache
def tables_of(sql: str) -> frozenset[str]:
    """`schema.table` of everything a query reads, but for its own CTEs. Raises BadIndicator if it is not one query."""
    query = query_of(sql)
    own = {cte.alias for cte in query.find_all(exp.CTE)}
    return frozenset(
        f"{table.db}.{table.name}" if table.db else table.name
        for table in query.find_all(exp.Table)
        if table.db or table.name not in own
    )


@cache
def query_of(sql: str) -> exp.Query:
    """Read once, for that takes longer than running it on a small organisation."""
    try:
        statements = sqlglot.parse(sql, dialect="duckdb")
    except sqlglot.errors.ParseError as error:
        raise BadIndicator(str(error).splitlines()[0]) from None
    if len(statements) != 1 or not isinstance(statements[0], exp.Query):
        raise BadIndicator("expected one SELECT.")
    return statements[0]
