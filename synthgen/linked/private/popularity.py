"""How often rows are named by others: items of a public catalogue one by one, people and their rows by a law.

Letters: I items, T rows that may be named, C classes of them, K numbers on the grid.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.stats import poisson

from synthgen.dp.budget import Budget

ROUNDS = 200
POINTS = 80
BARS = 4_000
RATES, RATE = 60, 0.3
"""Means that are tried, and the least of them above 0."""
MIXING = 6
"""Rounds towards the mixture of means: more of them make peaks of the noise. Of 2,000 people, a tenth or a quarter of
whose ties was counted with noise of 20 to 100 people, 6 rounds came nearest to the real quantiles, 200 to few peaks."""
WHOLE = 0.95
"""Naming rows that were looked at, of all, from which on their law is taken as it is."""


def distinct_holders(item_N: np.ndarray, whose_N: np.ndarray, items: int) -> np.ndarray:
    """``(I,)`` people who have each item; one with m rows adds 1 to at most m of them.

    Example:
        >>> distinct_holders(np.array([0, 0, 1, -1]), np.array([7, 7, 8, 8]), 3).tolist()
        [1.0, 1.0, 0.0]
    """
    there = item_N >= 0
    pair = np.unique(np.stack([whose_N[there], item_N[there]]), axis=1)
    return np.bincount(pair[1], minlength=items).astype(np.float64)


def cleared(noisy_I: np.ndarray, sd: float, rng: np.random.Generator) -> np.ndarray:
    """``(I,)`` counts that noisy ones may have been: each drawn given its own, by the law that all of them tell.

    The law of the counts without noise is the one that makes the noisy ones most likely (Kiefer & Wolfowitz 1956), on
    a grid; so a long tail of items that hardly anybody has is not taken for one of many that some have.

    Args:
        noisy_I: counts with noise.
        sd: of the noise.
        rng: draws.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> true = np.repeat([0.0, 100.0], [900, 100])
        >>> clear = cleared(true + 10 * rng.standard_normal(1_000), 10.0, rng)
        >>> bool(clear[:900].mean() < 2), bool(abs(clear[900:].mean() - 100) < 5)
        (True, True)
    """
    most = max(float(noisy_I.max(initial=1.0)), sd)
    grid_K = np.r_[0.0, np.geomspace(min(0.5, sd / 4), most, POINTS)]
    edge = np.linspace(noisy_I.min(initial=0.0), most, BARS + 1)
    bar_I = np.clip(np.searchsorted(edge, noisy_I, side="right") - 1, 0, BARS - 1)
    middle = (edge[1:] + edge[:-1]) / 2
    held = np.bincount(bar_I, minlength=BARS).astype(np.float64)
    likely = np.exp(-0.5 * ((middle[:, None] - grid_K) / sd) ** 2) + 1e-300
    law_K = np.full(len(grid_K), 1 / len(grid_K))
    for _ in range(ROUNDS):
        post = likely * law_K
        post /= post.sum(axis=1, keepdims=True)
        law_K = held @ post / held.sum()
    reach = np.cumsum(likely * law_K, axis=1)
    reach /= reach[:, -1:]
    drawn = (rng.random((len(noisy_I), 1)) > reach[bar_I]).sum(axis=1)
    found: np.ndarray = grid_K[np.minimum(drawn, len(grid_K) - 1)]
    return found


@dataclass(frozen=True)
class NamedLaw:
    """How many rows name a row of people's, by class of what is named.

    Attributes:
        grid_K: numbers of rows, from 0.
        share_CK: of each class, the share that at least so many name.
    """

    grid_K: np.ndarray
    share_CK: np.ndarray

    def draw(self, class_T: np.ndarray, rng: np.random.Generator, seen: float = 1.0) -> np.ndarray:
        """``(T,)`` how often each row is named.

        Args:
            class_T: of each.
            rng: draws.
            seen: the part of the naming rows that was looked at. Where that is not all, what is drawn is the mean of
                a Poisson number whose part of so much follows the law: a smooth mixture of such means that makes the
                law likely.
        """
        if seen > WHOLE:
            return self._draw(class_T, rng)
        rate_R = np.r_[0.0, np.geomspace(RATE, 1.5 * max(self.grid_K[-1], 1) / seen, RATES)]
        ends_K = np.r_[self.grid_K[1:] - 1, np.inf]
        below = poisson.cdf(ends_K, seen * rate_R[:, None])
        chance_RK = np.diff(below, axis=1, prepend=0.0)
        found_T = np.zeros(len(class_T))
        for one, share_K in enumerate(self.share_CK):
            held_K = np.maximum(-np.diff(share_K, append=0.0), 0.0)
            law_R = np.full(len(rate_R), 1 / len(rate_R))
            for _ in range(MIXING):
                post_RK = law_R[:, None] * chance_RK
                post_RK /= np.maximum(post_RK.sum(axis=0), 1e-300)
                law_R = post_RK @ held_K / held_K.sum()
            rows = np.flatnonzero(class_T == one)
            place = rng.choice(len(rate_R), len(rows), p=law_R / law_R.sum())
            high_R = np.r_[rate_R[1:], rate_R[-1]]
            found_T[rows] = rate_R[place] + rng.random(len(rows)) * (high_R - rate_R)[place] * (place > 0)
        return found_T

    def _draw(self, class_T: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        height_T = 1.0 - rng.random(len(class_T))
        place_T = (self.share_CK[class_T] >= height_T[:, None]).sum(axis=1) - 1
        low, high = self.grid_K, np.r_[self.grid_K[1:], self.grid_K[-1] * 2 + 1]
        low_T, high_T = low[np.maximum(place_T, 0)], high[np.maximum(place_T, 0)]
        inside = np.floor(np.exp(rng.uniform(np.log(np.maximum(low_T, 1)), np.log(np.maximum(high_T, 1)))))
        found: np.ndarray = np.where(low_T == 0, 0.0, np.clip(inside, low_T, np.maximum(high_T - 1, low_T)))
        return found


def grid_of(most: float) -> np.ndarray:
    """Numbers from 0, each about a fifth more than the one before.

    Example:
        >>> grid_of(10).tolist()
        [0, 1, 2, 3, 4, 5, 6, 8, 10]
    """
    found = [0, 1]
    while found[-1] < most:
        found.append(max(found[-1] + 1, math.ceil(found[-1] * 1.2)))
    return np.array(found)


def named_law(
    named_T: np.ndarray,
    class_T: np.ndarray,
    classes: int,
    most: float,
    *,
    own: int,
    naming: int,
    budget: Budget,
    share: float,
    step: str,
) -> NamedLaw:
    """Release how many rows name each.

    For each class and each number on a grid it is counted how many rows are named at least so often. A person who
    comes or goes brings ``own`` rows, each in one class and at most once at each number; and her ``naming`` rows each
    lift another row by one, which passes at most one number. At worst all of the latter and all of her own rows pass
    the same number: so the L2 sensitivity is sqrt((own + naming)^2 + (K - 1) own^2).

    Args:
        named_T: how often each row is named, by rows that were looked at.
        class_T: of each.
        classes: C.
        most: the end of the grid; no figure of the data.
        own: rows of one person that may be named, at most.
        naming: rows of one person that name, at most.
        budget: what noise comes from.
        share: of the budget.
        step: for the ledger.
    """
    grid_K = grid_of(most)
    exact_CK = np.zeros((classes, len(grid_K)))
    for one in range(classes):
        held = np.sort(named_T[class_T == one])
        exact_CK[one] = len(held) - np.searchsorted(held, grid_K, side="left")
    sensitivity = math.sqrt((own + naming) ** 2 + (len(grid_K) - 1) * own**2)
    noisy_CK, sd = budget.gaussian(exact_CK, step=step, share=share, sensitivity=sensitivity)
    share_CK = np.zeros_like(noisy_CK)
    for one in range(classes):
        falling = _falling(noisy_CK[one])
        falling[falling < sd] = 0.0
        share_CK[one] = falling / max(falling[0], 1e-9)
    empty = share_CK[:, 0] <= 0
    if empty.any():
        share_CK[empty] = _falling(np.maximum(noisy_CK.sum(axis=0), 0.0)) / max(noisy_CK.sum(axis=0).max(), 1e-9)
    share_CK[:, 0] = 1.0
    return NamedLaw(grid_K, share_CK)


def _falling(values: np.ndarray) -> np.ndarray:
    """The nearest values that never rise (pool adjacent violators)."""
    sums: list[float] = []
    sizes: list[int] = []
    for value in values.tolist():
        sums.append(value)
        sizes.append(1)
        while len(sums) > 1 and sums[-1] / sizes[-1] > sums[-2] / sizes[-2]:
            last, size = sums.pop(), sizes.pop()
            sums[-1], sizes[-1] = sums[-1] + last, sizes[-1] + size
    return np.repeat(np.array(sums) / np.array(sizes), sizes)
