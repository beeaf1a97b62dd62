"""Dates and times that keep a condition: whole stretches of moments, to the nanosecond.

Every path, and every path begun, stands for days at equal distances, each as likely, and on each for times of day at
equal distances, each as likely: so the share inside a stretch is counted, not tried.

Letters: N rows, P tokens known so far, K stretches.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from synthgen.columns.date_path import ClockPath, Days
from synthgen.columns.date_text import BILLION, DAY, Moments
from synthgen.columns.restrictions import Restriction
from synthgen.columns.wanted import WHOLE, Clause, Stretch, contradiction, stretches_of
from synthgen.errors import ConditionError

if TYPE_CHECKING:
    from synthgen.columns.datetime import Datetime

DAY_NS = DAY * BILLION
_ISO = re.compile(
    r"(?P<Y>\d{4})(?:-(?P<m>\d{1,2})(?:-(?P<d>\d{1,2})"
    r"(?:[T ](?P<H>\d{1,2})(?::(?P<M>\d{2})(?::(?P<S>\d{2})(?:\.(?P<f>\d{1,9}))?)?)?)?)?)?\s*(?:Z|UTC|\+00:?00)?"
)
_TICKS = re.compile(r"-?\d{5,19}")
_UNITS = {"H": 3600 * BILLION, "M": 60 * BILLION, "S": BILLION}


def restrict_moment(column: Datetime, wanted: Sequence[Clause]) -> Restriction:
    """What clauses leave of a column of dates.

    Raises:
        ConditionError: a value is no moment, or nothing keeps them.
    """
    stretches = stretches_of(wanted, lambda value: _stretch(column, value), WHOLE)
    if not stretches:
        raise contradiction(wanted)
    restriction = DateRestriction(column, stretches)
    if not restriction.weigh(np.zeros((1, 0), np.int32)).any():
        asked = " and ".join(repr(str(clause)) for clause in wanted)
        raise ConditionError(f"no moment of the column keeps {asked}; {restriction.nearest()}")
    return restriction


def _stretch(column: Datetime, value: Any) -> Stretch:
    """The nanoseconds since 1970 that a value stands for: all of a month where no day is named.

    Raises:
        ConditionError: it is no moment.
    """
    if isinstance(value, dt.datetime | np.datetime64):
        return _instant(value)
    if isinstance(value, dt.date):
        value = value.isoformat()
    text = str(value).strip()
    if column.epoch is not None and _TICKS.fullmatch(text):
        return _ticks(column.epoch, int(text))
    if found := _ISO.fullmatch(text):
        return _calendar_stretch(text, found)
    if column.form is not None:
        moments = column.form.parse(pa.array([text]))
        if moments.valid[0]:
            return _written(column.form.template, moments)
    written = f" or as the column does, {column.form.template}" if column.form else ""
    raise ConditionError(f"{text!r} is no date; write it as 2020-01-15, 2020-01-15 18:30 or 2020-01{written}")


def _instant(value: Any) -> Stretch:
    """A moment of Python, numpy or pandas; with a zone, the moment in UTC."""
    try:
        if isinstance(value, dt.datetime) and value.tzinfo is not None:
            value = value.astimezone(dt.UTC).replace(tzinfo=None)
        resolution = np.datetime64(value)
        if str(resolution) == "NaT":
            raise ValueError
        day = resolution.astype("datetime64[D]")
        rest = int((resolution - day).astype("timedelta64[ns]").astype(np.int64))
    except (ValueError, TypeError):
        raise ConditionError(f"{value!r} is no date; expected a date, a datetime or text such as 2020-01-15") from None
    at = int(day.astype(np.int64)) * DAY_NS + rest
    unit = np.datetime_data(resolution.dtype)[0]
    if unit in ("Y", "M", "D"):
        end = (resolution + 1).astype("datetime64[D]").astype(np.int64)
        return at, int(end) * DAY_NS - 1
    return at, at


def _ticks(unit: str, ticks: int) -> Stretch:
    width = {"s": BILLION, "ms": 1_000_000, "us": 1_000, "ns": 1}[unit]
    return ticks * width, (ticks + 1) * width - 1


def _calendar_stretch(text: str, found: re.Match[str]) -> Stretch:
    """The year, month, day, hour, minute, second or fraction that an ISO text names."""
    year, month, day = (int(found[code] or 1) for code in "Ymd")
    try:
        first = dt.date(year, month, day).toordinal() - dt.date(1970, 1, 1).toordinal()
        hour, minute, second = (int(found[code] or 0) for code in "HMS")
        time = dt.time(hour, minute, second)
    except ValueError:
        raise ConditionError(f"{text!r} is no day of the calendar; expected such as 2020-01-31") from None
    if found["d"] is None:
        months = (year - 1970) * 12 + month - 1 + (1 if found["m"] else 12)
        end = int(np.datetime64(months, "M").astype("datetime64[D]").astype(np.int64))
        return first * DAY_NS, end * DAY_NS - 1
    at = first * DAY_NS + (time.hour * 3600 + time.minute * 60 + time.second) * BILLION
    if found["f"]:
        return at + int(found["f"].ljust(9, "0")), at + int(found["f"].ljust(9, "9"))
    finest = next((code for code in "SMH" if found[code]), None)
    return at, at + (_UNITS[finest] if finest else DAY_NS) - 1


def _written(template: str, moments: Moments) -> Stretch:
    """What a value in the column's own format stands for."""
    at = int(moments.days[0]) * DAY_NS + int(moments.seconds[0]) * BILLION + int(moments.nanoseconds[0])
    codes = template.replace("%-", "%").replace("%I", "%H")
    finest = next((code for code in "SMH" if f"%{code}" in codes), None)
    if finest == "S" and moments.nanoseconds[0]:
        return at, at
    if finest:
        return at, at + _UNITS[finest] - 1
    if "%d" in codes:
        return at, at + DAY_NS - 1
    month = np.datetime64(int(moments.days[0]), "D").astype("datetime64[M]")
    return at, int((month + 1).astype("datetime64[D]").astype(np.int64)) * DAY_NS - 1


@dataclass(frozen=True)
class _Times:
    """Times of day of N paths: ``first_N``, and ``count`` of them ``step`` apart, in nanoseconds."""

    first_N: np.ndarray
    step: int
    count: int

    @classmethod
    def after(cls, clock: ClockPath, tokens: np.ndarray) -> _Times:
        """Of the clock's tokens known so far, ``(N, C)``."""
        known = tokens.shape[1]
        widths = np.array(clock.widths, np.int64) * BILLION
        first = np.maximum(tokens, 0).astype(np.int64) @ widths[:known]
        whole = int(widths[known - 1]) if known else DAY_NS
        finest = int(widths[-1]) if len(widths) else DAY_NS
        if known == len(widths):
            whole = clock.below * BILLION
        step = clock.resolution if clock.below > 1 or clock.resolution < BILLION else finest
        return cls(first, step, max(whole // step, 1))

    def before(self, limit: int) -> np.ndarray:
        """``(N,)`` how many are earlier than a time of day."""
        found: np.ndarray = np.clip(-((self.first_N - limit) // self.step), 0, self.count)
        return found


@dataclass(frozen=True)
class _Part:
    """So many days from ``first_N`` on, and on each so many of the times of day, ``early_N`` of them left out."""

    days_N: np.ndarray
    each_N: np.ndarray
    first_N: np.ndarray
    early_N: np.ndarray


class DateRestriction(Restriction):
    """Stretches of moments.

    Args:
        column: the fitted column.
        stretches: nanoseconds since 1970, both ends included.
    """

    def __init__(self, column: Datetime, stretches: list[Stretch]) -> None:
        self._column, self._stretches = column, stretches
        self._calendar = len(column.calendar.slots())
        self._ends = [(divmod(low, DAY_NS), divmod(high, DAY_NS)) for low, high in stretches]
        self._units = [column.calendar.within(*low, *high) for low, high in self._ends]

    def chances(self, prefix_NP: np.ndarray) -> np.ndarray:
        level = prefix_NP.shape[1]
        size = self._column.slots[level].size
        distinct, where = np.unique(prefix_NP, axis=0, return_inverse=True) if level else (prefix_NP[:1], None)
        begun = np.repeat(distinct, size, axis=0)
        longer = np.column_stack([begun, np.tile(np.arange(size), len(distinct))]).astype(np.int64)
        weights = self._share(longer).reshape(len(distinct), size)
        none = self._share(distinct) if level else np.zeros(len(distinct))
        if 0 < level < self._calendar:
            weights[self._column.calendar.is_single(distinct[:, 0])] = 0.0
        found = np.column_stack([weights, none])
        return np.broadcast_to(found, (len(prefix_NP), size + 1)) if where is None else found[where.ravel()]

    def _laws(self, tokens: np.ndarray) -> tuple[Days, _Times]:
        cut = self._calendar
        parts = len(self._column.clock.parts)
        return self._column.calendar.days_after(tokens[:, :cut]), _Times.after(
            self._column.clock, tokens[:, cut : cut + parts]
        )

    def _share(self, tokens: np.ndarray) -> np.ndarray:
        """``(N,)`` the share of moments inside, of those that go on from paths begun."""
        days, times = self._laws(tokens)
        share = np.zeros(len(tokens))
        for k in range(len(self._units)):
            for part in self._parts(days, times, k):
                share += part.days_N / days.count_N * (part.each_N / times.count)
        return np.minimum(share, 1.0)

    def _parts(self, days: Days, times: _Times, k: int) -> list[_Part]:
        """What a stretch keeps: on its first day, on whole days, on its last."""
        (day_0, time_0), (day_1, time_1) = self._units[k]
        none = np.zeros(len(days.begin_N), np.int64)
        if (day_0, time_0) > (day_1, time_1):
            return []
        early, late = times.before(time_0), times.before(time_1 + 1)
        if day_0 == day_1:
            return [_Part(days.has(day_0), np.maximum(late - early, 0), none + day_0, early)]
        first, many = days.between(day_0, day_1)
        return [
            _Part(days.has(day_0), times.count - early, none + day_0, early),
            _Part(many, none + times.count, first, none),
            _Part(days.has(day_1), late, none + day_1, none),
        ]

    def decode(self, tokens_NP: np.ndarray, rng: np.random.Generator, start: int, tail: np.ndarray) -> pa.Array:
        days, times = self._laws(tokens_NP.astype(np.int64))
        parts = [part for k in range(len(self._units)) for part in self._parts(days, times, k)]
        total = np.sum([part.days_N * part.each_N for part in parts], axis=0)
        left = np.minimum((rng.random(len(total)) * total).astype(np.int64), np.maximum(total - 1, 0))
        unit, time, open_ = np.zeros_like(left), np.zeros_like(left), np.ones(len(left), bool)
        for part in parts:
            many = part.days_N * part.each_N
            here = open_ & (left < many)
            day, place = np.divmod(left, np.maximum(part.each_N, 1))
            unit = np.where(here, part.first_N + day * days.stride_N, unit)
            time = np.where(here, times.first_N + (part.early_N + place) * times.step, time)
            left, open_ = left - many, open_ & ~here
        seconds, nanoseconds = np.divmod(time, BILLION)
        return self._column.written(self._column.calendar.day_of(unit), seconds, nanoseconds, tokens_NP)

    def holds(self, values: pa.Array) -> np.ndarray:
        found = np.asarray(values.is_valid())
        moments = self._column.moments(values.drop_null())
        day, time = moments.days, moments.seconds * BILLION + moments.nanoseconds
        inside = np.zeros(len(day), bool)
        for (day_0, time_0), (day_1, time_1) in self._ends:
            late = (day > day_0) | ((day == day_0) & (time >= time_0))
            inside |= late & ((day < day_1) | ((day == day_1) & (time <= time_1)))
        found[found] = inside & moments.valid
        return found

    def nearest(self) -> str:
        """The moments beside the first stretch, in words."""
        calendar = self._column.calendar
        first, last = (calendar.day_of(ends) for ends in (calendar.first, calendar.last))
        low, high = self._stretches[0][0] // DAY_NS, self._stretches[-1][1] // DAY_NS
        if high < first.min() or low > last.max():
            day = first.min() if high < first.min() else last.max()
            return f"the nearest possible date is {np.datetime64(int(day), 'D')}"
        if ((first <= low) & (low <= last)).any():
            return "it has no such time of day. Ask for the day or the month"
        below, above = last[last <= low], first[first >= low]
        near = {str(np.datetime64(int(day), "D")) for day in (*below[-1:], *above[:1])}
        return f"the nearest possible dates are {' and '.join(sorted(near))}"
