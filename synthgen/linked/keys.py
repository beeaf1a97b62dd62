"""Which row of the parent each row of the child belongs to.

Letters: N rows of the child, P rows of the parent.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthgen.errors import DataError

NONE, ORPHAN = -1, -2
"""In place of a row number: the reference is missing, or the row that it names is not there."""
BETWEEN = "\x1f"
"""Between the parts of a key of several columns."""
WHOLE = r"^\s*([0-9]+)(\.0+)?\s*$"


def key_texts(columns: Sequence[pa.Array]) -> pa.Array:
    """``(N,)`` keys as text, the same for two spellings of a whole number; missing where a part is.

    Example:
        >>> key_texts([pa.array(["1.0", " 2", "a7", None])]).to_pylist()
        ['1', '2', 'a7', None]
    """
    parts = [_text(column) for column in columns]
    return parts[0] if len(parts) == 1 else pc.binary_join_element_wise(*parts, BETWEEN)


def _text(column: pa.Array) -> pa.Array:
    if pa.types.is_floating(column.type):
        column = pc.if_else(pc.is_nan(column), pa.scalar(None, column.type), column)
    text = pc.utf8_trim_whitespace(column.cast(pa.string()))
    whole = pc.match_substring_regex(text, WHOLE)
    return pc.if_else(whole, pc.replace_substring_regex(text, r"\.0+$", ""), text)


def parent_rows(child: Sequence[pa.Array], parent: Sequence[pa.Array]) -> np.ndarray:
    """``(N,)`` the row of the parent that each row of the child refers to, ``NONE`` or ``ORPHAN``.

    Args:
        child: its columns of the reference.
        parent: the parent's key, no value twice.

    Example:
        >>> parent_rows([pa.array(["b", None, "c"])], [pa.array(["a", "b"])]).tolist()
        [1, -1, -2]
    """
    keys = key_texts(child)
    found = pc.index_in(keys, value_set=key_texts(parent), skip_nulls=True)
    row_N = np.array(pc.fill_null(found, ORPHAN).to_numpy(zero_copy_only=False), np.int64)
    row_N[np.asarray(keys.is_null())] = NONE
    return row_N


def check_key(table: str, names: Sequence[str], columns: Sequence[pa.Array]) -> None:
    """Whether each row has a key of its own.

    Raises:
        DataError: a key is missing, or there twice; the first row is named.
    """
    keys, shown = key_texts(columns), " and ".join(repr(name) for name in names)
    if keys.null_count:
        row = int(np.flatnonzero(np.asarray(keys.is_null()))[0]) + 1
        raise DataError(
            f"{table}: row {row} has no value in {shown}, the table's key. Fill it, or take the row out, or name "
            "another key in schema.json"
        )
    coded = keys.dictionary_encode()
    counts = np.bincount(np.asarray(coded.indices), minlength=len(coded.dictionary))
    if (counts > 1).any():
        indices = np.asarray(coded.indices)
        first = int(np.flatnonzero(counts[indices] > 1)[0])
        second = int(np.flatnonzero(indices == indices[first])[1])
        raise DataError(
            f"{table}: rows {first + 1} and {second + 1} have the same value in {shown}, the table's key "
            f"({int((counts - 1).sum()):,} rows too many). Take them out, or name another key in schema.json"
        )
