"""What a condition leaves of one column's path of tokens. Each type has its own, beside it; here is what they share.

Letters: N rows, P tokens known so far, L leaves (paths that a column can take).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
import pyarrow as pa

from synthgen.columns.base import Slot


class Restriction(ABC):
    """The part of a column that keeps a condition."""

    @abstractmethod
    def chances(self, prefix_NP: np.ndarray) -> np.ndarray:
        """``weigh``, with one more column for the path on which the slot has nothing to say."""

    @abstractmethod
    def decode(self, tokens_NP: np.ndarray, rng: np.random.Generator, start: int, tail: np.ndarray) -> pa.Array:
        """As ``ColumnType.decode_in_step``, from the part that keeps the condition; every path has a weight above 0."""

    @abstractmethod
    def holds(self, values: pa.Array) -> np.ndarray:
        """``(N,)`` whether each value keeps the condition, judged on the value alone; a missing one does not."""

    def weigh(self, prefix_NP: np.ndarray) -> np.ndarray:
        """The chance that a value keeps the condition when its path goes on with each token.

        Args:
            prefix_NP: the first P tokens of each row, ``NOT_APPLICABLE`` where a slot has nothing to say.

        Returns:
            ``(N, size of slot P)``, 0 to 1. Exact at the last slot: the share of the cell's law that is inside.
            Before, an estimate (look-ahead), above 0 wherever a path that goes on so can keep the condition, and 0
            where none can.
        """
        return self.chances(prefix_NP)[:, :-1]


class Within(Protocol):
    """What conditions leave of a table's columns, by their names."""

    @property
    def restrictions(self) -> Mapping[str, Restriction]:
        """Only those that are restricted."""


class LeafRestriction(Restriction):
    """A restriction of a type with few enough paths to hold a weight for each.

    Args:
        slots: the column's.
        paths_LP: each path, ``NOT_APPLICABLE`` where a slot has nothing to say.
        weights_L: the share of each path's law that keeps the condition.
        masses_L: how often each path occurs, as far as known.
    """

    def __init__(
        self, slots: Sequence[Slot], paths_LP: np.ndarray, weights_L: np.ndarray, masses_L: np.ndarray
    ) -> None:
        self._tables = _tables([slot.size for slot in slots], paths_LP, weights_L, masses_L)

    def chances(self, prefix_NP: np.ndarray) -> np.ndarray:
        table = self._tables[prefix_NP.shape[1]]
        if prefix_NP.shape[1] == 0:
            return np.broadcast_to(table, (len(prefix_NP), len(table)))
        found: np.ndarray = table[tuple(prefix_NP.T.astype(np.int64))]
        return found


def _tables(sizes: list[int], paths_LP: np.ndarray, weights_L: np.ndarray, masses_L: np.ndarray) -> list[np.ndarray]:
    """Per level the mean weight of the paths that begin so; the last place of each axis is ``NOT_APPLICABLE``, -1.

    Example:
        >>> paths = np.array([[0, -1], [1, 0], [1, 1]])
        >>> first, second = _tables([2, 2], paths, np.array([1.0, 0.0, 0.5]), np.array([7, 1, 3]))
        >>> first.tolist(), second.tolist()
        ([1.0, 0.375, 0.0], [[0.0, 0.0, 1.0], [0.0, 0.5, 0.0], [0.0, 0.0, 0.0]])
    """
    tables = []
    for level in range(len(sizes)):
        shape = [size + 1 for size in sizes[: level + 1]]
        at = np.ravel_multi_index(tuple(paths_LP[:, : level + 1].T % np.array(shape)[:, None]), shape)
        whole = np.bincount(at, masses_L, int(np.prod(shape)))
        kept = np.bincount(at, masses_L * weights_L, len(whole))
        tables.append(np.divide(kept, whole, out=np.zeros_like(whole), where=whole > 0).reshape(shape))
    return tables
