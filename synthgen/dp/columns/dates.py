"""Dates and times: text or typed. Bins come from noisy counts of years on a fixed calendar.

Letters: N cells, D different values.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pyarrow as pa

from synthgen.columns.date_text import BILLION, DAY, DateText, Moments
from synthgen.columns.number_text import is_text
from synthgen.dp.columns.base import Kind
from synthgen.dp.columns.date_votes import STEPS, fraction_of, step_of, template_of, voted_text
from synthgen.dp.columns.line import Line, line_of
from synthgen.dp.columns.searching import hidden, search

if TYPE_CHECKING:
    from synthgen.dp.columns.cells import Cells, Meter, Noisy

_HOURS_SHARE = 0.05
_PER_SECOND = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": BILLION}


@dataclass(frozen=True)
class DateKind(Kind):
    """Moments on a line of days, hours, minutes or seconds since 1970.

    Attributes:
        physical: the Arrow type.
        text: how they are written; None for a typed column.
        step: seconds of one step on the line.
        fraction: digits of the fraction of a second.
        line: the bins.
        avoid: positions of published values.
        hours: ``(24,)`` the law of the hour, for bins of a day and longer.
        grid: the fixed bins of the first look, if there was one.
    """

    name: ClassVar[str] = "date"
    vocabulary_share: ClassVar[float] = 0.15
    physical: pa.DataType
    text: DateText | None
    step: int
    fraction: int
    line: Line
    avoid: np.ndarray
    hours: np.ndarray
    grid: Line | None = None

    @classmethod
    def takes(cls, physical: pa.DataType) -> bool:
        return bool(pa.types.is_timestamp(physical) or pa.types.is_date(physical))

    @classmethod
    def reads(cls, cells: Cells) -> np.ndarray:
        if is_text(cells.distinct.type):
            return np.asarray(cells.once(template_of) >= 0)
        return np.full(len(cells.distinct), cls.takes(cells.distinct.type))

    @classmethod
    def of(cls, cells: Cells, options: dict[str, Any], meter: Meter) -> DateKind:
        physical, empty = cells.distinct.type, np.zeros(0)
        text = voted_text(cells, meter) if is_text(physical) else None
        if text is not None and isinstance(options.get("format"), str):
            text = replace(text, template=str(options["format"]))
        found = cls(physical, text, DAY, 0, Line(empty, empty, True), empty, np.full(24, 1 / 24))
        if pa.types.is_date32(physical) or (text is not None and not _has_clock(text)):
            return found
        moments = found._moments(cells.distinct)
        steps = meter.vote(cells.histogram(step_of(moments), len(STEPS)), "steps of time")
        step = STEPS[_finest(steps)]
        if step == 1:
            digits = fraction_of(moments)
            voted = _finest(
                meter.vote(cells.histogram(np.where(digits < 0, -1, digits // 3), 4), "fractions of seconds")
            )
            found = replace(found, fraction=3 * voted, text=text and replace(text, digits=3 * voted))
        return replace(found, step=step)

    def attained(self, options: dict[str, Any]) -> pa.Array | None:
        ends = self._ends(options)
        if ends is None or not options.get("attained"):
            return None
        seconds = np.array(ends, np.int64) * self.step
        return self._written(seconds, 0 * seconds)

    def with_bins(
        self, cells: Cells, where_D: np.ndarray, vocabulary: pa.Array, options: dict[str, Any], meter: Meter
    ) -> DateKind:
        x = hidden(where_D, cells.distinct, vocabulary)
        avoid = self.where(vocabulary)
        ends, grid = self._ends(options), _calendar(self.step)
        if ends is not None:
            grid = grid.within(*ends)
        found = replace(self, line=search(grid, x, avoid, cells, meter).without(avoid), avoid=avoid, grid=grid)
        width = (found.line.high - found.line.low) * self.step
        if self.step == DAY or not found.line.size or np.median(width) < DAY:
            return found
        hour = np.where(np.isnan(x), -1, x * self.step % DAY // 3600)
        looked = meter.measure(cells.histogram(hour.astype(np.int64), 24), "hours", _HOURS_SHARE * meter.whole)
        law = np.maximum(looked.counts, 0.0)
        return replace(found, hours=law / law.sum() if law.sum() > 0 else self.hours)

    def looked(self, distinct: pa.Array, vocabulary: pa.Array) -> np.ndarray:
        x = hidden(self.where(distinct), distinct, vocabulary)
        return np.full(len(distinct), -1) if self.grid is None else self.grid.place(x)

    @property
    def size(self) -> int:
        return self.line.size

    @property
    def middles(self) -> np.ndarray:
        return self.line.middles

    @property
    def joined(self) -> np.ndarray:
        return self.line.joined

    def shaped(self, mass: np.ndarray, vocabulary: pa.Array, vocabulary_mass: np.ndarray) -> DateKind:
        return replace(self, line=self.line.shaped(mass, self.where(vocabulary), vocabulary_mass))

    def where(self, distinct: pa.Array) -> np.ndarray:
        moments = self._moments(distinct)
        x = (moments.days * DAY + moments.seconds) // self.step
        return np.where(moments.valid, x.astype(float), np.nan)

    def bins(self, where_D: np.ndarray) -> np.ndarray:
        return self.line.place(where_D)

    def fill(self, bin_N: np.ndarray, rng: np.random.Generator) -> pa.Array:
        x = self.line.draw(bin_N, self.avoid, rng)
        low, high = self.line.low[bin_N], self.line.high[bin_N]
        if self.step < DAY:
            per_day = DAY // self.step
            hour = rng.choice(24, len(x), p=self.hours)
            timed = x // per_day * per_day + (hour * 3600 + rng.random(len(x)) * 3600) // self.step
            long = (high - low) * self.step >= DAY
            x = np.where(long & (timed >= low) & (timed < high), timed, x)
        seconds = x.astype(np.int64) * self.step
        part = 10 ** (9 - self.fraction)
        nanoseconds = (rng.random(len(x)) * 10**self.fraction).astype(np.int64) * part if self.fraction else 0 * seconds
        return self._written(seconds, nanoseconds)

    def _ends(self, options: dict[str, Any]) -> tuple[float, float] | None:
        """The declared range, written as in the column, in steps of the line."""
        ends = [options.get("low"), options.get("high")]
        if not all(isinstance(end, str) for end in ends):
            return None
        try:
            written = pa.array(ends, pa.string())
            low, high = self.where(written if self.text is not None else written.cast(self.physical)).tolist()
        except pa.ArrowInvalid:
            return None
        return (low, high) if low <= high else None

    def _moments(self, distinct: pa.Array) -> Moments:
        if self.text is not None:
            return self.text.parse(distinct)
        nanoseconds = np.zeros(len(distinct), np.int64)
        if pa.types.is_timestamp(distinct.type):
            per = _PER_SECOND[distinct.type.unit]
            seconds, rest = np.divmod(np.asarray(distinct.cast(pa.int64())), per)
            nanoseconds = rest * (BILLION // per)
        elif pa.types.is_date64(distinct.type):
            seconds = np.asarray(distinct.cast(pa.int64())) // 1000
        else:
            seconds = np.asarray(distinct.cast(pa.int32())).astype(np.int64) * DAY
        days, of_day = np.divmod(seconds, DAY)
        return Moments(days, of_day, nanoseconds, np.ones(len(distinct), bool))

    def _written(self, seconds: np.ndarray, nanoseconds: np.ndarray) -> pa.Array:
        if self.text is not None:
            days, of_day = np.divmod(seconds, DAY)
            moments = Moments(days, of_day, nanoseconds, np.ones(len(days), bool))
            return self.text.write(moments).cast(self.physical)
        if pa.types.is_timestamp(self.physical):
            per = _PER_SECOND[self.physical.unit]
            return pa.array(seconds * per + nanoseconds // (BILLION // per)).cast(self.physical)
        if pa.types.is_date64(self.physical):
            return pa.array(seconds // DAY * DAY * 1000).cast(self.physical)
        return pa.array((seconds // DAY).astype(np.int32)).cast(self.physical)


def _has_clock(text: DateText) -> bool:
    return any(code in text.template for code in ("%H", "%I", "%-H", "%-I"))


def _finest(votes: Noisy) -> int:
    """The finest class that has votes beyond noise; classes run from coarse to fine."""
    told = np.flatnonzero(votes.counts >= 3 * votes.sd)
    return int(told.max()) if len(told) else int(np.argmax(votes.counts))


def _calendar(step: int) -> Line:
    """The fixed grid: years from 1900 to 2100, centuries before and after, the years 1 to 9999 in all."""
    years = np.concatenate([np.arange(1, 1900, 100), np.arange(1900, 2101), np.arange(2200, 10_000, 100)])
    days = (years - 1970).astype("datetime64[Y]").astype("datetime64[D]").astype(np.int64)
    return line_of((days * DAY // step).astype(float), True)
