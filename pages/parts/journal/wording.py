"""What may be written in the journal: few words, about conditions, and nothing that tells who somebody is."""

import datetime as dt
import re

from pages.parts.journal.models import WORDS

SHORTEST = 4
EVENT = 120  # letters of an event, at most: it stands below a chart
WARNING = "Staff of the team see this. Write about conditions, never about a person."

# The five helps of John Ballatt's *Intelligent Kindness in Practice*.
HELPS = {
    "individual": "Individual support for anxieties and feelings",
    "team": "Teams that hold that and work out what to do",
    "services": "Working relations with other services",
    "leadership": "Leadership that knows how hard it is and what helps",
    "management": "Management that reduces distraction and pressure",
}
CAME_OF_IT = {
    "helped": "It helped, and we keep it up",
    "no_change": "Nothing beyond what chance explains",
    "in_the_way": "Something else got in the way",
    "not_tried": "We did not get to it",
    "something_else": "We want to try something else",
}
LOOKS = {
    "too_high": "It looks too high",
    "too_low": "It looks too low",
    "other_team": "It looks like another team’s",
    "missing": "Something is missing from it",
    "changed": "It has changed since I last saw it",
    "other": "Something else",
}
EVENTS = {
    "bed change": "Beds opened, closed or moved",
    "rota change": "The rota changed",
    "move": "The unit moved",
    "merger": "Units were merged",
    "staffing change": "Staffing changed",
    "other": "Something else",
}
OUTCOMES = {
    "looking": "Being looked into",
    "right": "The number is right",
    "corrected": "The source is being corrected",
    "cannot_tell": "It cannot be told",
    "accepted": "Accepted: drawn from the next build on",
    "listed": "Listed by hand in the events file",
    "declined": "Not drawn",
}
FOR_NUMBERS, FOR_EVENTS = ("looking", "right", "corrected", "cannot_tell"), ("accepted", "listed", "declined")

_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)  # control, direction, half a character
_ADDRESS = re.compile(r"@")
_NUMBER = re.compile(r"(?:[0-9][ \u00a0-]?){6,}")  # of staff, of patients, National Insurance, NHS, telephone
_TITLE = re.compile(
    r"\b(?:Mr|Mrs|Ms|Miss|Mx|Dr|Prof|Professor|Doctor|Nurse|Sister|Matron)\.? +[A-Z][\w'’-]+", re.UNICODE
)


class Unacceptable(Exception):
    """What was written may not be kept; the message is a sentence for who wrote it."""


def tidy(words: str | None) -> str:
    """One line without spaces at its ends."""
    return " ".join((words or "").split())


def checked(words: str | None, called: str, longest: int = WORDS, shortest: int = SHORTEST) -> str:
    """The words, tidied. Raises Unacceptable for too few, too many, and for what tells who somebody is."""
    said = tidy(words)
    if len(said) < shortest:
        raise Unacceptable(f"{called}: a few words are needed.")
    if _UNSEEN.search(said):
        raise Unacceptable(f"{called}: there is a character in it that cannot be seen; type the words anew.")
    if len(said) > longest:
        raise Unacceptable(f"{called}: {len(said)} letters are too many; {longest} is the most.")
    if found := reveals(said):
        raise Unacceptable(f"{called}: leave out {found}. Nothing here may tell who somebody is.")
    return said


def reveals(words: str) -> str | None:
    """What in the words could tell who somebody is, by its shape: the same that no extract may hold, and a little more."""
    if _ADDRESS.search(words):
        return "the e-mail address"
    if _NUMBER.search(words):
        return "the long number"
    if _TITLE.search(words):
        return "the name"
    return None


def of(kinds: dict[str, str], chosen: str | None, called: str) -> str:
    """One of the words that may be chosen. Raises Unacceptable for none or any other."""
    if chosen not in kinds:
        raise Unacceptable(f"{called}: choose one.")
    return chosen


def next_quarter(today: dt.date) -> tuple[dt.date, dt.date, dt.date]:
    """The three months of the quarter after this one."""
    first = (today.month - 1) // 3 * 3 + 3
    return tuple(dt.date(today.year + (first + i) // 12, (first + i) % 12 + 1, 1) for i in range(3))
