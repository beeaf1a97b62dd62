"""Which labels are asked for: ``label=7`` or ``label=7|8``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from synthgen.errors import ConditionError, near_miss
from synthgen.pictures.base import LABEL

Where = str | Mapping[str, Any] | None


def asked_labels(where: Where, names: Sequence[str]) -> list[int]:
    """Numbers of the labels that a condition allows; all of them without one.

    Args:
        where: ``"label=7"``, ``"label=7|8"``, or ``{"label": 7}``, ``{"label": [7, 8]}``.
        names: the labels there are.

    Raises:
        ConditionError: it is about something else than the label, or about a label that does not exist.

    Example:
        >>> asked_labels("label=cat|dog", ["ant", "cat", "dog"]), asked_labels({"label": "ant"}, ["ant", "cat"])
        ([1, 2], [0])
    """
    if where is None:
        return list(range(len(names)))
    asked = _parsed(where) if isinstance(where, str) else dict(where)
    if not names:
        raise ConditionError("condition: these pictures were learned without labels; leave the condition out")
    for column in asked:
        if column != LABEL:
            raise ConditionError(f"condition: no column {column!r}; pictures have {LABEL!r} only, such as {LABEL}=7")
    value = asked.get(LABEL, [])
    wanted = [str(item) for item in (value if isinstance(value, list | tuple | set) else [value])]
    if not wanted:
        raise ConditionError(f"condition: names no label; expected such as {LABEL}={names[0]}")
    for label in wanted:
        if label not in names:
            raise ConditionError(f"condition: no {LABEL} {label!r}; {near_miss(label, names)}")
    return sorted({list(names).index(label) for label in wanted})


def _parsed(where: str) -> dict[str, list[str]]:
    column, found, values = where.partition("=")
    if not found or not values.strip():
        raise ConditionError(f"condition: {where!r} is none; expected such as {LABEL}=7 or {LABEL}=7|8")
    return {column.strip(): [value.strip() for value in values.split("|")]}
