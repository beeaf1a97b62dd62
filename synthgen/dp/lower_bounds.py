"""Lower bounds on epsilon from how well an attack tells who was in the table: each holds with a stated confidence."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.optimize import brentq
from scipy.special import logsumexp
from scipy.stats import beta, binom

from synthgen.dp.accountant import Composition, delta_of, epsilon_of
from synthgen.dp.losses import Mechanism

MOST_EPSILON = 100.0
"""Bounds end here; no audit has so many trials that it could show more."""
STAKES = np.linspace(0.02, 0.98, 25)
"""Parts of the capital that are staked; the mean over all of them is a fair game too."""
LARGEST_FACTOR = 8.0
"""Log of the largest factor by which noise may differ from what is claimed."""


def guessing_bound(right: int, guesses: int, canaries: int, delta: float, confidence: float) -> float:
    """What so many right guesses say, when each canary was in or out by a fair coin.

    If (epsilon, delta) held, right guesses would hardly outnumber those of a coin that lands right with probability
    e^epsilon / (1 + e^epsilon), whatever the canaries have to do with one another; the bound is the largest epsilon
    that so many right ones refute. One run is enough; canaries of several runs count together, as each is in one.

    Args:
        right: guesses that were right.
        guesses: made; the attack abstains on the other canaries.
        canaries: all of them, guessed or not.
        delta: of the guarantee.
        confidence: between 0 and 1, such as 0.95.

    Source:
        Steinke, Nasr & Jagielski 2023, arXiv:2305.08846, theorem 5.2.

    Example:
        >>> round(guessing_bound(right=100, guesses=100, canaries=100, delta=0.0, confidence=0.95), 2)
        3.49
        >>> guessing_bound(right=50, guesses=100, canaries=100, delta=0.0, confidence=0.95)
        0.0
    """

    def chance(epsilon: float) -> float:
        q = 1.0 / (1.0 + np.exp(-epsilon))
        beyond = float(binom.sf(right - 1, guesses, q))
        below = np.cumsum(binom.pmf(np.arange(right - 1, -1, -1), guesses, q))
        steepest = float((below / np.arange(1, right + 1)).max(initial=0.0))
        return beyond + 2.0 * canaries * delta * steepest

    return _largest_refuted(chance, 1.0 - confidence)


def rates_bound(hits: int, members: int, alarms: int, others: int, delta: float, confidence: float) -> float:
    """What the rates of an attack say that calls each of many independent runs "in" or "out".

    Under (epsilon, delta) hits are at most e^epsilon times as frequent as false alarms, plus delta, and so are the
    right "out"s beside the misses. Clopper-Pearson limits stand in for the rates.

    Args:
        hits: runs with the canary that were called "in".
        members: runs with the canary.
        alarms: runs without it that were called "in".
        others: runs without it.
        delta: of the guarantee.
        confidence: between 0 and 1, of both limits together.

    Source:
        Jagielski, Ullman & Oprea 2020, arXiv:2006.07709; Nasr et al. 2021, arXiv:2101.04535.

    Example:
        >>> round(rates_bound(hits=500, members=500, alarms=0, others=500, delta=0.0, confidence=0.95), 2)
        4.91
    """
    hit, alarm = limits(hits, members, alarms, others, confidence)
    calls_in = (hit - delta) / alarm
    calls_out = (1.0 - alarm - delta) / (1.0 - hit) if hit < 1.0 else np.inf
    return float(np.clip(np.log(max(calls_in, calls_out, 1.0)), 0.0, MOST_EPSILON))


def advantage_bound(right_RK: np.ndarray, confidence: float) -> float:
    """At least so far apart are the laws of what is released with and without a canary, in total variation.

    A coin decides whether a canary is in, so a guess is right with probability (1 + distance) / 2 at most. Guesses
    on canaries of one run may depend on one another, but the mean of a run's right guesses is at most that, and runs
    are independent: a gambler who stakes part of his capital on each run at fair odds multiplies it by 1 / (1 -
    confidence) no more often than 1 - confidence allows.

    Args:
        right_RK: whether each guess was right, runs x canaries; no abstentions.
        confidence: between 0 and 1.

    Source:
        Waudby-Smith & Ramdas 2024, arXiv:2010.09686 (means of bounded variables by betting).

    Example:
        >>> round(advantage_bound(np.ones((50, 10), dtype=bool), confidence=0.95), 2)
        0.83
        >>> advantage_bound(np.arange(100).reshape(50, 2) % 2 == 0, confidence=0.95)
        0.0
    """
    means_R = right_RK.mean(axis=1)

    def capital(chance: float) -> float:
        gains_SR = np.log1p(STAKES[:, None] * (means_R / chance - 1.0))
        return float(logsumexp(gains_SR.sum(axis=1)) - np.log(len(STAKES)))

    enough = -np.log(1.0 - confidence)
    if capital(0.5) <= enough:
        return 0.0
    if capital(1.0) >= enough:
        return 1.0
    return 2.0 * float(brentq(lambda chance: capital(chance) - enough, 0.5, 1.0, xtol=1e-12)) - 1.0


def epsilon_at_advantage(claimed: Composition, advantage: float, delta: float) -> float:
    """Epsilon of releases of the claimed kind whose noise is so small that they are ``advantage`` apart.

    All noise is scaled by one factor, so that a mechanism that is what it says but for its noise gets its true epsilon.

    Args:
        claimed: the mechanisms of the ledger.
        advantage: total variation between the laws with and without a unit, 0 to 1.
        delta: of the guarantee; thresholds may have added as much to ``advantage``.

    Example:
        >>> from synthgen.dp.losses import Gaussian
        >>> halved = 0.3829 + 1e-5  # of noise 1 where 2 was claimed
        >>> round(epsilon_at_advantage([(Gaussian(2.0), 1)], halved, 1e-5), 2)
        4.38
    """
    apart = advantage - delta
    if apart <= 0.0:
        return 0.0

    def scaled(log_factor: float) -> list[tuple[Mechanism, int]]:
        return [(mechanism.scaled(float(np.exp(log_factor))), times) for mechanism, times in claimed]

    low, high = 0.0, 0.0
    while delta_of(scaled(low), 0.0) < apart and low > -LARGEST_FACTOR:
        low -= 0.5
    while delta_of(scaled(high), 0.0) > apart and high < LARGEST_FACTOR:
        high += 0.5
    if low <= -LARGEST_FACTOR:
        return MOST_EPSILON
    if high >= LARGEST_FACTOR:
        return 0.0
    found = brentq(lambda factor: delta_of(scaled(factor), 0.0) - apart, low, high, xtol=1e-6) if high > low else low
    return min(epsilon_of(scaled(float(found)), delta), MOST_EPSILON)


def limits(hits: int, members: int, alarms: int, others: int, confidence: float) -> tuple[float, float]:
    """At least so many hits, at most so many false alarms: shares that hold together with ``confidence``.

    Source:
        Clopper & Pearson 1934, doi:10.1093/biomet/26.4.404.
    """
    doubt = (1.0 - confidence) / 2.0
    hit = float(beta.ppf(doubt, hits, members - hits + 1)) if hits else 0.0
    alarm = float(beta.ppf(1.0 - doubt, alarms + 1, others - alarms)) if alarms < others else 1.0
    return hit, alarm


def _largest_refuted(chance: Callable[[float], float], doubt: float) -> float:
    """The largest epsilon under which what was seen has a chance of at most ``doubt``; the chance rises with it."""
    if chance(0.0) > doubt:
        return 0.0
    if chance(MOST_EPSILON) <= doubt:
        return MOST_EPSILON
    return float(brentq(lambda epsilon: chance(epsilon) - doubt, 0.0, MOST_EPSILON, xtol=1e-9)) - 1e-9
