"""Columns as codes on one book, and how much two of them have to do with each other.

Letters: N rows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from synthgen.metrics.view import View

DECILES = np.linspace(0.1, 0.9, 9)


@dataclass(frozen=True)
class Coded:
    """One table in codes.

    Attributes:
        codes: ``(N,)`` int64 by column.
        sizes: how many codes each column may have.
    """

    codes: dict[str, np.ndarray]
    sizes: dict[str, int]

    def joint(self, *names: str) -> tuple[np.ndarray, int]:
        """``(N,)`` codes of the combinations of columns, and how many there may be."""
        code, size = self.codes[names[0]], self.sizes[names[0]]
        for name in names[1:]:
            code, size = code * self.sizes[name] + self.codes[name], size * self.sizes[name]
        return code, size


def decile_codes(train: View, views: tuple[View, ...], names: list[str], most_labels: int | None = None) -> list[Coded]:
    """Tables in codes: quantities cut at the training deciles, labels as they are or the most frequent ones.

    Args:
        train: says where deciles are and which labels are frequent.
        views: the tables to cut.
        names: columns.
        most_labels: the most frequent labels of the training rows that keep a code; the others share one.
    """
    tables = [Coded({}, {}) for _ in views]
    for name in names:
        if name in train.quantities:
            edges, size = _edges(train.quantities[name])
            codes = [_cut(view.quantities[name], edges) for view in views]
        else:
            book, size = _book(train.labels[name], train.sizes[name], most_labels)
            codes = [book[view.labels[name]] for view in views]
        for table, one in zip(tables, codes, strict=True):
            table.codes[name], table.sizes[name] = one, size
    return tables


def _edges(values: np.ndarray) -> tuple[np.ndarray, int]:
    present = values[~np.isnan(values)]
    edges = np.unique(np.quantile(present, DECILES)) if len(present) else np.zeros(1)
    return edges, len(edges) + 2


def _cut(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """``(N,)`` bins from 0 on; the last code is that of a missing value."""
    bins = np.searchsorted(edges, values, side="right")
    return np.where(np.isnan(values), len(edges) + 1, bins).astype(np.int64)


def _book(codes: np.ndarray, size: int, most: int | None) -> tuple[np.ndarray, int]:
    if most is None or size <= most:
        return np.arange(size), size
    frequent = np.argsort(-np.bincount(codes, minlength=size), kind="stable")[:most]
    book = np.full(size, most)
    book[frequent] = np.arange(most)
    return book, most + 1


def mutual_information(one: np.ndarray, other: np.ndarray, size: int, size_other: int) -> tuple[float, float, float]:
    """Mutual information of two columns of codes, and both entropies, in nats.

    The information that chance alone would show is taken off, by the number of cells in use; what is left is never
    below 0 nor above an entropy.

    Args:
        one: ``(N,)`` codes below ``size``, N at least 1.
        other: ``(N,)`` codes below ``size_other``.
        size: of the first column.
        size_other: of the second column.

    Source:
        Miller 1955, "Note on the bias of information estimates".

    Example:
        >>> one = np.repeat([0, 1], 500)
        >>> information, entropy, _ = mutual_information(one, one, 2, 2)
        >>> round(information, 3), round(entropy, 3)
        (0.693, 0.693)
    """
    n = len(one)
    cells = np.bincount(one * size_other + other, minlength=size * size_other).reshape(size, size_other)
    first, second = cells.sum(axis=1), cells.sum(axis=0)
    entropies = [_entropy(counts[counts > 0], n) for counts in (first, second, cells.ravel())]
    surplus = ((cells > 0).sum() - (first > 0).sum() - (second > 0).sum() + 1) / (2 * n)
    information = entropies[0] + entropies[1] - entropies[2] - float(surplus)
    return min(max(0.0, information), *entropies[:2]), entropies[0], entropies[1]


def _entropy(counts: np.ndarray, n: int) -> float:
    return float(np.log(n) - (counts * np.log(counts)).sum() / n)


def cramers_v(one: np.ndarray, other: np.ndarray, size: int, size_other: int) -> float:
    """How strongly two columns of codes hang together, 0 to 1; what chance alone would show is taken off.

    Source:
        Bergsma 2013, "A bias-correction for Cramer's V and Tschuprow's T", doi:10.1016/j.jkss.2012.10.002.

    Example:
        >>> one = np.tile([0, 1], 500)
        >>> cramers_v(one, one, 2, 2), cramers_v(one, np.repeat([0, 1], 500), 2, 2)
        (1.0, 0.0)
    """
    n = len(one)
    cells = np.bincount(one * size_other + other, minlength=size * size_other).reshape(size, size_other)
    first, second = cells.sum(axis=1), cells.sum(axis=0)
    cells = cells[first > 0][:, second > 0]
    rows, columns = cells.shape
    if n < 2 or min(rows, columns) < 2:
        return 0.0
    squares = float((cells**2 / np.outer(first[first > 0], second[second > 0])).sum()) - 1
    surplus = (rows - 1) * (columns - 1) / (n - 1)
    rows_left, columns_left = (k - (k - 1) ** 2 / (n - 1) for k in (rows, columns))
    smaller = min(rows_left, columns_left) - 1
    return float(np.sqrt(min(1.0, max(0.0, squares - surplus) / smaller))) if smaller > 0 else 0.0
