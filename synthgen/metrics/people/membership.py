"""Membership: who knows what a person is like as a whole tells whether they are among those who were learned from."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from synthgen.metrics.base import Direction, Group
from synthgen.metrics.people.base import People, nearness


class Membership:
    """How near a person's sums (rows, means, shares, columns of their own) are to those of a made one.

    Each is taken as its rank among real people, so that a few giants do not drown the rest; missing ones stand in the
    middle.

    Source:
        Chen et al. 2020, doi:10.1145/3372297.3417238, for rows: here for people.
    """

    name = "people_membership"
    title = "Membership of people"
    group: Group = "privacy"
    direction: Direction = "lower"
    deed: ClassVar[str] = "rightly takes for one who was learned from"
    lacking: ClassVar[str] = "there are no numbers or labels that sum people up"

    def scores(self, real: People, made: People, rng: np.random.Generator) -> dict[str, np.ndarray]:
        names = [name for name in real.features if name in made.features and np.ptp(_known(real.features[name])) > 0]
        if not names:
            return {}
        ranks = [_ranks(real.features[name], made.features[name]) for name in names]
        return {f"{len(names)} sums": nearness(*(np.stack(side, axis=1) for side in zip(*ranks, strict=True)))}


def _known(x_N: np.ndarray) -> np.ndarray:
    """What is known; one zero where nothing is."""
    known: np.ndarray = np.r_[x_N[~np.isnan(x_N)], [] if (~np.isnan(x_N)).any() else [0.0]]
    return known


def _ranks(real_N: np.ndarray, made_N: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The shares of real people below each, equal ones counted as half."""
    known = np.sort(_known(real_N))
    found = []
    for x_N in (real_N, made_N):
        below = np.searchsorted(known, x_N, side="left") + np.searchsorted(known, x_N, side="right")
        found.append(np.where(np.isnan(x_N), 0.5, below / (2 * len(known))))
    return found[0], found[1]
