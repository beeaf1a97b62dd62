"""The same list for everyone."""

from __future__ import annotations

import numpy as np

from synthgen.interactions import Interactions
from synthgen.metrics.recommendation.recommenders.base import Scorer


class Popularity:
    """Items by how many users took them."""

    name = "popularity"
    title = "popularity"

    def lacks(self, taken: Interactions) -> str:
        return ""

    def fit(self, taken: Interactions, rng: np.random.Generator) -> Scorer:
        holders_I = np.bincount(taken.matrix().indices, minlength=taken.n_items).astype(np.float64)
        return lambda histories: np.tile(holders_I, (histories.n_users, 1))
