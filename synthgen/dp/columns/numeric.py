"""Numbers: text or typed. No least or greatest value is ever read: bins come from noisy counts on a fixed grid.

Letters: N cells, D different values.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy.stats import norm

from synthgen.columns.number_text import (
    MAX_DECIMALS,
    NUMBER,
    NumberFormat,
    Style,
    is_number,
    is_text,
    parse_numbers,
    plain_text,
)
from synthgen.columns.physical import type_name
from synthgen.dp.columns.base import Kind
from synthgen.dp.columns.line import Line, line_of, magnitudes
from synthgen.dp.columns.searching import hidden, search

if TYPE_CHECKING:
    from synthgen.dp.columns.cells import Cells, Meter, Noisy

_COMMA = r"^[+-]?[0-9]+,[0-9]+$"
_PADDED = r"^[+-]?0[0-9]"
_CHANCE = 0.006
"""Of noise alone passing for one of the ways to write a number."""
_FARTHEST = 2.0**62
_SINGLES = 256
"""Declared ranges of so many whole numbers need no search: each is a bin."""
_WHOLE, _POINT, _SCIENTIFIC = 0, 1, 2
_PLACES = MAX_DECIMALS + 1
_STEPS = (1, 5, 10, 25, 50, 100)
"""What the last decimals of a number can be a multiple of."""
_FRACTIONS = _PLACES * len(_STEPS)
_CLASSES = 3 + 2 * _FRACTIONS
_NEEDED = [*(places * len(_STEPS) for places in range(_PLACES)), *(len(_STEPS) * np.array([1, 2, 2]) + [1, 1, 3])]
"""Classes that typed numbers can have, which end in no zero."""


@dataclass(frozen=True)
class NumberKind(Kind):
    """Numbers on a line in units of ``step * 10 ** -decimals`` where they have such a grid.

    Attributes:
        text: how they are written.
        step: 5 where the last decimal is 0 or 5, 25 for quarters, and so on.
        line: the bins; without any before ``with_bins``.
        avoid: positions of published values.
        grid: the fixed bins of the first look, if there was one.
    """

    name: ClassVar[str] = "number"
    text: NumberFormat
    line: Line
    avoid: np.ndarray
    step: int = 1
    grid: Line | None = None

    @classmethod
    def takes(cls, physical: pa.DataType) -> bool:
        return is_number(physical)

    @classmethod
    def reads(cls, cells: Cells) -> np.ndarray:
        return cells.once(_is_number)

    @classmethod
    def of(cls, cells: Cells, options: dict[str, Any], meter: Meter) -> NumberKind:
        kind, step = cells.distinct.type, 1
        if is_text(kind):
            votes = meter.vote(cells.histogram(_class_of(cells.distinct), _CLASSES), "number format", 0.01)
            form, step = _voted_text(votes, meter.rows, type_name(kind))
        elif pa.types.is_integer(kind):
            form = NumberFormat(type_name(kind), "typed", 0)
        elif pa.types.is_decimal(kind):
            form = NumberFormat(type_name(kind), "typed", max(kind.scale, 0))
        else:
            needed = cells.histogram(_needed(cells.distinct), _FRACTIONS)
            used = np.zeros(_FRACTIONS)
            used[_NEEDED] = _in_use(meter.vote(needed[_NEEDED], "decimals", 0.01), meter.rows)
            decimals, step = _grid(used.reshape(_PLACES, -1))
            form = NumberFormat(type_name(kind), "typed", decimals)
        declared = options.get("decimals")
        if isinstance(declared, int) and declared != form.decimals:
            form, step = replace(form, decimals=declared), 1
        empty = np.zeros(0)
        return cls(form, Line(empty, empty, form.decimals is not None), empty, step)

    def needs_vocabulary(self, options: dict[str, Any]) -> bool:
        ends = self._ends(options)
        return ends is None or not self.line.whole or ends[1] - ends[0] >= _SINGLES

    def attained(self, options: dict[str, Any]) -> pa.Array | None:
        ends = self._ends(options)
        return self._written(np.array(ends)) if ends is not None and options.get("attained") else None

    def with_bins(
        self, cells: Cells, where_D: np.ndarray, vocabulary: pa.Array, options: dict[str, Any], meter: Meter
    ) -> NumberKind:
        x = hidden(where_D, cells.distinct, vocabulary)
        avoid = self.where(vocabulary)
        ends = self._ends(options)
        grid = magnitudes(self.line.whole)
        if ends is not None:
            grid = grid.within(*ends)
            if not self.needs_vocabulary(options):
                line = line_of(np.arange(ends[0], ends[1] + 2), True)
                return replace(self, line=line.without(avoid), avoid=avoid)
        found = avoid if ends is None else avoid[(avoid > ends[0]) & (avoid < ends[1])]
        line = search(grid, x, found, cells, meter)
        line = line.opened(found, grid.low[0], grid.high[-1])
        return replace(self, line=line.without(avoid), avoid=avoid, grid=grid)

    def looked(self, distinct: pa.Array, vocabulary: pa.Array) -> np.ndarray:
        x = hidden(self.where(distinct), distinct, vocabulary)
        return np.full(len(distinct), -1) if self.grid is None else self.grid.place(x)

    @property
    def size(self) -> int:
        return self.line.size

    @property
    def middles(self) -> np.ndarray:
        return self.line.middles

    @property
    def joined(self) -> np.ndarray:
        return self.line.joined

    @property
    def open(self) -> np.ndarray:
        return self.line.is_open

    def shaped(self, mass: np.ndarray, vocabulary: pa.Array, vocabulary_mass: np.ndarray) -> NumberKind:
        return replace(self, line=self.line.shaped(mass, self.where(vocabulary), vocabulary_mass))

    def where(self, distinct: pa.Array) -> np.ndarray:
        if is_text(distinct.type):
            x = np.where(_is_number(distinct), parse_numbers(distinct, self.text.decimal), np.nan)
        else:
            x = parse_numbers(distinct)
        x = np.where(np.isfinite(x), x, np.nan)
        if self.text.decimals is not None:
            with np.errstate(over="ignore"):
                x = np.rint(x * 10.0**self.text.decimals / self.step)
        return np.clip(x, -_FARTHEST, _FARTHEST)

    def bins(self, where_D: np.ndarray) -> np.ndarray:
        return self.line.place(where_D)

    def fill(self, bin_N: np.ndarray, rng: np.random.Generator) -> pa.Array:
        return self._written(self.line.draw(bin_N, self.avoid, rng))

    def fill_unlike(self, bin_N: np.ndarray, rng: np.random.Generator) -> pa.Array:
        x = self.line.draw(bin_N, self.avoid, rng)
        if self.text.decimals == 0:  # the next free number; the last bin may grow a little
            order = np.argsort(x, kind="stable")
            rank = np.arange(len(x))
            x[order] = np.maximum.accumulate(x[order] - rank) + rank
        return self._written(x)

    def _written(self, x: np.ndarray) -> pa.Array:
        if self.text.decimals is not None:
            x = np.round(x * self.step / 10.0**self.text.decimals, self.text.decimals)
        return self.text.write(self.text.tidy(x))

    def _ends(self, options: dict[str, Any]) -> tuple[float, float] | None:
        """The declared range in units of the line."""
        ends = [options.get("low"), options.get("high")]
        if not all(isinstance(end, (int, float)) for end in ends):
            return None
        unit = 10.0 ** (self.text.decimals or 0) / self.step
        low, high = (float(str(end)) * unit for end in ends)
        return (np.ceil(low - 1e-6) + 0.0, np.floor(high + 1e-6) + 0.0) if self.line.whole else (low, high)  # not -0.0


def _is_number(distinct: pa.Array) -> np.ndarray:
    """``(D,)`` whether each value is a number, by itself; codes such as ``007`` are none."""
    if not is_text(distinct.type):
        return np.full(len(distinct), is_number(distinct.type))
    text = pc.utf8_trim_whitespace(distinct)
    number = pc.or_(pc.match_substring_regex(text, NUMBER), pc.match_substring_regex(text, _COMMA))
    return np.asarray(pc.and_not(number, pc.match_substring_regex(text, _PADDED)))


def _class_of(distinct: pa.Array) -> np.ndarray:
    """``(D,)`` how each text writes a number, by itself: a class of ``_CLASSES``; -1 for no number."""
    text = plain_text(distinct)
    number = _is_number(text)
    scientific = np.asarray(pc.match_substring_regex(text, "[eE]"))
    comma = np.asarray(pc.find_substring(text, ",")).astype(np.int64)
    point = np.maximum(np.asarray(pc.find_substring(text, ".")), comma)
    places = np.asarray(pc.utf8_length(text)).astype(np.int64) - point - 1
    last = pc.if_else(pa.array(places > 1), pc.utf8_slice_codeunits(text, -2), pc.utf8_slice_codeunits(text, -1))
    digits = pc.if_else(pc.match_substring_regex(last, "^[0-9]+$"), last, "1")
    ending = np.asarray(pc.cast(digits, pa.int64()))
    fraction = _fraction(np.minimum(places, MAX_DECIMALS), ending)
    found = np.where(point < 0, _WHOLE, np.where(comma >= 0, _FRACTIONS, 0) + 3 + fraction)
    found = np.where((point >= 0) & (places == 0), _POINT, found)
    return np.where(number, np.where(scientific, _SCIENTIFIC, found), -1)


def _fraction(places: np.ndarray, ending: np.ndarray) -> np.ndarray:
    """``(D,)`` a class for so many decimals, the last of which (one, or two where there are as many) end so.

    Example:
        >>> _fraction(np.array([1, 1, 2, 2, 2]), np.array([5, 3, 25, 50, 0])).tolist()
        [7, 6, 15, 16, 17]
    """
    found = np.zeros(len(places), np.int64)
    for number, step in enumerate(_STEPS):
        found[(ending % step == 0) & (places >= len(str(step - 1)))] = number
    return places * len(_STEPS) + found


def _in_use(votes: Noisy, rows: float) -> np.ndarray:
    """Votes, without those of classes that noise or strays alone may have; the greatest always counts."""
    least = float(norm.isf(_CHANCE / len(votes.counts))) * votes.sd
    counts = np.where(votes.counts >= max(least, 0.01 * rows), votes.counts, 0.0)
    return counts if counts.any() else np.where(votes.counts == votes.counts.max(), 1.0, 0.0)


def _grid(votes_PS: np.ndarray) -> tuple[int | None, int]:
    """The decimals that are in use, None where there is no end to them, and the step of the last one.

    Args:
        votes_PS: by decimals and by what their end is a multiple of (``_STEPS``).

    Example:
        >>> votes_PS = np.zeros((_PLACES, len(_STEPS)))
        >>> votes_PS[0, 0], votes_PS[1, 1], votes_PS[2, 3] = 40, 40, 80  # 1, 1.5, 1.25
        >>> _grid(votes_PS)
        (2, 25)
    """
    used = np.argwhere(votes_PS > 0)
    most = int(used[:, 0].max())
    if most > (12 if most < _PLACES - 1 else 0):
        return None, 1
    return most, math.gcd(*(_STEPS[end] * 10 ** int(most - places) for places, end in used))


def _voted_text(votes: Noisy, rows: float, kind: str) -> tuple[NumberFormat, int]:
    """The format that most cells write, and the step of its last decimal."""
    counts = _in_use(votes, rows)
    fraction = counts[3:].reshape(2, _PLACES, len(_STEPS))  # by mark
    decimal = "," if fraction[1].sum() > fraction[0].sum() else "."
    by_places = fraction[int(decimal == ",")]
    if counts[_SCIENTIFIC] > counts.sum() / 2:
        return NumberFormat(kind, "scientific", None, 6, decimal, "e"), 1
    used = np.flatnonzero(by_places.sum(axis=1))
    if not len(used):
        return NumberFormat(kind, "integer", 0, 0, decimal), 1
    whole, most = bool(counts[_WHOLE] > 0), int(used.max())
    one, ends_in_zero = by_places[1], _STEPS.index(10)
    if not whole and len(used) == 1 and most == 1 and one[ends_in_zero] == one.sum():
        return NumberFormat(kind, "pointed", 0, 0, decimal), 1
    both = by_places.copy()
    both[0, 0] += counts[_WHOLE]
    step = _grid(both)[1]
    if not whole and len(used) == 1:
        return NumberFormat(kind, "fixed", most, 0, decimal), step
    style: Style = "shortest" if whole or not one[ends_in_zero] else "pointed"
    return NumberFormat(kind, style, most, 0, decimal), step


def _needed(distinct: pa.Array) -> np.ndarray:
    """``(D,)`` by the fewest decimals that write each number, by itself; the last ones for more than there are."""
    x = parse_numbers(distinct)
    short = np.dtype(distinct.type.to_pandas_dtype()).type
    needed, ending = np.full(len(x), _PLACES - 1), np.ones(len(x), np.int64)
    with np.errstate(over="ignore", invalid="ignore"):
        for places in range(_PLACES - 2, -1, -1):
            fits = np.round(x, places).astype(short) == x.astype(short)
            needed[fits] = places
            if places in (1, 2):
                ending[fits] = np.rint(np.fmod(np.where(fits, x, 0.0), 1.0) * 10.0**places)[fits]
    return np.where(np.isfinite(x), _fraction(needed, np.abs(ending)), -1)
