"""Interactions of some users: how many, of which items, in which order, when, and how they are rated.

Letters: E interactions, I items, N users, F frequent items, D different items of the users.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from synthgen.interactions.catalogue import Catalogue
from synthgen.interactions.company import Herd
from synthgen.interactions.drawing import draw_sets
from synthgen.interactions.laws import CellLaw, even
from synthgen.interactions.ordering import Near, not_before, ordered
from synthgen.interactions.table import Interactions


class Drawing:
    """Draws users, some after others.

    Args:
        parts: of the model.
        items: ``(I,)`` whether each item may be taken; None: any that were.
    """

    def __init__(self, parts: Mapping[str, Any], items: np.ndarray | None) -> None:
        self.parts = parts
        catalogue: Catalogue = parts["catalogue"]
        self.catalogue = catalogue if items is None else catalogue.only(items)
        self.herd = Herd(parts["company"])
        self.near = Near.of(parts["company"], parts["nearness"], len(catalogue.cluster_I))

    def amounts(self, size: int, rng: np.random.Generator) -> np.ndarray:
        """How many different items each of so many users takes."""
        most = int(self.catalogue.possible_I.sum())
        many_N: np.ndarray = np.clip(self.parts["many"].draw(even(size, rng)), 0, most)
        return many_N

    def times(self, size: int, rng: np.random.Generator) -> np.ndarray:
        """How often each of so many items is taken by its user."""
        again: CellLaw | None = self.parts["again"]
        return np.ones(size, np.int64) if again is None else again.draw(rng.random(size))

    def parted(self, rows_N: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Users' interactions as different items, and how often each is taken."""
        possible = int(self.catalogue.possible_I.sum())
        rows_N = rows_N.astype(np.int64) if possible else np.zeros(len(rows_N), np.int64)
        if self.parts["again"] is None:
            n_N = np.minimum(rows_N, possible)
            return n_N, np.ones(int(n_N.sum()), np.int64)
        user_D = np.repeat(np.arange(len(rows_N)), rows_N)
        times_D = self.times(len(user_D), rng)
        start_N = np.cumsum(rows_N) - rows_N
        passed_D = np.r_[0, np.cumsum(times_D)]
        before_D = passed_D[:-1] - passed_D[start_N[user_D]]
        needed_D = (before_D < rows_N[user_D]) & (np.arange(len(user_D)) - start_N[user_D] < possible)
        user_D, times_D, before_D = user_D[needed_D], times_D[needed_D], before_D[needed_D]
        times_D = np.minimum(times_D, rows_N[user_D] - before_D)
        n_N = np.bincount(user_D, minlength=len(rows_N))
        last_N = np.cumsum(n_N)[n_N > 0] - 1
        times_D[last_N] += (rows_N - np.bincount(user_D, times_D, len(rows_N)).astype(np.int64))[n_N > 0]
        return n_N, times_D

    def users(
        self,
        n_N: np.ndarray,
        times_D: np.ndarray,
        group_N: np.ndarray,
        rng: np.random.Generator,
    ) -> Interactions:
        """Interactions of users of these groups, who take so many different items so often."""
        catalogue, tastes, timing = self.catalogue, self.parts["tastes"], self.parts["timing"]
        user_D = np.repeat(np.arange(len(n_N)), n_N)
        rows_N = np.bincount(user_D, times_D, len(n_N)).astype(np.int64)
        time_E = None if timing is None else timing.draw(rows_N, rng)
        last_N = None
        if time_E is not None:
            last_N = np.full(len(n_N), np.iinfo(np.int64).max)
            last_N[rows_N > 0] = time_E[np.cumsum(rows_N)[rows_N > 0] - 1]
        shares_NC = tastes.draw_shares(group_N, rng)
        user_D, item_D = draw_sets(catalogue, shares_NC, n_N, last_N, rng)
        user_D, item_D = self._in_company(user_D, item_D, last_N, len(n_N), rng)
        user_E, item_E = np.repeat(user_D, times_D), np.repeat(item_D, times_D)
        order_E = ordered(user_E, catalogue.cluster_I[item_E], self.parts["steps"], rng, self.near.at(item_E))
        item_E = item_E[order_E]
        if time_E is not None and catalogue.since_I is not None:
            item_E = item_E[not_before(user_E, catalogue.since_I[item_E], time_E)]
        rating = self.parts["rating"]
        rating_E = None if rating is None else rating.draw(user_E, item_E, len(n_N), rng)
        return Interactions(user_E, item_E, len(n_N), len(catalogue.cluster_I), rating_E, time_E)

    def _in_company(
        self,
        user_D: np.ndarray,
        item_D: np.ndarray,
        last_N: np.ndarray | None,
        users: int,
        rng: np.random.Generator,
    ) -> tuple[np.ndarray, np.ndarray]:
        """The sets after frequent items were exchanged; how many of them a user has stays."""
        catalogue, company = self.catalogue, self.parts["company"]
        if len(company.item_F) < 2:
            return user_D, item_D
        place_I = np.full(len(catalogue.cluster_I), -1)
        place_I[company.item_F] = np.arange(len(company.item_F))
        frequent_D = place_I[item_D] >= 0
        has_NF = np.zeros((users, len(company.item_F)), bool)
        has_NF[user_D[frequent_D], place_I[item_D[frequent_D]]] = True
        possible_F = catalogue.possible_I[company.item_F]
        allowed_NF = None if possible_F.all() else np.broadcast_to(possible_F, has_NF.shape)
        if last_N is not None and catalogue.since_I is not None:
            there_NF = catalogue.since_I[company.item_F] <= last_N[:, None]
            allowed_NF = there_NF if allowed_NF is None else there_NF & allowed_NF
        self.herd.correct(has_NF, allowed_NF, rng)
        user_K, place_K = np.nonzero(has_NF)
        user_D = np.r_[user_D[~frequent_D], user_K]
        item_D = np.r_[item_D[~frequent_D], company.item_F[place_K]]
        order = np.argsort(user_D, kind="stable")
        return user_D[order], item_D[order]
