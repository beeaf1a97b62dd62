"""Answers in the kind of thing that was asked about: a pandas frame for a frame, Polars for Polars."""

from __future__ import annotations

import sys
from collections.abc import Collection, Mapping
from typing import Any

import pyarrow as pa

from synthgen.table.table import Table


def is_frame(data: Any) -> bool:
    """Whether it is a pandas frame."""
    pandas = sys.modules.get("pandas")
    return pandas is not None and isinstance(data, pandas.DataFrame)


def changed_like(data: Any, table: Table, changed: Collection[str]) -> Any:
    """A table in the kind of the data that it was read from; what did not change is the very same.

    Args:
        data: what the user gave.
        table: its rows, with other cells in some columns.
        changed: these columns.
    """
    made = table.origin.to_like(table.arrow)
    if not is_frame(data):
        return made
    out = data.copy()
    names = [str(label) if not isinstance(label, tuple) else " / ".join(map(str, label)) for label in out.columns]
    for name in changed:
        at = names.index(name)
        out.isetitem(at, made.iloc[:, at].array)
    return out


def beside_like(data: Any, columns: Mapping[str, Any]) -> Any:
    """New columns as a frame with the index of a pandas frame; as an Arrow or Polars table beside one of those."""
    if type(data).__module__.split(".")[0] == "polars":
        import polars

        return polars.DataFrame(dict(columns))
    if isinstance(data, pa.Table | pa.RecordBatch):
        return pa.table({name: pa.array(values) for name, values in columns.items()})
    import pandas

    return pandas.DataFrame(dict(columns), index=data.index if is_frame(data) else None)


def listed_like(data: Any, columns: Mapping[str, Any]) -> Any:
    """A list of its own as a frame: Arrow or Polars beside one of those, else pandas."""
    if is_frame(data):
        import pandas

        return pandas.DataFrame(dict(columns))
    return beside_like(data, columns)


def below_like(data: Any, table: Table, made: pa.Table, mark: str) -> Any:
    """Rows of a table with made ones below, in the kind of the data, and a column that says which is which.

    A pandas frame gets a new index that counts, unless its index holds columns of the table.
    """
    if is_frame(data):
        import pandas

        new = table.origin.to_like(made)
        both = pandas.concat([data, new.set_axis(data.columns, axis=1)], ignore_index=_counts(table))
        both[mark] = [False] * len(data) + [True] * len(new)
        return both
    both = table.origin.to_like(pa.concat_tables([table.arrow, made]))
    flags = pa.array([False] * len(table) + [True] * len(made))
    if isinstance(both, pa.Table):
        return both.append_column(mark, flags)
    if isinstance(both, pa.RecordBatch):
        return both.append_column(mark, flags)
    if type(both).__module__.split(".")[0] == "polars":
        import polars

        return both.with_columns(polars.Series(mark, flags.to_pylist()))
    return both.assign(**{mark: flags.to_pylist()})


def _counts(table: Table) -> bool:
    frame = table.origin.frame
    return frame is None or frame["index"]["kind"] != "levels"
