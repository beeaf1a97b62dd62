from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import kendalltau

from synthgen.errors import DataError
from synthgen.interactions import Interactions
from synthgen.metrics.recommendation import Task, Trial, agreement, run_trials
from synthgen.metrics.recommendation.recommenders import EASE, Markov, Popularity
from synthgen.metrics.recommendation.trials import tau
from tests.metrics.recommendation.planted import planted, shuffled


@pytest.fixture(scope="module")
def task() -> Task:
    return Task(*planted(users=300).split(0.7, np.random.default_rng(0)))


def trial(name: str, *ndcg: float, reason: str = "") -> Trial:
    return Trial(name, name, np.array(ndcg), np.array(ndcg), 0.5, 0.5, reason)


@pytest.mark.parametrize(
    ("other", "expected"),
    [([1, 2, 3, 4], 1), ([4, 3, 2, 1], -1), ([1, 2, 4, 3], 4 / 6), ([2, 1, 4, 3], 2 / 6), ([1, 1, 1, 1], 0)],
)
def test_tau_by_hand(other: list[float], expected: float) -> None:
    """Of six pairs, those in order less those that are not."""
    assert tau(np.array([0.1, 0.2, 0.3, 0.4]), np.array(other, float)) == pytest.approx(expected)


@settings(max_examples=30)
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=2, max_size=12))
def test_tau_is_that_of_scipy_with_ties(pairs: list[tuple[int, int]]) -> None:
    one_A, other_A = np.array(pairs, float).T
    expected = kendalltau(one_A, other_A).statistic
    assert tau(one_A, other_A) == pytest.approx(0.0 if np.isnan(expected) else expected)


def test_agreement_leaves_out_what_was_not_tried_on_both_sides() -> None:
    real = [trial("a", 0.1, 0.1), trial("b", 0.2, 0.3), trial("c", 0.4, 0.5), trial("d", reason="absent")]
    made = [trial("a", 0.3, 0.2), trial("b", 0.1, 0.1), trial("c", 0.4, 0.4), trial("d", 0.9, 0.9)]
    found = agreement(real, made, np.random.default_rng(0))
    assert found is not None
    assert found.names == ("a", "b", "c")
    assert found.tau == pytest.approx(1 / 3)
    assert found.interval == pytest.approx((1 / 3, 1 / 3))  # both users rank alike
    assert found.floor == 1
    assert agreement(real[:1], made, np.random.default_rng(0)) is None


def test_real_users_teach_better_than_shuffled_ones_and_more_of_them_better_still(task: Task) -> None:
    ease = [EASE(50.0)]
    taught = {
        "real": run_trials(task.histories, task, 0, ease)[0].ndcg,
        "others": run_trials(planted(users=900, seed=5), task, 0, ease)[0].ndcg,
        "shuffled": run_trials(shuffled(task.histories), task, 0, ease)[0].ndcg,
        "popularity": run_trials(task.histories, task, 0, [Popularity()])[0].ndcg,
    }
    assert min(taught["real"], taught["others"]) > taught["popularity"] + 0.1
    assert taught["shuffled"] < taught["popularity"] + 0.02


def test_a_trial_is_the_same_twice_whatever_is_tried_beside_it(task: Task) -> None:
    alone = run_trials(task.histories, task, 3, [EASE()])[0]
    among = run_trials(task.histories, task, 3, [Popularity(), Markov(), EASE()])[2]
    assert alone.to_json() == among.to_json()
    assert np.array_equal(alone.ndcg_U, among.ndcg_U)


def test_blocks_of_users_change_nothing(task: Task, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = run_trials(task.histories, task, 0, [EASE(), Markov()])
    monkeypatch.setattr("synthgen.metrics.recommendation.trials.BLOCK", 37)
    parts = run_trials(task.histories, task, 0, [EASE(), Markov()])
    assert all(np.allclose(a.ndcg_U, b.ndcg_U) for a, b in zip(whole, parts, strict=True))


def test_users_without_held_out_items_are_not_asked_for_and_many_are_drawn_from(task: Task) -> None:
    few = Task(task.histories, task.held.take(task.held.user_E < 20))
    assert len(run_trials(task.histories, few, 0, [Popularity()])[0].ndcg_U) == (few.held.per_user_U > 0).sum()
    assert task.limited(np.random.default_rng(0), most=50).histories.n_users == 50


def test_a_trial_in_json_has_means_and_intervals_and_no_user(task: Task) -> None:
    found = run_trials(task.histories, task, 0, [Popularity()])[0].to_json()
    low, high = found["ndcg_interval"]
    assert low < found["ndcg"] < high
    assert found["users"] > 200
    assert not any(isinstance(value, list) and len(value) > 2 for value in json.loads(json.dumps(found)).values())
    untried: dict[str, Any] = trial("als", reason="absent").to_json()
    assert untried["ndcg"] is None
    assert untried["reason"] == "absent"


def test_tables_that_do_not_fit_are_refused(task: Task) -> None:
    other = planted(items=61)
    with pytest.raises(DataError, match="61 items to learn from, 60 to recommend; one catalogue was expected"):
        run_trials(other, task, 0, [Popularity()])
    with pytest.raises(DataError, match="differ in how many users or items"):
        Task(task.histories, other)
    with pytest.raises(DataError, match="nothing is held out"):
        Task(task.histories, task.histories.take(np.zeros(0, int)))


def test_a_recommender_that_lacks_something_is_a_trial_with_the_reason(task: Task) -> None:
    timeless = Interactions.of(task.histories.user_E, task.histories.item_E, n_users=300, n_items=60)
    found = run_trials(timeless, Task(timeless, task.held), 0, [Markov()])[0]
    assert found.reason == "there are no times"
    assert not len(found.ndcg_U)
