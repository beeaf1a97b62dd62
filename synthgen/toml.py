"""Settings to TOML text; the standard library only reads it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


def to_toml(settings: Mapping[str, Any]) -> str:
    """Text that ``tomllib`` reads back to the same settings; None is left out, as TOML has no word for it.

    Args:
        settings: nested mappings of strings, numbers, booleans and lists of these (or of mappings).

    Raises:
        TypeError: a value that TOML does not have.

    Example:
        >>> print(to_toml({"seed": 0, "target": None, "training": {"batch_rows": 512, "rates": [0.1, 1.0]}}), end="")
        seed = 0
        <BLANKLINE>
        [training]
        batch_rows = 512
        rates = [0.1, 1.0]
    """
    return "\n".join(_table(settings, ())).lstrip("\n") + "\n"


def _table(table: Mapping[str, Any], path: tuple[str, ...]) -> list[str]:
    present = {key: value for key, value in table.items() if value is not None}
    plain = {key: value for key, value in present.items() if not isinstance(value, Mapping)}
    inner = {key: value for key, value in present.items() if isinstance(value, Mapping)}
    lines = []
    if path and (plain or not inner):  # a table of tables needs no header of its own
        lines += ["", f"[{'.'.join(_key(part) for part in path)}]"]
    lines += [f"{_key(key)} = {_value(value)}" for key, value in plain.items()]
    for key, value in inner.items():
        lines += _table(value, (*path, key))
    return lines


def _key(key: str) -> str:
    return key if _BARE_KEY.fullmatch(key) else _string(key)


def _string(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007F")  # JSON lets DEL pass, TOML does not


def _value(value: Any) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return _string(value)
        case int():
            return str(value)
        case float():
            return float.__repr__(value)  # 1e-06, inf and nan are TOML as they are
        case list() | tuple():
            return "[" + ", ".join(_value(item) for item in value if item is not None) + "]"
        case Mapping():
            inner = ", ".join(f"{_key(k)} = {_value(v)}" for k, v in value.items() if v is not None)
            return "{ " + inner + " }" if inner else "{}"
    raise TypeError(f"TOML has no {type(value).__name__}")
