"""How users rate: all together, user by user, item by item.

Letters: E interactions with a rating, N users or items, G the most rated items.
"""

from __future__ import annotations

import numpy as np

from synthgen.interactions import Interactions
from synthgen.metrics.base import Direction, Result
from synthgen.metrics.recommendation.base import between_shares, law_distance, missing

FEWEST = 5
"""Ratings that a user or an item must have for a mean."""
CLASSES = 20
"""More different ratings than this are counted in so many classes of equal share."""
NO_RATINGS = "there are no ratings"


class Ratings:
    """The law of all ratings."""

    name = "ratings"
    title = "Ratings"
    direction: Direction = "lower"

    def compute(
        self, real: Interactions, synthetic: Interactions, floor: Interactions | None, rng: np.random.Generator
    ) -> Result:
        laws = [_known(view)[1] for view in (real, synthetic, *([] if floor is None else [floor]))]
        if not all(map(len, laws)):
            return missing(self, NO_RATINGS)
        values = np.unique(np.concatenate(laws))
        if len(values) > CLASSES:
            values = np.unique(np.quantile(laws[0], np.linspace(0, 1, CLASSES + 1)[:-1]))
        counts = [np.bincount(np.searchsorted(values, law, "right"), minlength=len(values) + 1) for law in laws]
        away = [between_shares(counts[0], other) for other in counts[1:]]
        return Result(
            self.name,
            self.title,
            away[0],
            self.direction,
            floor=away[1] if floor is not None else None,
            sentence=f"total variation of ratings over {len(values)} values",
            details={"mean": [float(law.mean()) for law in laws[:2]]},
        )


class RatingsByUser:
    """How users differ in what they give on average, and in how much it varies."""

    name = "ratings_by_user"
    title = "Ratings by user"
    direction: Direction = "lower"

    def compute(
        self, real: Interactions, synthetic: Interactions, floor: Interactions | None, rng: np.random.Generator
    ) -> Result:
        laws = [_moments(view, "user") for view in (real, synthetic, *([] if floor is None else [floor]))]
        if not all(len(law[0]) for law in laws):
            return missing(self, f"no user has {FEWEST} ratings" if _known(real)[1].size else NO_RATINGS)
        away = [(law_distance(laws[0][0], law[0]) + law_distance(laws[0][1], law[1])) / 2 for law in laws[1:]]
        return Result(
            self.name,
            self.title,
            away[0],
            self.direction,
            floor=away[1] if floor is not None else None,
            unit="score",
            sentence=f"MMD of mean and standard deviation of the ratings of users with {FEWEST} or more, averaged",
        )


class RatingsByItem:
    """How far the mean ratings of items are from the real ones."""

    name = "ratings_by_item"
    title = "Ratings by item"
    direction: Direction = "lower"

    def compute(
        self, real: Interactions, synthetic: Interactions, floor: Interactions | None, rng: np.random.Generator
    ) -> Result:
        views = [real, synthetic, *([] if floor is None else [floor])]
        if any(view.rating_E is None for view in views):
            return missing(self, NO_RATINGS)
        spread = float(_known(real)[1].std()) if len(_known(real)[1]) else 0.0
        away = [_items_apart(real, other) for other in views[1:]]
        if not spread or any(one is None for one in away):
            return missing(self, f"no item has {FEWEST} ratings on both sides, or all ratings are alike")
        return Result(
            self.name,
            self.title,
            float(away[0] or 0.0) / spread,
            self.direction,
            floor=float(away[1] or 0.0) / spread if floor is not None else None,
            unit="score",
            sentence=f"mean difference of the mean ratings of items with {FEWEST} or more on both sides, weighed by "
            "their real ratings, in standard deviations of a rating",
        )


def _known(taken: Interactions) -> tuple[np.ndarray, np.ndarray]:
    """Which rows have a rating, and the ratings."""
    if taken.rating_E is None:
        return np.zeros(len(taken), bool), np.zeros(0)
    known_E = ~np.isnan(taken.rating_E)
    return known_E, taken.rating_E[known_E]


def _means(taken: Interactions, side: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Ratings, their mean and their standard deviation, per user or item."""
    known_E, rating_E = _known(taken)
    code_E = (taken.user_E if side == "user" else taken.item_E)[known_E]
    n = taken.n_users if side == "user" else taken.n_items
    many_N = np.bincount(code_E, minlength=n)
    mean_N = np.bincount(code_E, rating_E, minlength=n) / np.maximum(many_N, 1)
    square_N = np.bincount(code_E, (rating_E - mean_N[code_E]) ** 2, minlength=n) / np.maximum(many_N, 1)
    return many_N, mean_N, np.sqrt(square_N)


def _moments(taken: Interactions, side: str) -> tuple[np.ndarray, np.ndarray]:
    many_N, mean_N, spread_N = _means(taken, side)
    return mean_N[many_N >= FEWEST], spread_N[many_N >= FEWEST]


def _items_apart(real: Interactions, other: Interactions) -> float | None:
    many_N, mean_N, _ = _means(real, "item")
    many_other_N, mean_other_N, _ = _means(other, "item")
    fine_N = (many_N >= FEWEST) & (many_other_N >= FEWEST)
    if not fine_N.any():
        return None
    return float(np.average(np.abs(mean_N - mean_other_N)[fine_N], weights=many_N[fine_N]))
