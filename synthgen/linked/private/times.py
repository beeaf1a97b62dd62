"""When the rows of one owner are: from when to when, and how they lie between.

The first and the last time are facts of the owner, one of each, so one person moves their counts by 1. They are told as
parts of the time that is left: the first of what lies between the owner's own beginning and the end of all, the last of
what lies between the first and the end. Gaps are told beside the owner's mean gap.

Letters: N rows, O owners.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from synthgen.columns.date_text import DAY, DateText
from synthgen.columns.number_text import is_text
from synthgen.columns.physical import type_name
from synthgen.errors import SchemaError
from synthgen.linked.calendar import Calendar

QUARTERS, STYLES = 113, 6
"""Zones from -14:00 to +14:00, and ways to write one."""
ZONES = QUARTERS * STYLES
POWER = 3.0
"""Parts of the time that is left are told as their cube root: most of what follows comes soon."""


def declared_calendar(kind: pa.DataType, options: Mapping[str, Any], zone: str | None, where: str) -> Calendar:
    """How times are written, by type and schema alone.

    Args:
        kind: the physical type.
        options: of the column's line in the schema.
        zone: written behind each, where there is a place for it.
        where: begins the sentence.

    Raises:
        SchemaError: they do not say.
    """
    epoch, template = options.get("epoch"), options.get("format")
    if epoch is not None:
        return Calendar(type_name(kind), None, epoch, None, True)
    if is_text(kind) or pa.types.is_integer(kind):
        if template is None:
            raise SchemaError(
                f"{where}: how its times are written is not said, and reading it off them would cost epsilon. Add "
                '"options": {"format": "%Y-%m-%d %H:%M:%S"} or {"epoch": "s"} to its line in schema.json'
            )
        clock = any(code in template for code in ("%H", "%I", "%X", "%T"))
        return Calendar(type_name(kind), DateText(template), None, zone if "%z" in template else None, clock)
    return Calendar(type_name(kind), None, None, None, not pa.types.is_date(kind))


def zone_codes(zones: pa.Array | None) -> np.ndarray:
    """``(N,)`` zones as numbers below ``ZONES``: quarters of an hour and how they are written; -1 where there is none.

    Example:
        >>> zone_codes(pa.array([" -0800", "+05:30", "Z", None])).tolist()
        [147, 472, 336, -1]
    """
    found = []
    for zone in [] if zones is None else zones.to_pylist():
        text = zone or ""
        digits = text.strip().replace(":", "")
        quarters = 56 if digits == "Z" else -1
        if len(digits) == 5 and digits[0] in "+-" and digits[1:].isdigit():
            quarters = 56 + int(digits[0] + "1") * (int(digits[1:3]) * 4 + int(digits[3:]) // 15)
        style = text.startswith(" ") + 2 * ("Z" not in text) + 2 * (":" in text)
        found.append(quarters * STYLES + style if 0 <= quarters < QUARTERS else -1)
    return np.array(found, np.int64)


def zone_of(code: int) -> str:
    """The zone of such a number.

    Example:
        >>> zone_of(147), zone_of(472), zone_of(336)
        (' -0800', '+05:30', 'Z')
    """
    quarters, style = divmod(code, STYLES)
    minutes = abs(quarters - 56) * 15
    between = ":" if style >= 4 else ""
    text = "Z" if style < 2 else f"{'-' if quarters < 56 else '+'}{minutes // 60:02d}{between}{minutes % 60:02d}"
    return " " * (style % 2) + text


@dataclass(frozen=True)
class Window:
    """The time in which rows lie, seconds since 1970; of noisy figures."""

    start: int
    end: int

    def part(self, second_O: np.ndarray, since_O: np.ndarray) -> np.ndarray:
        """``(O,)`` where moments lie between others and the end, 0 to 1; nan where one is not known.

        Example:
            >>> Window(0, 1_000).part(np.array([500.0, 900.0]), np.array([0.0, 200.0])).round(3).tolist()
            [0.794, 0.956]
        """
        left_O = np.maximum(self.end - since_O, 1.0)
        found: np.ndarray = np.clip((second_O - since_O) / left_O, 0.0, 1.0) ** (1 / POWER)
        return found

    def moment(self, part_O: np.ndarray, since_O: np.ndarray) -> np.ndarray:
        """``(O,)`` the same back: seconds since 1970, never before ``since_O``."""
        left_O = np.maximum(self.end - since_O, 1.0)
        found: np.ndarray = since_O + np.clip(part_O, 0.0, 1.0) ** POWER * left_O
        return found


@dataclass(frozen=True)
class Course:
    """The times of the rows of each owner.

    Attributes:
        number_O: how many rows there are.
        first_O: the first of them, seconds since 1970; nan: there is none.
        last_O: the last.
        gap_N: by row the time since the one before, in mean gaps of its owner; nan of first rows, and where the mean
            gap is nothing.
    """

    number_O: np.ndarray
    first_O: np.ndarray
    last_O: np.ndarray
    gap_N: np.ndarray

    @classmethod
    def of(cls, owner_N: np.ndarray, second_N: np.ndarray, owners: int) -> Course:
        """Of real rows.

        Args:
            owner_N: whose they are, numbers from 0.
            second_N: when they are; nan: nobody knows.
            owners: O.

        Example:
            >>> course = Course.of(np.array([0, 0, 0, 1]), np.array([10.0, 40.0, 20.0, 7.0]), 3)
            >>> course.first_O.tolist(), course.last_O.tolist(), course.gap_N.round(2).tolist()
            ([10.0, 7.0, nan], [40.0, 7.0, nan], [nan, 1.33, 0.67, nan])
        """
        there_N = ~np.isnan(second_N)
        first_O, last_O = np.full(owners, np.inf), np.full(owners, -np.inf)
        np.minimum.at(first_O, owner_N[there_N], second_N[there_N])
        np.maximum.at(last_O, owner_N[there_N], second_N[there_N])
        first_O, last_O = (np.where(np.isfinite(one), one, np.nan) for one in (first_O, last_O))
        timed_O = np.bincount(owner_N[there_N], minlength=owners)
        mean_O = (last_O - first_O) / np.maximum(timed_O - 1, 1)
        rows = np.flatnonzero(there_N)
        rows = rows[np.lexsort((second_N[rows], owner_N[rows]))]
        gap_N = np.full(len(owner_N), np.nan)
        same = owner_N[rows][1:] == owner_N[rows][:-1]
        later = rows[1:][same]
        gap_N[later] = np.diff(second_N[rows])[same]
        of_row = mean_O[owner_N]
        gap_N = np.where(of_row > 0, gap_N / np.where(of_row > 0, of_row, 1.0), np.nan)
        return cls(np.bincount(owner_N, minlength=owners), first_O, last_O, gap_N)


def made_times(
    owner_N: np.ndarray,
    first_O: np.ndarray,
    last_O: np.ndarray,
    gap_N: np.ndarray,
    hour_N: np.ndarray | None,
    rng: np.random.Generator,
) -> np.ndarray:
    """``(N,)`` times of made rows, ascending within each owner, from the first to about the last.

    Args:
        owner_N: whose they are, ascending.
        first_O: seconds since 1970.
        last_O: not before the first.
        gap_N: in mean gaps; nan counts as one.
        hour_N: of the day; kept where the gap leaves room for it. None: days alone matter. Nan: as the gap says.
        rng: draws minutes.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> ends = np.array([0.0]), np.array([100.0])
        >>> made_times(np.zeros(3, int), *ends, np.array([np.nan, 1.0, 3.0]), None, rng).tolist()
        [0.0, 25.0, 100.0]
    """
    first_N = np.r_[True, owner_N[1:] != owner_N[:-1]] if len(owner_N) else np.zeros(0, bool)
    weight_N = np.where(first_N, 0.0, np.where(np.isnan(gap_N), 1.0, np.maximum(gap_N, 1e-9)))
    whole_O = np.bincount(owner_N, weight_N, minlength=len(first_O))
    sum_N = np.cumsum(weight_N)
    start_N = np.maximum.accumulate(np.where(first_N, np.arange(len(owner_N)), 0))
    part_N = (sum_N - sum_N[start_N]) / np.maximum(whole_O[owner_N], 1e-12)
    second_N = first_O[owner_N] + part_N * (last_O - first_O)[owner_N]
    if hour_N is None:
        return np.asarray(second_N)
    second_N = np.floor(second_N)
    gap = np.where(first_N, np.inf, np.diff(second_N, prepend=0.0))
    moved_N = np.floor(second_N / DAY) * DAY + hour_N * 3_600 + rng.integers(0, 3_600, len(second_N))
    low_N, high_N = first_O[owner_N], np.maximum(last_O[owner_N], first_O[owner_N] + DAY)
    free_N = (gap >= DAY / 2) & ~np.isnan(hour_N) & (moved_N >= low_N) & (moved_N <= high_N)
    second_N = np.where(free_N, moved_N, second_N)
    # what follows soon after a row that moved moves with it, so that bursts stay bursts
    shift_N = np.where(free_N, moved_N - np.floor(first_O[owner_N] + part_N * (last_O - first_O)[owner_N]), 0.0)
    lead_N = np.maximum.accumulate(np.where(free_N | first_N, np.arange(len(owner_N)), 0))
    second_N = np.where(free_N, second_N, np.maximum(second_N + shift_N[lead_N], low_N))
    sorted_N: np.ndarray = second_N[np.lexsort((second_N, owner_N))]
    return sorted_N
