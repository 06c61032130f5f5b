"""Sums, means and changes within groups of points, for many series at once: the arithmetic under control charts.

Tables have a row a series and a column a point, NaN where a value is missing. `groups` is a table too: it numbers each
point's group, from 0, and no two series share a number.
"""

import numpy as np

TOO_WIDE = 3.267  # a moving range this many times the average is screened out


def shifted(table: np.ndarray, by: int) -> np.ndarray:
    """Rows moved to the right, or left where negative, with 0 coming in."""
    moved = np.zeros_like(table)
    moved[:, max(by, 0) : min(by, 0) or None] = table[:, max(-by, 0) : min(-by, 0) or None]
    return moved


def starts(groups: np.ndarray) -> np.ndarray:
    """True where a group begins."""
    new = np.ones(groups.shape, dtype=bool)
    new[:, 1:] = groups[:, 1:] != groups[:, :-1]
    return new


def numbered(groups: np.ndarray) -> np.ndarray:
    """The groups with numbers of their own, told apart by a change along the row."""
    return np.cumsum(starts(groups)).reshape(groups.shape) - 1


def place(groups: np.ndarray) -> np.ndarray:
    """How many points of its group come before each."""
    columns = np.arange(groups.shape[1])
    return columns - np.maximum.accumulate(np.where(starts(groups), columns, 0), axis=1)


def count(keep: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """How many of its group's points are kept, at each of them."""
    return np.bincount(groups.ravel(), keep.ravel())[groups]


def total(weights: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Each group's sum at each of its points, in the machine's long double."""
    sums = np.zeros(groups.max(initial=0) + 1, dtype=np.longdouble)
    np.add.at(sums, groups.ravel(), weights.ravel().astype(np.longdouble))
    return sums[groups]


def mean(values: np.ndarray, keep: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Mean of a group's kept values, NaN for none.

    Worked out as R does: in long double, and a second pass takes out the rounding of the first. So a constant's mean is
    that constant, on any machine, and a value that is the mean to the last digit lies on it.
    """
    kept = count(keep, groups)
    with np.errstate(invalid="ignore"):
        rough = total(np.where(keep, values, 0), groups) / kept
        return (rough + total(np.where(keep, values - rough, 0), groups) / kept).astype(float)


def changes(values: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Change from the point before, NaN where either is missing or a group begins."""
    return np.where(starts(groups), np.nan, np.diff(values, axis=1, prepend=np.nan))


def average_range(ranges: np.ndarray, groups: np.ndarray, screen: bool) -> np.ndarray:
    """Mean of a group's moving ranges, NaN for none; those far too wide are screened out, once, where asked for."""
    average = mean(ranges, ~np.isnan(ranges), groups)
    return mean(ranges, ranges < TOO_WIDE * average, groups) if screen else average


def sign(numbers: np.ndarray, hair: np.ndarray) -> np.ndarray:
    """1, -1, or 0 where a number is no further from 0 than a hair."""
    return (numbers > hair).astype(np.int8) - (numbers < -hair)


def kept_first(keep: np.ndarray) -> np.ndarray:
    """Columns in the order that brings what is kept to the left."""
    return np.argsort(~keep, axis=1, kind="stable")


def put_back(table: np.ndarray, order: np.ndarray) -> np.ndarray:
    """The table before its columns were put in that order."""
    whole = np.empty_like(table)
    np.put_along_axis(whole, order, table, axis=1)
    return whole
