from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from synthgen.errors import DataError
from synthgen.interactions import Interactions
from synthgen.metrics.recommendation import Task, judge_behaviour, run_trials
from synthgen.metrics.recommendation.behaviour import DAY, FEATURES, comes_back, first_day, first_of, next_item
from synthgen.metrics.recommendation.recommenders import Markov, Popularity


def ring(users: int, seed: int, loyal: bool = True) -> Interactions:
    """Users walk round a ring of 30 items, mostly one step on; those who do much on the first day come back."""
    rng = np.random.default_rng(seed)
    many_U = rng.integers(5, 15, users)
    back_U = (many_U + rng.normal(0, 2, users) > 10) == loyal
    user_E = np.repeat(np.arange(users), many_U)
    step_E = np.where(rng.random(len(user_E)) < 0.8, 1, rng.integers(30, size=len(user_E)))
    item_E = (np.cumsum(step_E) + rng.integers(30, size=users)[user_E]) % 30
    later_U = np.flatnonzero(back_U)
    return Interactions.of(
        np.r_[user_E, later_U],
        np.r_[item_E, rng.integers(30, size=len(later_U))],
        n_users=users,
        n_items=30,
        time_E=np.r_[np.arange(len(user_E)), np.full(len(later_U), 3 * DAY)],
    )


def test_what_comes_next_is_learned_from_users_of_the_same_law_alone() -> None:
    histories, held = ring(300, 0).split(0.8, None)
    like = next_item(histories, held, ring(300, 1), 0)
    rng = np.random.default_rng(0)
    unlike = next_item(histories, held, replace(ring(300, 1), item_E=rng.integers(30, size=len(ring(300, 1)))), 0)
    assert like.floor is not None
    assert like.value == pytest.approx(like.floor, abs=0.05)
    assert unlike.value is not None
    assert unlike.value < like.floor - 0.1
    assert "Markov chain from the last item" in like.sentence


def test_the_next_item_may_be_one_taken_before_where_users_repeat() -> None:
    item_E = np.tile([0, 1, 0, 1], 3)
    taken = Interactions.of(np.repeat(np.arange(3), 4), item_E, time_E=np.arange(12))
    histories, held = taken.split(0.75, None)
    tried = [Markov(prior=0.1, last=True)]
    assert run_trials(histories, Task(histories, held, again=True), 0, tried)[0].ndcg == 1
    assert run_trials(histories, Task(histories, held), 0, tried)[0].ndcg == 0


def test_who_comes_back_is_learned_from_users_of_the_same_law_and_turned_round_by_those_of_the_other() -> None:
    real = ring(400, 0)
    like, unlike = comes_back(real, ring(400, 1), 0), comes_back(real, ring(400, 1, loyal=False), 0)
    assert like.floor is not None
    assert like.floor > 0.85
    assert like.value == pytest.approx(like.floor, abs=0.04)
    assert unlike.value is not None
    assert unlike.value < 0.2


def test_the_first_day_by_hand() -> None:
    taken = Interactions.of(
        np.array([2, 0, 0, 2, 2]),
        np.array([0, 0, 1, 1, 0]),
        n_users=4,
        rating_E=np.array([5, 3, 1, 2, 4]),
        time_E=np.array([0, 7, 10, 60, DAY]),
    )
    x_UF, back_U = first_day(taken)
    assert back_U.tolist() == [False, True]  # users 1 and 3 did nothing
    popular = (np.log(3) + np.log(2)) / 2
    assert x_UF == pytest.approx(
        np.array(
            [[np.log(3), np.log(4), np.log(4), 2, 1, popular], [np.log(3), np.log(61), np.log(61), 3.5, 1.5, popular]]
        )
    )
    assert x_UF.shape[1] == len(FEATURES)
    assert first_of(taken).time_E.tolist() == [7, 0]  # type: ignore[union-attr]


def test_without_times_or_with_one_kind_of_user_it_says_so() -> None:
    real = ring(60, 0)
    timeless = replace(real, time_E=None)
    histories, held = real.split(0.8, None)
    assert next_item(timeless, held, real, 0, [Popularity()]).reason == "there are no times"
    assert comes_back(real, timeless, 0).reason == "there are no times"
    assert "10 were expected" in comes_back(histories.of_users(np.arange(60) < 12), real, 0).reason
    with pytest.raises(DataError, match="there are no times"):
        first_day(timeless)


def test_both_are_the_same_twice() -> None:
    histories, held = ring(100, 0).split(0.8, None)
    one, same = (judge_behaviour(histories, held, ring(100, 1), 0) for _ in "ab")
    assert [result.to_json() for result in one] == [result.to_json() for result in same]
    assert [result.name for result in one] == ["next_item", "comes_back"]
