"""Makes up Northmere's units: its directorates and teams, what each is like to work in, and what is planted in which."""

import datetime as dt
from dataclasses import dataclass, field
from statistics import NormalDist

import numpy as np

from etl.demo import names
from etl.demo.calendar import Calendar

# The first teams are always the same, because something is planted in each of them: title, kind, directorate.
PLANTED = {
    "quick returns": ("Larch Ward", "ward", "NMC-SU"),
    "bed change": ("Rowan Ward", "ward", "NMC-AC"),
    "merged into": ("Heron Ward", "ward", "NMC-AC"),
    "merged": ("Plover Ward", "ward", "NMC-AC"),
    "clocks changed": ("Brook Lane House", "care home", "NMC-CO"),
    "moved": ("Fern community team", "community", "NMC-CO"),
    "missing rota": ("Meadow crisis team", "mental health", "NMC-MH"),
    "one leaver": ("Teal community team", "community", "NMC-CO"),
    "kind and pressured": ("Swift Ward", "ward", "NMC-SU"),
    "quiet and unkind": ("Sandpiper unit", "mental health", "NMC-MH"),
    "improves": ("Willow Ward", "ward", "NMC-AC"),
    "bank office": ("Temporary staffing", "non-clinical", "NMC-CS"),
}
SMALL = {  # title: (kind, directorate, people)
    "Wren clinic": ("community", "NMC-CO", 7),
    "Dipper outreach": ("mental health", "NMC-MH", 8),
    "Legal services": ("non-clinical", "NMC-CS", 9),
    "Goldcrest clinic": ("community", "NMC-AC", 11),
    "Chaplaincy and volunteers": ("non-clinical", "NMC-CS", 10),
}
ONE_LEAVER_PEOPLE = 12
FRAMES = ("stretched_holding", "stretched_fraying", "steady_kind", "steady_other")
MOST_IN_A_FRAME, LEAST_FOR_FRAMES = 4, 22  # teams; people
STRETCHED = 2.0  # standard deviations of demand
SICKNESS_FOLLOWS, SICKNESS_WEIGHT = 2, 0.3  # months after demand; of its logarithm to a standard deviation
SICKER = 2.6  # a factor, where quick returns are planted: far more than studies found, so that one ward shows it
MIX = {"ward": 0.40, "community": 0.24, "mental health": 0.14, "care home": 0.10, "non-clinical": 0.12}
HOMES = {
    "ward": ("NMC-AC", "NMC-SU"),
    "community": ("NMC-CO",),
    "mental health": ("NMC-MH",),
    "care home": ("NMC-CO", "NMC-AC"),
    "non-clinical": ("NMC-CS",),
}
SHIFT_KINDS = ("ward", "mental health", "care home")
SMALLEST, LARGEST, PEOPLE_A_TEAM = 12, 60, 31.25


@dataclass
class Teams:
    """A row a team. Shares are of 1; by month means an array of months x teams."""

    titles: list[str]
    codes: list[str]
    kinds: np.ndarray
    directorates: list[str]
    people: np.ndarray  # in post on the first day
    steady: np.ndarray  # nobody leaves or joins but as planted
    support: np.ndarray  # leadership and support, latent, N(0, 1)
    demand: np.ndarray  # by month, latent, N(0, 1) about a winter peak
    long_days: np.ndarray  # by month: the share of weeks worked in long days
    nights: np.ndarray  # the share of weeks worked at night
    quick: np.ndarray  # by month: how seldom an early after a late is avoided
    extra: np.ndarray  # by month: duties asked for beyond the plan, to each planned
    unfilled: np.ndarray  # by month: the share of gaps that nobody fills
    sickness: np.ndarray  # by month: planted factor on the start of sickness
    late_changes: np.ndarray  # by month: the share of duties a manager changes late
    thinking_lost: np.ndarray  # by month: the share of thinking time that is cancelled
    thinking: np.ndarray  # chance that a duty carries supervision, reflective practice or team time
    clocked: np.ndarray  # whether times are recorded as they were
    breaks: np.ndarray  # 0 not recorded, 1 taken off by the system, 2 recorded
    lone: np.ndarray  # the share of duties worked alone
    lead_days: np.ndarray  # from publication of a roster to its first day
    unknown_reasons: np.ndarray  # the share of absences whose reason nobody enters
    beds: np.ndarray
    headroom: np.ndarray  # what the budget allows for absence, per cent
    strain: np.ndarray  # by month: planted pressure beside the demand, in its standard deviations
    places: dict[str, int]  # what is planted: which team
    at: dict[str, int] = field(default_factory=dict)  # what is planted: from which month on, by its number
    frames: dict[int, str] = field(
        default_factory=dict
    )  # team: how pressure and kindness are to be read beside each other

    @property
    def count(self) -> int:
        return len(self.titles)

    @property
    def staying(self) -> np.ndarray:
        """The teams that nobody leaves but as planted: small ones, and those of a steady frame, where a vacancy would bring a
        strain of its own."""
        held = [team for team, frame in self.frames.items() if frame.startswith("steady")]
        return self.steady | np.isin(np.arange(self.count), held)

    def now(self, month: int) -> np.ndarray:
        """Which team each team has become by a month: itself, but for the one that was merged."""
        became = np.arange(self.count)
        if month >= self.at["merged"]:
            became[self.places["merged"]] = self.places["merged into"]
        return became

    def directorate(self, team: int, month: int) -> str:
        if team == self.places["moved"] and month >= self.at["moved"]:
            return "NMC-AC"
        return self.directorates[team]


def make_teams(people: int, calendar: Calendar, random: np.random.Generator) -> Teams:
    months = len(calendar.months)
    listed = _listed(people, random)
    kinds = np.array([kind for _, kind, _, _ in listed])
    count = len(listed)
    support = _normal(count, random)
    demand = _demand(calendar.months, count, random)
    shifts = np.isin(kinds, SHIFT_KINDS)
    by_month = np.ones((months, 1))
    places = {what: number for number, what in enumerate(PLANTED)}
    teams = Teams(
        titles=[title for title, *_ in listed],
        codes=[f"T{number + 101:04}" for number in range(count)],
        kinds=kinds,
        directorates=[directorate for _, _, directorate, _ in listed],
        people=np.array([size for *_, size in listed]),
        steady=np.array([title in SMALL for title, *_ in listed]),
        support=support,
        demand=demand,
        long_days=by_month * np.where(shifts, 0.9 * _even(count, random), 0),
        nights=np.where(shifts, 0.16 + 0.1 * _even(count, random), 0),
        quick=by_month * (0.45 + 0.55 * _even(count, random)),
        extra=np.clip(0.10 + 0.025 * demand, 0.01, 0.3),
        unfilled=np.clip(0.33 + 0.04 * demand - 0.03 * support + random.normal(0, 0.05, count), 0.12, 0.8),
        sickness=by_month * np.exp(0.12 * _normal(count, random)),
        late_changes=np.clip(0.045 + 0.012 * demand - 0.008 * support, 0.005, 0.3),
        thinking_lost=np.clip(0.2 + 0.06 * demand - 0.07 * support, 0.02, 0.9),
        thinking=np.clip(0.11 + 0.03 * support, 0.03, 0.2),
        clocked=random.random(count) < 0.8,
        breaks=random.choice([0, 1, 2], count, p=[0.12, 0.13, 0.75]),
        lone=np.where(kinds == "community", random.uniform(0.3, 0.75, count), np.where(shifts, 0.004, 0.0)),
        lead_days=np.clip(random.normal(43 + 3 * support, 8), 12, 80),
        unknown_reasons=np.where(random.random(count) < 0.12, 0.3, random.uniform(0.03, 0.10, count)),
        beds=np.where(kinds == "ward", random.integers(16, 30, count), 0),
        headroom=np.round(random.uniform(19.5, 23.5, count), 1),
        strain=np.zeros((months, count)),
        places=places,
    )
    _plant(teams, months)
    _let_sickness_follow(teams)
    return teams


def _listed(people: int, random: np.random.Generator) -> list[tuple[str, str, str, int]]:
    """(title, kind, directorate, people) of every team: the planted ones, the small ones, then as many as there must be."""
    count = max(len(PLANTED) + len(SMALL), round(people / PEOPLE_A_TEAM))
    others = count - len(PLANTED) - len(SMALL)
    kinds = np.repeat(list(MIX), _shares(others, np.array(list(MIX.values()))))
    free = {kind: names.titles_of(kind) for kind in MIX}
    listed = [(*planted, 0) for planted in PLANTED.values()] + [
        (next(free[kind]), str(kind), str(random.choice(HOMES[kind])), 0) for kind in kinds
    ]
    to_share = people - sum(size for *_, size in SMALL.values()) - ONE_LEAVER_PEOPLE
    sizes = _sizes(to_share, len(listed) - 1, random)
    sizes.insert(list(PLANTED).index("one leaver"), ONE_LEAVER_PEOPLE)
    listed = [(title, kind, where, size) for (title, kind, where, _), size in zip(listed, sizes, strict=True)]
    return listed + [(title, *what) for title, what in SMALL.items()]


def _shares(count: int, shares: np.ndarray) -> np.ndarray:
    """Whole numbers in these shares that add up to `count`."""
    ends = np.round(np.cumsum(shares / shares.sum()) * count).astype(int)
    return np.diff(ends, prepend=0)


def _sizes(people: int, teams: int, random: np.random.Generator) -> list[int]:
    """Sizes between the smallest and the largest that add up to all the people."""
    sizes = np.clip(np.round(random.gamma(6, people / teams / 6, teams)), SMALLEST, LARGEST).astype(int)
    while (over := int(sizes.sum()) - people) != 0:
        can = np.flatnonzero(sizes > SMALLEST) if over > 0 else np.flatnonzero(sizes < LARGEST)
        some = random.permutation(can)[: abs(over)]
        sizes[some] -= np.sign(over)
    return sizes.tolist()


def _even(count: int, random: np.random.Generator) -> np.ndarray:
    """Numbers spread evenly between 0 and 1 in any order: a few teams are then as mixed as many."""
    return (random.permutation(count) + 0.5) / count


def _normal(count: int, random: np.random.Generator) -> np.ndarray:
    bell = NormalDist()
    return np.array([bell.inv_cdf(share) for share in _even(count, random)])


def _demand(months: list[dt.date], teams: int, random: np.random.Generator) -> np.ndarray:
    """AR(1) with phi 0.6, and a peak in January."""
    demand = np.empty((len(months), teams))
    level = random.normal(0, 1, teams)
    for number, month in enumerate(months):
        level = 0.6 * level + random.normal(0, 0.8, teams)
        demand[number] = level + 0.8 * np.cos(2 * np.pi * (month.month - 1) / 12)
    return demand


def _plant(teams: Teams, months: int) -> None:
    """What regression tests and pages should find again; truth.json says it in words."""
    at, place = teams.at, teams.places
    at |= {
        "quick returns": months - 9,
        "sickness after quick returns": months - 7,
        "bed change": months - min(16, months // 2),
        "merged": months // 2,
        "moved": months * 2 // 3,
        "missing rota": months - 7,
        "loaded twice": months - 5,
        "one leaver": months - 6,
        "improves": months - min(12, months - 3),
        "unknown name": months - 4,
    }
    # No leadership or luck of its own blurs what is planted here.
    for what in ("quick returns", "bed change", "merged into", "merged", "improves"):
        teams.support[place[what]] = 0
    for what in ("quick returns", "improves"):  # nor drowns in what comes and goes
        teams.demand[:, place[what]] *= 0.3
    larch, since = place["quick returns"], at["quick returns"]
    teams.long_days[:, larch], teams.quick[:, larch] = 0.1, 0.1
    teams.quick[since:, larch] = 1.0
    # Cover is asked for more and later from then on: short rests alone are too few a month for every draw to show them.
    teams.extra[:, larch], teams.late_changes[:, larch] = 0.10, 0.045
    teams.extra[since:, larch], teams.late_changes[since:, larch] = 0.28, 0.16
    teams.sickness[:, larch] = 0.8
    teams.sickness[at["sickness after quick returns"] :, larch] = SICKER
    rowan = place["bed change"]
    teams.unfilled[:, rowan] = 0.72
    teams.unfilled[at["bed change"] :, rowan] = 0.22
    house = place["clocks changed"]  # late until 21:00, early from 08:00: eleven hours, but for one night a year
    teams.long_days[:, house], teams.clocked[house], teams.quick[:, house] = 0, False, 1.0
    teams.steady[place["one leaver"]] = True
    _plant_frames(teams, months)
    willow, eases = place["improves"], np.clip((np.arange(months) - at["improves"]) / 2, 0, 1)
    teams.unfilled[:, willow] = 0.6 - 0.45 * eases
    teams.late_changes[:, willow] = 0.12 - 0.1 * eases
    teams.thinking_lost[:, willow] = 0.5 - 0.42 * eases
    teams.quick[:, willow], teams.extra[:, willow] = 0.6 - 0.55 * eases, 0.3 - 0.25 * eases
    teams.sickness[:, willow] *= 1.4 - 1.0 * eases


def _plant_frames(teams: Teams, months: int) -> None:
    """Teams for each of the four frames, as alike in all else as can be: the stretched ones come under strain some months
    before the end, the steady ones never do. How kind they are, the survey decides."""
    teams.at["frames"] = months - 9
    planted = set(teams.places.values())
    free = [
        team
        for team in np.argsort(-teams.people, kind="stable").tolist()
        if team not in planted and teams.people[team] >= LEAST_FOR_FRAMES and np.isin(teams.kinds[team], SHIFT_KINDS)
    ]
    each = min(MOST_IN_A_FRAME, len(free) // len(FRAMES))
    teams.frames = {team: FRAMES[number % len(FRAMES)] for number, team in enumerate(free[: each * len(FRAMES)])}
    teams.frames |= {
        teams.places["kind and pressured"]: "stretched_holding",
        teams.places["quiet and unkind"]: "steady_other",
    }
    for team, frame in teams.frames.items():
        teams.support[team] = 0
        teams.demand[:, team] *= 0.3
        teams.long_days[:, team] = 0.15
        teams.extra[:, team], teams.unfilled[:, team], teams.late_changes[:, team] = 0.10, 0.33, 0.045
        teams.thinking_lost[:, team], teams.quick[:, team] = 0.2, 0.4
        if frame.startswith("stretched"):
            since = slice(teams.at["frames"], None)
            teams.strain[since, team] = STRETCHED
            teams.extra[since, team], teams.unfilled[since, team], teams.late_changes[since, team] = 0.28, 0.66, 0.16
            teams.thinking_lost[since, team], teams.quick[since, team] = 0.5, 1.0
        else:
            teams.sickness[:, team] = 0.6


def _let_sickness_follow(teams: Teams) -> None:
    """Sickness begins more readily two months after demand was high, whatever the rota says by then."""
    teams.at["sickness follows"] = SICKNESS_FOLLOWS
    strain = teams.demand / teams.demand.std() + teams.strain
    before = np.concatenate([np.zeros((SICKNESS_FOLLOWS, teams.count)), strain[:-SICKNESS_FOLLOWS]])
    teams.sickness *= np.exp(SICKNESS_WEIGHT * (before - before.mean(axis=0)))
