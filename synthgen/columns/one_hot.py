"""One-hot groups: yes-or-no columns of which at most one is true in any row, such as the seven weekdays.

They are learned as one label, the name of the true one; so no synthetic row falls on two weekdays.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthgen.columns.base import FitContext
from synthgen.columns.boolean import Boolean
from synthgen.seeding import numpy_stream
from synthgen.table.schema import OneHot, Schema
from synthgen.table.table import joined

MIN_MEMBERS = 3
"""Two columns that exclude one another may do so by chance or be a yes and a no of the same thing."""
MIN_EXPECTED = 20.0
"""So many rows would have a column and another of the group both true, were they independent."""


def find_one_hot(
    table: pa.Table, schema: Schema, *, target: str | None = None, computed: Collection[str] = ()
) -> list[OneHot]:
    """Groups of boolean columns that exclude one another in every row.

    Args:
        table: the raw table.
        schema: what its columns mean.
        target: stays on its own.
        computed: columns that are restored from others.

    Example:
        >>> day = np.tile(np.arange(3), 100)
        >>> table = pa.table({name: (day == i).astype(int) for i, name in enumerate("abc")})
        >>> columns = [{"name": name, "type": "boolean"} for name in "abc"]
        >>> [group.columns for group in find_one_hot(table, Schema.model_validate({"columns": columns}))]
        [['a', 'b', 'c']]
    """
    names = [
        c.name
        for c in schema.columns
        if c.type == "boolean" and c.name != target and c.name not in computed and not table[c.name].null_count
    ]
    if len(names) < MIN_MEMBERS:
        return []
    flags_NK = np.stack([_is_true(table[name].combine_chunks()) for name in names], 1).astype(np.float32)
    together_KK, true_K = flags_NK.T @ flags_NK, flags_NK.sum(0)
    left = [int(k) for k in np.argsort(-true_K, kind="stable") if true_K[k]]
    groups = []
    while left:
        members = [left[0]]
        for k in left[1:]:
            expected = true_K[k] * true_K[members].sum() / len(flags_NK)
            if not together_KK[k, members].any() and expected >= MIN_EXPECTED:
                members.append(k)
        left = [k for k in left if k not in members]
        if len(members) >= MIN_MEMBERS:
            exactly = bool((flags_NK[:, members].sum(1) == 1).all())
            groups.append(OneHot(columns=[names[k] for k in sorted(members)], exactly=exactly))
    return groups


def which_is_true(table: pa.Table, group: OneHot) -> pa.Array:
    """``(N,)`` the name of the true column, or an empty text where none is."""
    label = np.full(table.num_rows, len(group.columns))
    for number, name in enumerate(group.columns):
        label[_is_true(table[name].combine_chunks())] = number
    return pa.array([*group.columns, ""]).take(pa.array(label))


def how_many_true(table: pa.Table, group: OneHot, like: pa.Table) -> np.ndarray:
    """``(N,)`` how many columns of the group are true in each row; a missing cell is not.

    Args:
        table: the rows.
        group: its columns.
        like: spells yes and no.
    """
    counts = np.zeros(table.num_rows, np.int64)
    for name in group.columns:
        values = joined(table[name])
        spelling = spelling_of(joined(like[name]).drop_null(), 1)
        counts[np.asarray(values.is_valid())] += spelling.encode(values.drop_null(), numpy_stream(0, "one-hot"))[:, 0]
    return counts


def flags_of(which: pa.Array, name: str) -> np.ndarray:
    """``(N, 1)`` boolean tokens of one column of the group."""
    tokens: np.ndarray = np.asarray(pc.fill_null(pc.equal(which, name), False)).astype(np.int32)[:, None]
    return tokens


def spelling_of(values: pa.Array, min_holders: int) -> Boolean:
    """How a column spells yes and no."""
    context = FitContext(numpy_stream(0, "one-hot"), min_holders, len(values), np.zeros((len(values), 0), np.int32))
    return Boolean.fit(values, {}, context)


def _is_true(values: pa.Array) -> np.ndarray:
    spelling = spelling_of(values.drop_null(), 1)
    is_true: np.ndarray = spelling.encode(values, numpy_stream(0, "one-hot"))[:, 0] == 1
    return is_true
