"""Columns as tokens that know their order, for a network that reads rows as a generator writes them.

Letters: N rows, S slots, one per column.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from synthgen.layout import Layout, RowSlot
from synthgen.metrics.view import View

MOST_BINS, FEWEST_BINS = 200, 8
"""Of a quantity: trees look at it about as finely."""
MOST_LABELS = 1_000
"""Of a column, the most frequent ones; the others share a token."""
MOST_TOKENS = 20_000
"""Over all columns: wider tables get fewer of each."""


@dataclass(frozen=True)
class Tokens:
    """How to turn a view into tokens; learned from training rows.

    A quantity's tokens are the cells between its quantiles, one for each value that spans a cell or more by itself,
    one for what lies below all of them, and one for a missing cell; a label's are its labels.

    Attributes:
        cuts: for quantities, where cells begin.
        books: for labels, the token of each code.
        layout: the slots.
    """

    cuts: dict[str, np.ndarray]
    books: dict[str, np.ndarray]
    layout: Layout

    @classmethod
    def learn(cls, train: View, names: list[str]) -> Tokens:
        """From the training rows, for some of the columns."""
        share = MOST_TOKENS // max(len(names), 1)
        n_bins, n_labels = int(np.clip(share, FEWEST_BINS, MOST_BINS)), int(np.clip(share, FEWEST_BINS, MOST_LABELS))
        cuts: dict[str, np.ndarray] = {}
        books: dict[str, np.ndarray] = {}
        slots = []
        for number, name in enumerate(names):
            if name in train.quantities:
                cuts[name] = _cuts(train.quantities[name], n_bins)
                size = len(cuts[name]) + 2
                counts = np.bincount(_cells(train.quantities[name], cuts[name]), minlength=size)
                places = (np.cumsum(counts) - counts / 2) / max(train.n_rows, 1)
                slots.append(RowSlot(number, name, 0, size, np.r_[places[:-1], np.nan], counts, missing=size - 1))
                continue
            counts = np.bincount(train.labels[name], minlength=train.sizes[name])
            order = np.argsort(-counts, kind="stable")[:n_labels]
            book = np.full(len(counts), len(order))
            book[order] = np.arange(len(order))
            books[name] = book
            size = len(order) + 1
            slots.append(RowSlot(number, name, 0, size, np.full(size, np.nan), np.ones(size)))
        return cls(cuts, books, Layout(tuple(slots)))

    def matrix(self, view: View) -> np.ndarray:
        """``(N, S)`` int32."""
        columns = [
            _cells(view.quantities[slot.name], self.cuts[slot.name])
            if slot.name in self.cuts
            else self.books[slot.name][view.labels[slot.name]]
            for slot in self.layout.slots
        ]
        return np.stack(columns, axis=1).astype(np.int32)


def _cuts(values: np.ndarray, n_bins: int) -> np.ndarray:
    """Where cells begin: quantiles without repeats, and just beyond those that repeat."""
    present = values[~np.isnan(values)]
    if not len(present):
        return np.zeros(1)
    quantiles = np.quantile(present, np.arange(n_bins) / n_bins, method="lower")
    distinct, times = np.unique(quantiles, return_counts=True)
    return np.unique(np.r_[distinct, np.nextafter(distinct[times > 1], np.inf)])


def _cells(values: np.ndarray, cuts: np.ndarray) -> np.ndarray:
    absent = np.isnan(values)
    cells = np.searchsorted(cuts, np.where(absent, cuts[0], values), side="right")
    return np.where(absent, len(cuts) + 1, cells)
