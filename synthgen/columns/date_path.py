"""The calendar as a path: period -> day, or period -> week -> weekday; and the clock below it.

Periods hold equally many rows and have blurred ends; a date that many rows hold is a period of its own.

Letters: N values, P periods.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from synthgen.columns.base import NOT_APPLICABLE, Slot
from synthgen.columns.date_text import BILLION
from synthgen.columns.leaf_learner import LeafLearner
from synthgen.columns.leaves import Leaves

PERIODS = 32
LONGEST = 32
"""Periods longer than so many days are cut into weeks first: their weekday is a token of its own."""
FIRST_DAY, LAST_DAY = -719_162, 2_932_896
"""The years 1 and 9999, in days since 1970."""
_LAST_TIME = 86_400 * BILLION - 1
SAME_DAY_MONTHS = 6
"""So many different months that all have one day of the month are counted in months."""


@dataclass(frozen=True)
class Days:
    """Days (or months) at equal distances, each as likely: ``count_N`` from ``begin_N`` on, ``stride_N`` apart."""

    begin_N: np.ndarray
    stride_N: np.ndarray
    count_N: np.ndarray

    def has(self, unit: int) -> np.ndarray:
        """``(N,)`` whether one of them is this one."""
        nth, rest = np.divmod(unit - self.begin_N, self.stride_N)
        found: np.ndarray = (rest == 0) & (nth >= 0) & (nth < self.count_N)
        return found

    def has_each(self, unit_N: np.ndarray) -> np.ndarray:
        """``(N,)`` whether one of each row's days is the row's own unit."""
        nth, rest = np.divmod(unit_N - self.begin_N, self.stride_N)
        found: np.ndarray = (rest == 0) & (nth >= 0) & (nth < self.count_N)
        return found

    def between(self, after: int, before: int) -> tuple[np.ndarray, np.ndarray]:
        """The first one later than one day, and how many are also earlier than another."""
        first = np.clip((after - self.begin_N) // self.stride_N + 1, 0, self.count_N)
        end = np.clip(-((self.begin_N - before) // self.stride_N), 0, self.count_N)
        return self.begin_N + first * self.stride_N, np.maximum(end - first, 0)


@dataclass(frozen=True)
class CalendarPath:
    """Days to tokens and back.

    Attributes:
        periods: leaves over days, or over months since 1970 where ``anchor`` says so.
        anchor: the day that every month has (31 for its last); 0 when days are counted.
        few: a few dates are all there is: each period is a token and nothing follows it.
    """

    periods: Leaves
    anchor: int
    few: bool

    @classmethod
    def learn(cls, days: np.ndarray, min_holders: int, unit_N: np.ndarray | None = None) -> Self:
        """From the days since 1970 of all rows, and whose each is."""
        months, of_month = _split(np.unique(days))
        anchor = 0
        if np.unique(months).size >= SAME_DAY_MONTHS:
            if np.unique(of_month).size == 1 and of_month[0] <= 28:
                anchor = int(of_month[0])
            elif np.array_equal(of_month, _lengths(months)):
                anchor = 31
        units = _split(days)[0] if anchor else days
        distinct, counts = np.unique(units.astype(np.float64), return_counts=True)
        ends = np.array([FIRST_DAY, LAST_DAY])
        low, high = (_split(ends)[0] if anchor else ends).astype(np.float64).tolist()
        unit_R = None if unit_N is None else unit_N[np.argsort(units, kind="stable")]
        learner = LeafLearner(distinct, counts, True, min_holders, PERIODS, (low, high), cells=1, unit_R=unit_R)
        leaves = learner.learn()
        places = _places(leaves, distinct, counts)
        periods = replace(leaves, bins=np.arange(leaves.low.size), places=places)
        return cls(periods, anchor, learner.one_level)

    @property
    def first(self) -> np.ndarray:
        """``(P,)`` the first day of each period."""
        first: np.ndarray = np.ceil(self.periods.low).astype(np.int64)
        return first

    @property
    def last(self) -> np.ndarray:
        """``(P,)`` the last day of each period."""
        last: np.ndarray = np.floor(self.periods.high).astype(np.int64)
        return last

    @property
    def lengths(self) -> np.ndarray:
        """``(P,)`` in days; 1 for a single date."""
        lengths: np.ndarray = self.last - self.first + 1
        return lengths

    @property
    def layout(self) -> str:
        """``date``: every period is its own token; ``day``: and the day in it; ``week``: and week and weekday."""
        if self.few or self.lengths.max() == 1:
            return "date"
        return "day" if self.anchor or self.lengths.max() <= LONGEST else "week"

    @property
    def _monday(self) -> np.ndarray:
        """``(P,)`` the Monday on or before each period's first day."""
        monday: np.ndarray = self.first - (self.first + 3) % 7
        return monday

    @property
    def _weeks(self) -> tuple[np.ndarray, np.ndarray]:
        """``(P,)`` weeks per token, and tokens."""
        weeks = (self.last - self._monday) // 7 + 1
        each = -(-weeks // LONGEST)
        return each, np.where(self.lengths == 1, 0, -(-weeks // each))

    def slots(self) -> tuple[Slot, ...]:
        """The calendar's slots."""
        period = Slot("period", self.lengths.size, self.periods.places)
        if self.layout == "date":
            return (period,)
        if self.layout == "day":
            children = np.where(self.lengths > 1, self.lengths, 0)
            return period, _even("month" if self.anchor else "day", int(children.max()), children)
        tokens = self._weeks[1]
        weekdays = np.where(np.arange(tokens.max())[None, :] < tokens[:, None], 7, 0)
        return period, _even("week", int(tokens.max()), tokens), _even("weekday", 7, weekdays)

    def period_names(self) -> list[str]:
        """Each period by its ends, the first and the last by the inner one alone."""
        days = [_join(unit, self.anchor) if self.anchor else unit for unit in (self.first, self.last)]
        first, last = (unit.astype("datetime64[D]").astype(str).tolist() for unit in days)
        names = [a if a == b else f"{a} to {b}" for a, b in zip(first, last, strict=True)]
        if first[0] != last[0]:
            names[0] = f"up to {last[0]}"
        if first[-1] != last[-1]:
            names[-1] = f"from {first[-1]} on"
        return names

    def encode(self, days: np.ndarray) -> np.ndarray:
        """``(N,)`` days to ``(N, slots)`` tokens."""
        unit = _split(days)[0] if self.anchor else days
        period = self.periods.find(unit.astype(np.float64))
        if self.layout == "date":
            return period[:, None]
        unit = np.clip(unit, self.first[period], self.last[period])
        single = self.lengths[period] == 1
        if self.layout == "day":
            return np.stack([period, np.where(single, NOT_APPLICABLE, unit - self.first[period])], 1)
        week = (unit - self._monday[period]) // 7 // self._weeks[0][period]
        return np.stack([period, *(np.where(single, NOT_APPLICABLE, part) for part in (week, (unit + 3) % 7))], 1)

    def decode(self, tokens: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """``(N, slots)`` tokens to days; a week that stands for several is drawn among them."""
        period = tokens[:, 0]
        uniform = rng.random(period.size)
        if self.layout == "date":
            unit = self.periods.draw(period, uniform).astype(np.int64)
        elif self.layout == "day":
            unit = np.minimum(self.first[period] + np.maximum(tokens[:, 1], 0), self.last[period])
        else:
            unit = self._decode_week(period, np.maximum(tokens[:, 1], 0), np.maximum(tokens[:, 2], 0), uniform)
        return _join(unit, self.anchor) if self.anchor else unit

    def _decode_week(
        self, period: np.ndarray, week: np.ndarray, weekday: np.ndarray, uniform: np.ndarray
    ) -> np.ndarray:
        """The weekday of one of the weeks that a week token stands for, inside the period."""
        first, last = self.first[period], self.last[period]
        begin, count = self._weekdays(period, week, weekday)
        drawn = np.clip(begin + 7 * np.floor(uniform * count).astype(np.int64), first, last)
        day: np.ndarray = np.where(self.lengths[period] == 1, first, drawn)
        return day

    def _weekdays(self, period: np.ndarray, week: np.ndarray, weekday: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The first day with a weekday among the weeks that a week token stands for, and how many there are."""
        each, first = self._weeks[0][period], self.first[period]
        begin = self._monday[period] + 7 * each * week + weekday
        begin = begin + 7 * (begin < first)
        end = np.minimum(self._monday[period] + 7 * each * (week + 1) - 1, self.last[period])
        return begin, np.clip(end - begin, 0, None) // 7 + 1

    def is_single(self, period: np.ndarray) -> np.ndarray:
        """Whether periods are one date each, after which nothing follows."""
        single: np.ndarray = self.lengths[period] == 1
        return single

    def days_after(self, tokens: np.ndarray) -> Days:
        """The days, or months, that ``(N, P)`` tokens leave, P at least 1."""
        period = tokens[:, 0]
        first, last = self.first[period], self.last[period]
        one = np.ones_like(first)
        if self.layout == "date":
            step, offset = self.periods.step[period], self.periods.offset[period]
            low, high = self.periods.low[period], self.periods.high[period]
            with np.errstate(divide="ignore", invalid="ignore"):
                begin = np.where(step > 0, np.ceil((low - offset) / step) * step + offset, first)
                count = np.where(step > 0, np.floor((high - begin) / step) + 1, one)
            return Days(begin.astype(np.int64), np.maximum(step, 1).astype(np.int64), count.astype(np.int64))
        if tokens.shape[1] == 1:
            return Days(first, one, last - first + 1)
        if self.layout == "day":
            return Days(np.minimum(first + np.maximum(tokens[:, 1], 0), last), one, one)
        each, week = self._weeks[0][period], np.maximum(tokens[:, 1], 0)
        begin = self._monday[period] + 7 * each * week
        if tokens.shape[1] == 2:
            end = np.where(begin < first, np.maximum(begin + 7 * each - 1, first + 6), begin + 7 * each - 1)
            begin, end = np.clip(begin, first, last), np.clip(end, first, last)
            single = self.lengths[period] == 1
            return Days(np.where(single, first, begin), one, np.where(single, 1, end - begin + 1))
        begin, count = self._weekdays(period, week, np.maximum(tokens[:, 2], 0))
        return Days(np.clip(begin, first, last), 7 * one, count)

    def day_of(self, unit: np.ndarray) -> np.ndarray:
        """Days since 1970 of days, or of months."""
        return _join(unit, self.anchor) if self.anchor else unit

    def unit_of(self, day_N: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """``(N,)`` the first day (or month) that does not end before a day, and whether it is that very day."""
        if not self.anchor:
            return day_N, np.ones(len(day_N), bool)
        day_N = np.clip(day_N, FIRST_DAY, LAST_DAY)
        month_N = _split(day_N)[0]
        own_N = _join(month_N, self.anchor)
        return month_N + (own_N < day_N), own_N == day_N

    def within(self, day_0: int, time_0: int, day_1: int, time_1: int) -> tuple[tuple[int, int], tuple[int, int]]:
        """Both ends of a stretch as a unit and a time of day; in months, at the month's own day."""
        if not self.anchor:
            return (day_0, time_0), (day_1, time_1)
        ends = np.clip(np.array([day_0, day_1]), FIRST_DAY, LAST_DAY)
        months = _split(ends)[0]
        own = _join(months, self.anchor)
        low, high = (int(months[0]), time_0), (int(months[1]), time_1)
        if own[0] != day_0:
            low = (int(months[0]) + int(own[0] < day_0), 0)
        if own[1] != day_1:
            high = (int(months[1]) - int(own[1] > day_1), _LAST_TIME)
        return low, high

    def state(self) -> dict[str, Any]:
        """In JSON types."""
        return {"periods": self.periods.state(), "anchor": self.anchor, "few": self.few}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Self:
        """The path again."""
        return cls(Leaves.from_state(state["periods"]), state["anchor"], state["few"])


@dataclass(frozen=True)
class ClockPath:
    """Seconds since midnight to tokens and back, in the parts that a column has.

    Attributes:
        parts: some of ``hour``, ``minute``, ``second``.
        resolution: what lies below the parts is drawn as a multiple of so many nanoseconds.
        below: seconds that are drawn with them: 60 where the second of a minute says nothing, otherwise 1.
    """

    parts: tuple[str, ...]
    resolution: int
    below: int

    @classmethod
    def learn(cls, seconds: np.ndarray, nanoseconds: np.ndarray) -> Self:
        """From all rows: a part that is 0 in every row, with all finer ones, is left out; so is a flat second."""
        resolution = int(np.gcd.reduce(np.append(np.unique(nanoseconds), BILLION)))
        used = [bool(np.any(seconds)), bool(np.any(seconds % 3600)), bool(np.any(seconds % 60))]
        if resolution < BILLION:
            used = [True, True, True]
        flat = used[2] and _is_flat(seconds % 60)
        parts = [part for part, present in zip(_UNITS, used, strict=True) if present]
        return cls(tuple(parts[:-1] if flat else parts), resolution, 60 if flat else 1)

    def slots(self) -> tuple[Slot, ...]:
        """The clock's slots."""
        return tuple(_even(part, _UNITS[part][1], None) for part in self.parts)

    @property
    def widths(self) -> list[int]:
        """Seconds in each part."""
        return [_UNITS[part][0] for part in self.parts]

    def encode(self, seconds: np.ndarray) -> np.ndarray:
        """``(N,)`` seconds to ``(N, slots)`` tokens."""
        found = [seconds // _UNITS[part][0] % _UNITS[part][1] for part in self.parts]
        return np.stack(found, 1) if found else np.zeros((seconds.size, 0), np.int64)

    def decode(self, tokens: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Tokens to seconds since midnight, and nanoseconds."""
        units = np.array([_UNITS[part][0] for part in self.parts], np.int64)
        drawn = rng.integers(0, self.below * BILLION // self.resolution, len(tokens)) * self.resolution
        return np.maximum(tokens, 0).astype(np.int64) @ units + drawn // BILLION, drawn % BILLION


_UNITS = {"hour": (3600, 24), "minute": (60, 60), "second": (1, 60)}


UNEVEN = 98.3
"""The chi-square statistic with 59 degrees of freedom that flat seconds exceed once in a thousand columns."""


def _is_flat(second: np.ndarray) -> bool:
    """Whether the seconds of a minute are as likely each."""
    held = np.bincount(second, minlength=60)
    expected = second.size / 60
    return bool(((held - expected) ** 2).sum() / expected < UNEVEN)


def _even(name: str, size: int, children: np.ndarray | None) -> Slot:
    return Slot(name, size, (np.arange(size) + 0.5) / size, children)


def _places(leaves: Leaves, distinct: np.ndarray, counts: np.ndarray) -> np.ndarray:
    held = np.bincount(leaves.find(distinct), weights=counts, minlength=leaves.low.size)
    places: np.ndarray = np.round((np.cumsum(held) - held / 2) / held.sum(), 5)
    return places


def _split(days: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Months since 1970, and the day of the month."""
    months = days.astype(np.int64).astype("datetime64[D]").astype("datetime64[M]")
    return months.astype(np.int64), days - months.astype("datetime64[D]").astype(np.int64) + 1


def _lengths(months: np.ndarray) -> np.ndarray:
    begin, end = (m.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64) for m in (months, months + 1))
    lengths: np.ndarray = end - begin
    return lengths


def _join(months: np.ndarray, anchor: int) -> np.ndarray:
    first = months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    days: np.ndarray = first + np.minimum(anchor, _lengths(months)) - 1
    return days
