"""Who is reading, and what they may see. Denied unless something says otherwise.

With sign-in set up (`[auth]` in the workspace's secrets.toml) a reader is whom the provider says, and `access.yaml` says which
units are theirs, in which role. Without it only a release that anybody may read is shown: made up, or wholly public.
"""

import datetime as dt
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

import httpx
import streamlit as st
import yaml

from pages.parts import log
from pages.parts.release import warehouse

LONGEST = dt.timedelta(hours=12)  # then a reader signs in again
# Of somebody with several the first that opens a page is theirs there.
ROLES = ("executive", "leader", "analyst", "staff")
DEEDS = {  # whatever changes something, and the roles that may; what is not here nobody may
    "write sheets": ("leader", "executive"),
    "ask": ("leader", "executive"),
    "answer": ("analyst",),
    "add sources": ("analyst",),
    "go back": ("analyst",),
}
INTO_THE_WORKSPACE = (
    "answer",
    "add sources",
    "go back",
)  # they reach the inbox, the sources, or which release is current
THIS_MACHINE = ("127.0.0.1", "localhost", "::1")
DEMONSTRATION = "demonstration"
USUAL = "who: [{email: maria@example.org, role: leader, units: [larch]}]"


class SignInFirst(Exception):
    """Sign-in is set up, and nobody has signed in, or too long ago."""


class SignInNeeded(Exception):
    """No sign-in is set up, and the release holds what is not for everybody."""


class BadAccess(Exception):
    """access.yaml cannot be read or says what means nothing; the sentence says what is expected. Nobody is let in then."""


@dataclass(frozen=True)
class Grant:
    """What somebody is: a role, and the units it holds for with all that stands under them."""

    role: str
    units: tuple[str, ...]


@dataclass(frozen=True)
class Viewer:
    """A reader on one page: the role in which they read it, and the units that are theirs there."""

    role: str
    roots: tuple[str, ...]


class Page(Protocol):
    """What is asked of a page's row in the registry (pages.parts.shell.pages). What it is called is not."""

    @property
    def id(self) -> str: ...

    @property
    def open_to(self) -> tuple[str, ...]: ...


@dataclass(frozen=True)
class Reader:
    """Somebody who may read something; `name` is None where no sign-in is set up and all see everything."""

    name: str | None
    grants: tuple[Grant, ...]

    def opens(self, page: Page) -> bool:
        """A page whose row names no role is closed to everybody, whether or not sign-in is set up."""
        return bool(page.open_to) and (self.name is None or bool(self._granted(page)))

    def _granted(self, page: Page) -> list[Grant]:
        return [grant for grant in self.grants if grant.role in ROLES and grant.role in page.open_to]

    def on(self, release: warehouse.Release, page: Page) -> Viewer:
        """The same reader on one page; without a unit where none of their roles opens it."""
        if self.name is None and self.opens(page):
            return Viewer(DEMONSTRATION, warehouse.top_units(release))
        granted = self._granted(page)
        roles, units = {grant.role for grant in granted}, {unit for grant in granted for unit in grant.units}
        return Viewer(next((role for role in ROLES if role in roles), ""), tuple(sorted(units)))

    def may(self, deed: str, release: warehouse.Release | None, unit: str | None) -> str | None:
        """The role in which they may do this to a unit, on whatever page; None where they may not. Without a unit it is to
        everybody: every unit must be theirs of which the release holds what is not already public, or every unit where all is
        public. Before the first release nobody who signs in is known to have all units."""
        roles = DEEDS[deed]
        asked = {unit} if unit is not None else _of_everybody(release)
        if not asked and self.name is not None:
            return None
        if self.name is None:
            here = st.get_option("server.address") in THIS_MACHINE or deed not in INTO_THE_WORKSPACE
            theirs = {DEMONSTRATION: warehouse.top_units(release) if release else ()} if here else {}
        else:
            theirs = {
                role: tuple(sorted({unit for grant in self.grants if grant.role == role for unit in grant.units}))
                for role in ROLES
                if role in roles and any(grant.role == role for grant in self.grants)
            }
        for role, units in theirs.items():
            if asked <= set(warehouse.scope(release, units) if release else ()):
                return role
        return None


def _of_everybody(release: warehouse.Release | None) -> set[str]:
    if release is None:
        return set()
    return set(warehouse.not_public(release) or warehouse.scope(release, warehouse.top_units(release)))


def reader(release: warehouse.Release | None) -> Reader:
    """The reader of this session; before the first release there is nothing to protect. Raises SignInFirst, SignInNeeded,
    BadAccess."""
    if not sign_in_is_set_up():
        if release is None or warehouse.is_open(release):
            return Reader(None, ())
        raise SignInNeeded
    said = claims()
    if not said or is_stale(said):
        raise SignInFirst
    return Reader(_address(said) or str(said.get("sub")), granted(said, rules()))


def viewer(release: warehouse.Release) -> Viewer:
    """Outside a session (a report written by a build): whoever runs it may see everything."""
    return Viewer(DEMONSTRATION, warehouse.top_units(release))


def role_to(deed: str, unit: str | None = None) -> str | None:
    """The role in which whoever reads now may do this to a unit, or to everybody; None where they may not.

    It is asked where something is offered, and again where it is done: a page may stand open while the rules change.
    """
    try:
        release = warehouse.current_or_none()
        return reader(release).may(deed, release, unit)
    except (warehouse.UnreadableRelease, SignInFirst, SignInNeeded, BadAccess):
        return None


def readable(releases: list[warehouse.Release]) -> list[warehouse.Release]:
    """Those that may be read beside the current one: without sign-in only what anybody may read, whatever else stands there."""
    return releases if sign_in_is_set_up() else [release for release in releases if warehouse.is_open(release)]


def sign_in_is_set_up() -> bool:
    return bool(st.secrets.load_if_toml_exists() and st.secrets.get("auth"))


def provider_answers() -> bool:
    """Whether it can be signed in at present. Asked before a reader is sent there: otherwise they would end in front of a page
    with two words and no way back."""
    address = st.secrets["auth"].get("server_metadata_url")
    return address is None or _answered(address)


@st.cache_data(ttl=5, max_entries=4, show_spinner=False)  # however many sign in at once
def _answered(address: str) -> bool:
    try:
        return httpx.get(address, timeout=3, follow_redirects=True).is_success
    except (httpx.HTTPError, httpx.InvalidURL):
        return False


def claims() -> dict[str, Any] | None:
    """What the provider said of who signed in; None where nobody has, or where it said so to another application."""
    user = st.user.to_dict()
    meant, ours = user.get("aud"), st.secrets["auth"].get("client_id") if sign_in_is_set_up() else None
    to_us = meant is None or ours is None or ours in (meant if isinstance(meant, list) else [meant])
    return user if user.get("is_logged_in") and to_us else None


def is_stale(said: Mapping[str, Any], now: dt.datetime | None = None) -> bool:
    """Whether the sign-in lies too far back, or in the future by more than a clock's error, or does not say when it was."""
    try:
        at = dt.datetime.fromtimestamp(float(said["iat"]), dt.UTC)
    except (KeyError, TypeError, ValueError, OverflowError, OSError):
        return True
    age = (now or dt.datetime.now(dt.UTC)) - at
    return not dt.timedelta(minutes=-5) <= age <= LONGEST


def granted(said: Mapping[str, Any], rules: dict[str, Any]) -> tuple[Grant, ...]:
    """What the rules give to somebody with these claims."""
    email = _address(said).casefold()
    groups = said.get(rules["claim"])
    groups = groups if isinstance(groups, list | tuple) else [groups]  # one group may come by itself
    return tuple(
        Grant(each["role"], tuple(each["units"]))
        for each in rules["who"]
        if (email and each.get("email", "").casefold() == email) or ("group" in each and each["group"] in groups)
    )


def _address(said: Mapping[str, Any]) -> str:
    """An address that the provider vouches for, or "": where it says nothing of that, or anything but true, anybody may have
    typed the address."""
    email = said.get("email")
    return email if isinstance(email, str) and said.get("email_verified") is True else ""


def rules() -> dict[str, Any]:
    """What access.yaml says now: read again whenever it was written. Raises BadAccess."""
    path = warehouse.home() / "access.yaml"
    try:
        seen = path.stat()
    except OSError:
        raise BadAccess(f"There is no {path}, which says who sees what. It is written as: {USUAL}") from None
    return _rules(path, seen.st_mtime_ns, seen.st_size)


@lru_cache(maxsize=4)
def _rules(path: Path, _written: int, _size: int) -> dict[str, Any]:
    try:
        record = yaml.safe_load(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError, RecursionError):
        raise BadAccess(f"{path} is not readable YAML. It is written as: {USUAL}") from None
    if not isinstance(record, dict) or not isinstance(record.get("who"), list):
        raise BadAccess(f"{path} lists nobody. It is written as: {USUAL}")
    if strange := set(record) - {"who", "claim"}:
        raise BadAccess(
            f"{path} says {', '.join(map(str, strange))}, which means nothing here; it may say who and claim."
        )
    for number, each in enumerate(record["who"], 1):
        _expect_sound(path, number, each)
    claim = record.get("claim", "groups")
    if not isinstance(claim, str):
        raise BadAccess(f"{path}: claim is the name of one claim. It is written as: {USUAL}")
    return {"claim": claim, "who": record["who"]}


def _expect_sound(path: Path, number: int, each: Any) -> None:
    def wrong(what: str) -> BadAccess:
        return BadAccess(f"{path}, entry {number} of who: {what}.")

    if not isinstance(each, dict) or set(each) - {"email", "group", "role", "units"}:
        raise wrong("expected email or group, role, and units")
    if ("email" in each) == ("group" in each):
        raise wrong("expected either an email or a group")
    if not all(isinstance(each[key], str) and each[key].strip() for key in ("email", "group") if key in each):
        raise wrong("email or group is empty")
    role = each.get("role")
    if not isinstance(role, str) or role not in ROLES:
        said = repr(role) if isinstance(role, str | None) else "no word"
        raise wrong(f"role is {said}, expected one of {', '.join(ROLES)}")
    units = each.get("units")
    if not isinstance(units, list) or not units or not all(isinstance(unit, str) for unit in units):
        raise wrong("units is not a list of codes of units, in quotes if they are numbers")


def main() -> int:
    """Reads access.yaml as the app would, for `python -m etl check`; says which of its units the release does not know."""
    if not (warehouse.home() / "access.yaml").exists():
        return 0
    try:
        who = rules()["who"]
        release = warehouse.current()
    except BadAccess as wrong:
        print(log.printable(str(wrong)), file=sys.stderr)
        return 1
    except (warehouse.NoRelease, warehouse.UnreadableRelease):
        print(f"access.yaml: {len(who)} entries; no release to compare their units with")
        return 0
    known = set(warehouse.scope(release, warehouse.top_units(release)))
    unknown = sorted({unit for each in who for unit in each["units"]} - known)
    if unknown:
        named = log.printable(", ".join(unknown))
        print(f"access.yaml names units that release {release.id} does not have: {named}.", file=sys.stderr)
        return 1
    print(f"access.yaml: {len(who)} entries, and every unit they name is there")
    return 0


if __name__ == "__main__":
    sys.exit(main())
