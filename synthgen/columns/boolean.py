"""Yes or no in a spelling that everybody knows: one token, false 0 and true 1."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthgen.columns.base import ColumnType, FitContext, Match, Measure, RejectColumn, Sample, Slot
from synthgen.columns.holders import counted
from synthgen.columns.label_restriction import restrict_boolean
from synthgen.columns.physical import is_text, named_type, type_name
from synthgen.columns.restrictions import Restriction
from synthgen.columns.wanted import Clause
from synthgen.errors import ConditionError, DataError

SPELLINGS = {
    "false": "true",
    "no": "yes",
    "n": "y",
    "f": "t",
    "off": "on",
    "0": "1",
    "0.0": "1.0",
}
"""Each word for false, in lower case, and its word for true. Public knowledge: no value here is private."""

_TRUE_TO_FALSE = {true: false for false, true in SPELLINGS.items()}
_ALONE_IS_ENOUGH = {"false", "true"}


class Boolean(ColumnType):
    """Two values that mean false and true, given back letter for letter.

    Example:
        >>> values = pa.array(["Yes", "No", "Yes"])
        >>> column = Boolean("No", "Yes", pa.string(), common=1)
        >>> column.encode(values, np.random.default_rng(0)).ravel().tolist()
        [1, 0, 1]
    """

    name: ClassVar[str] = "boolean"
    measure: ClassVar[Measure] = "label"

    def __init__(self, false: Any, true: Any, physical: pa.DataType, common: int) -> None:
        self._pair = pa.array([false, true], type=physical)
        self._common = common

    @classmethod
    def matches(cls, sample: Sample) -> Match:
        values, _ = sample.distinct
        if len(values) == 0 or len(values) > 2:
            raise RejectColumn(f"{len(values)} different values, not two")
        if pa.types.is_boolean(values.type):
            return Match(0.99, "true or false")
        if not (is_text(values.type) or _is_number(values.type)):
            raise RejectColumn(f"values of type {values.type}")
        words = [_word(value) for value in values.to_pylist()]
        if len(words) == 1 and words[0] not in _ALONE_IS_ENOUGH:
            raise RejectColumn("only one value")
        if len(words) == 2 and not _are_pair(*words):
            raise RejectColumn("the two values are no known spelling of yes and no")
        return Match(0.99, "spelt " + " or ".join(sorted(str(value) for value in values.to_pylist())))

    @classmethod
    def fit(cls, values: pa.Array, options: dict[str, Any], context: FitContext) -> Self:
        counts = counted({"value": values}, context.unit_N).to_pylist()
        found = [entry["value"] for entry in sorted(counts, key=lambda entry: -entry["rows"])]
        first = next((value for value in found if _partner(value) is not None), None)
        if first is None:
            raise DataError("no value is a known spelling of yes or no; expected such as true/false. Use 'categorical'")
        second = next((value for value in found if _are_pair(_word(first), _word(value))), _partner(first))
        others = [entry for entry in counts if entry["value"] not in (first, second)]
        if sum(entry["holders"] for entry in others) >= context.min_holders:
            strangers = sum(entry["rows"] for entry in others)
            raise DataError(f"{strangers} rows hold a third value; expected two. Use 'categorical' in the schema")
        false, true = (first, second) if _word(first) in SPELLINGS else (second, first)
        return cls(false, true, values.type, common=int(first == true))

    @property
    def slots(self) -> tuple[Slot, ...]:
        return (Slot("value", 2),)

    def encode(self, values: pa.Array, rng: np.random.Generator) -> np.ndarray:
        tokens = pc.fill_null(pc.index_in(values, value_set=self._pair.cast(values.type)), -1)
        path = np.asarray(tokens).astype(np.int32)
        if (unseen := path < 0).any():
            found = values.filter(pa.array(unseen)).dictionary_encode()
            guesses = np.array([self._guess(value) for value in found.dictionary.to_pylist()], dtype=np.int32)
            path[unseen] = guesses[np.asarray(found.indices)]
        return path[:, None]

    def decode(self, tokens: np.ndarray, rng: np.random.Generator, start: int) -> pa.Array:
        return self._pair.take(pa.array(np.clip(tokens[:, 0], 0, 1)))

    @property
    def pair(self) -> pa.Array:
        """The two values, false first."""
        return self._pair

    def restrict(self, wanted: Sequence[Clause]) -> Restriction:
        return restrict_boolean(self, wanted, self._asked)

    def _asked(self, value: Any) -> int:
        """The token of a value that a condition names."""
        word = _word(value.strip() if isinstance(value, str) else value)
        if word not in SPELLINGS and word not in _TRUE_TO_FALSE:
            false, true = self._pair.to_pylist()
            raise ConditionError(f"no value {str(value)!r}; expected {false} or {true}")
        return int(word in _TRUE_TO_FALSE)

    def state(self) -> dict[str, Any]:
        false, true = self._pair.to_pylist()
        return {"false": false, "true": true, "physical": type_name(self._pair.type), "common": self._common}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Self:
        return cls(state["false"], state["true"], named_type(state["physical"]), state["common"])

    def token_names(self, level: int) -> list[str]:
        return [str(value) for value in self._pair.to_pylist()]

    def describe(self) -> str:
        return " or ".join(str(value) for value in self._pair.to_pylist())

    def _guess(self, value: Any) -> int:
        """The token of a spelling that was not there at fit; the more common one for anything else."""
        word = _word(value)
        return 0 if word in SPELLINGS else 1 if word in _TRUE_TO_FALSE else self._common


def _is_number(physical: pa.DataType) -> bool:
    return bool(pa.types.is_integer(physical) or pa.types.is_floating(physical))


def _word(value: Any) -> str:
    """The lower-case spelling; a float of no fraction reads as an integer."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).lower()


def _are_pair(one: str, other: str) -> bool:
    return SPELLINGS.get(one) == other or SPELLINGS.get(other) == one


def _partner(value: Any) -> Any:
    """The other value of the pair in the same type and case; None for an unknown word."""
    word = _word(value)
    other = SPELLINGS.get(word) or _TRUE_TO_FALSE.get(word)
    if other is None:
        return None
    if isinstance(value, bool):
        return not value
    if not isinstance(value, str):
        return type(value)(other)
    if value.isupper():
        return other.upper()
    return other.capitalize() if value[:1].isupper() else other
