"""Mode-specific numbers: a mixture of normal laws, and of each number its mode and its place within it.

Letters: N values, K modes.

Source: Xu et al. 2019, arXiv:1907.00503, section 4.2; the mixture is scikit-learn's variational one.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import BayesianGaussianMixture

from synthgen.columns.holders import holders

MOST_MODES = 10
FEWEST_SHARE = 0.005
"""A mode with a smaller share of the rows is left out: a batch of 500 rows would hold two of it."""
REACH = 4.0
"""Standard deviations from a mode's middle to where its places end."""
NARROWEST = 1e-5
"""The least spread of a mode, in standard deviations of the column: one value that many rows hold stays one value."""
SPIKE = 0.05
"""A value with a larger share of the rows is a mode of its own: a mixture would put its neighbours in one with it."""
MOST_FITTED = 10_000
"""So many values tell ten modes apart; more would only take longer."""


@dataclass(frozen=True)
class Modes:
    """A fitted mixture.

    Attributes:
        middle_K: means.
        spread_K: standard deviations.
        share_K: weights.
    """

    middle_K: np.ndarray
    spread_K: np.ndarray
    share_K: np.ndarray

    @classmethod
    def fit(
        cls, values: np.ndarray, rng: np.random.Generator, min_holders: int = 5, unit_N: np.ndarray | None = None
    ) -> Modes:
        """Learn the modes of finite numbers.

        Args:
            values: ``(N,)``, one or more.
            rng: of the values fitted to and of the first guess.
            min_holders: a mode needs so many rows, or people where it is known whose they are.
            unit_N: whose each number is; None: each is somebody else's.

        Example:
            >>> values = np.r_[np.linspace(-1, 1, 500), np.linspace(99, 101, 500)]
            >>> modes = Modes.fit(values, np.random.default_rng(0))
            >>> mode, place = modes.encode(np.array([0.0, 100.0]), np.random.default_rng(0))
            >>> modes.decode(mode, place).round(6).tolist()
            [0.0, 100.0]
        """
        centre, scale = float(values.mean()), float(values.std()) or 1.0
        spikes_P, held_P = _spikes(values, min_holders, unit_N)
        spread_P = np.full(len(spikes_P), NARROWEST * scale)
        rest = values[~np.isin(values, spikes_P)] if len(spikes_P) else values
        if not len(rest):
            return cls(spikes_P, spread_P, held_P / held_P.sum())
        fitted = (rng.choice(rest, MOST_FITTED, replace=False) if len(rest) > MOST_FITTED else rest) - centre
        mixture = BayesianGaussianMixture(
            n_components=min(MOST_MODES, len(np.unique(fitted))),
            weight_concentration_prior_type="dirichlet_process",
            weight_concentration_prior=0.001,  # few modes, unless the numbers ask for more
            reg_covar=NARROWEST**2,
            random_state=int(rng.integers(2**31)),
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # a rough mixture does: places make up for it
            mixture.fit(fitted[:, None] / scale)
        share_K = mixture.weights_
        kept = (share_K >= FEWEST_SHARE) & (share_K * len(rest) >= min_holders)
        if unit_N is not None:
            whose_N = unit_N[~np.isin(values, spikes_P)]
            kept &= holders(mixture.predict((rest - centre)[:, None] / scale), len(kept), whose_N) >= min_holders
        kept |= ~kept.any() & (share_K == share_K.max())
        spread_K = np.sqrt(mixture.covariances_[kept, 0, 0]) * scale
        middle_K = mixture.means_[kept, 0] * scale + centre
        share_K = share_K[kept] / share_K[kept].sum() * len(rest) / len(values)
        return cls(np.r_[spikes_P, middle_K], np.r_[spread_P, spread_K], np.r_[held_P / len(values), share_K])

    def encode(self, values: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Of each number a mode, drawn by its chance, and the place within it, -1 to 1."""
        distance_NK = (values[:, None] - self.middle_K) / self.spread_K
        log_NK = np.log(self.share_K) - np.log(self.spread_K) - distance_NK**2 / 2
        chance_NK = np.exp(log_NK - log_NK.max(1, keepdims=True)).cumsum(1)
        mode_N = (chance_NK < rng.random((len(values), 1)) * chance_NK[:, -1:]).sum(1)
        place_N = distance_NK[np.arange(len(values)), mode_N] / REACH
        return mode_N, np.clip(place_N, -1.0, 1.0)

    def decode(self, mode_N: np.ndarray, place_N: np.ndarray) -> np.ndarray:
        """Numbers again."""
        numbers: np.ndarray = self.middle_K[mode_N] + REACH * self.spread_K[mode_N] * place_N
        return numbers


def _spikes(values: np.ndarray, min_holders: int, unit_N: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
    """``(P,)`` single values that many rows hold, and how many do.

    Example:
        >>> _spikes(np.r_[np.zeros(10), np.arange(50)], 5)
        (array([0.]), array([11]))
    """
    distinct, place_N, counts = np.unique(values, return_inverse=True, return_counts=True)
    held = counts if unit_N is None else holders(place_N, len(distinct), unit_N)
    many = (counts >= SPIKE * len(values)) & (held >= min_holders)
    return distinct[many], counts[many]
