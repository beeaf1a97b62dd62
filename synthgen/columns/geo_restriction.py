"""Places in a box: of each area, the points on the column's own grid that lie inside, counted.

Letters: N rows, L areas, A 2 axes, latitude and longitude; K stretches on one axis.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from synthgen.columns.restrictions import LeafRestriction, Restriction
from synthgen.columns.wanted import WHOLE, Clause, Stretch, contradiction, intersection, union
from synthgen.errors import ConditionError

if TYPE_CHECKING:
    from synthgen.columns.geo import Geo


def restrict_place(column: Geo, wanted: Sequence[Clause]) -> Restriction:
    """What boxes leave of a column of places.

    Raises:
        ConditionError: something else is asked for, or no area reaches into the box.
    """
    axes: list[list[Stretch]] = [[(WHOLE.least, WHOLE.greatest)], [(WHOLE.least, WHOLE.greatest)]]
    for clause in wanted:
        if clause.operation != "in box":
            raise ConditionError(f"'{clause}' cannot be asked of places; expected in box(lat1, lon1, lat2, lon2)")
        for axis, stretches in enumerate(_sides(clause, column.units)):
            axes[axis] = intersection(axes[axis], stretches)
    if not all(axes):
        raise contradiction(wanted)
    restriction = GeoRestriction(column, axes)
    if not restriction.weigh(np.zeros((1, 0), np.int32)).any():
        asked = " and ".join(repr(str(clause)) for clause in wanted)
        raise ConditionError(
            f"no place of the column keeps {asked}; the nearest possible area is {restriction.nearest()}"
        )
    return restriction


def _sides(clause: Clause, units: np.ndarray) -> tuple[list[Stretch], list[Stretch]]:
    """Latitudes and longitudes of a box in units of the column; one across the date line has two parts."""
    lat_1, lon_1, lat_2, lon_2 = clause.values
    if not (-90 <= lat_1 <= lat_2 <= 90 and -180 <= lon_1 <= 180 and -180 <= lon_2 <= 180):
        raise ConditionError(
            f"'{clause}' is no box; expected box(lat1, lon1, lat2, lon2), the south-west corner first, "
            "latitudes to 90 and longitudes to 180"
        )
    parts = [(lon_1, lon_2)] if lon_1 <= lon_2 else [(lon_1, 180.0), (-180.0, lon_2)]
    latitudes = [_inside(lat_1, lat_2, units[0])]
    return latitudes, union([_inside(a, b, units[1]) for a, b in parts], WHOLE)


def _inside(low: float, high: float, unit: float) -> Stretch:
    """The first and the last point of a grid between two numbers, judged as the numbers written."""
    first, last = int(np.floor(low * unit)), int(np.ceil(high * unit))
    return first + (first / unit < low), last - (last / unit > high)


class GeoRestriction(LeafRestriction):
    """Stretches of latitudes and of longitudes."""

    def __init__(self, column: Geo, axes: list[list[Stretch]]) -> None:
        self._column = column
        self._low_LA, self._high_LA = np.array(column.tree.low), np.array(column.tree.high)
        self._axes = [np.array([(max(a, -(1 << 62)), min(b, 1 << 62)) for a, b in axis], np.int64) for axis in axes]
        kept = [self._counts(axis).sum(1) for axis in range(2)]
        whole_LA = self._high_LA - self._low_LA + 1
        weights_L = kept[0] / whole_LA[:, 0] * (kept[1] / whole_LA[:, 1])
        super().__init__(column.slots, column.paths, weights_L, np.ones(len(weights_L)))

    def _counts(self, axis: int) -> np.ndarray:
        """``(L, K)`` points of each area's side in each stretch."""
        low_K, high_K = self._axes[axis].T
        first_LK = np.maximum(self._low_LA[:, axis, None], low_K)
        counts: np.ndarray = np.maximum(np.minimum(self._high_LA[:, axis, None], high_K) - first_LK + 1, 0)
        return counts

    def decode(self, tokens_NP: np.ndarray, rng: np.random.Generator, start: int, tail: np.ndarray) -> pa.Array:
        leaf = self._column.leaf_of(tokens_NP)
        uniform_NA = rng.random((len(leaf), 2))
        return self._column.written(np.stack([self._drawn(a, leaf, uniform_NA[:, a]) for a in range(2)], 1))

    def _drawn(self, axis: int, leaf: np.ndarray, uniform: np.ndarray) -> np.ndarray:
        counts_NK = self._counts(axis)[leaf]
        ends_NK = counts_NK.cumsum(1)
        place = np.minimum(np.floor(uniform * ends_NK[:, -1]), ends_NK[:, -1] - 1)
        k = np.minimum((ends_NK <= place[:, None]).sum(1), counts_NK.shape[1] - 1)
        rows = np.arange(len(leaf))
        first = np.maximum(self._low_LA[leaf, axis], self._axes[axis][k, 0])
        drawn: np.ndarray = first + place - (ends_NK - counts_NK)[rows, k]
        return drawn

    def holds(self, values: pa.Array) -> np.ndarray:
        found = np.asarray(values.is_valid())
        points, valid = self._column.points(values.drop_null())
        inside = valid
        for axis, ends in enumerate(self._axes):
            x = points[:, axis, None]
            inside = inside & ((x >= ends[:, 0]) & (x <= ends[:, 1])).any(1)
        found[found] = inside
        return found

    def nearest(self) -> str:
        """The area nearest to the box."""
        gap_L = np.zeros(len(self._low_LA))
        for axis, ends in enumerate(self._axes):
            below, above = ends[:, 0] - self._high_LA[:, axis, None], self._low_LA[:, axis, None] - ends[:, 1]
            gap_L += (np.maximum(np.maximum(below, above), 0).min(1) / self._column.units[axis]) ** 2
        leaf = int(gap_L.argmin())
        low, high = self._low_LA[leaf] / self._column.units, self._high_LA[leaf] / self._column.units
        return f"box({low[0]:.4g}, {low[1]:.4g}, {high[0]:.4g}, {high[1]:.4g})"
