"""Reads `settings.yaml`, in which an organisation may say how its workspace differs from the usual; most need none."""

import datetime as dt
import re
from dataclasses import dataclass, field, fields
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml

from etl import safe_yaml
from etl.paths import Workspace

ENGINES = ("duckdb", "spark")
CONNECT = re.compile(
    r"sc://[^\s:/;@]+(:\d{1,5})?(/(;[^\s]*)?)?"
)  # a Spark Connect address; a token may follow the host
STORE = re.compile(
    r"[a-z][a-z0-9+.-]*://(?![^/]*:[^/]*@)[^\s?#]+"
)  # s3a://bucket/kinship; a password has no place in it
WIDEST_STEP = 50.0  # points; etl/disclosure/rounding.py knows none wider


class BadSettings(Exception):
    """The workspace's settings say something that means nothing; the sentence names it."""


@dataclass(frozen=True)
class DisclosureRules:
    """`disclosure:` in settings.yaml, the parameters of docs/disclosure.md; what is not said there keeps its default."""

    k_people: int = 11  # people behind every figure that is shown, and behind every difference of two
    min_num: int = 5  # people that any reader must be left in doubt about
    min_units: int = 2  # units in a pool, and in a group that is hidden together
    leaver_step: int = 10  # people that one step of a leaver rate stands for, at the least
    leaver_points: float = 10.0  # a leaver rate in wider steps than this says nothing, and is not shown
    sticky_quarters: int = 2  # quarters that a hidden unit must pass in a row
    freeze_after_months: int = 3  # a month is revised once, this long after it, then never
    restate: tuple[dt.date, ...] = ()  # months published anew in spite of that

    @property
    def k_leavers(self) -> int:
        """People from which a unit's leaver rate can be shown: its step is then no wider than `leaver_points`."""
        return max(self.k_people, round(100 * self.leaver_step / self.leaver_points))

    def loosened(self) -> list[dict[str, str]]:
        """Whatever protects people less than the defaults do, as records of `meta.setting`."""
        default = DisclosureRules()
        return [
            {"setting": each.name, "value": _text(mine), "default_value": _text(theirs) or "none"}
            for each in fields(self)
            if _looser(each.name, mine := getattr(self, each.name), theirs := getattr(default, each.name))
        ]


@dataclass(frozen=True)
class Retention:
    """`retention:` in settings.yaml, by which `purge` goes; what is not said there keeps its default."""

    inbox_days: int = 90  # an original that was accepted, or refused, since it was taken in
    person_months: int = 24  # rows about people; longer where an indicator needs it
    releases: int = 24  # the newest ones, every one of which is kept
    release_years: int = 7  # and of older ones the last of each month, so long; packs too
    audit_months: int = 12  # the record of who looked at what


def _looser(name: str, mine, theirs) -> bool:
    if name == "restate":
        return bool(mine)
    # A wider step is no weaker: what a step stands for in people is what protects.
    return name != "leaver_points" and mine < theirs


def _text(value) -> str:
    return ", ".join(f"{month:%Y-%m}" for month in value) if isinstance(value, tuple) else str(value)


@dataclass(frozen=True)
class Settings:
    timezone: str = "Europe/London"  # in which the extracts' moments are told, and in which today is today
    journal: str = ""  # the PostgreSQL database that the app keeps its journal in; the app reads this itself
    disclosure: DisclosureRules = field(default_factory=DisclosureRules)
    retention: Retention = field(default_factory=Retention)
    max_loss_share: float = 1 / 3  # of units, or of a source's rows, that a release may be without against the last one
    packs: bool = False  # whether every build also writes the organisation's review into packs/
    engine: str = "duckdb"  # what runs sql/core and sql/indicators: duckdb here, or spark on a server
    spark: str = ""  # where that server is, as sc://host:port
    spark_store: str = ""  # where it finds what lies in store/; empty: under the same path

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    def day_of(self, moment: dt.datetime) -> dt.date:
        return moment.astimezone(self.zone).date()

    def today(self) -> dt.date:
        return self.day_of(dt.datetime.now(dt.UTC))


def read(workspace: Workspace) -> Settings:
    """The workspace's settings; the usual ones where it has no file of them. Raises BadSettings."""
    path = workspace.settings
    try:
        record = safe_yaml.load(path.read_text(encoding="utf-8-sig")) or {}
    except FileNotFoundError:
        return Settings()
    except (yaml.YAMLError, UnicodeDecodeError):
        raise BadSettings(f"{path} is not readable YAML; write it as timezone: Europe/London.") from None
    known = [field.name for field in fields(Settings)]
    if not isinstance(record, dict):
        raise BadSettings(f"{path} is not a record of settings; write it as timezone: Europe/London.")
    if strange := sorted(set(map(str, record)) - set(known)):
        raise BadSettings(f"{path} says {', '.join(strange)}, which means nothing here; it may say {', '.join(known)}.")
    settings = Settings(
        **record
        | {
            "disclosure": _disclosure(str(path), record.get("disclosure")),
            "retention": _retention(str(path), record.get("retention")),
        }
    )
    try:
        settings.zone  # noqa: B018
    except (ZoneInfoNotFoundError, ValueError, TypeError, OSError):
        raise BadSettings(
            f"{path}: timezone is {settings.timezone!r}, which is no time zone; write one such as Europe/London."
        ) from None
    share = settings.max_loss_share
    if isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share <= 1:
        raise BadSettings(f"{path}: max_loss_share is {share!r}; write a number from 0 to 1, such as 0.33.")
    if not isinstance(settings.packs, bool):
        raise BadSettings(f"{path}: packs is {settings.packs!r}; write true or false.")
    if settings.engine not in ENGINES:
        raise BadSettings(f"{path}: engine is {settings.engine!r}; write duckdb or spark.")
    if settings.engine == "spark" and not settings.spark:
        raise BadSettings(f"{path}: engine is spark, and nothing says where; write below it spark: sc://host:15002.")
    if settings.spark != "" and not (isinstance(settings.spark, str) and CONNECT.fullmatch(settings.spark)):
        # Not repeated here, for it may hold a token.
        raise BadSettings(f"{path}: spark is no address of a Spark Connect server; write one such as sc://host:15002.")
    if settings.spark_store != "" and not (
        isinstance(settings.spark_store, str) and STORE.fullmatch(settings.spark_store)
    ):
        raise BadSettings(
            f"{path}: spark_store is no address of a folder without a password in it; write one such as "
            "s3a://bucket/kinship or file:///mnt/kinship/store."
        )
    return settings


def _disclosure(path: str, record) -> DisclosureRules:
    """Raises BadSettings."""
    if record is None:
        return DisclosureRules()
    known = {field.name: field.default for field in fields(DisclosureRules)}
    if not isinstance(record, dict):
        raise BadSettings(f"{path}: disclosure is not a record of parameters; write below it, say, k_people: 11.")
    if strange := sorted(set(map(str, record)) - set(known)):
        raise BadSettings(
            f"{path}: disclosure says {', '.join(strange)}, which means nothing here; it may say {', '.join(known)}."
        )
    given = dict(record)
    if "restate" in given:
        given["restate"] = _months(path, given["restate"])
    for name, value in given.items():
        if name == "restate":
            continue
        whole = name != "leaver_points"
        number = isinstance(value, int if whole else (int, float)) and not isinstance(value, bool)
        if not number or not 1 <= value <= (1000 if whole else WIDEST_STEP):
            least = "a whole number from 1" if whole else f"a number from 1 to {WIDEST_STEP:g}"
            raise BadSettings(f"{path}: disclosure, {name} is {value!r}; write {least}.")
    return DisclosureRules(**given)


def _retention(path: str, record) -> Retention:
    """Raises BadSettings."""
    if record is None:
        return Retention()
    known = [field.name for field in fields(Retention)]
    if not isinstance(record, dict):
        raise BadSettings(
            f"{path}: retention is not a record of how long things are kept; write below it, say, inbox_days: 90."
        )
    if strange := sorted(set(map(str, record)) - set(known)):
        raise BadSettings(
            f"{path}: retention says {', '.join(strange)}, which means nothing here; it may say {', '.join(known)}."
        )
    for name, value in record.items():
        least = 0 if name == "inbox_days" else 1
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= 10_000:
            raise BadSettings(f"{path}: retention, {name} is {value!r}; write a whole number from {least}.")
    return Retention(**record)


def _months(path: str, given) -> tuple[dt.date, ...]:
    try:
        return tuple(sorted({dt.date.fromisoformat(f"{str(month)[:7]}-01") for month in given}))
    except (TypeError, ValueError):
        raise BadSettings(
            f"{path}: disclosure, restate is {given!r}; write a list of months, such as [2026-03]."
        ) from None
