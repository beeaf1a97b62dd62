"""Labels that agree with cells that are there: a city beside a given country, a flag that is not the given one.

Letters: N rows, K labels, C patterns of cells.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthgen.columns.base import ColumnType
from synthgen.columns.boolean import Boolean
from synthgen.columns.categorical import Categorical


def vocabulary_of(kind: ColumnType) -> tuple[pa.Array, np.ndarray, np.ndarray] | None:
    """``(K,)`` the labels that a column of few values draws, how often each occurred, and ``(K, P)`` their paths."""
    if isinstance(kind, Categorical) and len(kind.kept):
        return kind.kept, kind.counts, kind.paths[:-1]
    if isinstance(kind, Boolean):
        return kind.pair, np.ones(2), np.arange(2)[:, None]
    return None


@dataclass(frozen=True)
class Allowed:
    """Which labels agree with each row's cells.

    Attributes:
        pattern_N: which pattern of cells a row has.
        labels_CK: the labels that agree with each; all where none does.
    """

    pattern_N: np.ndarray
    labels_CK: np.ndarray

    @classmethod
    def of(
        cls,
        cells: Mapping[str, pa.Array],
        beside: Mapping[str, pa.Array],
        absent: Mapping[str, np.ndarray] | None = None,
    ) -> Allowed:
        """From cells, null where there is none, and what each column holds beside each label.

        Args:
            cells: of some columns.
            beside: by column, what it holds beside each of K labels.
            absent: by column, ``(K,)`` beside which labels it is missing.

        Example:
            >>> beside = {"country": pa.array(["de", "de", "fr"])}
            >>> allowed = Allowed.of({"country": pa.array(["de", None, "fr"])}, beside)
            >>> allowed.labels_CK[allowed.pattern_N].tolist()
            [[True, True, False], [True, True, True], [False, False, True]]
        """
        codes, books = [], []
        for name, values in beside.items():
            coded = cells[name].dictionary_encode()
            coded_values = pc.index_in(values, value_set=coded.dictionary) if len(coded.dictionary) else None
            at_K = np.full(len(values), -1) if coded_values is None else np.asarray(coded_values.fill_null(-1))
            codes.append(np.asarray(coded.indices.fill_null(-1)))
            books.append(at_K)
        for name, missing_K in (absent or {}).items():
            codes.append(np.where(np.asarray(cells[name].is_valid()), 0, -1))
            books.append(np.where(missing_K, -2, 0))
        patterns_CM, pattern_N = np.unique(np.stack(codes, 1), axis=0, return_inverse=True)
        labels_CK = np.ones((len(patterns_CM), len(books[0])), bool)
        for at_C, at_K in zip(patterns_CM.T, books, strict=True):
            labels_CK &= (at_C[:, None] < 0) | (at_C[:, None] == at_K[None, :])
        return cls(pattern_N.ravel(), labels_CK | ~labels_CK.any(1, keepdims=True))

    @property
    def all(self) -> bool:
        """Whether every label agrees with every row."""
        return bool(self.labels_CK.all())

    def redrawn(self, drawn: pa.Array, labels: pa.Array, counts: np.ndarray, rng: np.random.Generator) -> pa.Array:
        """Labels, those that disagree drawn again by how often each occurred; a missing one stays."""
        at = np.asarray(pc.index_in(drawn, value_set=labels, skip_nulls=True).fill_null(-1))
        agrees = np.where(
            at >= 0, self.labels_CK[self.pattern_N, at], np.asarray(self.labels_CK.all(1))[self.pattern_N]
        )
        wrong = np.flatnonzero(~agrees & np.asarray(drawn.is_valid()))
        if not len(wrong):
            return drawn
        share_CK = np.cumsum(self.labels_CK * counts, axis=1)
        pattern = self.pattern_N[wrong]
        places = rng.random(len(wrong)) * share_CK[pattern, -1]
        chosen = np.array(
            [np.searchsorted(share_CK[c], place, side="right") for c, place in zip(pattern, places, strict=True)]
        )
        where = np.arange(len(drawn))
        where[wrong] = len(drawn) + np.minimum(chosen, len(labels) - 1)
        return pa.concat_arrays([drawn, labels.cast(drawn.type)]).take(pa.array(where))

    def weigh(
        self, rows: np.ndarray, prefix_RP: np.ndarray, paths_KP: np.ndarray, size: int, counts: np.ndarray
    ) -> np.ndarray:
        """``(R, size)`` the share of labels below each next token that agree; of the token of rare ones all do.

        Args:
            rows: R row numbers.
            prefix_RP: their first tokens.
            paths_KP: the path of each label.
            size: tokens of the next slot.
            counts: how often each label occurred.
        """
        level = prefix_RP.shape[1]
        weights = np.ones((len(rows), size))
        keys, which = np.unique(np.column_stack([self.pattern_N[rows], prefix_RP]), axis=0, return_inverse=True)
        found = np.ones((len(keys), size))
        tokens_K = paths_KP[:, level]
        for number, key in enumerate(keys):
            here = (paths_KP[:, :level] == key[1:]).all(1) & (tokens_K >= 0)
            whole = np.bincount(tokens_K[here], counts[here], size)
            kept = np.bincount(tokens_K[here], counts[here] * self.labels_CK[key[0], here], size)
            found[number] = np.divide(kept, whole, out=np.zeros(size) if here.any() else np.ones(size), where=whole > 0)
        weights = found[which.ravel()]
        return weights
