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
from synthgen.columns.holders import counted
from synthgen.columns.number_text import is_text
from synthgen.columns.physical import named_type, type_name
from synthgen.columns.restrictions import Restriction
from synthgen.columns.wanted import Clause
from synthgen.errors import ConfigError, DataError, SchemaError

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
        moments = _inside(moments, type_name(kind), form, options, epoch)
        zones = _zones(moments, context)
        calendar = CalendarPath.learn(moments.days, context.min_holders, context.unit_N)
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

    def ends(self, tick: int) -> tuple[int, int]:
        """The first and the last moment that it gives, in ticks of so many nanoseconds since 1970."""
        periods, day = self.calendar.periods, DAY * (BILLION // tick)
        first, last = int(np.ceil(periods.low[0])), int(np.floor(periods.high[-1]))
        if self.calendar.anchor:
            first, last = (
                int(np.datetime64(month, "M").astype("datetime64[D]").astype(int)) for month in (first, last + 1)
            )
            last -= 1
        return first * day, (last + 1) * day - 1

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


def written_format(values: pa.Array, template: str | None, epoch: str | None) -> DateText | None:
    """How present values are written; None for types that are not text, and for text that is no date.

    Args:
        values: of the column.
        template: as the schema says; None: it is learned.
        epoch: the unit of whole numbers that count from 1970.
    """
    if epoch is not None or not (is_text(values.type) or pa.types.is_integer(values.type)) or not len(values):
        return None
    try:
        return _form(values, template)
    except DataError:
        return None


def written_moment(text: str, kind: str, form: DateText | None, epoch: str | None, where: str) -> pa.Array:
    """A date that the user wrote, in the column's physical type: as its text is, or as ISO 8601 has it."""
    physical = named_type(kind)
    if form is not None:
        return pa.array([text]).cast(physical)
    try:
        moment = np.datetime64(text)
    except ValueError:
        raise SchemaError(f"{where}: {text!r} is no date; expected one such as 2024-12-31T23:59:59") from None
    if epoch is not None:
        ticks = int(moment.astype(f"datetime64[{epoch}]").astype(np.int64))
        return pa.array([ticks]).cast(physical)
    if pa.types.is_date(physical):
        return pa.array([moment.astype("datetime64[D]")]).cast(physical)
    return pa.array([int(moment.astype(f"datetime64[{physical.unit}]").astype(np.int64))], pa.int64()).view(physical)


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


def _inside(moments: Moments, kind: str, form: DateText | None, options: dict[str, Any], epoch: str | None) -> Moments:
    """The moments within the range that the user gives.

    Raises:
        DataError: there is none.
        SchemaError: an end is not written as the column is.
    """
    inside = np.ones(len(moments.days), bool)
    of_day = moments.seconds * BILLION + moments.nanoseconds
    for key, sign in (("low", 1), ("high", -1)):
        if options.get(key) is not None:
            end = read_moments(written_moment(str(options[key]), kind, form, epoch, f"ranges: {key}"), form, epoch)
            if not end.valid.all():
                raise SchemaError(f"ranges: {key}: {options[key]!r} is no date written as the column's are")
            end_of_day = end.seconds[0] * BILLION + end.nanoseconds[0]
            days = (moments.days - end.days[0]) * sign
            inside &= (days > 0) | ((days == 0) & ((of_day - end_of_day) * sign >= 0))
    if inside.all():
        return moments
    if not inside.any():
        raise DataError("no date lies in the range that the schema gives; nothing can be learned. Widen the range")
    zones = None if moments.zones is None else moments.zones.filter(pa.array(inside))
    kept = [part[inside] for part in (moments.days, moments.seconds, moments.nanoseconds, moments.valid)]
    return Moments(kept[0], kept[1], kept[2], kept[3], zones)


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


def _zones(moments: Moments, context: FitContext) -> list[str]:
    """Zones as written that enough hold, most frequent first; at least the most frequent one."""
    if moments.zones is None:
        return []
    found = counted({"zone": moments.zones}, context.unit_N)
    listed = sorted(found.to_pylist(), key=lambda entry: -entry["rows"])
    return [entry["zone"] for i, entry in enumerate(listed) if i == 0 or entry["holders"] >= context.min_holders]


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
