"""A place, as one text of latitude and longitude: a path through nested areas that hold equally many rows.

Each level cuts an area in up to 16 by halving it four times across its longer side: a k-d tree, four
halvings to a token (Bentley 1975, doi:10.1145/361002.361007).

Letters: N values, L leaves, K nodes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthgen.columns.base import NOT_APPLICABLE, ColumnType, FitContext, Match, RejectColumn, Sample, Slot
from synthgen.columns.geo_restriction import restrict_place
from synthgen.columns.number_text import NumberFormat, is_text, learn_format, parse_numbers
from synthgen.columns.physical import named_type, type_name
from synthgen.columns.restrictions import Restriction
from synthgen.columns.wanted import Clause
from synthgen.errors import ConfigError, DataError

LEVELS = 3
HALVINGS = 4
"""16 areas to a token; three levels tell 4,096 areas apart."""
NUMBER = r"[+-]?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?"
PAIR = (
    rf"^\s*(?P<before>[\[(]?\s*|(?i:POINT)\s*\(\s*)(?P<a>{NUMBER})"
    rf"(?P<between>\s*[,;]\s*|\s+)(?P<b>{NUMBER})(?P<after>\s*[\])]?)\s*$"
)
FINEST = 9
"""Decimals of degrees where a column has no grid of its own: 0.1 mm."""
BOUNDS = np.array([90.0, 180.0])
"""Largest latitude and longitude, degrees."""


@dataclass(frozen=True)
class _Area:
    """A rectangle and the points in it, and whose each is where it is known."""

    points: np.ndarray
    low: np.ndarray
    high: np.ndarray
    unit_N: np.ndarray | None = None

    @property
    def people(self) -> np.ndarray:
        """One point for each person, the mean of theirs; all points where it is not known whose they are."""
        if self.unit_N is None:
            return self.points
        whose_N, counts = np.unique(self.unit_N, return_inverse=True, return_counts=True)[1:]
        sums = [np.bincount(whose_N, weights=self.points[:, axis]) / counts for axis in (0, 1)]
        return np.stack(sums, axis=1)

    def halves(self, axis: int, edge: float) -> tuple[_Area, _Area]:
        """Below and above the edge."""
        under = self.points[:, axis] < edge
        high, low = self.high.copy(), self.low.copy()
        high[axis] = low[axis] = edge
        units = (None, None) if self.unit_N is None else (self.unit_N[under], self.unit_N[~under])
        below = _Area(self.points[under], self.low, high, units[0])
        return below, _Area(self.points[~under], low, self.high, units[1])


@dataclass
class Tree:
    """Nested areas; columns of points are latitude and longitude in units of the column's decimals.

    Attributes:
        axis: ``(K,)`` what a node cuts: 0 latitude, 1 longitude; -1 for a leaf.
        edge: ``(K,)`` where; the lower side is child 0.
        child: ``(K, 2)`` nodes; of a leaf, its number.
        paths: ``(L, levels)`` tokens of each leaf; -1 below it.
        low: ``(L, 2)`` one corner of where a leaf's points are drawn.
        high: ``(L, 2)`` the other corner.
    """

    axis: list[int] = field(default_factory=list)
    edge: list[float] = field(default_factory=list)
    child: list[list[int]] = field(default_factory=list)
    paths: list[list[int]] = field(default_factory=list)
    low: list[list[float]] = field(default_factory=list)
    high: list[list[float]] = field(default_factory=list)

    @classmethod
    def learn(cls, points: np.ndarray, units: np.ndarray, min_holders: int, unit_N: np.ndarray | None = None) -> Self:
        """From ``(N, 2)`` points, and whose each is; a leaf has at least ``min_holders`` of them, or people."""
        tree = cls()
        outer = BOUNDS * units
        tree._level(_Area(points, -outer, outer, unit_N), (), units, min_holders)
        return tree

    def _level(self, area: _Area, path: tuple[int, ...], units: np.ndarray, holders: int) -> int:
        """Add an area and all within; its parts of this level are numbered in order. Returns the node."""
        taken = 0

        def grow(area: _Area, halvings: int) -> int:
            nonlocal taken
            deeper = halvings == HALVINGS and len(path) < LEVELS - 1
            cut = _halve(area.people, units, holders) if halvings < HALVINGS or deeper else None
            if cut is not None and not deeper:
                node = self._node(*cut)
                self.child[node] = [grow(part, halvings + 1) for part in area.halves(*cut)]
                return node
            taken += 1
            if cut is not None:
                return self._level(area, (*path, taken - 1), units, holders)
            node = self._node(-1, 0.0)
            self.child[node] = [len(self.paths)] * 2
            self._leaf(area, [*path, taken - 1])
            return node

        return grow(area, 0)

    def _node(self, axis: int, edge: float) -> int:
        self.axis.append(axis)
        self.edge.append(edge)
        self.child.append([0, 0])
        return len(self.axis) - 1

    def _leaf(self, area: _Area, path: list[int]) -> None:
        """A leaf draws where uniform points of the same mean and spread would lie, inside its area."""
        points = area.people
        mean = points.mean(axis=0)
        spread = np.where(np.ptp(points, axis=0) > 0, np.sqrt(3.0) * points.std(axis=0), 0.0)
        mean = np.where(spread > 0, mean, points[0])
        inside = np.ceil(area.low), np.floor(area.high)
        self.low.append(np.clip(np.floor(mean - spread), *inside).tolist())
        self.high.append(np.clip(np.ceil(mean + spread), *inside).tolist())
        self.paths.append(path + [NOT_APPLICABLE] * (LEVELS - len(path)))

    def find(self, points: np.ndarray) -> np.ndarray:
        """``(N,)`` the leaf of each point."""
        axis, edge, child = np.array(self.axis), np.array(self.edge), np.array(self.child)
        node = np.zeros(len(points), np.int64)
        for _ in range(LEVELS * HALVINGS):
            here = np.maximum(axis[node], 0)
            upper = points[np.arange(len(points)), here] >= edge[node]
            node = np.where(axis[node] < 0, node, child[node, upper.astype(np.int64)])
        leaf: np.ndarray = child[node, 0]
        return leaf


def _halve(points: np.ndarray, units: np.ndarray, holders: int) -> tuple[int, float] | None:
    """Axis and edge that halve the points, across the longer side first; None when too few would be on a side."""
    if len(points) < 2 * holders:
        return None
    degrees = points.std(axis=0) / units
    degrees[1] *= np.cos(np.radians(points[:, 0].mean() / units[0]))
    for axis in np.argsort(-degrees, kind="stable").tolist():
        x = np.sort(points[:, axis])
        middle, reach = _gap(x, holders) or x.size // 2, (holders + 1) // 2
        edges = [np.floor(x[middle - reach : middle + reach].mean()) + 0.5]
        if (x == x[middle]).sum() >= holders:  # a shared value may bound an area
            edges += [x[middle] - 0.5, x[middle] + 0.5]
        for edge in edges:
            if holders <= np.searchsorted(x, edge) <= x.size - holders:
                return axis, float(edge)
    return None


def _gap(x: np.ndarray, holders: int) -> int | None:
    """Where sorted numbers leave a wide gap: so an area does not span two towns and the sea between them.

    Wide is a quarter of the range; both sides have an eighth of the rows, so that a few strays use up no halving.
    """
    side = max(holders, x.size // 8)
    gaps = np.diff(x[side - 1 : x.size - side + 1])
    widest = int(gaps.argmax())
    return side + widest if gaps[widest] > (x[-1] - x[0]) / 4 else None


class Geo(ColumnType):
    """A column of places.

    Args:
        kind: the physical type.
        wrapping: text before, between and after the two numbers.
        longitude_first: whether longitude comes first.
        texts: how latitude and longitude are written.
        tree: the areas.
    """

    name = "geo"
    measure = "position"

    def __init__(
        self,
        kind: str,
        wrapping: tuple[str, str, str],
        longitude_first: bool,
        texts: tuple[NumberFormat, NumberFormat],
        tree: Tree,
    ) -> None:
        self.kind, self.wrapping, self.longitude_first = kind, wrapping, longitude_first
        self.texts, self.tree = texts, tree
        self._units = np.array([10.0 ** (text.decimals or 0) for text in texts])
        self._paths = np.array(tree.paths)
        self._lookup = np.zeros((2**HALVINGS,) * LEVELS, np.int64)
        for leaf, path in enumerate(tree.paths):
            depth = LEVELS - path.count(NOT_APPLICABLE)
            self._lookup[tuple(path[:depth])] = leaf

    @classmethod
    def matches(cls, sample: Sample) -> Match:
        if not is_text(sample.values.type):
            raise RejectColumn(f"{sample.values.type} values are not places")
        distinct = sample.distinct[0]
        first, second, valid = _pairs(distinct[:100])
        if valid.all():  # a look at a few saves most columns the look at all
            first, second, valid = _pairs(distinct)
        if not valid.all():
            raise RejectColumn(f"{int((~valid).sum())} of {len(valid)} different values are not two numbers")
        if not pc.any(pc.match_substring_regex(distinct, r"(?i)^\s*point")).as_py():
            pointed = pc.match_substring_regex(distinct, r"\..*[,;\s].*\.").to_numpy(zero_copy_only=False)
            if pointed.mean() < 0.5:
                raise RejectColumn("two numbers, but few with decimals, as places have")
        longitude_first = _order(distinct, first, second)
        written = "longitude, latitude" if longitude_first else "latitude, longitude"
        return Match(0.9, f"{written} in one text", {"order": "lonlat" if longitude_first else "latlon"})

    @classmethod
    def fit(cls, values: pa.Array, options: dict[str, Any], context: FitContext) -> Self:
        first, second, valid = _pairs(values)
        if not valid.all():
            where = ", ".join(str(i + 1) for i in np.flatnonzero(~valid)[:3])
            raise DataError(
                f"{int((~valid).sum())} of {len(values)} values are not places (counting present values, the first: "
                f"{where}); expected a latitude and a longitude such as '48.85, 2.35'. Correct them or change the type"
            )
        order = options.get("order")
        if order not in (None, "latlon", "lonlat"):
            raise ConfigError(f"options.order: {order!r}; expected 'latlon' or 'lonlat'")
        longitude_first = _order(values, first, second) if order is None else order == "lonlat"
        both = (second, first) if longitude_first else (first, second)
        numbers = np.stack([parse_numbers(part) for part in both], axis=1)
        if (np.abs(numbers) > BOUNDS).any():
            raise DataError(
                f"{int((np.abs(numbers) > BOUNDS).any(axis=1).sum())} of {len(values)} places are off the globe; "
                "expected latitudes to 90 and longitudes to 180 degrees. Set options.order, or correct them"
            )
        texts = tuple(learn_format(part, numbers[:, i]) for i, part in enumerate(both))
        texts = tuple(text if text.decimals is not None else replace(text, decimals=FINEST) for text in texts)
        units = np.array([10.0 ** (text.decimals or 0) for text in texts])
        tree = Tree.learn(np.rint(numbers * units), units, context.min_holders, context.unit_N)
        return cls(type_name(values.type), _wrapping(values), longitude_first, (texts[0], texts[1]), tree)

    @cached_property
    def slots(self) -> tuple[Slot, ...]:
        names = ("area", "block", "spot")
        depth = int((self._paths >= 0).any(axis=0).sum())
        found: list[Slot] = []
        for level in range(depth):
            here = self._paths[self._paths[:, level] >= 0]
            size = int(here[:, level].max()) + 1
            children = None
            if level:
                children = np.zeros([slot.size for slot in found], np.int64)
                np.maximum.at(children, tuple(here[:, :level].T), here[:, level] + 1)
            found.append(Slot(names[level], size, None, children))
        return tuple(found)

    def encode(self, values: pa.Array, rng: np.random.Generator) -> np.ndarray:
        points, valid = self.points(values)
        leaf = np.where(valid, self.tree.find(points), 0)
        return self._paths[leaf][:, : len(self.slots)].astype(np.int32)

    def decode(self, tokens: np.ndarray, rng: np.random.Generator, start: int) -> pa.Array:
        leaf = self.leaf_of(tokens)
        low, high = np.array(self.tree.low)[leaf], np.array(self.tree.high)[leaf]
        points = low + np.floor(rng.random((len(tokens), 2)) * (high - low + 1))
        return self.written(np.minimum(points, high))

    @property
    def units(self) -> np.ndarray:
        """Points to a degree of latitude and of longitude."""
        return self._units

    @property
    def paths(self) -> np.ndarray:
        """``(L, P)`` the path of each area."""
        return self._paths[:, : len(self.slots)]

    def leaf_of(self, tokens: np.ndarray) -> np.ndarray:
        """``(N,)`` the area that each path leads to."""
        path = np.zeros((len(tokens), LEVELS), np.int64)
        path[:, : tokens.shape[1]] = np.maximum(tokens, 0)
        leaf: np.ndarray = self._lookup[tuple(path.T)]
        return leaf

    def points(self, values: pa.Array) -> tuple[np.ndarray, np.ndarray]:
        """``(N, 2)`` latitude and longitude in units of the column's decimals, and whether a value is a place."""
        first, second, valid = _pairs(values)
        both = (second, first) if self.longitude_first else (first, second)
        numbers = np.stack([np.nan_to_num(parse_numbers(part)) for part in both], axis=1)
        return np.rint(numbers * self._units), valid

    def written(self, points: np.ndarray) -> pa.Array:
        """Points in the column's own format."""
        points = points / self._units
        latitude, longitude = (text.write(points[:, i]) for i, text in enumerate(self.texts))
        pair = (longitude, latitude) if self.longitude_first else (latitude, longitude)
        before, between, after = (pa.scalar(text) for text in self.wrapping)
        joined = pc.binary_join_element_wise(before, pair[0], between, pair[1], after, "")
        return joined.cast(named_type(self.kind))

    def restrict(self, wanted: Sequence[Clause]) -> Restriction:
        return restrict_place(self, wanted)

    def state(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "wrapping": list(self.wrapping),
            "longitude_first": self.longitude_first,
            "texts": [text.state() for text in self.texts],
            "tree": dict(vars(self.tree)),
        }

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Self:
        latitude, longitude = (NumberFormat.from_state(text) for text in state["texts"])
        before, between, after = state["wrapping"]
        tree = Tree(**state["tree"])
        return cls(state["kind"], (before, between, after), state["longitude_first"], (latitude, longitude), tree)

    def describe(self) -> str:
        return f"{len(self.tree.paths)} areas in {len(self.slots)} levels"


def _pairs(values: pa.Array) -> tuple[pa.Array, pa.Array, np.ndarray]:
    """The two numbers of each value as text, and whether it is a pair on the globe, either way round."""
    found = pc.extract_regex(values.cast(pa.string()), PAIR)
    valid = np.asarray(found.is_valid().to_numpy(zero_copy_only=False))
    first, second = (pc.if_else(found.is_valid(), found.field(name), "0") for name in ("a", "b"))
    a, b = np.abs(parse_numbers(first)), np.abs(parse_numbers(second))
    return first, second, valid & (np.minimum(a, b) <= 90) & (np.maximum(a, b) <= 180)


def _order(values: pa.Array, first: pa.Array, second: pa.Array) -> bool:
    """Whether longitude comes first: as in ``POINT(lon lat)``, or because a first number is over 90.

    Raises:
        RejectColumn: numbers over 90 on both sides.
    """
    over = [bool((np.abs(parse_numbers(part)) > 90).any()) for part in (first, second)]
    if all(over):
        raise RejectColumn("numbers over 90 on both sides, so neither is a latitude")
    points = bool(pc.any(pc.match_substring_regex(values.cast(pa.string()), r"(?i)^\s*point")).as_py())
    return over[0] or (points and not over[1])


def _wrapping(values: pa.Array) -> tuple[str, str, str]:
    """The most frequent text before, between and after the numbers, in the first 10,000 rows."""
    found = pc.extract_regex(values.slice(0, 10_000).cast(pa.string()), PAIR)
    parts = [pc.value_counts(found.field(name)).to_pylist() for name in ("before", "between", "after")]
    before, between, after = (max(part, key=lambda entry: entry["counts"])["values"] for part in parts)
    return before, between, after
