"""Privacy-loss distributions of noisy mechanisms on a grid: what one release tells about one person, at worst.

For outputs x of the tables with and without a person the loss is log P(x) / Q(x), x drawn from P. Its distribution
holds all that matters for (epsilon, delta), and composing mechanisms adds losses.

Source:
    Koskela, Jälkö & Honkela 2020, arXiv:1906.03049; Doroshenko et al. 2022, arXiv:2207.04380 (connect the dots).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy.special import ndtr, ndtri

from synthgen.errors import PrivacyError

BEYOND = float(-ndtri(1e-30))
"""Standard deviations at which normal tails are cut; the mass beyond counts as a loss without bound."""


class Mechanism(Protocol):
    """A pair of output laws, P and Q; ``adding`` exchanges the table with the person for the one without."""

    def edges(self, count: int, adding: bool) -> np.ndarray:
        """``(count,)``, rising: losses that cut P into pieces; all but about 1e-30 of it lies between the ends."""
        ...

    def masses(self, edges: np.ndarray, adding: bool) -> tuple[np.ndarray, np.ndarray]:
        """Probability under P and under Q of a loss in each interval ``(edges[i], edges[i + 1]]``.

        The first edge may be minus infinity, the last one infinity.
        """
        ...

    def scaled(self, factor: float) -> Mechanism:
        """The same with so much more noise."""
        ...


@dataclass(frozen=True)
class Gaussian:
    """Normal noise on a statistic.

    Args:
        noise: standard deviation / L2 sensitivity, above 0.

    Source:
        Dwork & Roth 2014, section 3.5; Balle & Wang 2018, arXiv:1805.06530.
    """

    noise: float

    def __post_init__(self) -> None:
        _check_noise(self.noise)

    def scaled(self, factor: float) -> Gaussian:
        return Gaussian(self.noise * factor)

    def edges(self, count: int, adding: bool) -> np.ndarray:
        mu = 1.0 / self.noise
        return mu * mu / 2.0 + mu * np.linspace(-BEYOND, BEYOND, count)

    def masses(self, edges: np.ndarray, adding: bool) -> tuple[np.ndarray, np.ndarray]:
        x = edges * self.noise + 0.5 / self.noise  # in standard deviations; the loss rises with it
        return _normal(x - 1.0 / self.noise), _normal(x)


@dataclass(frozen=True)
class SampledGaussian:
    """Normal noise on a sum over a Poisson sample: each unit is in it with probability ``rate``.

    Removing a person (P the mixture) and adding one (Q the mixture) differ; callers take the worse.

    Args:
        noise: standard deviation / L2 sensitivity, above 0.
        rate: chance of being drawn, above 0, at most 1.

    Source:
        Abadi et al. 2016, arXiv:1607.00133; Zhu, Dong & Wang 2022, arXiv:2106.08567 (the worst pairs).
    """

    noise: float
    rate: float

    def __post_init__(self) -> None:
        _check_noise(self.noise)
        if not 0.0 < self.rate <= 1.0:
            raise PrivacyError(f"sampling rate: must be above 0 and at most 1; got {self.rate}")

    def scaled(self, factor: float) -> SampledGaussian:
        return SampledGaussian(self.noise * factor, self.rate)

    def edges(self, count: int, adding: bool) -> np.ndarray:
        reach = BEYOND * self.noise
        x = np.linspace(-reach, reach if adding else 1.0 + reach, count)
        losses = np.logaddexp(_log1m(self.rate), np.log(self.rate) + (x - 0.5) / self.noise**2)
        return np.asarray(-losses[::-1] if adding else losses)

    def masses(self, edges: np.ndarray, adding: bool) -> tuple[np.ndarray, np.ndarray]:
        x = self._output(-edges[::-1] if adding else edges) / self.noise
        without, with_person = _normal(x), _normal(x - 1.0 / self.noise)
        mixture = (1.0 - self.rate) * without + self.rate * with_person
        return (without[::-1], mixture[::-1]) if adding else (mixture, without)

    def _output(self, losses: np.ndarray) -> np.ndarray:
        """The output at which log mixture / normal is ``losses``; minus infinity where no output is so low."""
        with np.errstate(divide="ignore", invalid="ignore"):
            gap = losses + np.log(-np.expm1(_log1m(self.rate) - losses)) - np.log(self.rate)
        gap = np.where(losses > _log1m(self.rate), gap, -np.inf)
        return np.where(np.isposinf(losses), np.inf, self.noise**2 * gap + 0.5)


@dataclass(frozen=True)
class Laplace:
    """Laplace noise on a statistic; alone it holds (1 / noise, 0).

    Args:
        noise: scale / L1 sensitivity, above 0.

    Source:
        Dwork, McSherry, Nissim & Smith 2006, doi:10.1007/11681878_14.
    """

    noise: float

    def __post_init__(self) -> None:
        _check_noise(self.noise)

    def scaled(self, factor: float) -> Laplace:
        return Laplace(self.noise * factor)

    def edges(self, count: int, adding: bool) -> np.ndarray:
        return np.linspace(-1.0, 1.0, count) * (1.0 + 1e-12) / self.noise

    def masses(self, edges: np.ndarray, adding: bool) -> tuple[np.ndarray, np.ndarray]:
        largest = 1.0 / self.noise
        inside = np.clip(edges, -largest, largest)
        below_p = np.where(edges < -largest, 0.0, 0.5 * np.exp((inside - largest) / 2.0))
        below_q = np.where(edges < -largest, 0.0, 1.0 - 0.5 * np.exp(-(inside + largest) / 2.0))
        return np.diff(np.where(edges < largest, below_p, 1.0)), np.diff(np.where(edges < largest, below_q, 1.0))


@dataclass(frozen=True)
class LossGrid:
    """Masses of a loss on multiples of a step, never smaller than the true losses.

    ``mass[i]`` belongs to the loss ``(first + i) * step``; ``infinite`` is what no epsilon covers.
    """

    first: int
    step: float
    mass: np.ndarray
    infinite: float

    @property
    def losses(self) -> np.ndarray:
        return (self.first + np.arange(len(self.mass))) * self.step


def on_grid(mechanism: Mechanism, step: float, adding: bool) -> LossGrid:
    """The loss of a mechanism on multiples of ``step``: an upper bound of delta at every epsilon.

    Between two neighbours on the grid the mass goes to both, so that its probability under P and under Q
    stays: delta is exact on the grid and lies on straight lines (in e^epsilon) above the true curve between.

    Args:
        mechanism: what is released.
        step: width of the grid, above 0.
        adding: the direction of the neighbours.

    Source:
        Doroshenko et al. 2022, arXiv:2207.04380.
    """
    ends = mechanism.edges(2, adding)
    first, last = int(np.floor(ends[0] / step)), int(np.ceil(ends[-1] / step))
    grid = np.arange(first, last + 1) * step
    p, q = mechanism.masses(np.concatenate([[-np.inf], grid, [np.inf]]), adding)
    inner_p, inner_q = p[1:-1], q[1:-1] * np.exp(grid[:-1])
    upper = np.clip((inner_p - inner_q) / -np.expm1(-step), 0.0, inner_p)
    mass = np.zeros(len(grid))
    mass[:-1] += inner_p - upper
    mass[1:] += upper
    mass[0] += p[0]
    return LossGrid(first, step, mass, float(p[-1]))


def _normal(x: np.ndarray) -> np.ndarray:
    """Standard normal mass between neighbours of a rising array, from the nearer tail so that it stays exact."""
    left, right = x[:-1], x[1:]
    mass = np.where(left > 0, ndtr(-left) - ndtr(-right), ndtr(right) - ndtr(left))
    return np.asarray(np.maximum(mass, 0.0))


def _log1m(rate: float) -> float:
    return float(np.log1p(-rate)) if rate < 1.0 else -np.inf


def _check_noise(noise: float) -> None:
    if not (np.isfinite(noise) and noise > 0):
        raise PrivacyError(f"noise: must be a finite number above 0; got {noise}")
