"""Linkage by whom people are tied to: a list of friends is a fingerprint, even where all names are changed."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from synthgen.metrics.base import Direction, Group
from synthgen.metrics.people.base import People, matrices, overlap


class FollowLists:
    """How alike a person's friends are to those of a made one, by how many ties these have themselves.

    Source:
        Hay et al. 2008, doi:10.14778/1453856.1453873: how many ties the neighbours of a node have names it.
    """

    name = "follow_lists"
    title = "Linkage by whom people follow"
    group: Group = "privacy"
    direction: Direction = "lower"
    deed: ClassVar[str] = "finds by whom they follow"
    lacking: ClassVar[str] = "there are no ties between people"

    def scores(self, real: People, made: People, rng: np.random.Generator) -> dict[str, np.ndarray]:
        found = {}
        for name in real.friends:
            if name in made.friends:
                pair = matrices(real.friends[name], made.friends[name], real.n_people, made.n_people)
                found[name] = overlap(*pair)
        return {name: score_N for name, score_N in found.items() if score_N.any()}
