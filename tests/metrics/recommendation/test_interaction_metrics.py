"""The contract of every metric of interactions, hand-worked figures, and the whole judgement."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from synthgen.errors import DataError
from synthgen.interactions import Interactions
from synthgen.metrics.base import Result
from synthgen.metrics.recommendation import (
    INTERACTION_METRICS,
    InteractionMetric,
    compare_interactions,
    judge_recommendation,
)
from synthgen.metrics.recommendation.company import CoOccurrence, Repeats, cosines
from synthgen.metrics.recommendation.ratings import Ratings, RatingsByItem, RatingsByUser
from synthgen.metrics.recommendation.recommenders import EASE, Markov, Popularity
from synthgen.metrics.recommendation.times import HOUR, gaps, sessions, starts
from tests.metrics.recommendation.planted import DAY, planted, shuffled

each_metric = pytest.mark.parametrize("metric", INTERACTION_METRICS, ids=lambda metric: metric.name)
RNG = np.random.default_rng(0)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two parts of the users instead of five."""
    monkeypatch.setattr("synthgen.metrics.recommendation.judging.ROUNDS", 2)


def other_law(seed: int = 2) -> Interactions:
    """Other groups, flat popularity, uneven users, other moods, hours and gaps, and repeats."""
    rng = np.random.default_rng(seed)
    made = planted(users=200, groups=3, own=0.5, per_user=20, steep=0.1, seed=seed)
    made = made.take((made.item_E < 40) & (rng.random(len(made)) < 0.1 + 0.9 * (made.user_E % 2)))
    assert made.rating_E is not None
    return replace(
        made,
        item_E=np.where(rng.random(len(made)) < 0.2, made.item_E[0], made.item_E),
        rating_E=np.where(made.item_E % 2, 1.0, 4.0) + (rng.random(len(made)) < 0.5),
        time_E=rng.integers(400 * DAY, size=len(made)),
    )


@pytest.fixture(scope="module")
def views() -> dict[str, Interactions]:
    return {"real": planted(seed=0), "fresh": planted(seed=1), "floor": planted(seed=3), "other": other_law()}


def run(metric: InteractionMetric, views: dict[str, Interactions], made: str) -> Result:
    return metric.compute(views["real"], views[made], views["floor"], RNG)


def away(metric: InteractionMetric, value: float | None) -> float:
    """From the best that it can be."""
    assert value is not None
    return 1 - value if metric.direction == "higher" else value


@each_metric
def test_the_real_table_scores_best_and_another_law_is_beyond_the_floor(
    metric: InteractionMetric, views: dict[str, Interactions]
) -> None:
    itself, other = run(metric, views, "real"), run(metric, views, "other")
    assert away(metric, itself.value) == pytest.approx(0, abs=1e-6)
    assert away(metric, other.value) > away(metric, other.floor)
    assert json.loads(json.dumps(other.to_json()))["name"] == metric.name
    assert metric.title
    assert other.sentence
    assert other.direction == metric.direction


@each_metric
def test_fresh_users_of_the_same_law_are_nearer_than_another(
    metric: InteractionMetric, views: dict[str, Interactions]
) -> None:
    fresh, other = run(metric, views, "fresh"), run(metric, views, "other")
    assert away(metric, fresh.value) < away(metric, other.value)


@each_metric
def test_what_cannot_be_said_is_not_applicable(metric: InteractionMetric) -> None:
    none = np.zeros(0)
    for taken in (
        Interactions.of(np.array([0, 1]), np.array([0, 1])),
        Interactions.of(none, none, n_users=3, n_items=2),
        Interactions.of(none, none, n_users=3, n_items=2, rating_E=none, time_E=none),
    ):
        result = metric.compute(taken, taken, None, RNG)
        assert result.value is None or away(metric, result.value) == pytest.approx(0)
        assert result.floor is None
        assert (result.value is None) == bool(result.reason)


@each_metric
def test_a_made_table_that_is_empty_is_far_away(metric: InteractionMetric, views: dict[str, Interactions]) -> None:
    none = np.zeros(0)
    empty = Interactions.of(none, none, n_users=200, n_items=60, rating_E=none, time_E=none)
    result = metric.compute(views["real"], empty, views["floor"], RNG)
    assert result.value is None or away(metric, result.value) > away(metric, result.floor)


def test_names_differ() -> None:
    assert len({metric.name for metric in INTERACTION_METRICS}) == len(INTERACTION_METRICS)


def test_shuffled_users_keep_amounts_and_lose_company(views: dict[str, Interactions]) -> None:
    found = {
        metric.name: metric.compute(views["real"], shuffled(views["real"]), views["floor"], RNG)
        for metric in INTERACTION_METRICS
    }
    for name in ("per_user", "popularity_curve", "popularity", "gini_of_items", "catalogue", "ratings"):
        assert found[name].value == pytest.approx(0, abs=1e-6), name
    for name in ("co_occurrence", "succession", "gaps", "sessions"):
        metric = next(one for one in INTERACTION_METRICS if one.name == name)
        assert away(metric, found[name].value) > 2 * away(metric, found[name].floor), name


def test_cosines_by_hand() -> None:
    taken = Interactions.of(np.array([0, 0, 1, 1, 1, 2]), np.array([0, 1, 0, 1, 2, 0]))
    assert cosines(taken, np.array([0, 1, 2])) == pytest.approx(
        np.array([[1, 2 / 6**0.5, 1 / 3**0.5], [2 / 6**0.5, 1, 1 / 2**0.5], [1 / 3**0.5, 1 / 2**0.5, 1]])
    )


def test_company_turned_round_is_a_correlation_below_zero() -> None:
    one = Interactions.of(np.array([0, 0, 1, 1, 2, 3]), np.array([0, 1, 0, 1, 2, 2]))
    turned = Interactions.of(np.array([0, 0, 1, 1, 2, 3]), np.array([0, 2, 0, 2, 1, 1]))
    value = CoOccurrence().compute(one, turned, None, RNG).value
    assert value == pytest.approx(-0.5)  # (1, 0, 0) against (0, 1, 0)


def test_sessions_and_gaps_by_hand() -> None:
    at = np.array([100, 0, 100 + 1_800, 100 + 3_601, 50])
    taken = Interactions.of(np.array([1, 0, 1, 1, 0]), np.arange(5), time_E=at, n_users=3)
    assert gaps(taken)[0].tolist() == [50, 1_800, 1_801]
    assert [law.tolist() for law in sessions(taken)] == [[2, 2, 1], [1, 2]]
    assert starts(taken).tolist() == [0, 100, 3_701]
    assert (starts(taken) // HOUR).tolist() == [0, 0, 1]


def test_repeats_are_named_where_the_real_have_none() -> None:
    real = Interactions.of(np.array([0, 0, 1]), np.array([0, 1, 1]))
    again = Interactions.of(np.array([0, 0, 1, 1]), np.array([0, 0, 1, 1]))
    result = Repeats().compute(real, again, real, RNG)
    assert (result.value, result.floor) == (0.5, 0)
    assert "never take an item twice" in result.sentence


def test_ratings_by_hand() -> None:
    def rated(*ratings: float) -> Interactions:
        n = len(ratings)
        return Interactions.of(np.zeros(n), np.arange(n) // 5, rating_E=np.array(ratings))

    real, made = rated(1, 1, 1, 1, 1, 5, 5, 5, 5, 5), rated(2, 2, 2, 2, 2, 5, 5, 5, 5, np.nan)
    assert Ratings().compute(real, made, None, RNG).value == pytest.approx(5 / 9)
    assert RatingsByItem().compute(real, made, None, RNG).value == pytest.approx(1 / 2)  # the second has four ratings
    assert RatingsByUser().compute(real, real, None, RNG).value == 0
    assert RatingsByItem().compute(rated(1, 2), made, None, RNG).reason


def test_a_perfect_copy_is_at_the_floor_however_many_users_are_made() -> None:
    """Fresh users of the same law, half as many and twice as many: value and floor are drawn alike."""
    real = planted(users=300, seed=0)
    for many in (150, 600):
        found = compare_interactions(real, planted(users=many, seed=1), 0)
        near = [result for result in found if result.name in ("per_user", "popularity", "gaps", "hour_of_week")]
        for result in near:
            assert result.value is not None
            assert result.floor is not None
            assert 0.25 * result.floor < result.value < 4 * result.floor, result.name


def test_others_make_the_floor_where_there_are_some() -> None:
    real, made = planted(seed=0), planted(seed=1)
    found = {result.name: result for result in compare_interactions(real, made, 0, others=real)}
    assert found["popularity"].floor == 0
    assert found["popularity"].value == pytest.approx(
        next(metric for metric in INTERACTION_METRICS if metric.name == "popularity")
        .compute(real, made, None, RNG)
        .value
    )


def test_the_whole_judgement_says_what_a_made_table_is_worth() -> None:
    histories, held = planted(users=300).split(0.7, np.random.default_rng(0))
    tried = [Popularity(), Markov(), EASE(50)]
    good = judge_recommendation(histories, held, planted(users=300, seed=8), 0, tried)
    bad = judge_recommendation(histories, held, shuffled(histories), 0, tried)
    assert json.loads(json.dumps(good.to_json()))["users"][:2] == [300, 300]
    kept, order = ({result.name: result for result in one.results} for one in (good, bad))
    assert kept["recommender_value"].details["kept"] > 0.9
    assert order["recommender_value"].details["kept"] < 0.8
    assert kept["recommender_order"].value is not None
    assert kept["recommender_order"].value > (order["recommender_order"].value or 0)
    assert good.statistics_table()[0] == ["", "made", "floor"]
    assert len(good.statistics_table()) == 1 + len(INTERACTION_METRICS)
    assert [row[0] for row in good.recommenders_table()] == ["", "popularity", "Markov chain", "EASE"]


def test_a_judgement_is_the_same_twice() -> None:
    histories, held = planted(users=60).split(0.7, np.random.default_rng(0))
    one, same = (judge_recommendation(histories, held, shuffled(histories), 0, [Popularity(), EASE()]) for _ in "ab")
    assert one.to_json() == same.to_json()


def test_a_recommender_that_was_not_tried_is_a_row_with_the_reason() -> None:
    histories, held = planted(users=60).split(0.7, np.random.default_rng(0))
    timeless = replace(histories, time_E=None)
    found = judge_recommendation(timeless, held, timeless, 0, [Markov()])
    assert found.recommenders_table()[1][1] == "not tried: there are no times"
    reasons = {result.name: result.reason for result in found.results}
    assert reasons["gaps"] == "there are no times"
    assert reasons["recommender_value"]
    assert reasons["recommender_order"]


def test_tables_that_cannot_be_compared_are_refused() -> None:
    real = planted()
    with pytest.raises(DataError, match="60 and 61 items; one catalogue was expected"):
        compare_interactions(real, planted(items=61), 0)
    with pytest.raises(DataError, match="2 users on one side; 4 or more were expected"):
        compare_interactions(real, real.of_users(np.arange(200) < 2), 0)
