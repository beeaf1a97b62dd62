"""What a recommender is.

Letters, in all files here: U users, I items, E interactions, F factors, B items or users of a block.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np

from synthgen.interactions import Interactions

Scorer = Callable[[Interactions], np.ndarray]
"""Histories of any users, of the items that it was fitted on -> ``(U, I)``, a score per item, higher is better."""


class Recommender(Protocol):
    """Learns from some users what others will take. A new one is a file, a test, and a line in ``RECOMMENDERS``.

    Users that it learned from mean nothing to the one who asks: their histories are not looked up, so that it can be
    taught by made users and be asked for real ones.
    """

    name: str
    title: str

    def lacks(self, taken: Interactions) -> str:
        """Why it cannot learn from these interactions, or cannot be tried here; empty: it can."""
        ...

    def fit(self, taken: Interactions, rng: np.random.Generator) -> Scorer:
        """What it recommends to whom, learned from these interactions; equal seeds, equal scores."""
        ...
