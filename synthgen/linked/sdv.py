"""SDV's metadata of several tables to a linked schema and back, written from SDV's public documentation.

What has no counterpart is lost: on the way out references of several columns, to tables without a file or around a
circle (SDV takes none, nor one to the own table), what is kept, who owns whom; see ``synthgen.table.sdv_metadata`` for
columns.

Source: https://docs.sdv.dev/sdv/concepts/metadata/metadata-json.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from synthgen.errors import SchemaError
from synthgen.linked.plan import Plan
from synthgen.linked.schema import LinkedSchema, Reference, TableSchema
from synthgen.table.schema import Schema
from synthgen.table.sdv_metadata import from_sdv, to_sdv

ENDS = ("parent_table_name", "child_table_name", "parent_primary_key", "child_foreign_key")


def links_to_sdv(schema: LinkedSchema, form: str = "V1") -> dict[str, Any]:
    """SDV metadata of linked tables.

    Args:
        schema: the tables.
        form: ``V1`` or ``V2``.

    Raises:
        ConfigError: there is no such form.
    """
    tables: dict[str, Any] = {}
    for name, table in schema.tables.items():
        tables[name] = to_sdv(table.columns, form, name)["tables"][name]
        linked = {r.columns[0] for r in schema.of(name)} | set(table.key)
        for column in linked & set(tables[name]["columns"]):
            tables[name]["columns"][column] = {"sdtype": "id"}
        if len(table.key) == 1:
            tables[name]["primary_key"] = table.key[0]
    circular = Plan.of(schema, {}).late
    relationships = [
        dict(zip(ENDS, (r.parent, r.table, r.parent_columns[0], r.columns[0]), strict=True))
        for r in schema.references
        if r.parent in schema.tables and len(r.columns) == 1 and r not in circular
    ]
    return {"METADATA_SPEC_VERSION": form, "tables": tables, "relationships": relationships}


def links_from_sdv(metadata: object, found: LinkedSchema, where: str = "SDV metadata") -> LinkedSchema:
    """A linked schema that says what SDV's metadata say, and of what they are silent what was found.

    Args:
        metadata: the parsed JSON.
        found: what was detected: the times of tables are taken from it.
        where: what errors begin with, such as the file's name.

    Raises:
        SchemaError: it is no such metadata, or speaks of other tables.
    """
    described = metadata.get("tables") if isinstance(metadata, dict) else None
    if not isinstance(described, dict) or not isinstance(metadata, dict):
        raise SchemaError(f"{where}: tables: is not there; metadata of several tables were expected")
    tables = {}
    for name, one in described.items():
        columns = from_sdv(metadata, name, where)
        key = one.get("primary_key")
        known = found.tables.get(name)
        time = known.time if known is not None and _is_time(columns, known.time) else None
        tables[name] = TableSchema(key=[key] if isinstance(key, str) else [], time=time, columns=columns)
    references = []
    for number, one in enumerate(metadata.get("relationships", [])):
        if not isinstance(one, Mapping) or not all(isinstance(one.get(end), str) for end in ENDS):
            raise SchemaError(f"{where}: relationships[{number}]: {', '.join(ENDS)} were expected, all text")
        parent, child, parent_key, column = (one[end] for end in ENDS)
        references.append(Reference(table=child, columns=(column,), parent=parent, parent_columns=(parent_key,)))
    schema = LinkedSchema(tables=tables, references=references)
    schema.check({name: table.columns.names for name, table in found.tables.items()}, where)
    return schema


def _is_time(columns: Schema, name: str | None) -> bool:
    return name is not None and name in columns.names and columns.column(name).type == "datetime"
