from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest, ks_2samp
from sklearn.metrics import r2_score, roc_auc_score

from synthgen.metrics.statistics import (
    auc_and_influence,
    binomial_interval,
    floor_scale,
    interval,
    kolmogorov_smirnov,
    macro_auc,
    r_squared,
    standard_error,
    total_variation,
)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def test_kolmogorov_smirnov_agrees_with_scipy_on_tied_values(rng: np.random.Generator):
    a, b = rng.integers(0, 9, 70).astype(float), rng.integers(1, 12, 50).astype(float)
    with_missing = np.concatenate([a, [np.nan] * 5])
    assert kolmogorov_smirnov(with_missing, b) == pytest.approx(ks_2samp(a, b).statistic, abs=1e-12)


def test_a_column_without_values_is_as_far_as_can_be_from_one_with_values():
    empty = np.array([np.nan, np.nan])
    assert kolmogorov_smirnov(np.array([1.0]), empty) == 1.0
    assert kolmogorov_smirnov(empty, empty) == 0.0


def test_total_variation_counts_by_sorting_as_it_does_by_table(rng: np.random.Generator):
    a, b = rng.integers(0, 50, 300), rng.integers(0, 60, 200)
    assert total_variation(a, b, 60) == pytest.approx(total_variation(a, b, 3_000_000), abs=1e-12)


def test_a_floor_grows_when_fewer_rows_are_synthetic_than_held_out():
    assert floor_scale(1000, 1000, 1000) == 1.0
    assert floor_scale(100, 100, 25) == pytest.approx(np.sqrt(0.05 / 0.02))


@pytest.mark.parametrize(("hits", "n"), [(0, 7), (3, 7), (7, 7), (480, 1000)])
def test_binomial_interval_is_the_exact_one(hits: int, n: int):
    exact = binomtest(hits, n).proportion_ci(0.95, "exact")
    assert binomial_interval(hits, n) == pytest.approx((exact.low, exact.high), abs=1e-12)


def test_auc_agrees_with_sklearn_when_scores_tie(rng: np.random.Generator):
    positive = rng.random(200) < 0.3
    scores = np.round(rng.normal(size=200) + positive, 1)
    assert auc_and_influence(scores, positive)[0] == pytest.approx(roc_auc_score(positive, scores), abs=1e-12)


def test_auc_error_is_the_one_of_delong_worked_by_hand():
    # positives 3, 1; negatives 2, 0: placements of positives 1, 1/2; of negatives 1/2, 1; area 3/4.
    # (1/m) mean square + (1/n) mean square = (1/16) / 2 + (1/16) / 2 = 1/16.
    scores, positive = np.array([3.0, 1.0, 2.0, 0.0]), np.array([True, True, False, False])
    area, influence = auc_and_influence(scores, positive)
    assert area == 0.75
    assert standard_error(influence) == pytest.approx(0.25)


def test_intervals_hold_the_true_area_as_often_as_they_say():
    # 95 % of 400 intervals: 380 expected, standard deviation 4.4; beyond 4.5 of them: false alarm 1 in 100,000.
    rng, truth, held = np.random.default_rng(1), 0.7602499389, 0  # Phi(1 / sqrt 2)
    for _ in range(400):
        scores, positive = rng.normal(size=300), np.arange(300) < 120
        scores[positive] += 1
        low, high = interval(*auc_and_influence(scores, positive), 0.0, 1.0)
        held += low <= truth <= high
    assert 360 <= held <= 400


def test_macro_auc_is_the_mean_over_classes_that_are_there(rng: np.random.Generator):
    truth = rng.integers(0, 3, 120)
    scores = rng.random((120, 5)) + np.eye(5)[truth] * 0.3
    slow = np.mean([roc_auc_score(truth == k, scores[:, k]) for k in range(3)])
    assert macro_auc(scores, truth)[0] == pytest.approx(slow, abs=1e-12)


def test_r_squared_agrees_with_sklearn_and_its_error_with_a_bootstrap(rng: np.random.Generator):
    truth = rng.normal(size=2000)
    predicted = 0.6 * truth + rng.normal(size=2000) * 0.5
    value, influence = r_squared(predicted, truth)
    assert value == pytest.approx(r2_score(truth, predicted), abs=1e-12)
    again = [r_squared(predicted[i], truth[i])[0] for i in rng.integers(0, 2000, (400, 2000))]
    assert standard_error(influence) == pytest.approx(np.std(again), rel=0.2)  # its own error: 3.5 %; false alarm 1e-8
