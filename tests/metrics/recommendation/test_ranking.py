from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import ndcg_score

from synthgen.interactions import Interactions
from synthgen.metrics.recommendation.ranking import NONE, best_items, coverage, gini, ndcg, recall


def pairs(*found: tuple[int, int], users: int = 2, items: int = 6) -> Interactions:
    user_E, item_E = np.array(found, int).reshape(-1, 2).T
    return Interactions.of(user_E, item_E, n_users=users, n_items=items)


def test_ndcg_and_recall_by_hand() -> None:
    lists_UK = np.array([[4, 0, 2], [1, 3, 5]])
    held = pairs((0, 4), (0, 2), (0, 1), (1, 3))
    best = 1 + 1 / np.log2(3) + 0.5  # three are held out, three places
    assert ndcg(lists_UK, held) == pytest.approx([(1 + 0.5) / best, 1 / np.log2(3)])
    assert recall(lists_UK, held) == pytest.approx([2 / 3, 1])


def test_more_held_out_than_places_can_still_be_perfect_in_ndcg() -> None:
    held = pairs((0, 0), (0, 1), (0, 2), users=1)
    assert ndcg(np.array([[2, 0]]), held).tolist() == [1.0]
    assert recall(np.array([[2, 0]]), held) == pytest.approx([2 / 3])


def test_users_of_whom_nothing_is_held_out_are_no_figure() -> None:
    held = pairs((0, 1))
    assert np.isnan(ndcg(np.array([[1], [1]]), held)).tolist() == [False, True]
    assert np.isnan(recall(np.array([[1], [1]]), held)).tolist() == [False, True]


def test_what_is_taken_already_is_not_recommended_and_a_short_catalogue_gives_a_short_list() -> None:
    scores_UI = np.array([[9.0, 8, 7, 6, 5, 4], [1.0, 2, 3, 4, 5, 6]])
    taken = pairs((0, 0), (0, 2), (1, 1), (1, 2), (1, 3), (1, 4), (1, 5))
    assert best_items(scores_UI, taken, 3).tolist() == [[1, 3, 4], [0, NONE, NONE]]
    assert coverage(np.array([[1, 3, 4], [0, NONE, NONE]]), 6) == pytest.approx(4 / 6)


def test_equal_scores_are_in_the_order_of_items() -> None:
    assert best_items(np.zeros((1, 6)), pairs((0, 0), users=1), 6).tolist() == [[1, 2, 3, 4, 5, NONE]]


@pytest.mark.parametrize(
    ("counts", "expected"), [([1, 1, 1, 1], 0), ([0, 0, 0, 1], 0.75), ([1, 3], 0.25), ([0, 0], 0), ([1, 2, 3, 4], 0.25)]
)
def test_gini_by_hand(counts: list[int], expected: float) -> None:
    assert gini(np.array(counts)) == pytest.approx(expected)


@settings(max_examples=30)
@given(st.lists(st.integers(0, 50), min_size=1, max_size=30).filter(any))
def test_gini_is_half_the_mean_difference_over_the_mean(counts: list[int]) -> None:
    x = np.array(counts, float)
    assert gini(x) == pytest.approx(np.abs(x[:, None] - x).mean() / (2 * x.mean()))


def test_ndcg_is_that_of_scikit_learn() -> None:
    rng = np.random.default_rng(1)
    truth_UI = rng.random((30, 25)) < 0.3
    truth_UI[:, 0] = True
    score_UI = rng.permuted(np.tile(np.arange(25.0), (30, 1)), axis=1)
    held = Interactions.of(*np.nonzero(truth_UI), n_users=30, n_items=25)
    lists_UK = np.argsort(-score_UI, axis=1)[:, :10]
    assert ndcg(lists_UK, held).mean() == pytest.approx(ndcg_score(truth_UI, score_UI, k=10))


def test_figures_are_those_of_ranx() -> None:
    ranx = pytest.importorskip("ranx", reason="ranx, which computes the same figures, is not installed")
    rng = np.random.default_rng(0)
    users, items = 40, 30
    held = pairs(*{(int(u), int(i)) for u, i in rng.integers([users, items], size=(200, 2))}, users=users, items=items)
    lists_UK = np.argsort(rng.random((users, items)), axis=1)[:, :10]
    tested = np.flatnonzero(held.per_user_U)
    truth = {str(u): {str(i): 1 for i in held.item_E[held.user_E == u]} for u in tested}
    run = {str(u): {str(i): 1.0 - 0.01 * place for place, i in enumerate(lists_UK[u])} for u in tested}
    found = ranx.evaluate(ranx.Qrels(truth), ranx.Run(run), ["ndcg@10", "recall@10"])
    assert np.nanmean(ndcg(lists_UK, held)) == pytest.approx(found["ndcg@10"])
    assert np.nanmean(recall(lists_UK, held)) == pytest.approx(found["recall@10"])
