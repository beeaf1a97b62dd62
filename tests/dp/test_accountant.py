"""The accountant against closed forms, numerical integration and Google's dp-accounting."""

from __future__ import annotations

import numpy as np
import pytest
from dp_accounting.pld import privacy_loss_distribution as google
from scipy.integrate import quad
from scipy.stats import norm

from synthgen.dp.accountant import (
    delta_of,
    epsilon_of,
    gaussian_delta,
    gaussian_epsilon,
    gaussian_mu,
    noise_for,
)
from synthgen.dp.losses import Gaussian, Laplace, Mechanism, SampledGaussian
from synthgen.errors import PrivacyError


@pytest.mark.parametrize(("rate", "steps"), [(0.001, 2000), (0.01, 100), (0.01, 2000), (0.1, 1), (0.1, 100), (1.0, 7)])
@pytest.mark.parametrize("noise", [0.6, 1.0, 3.0])
def test_agrees_with_dp_accounting_to_a_hundredth(noise: float, rate: float, steps: int) -> None:
    grid = (
        1e-3 if noise < 1 and rate > 1e-3 else 1e-4 if noise < 3 else 2e-5
    )  # theirs is fixed, and coarse for a small loss
    theirs = google.from_gaussian_mechanism(
        noise, sampling_prob=rate, use_connect_dots=True, value_discretization_interval=grid
    ).self_compose(steps)
    for delta in (1e-5, 1e-9):
        ours = epsilon_of([(SampledGaussian(noise, rate), steps)], delta)
        assert ours == pytest.approx(theirs.get_epsilon_for_delta(delta), rel=0.01)


def test_mixed_compositions_agree_with_dp_accounting() -> None:
    theirs = google.from_gaussian_mechanism(1.2, sampling_prob=0.01, use_connect_dots=True).self_compose(500)
    theirs = theirs.compose(google.from_gaussian_mechanism(4.0)).compose(google.from_laplace_mechanism(5.0))
    parts: list[tuple[Mechanism, int]] = [(SampledGaussian(1.2, 0.01), 500), (Gaussian(4.0), 1), (Laplace(5.0), 1)]
    assert epsilon_of(parts, 1e-6) == pytest.approx(theirs.get_epsilon_for_delta(1e-6), rel=0.01)
    assert delta_of(parts, 1.0) == pytest.approx(theirs.get_delta_for_epsilon(1.0), rel=0.01)


@pytest.mark.parametrize("epsilon", [0.1, 1.0, 3.0])
@pytest.mark.parametrize(("noise", "rate"), [(0.8, 0.02), (2.0, 0.3)])
def test_one_sampled_release_is_never_below_its_integral(noise: float, rate: float, epsilon: float) -> None:
    def mixture(x: float) -> float:
        return float((1 - rate) * norm.pdf(x, 0, noise) + rate * norm.pdf(x, 1, noise))

    def alone(x: float) -> float:
        return float(norm.pdf(x, 0, noise))

    reach = (-15 * noise, 1 + 15 * noise)
    breaks = [
        0.5 + noise**2 * np.log((np.exp(s * epsilon) - 1 + rate) / rate)
        for s in (1, -1)
        if np.exp(s * epsilon) > 1 - rate
    ]
    settings = {"points": breaks, "limit": 500, "epsabs": 1e-14}
    removed = quad(lambda x: max(mixture(x) - np.exp(epsilon) * alone(x), 0.0), *reach, **settings)[0]
    added = quad(lambda x: max(alone(x) - np.exp(epsilon) * mixture(x), 0.0), *reach, **settings)[0]
    exact = max(removed, added)
    ours = delta_of([(SampledGaussian(noise, rate), 1)], epsilon)
    assert exact * (1 - 1e-6) <= ours <= exact * 1.01 + 1e-12


@pytest.mark.parametrize("delta", [1e-3, 1e-8, 1e-20])
@pytest.mark.parametrize("mu", [0.05, 1.0, 8.0])
def test_the_grid_gives_the_closed_form_of_gaussians(mu: float, delta: float) -> None:
    """Half the variance goes over the grid as 50 sampled releases of rate almost 1."""
    noise = 1 / (mu / 10)
    ours = epsilon_of([(SampledGaussian(noise, 1 - 1e-12), 50), (Gaussian(noise), 50)], delta)
    exact = gaussian_epsilon(mu, delta)
    assert exact * (1 - 1e-6) <= ours <= exact * 1.003


@pytest.mark.parametrize("noise", [0.5, 1.0, 4.0])
def test_laplace_alone_holds_its_epsilon_and_no_less(noise: float) -> None:
    assert delta_of([(Laplace(noise), 1)], 1 / noise) < 2e-5  # its end lies between two points of the grid
    assert delta_of([(Laplace(noise), 1)], 1.02 / noise) < 1e-12
    assert delta_of([(Laplace(noise), 1)], 0.5 / noise) == pytest.approx(1 - np.exp(-0.25 / noise), rel=1e-3)


def test_known_values_of_the_gaussian() -> None:
    assert gaussian_delta(1.0, 1.0) == pytest.approx(norm.cdf(-0.5) - np.e * norm.cdf(-1.5))
    assert gaussian_epsilon(2.0, gaussian_delta(2.0, 3.0)) == pytest.approx(3.0)
    assert gaussian_delta(gaussian_mu(0.7, 1e-7), 0.7) == pytest.approx(1e-7)
    assert gaussian_epsilon(1e-6, 0.1) == 0.0
    assert epsilon_of([(Gaussian(2.0), 4)], 1e-5) == pytest.approx(gaussian_epsilon(1.0, 1e-5))
    assert epsilon_of([], 1e-5) == 0.0


@pytest.mark.parametrize("epsilon", [0.01, 1.0, 50.0])
def test_noise_for_is_enough_and_hardly_more(epsilon: float) -> None:
    def training(noise: float) -> list[tuple[Mechanism, int]]:
        return [(Gaussian(1000.0), 1), (SampledGaussian(noise, 0.05), 200)]

    noise = noise_for(training, epsilon, 1e-6)
    assert epsilon_of(training(noise), 1e-6) <= epsilon
    assert epsilon_of(training(noise * 0.999), 1e-6) > epsilon


def test_noise_cannot_mend_what_others_spent() -> None:
    with pytest.raises(PrivacyError, match="already passed"):
        noise_for(lambda noise: [(Gaussian(1.0), 1), (Gaussian(noise), 1)], epsilon=1.0, delta=1e-5)


def test_impossible_settings_are_refused() -> None:
    for make in (
        lambda: Gaussian(0.0),
        lambda: SampledGaussian(1.0, 0.0),
        lambda: SampledGaussian(1.0, 1.5),
        lambda: Laplace(float("nan")),
    ):
        with pytest.raises(PrivacyError):
            make()
    for delta in (0.0, 1.0, float("nan")):
        with pytest.raises(PrivacyError, match="delta"):
            epsilon_of([(Gaussian(1.0), 1)], delta)
    with pytest.raises(PrivacyError, match="at least once"):
        epsilon_of([(Gaussian(1.0), 0)], 1e-5)
