"""Divides an asked epsilon among releases: noise by share, thresholds of unknown vocabularies, private training.

Source:
    Dong, Roth & Su 2022, arXiv:1905.02383 (Gaussian differential privacy: squared mu add up); Korolova et al. 2009,
    doi:10.1145/1526709.1526733, Bun, Nissim & Stemmer 2016, arXiv:1511.08552, and Wilkins et al. 2024, arXiv:2306.07884
    (thresholds).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from scipy.special import ndtri

from synthgen.dp.accountant import gaussian_mu, noise_for
from synthgen.dp.ledger import Entry, Ledger
from synthgen.dp.losses import SampledGaussian
from synthgen.dp.noise import Noise
from synthgen.errors import PrivacyError

ROUNDING = 1e-7
"""Share of mu that is never spent, so that sums of shares stay below what was asked in floating point."""

LEAST_LEFT = 1e-3
"""Share of the budget without which no training begins."""


@dataclass(frozen=True)
class Vocabulary:
    """Values that enough units hold, most frequent first, each with its noisy count.

    Values whose noisy count is below ``threshold`` are not in it; ``sd`` is the standard deviation of the noise.
    """

    values: pa.Array
    counts: np.ndarray
    threshold: float
    sd: float


class Budget:
    """Hands out noise until the asked epsilon is spent, and writes each release into the ledger.

    Releases are Gaussian: one with a ``share`` of the budget has noise of sd = sensitivity / (mu * sqrt(share)), and
    shares of all releases add up to at most 1.

    Args:
        epsilon: asked, above 0.
        delta: asked, above 0 and below 1.
        threshold_delta_share: part of delta that thresholds of vocabularies may take, above 0 and below 1.
        ledger: where entries go, made for the same epsilon and delta; None starts one whose unit is the row.
        noise: None draws from the operating system.

    Attributes:
        told: step -> statistics as they were released, and the standard deviation of their noise; for audits.

    Example:
        >>> budget = Budget(1.0, 1e-5, noise=Noise(seed=0))
        >>> noisy, sd = budget.gaussian(np.array([100.0]), step="rows", share=0.1, sensitivity=1.0)
        >>> round(sd, 2), round(budget.left, 2)
        (11.87, 0.9)
    """

    def __init__(
        self,
        epsilon: float,
        delta: float,
        *,
        threshold_delta_share: float = 0.1,
        ledger: Ledger | None = None,
        noise: Noise | None = None,
    ) -> None:
        if not 0.0 < threshold_delta_share < 1.0:
            raise PrivacyError(f"share of delta for thresholds: must be above 0, below 1; got {threshold_delta_share}")
        self.noise = Noise() if noise is None else noise
        self.ledger = Ledger(epsilon, delta) if ledger is None else ledger
        if (self.ledger.epsilon, self.ledger.delta) != (epsilon, delta):
            raise PrivacyError("budget: its ledger was made for another epsilon or delta")
        self.ledger.seeded = self.ledger.seeded or self.noise.seeded
        self.threshold_delta = delta * threshold_delta_share
        self.mu = gaussian_mu(epsilon, delta - self.threshold_delta) * (1.0 - ROUNDING)
        self._delta_share_left = 1.0
        self.told: dict[str, tuple[np.ndarray, float]] = {}

    @property
    def left(self) -> float:
        """Share of mu squared that is not spent by Gaussian releases."""
        spent = sum(e.times / e.noise**2 for e in self.ledger.entries if e.mechanism != "sampled gaussian")
        return max(0.0, 1.0 - spent / self.mu**2)

    def sd(self, share: float, sensitivity: float) -> float:
        """Standard deviation of the noise that a release with ``share`` of the budget would get."""
        return sensitivity / (self.mu * float(np.sqrt(share)))

    def gaussian(
        self, values: np.ndarray, *, step: str, share: float, sensitivity: float, schema: bool = False
    ) -> tuple[np.ndarray, float]:
        """Release statistics with normal noise.

        Args:
            values: exact statistics, of any shape; how many there are must not depend on the data.
            step: what they are for, as the ledger shows it.
            share: part of the budget, above 0; at most ``left``.
            sensitivity: L2 distance by which one unit can move ``values``, above 0.
            schema: not needed where a public schema says what the column holds.

        Returns:
            The noisy statistics and the standard deviation of their noise.

        Raises:
            PrivacyError: the budget has not so much left. Nothing was released.
        """
        sd = self._spend("gaussian", step, share, sensitivity, 0.0, schema)
        noisy = np.asarray(values, dtype=np.float64) + self.noise.gaussian(np.shape(values), sd)
        self.told[step] = (noisy.copy(), sd)
        return noisy, sd

    def vocabulary(
        self,
        values: pa.Array,
        counts: np.ndarray,
        *,
        step: str,
        share: float,
        delta_share: float,
        most: int | None = None,
        once: bool = False,
        min_holders: float = 0.0,
        schema: bool = True,
    ) -> Vocabulary:
        """Release which values there are, without telling of any that only one unit holds.

        Args:
            values: the different values of the data, each once.
            counts: how often each occurs, 1 or more: rows, or units where ``once``.
            step: what it is for, as the ledger shows it.
            share: part of the budget, above 0; at most ``left``.
            delta_share: part of the delta of thresholds, above 0; of all vocabularies at most 1.
            most: occurrences that one unit may add, over all values; None takes the ledger's rows per unit.
            once: a unit is counted once for each value it holds, so that one count moves by at most 1.
            min_holders: values whose noisy count is lower stay hidden too.
            schema: not needed where a public schema says what the column holds.

        Raises:
            PrivacyError: the budget has not so much left. Nothing was released.
        """
        if len(counts) and np.min(counts) < 1:
            raise ValueError("vocabulary: counts of values that occur are 1 or more")
        if not 0.0 < delta_share <= self._delta_share_left + 1e-9:
            raise PrivacyError(
                f"{step}: thresholds have {self._delta_share_left:.3g} of their delta left, not {delta_share}"
            )
        most = self.ledger.rows_per_unit if most is None else most
        delta = self.threshold_delta * delta_share
        sensitivity = float(np.sqrt(most)) if once else float(most)
        sd = self._spend("thresholded gaussian", step, share, sensitivity, delta, schema)
        self._delta_share_left -= delta_share
        cut = max(threshold(sd, delta, most, once=once), min_holders)
        noisy = np.asarray(counts, dtype=np.float64) + self.noise.gaussian(len(counts), sd)
        order = np.argsort(-noisy, kind="stable")  # never the order of the rows
        order = order[noisy[order] >= cut]
        return Vocabulary(values.take(pa.array(order)), noisy[order], cut, sd)

    def training_noise(self, rate: float, steps: int) -> float:
        """The smallest noise of private training with which all of the run stays within the asked epsilon.

        Args:
            rate: chance of a unit to be in a batch, above 0, at most 1.
            steps: of training, 1 or more.

        Returns:
            The noise multiplier: standard deviation / clipping norm.

        Raises:
            PrivacyError: (nearly) nothing is left for training: noise that fits would drown all gradients.
        """
        left = min(self.left, 1.0 - self.ledger.epsilon_spent() / self.ledger.epsilon)
        if left < LEAST_LEFT:
            raise PrivacyError(
                f"private training: nothing is left of epsilon {self.ledger.epsilon:g} for gradients, as other "
                "releases took it all. Ask for a larger epsilon, or leave privacy.method out: no gradients are needed"
            )
        others = [entry.composed() for entry in self.ledger.entries]
        return noise_for(
            lambda noise: [*others, (SampledGaussian(noise, rate), steps)], self.ledger.epsilon, self.ledger.delta_left
        )

    def train(self, noise: float, rate: float, steps: int, *, max_grad_norm: float, step: str = "training") -> None:
        """Write private training into the ledger, before its first step.

        Raises:
            PrivacyError: with it the run would pass the asked epsilon.
        """
        self.ledger.spend(Entry(step, "sampled gaussian", noise, max_grad_norm, times=steps, rate=rate))

    def _spend(self, mechanism: str, step: str, share: float, sensitivity: float, delta: float, schema: bool) -> float:
        if not 0.0 < sensitivity < float("inf"):
            raise PrivacyError(f"{step}: sensitivity must be a finite number above 0; got {sensitivity}")
        if not 0.0 < share <= self.left + 1e-9:
            raise PrivacyError(f"{step}: {self.left:.3g} of the privacy budget is left, not {share:.3g}")
        sd = self.sd(share, sensitivity)
        noise = sd / sensitivity
        self.ledger.spend(Entry(step, mechanism, noise, sensitivity, delta=delta, schema=schema))  # type: ignore[arg-type]
        return sd


def threshold(sd: float, delta: float, most: int, *, once: bool = False) -> float:
    """The lowest count at which values of a single unit pass with a chance of at most ``delta``, however they split.

    A unit may bring new values with counts that add up to ``most``. Minus the log of the chance that a value stays
    hidden is a convex function of its count, so its ratio to the count is largest at one of the ends: all
    occurrences in one value, or each in its own.

    Args:
        sd: standard deviation of the noise.
        delta: chance that any passes, above 0, below 1/2.
        most: occurrences that one unit may add.
        once: each new value has count 1.

    Example:
        >>> round(threshold(sd=1.0, delta=1e-6, most=1), 3)
        5.753
        >>> round(threshold(sd=1.0, delta=1e-6, most=10), 3), round(threshold(1.0, 1e-6, 10, once=True), 3)
        (14.753, 6.199)
    """
    alone = 1.0 - float(ndtri(-np.expm1(np.log1p(-delta) / most))) * sd
    return alone if once else max(alone, most - float(ndtri(delta)) * sd)
