"""Reads `settings.yaml`, in which an organisation may say how its workspace differs from the usual; most need none."""

import datetime as dt
import re
from dataclasses import field, fields
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml
from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    StrictBool,
    StrictStr,
    TypeAdapter,
    ValidationError,
    WithJsonSchema,
    model_validator,
)
from pydantic.dataclasses import dataclass

from etl import safe_yaml
from etl.config.sentences import Refusal, sentence
from etl.paths import Workspace

CONNECT = re.compile(
    r"sc://[^\s:/;@]+(:\d{1,5})?(/(;[^\s]*)?)?"
)  # a Spark Connect address; a token may follow the host
STORE = re.compile(
    r"[a-z][a-z0-9+.-]*://(?![^/]*:[^/]*@)[^\s?#]+"
)  # s3a://bucket/kinship; a password has no place in it
WIDEST_STEP = 50.0  # points; etl/disclosure/rounding.py knows none wider
KNOWN_KEYS_ONLY = {"extra": "forbid", "hide_input_in_errors": True}


class BadSettings(Exception):
    """The workspace's settings say something that means nothing; the sentence names it."""


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, OSError):
        raise ValueError(name) from None
    return name


def _months(months: Any) -> tuple[dt.date, ...]:
    try:
        return tuple(sorted({dt.date.fromisoformat(f"{str(month)[:7]}-01") for month in months}))
    except TypeError:
        raise ValueError(months) from None


def _matches(pattern: re.Pattern):
    """Empty, or an address of this kind, whole."""

    def expect(address: str) -> str:
        if address and not pattern.fullmatch(address):
            raise ValueError
        return address

    return AfterValidator(expect)


Number = Annotated[int, Field(strict=True, ge=1, le=1000), Refusal("is {value!r}; write a whole number from 1")]
Span = Annotated[int, Field(strict=True, ge=1, le=10_000), Refusal("is {value!r}; write a whole number from 1")]
Points = Annotated[
    Annotated[int, Field(strict=True, ge=1, le=WIDEST_STEP)]
    | Annotated[float, Field(strict=True, ge=1, le=WIDEST_STEP)],
    Refusal(f"is {{value!r}}; write a number from 1 to {WIDEST_STEP:g}"),
]
Months = Annotated[
    tuple[dt.date, ...],
    BeforeValidator(_months),
    WithJsonSchema({"type": "array", "items": {"type": "string", "pattern": r"^\d{4}-\d{2}(-\d{2})?$"}}),
    Refusal("is {value!r}; write a list of months, such as [2026-03]"),
]


@dataclass(frozen=True, config=KNOWN_KEYS_ONLY)
class DisclosureRules:
    """`disclosure:` in settings.yaml, the parameters of docs/disclosure.md; what is not said there keeps its default."""

    k_people: Annotated[
        Number, Field(description="People behind every figure that is shown, and behind every difference of two")
    ] = 11
    min_num: Annotated[Number, Field(description="People that any reader must be left in doubt about")] = 5
    min_units: Annotated[Number, Field(description="Units in a pool, and in a group that is hidden together")] = 2
    leaver_step: Annotated[
        Number, Field(description="People that one step of a leaver rate stands for, at the least")
    ] = 10
    leaver_points: Annotated[
        Points, Field(description="A leaver rate in wider steps than this says nothing, and is not shown")
    ] = 10.0
    sticky_quarters: Annotated[Number, Field(description="Quarters that a hidden unit must pass in a row")] = 2
    freeze_after_months: Annotated[
        Number, Field(description="A month is revised once, this long after it, then never")
    ] = 3
    restate: Annotated[Months, Field(description="Months published anew in spite of that")] = ()

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


@dataclass(frozen=True, config=KNOWN_KEYS_ONLY)
class Retention:
    """`retention:` in settings.yaml, by which `purge` goes; what is not said there keeps its default."""

    inbox_days: Annotated[
        int,
        Field(
            strict=True, ge=0, le=10_000, description="An original that was accepted, or refused, since it was taken in"
        ),
        Refusal("is {value!r}; write a whole number from 0"),
    ] = 90
    person_months: Annotated[Span, Field(description="Rows about people; longer where an indicator needs it")] = 24
    releases: Annotated[Span, Field(description="The newest ones, every one of which is kept")] = 24
    release_years: Annotated[
        Span, Field(description="And of older ones the last of each month, so long; packs too")
    ] = 7
    audit_months: Annotated[Span, Field(description="The record of who looked at what")] = 12


def _looser(name: str, mine, theirs) -> bool:
    if name == "restate":
        return bool(mine)
    # A wider step is no weaker: what a step stands for in people is what protects.
    return name != "leaver_points" and mine < theirs


def _text(value) -> str:
    return ", ".join(f"{month:%Y-%m}" for month in value) if isinstance(value, tuple) else str(value)


@dataclass(frozen=True, config=KNOWN_KEYS_ONLY)
class Settings:
    timezone: Annotated[
        StrictStr,
        AfterValidator(_zone),
        Field(description="In which the extracts' moments are told, and in which today is today"),
        Refusal("is {value!r}, which is no time zone; write one such as Europe/London"),
    ] = "Europe/London"
    journal: Annotated[
        Any, Field(description="The PostgreSQL database of the app's journal; the app reads this itself")
    ] = ""
    disclosure: Annotated[
        DisclosureRules,
        Field(description="The parameters of disclosure control"),
        Refusal("is not a record of parameters; write below it, say, k_people: 11"),
    ] = field(default_factory=DisclosureRules)
    retention: Annotated[
        Retention,
        Field(description="How long things are kept"),
        Refusal("is not a record of how long things are kept; write below it, say, inbox_days: 90"),
    ] = field(default_factory=Retention)
    max_loss_share: Annotated[
        Annotated[int, Field(strict=True, ge=0, le=1)] | Annotated[float, Field(strict=True, ge=0, le=1)],
        Field(description="Of units, or of a source's rows, that a release may be without against the last one"),
        Refusal("is {value!r}; write a number from 0 to 1, such as 0.33"),
    ] = 1 / 3
    packs: Annotated[
        StrictBool,
        Field(description="Whether every build also writes the organisation's review into packs/"),
        Refusal("is {value!r}; write true or false"),
    ] = False
    engine: Annotated[
        Literal["duckdb", "spark"],
        Field(description="What runs sql/core and sql/indicators: duckdb here, or spark on a server"),
        Refusal("is {value!r}; write duckdb or spark"),
    ] = "duckdb"
    spark: Annotated[  # its value is never repeated, for it may hold a token
        StrictStr,
        _matches(CONNECT),
        Field(description="Where that server is, as sc://host:port"),
        Refusal("is no address of a Spark Connect server; write one such as sc://host:15002"),
    ] = ""
    spark_store: Annotated[
        StrictStr,
        _matches(STORE),
        Field(description="Where it finds what lies in store/; empty: under the same path"),
        Refusal(
            "is no address of a folder without a password in it; write one such as s3a://bucket/kinship or "
            "file:///mnt/kinship/store"
        ),
    ] = ""

    @model_validator(mode="before")
    @classmethod
    def _empty_records_are_usual(cls, record: Any) -> Any:
        """`disclosure:` with nothing below it is the usual one. What Python calls with stands in ArgsKwargs."""
        if not isinstance(record, dict):
            return record
        return {
            key: value for key, value in record.items() if value is not None or key not in ("disclosure", "retention")
        }

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
    if not isinstance(record, dict):
        raise BadSettings(f"{path} is not a record of settings; write it as timezone: Europe/London.")
    try:
        settings = TypeAdapter(Settings).validate_python(record)
    except ValidationError as error:
        raise BadSettings(f"{path}{sentence(error, Settings)}.") from None
    if settings.engine == "spark" and not settings.spark:
        raise BadSettings(f"{path}: engine is spark, and nothing says where; write below it spark: sc://host:15002.")
    return settings
