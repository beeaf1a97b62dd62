"""Times of one row after another: days since the one before, then the clock; on the same day, the gap in seconds.

So the hours of the day keep their law however long the gaps are, and bursts keep theirs.

Letters: N rows, in order.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthgen.columns.date_text import DAY, DateText, Moments
from synthgen.columns.datetime import read_moments, write_moments, written_format
from synthgen.columns.physical import named_type, type_name

WEEKDAYS = ("Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed")
"""By day since 1970-01-01, a Thursday, modulo seven."""


@dataclass(frozen=True)
class Calendar:
    """How a column of times is written.

    Attributes:
        kind: its physical type.
        form: how text is written; None for other types.
        epoch: the unit of whole numbers that count from 1970; None otherwise.
        zone: the zone that most rows have; None for types without one.
        clock: whether it says more than the day.
    """

    kind: str
    form: DateText | None
    epoch: str | None
    zone: str | None
    clock: bool

    @classmethod
    def fit(cls, values: pa.Array, options: dict[str, Any]) -> Self:
        """Find out how times are written.

        Args:
            values: the column.
            options: those of its line in the schema.
        """
        present, epoch = values.drop_null(), options.get("epoch")
        form = written_format(present, options.get("format"), epoch)
        moments = read_moments(present, form, epoch)
        zone = None
        if moments.zones is not None and len(present):
            counts = pc.value_counts(moments.zones).to_pylist()
            zone = max(counts, key=lambda entry: entry["counts"])["values"]
        return cls(type_name(values.type), form, epoch, zone, bool((moments.seconds[moments.valid] > 0).any()))

    def seconds(self, values: pa.Array) -> tuple[np.ndarray, np.ndarray]:
        """``(N,)`` seconds since 1970, as the clock shows them, and which are there."""
        there_N = np.asarray(values.is_valid())
        second_N = np.zeros(len(values), np.int64)
        moments = read_moments(values.drop_null(), self.form, self.epoch)
        second_N[there_N] = moments.days * DAY + moments.seconds
        there_N[there_N] = moments.valid
        return second_N, there_N

    def write(self, second_N: np.ndarray, there_N: np.ndarray) -> pa.Array:
        """Times as the column has them."""
        days, seconds = np.divmod(second_N, DAY)
        zones = None if self.zone is None else pa.array([self.zone] * len(days))
        moments = Moments(days, seconds, np.zeros_like(days), np.ones(len(days), bool), zones)
        written = write_moments(moments, named_type(self.kind), self.form, self.epoch)
        return pc.if_else(pa.array(there_N), written, pa.scalar(None, written.type))

    def state(self) -> dict[str, Any]:
        """In JSON types."""
        form = None if self.form is None else self.form.state()
        return {"kind": self.kind, "form": form, "epoch": self.epoch, "zone": self.zone, "clock": self.clock}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Self:
        """The calendar again."""
        form = None if state["form"] is None else DateText.from_state(state["form"])
        return cls(state["kind"], form, state["epoch"], state["zone"], state["clock"])


@dataclass(frozen=True)
class Gaps:
    """From one time to the next.

    Attributes:
        days_N: midnights between them.
        clock_N: seconds since midnight; nan on the same day.
        within_N: seconds between them on the same day; nan otherwise.
    """

    days_N: np.ndarray
    clock_N: np.ndarray
    within_N: np.ndarray

    @classmethod
    def between(cls, before_N: np.ndarray, second_N: np.ndarray, first_N: np.ndarray) -> Gaps:
        """Take times apart.

        Args:
            before_N: the time of the row before, or where counting begins.
            second_N: the row's own.
            first_N: whether there is no row before: its clock counts, whatever the day.

        Example:
            >>> gaps = Gaps.between(np.array([0, 10]), np.array([86_400 + 60, 40]), np.array([False, False]))
            >>> gaps.days_N.tolist(), gaps.clock_N.tolist(), gaps.within_N.tolist()
            ([1, 0], [60.0, nan], [nan, 30.0])
        """
        days_N = second_N // DAY - before_N // DAY
        same_N = (days_N == 0) & ~first_N
        clock_N = np.where(same_N, np.nan, second_N % DAY)
        return cls(days_N, clock_N, np.where(same_N, second_N - before_N, np.nan))

    def after(self, before_N: np.ndarray, first_N: np.ndarray) -> np.ndarray:
        """Put times together; never before the one before, and on its day where the gap says so.

        Example:
            >>> gaps = Gaps(np.array([1, 0]), np.array([60, np.nan]), np.array([np.nan, 90_000]))
            >>> gaps.after(np.array([0, 10]), np.array([False, False])).tolist()
            [86460, 86399]
        """
        midnight_N = (before_N // DAY + self.days_N) * DAY
        clock_N = np.nan_to_num(self.clock_N).astype(np.int64).clip(0, DAY - 1)
        within_N = np.where(np.isnan(self.within_N), np.maximum(midnight_N + clock_N - before_N, 0), self.within_N)
        same_N = np.minimum(before_N + within_N.astype(np.int64), midnight_N + DAY - 1)
        second_N = np.where((self.days_N == 0) & ~first_N, same_N, midnight_N + clock_N)
        later_N: np.ndarray = np.where(first_N, second_N, np.maximum(second_N, before_N))
        return later_N


def weekdays(second_N: np.ndarray) -> pa.Array:
    """``(N,)`` names of days.

    Example:
        >>> weekdays(np.array([0, 4 * 86_400])).to_pylist()
        ['Thu', 'Mon']
    """
    return pa.array(WEEKDAYS).take(pa.array(second_N // DAY % 7))
