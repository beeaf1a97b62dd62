"""The contract of every recommender, and slow second ways."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest

from synthgen.errors import MissingExtraError
from synthgen.interactions import Interactions
from synthgen.metrics.recommendation import RECOMMENDERS, Recommender
from synthgen.metrics.recommendation.ranking import best_items, ndcg
from synthgen.metrics.recommendation.recommenders import ALS, BPR, EASE, SVD, ItemKNN, Markov, Popularity
from synthgen.metrics.recommendation.recommenders.outside import climb
from synthgen.metrics.recommendation.recommenders.similarity import ease_weights, neighbours
from synthgen.metrics.recommendation.recommenders.succession import steps
from tests.metrics.recommendation.planted import planted, shuffled

each = pytest.mark.parametrize("recommender", RECOMMENDERS, ids=lambda one: one.name)

SMALL = {one.name: one for one in (SVD(4), ALS(factors=4), BPR(factors=4))}
"""As many directions as there are groups, where the default is more than half of the 60 items."""


def fitted(recommender: Recommender, taken: Interactions, histories: Interactions, seed: int = 0) -> np.ndarray:
    """Scores; the test is skipped where the recommender cannot be tried here."""
    reason = recommender.lacks(taken)
    if "not installed" in reason:
        pytest.skip(reason)
    assert not reason
    return recommender.fit(taken, np.random.default_rng(seed))(histories)


def worth(recommender: Recommender, taught_by: Interactions, histories: Interactions, held: Interactions) -> float:
    scores_UI = fitted(recommender, taught_by, histories)
    return float(np.nanmean(ndcg(best_items(scores_UI, histories, 10), held)))


@each
def test_scores_are_finite_for_strangers_and_the_same_twice(recommender: Recommender) -> None:
    taken, strangers = planted(seed=0), planted(users=30, seed=1)
    scores_UI = fitted(recommender, taken, strangers)
    assert scores_UI.shape == (30, 60)
    assert scores_UI.dtype == np.float64
    assert np.isfinite(scores_UI).all()
    assert np.array_equal(scores_UI, fitted(recommender, taken, strangers))


@each
def test_a_user_without_history_and_an_item_nobody_took_break_nothing(recommender: Recommender) -> None:
    taken = planted()
    wider = Interactions.of(
        taken.user_E, taken.item_E, n_users=taken.n_users + 2, n_items=taken.n_items + 3, time_E=taken.time_E
    )
    scores_UI = fitted(recommender, wider, wider)
    assert np.isfinite(scores_UI).all()
    assert (best_items(scores_UI, wider, 10)[-1] >= 0).all()


@each
def test_what_it_knows_of_teachers_is_not_looked_up(recommender: Recommender) -> None:
    """Users of the history are asked for by what they took, so their numbers mean nothing."""
    taken, strangers = planted(seed=0), planted(users=30, seed=1)
    one_U = np.arange(30) == 7
    alone = fitted(recommender, taken, strangers.of_users(one_U))
    among = fitted(recommender, taken, strangers)[one_U]
    if recommender.name == "bpr":  # it draws, per user asked for, what is climbed against
        assert np.corrcoef(alone[0], among[0])[0, 1] > 0.8
    else:
        assert alone == pytest.approx(among, rel=1e-5, abs=1e-6)


@each
def test_groups_are_found_and_lost_where_users_are_shuffled(recommender: Recommender) -> None:
    if recommender.name == "popularity":
        pytest.skip("popularity knows no groups: the other recommenders are compared with it")
    recommender = SMALL.get(recommender.name, recommender)
    histories, held = planted(users=400).split(0.7, np.random.default_rng(0))
    whole = worth(recommender, histories, histories, held)
    broken = worth(recommender, shuffled(histories), histories, held)
    popular = worth(Popularity(), histories, histories, held)
    assert broken < whole
    if recommender.name != "bpr":  # its random draws of few items lift it less
        assert whole > popular + 0.05
        assert broken < popular + 0.05


def test_popularity_counts_users_not_interactions() -> None:
    taken = Interactions.of(np.array([0, 0, 0, 1, 2]), np.array([1, 1, 1, 0, 0]), n_items=3)
    assert fitted(Popularity(), taken, taken.of_users(np.array([True, False, False]))).tolist() == [[2, 1, 0]]


def test_ease_is_ridge_regression_with_a_diagonal_of_zeros() -> None:
    """Each item from all others by its own regression, which is what the constraint means."""
    taken, penalty = planted(users=80, items=15), 7.0
    matrix_UI = taken.matrix().toarray()
    slow_II = np.zeros((15, 15))
    for item in range(15):
        others = np.arange(15) != item
        x_UO = matrix_UI[:, others]
        slow_II[others, item] = np.linalg.solve(x_UO.T @ x_UO + penalty * np.eye(14), x_UO.T @ matrix_UI[:, item])
    assert ease_weights(taken, penalty) == pytest.approx(slow_II, abs=1e-10)


def test_neighbours_are_those_that_loops_find(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("synthgen.metrics.recommendation.recommenders.similarity.BLOCK", 7)
    taken = planted(users=60, items=20)
    matrix_UI = taken.matrix().toarray()
    near_II = neighbours(taken, 4).toarray()
    for a in range(20):
        cosine_I = np.array(
            [
                0.0
                if a == b
                else matrix_UI[:, a] @ matrix_UI[:, b] / np.sqrt(matrix_UI[:, a].sum() * matrix_UI[:, b].sum())
                for b in range(20)
            ]
        )
        least = np.sort(cosine_I)[-4]
        assert near_II[a] == pytest.approx(np.where(cosine_I >= least - 1e-12, cosine_I, 0))
    user_U = np.arange(60) == 5
    expected_I = near_II @ matrix_UI[5]
    assert fitted(ItemKNN(4), taken, taken.of_users(user_U))[0] == pytest.approx(expected_I)


def test_svd_projects_on_the_leading_directions() -> None:
    taken = planted(users=60, items=20)
    matrix_UI = taken.matrix().toarray()
    leading_FI = np.linalg.svd(matrix_UI)[2][:3]
    assert fitted(SVD(3), taken, taken) == pytest.approx(matrix_UI @ leading_FI.T @ leading_FI)


def test_a_chain_by_hand() -> None:
    """Users see 0, 1, 2 and 0, 2; equal times stay in the order of rows."""
    taken = Interactions.of(
        np.array([0, 1, 0, 1, 0]), np.array([2, 0, 0, 2, 1]), n_items=3, time_E=np.array([9, 5, 3, 5, 4])
    )
    assert steps(taken).toarray().tolist() == [[0, 1, 1], [0, 0, 1], [0, 0, 0]]
    asked = Interactions.of(np.array([0, 0]), np.array([0, 1]), n_items=3)
    share_I = np.array([2, 1, 2]) / 5
    expected_I = (np.array([0, 1, 1]) + 10 * share_I) / 12 + (np.array([0, 0, 1]) + 10 * share_I) / 11
    assert fitted(Markov(10), taken, asked)[0] == pytest.approx(expected_I)


def test_what_cannot_be_tried_says_why() -> None:
    taken = planted(users=20, items=10)
    timeless = Interactions.of(taken.user_E, taken.item_E)
    assert Markov().lacks(timeless) == "there are no times"
    wide = Interactions.of(np.array([0]), np.array([0]), n_items=10_001)
    assert EASE().lacks(wide).startswith("10,001 items")
    assert SVD().lacks(Interactions.of(np.array([0]), np.array([0]), n_items=2))


def test_a_missing_extra_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert "pip install 'synthgen-social[recommend]'" in ALS().lacks(planted())
    with pytest.raises(MissingExtraError, match=r"recommender 'als': implicit is not installed: pip install"):
        ALS().fit(planted(), np.random.default_rng(0))


def test_factors_of_a_history_lift_what_it_holds_above_the_rest() -> None:
    """Two directions, two groups of items: a user of the one is led along its direction."""
    item_IF = np.repeat(np.eye(2, dtype=np.float32), 10, axis=0)
    bias_I = np.zeros(20, np.float32)
    histories = Interactions.of(np.array([0, 0, 2, 2]), np.array([1, 4, 12, 17]), n_users=3, n_items=20)
    user_UF = climb(histories, item_IF, bias_I, 0.01, np.random.default_rng(0))
    assert user_UF[0, 0] > 1 > -1 > user_UF[0, 1]
    assert user_UF[2, 1] > 1 > -1 > user_UF[2, 0]
    assert (user_UF[1] == 0).all()
