"""Numbers and dates as places on a line, so that one can be put before another and still be written as its column is.

Letters: N values.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pyarrow as pa

from synthgen.columns.date_path import FIRST_DAY, LAST_DAY
from synthgen.columns.date_text import BILLION, DAY, DateText, Moments
from synthgen.columns.datetime import Datetime, read_moments, write_moments, written_moment
from synthgen.columns.number_text import EXACT, NumberFormat, parse_numbers
from synthgen.columns.numeric import Numeric
from synthgen.columns.physical import named_type
from synthgen.columns.wanted import FLOATS, WHOLE, Stretch
from synthgen.errors import SchemaError

_TRIES = 60
"""A place is moved by 1, 2, 4, ... units until what is written lies beyond the bound."""


class Line(ABC):
    """How one column's values are placed, and written again."""

    @abstractmethod
    def read(self, values: pa.Array) -> tuple[np.ndarray, np.ndarray]:
        """``(N,)`` places, and whether there is one: missing cells and what is no value have none."""

    @abstractmethod
    def place(self, end: float | str, where: str) -> float:
        """The place of an end that the user wrote.

        Raises:
            SchemaError: it is not written as the column's values are.
        """

    @abstractmethod
    def stretch(self, low: float | None, high: float | None) -> Stretch:
        """Between two places, None for an open end, as conditions on the column count: numbers, or nanoseconds."""

    @abstractmethod
    def write(self, places: np.ndarray, like: pa.Array) -> pa.Array:
        """The nearest values that the column can hold; ``like`` lends what a place does not say, such as a zone."""

    @abstractmethod
    def unit(self, places: np.ndarray) -> np.ndarray:
        """``(N,)`` the distance to the next value that the column can hold."""

    @abstractmethod
    def snap(self, places: np.ndarray, up: bool) -> np.ndarray:
        """The next place on the column's own grid, itself included."""

    def beyond(self, bound: np.ndarray, up: bool, strict: bool, like: pa.Array) -> pa.Array:
        """The values nearest to a bound that lie above it (or below it), or on it where that will do.

        Args:
            bound: ``(N,)`` places.
            up: above; otherwise below.
            strict: not on the bound itself.
            like: ``(N,)`` values to take what a place does not say from.
        """
        sign = 1 if up else -1
        places = self.snap(bound, up)
        for power in range(_TRIES):
            values = self.write(places, like)
            found, there = self.read(values)
            wrong = ((found - bound) * sign < 0) | (strict & (found == bound)) | ~there
            if not wrong.any():
                break
            step = self.unit(bound[wrong]) * min(1 << power, 1 << 40)
            places = places.copy()
            places[wrong] = self.snap(bound[wrong] + sign * step, up)
        return values

    @abstractmethod
    def state(self) -> dict[str, Any]:
        """In JSON types."""


@dataclass(frozen=True)
class NumberLine(Line):
    """A number is its own place."""

    text: NumberFormat

    def read(self, values: pa.Array) -> tuple[np.ndarray, np.ndarray]:
        places = parse_numbers(values, self.text.decimal)
        return places, np.isfinite(places)

    def place(self, end: float | str, where: str) -> float:
        return float(end)

    def stretch(self, low: float | None, high: float | None) -> Stretch:
        return FLOATS.least if low is None else low, FLOATS.greatest if high is None else high

    def write(self, places: np.ndarray, like: pa.Array) -> pa.Array:
        return self.text.write(places)

    def unit(self, places: np.ndarray) -> np.ndarray:
        if self.text.decimals is not None:
            return np.full(len(places), 10.0**-self.text.decimals)
        kind = np.float32 if self.text.kind in ("float", "halffloat") else np.float64
        least = np.abs(np.spacing(places.astype(kind))).astype(np.float64)
        digits = self.text.significant if self.text.style == "scientific" else 0
        with np.errstate(divide="ignore"):
            last = 10.0 ** (np.floor(np.log10(np.abs(places))) - digits + 1) if digits else least
        return np.asarray(np.maximum(last, least))

    def snap(self, places: np.ndarray, up: bool) -> np.ndarray:
        if self.text.decimals is None:
            return places
        scaled = places * 10.0**self.text.decimals
        near = np.rint(scaled)
        exact = np.abs(scaled - near) <= 1e-9 * np.maximum(1.0, np.abs(scaled)) * 1e-3
        away = np.ceil(scaled) if up else np.floor(scaled)
        snapped: np.ndarray = np.where(exact | (np.abs(scaled) > EXACT / 4), near, away) / 10.0**self.text.decimals
        return snapped

    def state(self) -> dict[str, Any]:
        return {"text": self.text.state()}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Self:
        """The line again."""
        return cls(NumberFormat.from_state(state["text"]))


@dataclass(frozen=True)
class DateLine(Line):
    """A moment is a whole number of ticks since 1970.

    Attributes:
        kind: the physical type.
        form: how text is written.
        epoch: unit of whole numbers.
        grain: nanoseconds between two values of the column.
        tick: nanoseconds; a microsecond, or one nanosecond where a column of the rule needs it.
    """

    kind: str
    form: DateText | None
    epoch: str | None
    grain: int
    tick: int = 1000

    def read(self, values: pa.Array) -> tuple[np.ndarray, np.ndarray]:
        there = np.asarray(values.is_valid())
        places = np.zeros(len(values), np.int64)
        moments = read_moments(values.drop_null(), self.form, self.epoch)
        seconds = np.where(moments.valid, moments.days * DAY + moments.seconds, 0)
        places[there] = seconds * (BILLION // self.tick) + np.where(moments.valid, moments.nanoseconds, 0) // self.tick
        there[there] = moments.valid
        return places, there

    def place(self, end: float | str, where: str) -> float:
        found, there = self.read(written_moment(str(end), self.kind, self.form, self.epoch, where))
        if not there.all():
            how = self.form.template if self.form else "2024-12-31 or 2024-12-31T23:59:59"
            raise SchemaError(f"{where}: {end!r} is no date of the column; expected one written as {how}")
        return int(found[0])

    def stretch(self, low: float | None, high: float | None) -> Stretch:
        first = WHOLE.least if low is None else int(low) * self.tick
        return first, WHOLE.greatest if high is None else (int(high) + 1) * self.tick - 1

    def write(self, places: np.ndarray, like: pa.Array) -> pa.Array:
        places = np.clip(
            places, FIRST_DAY * DAY * (BILLION // self.tick), (LAST_DAY + 1) * DAY * (BILLION // self.tick) - 1
        )
        seconds, part = np.divmod(places, BILLION // self.tick)
        days, of_day = np.divmod(seconds, DAY)
        zones = None
        if self.form is not None and "%z" in self.form.template:
            zones = read_moments(like, self.form, self.epoch).zones
        moments = Moments(days, of_day, part * self.tick, np.ones(len(places), bool), zones)
        return write_moments(moments, named_type(self.kind), self.form, self.epoch)

    def unit(self, places: np.ndarray) -> np.ndarray:
        return np.full(len(places), max(self.grain // self.tick, 1), np.int64)

    def snap(self, places: np.ndarray, up: bool) -> np.ndarray:
        unit = max(self.grain // self.tick, 1)
        snapped: np.ndarray = (-(-places // unit) if up else places // unit) * unit
        return snapped

    def state(self) -> dict[str, Any]:
        form = self.form and self.form.state()
        return {"kind": self.kind, "form": form, "epoch": self.epoch, "grain": self.grain, "tick": self.tick}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Self:
        """The line again."""
        form = None if state["form"] is None else DateText.from_state(state["form"])
        return cls(state["kind"], form, state["epoch"], state["grain"], state["tick"])


def line_of(fitted: Numeric | Datetime) -> NumberLine | DateLine:
    """The line of a fitted column."""
    if isinstance(fitted, Numeric):
        return NumberLine(fitted.text)
    parts = fitted.clock.parts
    grain = min(fitted.clock.resolution, BILLION) if "second" in parts or fitted.clock.below > 1 else BILLION
    if not parts:
        grain = DAY * BILLION
    elif parts[-1] != "second" and fitted.clock.below == 1 and fitted.clock.resolution == BILLION:
        grain = {"hour": 3600, "minute": 60}[parts[-1]] * BILLION
    tick = 1 if grain % 1000 else 1000
    return DateLine(fitted.kind, fitted.form, fitted.epoch, grain, tick)


def line_from_state(state: dict[str, Any]) -> NumberLine | DateLine:
    """The line again."""
    return DateLine.from_state(state) if "grain" in state else NumberLine.from_state(state)
