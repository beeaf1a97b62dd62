"""Bounds against their definitions, and how often they accuse what is true."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom, norm

from synthgen.dp.accountant import delta_of, epsilon_of, gaussian_delta, gaussian_epsilon
from synthgen.dp.losses import Gaussian, SampledGaussian
from synthgen.dp.lower_bounds import (
    advantage_bound,
    epsilon_at_advantage,
    guessing_bound,
    limits,
    rates_bound,
)


def test_guesses_without_delta_are_a_binomial_test() -> None:
    epsilon = guessing_bound(right=80, guesses=100, canaries=1000, delta=0.0, confidence=0.95)
    assert binom.sf(79, 100, 1 / (1 + np.exp(-epsilon))) == pytest.approx(0.05, rel=1e-4)


def test_delta_lowers_the_bound_as_the_theorem_says() -> None:
    """The chance of the theorem, added up term by term."""
    right, guesses, canaries, delta = 80, 100, 500, 1e-4
    epsilon = guessing_bound(right, guesses, canaries, delta, confidence=0.95)
    q = 1 / (1 + np.exp(-epsilon))
    beyond = binom.sf(right - 1, guesses, q)
    steepest = max((binom.sf(right - i - 1, guesses, q) - beyond) / i for i in range(1, right + 1))
    assert beyond + 2 * canaries * delta * steepest == pytest.approx(0.05, rel=1e-4)
    assert epsilon < guessing_bound(right, guesses, canaries, 0.0, confidence=0.95)


def test_rates_are_clopper_pearson_limits() -> None:
    hit, alarm = limits(30, 40, 5, 50, confidence=0.9)
    assert binom.sf(29, 40, hit) == pytest.approx(0.05)
    assert binom.cdf(5, 50, alarm) == pytest.approx(0.05)
    assert limits(0, 10, 10, 10, confidence=0.9) == (0.0, 1.0)
    assert rates_bound(30, 40, 5, 50, delta=0.0, confidence=0.9) == pytest.approx(np.log(hit / alarm))
    assert rates_bound(20, 40, 20, 40, delta=0.0, confidence=0.9) == 0.0


def test_an_advantage_is_told_as_the_epsilon_of_the_noise_that_has_it() -> None:
    apart = gaussian_delta(0.8, 0.0)
    assert epsilon_at_advantage([(Gaussian(10.0), 4)], apart + 1e-6, 1e-6) == pytest.approx(
        gaussian_epsilon(0.8, 1e-6), rel=1e-4
    )
    assert epsilon_at_advantage([(Gaussian(10.0), 4)], 0.0, 1e-6) == 0.0
    assert epsilon_at_advantage([(Gaussian(10.0), 4)], 1.0, 1e-6) > 90
    training = [(SampledGaussian(2.0, 0.05), 200)]
    apart = delta_of(training, 0.0)
    assert epsilon_at_advantage([(SampledGaussian(8.0, 0.05), 200)], apart + 1e-6, 1e-6) == pytest.approx(
        epsilon_of(training, 1e-6), rel=1e-3
    )


@pytest.mark.parametrize("together", [False, True], ids=["canaries apart", "canaries right or wrong together"])
def test_advantage_is_overstated_no_more_often_than_promised(together: bool) -> None:
    """600 audits of 40 runs at 90 %: more than 100 overstatements have a chance below 1e-6."""
    rng = np.random.default_rng(0)
    chance = norm.cdf(0.5)
    wrong = 0
    for _ in range(600):
        right_RK = rng.random((40, 1 if together else 5)) < chance
        wrong += advantage_bound(np.repeat(right_RK, 5, axis=1) if together else right_RK, 0.9) > 2 * chance - 1
    assert wrong <= 100


def test_more_runs_bring_the_advantage_closer_to_the_truth() -> None:
    rng = np.random.default_rng(1)
    found = [advantage_bound(rng.random((runs, 50)) < 0.7, 0.95) for runs in (20, 100, 500)]
    assert found[0] < found[1] < found[2] < 0.4
    assert found[2] > 0.37


@pytest.mark.parametrize("epsilon", [0.5, 2.0])
def test_guesses_on_randomised_response_are_refuted_no_more_often_than_promised(epsilon: float) -> None:
    """Randomised response reaches epsilon exactly; 2,000 audits at 90 %: fewer than 270 overstate but for 1e-6."""
    rng = np.random.default_rng(2)
    right = rng.binomial(100, 1 / (1 + np.exp(-epsilon)), size=2000)
    bounds = {r: guessing_bound(int(r), 100, 100, 0.0, 0.9) for r in set(right)}
    overstated = sum(bounds[r] > epsilon for r in right)
    assert 50 < overstated < 270
