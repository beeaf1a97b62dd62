from __future__ import annotations

import numpy as np
import pytest

from synthgen.interactions import Interactions
from synthgen.interactions.company import Company
from synthgen.interactions.ordering import Near, Nearness, fit_steps, not_before, ordered


def runs(n_users: int, stay: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Users go on in the cluster they are in with a known chance, else to any of four."""
    clusters = np.empty((n_users, 24), np.int64)
    clusters[:, 0] = rng.integers(4, size=n_users)
    for place in range(1, 24):
        stays = rng.random(n_users) < stay
        clusters[:, place] = np.where(stays, clusters[:, place - 1], rng.integers(4, size=n_users))
    return np.repeat(np.arange(n_users), 24), clusters.ravel()


def same(user_E: np.ndarray, cluster_E: np.ndarray) -> float:
    within = user_E[1:] == user_E[:-1]
    return float((cluster_E[1:] == cluster_E[:-1])[within].mean())


def test_users_stay_with_like_items_as_long_as_real_ones_do() -> None:
    rng = np.random.default_rng(0)
    user_E, cluster_E = runs(500, 0.6, rng)
    times_CC = fit_steps(user_E, cluster_E, 4, 5)
    assert (np.diag(times_CC) > 1.3).all()
    order = ordered(user_E, cluster_E, times_CC, rng)
    assert sorted(order) == list(range(len(user_E)))
    assert np.array_equal(user_E[order], user_E)
    shuffled = np.lexsort((rng.random(len(user_E)), user_E))
    real, made, chance = (same(user_E, cluster_E[rows]) for rows in (np.arange(len(user_E)), order, shuffled))
    assert abs(made - real) < (real - chance) / 2


def test_any_order_is_chance() -> None:
    user_E, cluster_E = runs(500, 0.0, np.random.default_rng(1))
    assert fit_steps(user_E, cluster_E, 4, 5) == pytest.approx(np.ones((4, 4)), abs=0.12)  # four standard errors


def test_steps_of_few_users_are_not_learned() -> None:
    user_E, cluster_E = np.repeat(np.arange(4), 50), np.tile([0, 1], 100)
    assert (fit_steps(user_E, cluster_E, 2, 5) == 1).all()


def test_items_wait_until_they_are_there() -> None:
    user_E = np.array([0, 0, 0, 0, 1, 1])
    time_E = np.array([10, 20, 30, 40, 5, 50])
    since_E = np.array([35, 0, 0, 15, 40, 0])
    order = not_before(user_E, since_E, time_E)
    assert sorted(order) == list(range(6))
    assert np.array_equal(user_E[order], user_E)
    assert (since_E[order] <= time_E).all()
    assert np.array_equal(not_before(user_E, np.zeros(6, int), time_E), np.arange(6))


def test_items_that_go_together_are_taken_one_after_the_other() -> None:
    """Users go on to the twin of the last item with chance 0.5; clusters say nothing. Shares of such steps are met."""
    rng = np.random.default_rng(2)
    users, pairs = 400, 15
    item_UE = np.empty((users, 2 * pairs), np.int64)
    for user in range(users):
        order = rng.permutation(40)[:pairs]
        apart = rng.random(pairs) < 0.5
        later = rng.permutation(order[apart])
        item_UE[user] = np.r_[np.ravel([(2 * t, 2 * t + 1) for t in order[~apart]]), 2 * order[apart], 2 * later + 1]
    user_E, item_E = np.repeat(np.arange(users), 2 * pairs), item_UE.ravel()
    taken = Interactions.of(user_E, item_E).matrix()
    company, cluster_I, chance_CC = Company.fit(taken, 5), np.zeros(80, np.int64), np.ones((1, 1))
    nearness = Nearness.fit(user_E, item_E, cluster_I, chance_CC, company, rng)
    assert nearness.times_B[-1] > 3
    near = Near.of(company, nearness, 80).at(item_E)
    rows = ordered(user_E, cluster_I[item_E], chance_CC, rng, near)
    assert np.array_equal(np.sort(rows), np.arange(len(rows)))
    assert np.array_equal(user_E[rows], user_E)
    any_order = np.lexsort((rng.random(len(user_E)), user_E))
    real, made, chance = (twins(user_E, item_E[order]) for order in (np.arange(len(user_E)), rows, any_order))
    assert abs(made - real) < (real - chance) / 4


def twins(user_E: np.ndarray, item_E: np.ndarray) -> float:
    within = user_E[1:] == user_E[:-1]
    return float((item_E[1:] // 2 == item_E[:-1] // 2)[within].mean())
