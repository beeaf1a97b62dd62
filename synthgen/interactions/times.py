"""When users do things: first times, sessions, gaps in and between them, and the hour of the week.

Letters: N users, E interactions by user and in time, S sessions, C candidates, H hours of the week.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from synthgen.interactions.laws import CellLaw, even

PAUSE = 1_800
"""Seconds without anything after which a session is over: half an hour, as is usual of visits to sites."""
HOUR, DAY, WEEK = 3_600, 86_400, 604_800
MONDAY = 4 * DAY
"""Seconds from 1970-01-01, a Thursday, to the first Monday."""
GRIDS = (DAY, HOUR, 60)
"""Times that all fall on one of these are drawn on it."""
CANDIDATES = 24
"""Moments among which a session's opening is chosen, by how busy their hours are: one per hour of a day."""
REACH = DAY // 2
"""How far an opening is moved at most, so that every hour of the day is among the candidates."""
PACES = 4
"""Classes of users by how long they stay away."""


@dataclass(frozen=True)
class Timing:
    """Laws of times; all in whole seconds.

    Attributes:
        first: of users' first times.
        within: of gaps in a session.
        between: of gaps between sessions, for each class of pace.
        openings: how many new sessions per thousand later interactions, for each class of how many there are.
        bounds_K: lower ends of these classes.
        after_2: how many times as likely as by that a session opens after an interaction in one, and after one that
            opened one.
        hour_H: shares of openings by hour of the week, from Monday 0 h UTC.
        grid: all times are multiples of this.
        last: no later time is made.
    """

    first: CellLaw
    within: CellLaw
    between: tuple[CellLaw, ...]
    openings: tuple[CellLaw, ...]
    bounds_K: np.ndarray
    after_2: np.ndarray
    hour_H: np.ndarray
    grid: int
    last: int

    @classmethod
    def fit(cls, user_E: np.ndarray, time_E: np.ndarray, fewest: int) -> Timing:
        """Learn from rows by user and in time.

        Args:
            user_E: whose.
            time_E: seconds.
            fewest: users per cell of each law.
        """
        starts_E = np.r_[True, user_E[1:] != user_E[:-1]]
        gap_E = np.diff(time_E, prepend=time_E[0])
        opens_E = starts_E | (gap_E > PAUSE)
        first_U, owner_U = time_E[starts_E], user_E[starts_E]
        inner_E, away_E = ~opens_E, opens_E & ~starts_E
        n_U = np.diff(np.r_[np.flatnonzero(starts_E), len(user_E)])
        number_E = np.cumsum(starts_E) - 1
        away_U = np.bincount(number_E, away_E, len(n_U))
        rate_U = np.rint(1000 * away_U / np.maximum(n_U - 1, 1)).astype(np.int64)
        some_U = n_U > 1
        bounds_K = np.unique(np.quantile(n_U, [0, 0.25, 0.5, 0.75], method="lower"))
        bounds_K[0] = 0
        class_U = np.searchsorted(bounds_K, n_U, side="right") - 1
        openings = tuple(
            CellLaw.fit(rate_U[which] if which.any() else rate_U, None, fewest)
            for which in ((class_U == k) & some_U for k in range(len(bounds_K)))
        )
        hour_H = _hours(user_E[opens_E], time_E[opens_E], fewest)
        if not inner_E.any():
            inner_E = starts_E  # no session has two: the law is that of no gap
        return cls(
            CellLaw.fit(first_U, owner_U, fewest),
            CellLaw.fit(np.where(starts_E, 0, gap_E)[inner_E], user_E[inner_E], fewest),
            _paces(gap_E, away_E, number_E, away_U, fewest),
            openings,
            bounds_K.astype(np.int64),
            _after(starts_E, opens_E, rate_U[number_E] / 1000),
            hour_H,
            next((grid for grid in GRIDS if not (time_E % grid).any()), 1),
            int(CellLaw.fit(np.maximum.reduceat(time_E, np.flatnonzero(starts_E)), None, fewest).high_C[-1]),
        )

    def draw(self, n_N: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Times of so many interactions of each of N users, by user and ascending."""
        users = len(n_N)
        class_N = np.searchsorted(self.bounds_K, n_N, side="right") - 1
        rate_N = np.zeros(users)
        for number, law in enumerate(self.openings):
            of = np.flatnonzero(class_N == number)
            rate_N[of] = law.draw(even(len(of), rng)) / 1000
        user_E = np.repeat(np.arange(users), n_N)
        opens_E = self._opens(n_N, rate_N, rng.random(len(user_E)))
        gap_E = np.where(opens_E, 0, self.within.draw(rng.random(len(user_E))))
        session_E = np.cumsum(opens_E) - 1
        of_S = user_E[opens_E]
        length_S = np.bincount(session_E, gap_E, len(of_S)).astype(np.int64)
        start_S = self._openings(users, of_S, length_S, rng)
        passed_E = np.cumsum(gap_E)
        time_E: np.ndarray = start_S[session_E] + passed_E - passed_E[opens_E][session_E]
        time_E = time_E // self.grid * self.grid
        order = np.lexsort((time_E, user_E))
        in_time_E: np.ndarray = np.minimum(time_E, self.last // self.grid * self.grid)[order]
        return in_time_E

    def _opens(self, n_N: np.ndarray, rate_N: np.ndarray, height_E: np.ndarray) -> np.ndarray:
        """Which interactions open a session, step by step, all users at once."""
        opens_E = np.zeros(len(height_E), bool)
        start_N = np.cumsum(n_N) - n_N
        opens_E[start_N[n_N > 0]] = True
        for place in range(1, int(n_N.max(initial=0))):
            who = np.flatnonzero(n_N > place)
            row = start_N[who] + place
            opens_E[row] = height_E[row] < rate_N[who] * self.after_2[opens_E[row - 1].astype(np.int64)]
        return opens_E

    def _openings(self, users: int, of_S: np.ndarray, length_S: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """When each session begins: gaps drawn, shortened where they pass the end, moved to busy hours."""
        pace_N = rng.integers(len(self.between), size=users)
        first_N = self.first.draw(even(users, rng))
        height_S = rng.random(len(of_S))
        gap_S = np.zeros(len(of_S), np.int64)
        new_S = np.r_[True, of_S[1:] != of_S[:-1]] if len(of_S) else np.zeros(0, bool)
        for pace, law in enumerate(self.between):
            which = ~new_S & (pace_N[of_S] == pace)
            gap_S[which] = law.draw(height_S[which])
        total_N = np.bincount(of_S, gap_S, users)
        busy_N = np.bincount(of_S, length_S, users)
        room_N = np.maximum(self.last - first_N - busy_N, 0)
        shrink_N = np.minimum(1.0, room_N / np.maximum(total_N, 1))
        gap_S = np.where(new_S, 0, np.maximum((gap_S * shrink_N[of_S]).astype(np.int64), np.minimum(gap_S, PAUSE + 1)))
        step_S = gap_S + np.r_[0, length_S[:-1]] * ~new_S
        passed_S = np.cumsum(step_S)
        start_S = first_N[of_S] + passed_S - passed_S[new_S][np.cumsum(new_S) - 1]
        return self._moved(start_S, gap_S, new_S, rng)

    def _moved(self, start_S: np.ndarray, gap_S: np.ndarray, new_S: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Openings moved by half a day at most, and by less than half of the gaps beside, to hours that are busy."""
        after_S = np.r_[np.where(new_S[1:], 2 * REACH, gap_S[1:]), 2 * REACH][: len(start_S)]
        before_S = np.where(new_S, 2 * REACH, gap_S)
        reach_S = np.minimum(REACH, (np.minimum(before_S, after_S) - PAUSE) / 2)
        reach_S = np.maximum(reach_S, 0)
        part_SC = (np.arange(CANDIDATES) + rng.random((len(start_S), CANDIDATES))) / CANDIDATES * 2 - 1
        moment_SC = start_S[:, None] + (part_SC * reach_S[:, None]).astype(np.int64)
        reach_SC = np.cumsum(self.hour_H[opening_hours(moment_SC)], axis=1)
        chosen_S = (reach_SC < rng.random(len(start_S))[:, None] * reach_SC[:, -1:]).sum(1)
        moved_S: np.ndarray = moment_SC[np.arange(len(start_S)), np.minimum(chosen_S, CANDIDATES - 1)]
        return moved_S


def opening_hours(time_S: np.ndarray) -> np.ndarray:
    """The hour of the week, 0 to 167, from Monday 0 h UTC.

    Example:
        >>> opening_hours(np.array([4 * 86_400, 3_600])).tolist()  # a Monday, and 1970-01-01 1 h, a Thursday
        [0, 73]
    """
    hours: np.ndarray = (time_S - MONDAY) % WEEK // HOUR
    return hours


def _hours(user_S: np.ndarray, time_S: np.ndarray, fewest: int) -> np.ndarray:
    """Shares of openings by hour of the week; an hour of too few users counts as one opening."""
    hour_S = opening_hours(time_S)
    pairs = np.unique(np.stack([hour_S, user_S]), axis=1)[0]
    held_H = np.bincount(pairs, minlength=168)
    hour_H: np.ndarray = np.where(held_H >= fewest, np.bincount(hour_S, minlength=168), 0) + 1.0
    hour_H /= hour_H.sum()
    return hour_H


def _after(starts_E: np.ndarray, opens_E: np.ndarray, rate_E: np.ndarray) -> np.ndarray:
    """Openings after an interaction that opened none, and after one that did, over what users' rates expect."""
    later = np.flatnonzero(~starts_E)
    after = opens_E[later - 1].astype(np.int64)
    expected_2 = np.bincount(after, rate_E[later], 2)
    found_2: np.ndarray = (np.bincount(after, opens_E[later], 2) + 1) / (expected_2 + 1)
    return found_2


def _paces(
    gap_E: np.ndarray, away_E: np.ndarray, number_E: np.ndarray, away_U: np.ndarray, fewest: int
) -> tuple[CellLaw, ...]:
    """Laws of gaps between sessions of users who stay away for shorter or longer, in classes of like size."""
    if not away_E.any():
        return (CellLaw.fit(np.full(1, PAUSE + 1), None, 1),)
    mean_U = np.bincount(number_E, away_E * np.log(np.maximum(gap_E, 1)), len(away_U)) / np.maximum(away_U, 1)
    some_U = np.flatnonzero(away_U)
    classes = int(np.clip(len(some_U) // (4 * fewest), 1, PACES))
    pace_U = np.full(len(away_U), -1)
    pace_U[some_U[np.argsort(mean_U[some_U], kind="stable")]] = np.arange(len(some_U)) * classes // len(some_U)
    of_E = np.where(away_E, pace_U[number_E], -1)
    return tuple(CellLaw.fit(gap_E[of_E == pace], number_E[of_E == pace], fewest) for pace in range(classes))
