"""What text reads as, and numbers and dates as text: the step between a CSV and typed columns."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from synthgen.table.dialect import TextType

LOOK_ROWS = 1_000
"""Rows that must read as a type before all of a column is tried."""
_ARROW = {"integer": pa.int64(), "number": pa.float64(), "boolean": pa.bool_()}


def natural_type(values: pa.Array, decimal: str = ".") -> TextType:
    """What a text column reads as. All missing counts as text.

    Example:
        >>> natural_type(pa.array(["1", None])), natural_type(pa.array(["02134"])), natural_type(pa.array(["TRUE"]))
        ('integer', 'text', 'boolean')
    """
    present = values if values.null_count == 0 else values.drop_null()
    if len(present) == 0:
        return "text"
    tries: tuple[TextType, ...] = ("integer", "number", "boolean")
    for kind in tries:
        if _reads_as(present.slice(0, LOOK_ROWS), kind, decimal) and _reads_as(present, kind, decimal):
            return kind
    return "text"


def _reads_as(values: pa.Array, kind: TextType, decimal: str) -> bool:
    if kind == "boolean":
        words = pa.array(["True", "TRUE", "true", "False", "FALSE", "false"])
        return bool(pc.all(pc.is_in(values, value_set=words)).as_py())
    try:
        read = typed(values, kind, decimal)
    except pa.ArrowInvalid:
        return False
    if kind == "integer":  # Only as it would be written again: no 007, no 0x1f.
        return bool(pc.all(pc.equal(read.cast(pa.string()), values)).as_py())
    digits_only = pc.match_substring_regex(values, r"^[+-]?(0\d.*|\d{16,})$")
    return not bool(pc.any(digits_only).as_py())


def typed(values: pa.Array, kind: TextType, decimal: str = ".") -> pa.Array:
    """A text column as what it reads as.

    Raises:
        pa.ArrowInvalid: a value does not read as that type.
    """
    if kind == "text":
        return values
    if kind == "boolean":
        return pc.utf8_lower(values).cast(pa.bool_())
    if kind == "number" and decimal != ".":
        values = pc.replace_substring(values, decimal, ".")
    return values.cast(_ARROW[kind])


def as_text(values: pa.Array, decimal: str = ".") -> pa.Array:
    """Any column as text: numbers in the shortest form that reads back the same, dates in ISO form, lists as JSON.

    Raises:
        pa.ArrowInvalid, pa.ArrowNotImplementedError: the type has no text form (bytes that are no text).
    """
    kind = values.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return values
    if pa.types.is_boolean(kind):
        return pc.if_else(values, "True", "False")  # as Python and pandas write them
    if pa.types.is_nested(kind):
        cells = values.to_pylist()
        return pa.array(
            [None if c is None else json.dumps(c, default=str, ensure_ascii=False) for c in cells], pa.string()
        )
    text = values.cast(pa.string())
    if pa.types.is_timestamp(kind) or pa.types.is_time(kind):
        return _short_seconds(text)
    if pa.types.is_floating(kind):
        text = pc.replace_substring_regex(text, r"^(-?\d+)$", r"\1.0")  # so that it reads as a float again
    if decimal != "." and (pa.types.is_floating(kind) or pa.types.is_decimal(kind)):
        return pc.replace_substring(text, ".", decimal)
    return text


def _short_seconds(text: pa.Array) -> pa.Array:
    """Without the zeros that a fine unit appends to the seconds."""
    text = pc.replace_substring_regex(text, r"(\.\d*?)0+(Z?)$", r"\1\2")
    return pc.replace_substring_regex(text, r"\.(Z?)$", r"\1")
