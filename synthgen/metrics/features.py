"""Columns as even-tempered numbers, for models that add them up.

Letters: N rows, F features.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from synthgen.metrics.view import View

MOST_LABELS = 50
"""Of a column, the most frequent ones; the others share a feature."""
MOST_FEATURES = 500
"""Wider tables get fewer labels of each column, then fewer columns: work grows with the width."""
MOST_ROWS = 50_000
"""Evenly spread training rows from which ranks and frequent labels are learned."""
LEVELS = np.linspace(0, 1, 201)
"""Quantiles between which a rank is read off, to half a per cent."""
UNIT = np.sqrt(12.0)
"""One over the standard deviation of an even spread over 0 to 1."""


@dataclass(frozen=True)
class Features:
    """How to turn a view into a matrix; learned from training rows.

    Quantities are given by their rank among the training values, in standard deviations of an even spread, with a
    missing one in the middle and a flag of its own; labels by one feature each (one-hot).

    Attributes:
        ranks: for quantities, values and the ranks they have.
        books: for labels, the feature of each code, counted from 0.
        flagged: quantities with a missing cell in some table.
    """

    ranks: dict[str, tuple[np.ndarray, np.ndarray]]
    books: dict[str, np.ndarray]
    flagged: tuple[str, ...]

    @classmethod
    def learn(cls, train: View, names: list[str]) -> Features:
        """From the training rows, for some of the columns."""
        rows = np.unique(np.linspace(0, max(train.n_rows - 1, 0), MOST_ROWS).astype(np.int64))
        n_labels = sum(name in train.labels for name in names)
        most = min(MOST_LABELS, max(1, MOST_FEATURES // max(n_labels, 1)))
        ranks = {name: _ranks(train.quantities[name][rows]) for name in names if name in train.quantities}
        books = {
            name: _book(np.bincount(train.labels[name][rows], minlength=train.sizes[name]), most)
            for name in names
            if name in train.labels
        }
        return cls(ranks, books, tuple(name for name in ranks if name in train.missing))

    @property
    def groups(self) -> dict[str, np.ndarray]:
        """Which features belong to each column."""
        groups, start = {}, 0
        for name in (*self.ranks, *self.books):
            width = int(self.books[name].max()) + 1 if name in self.books else 1 + (name in self.flagged)
            groups[name] = np.arange(start, start + width)
            start += width
        return groups

    def matrix(self, view: View) -> np.ndarray:
        """``(N, F)`` float64."""
        groups = self.groups
        found = np.zeros((view.n_rows, sum(map(len, groups.values()))))
        for name, (values, levels) in self.ranks.items():
            cells, absent = view.quantities[name], np.isnan(view.quantities[name])
            rank = np.interp(np.where(absent, values[0], cells), values, levels)
            found[:, groups[name][0]] = np.where(absent, 0.0, UNIT * (rank - 0.5))
            if name in self.flagged:
                found[:, groups[name][1]] = absent
        for name, book in self.books.items():
            found[np.arange(view.n_rows), groups[name][0] + book[view.labels[name]]] = 1.0
        return found


def _ranks(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Quantiles without repeats, and the middle of the ranks at which each of them stands."""
    present = values[~np.isnan(values)]
    quantiles = np.quantile(present, LEVELS) if len(present) else np.zeros(1)
    distinct = np.unique(quantiles)
    first, last = (np.searchsorted(quantiles, distinct, side=side) for side in ("left", "right"))
    return distinct, (first + last - 1) / 2 / max(len(quantiles) - 1, 1)


def _book(counts: np.ndarray, most: int) -> np.ndarray:
    order = np.argsort(-counts, kind="stable")[:most]
    book = np.full(len(counts), len(order) if len(order) < len(counts) else 0)
    book[order] = np.arange(len(order))
    return book
