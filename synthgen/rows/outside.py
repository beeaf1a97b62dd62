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


def inside(kind: Numeric, tokens_NP: np.ndarray, cells: pa.Array | None) -> np.ndarray:
    """``(N, 2)`` which shares of a leaf's mass lie at or below each number, and at or above it.

    Args:
        kind: of the column.
        tokens_NP: paths of the numbers.
        cells: the numbers, as text or typed; None: the middle of each leaf.
    """
    sizes = [slot.size - 1 for slot in kind.slots]
    leaves, leaf_N = kind.leaves, kind.leaf_of(np.minimum(tokens_NP, sizes))  # a missing cell lies anywhere
    low_N, high_N, last = leaves.low[leaf_N], leaves.high[leaf_N], leaves.low.size - 1
    exact_N = low_N == high_N
    if cells is None:
        return np.where(exact_N, 1.0, 0.5)[:, None] * np.ones(2)
    x_N = np.nan_to_num(parse_numbers(cells, kind.text.decimal) * kind.unit)
    with np.errstate(divide="ignore", invalid="ignore"):
        share_N = np.clip((x_N - low_N) / (high_N - low_N), 0.0, 1.0)
    below_N, above_N = np.where(exact_N, 1.0, share_N), np.where(exact_N, 1.0, 1 - share_N)
    whole = float(leaves.high[-1] - leaves.low[0]) / RANGE_PARTS
    for end, law, beyond_N in ((last, kind.upper, x_N - leaves.low[-1]), (0, kind.lower, leaves.high[0] - x_N)):
        here_N = (leaf_N == end) & (beyond_N > 0)
        width = max(float(leaves.high[end] - leaves.low[end]), whole, 1e-300)
        far_N = np.maximum(beyond_N, 0.0)
        left_N = np.exp(-far_N / width) if law is None else (1 + law.shape * far_N / law.scale) ** (-1 / law.shape)
        ours_N, other_N = (above_N, below_N) if end else (below_N, above_N)
        ours_N[here_N], other_N[here_N] = left_N[here_N], 1.0
    return np.stack([below_N, above_N], 1)


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
