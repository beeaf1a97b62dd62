"""When users come: gaps, sessions, hours of the week.

Letters: G gaps between a user's interactions, S sessions.
"""

from __future__ import annotations

import numpy as np

from synthgen.interactions import Interactions
from synthgen.metrics.base import Direction, Result
from synthgen.metrics.recommendation.base import between_shares, law_distance, missing

PAUSE = 1_800
"""Seconds without an interaction that end a session: half an hour, as is usual of visits to sites."""
HOUR, WEEK = 3_600, 168
"""Seconds in an hour, hours in a week."""
NO_TIMES = "there are no times"


class Gaps:
    """The law of the time between a user's interactions."""

    name = "gaps"
    title = "Gaps in time"
    direction: Direction = "lower"

    def compute(
        self, real: Interactions, synthetic: Interactions, floor: Interactions | None, rng: np.random.Generator
    ) -> Result:
        views = [real, synthetic, *([] if floor is None else [floor])]
        if any(view.time_E is None for view in views):
            return missing(self, NO_TIMES)
        laws = [np.log1p(gaps(view)[0]) for view in views]
        away = [law_distance(laws[0], law) for law in laws[1:]]
        return Result(
            self.name,
            self.title,
            away[0],
            self.direction,
            floor=away[1] if floor is not None else None,
            unit="score",
            sentence="MMD of log(1 + seconds between interactions of a user), Gaussian kernel one standard deviation "
            "wide",
        )


class Sessions:
    """How long sessions are, and how many of them users have."""

    name = "sessions"
    title = "Sessions"
    direction: Direction = "lower"

    def compute(
        self, real: Interactions, synthetic: Interactions, floor: Interactions | None, rng: np.random.Generator
    ) -> Result:
        views = [real, synthetic, *([] if floor is None else [floor])]
        if any(view.time_E is None for view in views):
            return missing(self, NO_TIMES)
        laws = [sessions(view) for view in views]
        away = [
            float(
                np.mean(
                    [law_distance(np.log1p(mine), np.log1p(other)) for mine, other in zip(laws[0], law, strict=True)]
                )
            )
            for law in laws[1:]
        ]
        return Result(
            self.name,
            self.title,
            away[0],
            self.direction,
            floor=away[1] if floor is not None else None,
            unit="score",
            sentence="MMD of the logarithms of interactions per session and sessions per user, averaged; "
            f"{PAUSE // 60} minutes without an interaction end a session",
            details={"mean_length": [float(law[0].mean()) if len(law[0]) else None for law in laws[:2]]},
        )


class HourOfWeek:
    """At which hours of the week things happen."""

    name = "hour_of_week"
    title = "Hour of the week"
    direction: Direction = "lower"

    def compute(
        self, real: Interactions, synthetic: Interactions, floor: Interactions | None, rng: np.random.Generator
    ) -> Result:
        views = [real, synthetic, *([] if floor is None else [floor])]
        if any(view.time_E is None for view in views):
            return missing(self, NO_TIMES)
        laws = [np.bincount(starts(view) // HOUR % WEEK, minlength=WEEK) for view in views]
        away = [between_shares(laws[0], law) for law in laws[1:]]
        return Result(
            self.name,
            self.title,
            away[0],
            self.direction,
            floor=away[1] if floor is not None else None,
            sentence="total variation of the starts of sessions over the 168 hours of the week",
        )


def gaps(taken: Interactions) -> tuple[np.ndarray, np.ndarray]:
    """Seconds between interactions of one user, and for each row in order whether the row before is of its user."""
    if taken.time_E is None:
        raise ValueError(NO_TIMES)
    user_E, time_E = taken.user_E[taken.order_E], taken.time_E[taken.order_E]
    same_E = np.r_[False, user_E[1:] == user_E[:-1]][: len(user_E)]
    return np.diff(time_E, prepend=0)[same_E], same_E


def sessions(taken: Interactions) -> tuple[np.ndarray, np.ndarray]:
    """Interactions of each session, and sessions of each user that has any.

    Example:
        >>> at = np.array([0, 60, 9_000, 9_060])
        >>> sessions(Interactions.of(np.array([0, 0, 0, 1]), np.arange(4), time_E=at))
        (array([2, 1, 1]), array([2, 1]))
    """
    first_E = _first(taken)
    session_E = np.cumsum(first_E) - 1
    per_user_U = np.bincount(taken.user_E[taken.order_E][first_E], minlength=taken.n_users)
    return np.bincount(session_E), per_user_U[per_user_U > 0]


def starts(taken: Interactions) -> np.ndarray:
    """When sessions start, in seconds."""
    if taken.time_E is None:
        raise ValueError(NO_TIMES)
    found_S: np.ndarray = taken.time_E[taken.order_E][_first(taken)]
    return found_S


def _first(taken: Interactions) -> np.ndarray:
    """For each row in order, whether a session starts with it."""
    gap_G, same_E = gaps(taken)
    first_E = ~same_E
    first_E[same_E] = gap_G > PAUSE
    return first_E
