"""What strain is judged from: the figures of every indicator, unit and month that may be used, as one block of numbers."""

from dataclasses import dataclass

import numpy as np

NO_PARENT = -1


@dataclass(frozen=True)
class Figures:
    """Blocks are month × indicator × unit, NaN where there is nothing to use; months are consecutive.

    A hidden or unsettled cell is simply not here: it neither counts nor leaks.
    """

    indicators: np.ndarray  # names
    families: np.ndarray  # a name an indicator
    better: np.ndarray  # int8 an indicator: 1 higher, -1 lower, 0 neither
    units: np.ndarray  # names
    months: np.ndarray  # datetime64[M]
    numerator: np.ndarray
    denominator: np.ndarray
    parent: (
        np.ndarray
    )  # month × unit: its parent's place among the units, past their end if it has no figures, or NO_PARENT

    @property
    def teams(self) -> np.ndarray:
        """month × unit: True for a unit under which, that month, no other stands."""
        leaves = np.ones(self.parent.shape, dtype=bool)
        month, child = np.nonzero((self.parent != NO_PARENT) & (self.parent < len(self.units)))
        leaves[month, self.parent[month, child]] = False
        return leaves
