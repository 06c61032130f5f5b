"""R8 and R2 over time: sizes frozen for a quarter, hiding that sticks, months that are revised once."""

import numpy as np

YEAR, QUARTER = 12, 3


def quarter_ends(months: np.ndarray) -> np.ndarray:
    """Which months end a financial quarter: March, June, September, December."""
    return _month_of_year(months) % QUARTER == QUARTER - 1


def frozen_size(people: np.ndarray, months: np.ndarray, step: int) -> np.ndarray:
    """The people a unit counts as having (units × months): the fewest in any month since a year before the quarter's
    first month. `months` are `step` months apart.

    So a unit may become small in any month, but grows out of it only when a quarter begins and it has been large for a
    year. NaN where the unit has no figure in the month.
    """
    if not people.size:  # no month is settled yet
        return people
    known = np.where(np.isnan(people), np.inf, people)
    padded = np.concatenate([np.full((len(known), YEAR // step - 1), np.inf), known], axis=1)
    year = np.lib.stride_tricks.sliding_window_view(padded, YEAR // step, axis=1).min(axis=2)
    size = np.empty_like(year)
    for month, begins in enumerate(_month_of_year(months) % QUARTER < step):
        size[:, month] = year[:, month] if begins or not month else np.minimum(size[:, month - 1], year[:, month])
    return np.where(np.isnan(people), np.nan, size)


def sticky(unsafe: np.ndarray, quarters: int) -> np.ndarray:
    """A row (rows × quarters) that was unsafe stays hidden until it has passed in `quarters` quarters in a row."""
    stays = unsafe.copy()
    for back in range(1, quarters):
        stays[:, back:] |= unsafe[:, :-back]
    return stays


def _month_of_year(months: np.ndarray) -> np.ndarray:
    return months.astype("datetime64[M]").astype(int) % YEAR
