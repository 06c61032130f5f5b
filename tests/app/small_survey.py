"""The survey of the small release: two waves, every state a score can be in, a frame of each kind and leads of two kinds."""

import datetime as dt

WAVES = (dt.date(2025, 9, 1), dt.date(2026, 3, 1))
CIRCLE = ("Kinship", "Kindness", "Attentiveness", "Attunement", "Trust", "Therapeutic alliance", "Better outcomes")
HINDERS = tuple(f"From hindrance {number}" for number in range(1, 8))
HELPS = tuple(f"Help {number}" for number in range(1, 6))
PARTS = {"circle": ("kindness", CIRCLE), "hinders": ("hinders", HINDERS), "helps": ("helps", HELPS)}
SCORES = {"NHC": 6.4, "AC": 6.2, "larch": 7.0, "fern": 5.0, "script": 6.0, "markup": 6.0}
FRAMES = {"AC": "not_clear", "larch": "stretched_holding", "fern": "steady_other"}


def indicators() -> list[tuple]:
    """(id, title, family, place, beside)"""
    return [
        (f"{part}.{number}", title, family, number, ["sickness_rate"] if number == 7 else [])
        for part, (family, titles) in PARTS.items()
        for number, title in enumerate(titles, 1)
    ]


def fill(fill_table) -> None:
    """`fill_table(table, rows)` writes rows into the release."""
    fill_table("meta.survey", [
        ("survey", "answers", "Kindness survey", False, "A local questionnaire that has not been validated."),
        ("others", "results", "Another survey *", True, "Asked in its own way."),
    ])  # fmt: skip
    fill_table("meta.question", [
        ("survey", "C01", 1, "People are kind here.", "circle.1", False),
        ("survey", "C02", 2, "People are left out here.", "circle.1", True),
        ("others", "burned", 1, "Often feel burned out", "hinders.1", True),
    ])  # fmt: skip
    fill_table("mart.survey_result", [
        ("others", "NHC", dt.date(2023, 1, 1), "burned", 37.09, 1924),
        ("others", "NHC", dt.date(2024, 1, 1), "burned", 33.07, None),
    ])  # fmt: skip
    response = {"fern": ("25 to 39 %", True)}
    fill_table("mart.wave", [
        (unit, wave, "survey", wave.replace(day=5), wave.replace(day=26), *response.get(unit, ("60 % or more", False)))
        for unit in SCORES
        for wave in WAVES
    ])  # fmt: skip
    values, said = [], []
    for unit, base in SCORES.items():
        for indicator, *_ in indicators():
            for number, wave in enumerate(WAVES):
                shown = _shown(unit, indicator)
                value = _value(base, indicator, number)
                numbers = (
                    (value, round(value - 0.6, 1), round(value + 0.6, 1)) if shown == "yes" else (None, None, None)
                )
                band = ("21–30" if unit in ("larch", "fern") else "101+") if shown == "yes" else None
                values.append((unit, indicator, wave, None, None, *numbers, band, shown, True))
                if shown == "yes":
                    said.append(_said(unit, indicator, wave, number, value))
                    values.append((unit, f"{indicator}.agree", wave, None, None, 58.0, 50.0, 66.0, band, shown, True))
    fill_table("mart.value", values)
    fill_table("mart.score", said)
    fill_table("mart.answer", [
        ("survey", WAVES[1], "NHC", "circle.1", answer, share) for answer, share in (("positive", 61), ("between", 24), ("negative", 15))
    ])  # fmt: skip
    fill_table("mart.frame", [
        (unit, WAVES[1], frame, *(("not_clear", "not_clear", None) if frame == "not_clear" else ("strain", "holding", 90)),
         dt.date(2025, 12, 1), dt.date(2026, 2, 1), ["sickness_rate"])
        for unit, frame in FRAMES.items()
    ])  # fmt: skip
    fill_table("mart.lead", [("kindness", lag, -0.3 if lag == 2 else 0.0, -0.42, -0.18) for lag in range(-3, 7)])
    fill_table("mart.lead_reading", [("kindness", "before", 2, 39, 413), ("sickness_rate", "nothing", None, 43, 1499)])


def _shown(unit: str, indicator: str) -> str:
    return "protected" if unit == "larch" and indicator in ("circle.7", "helps.5") else "yes"


def _value(base: float, indicator: str, wave: int) -> float:
    thin = 2.2 if indicator == "circle.3" else 0
    return round(base - thin + (0.8 if indicator == "circle.2" and wave else 0), 1)


def _said(unit: str, indicator: str, wave: dt.date, number: int, value: float) -> tuple:
    top = unit == "NHC"
    benchmark = None if top else _value(SCORES["NHC"], indicator, number)
    few = unit in ("larch", "fern")
    if number == 0:
        change = (None,) * 5
    else:
        moved = round(value - _value(SCORES[unit], indicator, 0), 1)
        change = (WAVES[0], moved, moved - 0.4, moved + 0.4, "up" if moved > 0.5 else "none")
    return unit, indicator, wave, few, benchmark, None if top else "with", *change
