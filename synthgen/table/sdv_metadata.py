"""SDV metadata to a schema and back, written from SDV's public documentation; SDV itself is never imported.

SDV describes a column by its *sdtype*. Forms, by ``METADATA_SPEC_VERSION``: ``V1`` and ``V2`` (SDV 2.0: ordinal
columns, decimal places, ranges) put tables under ``tables``; ``MULTI_TABLE_V1`` is an older name of ``V1``,
``SINGLE_TABLE_V1`` has the columns at the top.

What has no counterpart is lost: ranges, relationships and address groups on the way in, ties, formulas and most
options on the way out.

Source: https://docs.sdv.dev/sdv/concepts/metadata/metadata-json, .../sdtypes, and sdv-dev/SDV issues 2952, 2953.
"""

from __future__ import annotations

from typing import Any

from synthgen.errors import ConfigError, SchemaError, choose, near_miss
from synthgen.table.schema import ColumnSchema, Schema

FORMS = ("V1", "V2", "SINGLE_TABLE_V1", "MULTI_TABLE_V1")

_PLAIN = {
    "numerical": "numeric",
    "categorical": "categorical",
    "boolean": "boolean",
    "datetime": "datetime",
    "id": "identifier",
    "unknown": "text",
    "latitude": "numeric",
    "longitude": "numeric",
}
_REGIONS = (
    "administrative_unit",
    "city",
    "country",
    "country_code",
    "currency_code",
    "language_code",
    "language_name",
    "postcode",
    "state",
    "state_abbr",
    "zipcode",
)
"""Concepts that many people share: kept as they are when the metadata says that they are not personal."""

_KIND_OF_SDTYPE = {
    "email": "email",
    "phone_number": "phone",
    "ipv4_address": "ipv4",
    "ipv4": "ipv4",
    "ipv6_address": "ipv6",
    "ipv6": "ipv6",
    "url": "url",
    "uuid4": "uuid",
}
_SDTYPE_OF_KIND = {
    "email": "email",
    "phone": "phone_number",
    "ipv4": "ipv4_address",
    "ipv6": "ipv6_address",
    "url": "url",
    "uuid": "uuid4",
}
_SDTYPE_OF_TYPE = {
    "numeric": "numerical",
    "boolean": "boolean",
    "datetime": "datetime",
    "identifier": "id",
    "text": "unknown",
    "image": "unknown",
    "geo": "unknown",
    "tags": "unknown",
}


def from_sdv(metadata: object, table: str | None = None, where: str = "SDV metadata") -> Schema:
    """The schema that SDV metadata describe.

    Args:
        metadata: the parsed JSON, of any form.
        table: which table, when there are several.
        where: what errors begin with, such as the file's name.

    Raises:
        SchemaError: it is no SDV metadata, of an unknown form, or the dotted key in the message is wrong.

    Example:
        >>> columns = {"age": {"sdtype": "numerical"}, "mail": {"sdtype": "email"}}
        >>> schema = from_sdv({"METADATA_SPEC_VERSION": "SINGLE_TABLE_V1", "columns": columns})
        >>> [(column.name, column.type) for column in schema.columns]
        [('age', 'numeric'), ('mail', 'identifier')]
    """
    key, found = _one_table(metadata, table, where)
    columns = found.get("columns")
    if not isinstance(columns, dict) or not columns:
        raise SchemaError(f"{where}: {key}columns: is not there; an object of column names and sdtypes was expected")
    unique = {name for name in [found.get("primary_key"), *found.get("alternate_keys", [])] if isinstance(name, str)}
    for name in sorted(unique - set(columns)):
        raise SchemaError(f"{where}: {key}primary_key: no column {name!r}; {near_miss(name, columns)}")
    return Schema(
        columns=[_column(name, one, name in unique, f"{where}: {key}columns.{name}") for name, one in columns.items()]
    )


def to_sdv(schema: Schema, form: str = "V1", table: str = "table") -> dict[str, Any]:
    """SDV metadata of a schema. Dropped columns are left out.

    Args:
        schema: the schema.
        form: one of ``FORMS``.
        table: the table's name, in the forms that have one.

    Raises:
        ConfigError: there is no such form.
    """
    choose("SDV metadata form", form, FORMS)
    columns = {c.name: _described(c, form == "V2") for c in schema.columns if c.type != "drop"}
    described: dict[str, Any] = {"columns": columns}
    unique = [c.name for c in schema.columns if c.type == "identifier" and c.options.get("unique") is True]
    if unique:
        described["primary_key"] = unique[0]
    if unique[1:]:
        described["alternate_keys"] = unique[1:]
    if form == "SINGLE_TABLE_V1":
        return {"METADATA_SPEC_VERSION": form, **described}
    return {"METADATA_SPEC_VERSION": form, "tables": {table: described}, "relationships": []}


def _one_table(metadata: object, table: str | None, where: str) -> tuple[str, dict[str, Any]]:
    """The table's own part, and the dotted key that leads there."""
    if not isinstance(metadata, dict):
        raise SchemaError(f"{where}: is no SDV metadata; an object with 'METADATA_SPEC_VERSION' was expected")
    version = metadata.get("METADATA_SPEC_VERSION")
    if version is None:
        raise SchemaError(
            f"{where}: METADATA_SPEC_VERSION: is not there; one of {', '.join(FORMS)} was expected. "
            "Metadata of SDV before 1.0 have to be upgraded with SDV first"
        )
    try:
        choose(f"{where}: METADATA_SPEC_VERSION", str(version), FORMS)
    except ConfigError as error:
        raise SchemaError(str(error)) from None
    if version == "SINGLE_TABLE_V1" or ("columns" in metadata and "tables" not in metadata):
        return "", metadata
    tables = metadata.get("tables")
    if not isinstance(tables, dict) or not tables:
        raise SchemaError(f"{where}: tables: is not there; an object of tables was expected")
    if table is None and len(tables) > 1:
        names = ", ".join(repr(name) for name in tables)
        raise SchemaError(f"{where}: tables: {len(tables)} of them ({names}); one was expected. Name the one to read")
    name = next(iter(tables)) if table is None else table
    if name not in tables:
        raise SchemaError(f"{where}: tables: no table {name!r}; {near_miss(name, tables)}")
    if not isinstance(tables[name], dict):
        raise SchemaError(f"{where}: tables.{name}: is no object; 'columns' and keys were expected")
    return f"tables.{name}.", tables[name]


def _column(name: str, described: object, is_key: bool, where: str) -> ColumnSchema:
    """One column; SDV's own properties where this program has the same."""
    sdtype = described.get("sdtype") if isinstance(described, dict) else None
    if not isinstance(described, dict) or not isinstance(sdtype, str):
        raise SchemaError(f"{where}.sdtype: is not there; such as 'numerical' or 'categorical' was expected")
    kind, options = _type_of(sdtype, described), {}
    if is_key and kind not in ("identifier", "datetime", "numeric"):
        kind = "identifier"
    if kind == "numeric" and isinstance(described.get("decimal_places"), int):
        options["decimals"] = described["decimal_places"]
    if kind == "datetime" and isinstance(described.get("datetime_format"), str):
        options["format"] = described["datetime_format"]
    if kind == "identifier":
        options |= {"kind": _KIND_OF_SDTYPE[sdtype]} if sdtype in _KIND_OF_SDTYPE else {}
        options |= {"unique": True} if is_key else {}
    reason = f"SDV sdtype {sdtype}" + (", a key" if is_key else "")
    return ColumnSchema(name=name, type=kind, reason=reason, options=options)


def _type_of(sdtype: str, described: dict[str, Any]) -> str:
    """The column type of an sdtype; a concept that is personal becomes an identifier, so that it is made up."""
    if sdtype in _PLAIN:
        return _PLAIN[sdtype]
    if sdtype == "ordinal":
        values = described.get("range_values")
        numbers = isinstance(values, list) and all(isinstance(v, (int, float)) and v is not True for v in values)
        return "numeric" if values and numbers else "categorical"
    if sdtype == "text":
        return "identifier" if "regex_format" in described else "text"
    return "categorical" if sdtype in _REGIONS and described.get("pii") is False else "identifier"


def _described(column: ColumnSchema, is_v2: bool) -> dict[str, Any]:
    """A column's part of the metadata."""
    sdtype = _SDTYPE_OF_TYPE.get(column.type, "categorical")
    found: dict[str, Any] = {"sdtype": sdtype}
    options = column.options
    if column.type == "datetime" and isinstance(options.get("format"), str) and "%" in options["format"]:
        found["datetime_format"] = options["format"]
    if column.type == "numeric" and is_v2 and isinstance(options.get("decimals"), int):
        found["decimal_places"] = options["decimals"]
    if column.type == "identifier" and options.get("kind") in _SDTYPE_OF_KIND:
        found = {"sdtype": _SDTYPE_OF_KIND[options["kind"]], "pii": True}
    if sdtype == "unknown":
        found["pii"] = True
    return found
