"""Made rows in the place of a table's own: the same kind and form, and no fact that only the own rows could tell."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pyarrow as pa

from synthgen.table.natural import natural_type
from synthgen.table.origin import Categories, Origin
from synthgen.table.table import Table, joined


def standing_in(table: Table, rows: pa.Table) -> Table:
    """A table of made rows that goes for another one from here on.

    What stays is the form: names, physical types, how a CSV is written, the shape of a frame. What text reads as, the
    values of declared categories and which columns have missing cells are read off the made rows.

    Args:
        table: the table whose place is taken.
        rows: its columns, in its physical types.

    Example:
        >>> table = Table.from_any(pa.table({"a": [1.5, 2.0, None]}))
        >>> standing_in(table, pa.table({"a": pa.array([7.0, 8.0])})).column("a").to_pylist()
        [7.0, 8.0]
    """
    origin = table.origin
    columns = {name: joined(rows.column(name)) for name in rows.column_names}
    styles = {
        name: replace(style, type=natural_type(columns[name], origin.dialect.decimal))
        for name, style in origin.dialect.styles.items()
        if name in columns
    }
    made = Origin(
        origin.kind,
        origin.schema.with_metadata(_metadata(origin.schema.metadata, len(rows))),
        replace(origin.dialect, styles=styles),
        origin.frame,
        {name: _held(known, columns[name]) for name, known in origin.categories.items()},
        tuple(name for name in origin.nan if columns[name].null_count),
    )
    return replace(table, arrow=pa.table(columns), origin=made, folder=None)


def _held(known: Categories, values: pa.Array) -> Categories:
    """Of declared values those that made rows hold."""
    held = set(values.cast(pa.string()).drop_null().unique().to_pylist())
    shown = [_as_shown(known, value) for value in known.values]
    return replace(known, values=tuple(value for value, text in zip(known.values, shown, strict=True) if text in held))


def _as_shown(known: Categories, value: str) -> str:
    """A declared value as its cells hold it: intervals are kept by their ends."""
    if known.closed is None:
        return value
    left, right = value.split("|")
    ends = "[" if known.closed in ("left", "both") else "(", "]" if known.closed in ("right", "both") else ")"
    return f"{ends[0]}{left}, {right}{ends[1]}"


def _metadata(noted: Mapping[bytes, bytes] | None, rows: int) -> dict[bytes, bytes] | None:
    """What pandas noted about its index, with the number of made rows in place of the own ones'."""
    if not noted or b"pandas" not in noted:
        return None
    facts: dict[str, Any] = json.loads(noted[b"pandas"])
    for index in facts.get("index_columns", []):
        if isinstance(index, dict) and index.get("kind") == "range":
            index["stop"] = index["start"] + index["step"] * rows
    return {b"pandas": json.dumps(facts).encode()}
