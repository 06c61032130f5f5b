"""Looks at a sample before anything opens it: how large it is, and how large it would become if it were unpacked."""

from pathlib import Path

from etl.intake import workbook_limits

LARGEST = 30 << 20  # bytes of a sample; a month of a large organisation's duties is about 15 MB
UNPACKED = 400 << 20  # bytes of everything a workbook holds


class UnusableSample(Exception):
    """No source can be proposed from this file; one plain sentence says why and what to do."""


def expect_harmless(path: Path) -> None:
    """Raises UnusableSample if the file, or what a workbook unpacks to, is larger than a sample may be."""
    size = path.stat().st_size
    if size > LARGEST:
        raise UnusableSample(
            f"{path.name} has {size / (1 << 20):,.0f} MB; a sample may have {LARGEST >> 20}. "
            "A month of rows, or a few thousand of them, is enough."
        )
    try:
        workbook_limits.expect_small(path, path.name, UNPACKED)
    except workbook_limits.TooLarge as error:
        raise UnusableSample(str(error)) from None
    except workbook_limits.NoWorkbook as error:
        raise UnusableSample(
            f"{path.name} looks like a workbook and cannot be unpacked as one. Save it again as .xlsx or CSV."
        ) from error
