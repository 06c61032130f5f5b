"""Reads `settings.yaml`, in which an organisation may say how its workspace differs from the usual; most need none."""

import datetime as dt
from dataclasses import dataclass, fields
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml

from etl.paths import Workspace


class BadSettings(Exception):
    """The workspace's settings say something that means nothing; the sentence names it."""


@dataclass(frozen=True)
class Settings:
    timezone: str = "Europe/London"  # in which the extracts' moments are told, and in which today is today
    journal: str = ""  # the PostgreSQL database that the app keeps its journal in; the app reads this itself

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
        record = yaml.safe_load(path.read_text(encoding="utf-8-sig")) or {}
    except FileNotFoundError:
        return Settings()
    except (yaml.YAMLError, UnicodeDecodeError):
        raise BadSettings(f"{path} is not readable YAML; write it as timezone: Europe/London.") from None
    known = [field.name for field in fields(Settings)]
    if not isinstance(record, dict):
        raise BadSettings(f"{path} is not a record of settings; write it as timezone: Europe/London.")
    if strange := sorted(set(map(str, record)) - set(known)):
        raise BadSettings(f"{path} says {', '.join(strange)}, which means nothing here; it may say {', '.join(known)}.")
    settings = Settings(**record)
    try:
        settings.zone  # noqa: B018
    except (ZoneInfoNotFoundError, ValueError, TypeError, OSError):
        raise BadSettings(
            f"{path}: timezone is {settings.timezone!r}, which is no time zone; write one such as Europe/London."
        ) from None
    return settings
