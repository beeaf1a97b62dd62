"""Linkage by what people chose: who knows a person's films finds them among the made people."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from synthgen.metrics.base import Direction, Group
from synthgen.metrics.people.base import People, matrices, overlap


class ItemSets:
    """How much of what a person chose a made person chose too, what few chose weighing most.

    Source:
        Narayanan and Shmatikov 2008, doi:10.1109/SP.2008.33: rare films name their viewers.
    """

    name = "item_sets"
    title = "Linkage by what people chose"
    group: Group = "privacy"
    direction: Direction = "lower"
    deed: ClassVar[str] = "finds by what they chose"
    lacking: ClassVar[str] = "nothing is chosen that real and made people have in common"

    def scores(self, real: People, made: People, rng: np.random.Generator) -> dict[str, np.ndarray]:
        found = {}
        for name in real.items:
            if name in made.items:
                pair = matrices(real.items[name], made.items[name], real.n_people, made.n_people)
                score_N = overlap(*pair)
                if score_N.any():
                    found[name] = score_N
        return found
