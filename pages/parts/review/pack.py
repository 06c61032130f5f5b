"""The monthly review as a pack: A4, tagged for screen readers, its charts drawn as vectors."""

import json
import tempfile
from pathlib import Path
from typing import Any

import font_source_sans_pro
import font_source_serif_pro
import typst
import vl_convert

from pages.parts.drawing import icons, readings, vocabulary, words
from pages.parts.indicator import cards, xmr_chart
from pages.parts.kindness import kindness as survey
from pages.parts.kindness import score_charts
from pages.parts.review import review

TEMPLATE = Path(__file__).parents[1] / "assets" / "pack.typ"
FONTS = [font_source_sans_pro.font_directory, font_source_serif_pro.font_directory]
INK = "#0F1418"
WIDTH, HEIGHT = 660, 280  # px of a chart, on 172 mm of paper: two to a page
HALF = 330  # of one in half the width


def pdf(found: review.Review) -> bytes:
    """The whole pack as PDF/UA. Raises what goes wrong: a figure that cannot be drawn must not be left out in silence."""
    for folder in FONTS:
        vl_convert.register_font_directory(folder)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        told = _told(found, folder)
        (folder / "pack.json").write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")
        template = folder / TEMPLATE.name
        template.write_bytes(TEMPLATE.read_bytes())
        return typst.compile(
            str(template),
            root=str(folder),
            font_paths=FONTS,
            ignore_system_fonts=True,
            format="pdf",
            pdf_standards=["ua-1"],
        )


def _told(found: review.Review, folder: Path) -> dict[str, Any]:
    """Everything the template prints, as plain words; its drawings are written into the folder."""
    view = found.view
    release = view.ask("release")[0]
    settled = f"Settled to {words.day(release['settled_to'])} · " if release["settled_to"] else ""
    made_up = "made-up data · " if release["synthetic"] else ""
    return {
        "title": found.title,
        "unit": view.unit["title"],
        "foot": f"{settled}{made_up}release {view.release.id} · not for disciplinary, absence-trigger or appraisal purposes",
        "sentence": [{"words": text, "weighs": weighs} for text, weighs in review.sentence(found)],
        "boxes": [_box(found, standing, folder) for standing in review.STANDING],
        "owners": [
            {"title": title, "rows": [_row(found, row, folder) for row in found.pressures[owner]]}
            for owner, title in review.OWNED.items()
        ],
        "kindness": review.of_kindness(found),
        "circle": _circle(found, folder),
        "since": review.since(found),
        "quality": review.quality(found),
        "charts": [_chart(found, row, folder, number) for number, row in enumerate(found.charts)],
        "definitions": [_definition(found, key) for key in dict.fromkeys(row["indicator"] for row in found.charts)],
    }


def _circle(found: review.Review, folder: Path) -> dict[str, str] | None:
    """The nodes of the circle as ranges."""
    if not found.wave:
        return None
    spec = score_charts.drawing(found.kindness, "benchmark")
    size = {"width": HALF, "height": 22 * len(found.kindness), "padding": 2}
    return {
        "file": _drawn(folder, "circle.svg", _svg(spec, **size)),
        "alt": survey.told(found.kindness, found.view.unit["title"], found.wave["wave"]),
    }


def _box(found: review.Review, standing: str, folder: Path) -> dict[str, Any]:
    title, meaning = review.STANDING[standing]
    places = found.places[standing]
    more = len(places) - review.MOST
    return {
        "title": title,
        "meaning": meaning,
        "strip": _drawn(folder, f"standing_{standing}.svg", icons.standing_strip(standing)),
        "places": [
            {
                "name": review.name_of(found, place.unit),
                "said": review.of_place(found, place),
                "numbers": [review.of_number(found, row) for row in place.telling],
            }
            for place in places[: review.MOST]
        ],
        "more": f"And {more} more." if more > 0 else "",
    }


def _row(found: review.Review, row: dict[str, Any], folder: Path) -> dict[str, Any]:
    about = found.about(row)
    judged = cards.judged(row)
    return {
        "icon": _drawn(folder, f"{row['indicator']}_icon.svg", icons.variation(judged["verdict"], row["moved"])),
        "sign": readings.sign(judged),
        "title": about["title"],
        "lever": words.sentence(about["lever_is"]),
        "latest": review.latest(found, row),
        "strip": _drawn(folder, f"{row['indicator']}_strip.svg", icons.strip(row["points"])),
        "reading": readings.in_short(row),
    }


def _chart(found: review.Review, row: dict[str, Any], folder: Path, number: int) -> dict[str, Any]:
    view, about = found.view, found.about(row)
    unit = view.units[row["unit"]]
    series = view.ask("series", indicator=row["indicator"], unit=row["unit"])
    events = view.ask("events", unit=row["unit"])
    spec = xmr_chart.xmr(view.release, view.viewer.roots, row["indicator"], row["unit"], chosen=view.month)
    of = view.of(unit=row["unit"], indicator=row["indicator"])
    return {
        "title": f"{about['title']}, {review.name_of(found, unit)}",
        "meaning": f"{readings.reading(row, unit['level'])}. {readings.lever(about)}.".replace(" .", ""),
        "file": _drawn(folder, f"chart_{number}.svg", _svg(spec)),
        "alt": xmr_chart.in_words(of, series, readings.reading(row, unit["level"])),
        "key": words.bare(xmr_chart.key(series, events, view.profile)),
        "told": words.bare(readings.sure(row, view.profile)),
        "helping": readings.helping(about) if row["verdict"] in vocabulary.WORTH_A_CONVERSATION else "",
    }


def _svg(spec: dict[str, Any], **size: Any) -> str:
    """The chart of the page on white paper: as wide as the paper, in ink where the screen has its own colour."""
    printed = json.loads(json.dumps(spec).replace("currentColor", INK))
    printed |= {
        "width": WIDTH,
        "height": HEIGHT,
        "background": "white",
        "autosize": {"type": "fit", "contains": "padding"},
    }
    printed["padding"] = {"left": 4, "top": 14, "bottom": 4, "right": xmr_chart.LABELS}
    printed |= size
    printed["config"] = printed.get("config", {}) | {"font": "Source Sans Pro"}
    return vl_convert.vegalite_to_svg(printed)


def _definition(found: review.Review, indicator: str) -> dict[str, str]:
    about = found.view.indicators[indicator]
    settled = about["settled_to"]
    return {
        "title": about["title"],
        "definition": about["definition"],
        "caveats": about["caveats"],
        "evidence": words.sentence(about["evidence"]),
        "settled": f"Settled to {words.day(settled)}." if settled else "Nothing settled yet.",
    }


def _drawn(folder: Path, name: str, svg: str) -> str:
    (folder / name).write_text(svg, encoding="utf-8")
    return name
