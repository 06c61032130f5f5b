"""Two published returns as long tables for `python -m etl strain`: `python -m tests.benchmarks.strain.real FOLDER`.

The folder holds the files as published. Writes staffing.csv and sickness.csv where it is started, judges both, and says how
many are flagged and which twelve changes are clearest, for an analyst to look up.
"""

import argparse
from pathlib import Path

import duckdb
import numpy as np

from etl.strain import extract
from etl.strain.judgement import judge

STAFFING = """
    WITH line AS (
        SELECT
            trim("Name") AS unit,
            strptime("Month", '%d/%m/%Y')::DATE AS month,
            {planned} AS planned,
            {worked} AS worked,
            {registered_planned} AS registered_planned,
            {registered} AS registered,
            {care_planned} AS care_planned,
            {care} AS care
        FROM read_csv('{file}', all_varchar = true, header = true, null_padding = true)
        QUALIFY row_number() OVER (PARTITION BY unit, month ORDER BY "Division") = 1
    )
    SELECT 'registered_fill' AS indicator, 'registered' AS family, 'higher' AS better, unit, '' AS parent, month,
           registered AS numerator, registered_planned AS denominator
    FROM line WHERE registered_planned >= 150
    UNION ALL BY NAME
    SELECT 'care_fill' AS indicator, 'care' AS family, 'higher' AS better, unit, '' AS parent, month,
           care AS numerator, care_planned AS denominator
    FROM line WHERE care_planned >= 150
"""

SICKNESS = """
    SELECT 'sickness' AS indicator, 'absence' AS family, 'lower' AS better, ORG_CODE AS unit, '' AS parent,
           date_trunc('month', strptime("DATE", '%d/%m/%Y'))::DATE AS month,
           any_value(FTE_DAYS_LOST::DOUBLE) AS numerator, any_value(FTE_DAYS_AVAILABLE::DOUBLE) AS denominator
    FROM read_csv('{file}', all_varchar = true, header = true, union_by_name = true)
    WHERE lower(STAFF_GROUP) = 'all staff groups'
    GROUP BY ALL
"""


def added(*columns: str) -> str:
    return " + ".join(f"""coalesce(replace("{column}", ',', '')::DOUBLE, 0)""" for column in columns)


def staffing(folder: Path) -> str:
    parts = [f"{time} {who}" for who in ("Reg", "Unreg") for time in ("Day", "Night")]
    planned, worked = ([f"{part} {which} Hrs" for part in parts] for which in ("Planned", "Actual"))
    return STAFFING.format(
        file=next(folder.rglob("Safe_Staffing*.csv")),
        planned=added(*planned),
        worked=added(*worked),
        registered_planned=added(*planned[:2]),
        registered=added(*worked[:2]),
        care_planned=added(*planned[2:]),
        care=added(*worked[2:]),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    sickness = SICKNESS.format(file=folder / "*sickness*" / "*.csv")
    for name, query in (("staffing", staffing(folder)), ("sickness", sickness)):
        path = Path(f"{name}.csv")
        duckdb.sql(query).write_csv(str(path))
        figures, _ = extract.read(path)
        said = judge(figures)
        judged = ~np.isnan(said.strain)
        print(
            f"\n{name}: {len(figures.units)} units, {len(figures.months)} months, {judged.sum():,} unit-months judged"
        )
        for word in np.unique(said.verdict[judged]):
            print(f"  {word}: {100 * (said.verdict[judged] == word).mean():.1f} % of them")
        rate = figures.numerator / figures.denominator
        loudest = np.fmax(said.strain, said.easing)
        best = np.argsort(-np.nan_to_num(loudest, nan=-9).max(axis=0))[:12]
        for unit in best:
            month = int(np.nanargmax(loudest[:, unit]))
            print(f"  {figures.units[unit]}: {said.verdict[month, unit]} in {figures.months[month]}"
                  f" since {figures.months[said.since[month, unit]]}")  # fmt: skip
            for number in np.flatnonzero(said.because[month, :, unit]):
                series = " ".join("–" if np.isnan(value) else f"{100 * value:.1f}" for value in rate[:, number, unit])
                print(f"    {figures.indicators[number]}, %: {series}")


if __name__ == "__main__":
    main()
