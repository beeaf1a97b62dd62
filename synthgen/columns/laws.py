"""Where on its line a column's values lie, given the first tokens of its path: shares below a place, and places.

Letters: N rows.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Self

import numpy as np

from synthgen.columns.date_path import Days
from synthgen.columns.date_restriction import DAY_NS, Times, laws_after
from synthgen.columns.datetime import Datetime
from synthgen.columns.numeric import Numeric

NEAR = 1e-6
"""Of a step of a grid: what rounding puts a place off it."""


class Law(ABC):
    """N laws of one column."""

    @abstractmethod
    def __len__(self) -> int:
        """N."""

    @abstractmethod
    def below(self, limit_N: np.ndarray, inclusive: bool) -> np.ndarray:
        """``(N,)`` the share of values below a place, or on it as well."""

    @abstractmethod
    def at(self, share_N: np.ndarray) -> np.ndarray:
        """``(N,)`` the place below which so large a share lies."""

    @abstractmethod
    def take(self, rows: np.ndarray) -> Self:
        """The laws of some rows, any of them as often as named."""


class NumberLaw(Law):
    """Leaves of a column of numbers, from ``first_N`` on and before ``stop_N``, each as likely."""

    def __init__(self, kind: Numeric, first_N: np.ndarray, stop_N: np.ndarray) -> None:
        self._kind, self._first_N, self._stop_N = kind, first_N, stop_N

    @classmethod
    def after(cls, kind: Numeric, tokens_NP: np.ndarray) -> Self:
        """Of paths begun, or of none: P may be 0."""
        return cls(kind, *kind.leaves_after(tokens_NP))

    def __len__(self) -> int:
        return len(self._first_N)

    def take(self, rows: np.ndarray) -> Self:
        return type(self)(self._kind, self._first_N[rows], self._stop_N[rows])

    def below(self, limit_N: np.ndarray, inclusive: bool) -> np.ndarray:
        rank = np.clip(self._kind.rank(limit_N.astype(np.float64), inclusive), self._first_N, self._stop_N)
        return np.asarray((rank - self._first_N) / (self._stop_N - self._first_N))

    def at(self, share_N: np.ndarray) -> np.ndarray:
        rank = self._first_N + share_N * (self._stop_N - self._first_N)
        leaf = np.clip(np.floor(rank).astype(np.int64), self._first_N, self._stop_N - 1)
        return self._kind.ranked(leaf, np.clip(rank - leaf, 0.0, np.nextafter(1.0, 0.0)))


class MomentLaw(Law):
    """Moments of a column of dates, in ticks of so many nanoseconds: days at equal distances, and times on each."""

    def __init__(self, kind: Datetime, tick: int, days: Days, times: Times) -> None:
        self._kind, self._tick, self._days, self._times = kind, tick, days, times
        self._step = times.step // tick

    @classmethod
    def after(cls, kind: Datetime, tick: int, tokens_NP: np.ndarray) -> Self:
        """Of paths begun; P is at least 1."""
        return cls(kind, tick, *laws_after(kind, tokens_NP.astype(np.int64)))

    def __len__(self) -> int:
        return len(self._times.first_N)

    def take(self, rows: np.ndarray) -> Self:
        days, times = self._days, self._times
        some = Days(days.begin_N[rows], days.stride_N[rows], days.count_N[rows])
        return type(self)(self._kind, self._tick, some, Times(times.first_N[rows], times.step, times.count))

    def below(self, limit_N: np.ndarray, inclusive: bool) -> np.ndarray:
        day_N, time_N = np.divmod(limit_N + (1 if inclusive else 0), DAY_NS // self._tick)
        unit_N, is_own_N = self._kind.calendar.unit_of(day_N)
        days, times = self._days, self._times
        whole_N = np.clip(-((days.begin_N - unit_N) // days.stride_N), 0, days.count_N)
        early_N = np.clip(-((times.first_N // self._tick - time_N) // self._step), 0, times.count)
        many_N = whole_N * times.count + np.where(is_own_N & days.has_each(unit_N), early_N, 0)
        return np.asarray(many_N / (days.count_N * times.count))

    def at(self, share_N: np.ndarray) -> np.ndarray:
        days, times = self._days, self._times
        total_N = days.count_N * times.count
        number_N = np.clip(np.floor(share_N * total_N + NEAR).astype(np.int64), 0, total_N - 1)
        nth_N, of_day_N = np.divmod(number_N, times.count)
        day_N = self._kind.calendar.day_of(days.begin_N + nth_N * days.stride_N)
        return np.asarray(day_N * (DAY_NS // self._tick) + times.first_N // self._tick + of_day_N * self._step)
