"""The monthly review of one unit, made once: the page, the pack and the workbook say what stands here, and no more."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pages.parts.drawing import readings, vocabulary, words
from pages.parts.indicator import cards
from pages.parts.kindness import frames, kindness
from pages.parts.release import warehouse
from pages.parts.shell import pages
from pages.parts.shell.filters import View

STANDING = {
    "new": ("New concern", "Not said of them the month before"),
    "persisting": ("Persisting", "Said of them for two months or more"),
    "lifted": ("Lifted", "Back to what is usual there, or easier than that"),
}
OWNED = {
    "organisation": "Pressures the organisation owns",
    "others": "Pressures services and teams own",
}
NO_SURVEY = "No survey of kindness has been released for this unit."
MOST = 8  # places listed in a box, and figures told as revised, before the rest are counted


@dataclass(frozen=True)
class Place:
    """A unit where strain is new, persists or has lifted, and the numbers that say so, each with its reading."""

    unit: dict[str, Any]
    standing: str
    verdict: str
    since: dt.date | None
    rows: list[dict[str, Any]]  # of `now`, one a number

    @property
    def telling(self) -> list[dict[str, Any]]:
        """The numbers that are listed with it: what is new is told at more length than what was read before."""
        return self.rows[: 2 if self.standing == "new" else 1]


@dataclass(frozen=True)
class Revised:
    """A settled figure that another release had otherwise."""

    indicator: dict[str, Any]
    unit: dict[str, Any]
    month: dt.date
    before: float
    after: float


@dataclass(frozen=True)
class Review:
    """What one page holds, in the order in which it is read."""

    view: View
    month: dt.date | None  # of the verdicts; None where none was ever given
    asked: int  # units of which something was said
    steady: int  # of them, those of which it was that nothing has changed
    places: dict[str, list[Place]]  # standing → places, in the order of the structure
    pressures: dict[str, list[dict[str, Any]]]  # who owns them → rows of `now` of the unit itself
    wave: dict[str, Any] | None  # the newest of the unit by then; None where none may be shown
    kindness: list[dict[str, Any]]  # of `constructs`: the nodes of the circle in that wave
    frames: dict[str, list[dict[str, Any]]]  # frame → the units that read so in the newest wave
    compared: warehouse.Release | None
    revised: list[Revised]
    sources: list[dict[str, Any]]

    @property
    def title(self) -> str:
        month = self.month or cards.newest([row for rows in self.pressures.values() for row in rows])
        title = pages.of("review").title
        return f"{title}, {words.month(month)}" if month else title

    @property
    def charts(self) -> list[dict[str, Any]]:
        """The numbers worth a chart: the first that says so of each place where concern is new or persists, then those
        of the unit itself."""
        leading = [place.rows[0] for name in ("new", "persisting") for place in self.places[name] if place.rows]
        own = [row for rows in self.pressures.values() for row in rows if row["last_shown"]]
        return leading[:MOST] + own

    def about(self, row: dict[str, Any]) -> dict[str, Any]:
        return self.view.indicators[row["indicator"]]


def review(view: View, compared: warehouse.Release | None) -> Review:
    """The review of the view's unit in its month; `compared` is an earlier release, for what was revised since."""
    of = units_of(view)
    said = view.ask("strain_since", of=[unit["unit"] for unit in of], month=view.month)
    month = max((row["month"] for row in said), default=view.month)
    verdicts = [row["verdict"] for row in said if row["month"] == month]
    found = _places(view, of, said, month)
    rows = view.ask("now", indicators=view.front, of=[view.unit["unit"]], month=view.month)
    mine = {row["indicator"]: row for row in rows if row["shown"] != "not_collected"}
    pressures: dict[str, list[dict[str, Any]]] = {name: [] for name in OWNED}
    wave = kindness.wave_by(view, month)
    for key in (key for key in view.front if key in mine):
        others = view.indicators[key]["lever"] in vocabulary.OF_TEAMS
        pressures["others" if others else "organisation"].append(mine[key])
    return Review(
        view,
        month,
        len(verdicts),
        verdicts.count("steady"),
        found,
        pressures,
        wave,
        kindness.of_family(view.ask("constructs", unit=view.unit["unit"], wave=wave["wave"]), kindness.CIRCLE)
        if wave
        else [],
        _frames(view, of, month),
        compared,
        list(_revised(view, compared, cards.newest(list(mine.values())))),
        view.ask("sources"),
    )


def units_of(view: View) -> list[dict[str, Any]]:
    """The units below the chosen one, on every level, in the order of the structure; itself where none is."""
    below = [unit for unit in view.units.values() if any(over["unit"] == view.unit["unit"] for over in unit["above"])]
    return below or [view.unit]


def _places(
    view: View, of: list[dict[str, Any]], said: list[dict[str, Any]], month: dt.date | None
) -> dict[str, list[Place]]:
    places: dict[str, list[Place]] = {name: [] for name in STANDING}
    told: dict[str, list[dict[str, Any]]] = {}
    for row in said:
        told.setdefault(row["unit"], []).append(row)
    because: dict[str, list[str]] = {}  # of the units that have a standing, the numbers that say so
    for unit, (*before, last) in told.items():
        if last["month"] == month and _standing(before, last):
            named = last["because"] or next((row["because"] for row in reversed(before) if row["because"]), [])
            because[unit] = [key for key in named if key in view.indicators]
    of_each: dict[
        str, list[str]
    ] = {}  # indicator by indicator: all units by all of them would be several times as many
    for unit, keys in because.items():
        for key in keys:
            of_each.setdefault(key, []).append(unit)
    now = {
        (row["unit"], key): row
        for key, units in of_each.items()
        for row in view.ask("now", indicators=[key], of=units, month=month)
    }
    for unit in of:
        if unit["unit"] in because:
            *before, last = told[unit["unit"]]
            rows = [now[unit["unit"], key] for key in because[unit["unit"]] if (unit["unit"], key) in now]
            rows = [row for row in rows if row["shown"] == "yes"]
            places[_standing(before, last)].append(
                Place(unit, _standing(before, last), last["verdict"], last["since"], rows)
            )
    return places


def _standing(before: list[dict[str, Any]], last: dict[str, Any]) -> str | None:
    """new, persisting or lifted; None where nothing has happened that a review must know."""
    if last["verdict"] in vocabulary.STRAINED:
        return "persisting" if before and before[-1]["verdict"] in vocabulary.STRAINED else "new"
    eased = last["verdict"] in vocabulary.EASED and not (before and before[-1]["verdict"] in vocabulary.EASED)
    return "lifted" if eased or any(row["verdict"] in vocabulary.STRAINED for row in before) else None


def _frames(view: View, of: list[dict[str, Any]], month: dt.date | None) -> dict[str, list[dict[str, Any]]]:
    """The units by how pressure and kindness read beside each other there, in the order of the structure: in the newest wave
    that any of them had by the month."""
    rows = view.ask("frames_of", of=[unit["unit"] for unit in of])
    newest = max((row["wave"] for row in rows if month is None or row["wave"] <= month), default=None)
    read = {row["unit"]: row["frame"] for row in rows if row["wave"] == newest}
    return {name: [unit for unit in of if read.get(unit["unit"]) == name] for name in (*frames.FRAMES, "not_clear")}


def _revised(view: View, compared: warehouse.Release | None, month: dt.date | None) -> Iterable[Revised]:
    """The settled figures of the unit and those directly below it that the other release had otherwise."""
    if not compared or not month:
        return
    direct = [unit for unit in units_of(view) if unit["above"] and unit["above"][-1]["unit"] == view.unit["unit"]]
    units = {unit["unit"]: unit for unit in (view.unit, *direct)}
    asked = {"indicators": view.front, "of": list(units), "month": month}
    before = {
        (row["indicator"], row["unit"], row["month"]): row["value"]
        for row in warehouse.ask(compared, "settled_values", view.viewer.roots, **asked)
    }
    for row in view.ask("settled_values", **asked):
        old = before.get((row["indicator"], row["unit"], row["month"]))
        if old is not None and old != row["value"]:
            about, unit = view.indicators[row["indicator"]], units[row["unit"]]
            yield Revised(about, unit, row["month"], old, row["value"])


# ---- in words: plain text, without markup ---------------------------------------------------------------------------


def sentence(found: Review) -> list[tuple[str, bool]]:
    """The answer in a sentence, in pieces: (words, whether they weigh)."""
    if not found.asked:
        return [("Nothing can be said of strain yet: a year of settled months comes first.", True)]
    counts = {name: len(places) for name, places in found.places.items()}
    if not any(counts.values()):
        return [("No unit here has changed more than chance would explain.", True)]
    said = {
        "new": f"new in {_places_told(counts['new'])}",
        "persisting": f"persists in {_places_told(counts['persisting'])}",
        "lifted": f"has lifted in {_places_told(counts['lifted'])}",
    }
    parts: list[tuple[str, bool]] = [("Concern is ", False)]
    kept = [said[name] for name in said if counts[name]]
    if not counts["new"]:
        parts = [("Concern ", False)]
    for number, words_of in enumerate(kept):
        joint = "" if not number else (" and " if number == len(kept) - 1 else ", ")
        parts += [(joint, False), (words_of, True)]
    parts.append((f"; {found.steady} of {words.many(found.asked, 'unit')} show no change beyond chance.", False))
    return [part for part in parts if part[0]]


def _places_told(many: int) -> str:
    return f"{words.count(many).lower()} {'place' if many == 1 else 'places'}"


def of_place(found: Review, place: Place) -> str:
    """How sure, and since when."""
    told = {
        "clear_strain": "Clear strain",
        "likely_strain": "Likely strain",
        "clear_easing": "Clearly easier",
        "likely_easing": "Likely easier",
    }.get(place.verdict, "Back to what is usual there")
    return f"{told} since {words.month(place.since)}" if place.since else told


def name_of(found: Review, unit: dict[str, Any]) -> str:
    """Larch Ward, Adult care: with the unit it stands under, if that is not the one reviewed; of two, with their codes."""
    over = unit["above"][-1] if unit["above"] else None
    name = unit["title"]
    if over and found.view.unit["unit"] not in (over["unit"], unit["unit"]):
        name = f"{name}, {over['title']}"
    alike = [
        other
        for other in found.view.units.values()
        if (other["title"], other["above"]) == (unit["title"], unit["above"])
    ]
    return f"{name} ({unit['unit']})" if len(alike) > 1 else name


def of_number(found: Review, row: dict[str, Any]) -> str:
    """A number that says so: what it is now, what is usual there, and whose lever it is."""
    about = found.about(row)
    decimals = cards.decimals(row)
    value = words.measured(row, about["unit"], decimals)
    usual = f", own average {words.figure(row['mean'], decimals)}" if row["mean"] is not None else ""
    return " · ".join(filter(None, (f"{about['title']} {value}{usual}", readings.lever(about))))


def latest(found: Review, row: dict[str, Any]) -> str:
    if row["shown"] != "yes":
        return readings.absence(row).partition(". ")[0]
    return words.measured(row, found.about(row)["unit"], cards.decimals(row))


def of_revised(each: Revised) -> str:
    places = words.places([each.before, each.after])
    was, now = (words.quantity(value, each.indicator["unit"], places) for value in (each.before, each.after))
    return f"{each.indicator['title']}, {each.unit['title']}, {words.month(each.month)}: {was} → {now}"


def of_kindness(found: Review) -> list[str]:
    """What staff say, and where pressure and kindness read together; a line each."""
    if not found.wave:
        return [NO_SURVEY]
    told = [f"{kindness.in_a_line(found.wave)}."]
    told += [text.replace("**", "") for text in kindness.changes(found.kindness)]
    for name, units in found.frames.items():
        if units and name in frames.FRAMES:
            listed = [name_of(found, unit) for unit in units[:MOST]]
            more = [f"{len(units) - MOST} more"] if len(units) > MOST else []
            told.append(f"{frames.FRAMES[name][0]}: {words.listed([*listed, *more])}.")
    if found.frames["not_clear"]:
        told.append(f"Not clear yet in {words.many(len(found.frames['not_clear']), 'unit')}.")
    return told


def since(found: Review) -> list[str]:
    """What a reader of the earlier review must know: the figures that were revised, the newest months first."""
    if not found.compared:
        return ["There is no earlier release to compare with."]
    if not found.revised:
        return [f"No settled figure was revised since release {found.compared.id}."]
    newest = sorted(found.revised, key=lambda each: each.month, reverse=True)
    told = [of_revised(each) for each in newest[:MOST]]
    more = len(newest) - len(told)
    return [
        f"{words.many(len(newest), 'settled figure was', 'settled figures were')} revised since release "
        f"{found.compared.id}.",
        *told,
        *([f"And {more} more."] if more > 0 else []),
    ]


def quality(found: Review) -> str:
    """The data's quality in a line."""
    arrived = [source for source in found.sources if source["files"]]
    aside = sorted((s for s in arrived if s["rows_quarantined"] != 0), key=lambda s: -(s["rows_quarantined"] or 0))
    told = [f"{len(arrived)} of {words.many(len(found.sources), 'source')} collected."]
    for source in aside[:2]:
        rows = words.rows(source["rows_quarantined"], source["published"])
        told.append(
            f"{source['title']}: {rows} of {words.rows(source['rows_read'], source['published'], 'row')} set aside."
        )
    if len(aside) > 2:
        told.append(f"{words.many(len(aside) - 2, 'more source')} with rows set aside.")
    elif not aside:
        told.append("No row was set aside.")
    refused = sum(source["refused"] for source in found.sources)
    if refused:
        told.append(f"{words.many(refused, 'file was', 'files were')} refused.")
    return " ".join(told)
