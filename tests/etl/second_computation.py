"""Works out seven indicators again, slowly and in plain pandas, from their definitions alone: a second opinion for the tests.

Each function gives a table of team, month, numerator and denominator. Nothing here reads the engine's SQL.
"""

import pandas as pd

from tests.etl.extracts_in_pandas import Extracts

DAY, HOUR = pd.Timedelta(days=1), pd.Timedelta(hours=1)
COUNTED = ["team", "month", "numerator", "denominator"]


def fraction(numerator: pd.Series, denominator: pd.Series) -> pd.DataFrame:
    """Two sums by team and month side by side; where there is a denominator, no numerator is none of them."""
    both = pd.concat([numerator.rename("numerator"), denominator.rename("denominator")], axis=1)
    return both[both["denominator"].notna()].fillna(0.0).rename_axis(["team", "month"]).reset_index()[COUNTED]


# ---- posts, leavers and absences -----------------------------------------------------------------------------------


class Posts:
    """Staff in post, leavers and absences, with what follows from the three together."""

    def __init__(self, extracts: Extracts):
        staff = extracts.table("staff")
        leavers = extracts.table("leavers").sort_values("leave_date").drop_duplicates("assignment", keep="last")
        self.staff, self.leavers = staff, self.with_contract(leavers, staff)
        self.absences = extracts.table("sickness")
        self.snapshots = set(staff["month"])
        self.leave_date = leavers.set_index("assignment")["leave_date"]
        began = self.absences["month"]
        self.covered = sorted(month for month in self.snapshots if began.min() <= month <= began.max())
        self.cut = self.covered[-1].end_time.normalize()

    @staticmethod
    def with_contract(leavers: pd.DataFrame, staff: pd.DataFrame) -> pd.DataFrame:
        """A leaver row that does not say its contract takes that of the last count it stood in."""
        last = staff.sort_values("month").groupby("assignment")["contract"].last()
        known = leavers["contract"].fillna(leavers["assignment"].map(last)).fillna("permanent")
        return leavers.assign(contract=known)

    def part_months(self) -> pd.DataFrame:
        """The last, broken month of posts that had gone by its end: as they stood at the last count before."""
        counted = self.staff[["assignment", "month"]].assign(counted=True)
        gone = self.leavers[self.leavers["month"].isin(self.snapshots)].merge(counted, "left", ["assignment", "month"])
        gone = gone[gone["counted"].isna()].drop(columns="counted")
        before = self.staff[["assignment", "month", "contracted_fte", "status"]]
        before = gone[["assignment", "month"]].merge(before, on="assignment", suffixes=("", "_before"))
        before = before[before["month_before"] < before["month"]].sort_values("month_before")
        before = before.drop_duplicates("assignment", keep="last")[["assignment", "contracted_fte", "status"]]
        gone = gone.merge(before, "left", "assignment", suffixes=("", "_before"))
        fte = gone["contracted_fte_before"].fillna(gone["contracted_fte"])
        return gone.assign(fte=fte, status=gone["status"].fillna("active"), days=gone["leave_date"].dt.day)

    def in_post(self) -> pd.DataFrame:
        """A row a post and month: its team, FTE, whether it is worked, and the calendar days in post."""
        first, last = self.staff["month"].dt.start_time, self.staff["month"].dt.end_time.dt.normalize()
        joined = self.staff["start_date"].clip(lower=first)
        whole = self.staff.assign(fte=self.staff["contracted_fte"], days=((last - joined).dt.days + 1).clip(lower=0))
        posts = pd.concat([whole, self.part_months()], ignore_index=True)
        return posts[posts["contract"] != "bank"][["assignment", "person", "team", "month", "fte", "status", "days"]]

    def episodes(self) -> pd.DataFrame:
        """Absences of a post that overlap or touch as one: a row each, its end that of the newest covered month at most."""
        merged = []
        absences = self.absences.sort_values(["assignment", "start_date"], kind="stable")
        ends = absences["end_date"].fillna(self.cut).clip(upper=self.cut)
        left = absences["assignment"].map(self.leave_date)
        absences = absences.assign(end=ends.where(left.isna() | (left > ends), left))
        for row in absences[absences["end"] >= absences["start_date"]].itertuples():
            last = merged[-1] if merged else None
            if last and last["assignment"] == row.assignment and row.start_date <= last["end"] + DAY:
                last["end"] = max(last["end"], row.end)
            else:
                merged.append(
                    {
                        "assignment": row.assignment,
                        "team": row.team,
                        "fte": row.contracted_fte,
                        "start": row.start_date,
                        "end": row.end,
                    }
                )
        return pd.DataFrame(merged)

    def days_lost(self) -> pd.DataFrame:
        """FTE days lost, a row an episode and month, with the length of the whole episode in days."""
        episodes = self.episodes()
        episodes["length"] = (episodes["end"] - episodes["start"]).dt.days + 1
        months = pd.DataFrame({"month": self.covered})
        pieces = episodes.merge(months, how="cross")
        first, last = pieces["month"].dt.start_time, pieces["month"].dt.end_time.dt.normalize()
        begins, ends = pieces["start"].clip(lower=first), pieces["end"].clip(upper=last)
        pieces["days"] = (ends - begins).dt.days + 1
        pieces = pieces[pieces["days"] > 0]
        posts = self.in_post()
        worked = posts.loc[posts["status"] == "active", ["assignment", "month"]].drop_duplicates()
        pieces = pieces.merge(worked, on=["assignment", "month"])
        return pieces.assign(lost=pieces["days"] * pieces["fte"])


def sickness(posts: Posts) -> dict[str, pd.DataFrame]:
    """A1 and A2: FTE days lost, all, of those available; short (under 28 days by now) and long ones over three months."""
    there = posts.in_post()
    there = there[(there["status"] == "active") & there["month"].isin(posts.covered)]
    available = (there["fte"] * there["days"]).groupby([there["team"], there["month"]]).sum()
    lost = posts.days_lost()
    kinds = {
        "sickness_rate": lost,
        "short_term_sickness": lost[lost["length"] < 28],
        "long_term_sickness": lost[lost["length"] >= 28],
    }
    monthly = {
        name: fraction(kind.groupby(["team", "month"])["lost"].sum(), available[available > 0])
        for name, kind in kinds.items()
    }
    return {name: each if name == "sickness_rate" else of_three_months(each) for name, each in monthly.items()}


def of_three_months(monthly: pd.DataFrame) -> pd.DataFrame:
    """What each month and the two before it come to, where a team has a figure in all three."""
    later = [monthly.assign(month=monthly["month"] + after) for after in range(3)]
    sums = pd.concat(later).groupby(["team", "month"])[["numerator", "denominator"]].agg(["sum", "count"])
    whole = sums[sums["numerator", "count"] == 3]
    return whole.xs("sum", axis=1, level=1).reset_index()[COUNTED]


# ---- staying -------------------------------------------------------------------------------------------------------


def heads(posts: Posts) -> pd.DataFrame:
    """The people counted, a row a person, team and month: neither bank nor on rotation."""
    staff = posts.staff[~posts.staff["contract"].isin(["bank", "rotational"])]
    return staff[["person", "team", "month"]].drop_duplicates()


def year_before(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(month=table["month"] + 12)


def leaving(posts: Posts) -> pd.DataFrame:
    """T1: people who left in twelve months, of the mean of those in post at both ends."""
    leavers = posts.leavers
    covered = pd.period_range(posts.leavers["month"].min(), posts.leavers["month"].max(), freq="M")
    counted = leavers[
        ~leavers["contract"].isin(["bank", "rotational"]) & ~leavers["reason"].isin(["end_of_fixed_term", "transfer"])
    ]
    others = posts.staff[~posts.staff["contract"].isin(["bank", "rotational"])][["person", "assignment", "month"]]
    ends = others["assignment"].map(posts.leave_date).dt.to_period("M")
    others = others[~(ends <= others["month"])]  # a post that ends in the same month does not keep anybody
    stays = counted.merge(others, on=["person", "month"], suffixes=("", "_other"))
    stays = stays.loc[stays["assignment"] != stays["assignment_other"], "assignment"]
    counted = counted[~counted["assignment"].isin(stays)]
    year = pd.concat([counted.assign(month=counted["month"] + later) for later in range(12)])
    left = year.drop_duplicates(["person", "team", "month"]).groupby(["team", "month"]).size()
    now = heads(posts).groupby(["team", "month"]).size()
    then = year_before(heads(posts)).groupby(["team", "month"]).size()
    mean = (now + then) / 2  # both are needed
    known = {month for month in posts.snapshots if month in covered and month - 11 in covered}
    mean = mean[[month in known for month in mean.index.get_level_values("month")]]
    return fraction(left, mean)


def staying(posts: Posts) -> pd.DataFrame:
    """T4: of the people in a team twelve months before, those in it now."""
    now, then = heads(posts), year_before(heads(posts))
    then = then[then["month"].isin(posts.snapshots)]
    stayed = then.merge(now, on=["person", "team", "month"])
    return fraction(stayed.groupby(["team", "month"]).size(), then.groupby(["team", "month"]).size())


# ---- duties --------------------------------------------------------------------------------------------------------

ROTA = (
    "shift_id", "team", "person", "shift_type", "planned_start", "planned_end", "planned_break_minutes",
    "actual_start", "actual_end", "break_minutes", "status", "requirement",
)  # fmt: skip


def rota(extracts: Extracts) -> pd.DataFrame:
    """The duties with their hours, planned and worked, in UTC and without breaks."""
    duties = extracts.table("rota", ROTA)
    begins = duties["actual_start_utc"].fillna(duties["planned_start_utc"])
    ends = duties["actual_end_utc"].fillna(duties["planned_end_utc"])
    planned_break = duties["planned_break_minutes"].fillna(0)
    planned = (duties["planned_end_utc"] - duties["planned_start_utc"]) / HOUR - planned_break / 60
    worked = (ends - begins) / HOUR - duties["break_minutes"].fillna(planned_break) / 60
    return duties.assign(begins=begins, ends=ends, planned_hours=planned, worked_hours=worked)


def filling(duties: pd.DataFrame) -> pd.DataFrame:
    """R1: hours worked on required duties, of the hours planned for them."""
    required = duties[
        (duties["shift_type"] == "duty")
        & (duties["requirement"].fillna("mandatory") == "mandatory")
        & (duties["status"] != "cancelled")
    ]
    planned = required.groupby(["team", "month"])["planned_hours"].sum()
    worked = required[required["status"] == "worked"].groupby(["team", "month"])["worked_hours"].sum()
    return fraction(worked, planned)


def short_rests(duties: pd.DataFrame) -> pd.DataFrame:
    """R8: rests of 4 to under 11 hours between a person's duties, counted where the later one stands, of duties worked."""
    worked = duties[(duties["shift_type"] == "duty") & (duties["status"] == "worked")]
    one_by_one = worked.dropna(subset=["person"]).sort_values(["person", "begins", "ends", "shift_id"])
    rest = one_by_one["begins"] - one_by_one.groupby("person")["ends"].shift()
    short = one_by_one[(rest >= 4 * HOUR) & (rest < 11 * HOUR)]
    return fraction(short.groupby(["team", "month"]).size(), worked.groupby(["team", "month"]).size())


WORK = ["duty", "supervision", "reflective", "team_time", "study"]


def homes(duties: pd.DataFrame, posts: Posts) -> pd.DataFrame:
    """Each person's team in a month: that of their largest post, else the one whose duties they worked most that month."""
    post = posts.staff[posts.staff["contract"] != "bank"]
    post = post.sort_values(["contracted_fte", "team"], ascending=[False, True])
    worked = duties[(duties["shift_type"] == "duty") & (duties["status"] == "worked")]
    minutes = (worked["worked_hours"] * 60).round()  # whole, so that equals are equal
    most = minutes.groupby([worked["person"], worked["month"], worked["team"]]).sum().rename("minutes").reset_index()
    most = most.sort_values(["minutes", "team"], ascending=[False, True])
    columns = ["person", "month", "team"]
    return pd.concat([post[columns], most[columns]]).drop_duplicates(["person", "month"], keep="first")


def long_weeks(duties: pd.DataFrame, posts: Posts) -> pd.DataFrame:
    """R9: of the people with 17 weeks of data by a month's end, those who worked over 48 hours a week in them on average,
    where a day of leave or sickness takes a seventh of a week off."""
    known = duties.dropna(subset=["person"])
    known = known.assign(week=known["planned_start"].dt.to_period("W-SUN"), day=known["planned_start"].dt.normalize())
    worked = known[known["shift_type"].isin(WORK) & (known["status"] == "worked")]
    hours = worked.groupby(["person", "week"])["worked_hours"].sum().reset_index()
    away = known[known["shift_type"].isin(["leave", "sick"])].drop_duplicates(["person", "day"])
    away = away.groupby(["person", "week"]).size().rename("away").reset_index()
    first = known.groupby("person")["week"].min().rename("first").reset_index()
    begins = duties["month"].min().start_time
    home = homes(duties, posts)
    counted = []
    for month in sorted(duties["month"].unique()):
        last = (month.end_time + DAY).to_period("W-SUN") - 1  # the newest week that has ended
        weeks = pd.period_range(last - 16, last, freq="W-SUN")
        if weeks[0].start_time < begins:  # the first week is not whole
            continue
        people = hours[hours["week"].isin(weeks)].groupby("person")["worked_hours"].sum().rename("hours").reset_index()
        people = people.merge(first[first["first"] <= weeks[0]], on="person")
        off = away[away["week"].isin(weeks)].groupby("person")["away"].sum()
        people["weeks"] = 17 - people["person"].map(off).astype(float).fillna(0) / 7
        people["over"] = people["hours"] > 48 * people["weeks"]
        counted.append(people.merge(home[home["month"] == month], on="person"))
    everyone = pd.concat(counted)
    over = everyone.groupby(["team", "month"])["over"].sum()
    return fraction(over, everyone.groupby(["team", "month"]).size())
