"""Epsilon and delta of mechanisms that are composed, as upper bounds.

Gaussian releases alone have a closed form. Everything else goes over privacy-loss distributions: each is put on a
grid that never understates it, they are composed by Fourier transforms, and the sum is tilted towards the losses
that are asked about, so that a delta of 1e-20 is as exact as one of 1e-2.

Source:
    Balle & Wang 2018, arXiv:1805.06530 (Gaussian); Koskela, Jälkö & Honkela 2020, arXiv:1906.03049 and Gopi, Lee &
    Wutschitz 2021, arXiv:2106.02848 (composition by Fourier transforms); Doroshenko et al. 2022, arXiv:2207.04380
    (the grid); Alghamdi et al. 2023, arXiv:2208.09595 (tilting).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.fft import irfft, next_fast_len, rfft
from scipy.optimize import brentq, minimize_scalar
from scipy.special import log_ndtr, logsumexp

from synthgen.dp.losses import Gaussian, LossGrid, Mechanism, SampledGaussian, on_grid
from synthgen.errors import PrivacyError

Composition = Sequence[tuple[Mechanism, int]]
"""Mechanisms, and how often each is used on the same data."""

SPREAD = 3e-4
"""What the grid may add to the variance of the composed loss, as a share of it."""
FINEST = 2**20
"""Most points on the grid of one mechanism, and up to eight times as many on that of the composed loss."""
OUTSIDE = np.log(1e-18)
"""Log of the tilted mass that may lie on either side of the window in which losses are composed."""


def epsilon_of(mechanisms: Composition, delta: float) -> float:
    """The epsilon that all mechanisms together hold at ``delta``: an upper bound, tight to about 0.1 %.

    Args:
        mechanisms: each with the number of times it is used.
        delta: above 0, below 1.

    Returns:
        0 or more.

    Raises:
        PrivacyError: ``delta`` is out of its range, or a mechanism is used less than once.

    Example:
        >>> round(epsilon_of([(Gaussian(noise=1.0), 1)], delta=1e-5), 3)
        4.377
        >>> round(epsilon_of([(SampledGaussian(noise=1.0, rate=0.01), 1000)], delta=1e-5), 2)
        1.83
    """
    _check(mechanisms, delta=delta)
    mechanisms = _merged(mechanisms)
    if not mechanisms:
        return 0.0
    if _closed(mechanisms):
        return gaussian_epsilon(1.0 / mechanisms[0][0].noise, delta)  # type: ignore[attr-defined]
    return max(_epsilon(mechanisms, delta, adding) for adding in (False, True))


def delta_of(mechanisms: Composition, epsilon: float) -> float:
    """The delta that all mechanisms together hold at ``epsilon``: an upper bound.

    Args:
        mechanisms: each with the number of times it is used.
        epsilon: 0 or more.

    Raises:
        PrivacyError: ``epsilon`` is negative, or a mechanism is used less than once.

    Example:
        >>> round(delta_of([(Gaussian(noise=1.0), 1)], epsilon=1.0), 4)
        0.1269
    """
    _check(mechanisms, epsilon=epsilon)
    mechanisms = _merged(mechanisms)
    if not mechanisms:
        return 0.0
    if _closed(mechanisms):
        return gaussian_delta(1.0 / mechanisms[0][0].noise, epsilon)  # type: ignore[attr-defined]
    return max(_delta(mechanisms, epsilon, adding) for adding in (False, True))


def noise_for(make: Callable[[float], Composition], epsilon: float, delta: float) -> float:
    """The smallest noise with which a composition stays within ``epsilon`` at ``delta``, to 0.01 %, never too small.

    Args:
        make: the composition for a noise multiplier; its epsilon falls as the noise grows.
        epsilon: above 0.
        delta: above 0, below 1.

    Raises:
        PrivacyError: no noise is enough, as other parts of the composition already pass ``epsilon``.

    Example:
        >>> noise = noise_for(lambda noise: [(Gaussian(noise), 1)], epsilon=1.0, delta=1e-5)
        >>> round(noise, 3), epsilon_of([(Gaussian(noise), 1)], 1e-5) <= 1.0
        (3.731, True)
    """
    if not (np.isfinite(epsilon) and epsilon > 0):
        raise PrivacyError(f"epsilon: must be a finite number above 0; got {epsilon}")

    def excess(log_noise: float) -> float:
        return float(np.log(max(epsilon_of(make(float(np.exp(log_noise))), delta), 1e-12) / epsilon))

    low, high = 0.0, 0.0
    while excess(low) <= 0.0 and low > -6.0:
        low -= 0.7
    while excess(high) > 0.0:
        high += 0.7
        if high > 20.0:
            raise PrivacyError(f"epsilon {epsilon:g} at delta {delta:g}: already passed by what else is released")
    if high <= low:
        return float(np.exp(low))  # even hardly any noise is enough
    found = float(brentq(excess, max(low, high - 0.7) if high > 0 else low, high if high > 0 else low + 0.7, xtol=5e-5))
    while excess(found) > 0.0:
        found += 5e-5
    return float(np.exp(found))


def gaussian_delta(mu: float, epsilon: float) -> float:
    """Delta of Gaussian releases whose (sensitivity / standard deviation)^2 add up to ``mu**2``; exact.

    Source:
        Balle & Wang 2018, arXiv:1805.06530, theorem 8.
    """
    if mu <= 0.0:
        return 0.0
    inside, outside = log_ndtr(mu / 2.0 - epsilon / mu), epsilon + log_ndtr(-mu / 2.0 - epsilon / mu)
    return float(np.exp(inside) * -np.expm1(min(outside - inside, 0.0)))


def gaussian_epsilon(mu: float, delta: float) -> float:
    """Epsilon of Gaussian releases whose (sensitivity / standard deviation)^2 add up to ``mu**2``.

    Example:
        >>> round(gaussian_epsilon(1.0, 1e-5), 3)
        4.377
    """
    if gaussian_delta(mu, 0.0) <= delta:
        return 0.0
    high = mu * mu / 2.0 + mu * np.sqrt(2.0 * np.log(1.0 / delta)) + 1e-9
    return float(brentq(lambda e: _log(gaussian_delta(mu, e)) - np.log(delta), 0.0, high, xtol=1e-13, rtol=1e-13))


def gaussian_mu(epsilon: float, delta: float) -> float:
    """The largest sqrt of summed (sensitivity / standard deviation)^2 that holds ``epsilon`` at ``delta``.

    Example:
        >>> round(gaussian_mu(1.0, 1e-5), 4)
        0.2681
    """
    _check([], delta=delta)
    if not (np.isfinite(epsilon) and epsilon > 0):
        raise PrivacyError(f"epsilon: must be a finite number above 0; got {epsilon}")
    high = 1.0
    while gaussian_delta(high, epsilon) < delta:
        high *= 2.0
    return float(brentq(lambda mu: _log(gaussian_delta(mu, epsilon)) - np.log(delta), 1e-9, high, xtol=1e-14))


@dataclass(frozen=True)
class _Window:
    """The composed loss around the losses that are asked about, tilted: mass times e^(tilt * loss - log_scale)."""

    losses: np.ndarray
    tilted: np.ndarray
    tilt: float
    log_scale: float
    beyond: float  # what lies above the window or is infinite

    def delta(self, epsilon: float) -> float:
        above = slice(int(np.searchsorted(self.losses, epsilon, side="right")), None)
        gaps = self.losses[above] - epsilon
        total = float((self.tilted[above] * np.exp(-self.tilt * gaps) * -np.expm1(-gaps)).sum())
        return min(1.0, total * float(np.exp(min(self.log_scale - self.tilt * epsilon, 700.0))) + self.beyond)


def _epsilon(mechanisms: Composition, delta: float, adding: bool) -> float:
    rough = _Rough(mechanisms, adding)
    tilt = rough.tilt(lambda t: (rough.cumulant(t) - np.log(delta)) / t)
    window = _composed(mechanisms, rough, tilt, adding)
    low, high = max(0.0, float(window.losses[0])), float(window.losses[-1])
    if window.delta(low) <= delta:
        return low
    if window.delta(high) > delta:
        return np.inf
    return float(brentq(lambda e: _log(window.delta(e)) - np.log(delta), low, high, xtol=1e-12, rtol=1e-9)) * (1 + 1e-8)


def _delta(mechanisms: Composition, epsilon: float, adding: bool) -> float:
    rough = _Rough(mechanisms, adding)
    tilt = rough.tilt(lambda t: rough.cumulant(t) - t * epsilon)
    return _composed(mechanisms, rough, tilt, adding).delta(epsilon)


class _Rough:
    """Cumulants of the composed loss by quadrature: where to look and how finely, not part of the bound."""

    def __init__(self, mechanisms: Composition, adding: bool) -> None:
        self.parts = []
        for mechanism, times in mechanisms:
            edges = mechanism.edges(4001, adding)
            mass = mechanism.masses(edges, adding)[0]
            self.parts.append((0.5 * (edges[:-1] + edges[1:]), np.log(np.maximum(mass, 1e-300)), times))
        self.deviation = float(np.sqrt(self.variance(0.0)))

    def cumulant(self, tilt: float) -> float:
        return float(sum(times * logsumexp(mass + tilt * losses) for losses, mass, times in self.parts))

    def variance(self, tilt: float) -> float:
        total = 0.0
        for losses, mass, times in self.parts:
            weights = np.exp(mass + tilt * losses - logsumexp(mass + tilt * losses))
            mean = float(weights @ losses)
            total += times * float(weights @ (losses - mean) ** 2)
        return total

    def tilt(self, bound: Callable[[float], float]) -> float:
        """The tilt at which a Chernoff bound is least."""
        unit = np.log(self.deviation)
        found = minimize_scalar(
            lambda log_t: bound(float(np.exp(log_t))), bounds=(-5.0 - unit, 4.0 - unit), options={"xatol": 1e-2}
        )
        return float(np.exp(found.x))


def _composed(mechanisms: Composition, rough: _Rough, tilt: float, adding: bool) -> _Window:
    variance = min(rough.variance(tilt), rough.deviation**2)
    step = float(np.sqrt(6.0 * SPREAD * variance / sum(times for _, times in mechanisms)))
    step = max(step, max(float(np.ptp(m.edges(2, adding))) for m, _ in mechanisms) / FINEST)
    while True:
        grids = [(on_grid(mechanism, step, adding), times) for mechanism, times in mechanisms]
        log_scale = _cumulant(grids, tilt)
        low, high = _reach(grids, tilt, log_scale, float(np.sqrt(rough.variance(tilt))))
        if high - low <= 8 * FINEST * step:
            break
        step = (high - low) / (4 * FINEST)
    first, size = int(np.floor(low / step)), next_fast_len(int(np.ceil((high - low) / step)) + 2, real=True)
    spectrum: np.ndarray = np.ones(size // 2 + 1, dtype=complex)
    for grid, times in grids:
        weights = grid.mass * np.exp(tilt * grid.losses - _cumulant([(grid, 1)], tilt))
        circle = np.bincount((grid.first + np.arange(len(weights))) % size, weights=weights, minlength=size)
        spectrum *= rfft(circle) ** times
    tilted = np.roll(irfft(spectrum, size), -(first % size))
    losses = (first + np.arange(size)) * step
    above = np.exp(min(log_scale - tilt * losses[-1] + OUTSIDE, 0.0))
    infinite = -np.expm1(sum(times * np.log1p(-grid.infinite) for grid, times in grids))
    return _Window(losses, np.maximum(tilted, 0.0), tilt, log_scale, float(above + infinite))


def _cumulant(grids: Sequence[tuple[LossGrid, int]], tilt: float) -> float:
    total = 0.0
    for grid, times in grids:
        exponents = tilt * grid.losses
        largest = float(np.max(exponents[grid.mass > 0]))
        total += times * (largest + float(np.log(grid.mass @ np.exp(np.minimum(exponents - largest, 0.0)))))
    return total


def _reach(grids: Sequence[tuple[LossGrid, int]], tilt: float, scale: float, deviation: float) -> tuple[float, float]:
    """Between which sums of losses nearly all tilted mass lies, by Chernoff's bound."""
    low = sum(times * grid.first * grid.step for grid, times in grids)
    high = sum(times * (grid.first + len(grid.mass)) * grid.step for grid, times in grids)
    for pull in np.array([1.0, 2.0, 4.0, 8.0, 16.0]) / deviation:
        high = min(high, (_cumulant(grids, tilt + pull) - scale - OUTSIDE) / pull)
        low = max(low, (scale - _cumulant(grids, tilt - pull) + OUTSIDE) / pull)
    return low, high


def _merged(mechanisms: Composition) -> list[tuple[Mechanism, int]]:
    """All Gaussian releases as one, and equal mechanisms together."""
    mu_squared = 0.0
    others: dict[Mechanism, int] = {}
    for mechanism, times in mechanisms:
        if isinstance(mechanism, SampledGaussian) and mechanism.rate == 1.0:
            mechanism = Gaussian(mechanism.noise)
        if isinstance(mechanism, Gaussian):
            mu_squared += times / mechanism.noise**2
        else:
            others[mechanism] = others.get(mechanism, 0) + times
    merged: list[tuple[Mechanism, int]] = [(Gaussian(float(mu_squared**-0.5)), 1)] if mu_squared else []
    return [*merged, *others.items()]


def _closed(mechanisms: Composition) -> bool:
    return len(mechanisms) == 1 and isinstance(mechanisms[0][0], Gaussian)


def _check(mechanisms: Composition, *, delta: float = 0.5, epsilon: float = 1.0) -> None:
    if not 0.0 < delta < 1.0:
        raise PrivacyError(f"delta: must be above 0 and below 1; got {delta}")
    if not epsilon >= 0.0:
        raise PrivacyError(f"epsilon: must be 0 or more; got {epsilon}")
    for mechanism, times in mechanisms:
        if times < 1:
            raise PrivacyError(f"{mechanism}: must be used at least once; got {times}")


def _log(value: float) -> float:
    return float(np.log(max(value, 1e-300)))
