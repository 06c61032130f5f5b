"""p′ and u′ limits beside XmR: each month its own, from public figures only."""

import pytest

from tests.conftest import sickness, sickness_row, staffing, staffing_row


def months(number: int) -> str:
    return f"28/{number % 12 + 1:02}/{2020 + number // 12}"


@pytest.fixture
def built(engine):
    # Days lost sway by a tenth about 5 %; days available halve after a year, so that chance has more room.
    rows = [
        sickness_row("ABC", (50 + (-1) ** n) * (2 if n < 12 else 1), 2000 if n < 12 else 1000, months(n))
        for n in range(24)
    ]
    engine.drop("sickness_return.csv", sickness(*rows))
    wards = [staffing_row(month=months(n).replace("28/", "01/"), hours=(100, 103 + n % 3, *[0] * 6)) for n in range(24)]
    engine.drop("staffing_return.csv", staffing(*wards))
    engine.run("build")
    return engine


def test_a_share_has_limits_as_wide_as_its_denominators_are_small(built):
    found = built.ask("SELECT method, centre, upper - centre FROM mart.prime WHERE unit = 'ABC' ORDER BY month")
    assert {row[0] for row in found} == {"p_prime"} and {row[1] for row in found} == {5.0}
    assert found[-1][2] == pytest.approx(found[0][2] * 2**0.5, abs=0.02)


def test_a_rate_above_the_whole_has_u_limits(built):
    assert built.ask(
        "SELECT DISTINCT indicator, method FROM mart.prime WHERE unit = 'Larch Ward' AND indicator = 'fill_rate'"
    ) == [("fill_rate", "u_prime")]


def test_they_stand_beside_judged_months_alone(built):
    alone = """
        SELECT count(*) FROM mart.prime ANTI JOIN mart.signal
        ON prime.indicator = signal.indicator AND prime.unit = signal.unit AND prime.month = signal.month
    """
    assert built.ask(alone) == [(0,)]
    assert built.ask("SELECT count(*) > 0 FROM mart.prime") == [(True,)]
