"""At most m rows of each unit: chance draws which are kept, and m itself is chosen privately where nobody gives it.

Letters: N rows, U units, G sizes on the grid.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from synthgen.columns.holders import units_of
from synthgen.errors import DataError
from synthgen.table.table import joined

if TYPE_CHECKING:
    from synthgen.dp.budget import Budget
    from synthgen.dp.noise import Noise

GRID = np.array([part * 10**power for power in range(6) for part in (1, 2, 5)])
"""Rows per unit that m may be, and bars of the histogram of units: up to the first, up to the second, ..."""


def cut_rows(table: pa.Table, unit: str, m: int, noise: Noise) -> pa.Table:
    """The table with at most m rows of each unit, in their order.

    Which rows of a unit stay depends on the unit's own rows and on chance alone, so that a unit that comes or goes
    changes no other unit's rows.

    Args:
        table: the rows.
        unit: the column that says whose each is.
        m: rows that a unit may keep, 1 or more.
        noise: draws which.

    Raises:
        DataError: the column is not there, or has missing cells.
    """
    unit_N = unit_numbers(table, unit)
    order = noise.permutation(len(unit_N))
    order = order[np.argsort(unit_N[order], kind="stable")]
    kept = np.sort(order[_nth_in_run(unit_N[order]) < m])
    return table if len(kept) == len(unit_N) else table.take(pa.array(kept))


def unit_numbers(table: pa.Table, unit: str) -> np.ndarray:
    """``(N,)`` a number for the unit of each row.

    Raises:
        DataError: the column is not there, or has missing cells.
    """
    if unit not in table.column_names:
        raise DataError(f"unit: the table has no column {unit!r}; one that says whose each row is was expected")
    values = joined(table.column(unit))
    if values.null_count:
        raise DataError(
            f"unit: column {unit!r} has missing cells; every row must be somebody's. "
            "Fill them in, leave those rows out, or leave the unit out where each row is another person's"
        )
    return units_of(values)


def choose_m(table: pa.Table, unit: str, budget: Budget, share: float) -> int:
    """Rows per unit with the least expected loss: rows that are cut away against noise that grows with m.

    Units are counted by how many rows they have, in bars of a fixed grid; a unit is in one bar, so one unit moves
    the histogram by 1. What a unit has beyond m is lost; the noise of a table of counts, m / mu for each of some
    hundred cells, is the other loss. One unit that holds half of the table is a single count among the noise, and
    is cut as all others are.

    Args:
        table: the rows.
        unit: the column that says whose each is.
        budget: what noise comes from.
        share: of the budget.

    Raises:
        DataError: the column is not there, or has missing cells.
    """
    rows_U = np.bincount(unit_numbers(table, unit))
    bar_U = np.minimum(np.searchsorted(GRID, rows_U), len(GRID) - 1)
    noisy, sd = budget.gaussian(
        np.bincount(bar_U, minlength=len(GRID)).astype(float), step="rows per unit", share=share, sensitivity=1.0
    )
    units_G = np.where(noisy >= _SIGNIFICANT * sd, noisy, 0.0)
    if not units_G.any():
        return 1
    rows_G = np.append(1.0, (GRID[:-1] + 1 + GRID[1:]) / 2)  # the middle of each bar
    lost_G = np.array([np.sum(units_G * np.maximum(rows_G - m, 0.0)) for m in GRID])
    noise_G = GRID * _CELLS / budget.mu
    return int(GRID[int(np.argmin(lost_G + noise_G))])


_SIGNIFICANT = 3.0
_CELLS = 100.0
"""Cells whose noise is weighed against rows that are lost: about those of a table of two columns."""


def _nth_in_run(sorted_N: np.ndarray) -> np.ndarray:
    """``(N,)`` how many equal numbers come right before each.

    Example:
        >>> _nth_in_run(np.array([4, 4, 7, 7, 7])).tolist()
        [0, 1, 0, 1, 2]
    """
    new = np.ones(len(sorted_N), bool)
    new[1:] = sorted_N[1:] != sorted_N[:-1]
    start = np.maximum.accumulate(np.where(new, np.arange(len(sorted_N)), 0))
    return np.arange(len(sorted_N)) - start
