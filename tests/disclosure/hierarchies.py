"""Random hierarchies with a few months of figures, for hypothesis to look for one that gives something away."""

import datetime as dt

import duckdb
import pyarrow as pa
from hypothesis import strategies as st

from etl.release.measure import stretch_spells
from tests.disclosure.simulated import headers

NAMES = ("indicator", "unit", "month", "numerator", "denominator", "people", "people_in_numerator")
MONTH = dt.date(2025, 3, 1)
HEADERS = headers(
    ("working", "absence", "B", 1, "monthly"),
    ("some_have", "absence", "B", 1, "monthly"),
    ("some_cases", "absence", "A", 12, "monthly"),
    ("cases", "absence", "A", 12, "monthly"),
    ("days", "absence", "A", 12, "monthly"),
    ("gone", "staying", "B", 12, "quarterly"),
)

# A team's directorate, its people, and its shares of them: cases, days' cases, leavers, small or one-sided ones often; and
# whether it lacks what only some teams have.
share = st.one_of(st.sampled_from([0.0, 0.05, 0.5, 1.0]), st.floats(0, 1))
people = st.one_of(st.integers(1, 14), st.integers(1, 70), st.integers(90, 260))
teams = st.lists(
    st.tuples(st.integers(0, 3), people, share, share, share, st.sampled_from([False, False, True])),
    min_size=1,
    max_size=14,
)


def lay_out(con: duckdb.DuckDBPyConnection, drawn: list[tuple]) -> None:
    """Fills `figure` and `unit_spell` with one quarter's figures of the teams drawn."""
    rows, above, spells = [], {}, set()
    for number, (directorate, size, cases, days, gone, lacks) in enumerate(drawn):
        unit, parent, division = f"t{number:02}", f"d{directorate}", f"v{directorate // 2}"
        spells |= {(unit, "team", parent), (parent, "directorate", division), (division, "division", "org")}
        ill = round(days * size)
        counted = {
            "working": (size * 3, size * 30, size, None),
            "some_have": (size * 5, size * 30, size, None),
            "some_cases": (round(days * size), size, size, round(days * size)),
            "cases": (round(cases * size), size, size, round(cases * size)),
            "days": (sum(1 + (7 * each) % 19 for each in range(ill)), 20 * size, size, ill),
            "gone": (round(gone * size / 2), size, size, None),
        }
        for indicator, figure in counted.items():
            if indicator.startswith("some") and lacks:
                continue
            rows.append((indicator, unit, MONTH, *figure))
            for higher in (parent, division, "org"):
                old = above.get((indicator, higher), (0, 0, 0, 0 if figure[3] is not None else None))
                above[indicator, higher] = tuple(
                    None if a is None or b is None else a + b for a, b in zip(old, figure, strict=True)
                )
    rows += [(indicator, unit, MONTH, *figure) for (indicator, unit), figure in above.items()]
    columns = dict(zip(NAMES, map(pa.array, zip(*rows, strict=True)), strict=True))
    con.register("made", pa.table(columns))
    con.execute(
        "CREATE OR REPLACE TABLE figure AS "
        "SELECT *, 'private' AS provenance, 0::DOUBLE AS public_numerator, 0::DOUBLE AS public_denominator FROM made"
    )
    con.unregister("made")
    spells.add(("org", "organisation", None))
    begins = pa.array([dt.date(2020, 1, 1)] * len(spells))
    unit, level, parent = zip(*sorted(spells, key=str), strict=True)
    con.register(
        "made",
        pa.table(
            {
                "unit": unit,
                "title": unit,
                "level": level,
                "parent": pa.array(parent, pa.string()),
                "from_month": begins,
                "to_month": pa.nulls(len(begins), pa.date32()),
            }
        ),
    )
    con.execute("CREATE OR REPLACE TABLE unit_spell AS FROM made; DROP TABLE IF EXISTS stands")
    con.unregister("made")
    stretch_spells(con)
