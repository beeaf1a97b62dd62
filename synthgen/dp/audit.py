"""The audit: canaries go in or stay out by coins, an attack that sees all that is released says which were in.

What the attack achieves is a lower bound on the epsilon that really holds. A bound above the claimed epsilon refutes
the claim; one below it proves nothing, it only says what this attack could show.

Letters: R runs, K canaries.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import pyarrow as pa

from synthgen.dp.accountant import Composition
from synthgen.dp.canaries import Canary
from synthgen.dp.lower_bounds import advantage_bound, epsilon_at_advantage, guessing_bound, rates_bound
from synthgen.dp.noise import Noise
from synthgen.errors import PrivacyError

Statistics = TypeVar("Statistics")
Mechanism = Callable[[pa.Table, Noise], Statistics]
"""A private release: everything that leaves it is in what it returns."""
Attack = Callable[[Statistics, pa.Table, Sequence[Canary]], np.ndarray]
"""(released, table without canaries, canaries) -> ``(K,)``: above 0 when the canary was likelier in the table than not,
and the farther from 0 the surer, such as the log of the likelihood ratio.

The attack may know the table and the canaries, but not which of them were in.
"""

GUESSED = (1.0, 0.3, 0.1, 0.03)
"""Shares of the canaries that are guessed on, surest first; each is a bound of its own."""
CHOOSING = 0.3
"""Share of the runs that choose the attack's threshold; the others are judged by it."""
FEWEST_RUNS = 20
"""With fewer runs, rates say nothing."""


@dataclass(frozen=True)
class Trials:
    """What an attack said about canaries of which a coin decided whether they were in.

    Args:
        included_RK: whether each canary was in the table.
        scores_RK: above 0 where the attack says that it was, farther from 0 where it is surer.
    """

    included_RK: np.ndarray
    scores_RK: np.ndarray


@dataclass(frozen=True)
class Bound:
    """A lower bound on epsilon.

    Args:
        estimator: ``one-run``, ``many-run`` or ``many-run, by kind of noise``.
        epsilon: at least so much, 0 or more.
        detail: the counts that it comes from.
    """

    estimator: str
    epsilon: float
    detail: dict[str, float]


@dataclass(frozen=True)
class Audit:
    """All bounds; they hold together with ``confidence``.

    Args:
        bounds: one of each estimator that had enough runs.
        delta: at which epsilon is bounded.
        confidence: that none of the bounds is above the true epsilon.
    """

    bounds: tuple[Bound, ...]
    delta: float
    confidence: float

    @property
    def epsilon(self) -> float:
        """The largest of the bounds."""
        return max(bound.epsilon for bound in self.bounds)

    def refutes(self, claimed: float) -> bool:
        """Whether the claimed epsilon cannot be true, at the confidence of the audit."""
        return self.epsilon > claimed


def run_trials(
    mechanism: Mechanism[Statistics],
    attack: Attack[Statistics],
    table: pa.Table,
    canaries: Sequence[Canary],
    *,
    runs: int,
    noise: Callable[[int], Noise],
    coins: Noise,
    done: Callable[[int], None] = lambda _: None,
) -> Trials:
    """Run a mechanism again and again with half of the canaries, and attack what it releases.

    Args:
        mechanism: what is audited.
        attack: scores the canaries.
        table: rows that are in each run.
        canaries: made-up units, each in or out by a coin.
        runs: 1 or more.
        noise: the noise of a run, by its number.
        coins: decide who is in.
        done: told after each run how many are done.
    """
    included_RK = coins.uniform((runs, len(canaries))) < 0.5
    scores_RK = np.zeros(included_RK.shape)
    for run, included in enumerate(included_RK):
        members = [canary.rows for canary, is_in in zip(canaries, included, strict=True) if is_in]
        released = mechanism(pa.concat_tables([table, *members]), noise(run))
        scores_RK[run] = attack(released, table, canaries)
        done(run + 1)
    return Trials(included_RK, scores_RK)


def bound_epsilon(trials: Trials, claimed: Composition, delta: float, confidence: float = 0.95) -> Audit:
    """Lower bounds on epsilon from one or many runs.

    One-run: the surest shares of all canaries are guessed "in" or "out". Many-run: the first canary alone, whose
    scores are independent from run to run; some runs choose the threshold, the others are counted. Many-run, by kind of
    noise: how often guesses on all canaries are right; told as the epsilon of the claimed mechanisms with so much
    less noise, which is why it needs far fewer runs.

    Args:
        trials: of at least one canary.
        claimed: the mechanisms of the ledger.
        delta: of the guarantee, above 0.
        confidence: of all bounds together, between 0 and 1.

    Raises:
        PrivacyError: a setting is out of range.
    """
    if not 0.0 < confidence < 1.0:
        raise PrivacyError(f"confidence: must be between 0 and 1; got {confidence}")
    if not 0.0 < delta < 1.0:
        raise PrivacyError(f"delta: must be above 0 and below 1; got {delta}")
    by_rates = len(trials.scores_RK) >= FEWEST_RUNS
    each = 1.0 - (1.0 - confidence) / (3 if by_rates else 1)
    bounds = [_one_run(trials, delta, each)]
    if by_rates:
        bounds += [_many_run(trials, delta, each), _by_kind_of_noise(trials, claimed, delta, each)]
    return Audit(tuple(bounds), delta, confidence)


def _one_run(trials: Trials, delta: float, confidence: float) -> Bound:
    scores, included = trials.scores_RK.ravel(), trials.included_RK.ravel()
    surest = np.argsort(-np.abs(scores), kind="stable")
    counts = sorted({max(1, round(share * len(scores))) for share in GUESSED})
    each = 1.0 - (1.0 - confidence) / len(counts)
    found = []
    for guesses in counts:
        guessed = surest[:guesses]
        right = int(((scores[guessed] > 0) == included[guessed]).sum())
        epsilon = guessing_bound(right, guesses, len(scores), delta, each)
        found.append(Bound("one-run", epsilon, {"canaries": len(scores), "guesses": guesses, "right": right}))
    return max(found, key=lambda bound: (bound.epsilon, bound.detail["guesses"]))


def _many_run(trials: Trials, delta: float, confidence: float) -> Bound:
    scores, included = trials.scores_RK[:, 0], trials.included_RK[:, 0]
    choosing = np.arange(len(scores)) < np.ceil(CHOOSING * len(scores))

    def count(threshold: float, rows: np.ndarray) -> dict[str, int]:
        called, is_in = scores[rows] > threshold, included[rows]
        return {
            "hits": int((called & is_in).sum()),
            "members": int(is_in.sum()),
            "alarms": int((called & ~is_in).sum()),
            "others": int((~is_in).sum()),
        }

    candidates = np.unique(np.append(np.quantile(scores[choosing], np.linspace(0.0, 1.0, 51), method="lower"), 0.0))
    chosen = max(candidates, key=lambda t: rates_bound(**count(t, choosing), delta=delta, confidence=confidence))
    counts = count(chosen, ~choosing)
    return Bound("many-run", rates_bound(**counts, delta=delta, confidence=confidence), dict(counts))


def _by_kind_of_noise(trials: Trials, claimed: Composition, delta: float, confidence: float) -> Bound:
    right_RK = (trials.scores_RK > 0) == trials.included_RK
    advantage = advantage_bound(right_RK, confidence)
    epsilon = epsilon_at_advantage(claimed, advantage, delta)
    detail = {"guesses": right_RK.size, "right": int(right_RK.sum()), "advantage": advantage}
    return Bound("many-run, by kind of noise", epsilon, detail)


def log_likelihood_ratio(noisy: np.ndarray, without: np.ndarray, added: np.ndarray, sd: float) -> float:
    """Log of how much likelier noisy statistics are with a canary than without: the best attack on Gaussian noise.

    Args:
        noisy: what was released.
        without: the statistics of the table without the canary, or what the attack expects of them.
        added: what the canary adds to them.
        sd: standard deviation of the noise, as the release says.

    Example:
        >>> round(log_likelihood_ratio(np.array([3.0]), np.array([2.0]), np.array([1.0]), sd=1.0), 2)
        0.5
    """
    return float((added * (noisy - without - added / 2.0)).sum() / sd**2)
