from __future__ import annotations

import numpy as np
import pytest

from synthgen.interactions.ratings import Rating

CLUSTER_I = np.zeros(60, np.int64)


def rated(
    n_users: int = 300, missing: float = 0.0, fine: bool = False, seed: int = 0
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """40 ratings per user: 3 plus levels of user and item (spreads 0.6 and 0.8) plus noise (0.5), on half stars."""
    rng = np.random.default_rng(seed)
    level_U, level_I = 0.6 * rng.standard_normal(n_users), 0.8 * rng.standard_normal(60)
    user_E = np.repeat(np.arange(n_users), 40)
    item_E = np.concatenate([rng.permutation(60)[:40] for _ in range(n_users)])
    felt_E = 3 + level_U[user_E] + level_I[item_E] + 0.5 * rng.standard_normal(len(user_E))
    rating_E = felt_E if fine else np.clip(np.rint(2 * felt_E) / 2, 0.5, 5)
    return user_E, item_E, np.where(rng.random(len(user_E)) < missing, np.nan, rating_E)


def test_the_law_by_user_and_by_item_comes_back() -> None:
    user_E, item_E, rating_E = rated()
    law = Rating.fit(user_E, item_E, rating_E, CLUSTER_I, 5, np.random.default_rng(0))
    made_E = law.draw(user_E, item_E, 300, np.random.default_rng(1))
    assert set(made_E) <= set(rating_E)
    shares = [np.bincount((2 * one).astype(int), minlength=11) / len(one) for one in (rating_E, made_E)]
    assert shares[1] == pytest.approx(shares[0], abs=0.02)
    items = [np.bincount(item_E, one) / np.bincount(item_E) for one in (rating_E, made_E)]
    assert np.corrcoef(*items)[0, 1] > 0.97
    users = [np.bincount(user_E, one) / 40 for one in (rating_E, made_E)]
    assert users[1].std() == pytest.approx(users[0].std(), rel=0.1)
    assert abs(np.corrcoef(*users)[0, 1]) < 0.2  # levels are new users'
    within = [np.sqrt(((one - user[user_E]) ** 2).mean()) for one, user in zip((rating_E, made_E), users, strict=True)]
    assert within[1] == pytest.approx(within[0], rel=0.05)


def test_missing_ratings_and_plain_numbers_come_back() -> None:
    user_E, item_E, rating_E = rated(missing=0.2, fine=True)
    law = Rating.fit(user_E, item_E, rating_E, CLUSTER_I, 5, np.random.default_rng(0))
    made_E = law.draw(user_E, item_E, 300, np.random.default_rng(1))
    assert np.isnan(made_E).mean() == pytest.approx(0.2, abs=0.015)
    assert np.nanmean(made_E) == pytest.approx(np.nanmean(rating_E), abs=0.05)
    assert np.nanstd(made_E) == pytest.approx(np.nanstd(rating_E), rel=0.05)
    assert not set(made_E[np.isfinite(made_E)]) & set(rating_E[np.isfinite(rating_E)])


def test_a_rating_and_an_item_of_one_user_are_not_learned() -> None:
    user_E, item_E, rating_E = rated()
    rating_E[7] = 4.75
    lone = item_E.copy()
    lone[11] = 60
    cluster_I = np.zeros(61, np.int64)
    law = Rating.fit(user_E, lone, rating_E, cluster_I, 5, np.random.default_rng(0))
    assert 4.75 not in law.low_V
    held_I = np.bincount(lone, minlength=61)
    assert law.item_I[60] == pytest.approx((held_I * law.item_I)[:60].sum() / 11_999, abs=0.02)


def test_habits_of_users_who_use_the_ends_alone_come_back() -> None:
    rng = np.random.default_rng(0)
    user_E = np.repeat(np.arange(300), 30)
    item_E = rng.integers(60, size=len(user_E))
    rating_E = np.where(user_E % 3 == 0, rng.choice([1.0, 5.0], len(user_E)), rng.choice([2.0, 3.0, 4.0], len(user_E)))
    law = Rating.fit(user_E, item_E, rating_E, CLUSTER_I, 5, rng)
    made_E = law.draw(user_E, item_E, 300, rng)
    ends = np.bincount(user_E, np.isin(made_E, [1.0, 5.0])) / 30
    assert (ends > 0.8).mean() == pytest.approx(1 / 3, abs=0.02)
    assert ((ends > 0.2) & (ends < 0.8)).mean() < 0.02
