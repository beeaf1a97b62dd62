"""Physical types that no kind reads are carried as one that a kind does: lists as JSON text, times as whole numbers."""

from __future__ import annotations

import base64
import json
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from synthgen.errors import DataError
from synthgen.table.natural import as_text


def plain(values: pa.Array) -> pa.Array:
    """A column in a type that vocabularies and kinds read: text, numbers, dates, true and false.

    Raises:
        DataError: there is no way to carry it.

    Example:
        >>> plain(pa.array([["a"], None])).to_pylist()
        ['["a"]', None]
    """
    kind = values.type
    if pa.types.is_null(kind):
        return values.cast(pa.string())
    if _is_span(kind):
        return values.cast(pa.int32() if kind.bit_width == 32 else pa.int64())
    if pa.types.is_binary(kind) or pa.types.is_fixed_size_binary(kind) or pa.types.is_large_binary(kind):
        return pa.array([None if v is None else base64.b64encode(v).decode() for v in values.to_pylist()], pa.string())
    if pa.types.is_nested(kind):
        return as_text(values)
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_boolean(kind):
        return values
    if pa.types.is_floating(kind):
        return pc.if_else(pc.is_nan(values), pa.scalar(None, kind), values)
    if pa.types.is_integer(kind) or pa.types.is_decimal(kind):
        return values
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        return values
    raise DataError(f"a column of type {kind} cannot be released privately. Leave it out or give it another type")


def carried(values: pa.Array, physical: pa.DataType) -> pa.Array:
    """A plain column back in its physical type; what does not fit it is missing."""
    kind = values.type
    if kind == physical:
        return values
    if pa.types.is_null(physical):
        return pa.nulls(len(values))
    if _is_span(physical):
        return values.cast(pa.int32() if physical.bit_width == 32 else pa.int64()).cast(physical)
    if pa.types.is_binary(physical) or pa.types.is_fixed_size_binary(physical) or pa.types.is_large_binary(physical):
        return pa.array([None if v is None else _bytes(v) for v in values.to_pylist()], physical)
    if pa.types.is_nested(physical):
        return pa.array([None if v is None else _nested(v, physical) for v in values.to_pylist()], physical)
    return values.cast(physical)


def _is_span(kind: pa.DataType) -> bool:
    return bool(pa.types.is_time(kind) or pa.types.is_duration(kind))


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        return text.encode()


def _nested(text: str, physical: pa.DataType) -> Any:
    """A list or record from JSON; a made-up text is a list of itself."""
    try:
        found = json.loads(text)
        pa.array([found], physical)
    except (json.JSONDecodeError, pa.ArrowException):
        return [text] if pa.types.is_list(physical) and pa.types.is_string(physical.value_type) else None
    return found
