"""Linkage by when people were there: moments that nobody else shares, and the rhythm of weeks and pauses.

Letters: N people, H hours of the week, G lengths of pauses.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pyarrow.compute as pc

from synthgen.metrics.base import Direction, Group
from synthgen.metrics.people.base import Held, People, matrices, nearness, overlap

HOUR, WEEK = 3_600, 168
PAUSES = np.r_[0.0, 2.0 ** np.arange(0, 26, 2), np.inf]
"""Bounds of pauses in seconds: each four times the one before, to more than a year."""


class PostingTimes:
    """How many rare moments a person shares with a made one, and how alike their weeks and pauses are.

    Source:
        de Montjoye et al. 2013, doi:10.1038/srep01376: a few moments name most people.
    """

    name = "posting_times"
    title = "Linkage by posting times"
    group: Group = "privacy"
    direction: Direction = "lower"
    deed: ClassVar[str] = "finds by the times of their rows"
    lacking: ClassVar[str] = "no table of people's rows has times"

    def scores(self, real: People, made: People, rng: np.random.Generator) -> dict[str, np.ndarray]:
        found = {}
        for name in real.times:
            if name not in made.times:
                continue
            one, other = real.times[name], made.times[name]
            shared_N = overlap(*matrices(one, other, real.n_people, made.n_people))
            if shared_N.any():
                found[f"{name}: moments"] = shared_N
            found[f"{name}: rhythm"] = nearness(rhythm(one, real.n_people), rhythm(other, made.n_people))
        return found


def rhythm(times: Held, n_people: int) -> np.ndarray:
    """``(N, H + G)`` roots of the shares of hours of the week and of lengths of pauses; 0 throughout without rows.

    The distance of two such rows is Hellinger's, times the root of 2.
    """
    second_M = pc.fill_null(times.value_M, -1).to_numpy(zero_copy_only=False).astype(np.int64)
    there = second_M >= 0
    order = np.lexsort((second_M[there], times.person_M[there]))
    person_M, second_M = times.person_M[there][order], second_M[there][order]
    hours = np.zeros((n_people, WEEK))
    np.add.at(hours, (person_M, second_M // HOUR % WEEK), 1.0)
    same = person_M[1:] == person_M[:-1]
    pauses = np.zeros((n_people, len(PAUSES) - 1))
    place = np.searchsorted(PAUSES, np.diff(second_M)[same], side="right") - 1
    np.add.at(pauses, (person_M[1:][same], place), 1.0)
    return np.concatenate([np.sqrt(x / np.maximum(x.sum(1, keepdims=True), 1.0)) for x in (hours, pauses)], axis=1)
