"""What Northmere says of itself: events, targets, and, for tests, the truth about what was planted."""

import datetime as dt
from typing import Any

from etl.demo import absence, names
from etl.demo.calendar import clock_changes
from etl.demo.figures import Figures
from etl.demo.organisation import SICKER
from etl.demo.simulation import Life


def events(life: Life) -> list[list]:
    """Some of what was planted, as a service would tell it; limits begin afresh only where it asks for that."""
    teams, months = life.teams, life.calendar.months
    code = {what: teams.codes[team] for what, team in teams.places.items()}

    def month(what: str) -> str:
        return months[teams.at[what]].strftime("%d/%m/%Y")

    return [
        ["Unit", "Month", "Kind", "What happened", "Re-base", "Fix limits after"],
        [code["bed change"], month("bed change"), "bed change", "Six beds closed", "fill_rate; chppd", ""],
        [code["quick returns"], month("quick returns"), "rota change", "Lates and earlies by turns began", "", ""],
        ["NMC-SU", months[len(months) // 3].strftime("%d/%m/%Y"), "staffing change", "Four posts held open", "", ""],
    ]


def targets(life: Life) -> list[list]:
    months = life.calendar.months
    return [
        ["Indicator", "Unit", "From", "Target"],
        ["fill_rate", names.ORGANISATION, months[0].strftime("%d/%m/%Y"), 90],
        ["fill_rate", names.ORGANISATION, months[-12].strftime("%d/%m/%Y"), 92],
        ["agency_share", names.ORGANISATION, months[0].strftime("%d/%m/%Y"), 3],
    ]


def truth(life: Life, figures: Figures, rows: dict[str, int], spoilt: dict[str, int], unknown: int) -> dict[str, Any]:
    """What was planted and what must come out. It names teams and months, and nobody."""
    months, lost, available = life.calendar.months, figures.lost.sum(axis=1), figures.available.sum(axis=1)
    return {
        "synthetic": "Northmere and everything in it is made up. Nothing here is evidence of anything.",
        "sickness": {
            "rate_percent": round(float(100 * lost.sum() / available.sum()), 3),
            "scaled": absence.SCALED,
            "why_scaled": "The starting odds of sickness a shift were scaled by this, to give the national rate of about 4.9 %.",
        },
        "months": [
            {
                "month": f"{month:%Y-%m}",
                "headcount": int(figures.headcount[number]),
                "fte_days_lost": round(float(lost[number]), 5),
                "fte_days_available": round(float(available[number]), 5),
            }
            for number, month in enumerate(months)
        ],
        "teams": life.teams.count,
        "small_teams": {
            code: int(people)
            for code, title, people, steady in zip(
                life.teams.codes, life.teams.titles, life.teams.people, life.teams.steady, strict=True
            )
            if steady and people <= 11
        },
        "planted": _planted(life, unknown),
        "rows": rows,
        "rows_spoilt": spoilt,
    }


def _planted(life: Life, unknown: int) -> list[dict[str, Any]]:
    teams, calendar = life.teams, life.calendar
    leaver = life.calendar.starts[teams.at["one leaver"]] + 16

    def planted(what: str, says: str, at: str | None = None, **more: Any) -> dict[str, Any]:
        place = teams.places.get(what)
        where = {} if place is None else {"team": teams.codes[place], "title": teams.titles[place]}
        when = {} if at is None else {"from": f"{calendar.months[teams.at[at]]:%Y-%m}"}
        return {"what": what, **where, **when, "says": says, **more}

    ill = f"{calendar.months[teams.at['sickness after quick returns']]:%Y-%m}"
    return [
        planted(
            "quick returns",
            "Short rests rise and stay up, with more extra duties and late changes; sickness follows.",
            "quick returns",
            sickness_from=ill,
            sickness_factor=SICKER,
        ),
        planted("bed change", "The fill rate steps up, and an event asks for new limits.", "bed change"),
        planted("merged", "Merged into its successor.", "merged", successor=teams.codes[teams.places["merged into"]]),
        planted("moved", "Moved to another directorate.", "moved", to="NMC-AC"),
        planted("missing rota", "No rota in this month.", "missing rota"),
        planted("loaded twice", "The month's rota was sent again, corrected; the later file counts.", "loaded twice"),
        planted("unknown name", "Rows under a name that no crosswalk knows.", "unknown name", rows=unknown),
        planted(
            "one leaver",
            "Twelve people become eleven: two months' figures differ by one person, off with stress, who left.",
            "one leaver",
            left=dt.date.fromordinal(int(leaver)).isoformat(),
        ),
        planted(
            "clocks changed",
            "Eleven hours lie between a late and an early; in the night the clocks go forward, ten: short rests in that month alone.",
            forward=_days(calendar, 3),
            back=_days(calendar, 10),
        ),
        planted(
            "kind and pressured", "Under pressure and holding together; so are others, named under survey.", "frames"
        ),
        planted("quiet and unkind", "Steady, but kindness is thin; so are others, named under survey."),
        planted("improves", "Fewer gaps, late changes, short rests and absences, more room to think.", "improves"),
    ]


def _days(calendar, month: int) -> list[str]:
    found = (dt.date.fromordinal(day) for day in clock_changes(calendar.first, calendar.last))
    return [day.isoformat() for day in found if day.month == month]
