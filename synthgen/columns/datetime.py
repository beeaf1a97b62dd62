"""A date, with or without a time: period -> day (weekday kept) -> hour -> minute -> second.

``date_text.py`` reads and writes text, ``date_path.py`` turns calendar and clock into tokens.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthgen.columns.base import ColumnType, FitContext, Match, RejectColumn, Sample, Slot
from synthgen.columns.date_path import FIRST_DAY, LAST_DAY, CalendarPath, ClockPath
from synthgen.columns.date_restriction import restrict_moment
from synthgen.columns.date_text import BILLION, DAY, DateText, Moments, learn_format, with_details
from synthgen.columns.number_text import is_text
from synthgen.columns.physical import named_type, type_name
from synthgen.columns.restrictions import Restriction
from synthgen.columns.wanted import Clause
from synthgen.errors import ConfigError, DataError

PER_SECOND = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": BILLION}
TIME_NAMES = r"time|date|stamp|created|updated|modified|posted|registered|_at$|_on$|[a-z](At|On)$|^ts$|_ts$|epoch|since"
EARLIEST, LATEST = 631_152_000, 2_524_608_000
"""Whole numbers are taken for seconds since 1970 when all lie in the years 1990 to 2049 and the name speaks of time."""


class Datetime(ColumnType):
    """A column of dates, or dates with times.

    Args:
        kind: the physical type.
        form: how text is written; None for Arrow dates and counts.
        epoch: the unit of whole numbers that count from 1970, such as ``ms``; None otherwise.
        calendar: days and their tokens.
        clock: times and their tokens.
        zones: zones as written, most frequent first; empty for types without text.
    """

    name = "datetime"
    measure = "quantity"

    def __init__(
        self,
        kind: str,
        form: DateText | None,
        epoch: str | None,
        calendar: CalendarPath,
        clock: ClockPath,
        zones: list[str],
    ) -> None:
        self.kind, self.form, self.epoch = kind, form, epoch
        self.calendar, self.clock, self.zones = calendar, clock, zones

    @classmethod
    def matches(cls, sample: Sample) -> Match:
        kind = sample.values.type
        if pa.types.is_date(kind) or pa.types.is_timestamp(kind):
            return Match(0.99, "dates" if pa.types.is_date(kind) else "dates with times")
        if not (is_text(kind) or pa.types.is_integer(kind)):
            raise RejectColumn(f"{kind} values are not dates")
        distinct = sample.distinct[0].cast(pa.string())
        if epoch := _epoch_unit(sample.name, distinct):
            return Match(0.95, f"{epoch} since 1970, and the name speaks of time", {"epoch": epoch})
        if pa.types.is_integer(kind) and not re.search(TIME_NAMES, sample.name, re.IGNORECASE):
            raise RejectColumn("whole numbers, and the name does not speak of time")
        found = learn_format(pc.utf8_trim_whitespace(distinct))
        if found is None:
            raise RejectColumn(_why_not(pc.utf8_trim_whitespace(distinct)))
        form, remark = found
        if re.fullmatch(r"[0-9]+", distinct[0].as_py()) and len(distinct) < 3:
            raise RejectColumn("too few different numbers to tell dates from numbers")
        return Match(0.95, f"all as {form.template}{remark}", {"format": form.template})

    @classmethod
    def fit(cls, values: pa.Array, options: dict[str, Any], context: FitContext) -> Self:
        kind, epoch = values.type, options.get("epoch")
        if epoch is not None and epoch not in PER_SECOND:
            raise ConfigError(f"options.epoch: {epoch!r}; expected one of {', '.join(PER_SECOND)}")
        form = None
        if epoch is None and (is_text(kind) or pa.types.is_integer(kind)):
            form = _form(values, options.get("format"))
        moments = read_moments(values, form, epoch)
        _check(moments)
        if form is not None:
            form = replace(form, digits=max(form.digits, _digits(moments)))
        zones = _zones(moments, context.min_holders)
        calendar = CalendarPath.learn(moments.days, context.min_holders)
        clock = ClockPath.learn(moments.seconds, moments.nanoseconds)
        return cls(type_name(kind), form, epoch, calendar, clock, zones)

    @cached_property
    def slots(self) -> tuple[Slot, ...]:
        zone = (Slot("zone", len(self.zones)),) if len(self.zones) > 1 else ()
        return (*self.calendar.slots(), *self.clock.slots(), *zone)

    def encode(self, values: pa.Array, rng: np.random.Generator) -> np.ndarray:
        moments = read_moments(values, self.form, self.epoch)
        middle = int(self.calendar.first[len(self.calendar.first) // 2])
        days = np.where(moments.valid, np.clip(moments.days, FIRST_DAY, LAST_DAY), middle)
        parts = [self.calendar.encode(days), self.clock.encode(np.where(moments.valid, moments.seconds, 0))]
        if len(self.zones) > 1:
            known = pc.fill_null(pc.index_in(moments.zones, pa.array(self.zones)), 0)
            parts.append(known.to_numpy(zero_copy_only=False)[:, None])
        return np.concatenate(parts, axis=1).astype(np.int32)

    def decode(self, tokens: np.ndarray, rng: np.random.Generator, start: int) -> pa.Array:
        cut = len(self.calendar.slots())
        days = self.calendar.decode(tokens[:, :cut].astype(np.int64), rng)
        seconds, nanoseconds = self.clock.decode(tokens[:, cut : cut + len(self.clock.parts)], rng)
        return self.written(days, seconds, nanoseconds, tokens)

    def written(self, days: np.ndarray, seconds: np.ndarray, nanoseconds: np.ndarray, tokens: np.ndarray) -> pa.Array:
        """Days and times in the column's own format, with the zones that the paths end in."""
        zones = None
        if self.zones:
            which = tokens[:, -1] if len(self.zones) > 1 else np.zeros(len(tokens), np.int32)
            zones = pa.array(self.zones, pa.string()).take(pa.array(which))
        moments = Moments(days, seconds, nanoseconds, np.ones(len(days), bool), zones)
        return write_moments(moments, named_type(self.kind), self.form, self.epoch)

    def moments(self, values: pa.Array) -> Moments:
        """Values in parts; what is no moment is not valid."""
        return read_moments(values, self.form, self.epoch)

    def restrict(self, wanted: Sequence[Clause]) -> Restriction:
        return restrict_moment(self, wanted)

    def state(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "form": self.form and self.form.state(),
            "epoch": self.epoch,
            "calendar": self.calendar.state(),
            "clock": {"parts": list(self.clock.parts), "resolution": self.clock.resolution, "below": self.clock.below},
            "zones": self.zones,
        }

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Self:
        form, clock = state["form"], state["clock"]
        return cls(
            state["kind"],
            None if form is None else DateText.from_state(form),
            state["epoch"],
            CalendarPath.from_state(state["calendar"]),
            ClockPath(tuple(clock["parts"]), clock["resolution"], clock["below"]),
            state["zones"],
        )

    def token_names(self, level: int) -> list[str]:
        return self.calendar.period_names() if level == 0 else super().token_names(level)

    def describe(self) -> str:
        written = self.form.template if self.form else f"{self.epoch} since 1970" if self.epoch else self.kind
        return " > ".join(slot.name for slot in self.slots) + f", as {written}"


def read_moments(values: pa.Array, form: DateText | None, epoch: str | None) -> Moments:
    """Values of any physical type to moments; what cannot be read is not valid."""
    kind = values.type
    if form is not None:
        return form.parse(pc.utf8_trim_whitespace(values.cast(pa.string())))
    if epoch is not None:
        text = values.cast(pa.string())
        good = pc.match_substring_regex(text, r"^\s*-?([0-9]{1,18}|[1-8][0-9]{18})\s*$")
        digits = pc.if_else(good, pc.utf8_trim_whitespace(text), "0")
        return _moments(digits.cast(pa.int64()), PER_SECOND[epoch], good.to_numpy(zero_copy_only=False))
    if pa.types.is_date32(kind):
        days = values.cast(pa.int32()).to_numpy(zero_copy_only=False).astype(np.int64)
        zero = np.zeros(days.size, np.int64)
        return Moments(days, zero, zero, (days >= FIRST_DAY) & (days <= LAST_DAY))
    per_second = 1_000 if pa.types.is_date64(kind) else PER_SECOND[kind.unit]
    return _moments(values.view(pa.int64()), per_second, np.ones(len(values), bool))


def _moments(ticks: pa.Array, per_second: int, good: np.ndarray) -> Moments:
    counted = ticks.to_numpy(zero_copy_only=False)
    since, part = np.divmod(counted, per_second)
    days, seconds = np.divmod(since, DAY)
    return Moments(days, seconds, part * (BILLION // per_second), good & (days >= FIRST_DAY) & (days <= LAST_DAY))


def write_moments(moments: Moments, kind: pa.DataType, form: DateText | None, epoch: str | None) -> pa.Array:
    """Moments to values of the physical type."""
    if form is not None:
        return form.write(moments).cast(kind)
    if pa.types.is_date32(kind):
        return pa.array(moments.days.astype(np.int32)).view(kind)
    unit = epoch or ("ms" if pa.types.is_date64(kind) else kind.unit)
    per_second = PER_SECOND[unit]
    days = moments.days
    if unit == "ns":  # the years 1678 to 2262 are all that 64 bits of nanoseconds hold
        days = np.clip(days, -106_751, 106_750)
    ticks = pa.array((days * DAY + moments.seconds) * per_second + moments.nanoseconds // (BILLION // per_second))
    return ticks.cast(kind) if epoch else ticks.view(kind)


def _form(values: pa.Array, template: str | None) -> DateText:
    """How the values are written; with a template from the schema, in that way."""
    if template is not None:
        some = pc.utf8_trim_whitespace(values.slice(0, 100_000).cast(pa.string()))
        try:
            form = DateText(template)
            return with_details(form, some.filter(pc.match_substring_regex(some, form.regex)))
        except (KeyError, pa.ArrowInvalid):
            raise ConfigError(f"options.format: {template!r}; expected strptime codes such as '%Y-%m-%d'") from None
    distinct = pc.utf8_trim_whitespace(pc.unique(values.cast(pa.string())))
    found = learn_format(distinct)
    if found is None:
        problem = _why_not(distinct)
        raise DataError(f"{problem}; expected one date format. Write them alike, or name the format in options.format")
    return found[0]


def _digits(moments: Moments) -> int:
    """Digits of a second that the values need."""
    return next(d for d in range(10) if not np.any(moments.nanoseconds % 10 ** (9 - d)))


def _check(moments: Moments) -> None:
    """Every value a moment from the year 1 to 9999.

    Raises:
        DataError: one is not; says how many and where, never what.
    """
    wrong = np.flatnonzero(~moments.valid)
    if wrong.size:
        first = ", ".join(str(i + 1) for i in wrong[:3])
        raise DataError(
            f"{wrong.size} of {moments.valid.size} values are not dates of the column's format "
            f"(counting present values, the first: {first}); expected days of the years 1 to 9999. "
            "Correct them, mark them as missing, or give the column another type"
        )


def _zones(moments: Moments, min_holders: int) -> list[str]:
    """Zones as written that enough rows have, most frequent first; at least the most frequent one."""
    if moments.zones is None:
        return []
    counted = sorted(pc.value_counts(moments.zones).to_pylist(), key=lambda entry: -entry["counts"])
    return [entry["values"] for i, entry in enumerate(counted) if i == 0 or entry["counts"] >= min_holders]


def _epoch_unit(name: str, distinct: pa.Array) -> str | None:
    """The unit in which whole numbers count from 1970, when name and size say that they do."""
    if not re.search(TIME_NAMES, name, re.IGNORECASE):
        return None
    if not pc.all(pc.match_substring_regex(distinct, r"^([0-9]{9,18}|[1-8][0-9]{18})$")).as_py():
        return None
    numbers = pc.cast(distinct, pa.float64()).to_numpy(zero_copy_only=False)
    for unit, per_second in PER_SECOND.items():
        if numbers.min() >= EARLIEST * per_second and numbers.max() <= LATEST * per_second:
            return unit
    return None


def _why_not(distinct: pa.Array) -> str:
    """Why different values are not one date format."""
    found = learn_format(distinct.slice(0, 1))
    if found is None:
        return "values are not dates"
    other = int((~found[0].parse(distinct).valid).sum())
    return f"{other} of {len(distinct)} different values are not written as {found[0].template}, as others are"
