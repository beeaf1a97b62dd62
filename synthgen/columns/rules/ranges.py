"""Numbers and dates that stay between two ends.

The column learns from the rows inside and its tail ends there; this step sees to what rounding leaves.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
import pyarrow as pa

from synthgen.columns import column_type
from synthgen.columns.datetime import Datetime
from synthgen.columns.keeping import Ask, Laid
from synthgen.columns.lines import DateLine, NumberLine, line_from_state, line_of
from synthgen.columns.numeric import Numeric
from synthgen.columns.rules.base import Fitting, Rows, Step
from synthgen.columns.wanted import Clause
from synthgen.errors import DataError
from synthgen.seeding import numpy_stream


class Within(Step):
    """A column between two ends, given as places on its line."""

    kind = "range"

    def __init__(self, column: str, line: NumberLine | DateLine, low: float | None, high: float | None) -> None:
        self.column, self.line, self.low, self.high = column, line, low, high

    @classmethod
    def fit(cls, fitting: Fitting) -> list[Self]:
        ordered = {name for order in fitting.schema.orders for name in order.columns}
        steps = []
        for one in fitting.schema.ranges:
            if one.column in fitting.learned and one.column not in ordered:
                line = line_of(fit_alone(fitting, one.column))
                low, high = (None if x is None else line.place(x, f"ranges: {one.column}") for x in (one.low, one.high))
                steps.append(cls(one.column, line, low, high))
        return steps

    @property
    def moves(self) -> tuple[str, ...]:
        return (self.column,)

    def restore(self, rows: Rows) -> None:
        for end, up in ((self.low, True), (self.high, False)):
            if end is None:
                continue
            values = rows.out[self.column]
            places, there = self.line.read(values)
            at = np.flatnonzero(there & ((places < end) if up else (places > end)))
            if len(at):
                bound = np.full(len(at), end, places.dtype)
                inside = self.line.beyond(bound, up, False, values.take(pa.array(at)))
                rows.put(self.column, replaced(values, at, inside))

    def lay(self, wanted: Mapping[str, list[Clause]], ask: Ask) -> Laid:
        """Nothing outside the ends can be asked for, though the format may reach there."""
        if not all(clause.takes_values for clause in wanted[self.column]):
            return Laid()
        missing = all(clause.takes_missing for clause in wanted[self.column])
        inside = self.line.stretch(self.low, self.high)
        return Laid(onto=[(self.column, Clause("judged", (inside,), missing, "stays within its range"))])

    def state(self) -> dict[str, Any]:
        return {"column": self.column, "line": self.line.state(), "low": self.low, "high": self.high}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Self:
        return cls(state["column"], line_from_state(state["line"]), state["low"], state["high"])


def fit_alone(fitting: Fitting, name: str, kind: str | None = None) -> Numeric | Datetime:
    """A number or date as it would be drawn on its own."""
    there_N = np.asarray(fitting.columns[name].is_valid())
    values = fitting.columns[name].drop_null()
    context = fitting.context(numpy_stream(fitting.seed, "alone", name), there_N)
    try:
        fitted = column_type(kind or fitting.kinds[name]).fit(values, fitting.options(name), context)
    except DataError as error:
        raise DataError(f"column {name!r}: {error}") from None
    assert isinstance(fitted, (Numeric, Datetime))
    return fitted


def replaced(values: pa.Array, at: np.ndarray, new: pa.Array) -> pa.Array:
    """Values with others in some rows."""
    place = np.arange(len(values))
    place[at] = len(values) + np.arange(len(at))
    return pa.concat_arrays([values, new.cast(values.type)]).take(pa.array(place))
