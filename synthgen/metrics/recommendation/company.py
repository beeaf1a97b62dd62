"""Which items are taken by the same users, and which come one after the other.

Letters: I items, T the most popular of them, S steps from one interaction of a user to the next.
"""

from __future__ import annotations

import numpy as np

from synthgen.interactions import Interactions
from synthgen.metrics.base import Direction, Result
from synthgen.metrics.recommendation.base import law_distance, missing

TOP = 200
"""Most popular items, whose 19,900 pairs have enough users in common to be counted."""


class CoOccurrence:
    """How cosines of pairs of popular items go together with the real ones."""

    name = "co_occurrence"
    title = "Items taken together"
    direction: Direction = "higher"

    def compute(
        self, real: Interactions, synthetic: Interactions, floor: Interactions | None, rng: np.random.Generator
    ) -> Result:
        top_T = np.argsort(-real.per_item_I, kind="stable")[:TOP]
        top_T = top_T[real.per_item_I[top_T] > 0]
        found = [_pairs(view, top_T) for view in (real, synthetic, *([] if floor is None else [floor]))]
        if len(top_T) < 3 or not found[0].std():
            return missing(self, "three items that users take together in different measure are not there")
        alike = [_correlation(found[0], other) for other in found[1:]]
        return Result(
            self.name,
            self.title,
            alike[0],
            self.direction,
            floor=alike[1] if floor is not None else None,
            unit="score",
            sentence=f"correlation of the cosines of all pairs of the {len(top_T)} most popular items",
            details={"mean_cosine": [float(one.mean()) for one in found[:2]]},
        )


def cosines(taken: Interactions, items: np.ndarray) -> np.ndarray:
    """``(T, T)``: users in common of two items, over the geometric mean of their users."""
    columns_UT = taken.matrix()[:, items]
    shared_TT = (columns_UT.T @ columns_UT).toarray()
    length_T = np.sqrt(np.maximum(np.diag(shared_TT), 1))
    found_TT: np.ndarray = shared_TT / length_T[:, None] / length_T
    return found_TT


def _pairs(taken: Interactions, items: np.ndarray) -> np.ndarray:
    return cosines(taken, items)[np.triu_indices(len(items), 1)]


def _correlation(x_N: np.ndarray, y_N: np.ndarray) -> float:
    """0 where one of them is the same throughout."""
    return float(np.corrcoef(x_N, y_N)[0, 1]) if x_N.std() and y_N.std() else 0.0


class Succession:
    """How near to one another the items are that a user takes one after the other, by the real users' company."""

    name = "succession"
    title = "Items one after the other"
    direction: Direction = "lower"

    def compute(
        self, real: Interactions, synthetic: Interactions, floor: Interactions | None, rng: np.random.Generator
    ) -> Result:
        views = [real, synthetic, *([] if floor is None else [floor])]
        if any(view.time_E is None for view in views):
            return missing(self, "there are no times")
        top_T = np.argsort(-real.per_item_I, kind="stable")[:TOP]
        place_I = np.full(real.n_items, -1)
        place_I[top_T] = np.arange(len(top_T))
        near_TT = cosines(real, top_T)
        laws = [_steps(view, place_I, near_TT) for view in views]
        if len(laws[0]) < 2:
            return missing(self, "no user takes two popular items one after the other")
        away = [law_distance(laws[0], law) for law in laws[1:]]
        return Result(
            self.name,
            self.title,
            away[0],
            self.direction,
            floor=away[1] if floor is not None else None,
            unit="score",
            sentence=f"MMD of the real cosine of items taken one after the other, of the {len(top_T)} most popular",
            details={"mean": [float(law.mean()) if len(law) else None for law in laws[:2]]},
        )


def _steps(taken: Interactions, place_I: np.ndarray, near_TT: np.ndarray) -> np.ndarray:
    """``(S,)``: nearness of two items in a row of one user, both popular and not the same."""
    order_E = taken.order_E
    user_E, place_E = taken.user_E[order_E], place_I[taken.item_E[order_E]]
    a_S, b_S = place_E[:-1], place_E[1:]
    fine_S = (user_E[1:] == user_E[:-1]) & (a_S >= 0) & (b_S >= 0) & (a_S != b_S)
    found_S: np.ndarray = near_TT[a_S[fine_S], b_S[fine_S]]
    return found_S


class Repeats:
    """How far the share of interactions that repeat an earlier one of the same user is from the real one."""

    name = "repeats"
    title = "Items taken again"
    direction: Direction = "lower"

    def compute(
        self, real: Interactions, synthetic: Interactions, floor: Interactions | None, rng: np.random.Generator
    ) -> Result:
        views = [real, synthetic, *([] if floor is None else [floor])]
        if not all(len(view) for view in views):
            return missing(self, "there are no interactions")
        again = [1 - view.matrix().nnz / len(view) for view in views]
        rule = "; the real users never take an item twice" if not again[0] else ""
        return Result(
            self.name,
            self.title,
            abs(again[1] - again[0]),
            self.direction,
            floor=abs(again[2] - again[0]) if floor is not None else None,
            sentence=f"difference between the shares of interactions that repeat an earlier one{rule}",
            details={"share": again[:2]},
        )
