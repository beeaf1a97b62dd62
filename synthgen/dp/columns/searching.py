"""Where on a line a column's values lie, found by noisy counts alone.

Letters: D different values.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from synthgen.dp.columns.cells import Cells, Meter
    from synthgen.dp.columns.line import Line

_LOOK, _SECOND_LOOK = 0.25, 0.15
"""Shares of a column's budget."""
_BIN_NOISE = 10.0
"""A bin should hold so many standard deviations of its noise."""
_NARROW = 0.5
"""A second look is taken where one bin of the grid holds so much of the mass."""


def search(grid: Line, x_D: np.ndarray, known: np.ndarray, cells: Cells, meter: Meter) -> Line:
    """Bins of about equal mass where the values lie.

    Args:
        grid: fixed bins that no data shaped.
        x_D: positions of the column's different values; nan for those that are not looked for.
        known: positions of published values, which are not looked for.
        cells: how many cells hold each.
        meter: measures; what it has left afterwards is for the bins that are found.
    """
    line = grid
    for question, share in (("magnitudes", _LOOK), ("places", _SECOND_LOOK)):
        looked = meter.measure(cells.histogram(line.place(x_D), line.size), question, share * meter.whole, schema=True)
        least = _BIN_NOISE * meter.sd_of(meter.left)
        before = line
        line = line.refined(looked.counts, looked.sd, least, known if line is grid else None)
        if not line.size or not _narrow(before, line, looked.counts):
            break
    return line


def hidden(where_D: np.ndarray, distinct: pa.Array, vocabulary: pa.Array) -> np.ndarray:
    """``(D,)`` positions of values, nan of those that are published, which are not looked for."""
    found: np.ndarray = np.where(np.asarray(pc.is_in(distinct, value_set=vocabulary)), np.nan, where_D)
    return found


def _narrow(before: Line, after: Line, counts: np.ndarray) -> bool:
    """Whether one bin held most and could be cut finer than it was."""
    heaviest = int(np.argmax(counts))
    low, high = before.low[heaviest], before.high[heaviest]
    inside = (after.low >= low) & (after.high <= high)
    can_be_cut = not before.whole or high - low > 4 * inside.sum()
    return bool(can_be_cut and counts[heaviest] > _NARROW * np.maximum(counts, 0.0)[counts > 0].sum())
