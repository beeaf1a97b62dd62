"""How many hold a value: rows, or people where it is known whose the rows are.

Letters: N rows, V values.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc


def units_of(values: pa.Array) -> np.ndarray:
    """``(N,)`` a number for each different value; a row without one is nobody else's.

    Example:
        >>> units_of(pa.array(["ann", None, "bob", "ann", None])).tolist()
        [0, 2, 1, 0, 3]
    """
    coded = values.dictionary_encode()
    unit_N = np.array(pc.fill_null(coded.indices, -1), np.int64)
    alone_N = unit_N < 0
    unit_N[alone_N] = len(coded.dictionary) + np.arange(int(alone_N.sum()))
    return unit_N


def holders(value_N: np.ndarray, n_values: int, unit_N: np.ndarray | None = None) -> np.ndarray:
    """``(V,)`` how many hold each value.

    Args:
        value_N: numbers from 0.
        n_values: V.
        unit_N: whose each row is; None: each row is somebody else's.

    Example:
        >>> holders(np.array([0, 0, 1, 1]), 3, np.array([7, 7, 7, 8])).tolist()
        [1, 2, 0]
    """
    if unit_N is None:
        return np.bincount(value_N, minlength=n_values)
    order = np.lexsort((unit_N, value_N))
    value_N, unit_N = value_N[order], unit_N[order]
    new_N = np.ones(len(value_N), bool)
    new_N[1:] = (value_N[1:] != value_N[:-1]) | (unit_N[1:] != unit_N[:-1])
    return np.bincount(value_N[new_N], minlength=n_values)


def first_units(value_N: np.ndarray, unit_N: np.ndarray | None) -> np.ndarray | None:
    """``(V,)`` who holds each of the values 0 to V - 1 first; None where it is not known whose the rows are.

    Example:
        >>> first_units(np.array([0, 1, 0]), np.array([5, 6, 7])).tolist()
        [5, 6]
    """
    return None if unit_N is None else unit_N[np.unique(value_N, return_index=True)[1]]


def one_each(unit_N: np.ndarray, most: int) -> np.ndarray:
    """The first ``most`` places that are each another's than those before.

    Example:
        >>> one_each(np.array([3, 3, 4, 3, 5]), 2).tolist()
        [0, 2]
    """
    window = 4 * most
    while True:
        first = np.sort(np.unique(unit_N[:window], return_index=True)[1])
        if len(first) >= most or window >= len(unit_N):
            return first[:most]
        window *= 4


def counted(columns: dict[str, pa.Array], unit_N: np.ndarray | None) -> pa.Table:
    """Each combination of values with the rows that hold it, ``rows``, and how many these belong to, ``holders``.

    Example:
        >>> found = counted({"a": pa.array(["x", "x", "y"])}, np.array([0, 0, 1]))
        >>> found.to_pylist()
        [{'a': 'x', 'rows': 2, 'holders': 1}, {'a': 'y', 'rows': 1, 'holders': 1}]
    """
    names = [f"column {number}" for number in range(len(columns))]
    unit = pa.array(np.arange(len(next(iter(columns.values())))) if unit_N is None else unit_N)
    table = pa.table({**dict(zip(names, columns.values(), strict=True)), "unit": unit})
    found = table.group_by(names, use_threads=False).aggregate([([], "count_all"), ("unit", "count_distinct")])
    return found.select([*names, "count_all", "unit_count_distinct"]).rename_columns([*columns, "rows", "holders"])
