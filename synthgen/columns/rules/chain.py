"""Columns in order whose later ones are drawn as gaps, under conditions: restricted, weighed and decoded together.

A later value is the earlier one and a gap, so what a condition leaves of the gap hangs on the earlier value. A row's
weight is the mean, over evenly spread places of the earlier value, of the share of the gap's cell that is left.

Letters: N rows, Q places tried for each, K links.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from synthgen.columns.datetime import Datetime
from synthgen.columns.keeping import Drawn
from synthgen.columns.laws import Law, MomentLaw, NumberLaw
from synthgen.columns.lines import DateLine, NumberLine
from synthgen.columns.numeric import Numeric
from synthgen.columns.wanted import Stretch

FAR = 1 << 61
"""Beyond all moments, in ticks."""
TRIED = 16
"""Places of the earlier value that are tried for a weight; a quarter of them to look ahead."""
_TURN = 0.6180339887498949
"""The golden ratio's fraction: its multiples spread evenly, whatever their number."""
_ROWS = 1 << 16
MOST_STRETCHES = 8
"""Of a later column; of more, what lies between them is tried as well."""
Ends = list[tuple[np.ndarray, np.ndarray]]
"""Stretches, ``(N,)`` first and last places of each."""


@dataclass(frozen=True)
class Link:
    """One column of a chain.

    Attributes:
        name: in the table.
        learned: what has its tokens: itself, or its gap.
        parent: number of the link that it begins at; -1: it is drawn on its own.
        unit: places in one unit of the gap.
        top: the greatest place.
        line: its places.
        left: stretches of places that conditions leave, in ascending order.
    """

    name: str
    learned: str
    parent: int
    unit: float
    top: float
    line: NumberLine | DateLine
    left: tuple[Stretch, ...]

    @property
    def whole(self) -> bool:
        """Whether places are whole numbers."""
        return isinstance(self.line, DateLine)

    def ends(self) -> list[tuple[float, float]]:
        """The stretches, open above where they reach the greatest place, and within what arrays hold."""
        far = FAR if self.whole else np.inf
        ends = [(max(low, -far), far if high >= self.top and self.parent >= 0 else min(high, far))
                for low, high in self.left]  # fmt: skip
        return ends if self.whole else [(float(low), float(high)) for low, high in ends]


@dataclass(frozen=True)
class Chain:
    """Columns in order, the earliest first.

    Attributes:
        links: the first drawn on its own, the others by gaps.
        asked: those that conditions name.
    """

    links: tuple[Link, ...]
    drawn: Mapping[str, Drawn]
    asked: tuple[str, ...]

    @property
    def learned(self) -> tuple[str, ...]:
        """What has their tokens."""
        return tuple(link.learned for link in self.links)

    def laws(self, tokens: Sequence[np.ndarray]) -> list[Law]:
        """Of each link, given the tokens of its path known so far."""
        laws: list[Law] = []
        for link, known in zip(self.links, tokens, strict=True):
            kind = self.drawn[link.learned].type
            if isinstance(kind, Datetime):
                assert isinstance(link.line, DateLine)
                laws.append(MomentLaw.after(kind, link.line.tick, known))
            else:
                assert isinstance(kind, Numeric)
                laws.append(NumberLaw.after(kind, known))
        return laws

    def share(self, tokens: Sequence[np.ndarray], exactly: bool) -> np.ndarray:
        """``(N,)`` how much of the cells that paths lead to, or begin, keeps the conditions."""
        tried = TRIED if exactly else TRIED // 4
        spread_Q = (np.arange(tried) + 0.5) / tried
        found = [np.zeros(0)]
        for start in range(0, len(tokens[0]), _ROWS):
            some = [known[start : start + _ROWS] for known in tokens]
            places = [
                np.tile((spread_Q + k * _TURN * np.arange(tried)) % 1.0, len(some[0])) for k in range(len(self.links))
            ]
            weight, _ = self._walk(self.laws(some), places, tried)
            found.append(weight.reshape(-1, tried).mean(1))
        return np.concatenate(found)

    def decode(self, tokens: Mapping[str, np.ndarray], rng: np.random.Generator) -> dict[str, pa.Array]:
        """Values of the first column and of the gaps, drawn from what the conditions leave of their cells."""
        paths = [tokens[name] for name in self.learned]
        n_rows = len(paths[0])
        first = (np.arange(TRIED) + rng.random((n_rows, TRIED))) / TRIED
        places = [first.ravel(), *(rng.random(n_rows * TRIED) for _ in self.links[1:])]
        weight, values = self._walk(self.laws(paths), places, TRIED)
        cumulated_NQ = np.cumsum(weight.reshape(n_rows, TRIED), axis=1)
        place_N1 = rng.random((n_rows, 1)) * cumulated_NQ[:, -1:]
        at = np.arange(n_rows) * TRIED + np.minimum((cumulated_NQ <= place_N1).sum(1), TRIED - 1)
        first_line = self.links[0].line
        written = first_line.write(values[0][at], pa.nulls(n_rows, pa.string()))
        gaps = {link.learned: pa.array(x[at], pa.float64()) for link, x in zip(self.links[1:], values[1:], strict=True)}
        return {self.links[0].learned: written, **gaps}

    def _walk(
        self, laws: Sequence[Law], places: Sequence[np.ndarray], tried: int
    ) -> tuple[np.ndarray, list[np.ndarray]]:
        """Values link by link, each from what is left of its law given the earlier ones.

        Args:
            laws: N of each link.
            places: per link ``(N * Q,)`` where in what is left, 0 to 1.
            tried: Q.

        Returns:
            ``(N * Q,)`` the product of the shares that were left, and per link the value drawn: a place, or a gap.
        """
        reach = self._reach(laws)
        n_rows = len(places[0]) // tried
        rows = np.repeat(np.arange(n_rows), tried)
        weight = np.ones(len(rows))
        values: list[np.ndarray] = []
        at: list[np.ndarray] = []
        for k, link in enumerate(self.links):
            law, starts, masses = laws[k].take(rows), [], []
            for low, high in reach[k]:
                a, b = low[rows], high[rows]
                possible = a <= b
                if link.parent >= 0:
                    a, b = (a - at[link.parent]) / link.unit, (b - at[link.parent]) / link.unit
                start = law.below(a, False)
                starts.append(start)
                masses.append(np.where(possible, np.maximum(law.below(b, True) - start, 0.0), 0.0))
            left = np.sum(masses, axis=0)
            weight = weight * left
            share, into = starts[0], places[k] * left
            open_ = np.ones(len(rows), bool)
            for start, mass in zip(starts, masses, strict=True):
                here = open_ & (into < mass)
                share = np.where(here, start + into, share)
                open_, into = open_ & ~here, into - mass
            value = law.at(np.minimum(share, np.nextafter(1.0, 0.0)))
            values.append(value)
            at.append(value if link.parent < 0 else self._later(link, at[link.parent], value))
        return weight, values

    def _later(self, link: Link, earlier: np.ndarray, gap: np.ndarray) -> np.ndarray:
        """Places of a later column, as they are written."""
        places = np.minimum(earlier + gap * link.unit, link.top)
        return link.line.snap(np.rint(places).astype(np.int64), False) if link.whole else places

    def _reach(self, laws: Sequence[Law]) -> list[Ends]:
        """Per link, the stretches in which it has to lie so that all later ones can keep their conditions."""
        n_rows, kind = len(laws[0]), np.int64 if self.links[0].whole else np.float64
        reach: list[Ends] = [
            [(np.full(n_rows, low, kind), np.full(n_rows, high, kind)) for low, high in link.ends()]
            for link in self.links
        ]
        for k in range(len(self.links) - 1, 0, -1):
            link, zeros = self.links[k], np.zeros(n_rows)
            least, most = laws[k].at(zeros) * link.unit, laws[k].at(zeros + np.nextafter(1.0, 0.0)) * link.unit
            if link.whole:
                least, most = np.rint(least).astype(np.int64), np.rint(most).astype(np.int64)
            earlier = [(low - most, high - least) for low, high in reach[k]]
            reach[link.parent] = _both(reach[link.parent], _apart(earlier))
        return reach


def _apart(ends: Ends) -> Ends:
    """Stretches in ascending order without what an earlier one holds already; as one where there are many."""
    if len(ends) > MOST_STRETCHES:
        return [(np.min([low for low, _ in ends], axis=0), np.max([high for _, high in ends], axis=0))]
    out = ends[:1]
    for low, high in ends[1:]:
        before = out[-1][1]
        past = before + 1 if np.issubdtype(before.dtype, np.integer) else np.nextafter(before, np.inf)
        out.append((np.maximum(low, past), np.maximum(high, before)))
    return out


def _both(one: Ends, other: Ends) -> Ends:
    """What lies in both; a stretch whose first end is past its last holds nothing."""
    return [(np.maximum(a, c), np.minimum(b, d)) for a, b in one for c, d in other]
