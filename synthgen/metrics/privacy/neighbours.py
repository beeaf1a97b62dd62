"""Nearest rows: exact distances between mixed rows, block by block.

Letters: N rows, M references, Q quantities, L label columns, B rows of a block.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from synthgen.metrics.view import View

BLOCK = 131_072
"""Distances worked on at once, half a megabyte: they stay in a core's own cache."""
MOST_THREADS = 4
FAR = 1e6
"""Ranges from the mean at which a quantity is cut: 32-bit floats hold what lies nearer to seven digits."""


@dataclass(frozen=True)
class Points:
    """Rows made ready for distances.

    Attributes:
        x_QN: scaled quantities, float32.
        codes: L arrays ``(N,)`` of codes, each in the smallest type that holds them.
        weight: what a label that differs adds to a distance.
        n: N.
    """

    x_QN: np.ndarray
    codes: list[np.ndarray]
    weight: float
    n: int

    @property
    def columns(self) -> int:
        """Q + L."""
        return len(self.x_QN) + len(self.codes)

    def take(self, rows: np.ndarray) -> Points:
        """The same of some rows."""
        x_QN = np.ascontiguousarray(self.x_QN[:, rows])
        return Points(x_QN, [codes[rows] for codes in self.codes], self.weight, len(rows))

    def only(self, quantities: list[int], labels: list[int]) -> Points:
        """The same of some columns, by their places."""
        return Points(self.x_QN[quantities], [self.codes[i] for i in labels], self.weight, self.n)


@dataclass(frozen=True)
class RangeScale:
    """Quantities over their range in one table; a label that differs counts 2, as two cells of a one-hot row do.

    A missing quantity stands at the mean.
    """

    means: dict[str, float]
    spreads: dict[str, float]

    @staticmethod
    def learn(view: View) -> RangeScale:
        """Mean and range of each quantity; a range of 0 counts as 1."""
        means, spreads = {}, {}
        for name, values in view.quantities.items():
            present = values[~np.isnan(values)]
            spread = float(np.ptp(present)) if len(present) else 0.0
            means[name] = float(present.mean()) if len(present) else 0.0
            spreads[name] = spread if spread > 0 else 1.0
        return RangeScale(means, spreads)

    def place(self, view: View) -> Points:
        """Rows on this scale."""
        x_QN = np.zeros((len(self.means), view.n_rows), dtype=np.float32)
        for x_N, name in zip(x_QN, self.means, strict=True):
            scaled = (view.quantities[name] - self.means[name]) / self.spreads[name]
            x_N[:] = np.clip(np.nan_to_num(scaled, nan=0.0), -FAR, FAR)
        return Points(x_QN, _small_codes(view), 2.0, view.n_rows)


@dataclass(frozen=True)
class RankScale:
    """Quantities as the share of a table's values below them; a label that differs counts 1.

    A tail as long as a follower count's leaves a range scale nothing to tell ordinary rows apart; ranks do.
    Missing stands in the middle.
    """

    values: dict[str, np.ndarray]

    @staticmethod
    def learn(view: View) -> RankScale:
        """The sorted values of each quantity."""
        return RankScale({name: np.sort(values[~np.isnan(values)]) for name, values in view.quantities.items()})

    def ranks(self, name: str, values: np.ndarray) -> np.ndarray:
        """``(N,)`` share of the table's values below each, equal ones counted as half."""
        known = self.values[name]
        below = np.searchsorted(known, values, side="left") + np.searchsorted(known, values, side="right")
        return np.where(np.isnan(values), 0.5, below / max(2 * len(known), 1))

    def place(self, view: View) -> Points:
        """Rows on this scale."""
        x_QN = np.zeros((len(self.values), view.n_rows), dtype=np.float32)
        for x_N, name in zip(x_QN, self.values, strict=True):
            x_N[:] = self.ranks(name, view.quantities[name])
        return Points(x_QN, _small_codes(view), 1.0, view.n_rows)


def _small_codes(view: View) -> list[np.ndarray]:
    return [codes.astype(np.min_scalar_type(view.sizes[name])) for name, codes in view.labels.items()]


def nearest(
    rows: Points, references: Points, k: int = 1, own: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """The k nearest references of each row, by the sum of differences of quantities and of labels that differ.

    Every pair is looked at, so the answer is exact up to the rounding of 32-bit floats; memory is that of a few
    blocks, whatever N and M are.

    Args:
        rows: N rows.
        references: M rows on the same scale.
        k: how many, at most M.
        own: ``(N,)`` the reference that is the row itself and does not count; -1: none.

    Returns:
        Distances ``(N, k)`` in rising order, and the references' numbers.
    """
    distances, numbers = np.empty((rows.n, k), dtype=np.float32), np.empty((rows.n, k), dtype=np.int64)

    def keep(part: slice, distance_BM: np.ndarray) -> None:
        lines = np.arange(len(distance_BM))
        if own is not None:
            theirs = np.flatnonzero(own[part] >= 0)
            distance_BM[theirs, own[part][theirs]] = np.inf
        for i in range(k):
            best = distance_BM.argmin(axis=1)
            distances[part, i], numbers[part, i] = distance_BM[lines, best], best
            distance_BM[lines, best] = np.inf

    for_blocks(rows, references, keep)
    return distances, numbers


def for_blocks(rows: Points, references: Points, use: Callable[[slice, np.ndarray], None]) -> None:
    """Call ``use(part, distance_BM)`` for every block of rows, on several threads; it may overwrite the distances."""
    parts = list(_strips(rows.n, max(1, BLOCK // max(references.n, 1))))
    threads = min(_cores(), MOST_THREADS, max(len(parts), 1))

    def work(first: int) -> None:
        buffers = _Buffers(rows, references, parts[0].stop) if parts else None
        for part in parts[first::threads]:
            assert buffers is not None
            use(part, buffers.distances(part))

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(work, range(threads)))


class _Buffers:
    """One thread's room for the distances of a block."""

    def __init__(self, rows: Points, references: Points, most: int) -> None:
        self.rows, self.references = rows, references
        self.sum = np.empty((most, references.n), dtype=np.float32)
        self.part = np.empty_like(self.sum)
        self.differs = np.empty(self.sum.shape, dtype=bool)
        self.count = np.empty(self.sum.shape, dtype=np.uint8 if len(rows.codes) < 256 else np.uint16)

    def distances(self, part: slice) -> np.ndarray:
        """``(B, M)``, valid until the next call."""
        b = part.stop - part.start
        total, one, differs, count = self.sum[:b], self.part[:b], self.differs[:b], self.count[:b]
        total[...] = 0
        for x_N, y_M in zip(self.rows.x_QN, self.references.x_QN, strict=True):
            np.subtract(x_N[part, None], y_M, out=one)
            np.abs(one, out=one)
            np.add(total, one, out=total)
        if self.rows.codes:
            count[...] = 0
            for a_N, b_M in zip(self.rows.codes, self.references.codes, strict=True):
                np.not_equal(a_N[part, None], b_M, out=differs)
                np.add(count, differs.view(np.uint8), out=count)
            np.multiply(count, np.float32(self.rows.weight), out=one)
            np.add(total, one, out=total)
        return total


def _strips(n: int, size: int) -> Iterator[slice]:
    return (slice(start, min(start + size, n)) for start in range(0, n, size))


def _cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
