"""Columns that say the same thing: one is learned, the others are restored from it or computed.

Ties are columns in one-to-one correspondence (``education`` and ``education.num``); a ``TieMap`` remembers
which value goes with which. Formulas, in ``formulas.py``, are numbers computed from other numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthgen.columns.formulas import compute, find_formulas, read_numbers
from synthgen.columns.holders import counted
from synthgen.columns.physical import named_type, type_name
from synthgen.table.schema import Schema, Tie

__all__ = ["TieMap", "compute", "find_formulas", "find_ties", "read_numbers"]

_LABELS = ("boolean", "categorical")
_FEWEST_VALUES = 3  # two-valued columns agree by chance too easily, and are easily learned
_ROWS_PER_VALUE = 2  # on average: below that any two columns of unique values would be a tie
_REPEATS = 20  # rows beyond the first of their value, all of which have to agree
_MOST_NUMBERS = 1_000  # a number with more different values is a measure, not a label
_COVERED = 0.95  # share of rows whose value has holders enough to be remembered


def find_ties(table: pa.Table, schema: Schema, *, target: str | None = None, min_holders: int = 5) -> list[Tie]:
    """Groups of columns in one-to-one correspondence, a missing cell counted as a value.

    Args:
        table: the raw table.
        schema: types of its columns; only labels and numbers of few values can be tied.
        target: comes first in its group, so that it is learned and never restored.
        min_holders: a value needs so many rows to be remembered by a ``TieMap``.

    Returns:
        The groups; in each, the first column is the one to learn: the target, else a label, else the first.
    """
    groups: dict[tuple[int, bytes], list[tuple[str, np.ndarray]]] = {}
    for column in schema.columns:
        if column.type not in (*_LABELS, "numeric"):
            continue
        codes = _first_seen_codes(table, column.name, column.type == "numeric", min_holders)
        if codes is not None:
            key = (int(codes.max()), codes[:1000].tobytes())
            groups.setdefault(key, []).append((column.name, codes))
    rank = {c.name: (c.name != target, c.type not in _LABELS, i) for i, c in enumerate(schema.columns)}
    return [
        Tie(columns=sorted(names, key=rank.__getitem__)) for group in groups.values() for names in _equal_codes(group)
    ]


def _first_seen_codes(table: pa.Table, name: str, is_number: bool, min_holders: int) -> np.ndarray | None:
    """Each row's value numbered by first appearance: tied columns have equal codes. None: cannot be tied.

    A small head of the table is looked at first, so that a column of unique values costs next to nothing.
    """
    head = table[name].slice(0, 20_000).combine_chunks()
    n_head = pc.count_distinct(head, mode="all").as_py()
    if n_head * _ROWS_PER_VALUE > len(head) or (is_number and n_head > _MOST_NUMBERS):
        return None
    values = table[name].combine_chunks()
    if isinstance(values, pa.ChunkedArray):  # an empty table has no chunk to give
        return None
    codes = values.dictionary_encode(null_encoding="encode").indices.to_numpy(zero_copy_only=False)
    counts = np.bincount(codes)
    if len(counts) < _FEWEST_VALUES or len(codes) < len(counts) * _ROWS_PER_VALUE:
        return None
    if len(codes) - len(counts) < _REPEATS or (is_number and len(counts) > _MOST_NUMBERS):
        return None
    return codes if counts[counts >= min_holders].sum() >= _COVERED * len(codes) else None


def _equal_codes(group: list[tuple[str, np.ndarray]]) -> list[list[str]]:
    """Names whose codes are the same in every row; only groups of two or more."""
    same: list[tuple[np.ndarray, list[str]]] = []
    for name, codes in group:
        for known, names in same:
            if np.array_equal(known, codes):
                names.append(name)
                break
        else:
            same.append((codes, [name]))
    return [names for _, names in same if len(names) > 1]


@dataclass(frozen=True)
class TieMap:
    """Which value of one column goes with which of another. Values of too few rows are not remembered.

    Attributes:
        keys: ``(V,)`` different values of the learned column, a missing one among them where it occurs.
        values: ``(V,)`` what the restored column holds beside each.
        common: where in ``values`` the most frequent one stands.

    Example:
        >>> seen = pa.array(["low", "high"] * 5), pa.array([1, 2] * 5)
        >>> TieMap.fit(*seen, min_holders=5).restore(pa.array(["high", "low"])).to_pylist()
        [2, 1]
    """

    keys: pa.Array
    values: pa.Array
    common: int

    @classmethod
    def fit(
        cls, values_a: pa.Array, values_b: pa.Array, min_holders: int = 5, unit_N: np.ndarray | None = None
    ) -> Self:
        """Remember each value of a that ``min_holders`` hold, and the b most often beside it.

        Args:
            values_a: ``(N,)`` the learned column, missing cells too.
            values_b: ``(N,)`` the restored column.
            min_holders: a pair needs so many rows, or people where it is known whose they are.
            unit_N: whose each row is; None: each is somebody else's.
        """
        pairs = counted({"a": values_a, "b": values_b}, unit_N)
        pairs = pairs.filter(pc.greater_equal(pairs["holders"], min_holders))
        pairs = pairs.take(pc.sort_indices(pairs, [("rows", "descending")]))
        a, b = (pairs[name].combine_chunks() for name in ("a", "b"))
        codes = a.dictionary_encode(null_encoding="encode").indices.to_numpy(zero_copy_only=False)
        first = pa.array(np.unique(codes, return_index=True)[1], type=pa.int64())
        return cls(a.take(first), b.take(first), 0)

    def restore(self, values_a: pa.Array) -> pa.Array:
        """The b beside each a: of a value never seen, the nearest number's, or else the most frequent.

        Args:
            values_a: ``(N,)``, the physical type seen by ``fit``.

        Returns:
            ``(N,)``, the physical type of b seen by ``fit``; missing throughout when nothing is remembered.
        """
        if len(self.keys) == 0:
            return pa.nulls(len(values_a), self.values.type)
        at = pc.index_in(values_a, value_set=self.keys)
        if at.null_count:
            unknown = np.asarray(at.is_null())
            filled = np.asarray(at.fill_null(self.common)).copy()
            filled[unknown] = self._nearest(values_a.filter(pa.array(unknown)))
            at = pa.array(filled)
        return self.values.take(at)

    def _nearest(self, unseen: pa.Array) -> np.ndarray:
        """Where the nearest key stands for values that are numbers; the most frequent for others."""
        numbers, keys = read_numbers(unseen), read_numbers(self.keys)
        nearest = np.full(len(unseen), self.common)
        if numbers is None or keys is None or np.isnan(keys).all():
            return nearest
        order = np.argsort(keys)[: int((~np.isnan(keys)).sum())]
        middles = (keys[order][1:] + keys[order][:-1]) / 2
        known = ~np.isnan(numbers)
        nearest[known] = order[np.searchsorted(middles, numbers[known])]
        return nearest

    def state(self) -> dict[str, Any]:
        """All of it in JSON types."""
        return {
            "keys": as_json(self.keys),
            "values": as_json(self.values),
            "types": [type_name(self.keys.type), type_name(self.values.type)],
            "common": self.common,
        }

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Self:
        """The map again."""
        keys_type, values_type = (named_type(name) for name in state["types"])
        return cls(from_json(state["keys"], keys_type), from_json(state["values"], values_type), state["common"])


def as_json(values: pa.Array) -> list[Any]:
    kind = values.type
    if pa.types.is_temporal(kind):  # as whole units since 1970: exact, whatever the time zone
        return list(values.view(pa.int32() if kind.bit_width == 32 else pa.int64()).to_pylist())
    return list((values.cast(pa.string()) if pa.types.is_decimal(kind) else values).to_pylist())


def from_json(values: list[Any], kind: pa.DataType) -> pa.Array:
    if pa.types.is_temporal(kind):
        return pa.array(values, pa.int32() if kind.bit_width == 32 else pa.int64()).view(kind)
    return pa.array(values, pa.string()).cast(kind) if pa.types.is_decimal(kind) else pa.array(values, kind)
