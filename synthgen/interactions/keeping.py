"""Parts of a model as named arrays and numbers, and back."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, TypeVar, get_type_hints

import numpy as np

from synthgen.interactions.laws import CellLaw

Part = TypeVar("Part")


def kept(name: str, part: Any) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Arrays and JSON values of a part: a dataclass of arrays, laws of cells, tuples of these, and numbers."""
    arrays: dict[str, np.ndarray] = {}
    facts: dict[str, Any] = {}
    for one in fields(part):
        value, key = getattr(part, one.name), f"{name}.{one.name}"
        if isinstance(value, tuple):
            arrays |= {f"{key}.{number}": law.arrays() for number, law in enumerate(value)}
        elif isinstance(value, CellLaw):
            arrays[key] = value.arrays()
        elif isinstance(value, np.ndarray):
            arrays[key] = value
        elif value is not None:
            facts[key] = value
    return arrays, facts


def restored(name: str, kind: type[Part], arrays: dict[str, np.ndarray], facts: dict[str, Any]) -> Part:
    """The part that was kept under this name.

    Raises:
        KeyError: something of it is missing.
    """
    values: dict[str, Any] = {}
    for field, hint in get_type_hints(kind).items():
        key = f"{name}.{field}"
        if hint == tuple[CellLaw, ...]:
            many = sum(other.rpartition(".")[0] == key for other in arrays)
            values[field] = tuple(CellLaw.of_arrays(arrays[f"{key}.{number}"]) for number in range(many))
        elif hint is CellLaw:
            values[field] = CellLaw.of_arrays(arrays[key])
        elif hint is np.ndarray:
            values[field] = arrays[key]
        elif hint == np.ndarray | None:
            values[field] = arrays.get(key)
        else:
            values[field] = facts[key]
    return kind(**values)
