"""Tells which columns are about a person: numbers of staff, to be kept as keyed hashes alone, and names or birth dates,
never to be loaded.

A heading may say it; where it says nothing the cells do. In doubt a column is a person's: an analyst can say otherwise,
and a hash that was not needed harms nobody.
"""

import datetime as dt
import re
from collections import defaultdict
from itertools import pairwise

from etl.privacy import personal_data
from etl.proposal.column_profile import Look

NUMBERED = re.compile(
    r"\b(staff|employee|assignment|payroll|personnel|person|worker|esr|clock|badge|colleague|people|member)\b"
    r".*\b(no|num|number|id|ref|reference|code|key)\b|\b(employee|assignment|assignee|worker|clinician|payroll)\b",
    re.I,
)
NOT_NUMBERED = re.compile(
    r"\b(category|status|type|group|grade|band|reason|start|end|date|name|unit|team|ward|post title|role|basis|code|days|"
    r"number of|count|hours|fte|wte|headcount)\b",
    re.I,
)
NAMED = re.compile(
    r"\b(surname|forenames?|first ?names?|last ?names?|full ?name|known as|manager|supervisor|approve[dr]|line manager|"
    r"title and name|entered by|updated by|created by|changed by|requested by|contact)\b|\b(staff|employee|worker|person|"
    r"colleague|clinician|consultant|doctor|nurse)('?s)? name\b",
    re.I,
)
BORN = re.compile(r"\b(birth|born|dob|birthday)\b", re.I)
FREE = re.compile(r"\b(notes?|comments?|remarks?|description|free ?text|narrative|details)\b", re.I)
THINGS = re.compile(
    r"\b(shift|duty|duties|request|booking|roster|rota|unit|team|ward|cost|centre|center|department|dept|site|location|"
    r"organisation|organization|org|ods|trust|post|vacancy|position|incident|case|bed|patient count|region|ics|row|record|"
    r"line)\b",
    re.I,
)
PERSON_NAME = re.compile(
    r"[A-Z][a-z'’-]+,? [A-Z][a-z'’-]+|[A-Z]\.? ?[A-Z][a-z'’-]+|[A-Z][a-z'’-]+,? [A-Z]\.?( [A-Z]\.?)?"
)
WORK_WORDS = re.compile(
    r"\b(ward|unit|team|care|health|service|services|community|nurs\w+|clinic|trust|staff|group|hospital|house|centre|"
    r"adult|day|night|leave|sick\w*|full|part|time|band|bank|agency|duty|shift|all|north|south|east|west|region|foundation|"
    r"medical|therapy|school|office|department|surgery|medicine|outpatients?|admin\w*|management|support)\b",
    re.I,
)
ADULT = 14  # years: nobody at work was born later


def shape_of_ids(look: Look) -> bool:
    """Whether the cells are numbers or codes that tell one thing from another: alike in length, with many figures."""
    if look.is_date or look.distinct < 8 or look.thousands:
        return False
    texts = list(look.cells)[:20_000]
    coded = [text for text in texts if re.fullmatch(r"[A-Za-z]{0,4}[-/ ]?\d{4,12}([-/ ]?\d{1,3})?[A-Za-z]?", text)]
    if len(coded) < 0.97 * len(texts):
        return False
    lengths = sorted(len(text) for text in coded)
    return lengths[0] >= 5 and lengths[-1] - lengths[0] <= 3


def tell(looks: list[Look], rows: list[tuple[str, ...]], newest: dt.date | None) -> dict[int, tuple[str, str]]:
    """place → (person, or what is never loaded; why)."""
    found: dict[int, tuple[str, str]] = {}
    for look in looks:
        if said := _by_heading(look):
            found[look.place] = said
        elif look.given_away:
            found[look.place] = look.given_away, f"Its cells are {look.given_away}, by their shape."
    ids = [look for look in looks if look.place not in found and shape_of_ids(look)]
    for look in ids:
        if not _names_a_thing(look, looks, rows):
            found[look.place] = "person", "Its cells have the shape of a person's number. If they are not, say so."
    people = [look for look in looks if found.get(look.place, ("",))[0] == "person"]
    for look in looks:
        if look.place in found or not look.filled:
            continue
        if look.is_date and _is_birth(look, looks, people, rows, newest):
            found[look.place] = "birth dates", "Each person has one, many years before the other dates: a birth date."
        elif look.type == "text" and not look.codes:
            if _looks_like_names(look):
                found[look.place] = "names", "Its cells look like people's names."
            elif any(_belongs_to(look, person, rows) for person in people):
                found[look.place] = "names", "Nearly each person has a word of their own here, as names are."
            elif _is_free_text(look):
                found[look.place] = "free text", "Its cells are sentences, in which anybody may be named."
    return found


def _by_heading(look: Look) -> tuple[str, str] | None:
    heading = re.sub(r"[_\W]+", " ", look.heading)
    if kind := personal_data.forbidden(look.heading, person=True):
        return kind, f"The heading says that it holds {kind}."
    if kind := personal_data.forbidden(look.heading, person=False):
        if kind == "people's numbers":
            return "person", "The heading says that it is a person's number."
        return kind, f"The heading says that it holds {kind}."
    if BORN.search(heading):
        return "birth dates", "The heading says that it holds birth dates."
    if NAMED.search(heading) and look.type == "text" and look.distinct > 12 and _alphabetic(look):
        return "names", "The heading says that it names people."
    numbered = None if NOT_NUMBERED.search(heading) else NUMBERED.search(heading)
    if numbered and not look.is_date and (numbered.group(2) or shape_of_ids(look)):
        return "person", "The heading says that it is a person's number."
    if FREE.search(heading) and look.type == "text":
        return "free text", "The heading says that anything may be written there, people's names among it."
    return None


def _names_a_thing(look: Look, looks: list[Look], rows: list[tuple[str, ...]]) -> bool:
    """By its heading, or because it counts the rows one by one, or stands for another column word by word."""
    if THINGS.search(re.sub(r"[_\W]+", " ", look.heading)):
        return True
    if look.distinct == look.filled and look.filled >= 50 and _counts_up(rows, look.place):
        return True
    # A code for a unit goes with the unit's name, both ways; of people there are many more than of their units.
    for other in looks:
        if other.place != look.place and other.type == "text" and other.distinct >= 2 and not shape_of_ids(other):
            pairs = {(row[look.place], row[other.place]) for row in rows[:20_000] if row[look.place]}
            if len(pairs) == look.distinct == other.distinct and look.filled >= 3 * look.distinct:
                return not PERSON_NAME.fullmatch(next(iter(other.cells)))
    return False


def _counts_up(rows: list[tuple[str, ...]], place: int) -> bool:
    """Whether the numbers rise by ones, as a system gives them to records."""
    numbers = [int(digits[0]) for row in rows if (digits := re.findall(r"\d+", row[place]))]
    steps = [later - before for before, later in pairwise(numbers)]
    return bool(steps) and sum(step == 1 for step in steps) > 0.8 * len(steps)


def _one_each(look: Look, person: Look, rows: list[tuple[str, ...]]) -> tuple[float, int]:
    """Of the people, the share that has one value here; and how many people have any."""
    values = defaultdict(set)
    for row in rows:
        if row[person.place] and row[look.place]:
            values[row[person.place]].add(row[look.place])
    if not values:
        return 0.0, 0
    return sum(len(each) == 1 for each in values.values()) / len(values), len(values)


def _belongs_to(look: Look, person: Look, rows: list[tuple[str, ...]]) -> bool:
    if (
        look.distinct < 12
        or not _alphabetic(look)
        or len(WORK_WORDS.findall(" ".join(look.cells))) > 0.3 * look.distinct
    ):
        return False
    share, people = _one_each(look, person, rows)
    # A unit has many people and their names do not: hardly any value is that of very many.
    many = max(look.cells.values(), default=0)
    alone = sum(bool(re.fullmatch(r"[A-Z][a-z]*['’-]?[A-Z]?[a-z]+", text)) for text in look.cells) > 0.9 * look.distinct
    return share > 0.97 and people >= 12 and (alone or look.distinct > 0.1 * people) and many < 0.15 * look.filled


def _alphabetic(look: Look) -> bool:
    return (
        sum(times for text, times in look.cells.items() if re.fullmatch(r"[^\W\d_][^\d_]{0,40}", text))
        > 0.9 * look.filled
    )


def _looks_like_names(look: Look) -> bool:
    texts = list(look.cells)[:5000]
    if look.distinct < 8:
        return False
    names = [text for text in texts if PERSON_NAME.fullmatch(text) and not WORK_WORDS.search(text)]
    return len(names) > 0.8 * len(texts)


def may_be_names(look: Look) -> bool:
    """Whether a column of a few words may name a few people, such as those who approve things: nobody can tell but an
    analyst."""
    if look.type != "text" or look.codes or not 2 <= look.distinct <= 60:
        return False
    names = [text for text in look.cells if PERSON_NAME.fullmatch(text) and not WORK_WORDS.search(text)]
    return len(names) > 0.6 * look.distinct


def _is_birth(look: Look, looks: list[Look], people: list[Look], rows, newest: dt.date | None) -> bool:
    moments = sorted(look.dates.moments.values())
    if newest is None or not moments or look.distinct < 20:
        return False
    late = moments[int(len(moments) * 0.98)].date() if len(moments) > 50 else moments[-1].date()
    if late.year > newest.year - ADULT or moments[len(moments) // 2].year > newest.year - 24:
        return False
    return not people or any(_one_each(look, person, rows)[0] > 0.95 for person in people)


def _is_free_text(look: Look) -> bool:
    texts = list(look.cells)[:2000]
    long = sum(len(text) > 60 or len(text.split()) > 9 for text in texts)
    return look.distinct > 20 and long > 0.3 * len(texts) and look.distinct > 0.3 * look.filled
