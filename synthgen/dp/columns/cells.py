"""A column as its different values with their counts, and the meter that measures it under the budget.

Letters: N rows, D different values.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from synthgen.dp.budget import Budget


@dataclass(frozen=True)
class Cells:
    """The cells of one column, in no order.

    Attributes:
        distinct: ``(D,)`` the different present values.
        counts: ``(D,)`` cells that hold each.
        missing: cells that hold none.
        told: what ``once`` found.
    """

    distinct: pa.Array
    counts: np.ndarray
    missing: int
    told: dict[str, np.ndarray] = field(default_factory=dict, repr=False, compare=False)

    def once(self, question: Callable[[pa.Array], np.ndarray]) -> np.ndarray:
        """What a function says of each different value, asked at most once."""
        if question.__name__ not in self.told:
            self.told[question.__name__] = question(self.distinct)
        return self.told[question.__name__]

    @classmethod
    def of(cls, values: pa.Array) -> Cells:
        """The cells of a column.

        Example:
            >>> Cells.of(pa.array(["b", None, "b"]))  # doctest: +ELLIPSIS
            Cells(distinct=..., counts=array([2]), missing=1)
        """
        distinct, code_N = coded(values)
        present = code_N[code_N >= 0]
        return cls(distinct, np.bincount(present, minlength=len(distinct)), len(code_N) - len(present))

    def grouped(self, key_D: pa.Array, kept_D: np.ndarray) -> Cells:
        """Cells of what the kept values are put together by, such as their shapes; none is missing.

        Example:
            >>> cells = Cells.of(pa.array(["a1", "b", "a2", "a1"]))
            >>> cells.grouped(pa.array(["a", "b", "a"]), np.array([True, False, True])).counts.tolist()
            [3]
        """
        found, code_K = coded(key_D.filter(pa.array(kept_D)))
        counts = np.bincount(code_K, weights=self.counts[kept_D], minlength=len(found))
        return Cells(found, counts.astype(np.int64), 0)

    def histogram(self, cell_D: np.ndarray, size: int) -> np.ndarray:
        """``(size,)`` cells by a number that each different value has; values with -1 are left out."""
        kept = cell_D >= 0
        return np.bincount(cell_D[kept], weights=self.counts[kept], minlength=size)


def coded(values: pa.Array) -> tuple[pa.Array, np.ndarray]:
    """The different present values, and ``(N,)`` which of them each cell holds; -1 for none."""
    found = values.dictionary_encode()
    return found.dictionary, np.asarray(pc.fill_null(found.indices, -1))


class Meter:
    """Measures histograms of one column, each cell of which lies in one bar, out of the column's share.

    Args:
        budget: what noise and entries come from.
        column: whose it is, for the ledger.
        rows: the noisy number of rows, to judge how fine a question need be answered.
        m: rows that one unit has at most: the L2 sensitivity of every histogram.
        share: of all that the budget may spend on Gaussians, for this column.
        delta_share: of the chance that the budget leaves to thresholds, for this column.
        min_holders: units that a published value needs, by its noisy count, when each brings all of its m rows.

    Attributes:
        units: how many units there are by the last histogram in which each counts once; 0: none was asked for.
    """

    def __init__(
        self, budget: Budget, column: str, rows: float, m: int, share: float, delta_share: float, min_holders: int = 1
    ) -> None:
        self.budget, self.column, self.rows, self.m = budget, column, rows, m
        self.least = float(min_holders * m)
        self.whole, self.left, self.delta_share = share, share, delta_share
        self.units = 0.0

    def vote(self, counts: np.ndarray, question: str, precision: float = 0.02, most: float = 0.06) -> Noisy:
        """A histogram that only has to show what most cells say.

        Args:
            counts: the histogram.
            question: for the ledger.
            precision: the noise to aim at, as a share of the rows.
            most: of the column's share, whatever the precision.
        """
        wanted = (self.m / (self.budget.mu * precision * max(self.rows, 1.0))) ** 2
        return self.measure(counts, question, min(wanted, most * self.whole), schema=True)

    def measure(self, counts: np.ndarray, question: str, share: float | None = None, schema: bool = False) -> Noisy:
        """A histogram of cells with noise; all that is left of the share where none is given."""
        return self._gaussian(counts, question, self.left if share is None else share, float(self.m), schema)

    def measure_units(self, counts: np.ndarray, question: str, share: float) -> Noisy:
        """A histogram in which each unit counts once."""
        noisy = self._gaussian(counts, question, share, 1.0, schema=False)
        self.units = float(noisy.counts.sum())
        return noisy

    def _gaussian(self, counts: np.ndarray, question: str, share: float, sensitivity: float, schema: bool) -> Noisy:
        share = min(share, self.left)
        self.left -= share
        step = f"{question}: {self.column}"
        exact = np.asarray(counts, float)
        noised, sd = self.budget.gaussian(exact, step=step, share=share, sensitivity=sensitivity, schema=schema)
        return Noisy(noised, sd)

    def sd_of(self, share: float) -> float:
        """The noise of a histogram that gets this share."""
        return self.budget.sd(max(share, 1e-12), float(self.m))

    def vocabulary(
        self, cells: Cells, question: str, share: float, schema: bool, delta_part: float = 1.0
    ) -> tuple[pa.Array, Noisy]:
        """Values whose noisy count passes a threshold that hides what one unit alone holds.

        Args:
            cells: the values.
            question: for the ledger.
            share: of the budget.
            schema: whether a schema could save it.
            delta_part: of the column's delta for thresholds.
        """
        share = min(share, self.left)
        self.left -= share
        found = self.budget.vocabulary(
            cells.distinct,
            cells.counts,
            step=f"{question}: {self.column}",
            share=share,
            delta_share=self.delta_share * delta_part,
            most=self.m,
            min_holders=self.least,
            schema=schema,
        )
        return found.values, Noisy(found.counts, found.sd)


@dataclass(frozen=True)
class Noisy:
    """Counts with Gaussian noise.

    Attributes:
        counts: the noised counts.
        sd: standard deviation of the noise, alike in all of them.
    """

    counts: np.ndarray
    sd: float
