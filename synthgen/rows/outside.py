"""Numbers beyond the outermost cell: how much unlikelier they are than the cell that they fall in.

Letters: N cells.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from synthgen.columns.number_text import parse_numbers
from synthgen.columns.numeric import Numeric
from synthgen.columns.tails import TailLaw


def outside(kind: Numeric, cells: pa.Array) -> np.ndarray:
    """``(N,)`` nats to add to a cell's own; 0 for what lies between the column's bounds, and for missing cells.

    A heavy tail goes on beyond its end by its own law. Any other is taken to fall by a factor e for each width of the
    outermost cell, or, where that is a single value, for each twentieth part of the column's whole range.
    """
    x = parse_numbers(cells, kind.text.decimal) if len(cells) else np.zeros(0)
    low, high = kind.bounds
    beyond_N, short_N = np.maximum(np.nan_to_num(x) - high, 0.0), np.maximum(low - np.nan_to_num(x), 0.0)
    there_N = np.isfinite(x)
    above_N = _nats(beyond_N * kind.unit, kind.upper, float(kind.leaves.high[-1] - kind.leaves.low[-1]), kind)
    below_N = _nats(short_N * kind.unit, kind.lower, float(kind.leaves.high[0] - kind.leaves.low[0]), kind)
    return np.where(there_N, above_N + below_N, 0.0)


RANGE_PARTS = 20.0
"""An outermost value that is one atom says nothing of a width; a bin of a uniform column of 20 bins is such a part."""


def _nats(distance_N: np.ndarray, law: TailLaw | None, width: float, kind: Numeric) -> np.ndarray:
    if law is not None:
        reach = law.scale + law.shape * (law.end - law.start)
        heavy: np.ndarray = (1 / law.shape + 1) * np.log1p(law.shape * distance_N / reach)
        return heavy
    whole = float(kind.leaves.high[-1] - kind.leaves.low[0])
    light: np.ndarray = distance_N / max(width, whole / RANGE_PARTS, 1e-300)
    return light
