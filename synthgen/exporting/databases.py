"""One SQLite file with all tables, their keys and references."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pyarrow as pa

from synthgen.exporting.tables import natural
from synthgen.linked.network import Network
from synthgen.replacing import written_beside


def write_sqlite(network: Network, folder: Path) -> list[Path]:
    """``tables.sqlite``: primary and foreign keys are declared, so that the database itself checks them."""
    path = folder / "tables.sqlite"
    with written_beside(path) as beside:
        beside.unlink(missing_ok=True)
        database = sqlite3.connect(beside)
        try:
            for name in [name for name in network.plan.order if name in network.tables]:
                table = natural(network, name)
                lines = [f"{_named(field.name)} {_kind(field.type)}" for field in table.schema]
                if key := network.schema.tables[name].key:
                    lines.append(f"PRIMARY KEY ({', '.join(map(_named, key))})")
                for reference in network.schema.of(name):
                    if reference.parent in network.tables:
                        ours, theirs = (
                            ", ".join(map(_named, c)) for c in (reference.columns, reference.parent_columns)
                        )
                        lines.append(f"FOREIGN KEY ({ours}) REFERENCES {_named(reference.parent)} ({theirs})")
                database.execute(f"CREATE TABLE {_named(name)} ({', '.join(lines)})")
                marks = ", ".join("?" * len(table.column_names))
                rows = zip(*([_plain(v) for v in column.to_pylist()] for column in table.columns), strict=True)
                database.executemany(f"INSERT INTO {_named(name)} VALUES ({marks})", rows)
            database.commit()
        finally:
            database.close()
    return [path]


def _named(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _kind(kind: pa.DataType) -> str:
    if pa.types.is_integer(kind) or pa.types.is_boolean(kind):
        return "INTEGER"
    return "REAL" if pa.types.is_floating(kind) else "TEXT"


def _plain(value: object) -> object:
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return "|".join(map(str, value)) if isinstance(value, list) else str(value)
