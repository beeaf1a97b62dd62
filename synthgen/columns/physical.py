"""Arrow types as text and back, so that a state can name the physical type of its column."""

from __future__ import annotations

import re

import pyarrow as pa

from synthgen.errors import SchemaError

_LIST = re.compile(r"(large_list|list)<\w+: (.+?)(?: not null)?>")
_DECIMAL = re.compile(r"(decimal\d+)\((\d+), (-?\d+)\)")
_ZONED = re.compile(r"timestamp\[(\w+), tz=(.+)\]")


def type_name(physical: pa.DataType) -> str:
    """The type as Arrow writes it.

    Example:
        >>> type_name(pa.timestamp("us", "UTC"))
        'timestamp[us, tz=UTC]'
    """
    return str(physical)


def named_type(name: str) -> pa.DataType:
    """The type that ``type_name`` wrote.

    Raises:
        SchemaError: the text names no type.

    Example:
        >>> named_type("list<item: string>") == pa.list_(pa.string())
        True
    """
    if found := _LIST.fullmatch(name):
        inner = named_type(found[2])
        return pa.list_(inner) if found[1] == "list" else pa.large_list(inner)
    if found := _DECIMAL.fullmatch(name):
        return getattr(pa, found[1])(int(found[2]), int(found[3]))
    if found := _ZONED.fullmatch(name):
        return pa.timestamp(found[1], found[2])
    try:
        return pa.type_for_alias(name)
    except ValueError:
        raise SchemaError(f"column state: {name!r} is no Arrow type; the file is damaged. Fit again") from None


def is_text(physical: pa.DataType) -> bool:
    """Whether the type holds strings."""
    return bool(pa.types.is_string(physical) or pa.types.is_large_string(physical))


def whole_limits(physical: pa.DataType) -> tuple[int, int]:
    """Least and largest whole number that the type holds exactly; for text, those of 64 bits.

    Example:
        >>> whole_limits(pa.int8())
        (-128, 127)
    """
    if pa.types.is_floating(physical):
        return -(1 << 53), 1 << 53
    bits, signed = (physical.bit_width, str(physical)[0] == "i") if pa.types.is_integer(physical) else (64, True)
    return (-(1 << bits - 1), (1 << bits - 1) - 1) if signed else (0, (1 << bits) - 1)
