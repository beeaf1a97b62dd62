"""Many values in a short tree: values that occur in like company share a branch.

Letters: K values, N rows, F company columns, E dimensions of the embedding (at most 16).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

ONE_LEVEL, TWO_LEVELS = 256, 40_000
"""Up to so many values are one slot; up to so many two; above three. Tokens per slot stay within some 250."""

_DIMENSIONS = 16
_MOST_COMPANY = 20_000_000
"""Cells of company that are looked at: enough for 1,000,000 rows with 20 columns, under 10 s."""
_DAMP = 5.0
"""Rows of average company added to each value's own, so that a value of 5 rows is not taken at its word."""


@dataclass(frozen=True)
class Tree:
    """Which path leads to which value.

    Attributes:
        order: ``(K,)``, value numbers, leaf by leaf from left to right.
        sizes: how many values each leaf holds: ``(K,)`` ones for one level, ``(C,)`` for two,
            ``(C, S)`` for three, filled up with 0.
    """

    order: np.ndarray
    sizes: np.ndarray

    @property
    def levels(self) -> int:
        """Slots in a path."""
        return 1 if self.is_flat else self.sizes.ndim + 1

    @property
    def is_flat(self) -> bool:
        """Whether a value is one token."""
        return self.sizes.ndim == 1 and len(self.sizes) == len(self.order) and bool((self.sizes == 1).all())

    def paths(self) -> np.ndarray:
        """``(K, levels)``, the path of each value."""
        where = np.empty((len(self.order), self.levels), dtype=np.int32)
        leaf = np.repeat(np.arange(self.sizes.size), self.sizes.ravel())
        branch = np.stack(np.unravel_index(leaf, self.sizes.shape), axis=1)
        member = np.arange(len(self.order)) - self.starts().ravel()[leaf]
        where[self.order] = branch if self.is_flat else np.column_stack([branch, member])
        return where

    def starts(self) -> np.ndarray:
        """Where each leaf begins in ``order``; the shape of ``sizes``."""
        flat = self.sizes.ravel()
        starts: np.ndarray = (np.cumsum(flat) - flat).reshape(self.sizes.shape)
        return starts

    def values_at(self, paths: np.ndarray) -> np.ndarray:
        """The value of each ``(N, levels)`` path; a token too large means the last of its branch."""
        if self.is_flat:
            return np.asarray(self.order[np.clip(paths[:, 0], 0, len(self.order) - 1)])
        branch = [np.clip(paths[:, 0], 0, len(self.sizes) - 1)]
        if self.levels == 3:
            branch.append(np.clip(paths[:, 1], 0, np.count_nonzero(self.sizes, axis=1)[branch[0]] - 1))
        leaf = tuple(branch)
        return np.asarray(self.order[self.starts()[leaf] + np.clip(paths[:, -1], 0, self.sizes[leaf] - 1)])

    def state(self) -> dict[str, Any]:
        """JSON types."""
        return {"order": self.order.tolist(), "sizes": self.sizes.tolist()}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Tree:
        """The tree again."""
        return cls(np.array(state["order"], dtype=np.int64), np.array(state["sizes"], dtype=np.int64))


def plant(numbers: np.ndarray, counts: np.ndarray, company: np.ndarray, rng: np.random.Generator) -> Tree:
    """A tree over values that are numbered from the most frequent on.

    Args:
        numbers: ``(N,)``, the value of each row, -1 for none.
        counts: ``(K,)``, rows of each value, falling.
        company: ``(N, F)``, tokens of other columns in the same rows; F may be 0.
        rng: for the reduction to a few dimensions.
    """
    many = len(counts)
    if many <= ONE_LEVEL:
        return Tree(np.arange(many), np.ones(many, dtype=np.int64))
    placed = embed(numbers, many, company, rng)
    if many <= TWO_LEVELS:
        leaves = _split(np.arange(many), placed, round(many**0.5))
        return Tree(np.concatenate(leaves), np.array([len(leaf) for leaf in leaves]))
    width = round(many ** (1 / 3))
    branches = [_split(part, placed, width) for part in _split(np.arange(many), placed, width)]
    sizes = np.array([[len(leaf) for leaf in branch] for branch in branches])
    return Tree(np.concatenate([leaf for branch in branches for leaf in branch]), sizes)


def embed(numbers: np.ndarray, many: int, company: np.ndarray, rng: np.random.Generator) -> np.ndarray | None:
    """Where each value lies by the company it keeps: ``(many, E)`` unit vectors, None when nothing is learned.

    Weight of token t beside value v: how much more often than by chance (positive pointwise mutual information,
    the counts damped), times the square root of its share of v's rows; then a truncated singular value
    decomposition.

    Source:
        Levy, Goldberg and Dagan 2015, TACL 3 (context smoothing and SVD of positive mutual information).
    """
    from sklearn.decomposition import TruncatedSVD

    weights = _weigh_company(numbers, many, company, rng)
    dimensions = min(_DIMENSIONS, weights.shape[1] - 1, many - 1)
    if dimensions < 1 or weights.nnz == 0:
        return None
    seed = int(rng.integers(1 << 31))
    placed = np.asarray(TruncatedSVD(dimensions, n_iter=4, random_state=seed).fit_transform(weights))
    lengths = np.linalg.norm(placed, axis=1, keepdims=True)
    return np.asarray(placed / np.maximum(lengths, 1e-12))


def _weigh_company(numbers: np.ndarray, many: int, company: np.ndarray, rng: np.random.Generator) -> sparse.csr_matrix:
    """``(many, tokens of all columns)`` weights of the tokens beside each value."""
    rows, columns = np.flatnonzero(numbers >= 0), np.arange(company.shape[1])
    most = max(1, _MOST_COMPANY // max(1, len(rows)))
    if len(columns) > most:
        columns = np.sort(rng.choice(columns, most, replace=False))
    owners, blocks = numbers[rows].astype(np.int64), []
    for column in columns:
        tokens = company[rows, column].astype(np.int64) + 1
        shape = (many, int(tokens.max(initial=0)) + 1)
        ones = np.ones(len(rows), dtype=np.float32)
        counts = sparse.coo_matrix((ones, (owners, tokens)), shape=shape).tocsr()
        blocks.append(_positive_information(counts))
    return sparse.hstack(blocks).tocsr() if blocks else sparse.csr_matrix((many, 0), dtype=np.float32)


def _positive_information(counts: sparse.csr_matrix) -> sparse.csr_matrix:
    """Damped positive pointwise mutual information of one column's counts, times root shares."""
    per_value = np.asarray(counts.sum(axis=1)).ravel()
    share = np.asarray(counts.sum(axis=0)).ravel() / max(1.0, per_value.sum())
    weights = counts.copy()
    owner = np.repeat(np.arange(counts.shape[0]), np.diff(counts.indptr))
    expected = share[counts.indices]
    damped = (counts.data + _DAMP * expected) / (per_value[owner] + _DAMP)
    weights.data = (np.maximum(np.log(damped / expected), 0) * np.sqrt(damped)).astype(np.float32)
    weights.eliminate_zeros()
    return weights


def _split(members: np.ndarray, placed: np.ndarray | None, parts: int) -> list[np.ndarray]:
    """Cut into parts of like size, each in order of frequency: again and again across the longest direction."""
    if parts <= 1:
        return [np.sort(members)]
    left = parts // 2
    cut = round(len(members) * left / parts)
    if placed is not None:
        members = members[np.argsort(_along_longest(placed[members]), kind="stable")]
    return _split(members[:cut], placed, left) + _split(members[cut:], placed, parts - left)


def _along_longest(points: np.ndarray) -> np.ndarray:
    """Each point's place along the direction in which the points differ most; its sign is fixed."""
    centred = points - points.mean(axis=0)
    direction = np.linalg.eigh(centred.T @ centred)[1][:, -1]
    return np.asarray(centred @ (direction * np.sign(direction[np.argmax(np.abs(direction))])))
