"""How much users take, how often items are taken, and how unevenly.

Letters: N users or items, I items.
"""

from __future__ import annotations

import numpy as np

from synthgen.interactions import Interactions
from synthgen.metrics.base import Direction, Result
from synthgen.metrics.recommendation.base import between_shares, law_distance
from synthgen.metrics.recommendation.ranking import gini

SIDES = {"user": "per_user_U", "item": "per_item_I"}


class Amounts:
    """The law of interactions per user or per item: of items, the popularity curve."""

    direction: Direction = "lower"

    def __init__(self, side: str) -> None:
        self.side = side
        self.name = {"user": "per_user", "item": "popularity_curve"}[side]
        self.title = {"user": "Interactions per user", "item": "Popularity curve"}[side]

    def compute(
        self, real: Interactions, synthetic: Interactions, floor: Interactions | None, rng: np.random.Generator
    ) -> Result:
        def law(taken: Interactions) -> np.ndarray:
            law_N: np.ndarray = np.log1p(getattr(taken, SIDES[self.side]))
            return law_N

        return Result(
            self.name,
            self.title,
            law_distance(law(real), law(synthetic)),
            self.direction,
            floor=None if floor is None else law_distance(law(real), law(floor)),
            unit="score",
            sentence=f"MMD of log(1 + interactions per {self.side}), Gaussian kernel one standard deviation wide",
        )


class Unevenness:
    """How far the Gini coefficient of users or items is from the real one."""

    direction: Direction = "lower"

    def __init__(self, side: str) -> None:
        self.side = side
        self.name = f"gini_of_{side}s"
        self.title = f"Gini of {side}s"

    def compute(
        self, real: Interactions, synthetic: Interactions, floor: Interactions | None, rng: np.random.Generator
    ) -> Result:
        views = [real, synthetic, *([] if floor is None else [floor])]
        found = [gini(getattr(view, SIDES[self.side])) for view in views]
        return Result(
            self.name,
            self.title,
            abs(found[1] - found[0]),
            self.direction,
            floor=abs(found[2] - found[0]) if floor is not None else None,
            unit="score",
            sentence=f"difference between the Gini coefficients of interactions per {self.side}",
            details={"gini": found[:2]},
        )


class Coverage:
    """How far the part of the catalogue that anyone takes is from the real one."""

    name = "catalogue"
    title = "Part of the catalogue taken"
    direction: Direction = "lower"

    def compute(
        self, real: Interactions, synthetic: Interactions, floor: Interactions | None, rng: np.random.Generator
    ) -> Result:
        views = [real, synthetic, *([] if floor is None else [floor])]
        found = [float((view.per_item_I > 0).mean()) for view in views]
        return Result(
            self.name,
            self.title,
            abs(found[1] - found[0]),
            self.direction,
            floor=abs(found[2] - found[0]) if floor is not None else None,
            sentence="difference between the shares of items that anyone takes",
            details={"share": found[:2]},
        )


class Popularity:
    """Which items are popular: the total variation between the items' shares of all interactions."""

    name = "popularity"
    title = "Popularity of each item"
    direction: Direction = "lower"

    def compute(
        self, real: Interactions, synthetic: Interactions, floor: Interactions | None, rng: np.random.Generator
    ) -> Result:
        return Result(
            self.name,
            self.title,
            between_shares(real.per_item_I, synthetic.per_item_I),
            self.direction,
            floor=None if floor is None else between_shares(real.per_item_I, floor.per_item_I),
            sentence="total variation of interactions over items",
        )


class Mainstream:
    """Whether some users keep to what is popular and others do not."""

    name = "mainstream"
    title = "Users' taste for the popular"
    direction: Direction = "lower"

    def compute(
        self, real: Interactions, synthetic: Interactions, floor: Interactions | None, rng: np.random.Generator
    ) -> Result:
        return Result(
            self.name,
            self.title,
            law_distance(_taste(real), _taste(synthetic)),
            self.direction,
            floor=None if floor is None else law_distance(_taste(real), _taste(floor)),
            unit="score",
            sentence="MMD of the mean over a user's items of log(1 + other users' interactions with it)",
        )


def _taste(taken: Interactions) -> np.ndarray:
    """Per user with any interaction; their own do not count."""
    popular_E = np.log(np.maximum(taken.per_item_I, 1))[taken.item_E]
    some_U = taken.per_user_U > 0
    sum_U = np.bincount(taken.user_E, popular_E, minlength=taken.n_users)
    taste_U: np.ndarray = sum_U[some_U] / taken.per_user_U[some_U]
    return taste_U
