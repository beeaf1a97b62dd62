"""Columns that give no value twice, over all rows of a sample."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from synthgen.columns.base import ColumnType
from synthgen.columns.categorical import Categorical
from synthgen.columns.datetime import Datetime
from synthgen.columns.keeping import Drawn
from synthgen.columns.lines import DateLine, line_of
from synthgen.columns.numeric import Numeric
from synthgen.columns.restrictions import Restriction
from synthgen.columns.rules.base import Fitting, Rows, Step
from synthgen.columns.rules.ranges import replaced
from synthgen.errors import ConfigError

LISTED = 5_000_000
"""So many places are listed to find the free ones; a column with more has free ones beside any."""
_SOME = np.arange(1 << 12)
"""Made-up values that are tried to tell whether any keeps a condition."""
_ROUNDS = 64
"""Made-up values tried for each that is wanted under a condition."""
DIGITS = 15
"""Digits that tell two numbers without a grid apart."""


class Distinct(Step):
    """What was given before is replaced by the nearest value that was not."""

    kind = "unique"

    def __init__(self, column: str) -> None:
        self.column = column
        self.type: ColumnType | None = None

    @classmethod
    def fit(cls, fitting: Fitting) -> list[Self]:
        wanted = [c.name for c in fitting.schema.columns if c.options.get("unique") is True and c.type != "identifier"]
        return [cls(name) for name in wanted if name in fitting.learned]

    @property
    def moves(self) -> tuple[str, ...]:
        return (self.column,)

    def bind(self, drawn: Mapping[str, Drawn]) -> None:
        self.type = drawn[self.column].type

    def possible(self, within: Restriction | None = None) -> int | None:
        """How many different values there are to give, under a condition where there is one; None: no end to them."""
        if isinstance(self.type, Categorical):
            kept = self.type.kept if within is None else self.type.kept.filter(pa.array(within.holds(self.type.kept)))
            makes_up = self.type.makes_up and (within is None or within.holds(self.type.made_up(_SOME)).any())
            return None if makes_up else len(kept)
        if isinstance(self.type, (Numeric, Datetime)):
            low, high, _ = _grid(self.type)
            if within is None:
                return high - low + 1
            return None if high - low >= LISTED else len(self._steps_left(within))
        return None

    def _steps_left(self, within: Restriction) -> np.ndarray:
        """The steps of the grid that keep a condition."""
        assert isinstance(self.type, (Numeric, Datetime))
        low, high, unit = _grid(self.type)
        steps = np.arange(low, high + 1)
        values = line_of(self.type).write(steps * unit, pa.nulls(len(steps), pa.string()))
        return np.asarray(steps[within.holds(values)])

    def restore(self, rows: Rows) -> None:
        values, within = rows.out[self.column], rows.restrictions.get(self.column)
        there = np.flatnonzero(np.asarray(values.is_valid()))
        present = values.take(pa.array(there))
        key = self._keys(present)
        taken = key[:0] if rows.taken is None else rows.taken.get(self.column, key[:0])
        again = np.flatnonzero(_repeated(key, taken) & ~_known(rows, self.column)[there])
        if len(again):
            given = np.union1d(taken, np.delete(key, again))
            spare = self._spare(present.take(pa.array(again)), given, rows, within)
            if spare is None and rows.taken is not None:
                raise too_many(self.column, self.possible(within) or 0, within is not None)
            if spare is None:
                return
            rows.put(self.column, replaced(values, there[again], spare))
            key[again] = self._keys(spare)
        if rows.taken is not None:
            rows.taken[self.column] = np.union1d(taken, key)

    def _keys(self, values: pa.Array) -> np.ndarray:
        """``(N,)`` numbers that differ where values do: steps of a grid, or a hash of 64 bits."""
        if isinstance(self.type, (Numeric, Datetime)):
            line, unit = line_of(self.type), _grid(self.type)[2]
            places, _ = line.read(values)
            return np.asarray(places // unit if isinstance(line, DateLine) else np.rint(places / unit).astype(np.int64))
        texts = np.asarray(values.cast(pa.string()).to_pylist(), object)
        return np.asarray(pd.util.hash_array(texts, categorize=False)) if len(texts) else np.zeros(0, np.uint64)

    def _spare(self, wanted: pa.Array, given: np.ndarray, rows: Rows, within: Restriction | None) -> pa.Array | None:
        """Values near the wanted ones that were never given, and keep a condition; None: there are too few."""
        if isinstance(self.type, (Numeric, Datetime)):
            low, high, unit = _grid(self.type)
            wished = np.clip(self._keys(wanted), low, high)
            if within is not None and high - low < LISTED:
                steps = _free_among(wished, np.setdiff1d(self._steps_left(within), given))
            else:
                steps = _free(wished, given, low, high)
            return None if steps is None else line_of(self.type).write(steps * unit, wanted)
        if isinstance(self.type, Categorical):
            return self._other(self.type, len(wanted), given, rows, within)
        numbers = pa.array(rows.start + np.arange(len(wanted))).cast(wanted.type)
        return pc.binary_join_element_wise(wanted, numbers, pa.scalar(" ", wanted.type))

    def _other(
        self, kind: Categorical, many: int, given: np.ndarray, rows: Rows, within: Restriction | None
    ) -> pa.Array | None:
        """Labels that were not given yet, in a random order; then made-up ones."""
        fits = np.ones(len(kind.kept), bool) if within is None else within.holds(kind.kept)
        free = np.flatnonzero(~np.isin(self._keys(kind.kept), given) & fits)
        found = kind.kept.take(pa.array(rows.stream("unique", self.column).permutation(free)[:many]))
        if len(found) < many and kind.makes_up:
            made = self._made(kind, many - len(found), rows.start, within)
            return None if made is None else pa.concat_arrays([found, made])
        return found if len(found) == many else None

    def _made(self, kind: Categorical, many: int, start: int, within: Restriction | None) -> pa.Array | None:
        """So many made-up labels, other ones in other rows; None: too few of them keep a condition."""
        if within is None:
            return kind.made_up(start + np.arange(many))
        tried = kind.made_up(start * _ROUNDS + np.arange(many * _ROUNDS))
        held = tried.filter(pa.array(within.holds(tried)))
        return held[:many] if len(held) >= many else None

    def state(self) -> dict[str, Any]:
        return {"column": self.column}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Self:
        return cls(state["column"])


def too_many(column: str, possible: int, asked: bool = False) -> ConfigError:
    """More rows than there are values, or than keep a condition."""
    if asked:
        return ConfigError(
            f"rows: column {column!r} gives no value twice and {possible:,} keep the condition; ask for at most so "
            "many rows, or for less"
        )
    return ConfigError(
        f"rows: column {column!r} gives no value twice and {possible:,} are possible; ask for at most so many rows, "
        "or take 'unique' out of the column's options in schema.json and fit again"
    )


def _known(rows: Rows, column: str) -> np.ndarray:
    """``(N,)`` whether a cell is known."""
    return np.asarray(rows.known[column].is_valid()) if column in rows.known else np.zeros(rows.n_rows, bool)


def _repeated(key: np.ndarray, taken: np.ndarray) -> np.ndarray:
    """``(N,)`` whether a number was there before, or is taken."""
    repeated = np.ones(len(key), bool)
    repeated[np.unique(key, return_index=True)[1]] = False
    return repeated | np.isin(key, taken)


def _free(wanted: np.ndarray, given: np.ndarray, low: int, high: int) -> np.ndarray | None:
    """As many different steps as wanted ones, each the next one that was not given; None: there are too few."""
    found = wanted.copy()
    if high - low >= LISTED:
        while len(bad := np.flatnonzero(_repeated(found, given))):
            found[bad] = low + (found[bad] - low + 1 + np.arange(len(bad))) % (high - low + 1)
        return found
    return _free_among(wanted, np.setdiff1d(np.arange(low, high + 1), given, assume_unique=True))


def _free_among(wanted: np.ndarray, free: np.ndarray) -> np.ndarray | None:
    """As many different steps as wanted ones, each the next that is free, or one before; None: there are too few."""
    if len(free) < len(wanted):
        return None
    found = wanted.copy()
    order, count = np.argsort(wanted, kind="stable"), np.arange(len(wanted))
    at = np.maximum.accumulate(np.searchsorted(free, wanted[order]) - count) + count
    found[order] = free[np.minimum(at, len(free) - len(wanted) + count)]
    return found


def _grid(kind: Numeric | Datetime) -> tuple[int, int, Any]:
    """First and last step of a column's grid, and its unit on the line."""
    if isinstance(kind, Datetime):
        line = line_of(kind)
        assert isinstance(line, DateLine)
        (low, high), unit = kind.ends(line.tick), int(line.unit(np.zeros(1))[0])
        return -(-low // unit), high // unit, unit
    low_x, high_x = kind.bounds
    if kind.text.decimals is not None:
        unit_x = 10.0**-kind.text.decimals
    else:
        digits = kind.text.significant if kind.text.style == "scientific" else DIGITS
        unit_x = 10.0 ** (np.ceil(np.log10(max(abs(low_x), abs(high_x), 1e-300))) - min(digits, DIGITS))
    return int(np.ceil(low_x / unit_x - 1e-6)), int(np.floor(high_x / unit_x + 1e-6)), unit_x
