"""A number: atoms, coarse bins of equal mass, finer at the ends, cells inside a bin; drawn on the column's own grid.

``leaves.py`` cuts the line, ``tails.py`` has the law of the outermost cells, ``number_text.py`` the format.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any, Self

import numpy as np
import pyarrow as pa

from synthgen.columns.base import NOT_APPLICABLE, ColumnType, FitContext, Match, RejectColumn, Sample, Slot
from synthgen.columns.leaf_learner import LeafLearner
from synthgen.columns.leaves import Leaves
from synthgen.columns.number_signs import decimal_option, falls_from_zero, is_label_name, reason, reject_codes
from synthgen.columns.number_text import (
    EXACT,
    LARGEST,
    NumberFormat,
    is_number,
    is_text,
    learn_format,
    parse_numbers,
)
from synthgen.columns.numeric_restriction import restrict_number
from synthgen.columns.restrictions import Restriction
from synthgen.columns.tails import MIN_EXCEEDANCES, TailLaw, upper_tail
from synthgen.columns.wanted import Clause
from synthgen.errors import ConfigError, DataError

BINS = 50
"""Coarse bins at most, before those at the ends are halved; with 16 cells each, a leaf holds 1 / 800 of the rows."""
TAILS = ("auto", "heavy", "light")


class Numeric(ColumnType):
    """A column of quantities.

    Args:
        text: how numbers are written.
        grid: whether cells count in units of ``10 ** -decimals``.
        leaves: the cells.
        limits: what is never crossed, such as 0 for a column without negative numbers.
        upper: the law of the highest cell, when the upper tail is heavy.
        lower: the law of the lowest cell, mirrored at 0.
    """

    name = "numeric"
    measure = "quantity"

    def __init__(
        self,
        text: NumberFormat,
        grid: bool,
        leaves: Leaves,
        limits: tuple[float, float],
        upper: TailLaw | None = None,
        lower: TailLaw | None = None,
    ) -> None:
        self.text, self.grid, self.leaves = text, grid, leaves
        self.limits, self.upper, self.lower = limits, upper, lower
        bins = leaves.bins
        self._cells = np.bincount(bins)
        self._first = np.concatenate([[0], np.cumsum(self._cells)[:-1]])
        self._fine = np.where(self._cells[bins] > 1, np.arange(bins.size) - self._first[bins], NOT_APPLICABLE)

    @classmethod
    def matches(cls, sample: Sample) -> Match:
        if not (is_text(sample.values.type) or is_number(sample.values.type)):
            raise RejectColumn(f"{sample.values.type} values are not numbers")
        options = decimal_option(sample)
        distinct, counts = sample.distinct
        numbers = parse_numbers(distinct, options.get("decimal", "."))
        bad = int(counts[np.isnan(numbers)].sum())
        if bad:
            raise RejectColumn(f"{bad} of {counts.sum()} values are not numbers")
        finite = np.isfinite(numbers)
        reject_codes(sample, distinct, numbers)
        score = 0.9
        whole = bool(np.all(numbers[finite] == np.rint(numbers[finite])))
        if whole and is_label_name(sample.name):
            score = 0.3
        elif whole and numbers.size < 30 and numbers.min() >= 0 and numbers.max() < 1000:
            score = 0.9 if falls_from_zero(numbers, counts) else 0.6
        return Match(score, reason(distinct, numbers[finite], counts[finite], options), options)

    @classmethod
    def fit(cls, values: pa.Array, options: dict[str, Any], context: FitContext) -> Self:
        decimal, bins, tail = _settings(options)
        numbers = parse_numbers(values, decimal)
        _check(numbers)
        numbers = np.clip(numbers, -LARGEST, LARGEST)
        text = learn_format(values, numbers, decimal)
        if "decimals" in options:
            text = replace(text, decimals=options["decimals"], style="fixed" if text.style != "typed" else "typed")
        numbers, ends = _inside(numbers, options)
        x, grid = _on_grid(numbers, text.decimals)
        order = np.argsort(x, kind="stable")
        x, unit_N = x[order], None if context.unit_N is None else context.unit_N[order]
        distinct, counts = np.unique(x, return_counts=True)
        limits = _limits(distinct, grid, 10.0 ** (text.decimals or 0) if grid else 1.0, ends)
        leaves = LeafLearner(distinct, counts, grid, context.min_holders, bins, limits, unit_R=unit_N).learn()
        upper = _tail(x, leaves.low, leaves.exact, context.min_holders, tail, unit_N)
        unit_N = None if unit_N is None else unit_N[::-1]
        lower = _tail(-x[::-1], -leaves.high[::-1], leaves.exact[::-1], context.min_holders, tail, unit_N)
        return cls(text, grid, leaves, limits, upper and upper.cut(limits[1]), lower and lower.cut(-limits[0]))

    @cached_property
    def slots(self) -> tuple[Slot, ...]:
        size = self._cells.size
        if self._cells.max() == 1:
            return (Slot("value", size, self.leaves.places),)
        most = int(self._cells.max())
        children = np.where(self._cells > 1, self._cells, 0)
        return (
            Slot("coarse", size, self.leaves.places),
            Slot("fine", most, (np.arange(most) + 0.5) / most, children),
        )

    def encode(self, values: pa.Array, rng: np.random.Generator) -> np.ndarray:
        leaf = self._leaf(parse_numbers(values, self.text.decimal))
        coarse = self.leaves.bins[leaf]
        columns = [coarse] if len(self.slots) == 1 else [coarse, self._fine[leaf]]
        return np.stack(columns, axis=1).astype(np.int32)

    def _leaf(self, numbers: np.ndarray) -> np.ndarray:
        """``(N,)`` the leaf of each number; the middle one for what is no number."""
        x = np.clip(numbers, -LARGEST, LARGEST)
        if self.grid:
            x = np.rint(x * self.unit)
        leaf = self.leaves.find(x)
        return np.where(np.isnan(numbers), self._first[np.abs(self.leaves.places - 0.5).argmin()], leaf)

    def leaf_at(self, number: float) -> int:
        """The leaf of one number."""
        return int(self._leaf(np.array([number]))[0])

    @property
    def bounds(self) -> tuple[float, float]:
        """The smallest and largest number that it gives."""
        low = self.lower.end * -1 if self.lower is not None else float(self.leaves.low[0])
        high = self.upper.end if self.upper is not None else float(self.leaves.high[-1])
        return max(low, self.limits[0]) / self.unit, min(high, self.limits[1]) / self.unit

    @property
    def unit(self) -> float:
        """Cells count in so many to 1."""
        return 10.0 ** (self.text.decimals or 0) if self.grid else 1.0

    def decode(self, tokens: np.ndarray, rng: np.random.Generator, start: int) -> pa.Array:
        uniform = rng.random(len(tokens))
        return self._place(tokens, uniform, uniform)

    def decode_in_step(self, tokens: np.ndarray, rng: np.random.Generator, start: int, tail: np.ndarray) -> pa.Array:
        """Tokens to values; in the outermost cells the largest count of followers goes with that of likes."""
        return self._place(tokens, rng.random(len(tokens)), tail)

    def _place(self, tokens: np.ndarray, uniform: np.ndarray, tail: np.ndarray) -> pa.Array:
        """Values at given places, 0 to 1, inside cells and in the outermost cells of heavy tails."""
        leaf = self.leaf_of(tokens)
        return self.written_at(leaf, uniform, self.evenly_in_tails(leaf, tail))

    @property
    def paths(self) -> np.ndarray:
        """``(L, P)`` the path of each leaf."""
        bins = self.leaves.bins
        return np.stack([bins, self._fine][: len(self.slots)], axis=1)

    def leaf_of(self, tokens: np.ndarray) -> np.ndarray:
        """``(N,)`` the leaf that each path leads to."""
        coarse = tokens[:, 0]
        fine = tokens[:, 1] if tokens.shape[1] > 1 else np.zeros_like(coarse)
        leaf: np.ndarray = self._first[coarse] + np.clip(fine, 0, self._cells[coarse] - 1)
        return leaf

    def written_at(self, leaf: np.ndarray, uniform: np.ndarray, tail: np.ndarray) -> pa.Array:
        """The value at a place of each leaf: never falling, in the lower heavy tail never rising, as places grow."""
        return self.text.write(self._number_at(leaf, uniform, tail))

    def _number_at(self, leaf: np.ndarray, uniform: np.ndarray, tail: np.ndarray) -> np.ndarray:
        x = self.leaves.draw(leaf, uniform)
        x = self._draw_tail(x, leaf == self.leaves.low.size - 1, tail, upper=True)
        x = self._draw_tail(x, leaf == 0, tail, upper=False)
        numbers = np.clip(x, *self.limits) / self.unit
        tidy = self.text.tidy(numbers)
        within = (self._leaf(tidy) == leaf) & (tidy == np.clip(tidy, *(np.array(self.limits) / self.unit)))
        return np.where(within, tidy, numbers)

    def leaves_after(self, tokens: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """``(N,)`` the first leaf that ``(N, P)`` tokens of a path begun leave, and the one past the last."""
        if tokens.shape[1] == 0:
            return np.zeros(len(tokens), np.int64), np.full(len(tokens), self.leaves.low.size)
        if tokens.shape[1] == len(self.slots):
            leaf = self.leaf_of(tokens)
            return leaf, leaf + 1
        first = self._first[tokens[:, 0]]
        return first, first + self._cells[tokens[:, 0]]

    def ranked(self, leaf: np.ndarray, place: np.ndarray) -> np.ndarray:
        """The number at a place of each leaf, rising in all of them."""
        falls = (leaf == 0) & (self.lower is not None)
        uniform = np.where(falls, np.nextafter(1.0, 0.0) - place, place)
        return self._number_at(leaf, uniform, uniform)

    def rank(self, limit: np.ndarray, inclusive: bool) -> np.ndarray:
        """Leaves below a number, and the share of the one that it falls in: of what lies below it, or on it as well."""
        leaves, x = self.leaves, limit * self.unit
        near = 1e-9 * np.maximum(1.0, np.abs(np.where(np.isfinite(x), x, 0.0))) * (1 if inclusive else -1)
        low = leaves.low.copy()
        low[0] = min(low[0], self.bounds[0] * self.unit)
        leaf = np.searchsorted(low, x + near, side="right") - 1
        inside = np.clip(leaf, 0, None)
        return np.where(leaf < 0, 0.0, inside + self._share_below(inside, x, inclusive, near))

    def _share_below(self, leaf: np.ndarray, x: np.ndarray, inclusive: bool, near: np.ndarray) -> np.ndarray:
        """The share of a leaf's law that lies below a number."""
        low, high, step, offset = (
            a[leaf] for a in (self.leaves.low, self.leaves.high, self.leaves.step, self.leaves.offset)
        )
        with np.errstate(divide="ignore", invalid="ignore"):
            free = (x - low) / (high - low)
            first = np.ceil((low - offset) / step) * step + offset
            count = np.floor((high - first) / step) + 1
            nth = (x - first) / step
            on_grid = (np.floor(nth + 1e-6) + 1 if inclusive else np.ceil(nth - 1e-6)) / count
        share = np.where(step > 0, on_grid, np.where(low == high, (x + near >= low).astype(float), free))
        for law, end, sign in ((self.upper, self.leaves.low.size - 1, 1), (self.lower, 0, -1)):
            here = leaf == end
            if law is not None and here.any():
                half = step[here] / 2 * (1 if inclusive else -1)
                below = law.below(sign * (x[here] + half))
                share[here] = below if sign > 0 else 1 - below
        return np.asarray(np.clip(np.nan_to_num(share, nan=0.0), 0.0, 1.0))

    def evenly_in_tails(self, leaf: np.ndarray, tail: np.ndarray) -> np.ndarray:
        """Places in heavy tails, spread evenly over the rows of each outermost cell."""
        even = tail.copy()
        for law, end in ((self.upper, self.leaves.low.size - 1), (self.lower, 0)):
            here = leaf == end
            if law is not None and here.any():
                even[here] = _evenly(tail[here])
        return even

    def _draw_tail(self, x: np.ndarray, here: np.ndarray, uniform: np.ndarray, upper: bool) -> np.ndarray:
        """The outermost cell by its law, snapped to the cell's grid."""
        law, end = (self.upper, -1) if upper else (self.lower, 0)
        if law is None or not here.any():
            return x
        drawn = law.draw(uniform[here]) * (1 if upper else -1)
        step, offset = self.leaves.step[end], self.leaves.offset[end]
        if step > 0:
            snap = np.ceil if upper else np.floor
            first = snap(((self.leaves.low if upper else self.leaves.high)[end] - offset) / step)
            place = np.rint((drawn - offset) / step)
            drawn = (np.maximum(place, first) if upper else np.minimum(place, first)) * step + offset
        x = x.copy()
        x[here] = drawn
        return x

    def restrict(self, wanted: Sequence[Clause]) -> Restriction:
        return restrict_number(self, wanted)

    def state(self) -> dict[str, Any]:
        return {
            "text": self.text.state(),
            "grid": self.grid,
            "leaves": self.leaves.state(),
            "limits": [None if np.isinf(limit) else limit for limit in self.limits],
            "upper": self.upper and self.upper.state(),
            "lower": self.lower and self.lower.state(),
        }

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Self:
        low, high = state["limits"]
        return cls(
            NumberFormat.from_state(state["text"]),
            state["grid"],
            Leaves.from_state(state["leaves"]),
            (-np.inf if low is None else low, np.inf if high is None else high),
            TailLaw.from_state(state["upper"]),
            TailLaw.from_state(state["lower"]),
        )

    def token_names(self, level: int) -> list[str]:
        """Bins by their ends; the outermost ones by their inner end alone, for the outer one is that of few rows."""
        if level:
            return super().token_names(level)
        start, stop = self.leaves.low[self._first], self.leaves.high[self._first + self._cells - 1]
        if self.grid:
            start, stop = np.ceil(start), np.floor(stop)  # ends of cells lie between the grid's points
        exact = start >= stop
        low, high = self._written(start), self._written(stop)
        names = [a if one else f"{a} to {b}" for a, b, one in zip(low, high, exact, strict=True)]
        if not exact[0]:
            names[0] = f"up to {high[0]}"
        if not exact[-1]:
            names[-1] = f"{low[-1]} and more"
        return names

    def _written(self, x: np.ndarray) -> list[str]:
        """Ends of cells, to the digits that a person reads."""
        return [f"{value:,.4g}" if abs(value) < 1e4 else f"{value:,.0f}" for value in (x / self.unit).tolist()]

    def describe(self) -> str:
        atoms = int((self.leaves.exact & (self._cells[self.leaves.bins] == 1)).sum())
        if len(self.slots) == 1:
            parts = [f"{self._cells.size} tokens, {atoms} of them one value"]
        else:
            parts = [f"{self._cells.size - atoms} bins x {int(self._cells.max())} cells", f"{atoms} atoms"]
        if self.grid:
            parts.append(f"{self.text.decimals} decimals" if self.text.decimals else "whole numbers")
        names = {(True, False): "upper tail", (False, True): "lower tail", (True, True): "tails"}
        found = names.get((self.upper is not None, self.lower is not None))
        return ", ".join(parts + ([f"heavy {found}"] if found else []))


def _evenly(uniform: np.ndarray) -> np.ndarray:
    """Uniform draws moved, in their order, so that each of as many equal parts of 0 to 1 holds one: less noise."""
    rank = np.argsort(np.argsort(uniform, kind="stable"), kind="stable")
    evenly: np.ndarray = (rank + uniform) / len(uniform)
    return evenly


# Fitting


def _settings(options: dict[str, Any]) -> tuple[str, int, str]:
    decimal, bins, tail = options.get("decimal", "."), options.get("bins", BINS), options.get("tail", "auto")
    decimals = options.get("decimals", 0)
    if decimal not in (".", ","):
        raise ConfigError(f"options.decimal: {decimal!r}; expected '.' or ','")
    if not isinstance(bins, int) or not 1 <= bins <= 10_000:
        raise ConfigError(f"options.bins: {bins!r}; expected a whole number from 1 to 10000")
    if tail not in TAILS:
        raise ConfigError(f"options.tail: {tail!r}; expected one of {', '.join(TAILS)}")
    if not isinstance(decimals, int) or not 0 <= decimals <= 15:
        raise ConfigError(f"options.decimals: {decimals!r}; expected a whole number from 0 to 15")
    return decimal, bins, tail


def _check(numbers: np.ndarray) -> None:
    """Every value a finite number.

    Raises:
        DataError: one is not; says how many and where, never what.
    """
    for what, wrong in (("not numbers", np.isnan(numbers)), ("infinite", np.isinf(numbers))):
        if wrong.any():
            first = ", ".join(str(i + 1) for i in np.flatnonzero(wrong)[:3])
            raise DataError(
                f"{int(wrong.sum())} of {numbers.size} values are {what} "
                f"(counting present values, the first: {first}); expected finite numbers. "
                "Correct them, mark them as missing, or give the column another type"
            )


def _on_grid(numbers: np.ndarray, decimals: int | None) -> tuple[np.ndarray, bool]:
    """The numbers in units of the grid, when float64 counts that far."""
    if decimals is None or np.abs(numbers).max() * 10.0**decimals >= EXACT / 4:
        return numbers.copy(), False
    return np.rint(numbers * 10.0**decimals) + 0.0, True


def _inside(numbers: np.ndarray, options: dict[str, Any]) -> tuple[np.ndarray, tuple[float, float]]:
    """The numbers within the range that the user gives, and its ends.

    Raises:
        DataError: there is none.
    """
    low, high = (options.get(key) for key in ("low", "high"))
    ends = (-np.inf if low is None else float(low), np.inf if high is None else float(high))
    inside = numbers[(numbers >= ends[0]) & (numbers <= ends[1])]
    if not inside.size:
        raise DataError(
            f"no value lies in the range {ends[0]:g} to {ends[1]:g}; nothing can be learned. Widen the range"
        )
    return inside, ends


def _limits(distinct: np.ndarray, grid: bool, unit: float, ends: tuple[float, float]) -> tuple[float, float]:
    """Bounds that the user gives, or that the meaning of a column suggests."""
    suggested = _suggested_limits(distinct, grid, unit)
    low, high = (end * unit for end in ends)
    if grid:
        low, high = np.ceil(low - 1e-6), np.floor(high + 1e-6)
    return float(max(low, suggested[0])), float(min(high, suggested[1]))


def _suggested_limits(distinct: np.ndarray, grid: bool, unit: float) -> tuple[float, float]:
    """Bounds that the meaning of a column suggests: sign, share, per cent."""
    low, high = distinct[0], distinct[-1]
    if low < 0:
        return -np.inf, (np.inf if high > 0 else 0.0)
    upper = next((limit * unit for limit in (1.0, 100.0) if high <= limit * unit), np.inf)
    return (1.0 if grid and low > 0 else 0.0), upper


def _tail(
    x: np.ndarray, low: np.ndarray, exact: np.ndarray, min_holders: int, tail: str, unit_N: np.ndarray | None
) -> TailLaw | None:
    """The law of the highest leaf of sorted values; the threshold is the highest edge with enough rows above."""
    if exact[-1] or tail == "light" or x.size < 10 * MIN_EXCEEDANCES:
        return None
    above = x.size - np.searchsorted(x, low, side="right")
    wanted = max(MIN_EXCEEDANCES, x.size // 50)
    enough = np.flatnonzero(above >= wanted)
    if not enough.size or above[enough[-1]] > x.size / 4:
        return None
    threshold = float(low[enough[-1]])
    top = slice(-above[enough[-1]], None)
    whose = None if unit_N is None else unit_N[top]
    return upper_tail(x[top], threshold, float(low[-1]), min_holders, tail == "heavy", whose)
