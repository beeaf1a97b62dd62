"""How users rate: a user's level and habit, an item's level, and a law of values given both.

Letters: E interactions, U users, I items, N users drawn, V cells of values, H habits, B bands of liking.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.cluster import KMeans

from synthgen.interactions.laws import CellLaw, even, given

PULL = 5.0
"""Ratings at the mean of all that are added to each user's and item's own: the usual strength of such damping."""
CLASSES = 4
"""Of users by how much they do: those who rate more rate otherwise."""
USERS_PER_HABIT = 60
MOST_HABITS = 8
BANDS = 24
"""Of equal mass, by how much a rating is expected to be: 4 % each."""
MOST_VALUES = 100
"""More different values than this are a number, kept in cells, rather than a scale."""
FINE = 100
"""Levels are kept to a hundredth of the spread of all ratings."""
OWN_WEIGHT = 20.0
"""Ratings that a habit needs in a band for its law to count as much as the band's."""
ROUNDS = 5
"""Of fitting users' and items' levels in turn; they move by under a hundredth in the last."""


@dataclass(frozen=True)
class Rating:
    """Laws of ratings.

    Attributes:
        low_V: the smallest rating of each cell of values; the last cell is that of missing ratings.
        high_V: the largest; the same where values are a scale.
        item_I: level of each item, in spreads above the mean; of rare ones their cluster's.
        level: of users' levels in hundredths, for each habit.
        bounds_K: lower ends of classes of how many interactions a user has.
        habit_KH: chances of habits given the class.
        bounds_B: upper ends of bands of user's plus item's level, the last excepted.
        chance_HBV: chances of cells given habit and band.
    """

    low_V: np.ndarray
    high_V: np.ndarray
    item_I: np.ndarray
    level: tuple[CellLaw, ...]
    bounds_K: np.ndarray
    habit_KH: np.ndarray
    bounds_B: np.ndarray
    chance_HBV: np.ndarray

    @classmethod
    def fit(
        cls,
        user_E: np.ndarray,
        item_E: np.ndarray,
        rating_E: np.ndarray,
        cluster_I: np.ndarray,
        fewest: int,
        rng: np.random.Generator,
    ) -> Rating:
        """Learn from rows, at least one of which is rated.

        Args:
            user_E: whose.
            item_E: of what.
            rating_E: ratings, NaN where missing.
            cluster_I: the cluster of each item.
            fewest: users whom an item, a value or a cell must have.
            rng: finds habits.
        """
        user_E = np.unique(user_E, return_inverse=True)[1]
        n_users, n_items = int(user_E.max()) + 1, len(cluster_I)
        rated_E = np.isfinite(rating_E)
        low_V, high_V = _values(rating_E[rated_E], user_E[rated_E], fewest)
        value_E = np.where(rated_E, np.searchsorted(low_V, np.nan_to_num(rating_E), side="right") - 1, len(low_V))
        value_E = np.maximum(value_E, 0)
        mean, spread = float(rating_E[rated_E].mean()), max(float(rating_E[rated_E].std()), 1e-9)
        apart_E = np.where(rated_E, (rating_E - mean) / spread, 0.0)
        user_U, item_I = _levels(user_E, item_E, apart_E, rated_E, (n_users, n_items))
        item_I = np.round(_shared(item_I, item_E[rated_E], user_E[rated_E], cluster_I, fewest) * FINE) / FINE
        habit_U = _habits(user_E, value_E, len(low_V) + 1, fewest, rng)
        habits = int(habit_U.max()) + 1
        liking_E = user_U[user_E] + item_I[item_E]
        bounds_B = np.unique(np.quantile(liking_E, np.arange(1, BANDS) / BANDS))
        band_E = np.searchsorted(bounds_B, liking_E, side="right")
        cells = (habit_U[user_E], band_E, value_E)
        chance_HBV = _chances(cells, user_E, (habits, len(bounds_B) + 1, len(low_V) + 1), fewest)
        fine_U = np.rint(user_U * FINE).astype(np.int64)
        level = tuple(CellLaw.fit(fine_U[habit_U == habit], None, fewest) for habit in range(habits))
        n_U = np.bincount(user_E)
        bounds_K = np.unique(np.quantile(n_U, np.arange(CLASSES) / CLASSES, method="lower"))
        bounds_K[0] = 0
        class_U = np.searchsorted(bounds_K, n_U, side="right") - 1
        habit_KH = given(class_U, habit_U, (len(bounds_K), habits), fewest)
        return cls(low_V, high_V, item_I, level, bounds_K, habit_KH, bounds_B, chance_HBV)

    def draw(self, user_E: np.ndarray, item_E: np.ndarray, users: int, rng: np.random.Generator) -> np.ndarray:
        """Ratings of these rows, NaN where missing."""
        class_N = np.searchsorted(self.bounds_K, np.bincount(user_E, minlength=users), side="right") - 1
        reach_KH = np.cumsum(self.habit_KH, axis=1)
        height_N = np.zeros(users)
        for number in range(len(self.bounds_K)):
            of = np.flatnonzero(class_N == number)
            height_N[of] = even(len(of), rng)
        habit_N = np.minimum((reach_KH[class_N] <= height_N[:, None]).sum(1), reach_KH.shape[1] - 1)
        level_N = np.zeros(users)
        for habit, law in enumerate(self.level):
            of = np.flatnonzero(habit_N == habit)
            level_N[of] = law.draw(even(len(of), rng)) / FINE
        band_E = np.searchsorted(self.bounds_B, level_N[user_E] + self.item_I[item_E], side="right")
        reach_HBV = np.cumsum(self.chance_HBV, axis=2)
        height_E = rng.random(len(user_E))
        value_E = np.zeros(len(user_E), np.int64)
        for start in range(0, len(user_E), 100_000):
            part = slice(start, start + 100_000)
            reach_EV = reach_HBV[habit_N[user_E[part]], band_E[part]]
            value_E[part] = np.minimum((reach_EV < height_E[part, None] * reach_EV[:, -1:]).sum(1), len(self.low_V))
        missing_E = value_E == len(self.low_V)
        value_E = np.minimum(value_E, len(self.low_V) - 1)
        width_V = self.high_V - self.low_V
        rating_E = self.low_V[value_E] + np.where(width_V[value_E] > 0, rng.random(len(user_E)) * width_V[value_E], 0.0)
        return np.where(missing_E, np.nan, rating_E)


def _values(rating_E: np.ndarray, user_E: np.ndarray, fewest: int) -> tuple[np.ndarray, np.ndarray]:
    """The scale: values that enough users gave; or, of a number, ends of cells of like mass."""
    values, code_E = np.unique(rating_E, return_inverse=True)
    if len(values) <= MOST_VALUES:
        pairs = np.unique(code_E * (int(user_E.max()) + 1) + user_E)
        held_V = np.bincount(pairs // (int(user_E.max()) + 1), minlength=len(values)) >= fewest
        scale = values[held_V] if held_V.any() else values[[np.argmax(np.bincount(code_E))]]
        return scale, scale
    ends = np.unique(np.quantile(rating_E, np.linspace(0.005, 0.995, MOST_VALUES // 2 + 1)))
    return ends[:-1], ends[1:]


def _levels(
    user_E: np.ndarray, item_E: np.ndarray, apart_E: np.ndarray, rated_E: np.ndarray, sizes: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray]:
    """Levels of users and items that explain ratings as a sum, each pulled to nought.

    Source:
        Koren 2010, doi:10.1145/1644873.1644874 (damped baselines).
    """
    user_E, item_E, apart_E = user_E[rated_E], item_E[rated_E], apart_E[rated_E]
    held_U, held_I = (np.bincount(of, minlength=size) for of, size in zip((user_E, item_E), sizes, strict=True))
    user_U = np.zeros(sizes[0])
    for _ in range(ROUNDS):
        item_I = np.bincount(item_E, apart_E - user_U[user_E], sizes[1]) / (held_I + PULL)
        user_U = np.bincount(user_E, apart_E - item_I[item_E], sizes[0]) / (held_U + PULL)
    return user_U, item_I


def _shared(
    level_I: np.ndarray, item_E: np.ndarray, user_E: np.ndarray, cluster_I: np.ndarray, fewest: int
) -> np.ndarray:
    """Levels of items, those that too few users rated replaced by their cluster's mean."""
    held_I = _common((item_E,), user_E, (len(level_I),), fewest)
    every_I = np.bincount(item_E, minlength=len(level_I))
    clusters = int(cluster_I.max()) + 1
    weight_C = np.bincount(cluster_I, every_I, clusters)
    mean_C = np.bincount(cluster_I, every_I * level_I, clusters) / np.maximum(weight_C, 1)
    mean_C = np.where(_common((cluster_I[item_E],), user_E, (clusters,), fewest) > 0, mean_C, 0.0)
    shared_I: np.ndarray = np.where(held_I > 0, level_I, mean_C[cluster_I])
    return shared_I


def _common(cells: tuple[np.ndarray, ...], user_E: np.ndarray, size: tuple[int, ...], fewest: int) -> np.ndarray:
    """Rows in each cell, 0 where they are of fewer users."""
    flat_E = np.ravel_multi_index(cells, size)
    users, many = int(user_E.max(initial=0)) + 1, int(np.prod(size))
    held = np.bincount(np.unique(flat_E * users + user_E) // users, minlength=many)
    return np.where(held >= fewest, np.bincount(flat_E, minlength=many), 0.0).reshape(size)


def _chances(cells: tuple[np.ndarray, ...], user_E: np.ndarray, size: tuple[int, ...], fewest: int) -> np.ndarray:
    """Chances of values given habit and band: their own as far as rows tell, else between those of the two."""
    habit_E, band_E, value_E = cells
    whole_V = np.bincount(value_E, minlength=size[2]) / len(value_E)
    own_HV = _filled((habit_E, value_E), user_E, (size[0], size[2]), fewest, whole_V) + whole_V
    band_BV = _filled((band_E, value_E), user_E, size[1:], fewest, whole_V) + whole_V
    own_HV /= own_HV.sum(1, keepdims=True)
    band_BV /= band_BV.sum(1, keepdims=True)
    mixed_HBV = np.sqrt(own_HV[:, None, :] * band_BV[None])
    mixed_HBV /= mixed_HBV.sum(2, keepdims=True)
    chance_HBV = _filled(cells, user_E, size, fewest, mixed_HBV) + OWN_WEIGHT * mixed_HBV
    chance_HBV /= chance_HBV.sum(2, keepdims=True)
    return chance_HBV


def _filled(
    cells: tuple[np.ndarray, ...], user_E: np.ndarray, size: tuple[int, ...], fewest: int, usual: np.ndarray
) -> np.ndarray:
    """Rows in each cell; those in cells of too few users are spread over such cells of the same line as is usual."""
    common = _common(cells, user_E, size, fewest)
    rest = _common(cells[:-1], user_E, size[:-1], 0)[..., None] - common.sum(-1, keepdims=True)
    spread = np.where(common > 0, 0.0, usual)
    spread /= np.maximum(spread.sum(-1, keepdims=True), 1e-12)
    filled: np.ndarray = common + rest * spread
    return filled


def _habits(
    user_E: np.ndarray, value_E: np.ndarray, n_values: int, fewest: int, rng: np.random.Generator
) -> np.ndarray:
    """Classes of users by which values they use and how often."""
    n_users = int(user_E.max()) + 1
    counts_UV = np.bincount(user_E * n_values + value_E, minlength=n_users * n_values).reshape(n_users, n_values)
    habits = int(np.clip(n_users // USERS_PER_HABIT, 1, MOST_HABITS))
    whole_V = counts_UV.sum(0) / counts_UV.sum()
    root_UV = np.sqrt((counts_UV + PULL * whole_V) / (counts_UV.sum(1, keepdims=True) + PULL))
    centre_HV = KMeans(habits, n_init=3, random_state=int(rng.integers(2**31))).fit(root_UV[:50_000]).cluster_centers_
    while True:
        habit_U: np.ndarray = (root_UV @ centre_HV.T - (centre_HV**2).sum(1) / 2).argmax(1)
        held_H = np.bincount(habit_U, minlength=len(centre_HV))
        if len(centre_HV) == 1 or held_H.min() >= fewest:
            return habit_U
        centre_HV = np.delete(centre_HV, held_H.argmin(), 0)
