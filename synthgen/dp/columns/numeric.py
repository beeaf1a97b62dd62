"""Numbers: text or typed. No least or greatest value is ever read: bins come from noisy counts on a fixed grid.

Letters: N cells, D different values.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

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
from synthgen.dp.columns.searching import search

if TYPE_CHECKING:
    from synthgen.dp.columns.cells import Cells, Meter, Noisy

_COMMA = r"^[+-]?[0-9]+,[0-9]+$"
_PADDED = r"^[+-]?0[0-9]"
_TOLD = 4.0
"""Standard deviations above which one of some seventy ways to write a number is in use."""
_FARTHEST = 2.0**62
_SINGLES = 256
"""Declared ranges of so many whole numbers need no search: each is a bin."""
_WHOLE, _POINT, _SCIENTIFIC = 0, 1, 2
_PLACES = MAX_DECIMALS + 1
_CLASSES = 3 + 4 * _PLACES


@dataclass(frozen=True)
class NumberKind(Kind):
    """Numbers on a line in units of ``10 ** -decimals`` where they have such a grid.

    Attributes:
        text: how they are written.
        line: the bins; without any before ``with_bins``.
        avoid: positions of published values.
    """

    name: ClassVar[str] = "number"
    text: NumberFormat
    line: Line
    avoid: np.ndarray

    @classmethod
    def takes(cls, physical: pa.DataType) -> bool:
        return is_number(physical)

    @classmethod
    def reads(cls, cells: Cells) -> np.ndarray:
        return cells.once(_is_number)

    @classmethod
    def of(cls, cells: Cells, options: dict[str, Any], meter: Meter) -> NumberKind:
        kind = cells.distinct.type
        if is_text(kind):
            votes = meter.vote(cells.histogram(_class_of(cells.distinct), _CLASSES), "number format", 0.01)
            form = _voted_text(votes, meter.rows, type_name(kind))
        elif pa.types.is_integer(kind):
            form = NumberFormat(type_name(kind), "typed", 0)
        elif pa.types.is_decimal(kind):
            form = NumberFormat(type_name(kind), "typed", max(kind.scale, 0))
        else:
            votes = meter.vote(cells.histogram(_needed(cells.distinct), _PLACES), "decimals")
            form = NumberFormat(type_name(kind), "typed", _least_places(votes))
        if isinstance(options.get("decimals"), int):
            form = replace(form, decimals=int(str(options["decimals"])))
        empty = np.zeros(0)
        return cls(form, Line(empty, empty, form.decimals is not None), empty)

    def needs_vocabulary(self, options: dict[str, Any]) -> bool:
        ends = self._ends(options)
        return ends is None or not self.line.whole or ends[1] - ends[0] >= _SINGLES

    def attained(self, options: dict[str, Any]) -> pa.Array | None:
        ends = self._ends(options)
        return self._written(np.array(ends)) if ends is not None and options.get("attained") else None

    def with_bins(
        self, cells: Cells, where_D: np.ndarray, vocabulary: pa.Array, options: dict[str, Any], meter: Meter
    ) -> NumberKind:
        x = np.where(np.asarray(pc.is_in(cells.distinct, value_set=vocabulary)), np.nan, where_D)
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
        return replace(self, line=line.without(avoid), avoid=avoid)

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
                x = np.rint(x * 10.0**self.text.decimals)
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
            x = np.round(x / 10.0**self.text.decimals, self.text.decimals)
        return self.text.write(self.text.tidy(x))

    def _ends(self, options: dict[str, Any]) -> tuple[float, float] | None:
        """The declared range in units of the line."""
        ends = [options.get("low"), options.get("high")]
        if not all(isinstance(end, (int, float)) for end in ends):
            return None
        unit = 10.0 ** (self.text.decimals or 0)
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
    fraction = 2 * np.minimum(places, MAX_DECIMALS) + np.asarray(pc.ends_with(text, "0"))
    found = np.where(point < 0, _WHOLE, np.where(comma >= 0, 2 * _PLACES, 0) + 3 + fraction)
    found = np.where((point >= 0) & (places == 0), _POINT, found)
    return np.where(number, np.where(scientific, _SCIENTIFIC, found), -1)


def _voted_text(votes: Noisy, rows: float, kind: str) -> NumberFormat:
    """The format that most cells write."""
    least = max(_TOLD * votes.sd, 0.01 * rows)
    counts = np.where(votes.counts >= least, votes.counts, 0.0)
    if not counts.any():
        counts = np.where(votes.counts == votes.counts.max(), 1.0, 0.0)
    fraction = counts[3:].reshape(2, _PLACES, 2)  # mark, places, ends in zero
    decimal = "," if fraction[1].sum() > fraction[0].sum() else "."
    by_places = fraction[int(decimal == ",")]
    if counts[_SCIENTIFIC] > counts.sum() / 2:
        return NumberFormat(kind, "scientific", None, 6, decimal, "e")
    used = np.flatnonzero(by_places.sum(axis=1))
    if not len(used):
        return NumberFormat(kind, "integer", 0, 0, decimal)
    whole, most, in_zero = counts[_WHOLE] > 0, int(used.max()), by_places[:, 1]
    if not whole and len(used) == 1 and most == 1 and not by_places[1, 0]:
        return NumberFormat(kind, "pointed", 0, 0, decimal)
    if not whole and len(used) == 1:
        return NumberFormat(kind, "fixed", most, 0, decimal)
    style: Style = "shortest" if whole or not in_zero[1] else "pointed"
    return NumberFormat(kind, style, most, 0, decimal)


def _needed(distinct: pa.Array) -> np.ndarray:
    """``(D,)`` the fewest decimals that write each number, by itself; the last class for more than there are."""
    x = parse_numbers(distinct)
    short = np.dtype(distinct.type.to_pandas_dtype()).type
    found = np.full(len(x), _PLACES - 1)
    with np.errstate(over="ignore", invalid="ignore"):
        for places in range(_PLACES - 2, -1, -1):
            found[np.round(x, places).astype(short) == x.astype(short)] = places
    return np.where(np.isfinite(x), found, -1)


def _least_places(votes: Noisy) -> int | None:
    """Decimals that hardly any cell exceeds; None where there is no end to them."""
    counts = np.where(votes.counts >= 2 * votes.sd, votes.counts, 0.0)
    if not counts.any():
        return int(np.argmax(votes.counts)) if np.argmax(votes.counts) < _PLACES - 1 else None
    most = int(np.flatnonzero(counts).max())
    return None if most > (12 if most < _PLACES - 1 else 0) else most
