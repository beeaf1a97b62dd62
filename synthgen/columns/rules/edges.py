"""What orders between columns are made of: pairs, ends that the user gives, and gaps as seen.

Letters: N rows.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from synthgen.columns.datetime import Datetime
from synthgen.columns.lines import DateLine, Line
from synthgen.columns.numeric import Numeric
from synthgen.columns.rules.base import Fitting
from synthgen.columns.rules.ranges import fit_alone

STEPS_KEPT = 16
"""Of the gaps seen, so many levels are kept, two digits each: for columns that are put after one another."""


@dataclass(frozen=True)
class Edge:
    """Two columns in order.

    Attributes:
        low: the earlier one.
        high: the later one.
        strict: they are never equal.
        levels: gaps as seen, from short to long.
    """

    low: str
    high: str
    strict: bool
    levels: tuple[float, ...] = ()


def edges_of(fitting: Fitting) -> list[Edge]:
    """Neighbours in the orders whose columns are there, each pair once."""
    known = {*fitting.learned, *fitting.constants}
    found: dict[tuple[str, str], bool] = {}
    for order in fitting.schema.orders:
        here = [n for n in order.columns if n in known and fitting.columns[n].null_count < len(fitting.columns[n])]
        for pair in itertools.pairwise(here):
            found[pair] = found.get(pair, False) or order.strict
    return [Edge(*pair, strict) for pair, strict in found.items()]


def earliest_first(edges: list[Edge], names: set[str]) -> list[str]:
    """The columns, each after those that come before it."""
    order: list[str] = []
    left = sorted(names)
    while left:
        ready = [name for name in left if not any(edge.high == name and edge.low in left for edge in edges)]
        order += ready
        left = [name for name in left if name not in ready]
    return order


def fit_one(fitting: Fitting, name: str) -> Numeric | Datetime:
    """The column as it would be drawn on its own; a constant as those it is compared with."""
    kind = fitting.kinds[name]
    if name in fitting.constants:
        kind = next((fitting.kinds[other] for other in _beside(fitting, name)), "numeric")
    return fit_alone(fitting, name, kind)


def _beside(fitting: Fitting, name: str) -> list[str]:
    """Columns in one order with it that are no constants."""
    together = [n for order in fitting.schema.orders if name in order.columns for n in order.columns]
    return [n for n in together if n in fitting.learned]


def user_ends(fitting: Fitting, name: str, line: Line) -> tuple[float | None, float | None]:
    """The ends of a range that the user gave for the column, as places."""
    low, high = (None if end is None else line.place(end, f"ranges: {name}") for end in fitting.ends(name))
    return low, high


def levels_of(
    low: tuple[np.ndarray, np.ndarray], high: tuple[np.ndarray, np.ndarray], strict: bool
) -> tuple[float, ...]:
    """Gaps as seen, at evenly spread ranks, two digits of each."""
    both = low[1] & high[1]
    far = (high[0] - low[0])[both]
    far = far[(far > 0) if strict else (far >= 0)]
    if not len(far):
        return ()
    ranks = np.quantile(far.astype(np.float64), (np.arange(STEPS_KEPT) + 0.5) / STEPS_KEPT)
    return tuple(float(f"{level:.1e}") for level in ranks)


def top_of(fitted: Numeric | Datetime, line: Line) -> float:
    """The greatest place that a column has of itself."""
    return float(fitted.ends(line.tick)[1]) if isinstance(line, DateLine) else fitted.bounds[1]  # type: ignore[union-attr]
