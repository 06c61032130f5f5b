"""Who is reading, and what they may see."""

from dataclasses import dataclass

from pages.parts import warehouse


@dataclass(frozen=True)
class Viewer:
    """A reader: their role, and the units that are theirs. They see those and all that stands under them."""

    role: str
    roots: tuple[str, ...]


def viewer(release: warehouse.Release) -> Viewer:
    """The reader of this session. With no sign-in set up, this is a demonstration: all see every unit."""
    return Viewer("demonstration", warehouse.top_units(release))
