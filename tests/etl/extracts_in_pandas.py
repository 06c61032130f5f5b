"""Reads the extracts of a workspace with pandas, from what the contracts say and nothing of the engine: for the tests.

Of the engine it takes only which files were accepted and which of their lines were set aside, so that both see the same
rows. Everything else (headings, spellings, dates, the end of time, names of units, successors, UTC) is done again here.
"""

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import yaml

LONDON = ZoneInfo("Europe/London")
OPEN_YEARS = {1, 4712, 9999}


@dataclass(frozen=True)
class Extracts:
    """The inbox of a workspace, as tables in the contracts' columns."""

    home: Path
    contracts: Path

    # ---- one source ------------------------------------------------------------------------------------------------

    def table(self, source: str, columns: tuple[str, ...] = ()) -> pd.DataFrame:
        """The rows of a source that count, with a `month`; of its columns only those named, or all."""
        contract = self.contract(source)
        needed = {*contract["key"], *columns, *([contract["month_of"]] if "month_of" in contract else [])}
        needed |= set(contract.get("leave_out", {}))
        listed = {name: given for name, given in contract["columns"].items() if not columns or name in needed}
        parts = []
        for arrival, (file, rejected) in enumerate(self.accepted(source)):
            rows = self.cells(file, listed, contract)
            rows = rows[~rows["line"].isin(rejected)]
            for name, given in listed.items():
                rows[name] = self.typed(rows[name], given, contract)
            for name, words in contract.get("leave_out", {}).items():
                rows = rows[~rows[name].str.casefold().isin({word.casefold() for word in words})]
            parts.append(rows.assign(arrival=arrival))
        table = pd.concat(parts, ignore_index=True)
        if "month_of" in contract:
            table["month"] = table[contract["month_of"]].dt.to_period("M")
        if contract["each_file"] == "replaces_all":
            table = table[table["arrival"] == table["arrival"].max()]
        elif contract["each_file"] == "replaces_its_months":
            table = table[table["arrival"] == table.groupby("month")["arrival"].transform("max")]
        # Within a file equal repeats count once; of several files the last word on a key counts.
        table = table.drop_duplicates([*contract["key"], "arrival"], keep="first")
        table = table.sort_values("arrival", kind="stable").drop_duplicates(contract["key"], keep="last")
        for name, given in listed.items():
            if given.get("refers_to"):
                table[name] = self.units(table[name], contract["system"])
            if given.get("type") == "timestamp":
                table[f"{name}_utc"] = in_utc(table[name])
        return table.reset_index(drop=True)

    def contract(self, source: str) -> dict:
        """As YAML has it: the workspace's own, else the project's."""
        own = self.home / "expectations" / source / "contract.yaml"
        path = own if own.exists() else self.contracts / source / "contract.yaml"
        contract = yaml.safe_load(path.read_text(encoding="utf-8"))
        for given in contract["columns"].values():
            for listed in ("headers", "format"):
                if isinstance(given.get(listed), str):
                    given[listed] = [given[listed]]
        return contract

    def accepted(self, source: str) -> list[tuple[Path, set[int]]]:
        """The accepted files, earliest arrival first, and the lines of each that were set aside."""
        found = []
        for path in (self.home / "store" / source).glob("*.receipt.json"):
            receipt = json.loads(path.read_text(encoding="utf-8"))
            if receipt["outcome"] == "accepted":
                rejected = path.with_name(path.name.replace("receipt.json", "rejected.parquet"))
                lines = set(pd.read_parquet(rejected, columns=["line"])["line"]) if rejected.exists() else set()
                found.append((receipt["arrived"], receipt["mtime_ns"], receipt["file"], lines))
        return [(self.home / "inbox" / file, lines) for *_, file, lines in sorted(found, key=lambda each: each[:3])]

    def cells(self, file: Path, listed: dict, contract: dict) -> pd.DataFrame:
        """The text of the columns asked for, under our names, and the line each row stands on."""
        layout = contract.get("format", {})
        first = file.read_bytes().split(b"\n", 1)[0]
        delimiter = layout.get("delimiter") or max(",;\t~", key=lambda mark: first.count(mark.encode()))
        encoding = "utf-8-sig" if readable(file, "utf-8") else "cp1252"
        headings = pd.read_csv(file, sep=delimiter, encoding=encoding, nrows=0).columns
        ours = {
            heading: name
            for heading in headings
            for name, given in listed.items()
            if plain(heading) in map(plain, given["headers"])
        }
        rows = pd.read_csv(
            file, sep=delimiter, encoding=encoding, dtype=str, keep_default_na=False, usecols=list(ours)
        ).rename(columns=ours)
        rows["line"] = np.arange(2, len(rows) + 2)
        for name in listed:
            rows[name] = rows[name].str.strip() if name in rows else ""
            rows.loc[rows[name].isin({"", *map(str, layout.get("missing", []))}), name] = pd.NA
        return rows

    def typed(self, text: pd.Series, given: dict, contract: dict) -> pd.Series:
        kind = given.get("type", "text")
        if given.get("person"):
            return text.str.upper().str.lstrip("0")
        if kind in ("date", "timestamp"):
            return moments(text, given.get("format", []))
        if kind == "number":
            return pd.to_numeric(text.str.replace(given["thousands"], "") if "thousands" in given else text)
        if "first_characters" in given:
            text = text.str[: given["first_characters"]]
        said = {
            str(word).casefold(): str(spelling)
            for spelling, others in given.get("spellings", {}).items()
            for word in (spelling, *others)
        }
        return text.str.casefold().map(said).fillna(text) if said else text

    # ---- units -----------------------------------------------------------------------------------------------------

    def units(self, text: pd.Series, system: str) -> pd.Series:
        """The code of the unit that counts: what the name means to that system, and what that unit has become."""
        means = {name: code for (known, name), code in self.names.items() if known in (system.casefold(), "all")}
        return text.str.casefold().map(lambda name: self.last_successor(means[name]), na_action="ignore")

    @cached_property
    def teams(self) -> pd.DataFrame:
        return self.table("teams")

    @cached_property
    def names(self) -> dict[tuple[str, str], str]:
        """(system, name) → code, all in small letters but the code; a title or code is known to all systems."""
        own = {("all", code.casefold()): code for code in self.teams["unit"]}
        titles = {("all", title.casefold()): code for code, title in zip(*self.columns("unit", "title"), strict=True)}
        known = titles | own
        for system, name, unit in self.crosswalk:
            known.setdefault((system.casefold(), name.casefold()), known[("all", unit.casefold())])
        return known

    @cached_property
    def crosswalk(self) -> list[tuple[str, str, str]]:
        [*_, (file, rejected)] = self.accepted("crosswalk")
        contract = self.contract("crosswalk")
        rows = self.cells(file, contract["columns"], contract)
        rows = rows[~rows["line"].isin(rejected)]
        return list(zip(rows["system"], rows["name"], rows["unit"], strict=True))

    def columns(self, *names: str) -> list[pd.Series]:
        return [self.teams[name] for name in names]

    @cached_property
    def became(self) -> dict[str, str]:
        named = self.teams.dropna(subset=["successor"])
        return {
            unit: self.names["all", to.casefold()] for unit, to in zip(named["unit"], named["successor"], strict=True)
        }

    def last_successor(self, unit: str) -> str:
        while unit in self.became:
            unit = self.became[unit]
        return unit


def plain(heading: str) -> str:
    return " ".join(heading.replace("_", " ").split()).casefold()


def readable(file: Path, encoding: str) -> bool:
    try:
        file.read_bytes().decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def moments(text: pd.Series, formats: list[str]) -> pd.Series:
    """Dates or moments, as the contract's formats or ISO have them; a year that means "open" is none."""
    read = pd.Series(pd.NaT, index=text.index, dtype="datetime64[us]")
    for form in (*formats, "%Y-%m-%d", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S"):
        todo = read.isna() & text.notna()
        if todo.any():
            read[todo] = pd.to_datetime(text[todo], format=form, errors="coerce").astype("datetime64[us]")
    unread = text[read.isna() & text.notna()]
    assert unread.empty, f"{unread.iloc[0]} was accepted and is not a date"
    return read.where(~read.dt.year.isin(OPEN_YEARS))


def in_utc(local: pd.Series) -> pd.Series:
    """Local time to UTC: of two equal hours the first, and an hour that never was is told by the clock before it."""
    first = np.ones(len(local), dtype=bool)
    aware = local.dt.tz_localize(LONDON, ambiguous=first, nonexistent=pd.Timedelta(hours=1))
    return aware.dt.tz_convert("UTC").dt.tz_localize(None)
