"""The audit: fit again and again with and without certain people, and see whether the output tells which.

Letters: R fits, K canaries, F features.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa
from scipy.stats import binom
from sklearn.linear_model import LogisticRegression

from synthgen.errors import ConfigError
from synthgen.metrics.base import Result
from synthgen.metrics.privacy.attack import ERROR, FEWEST_PEOPLE
from synthgen.metrics.privacy.membership import FALSE_ALARMS, at_false_alarms, true_positive_rate
from synthgen.metrics.privacy.neighbours import RangeScale, RankScale, nearest
from synthgen.metrics.statistics import auc_and_influence, binomial_interval
from synthgen.metrics.view import View, read_views
from synthgen.table.schema import Schema

FitAndSample = Callable[[pa.Table, int], pa.Table]
"""A training table and a seed -> a synthetic table of as many rows, from a generator fitted anew."""
FEWEST_FITS = 4
"""Each fit is judged by a classifier that learned from the others."""
MOST_REFERENCES = 10_000
"""Rows among which the most exposed are sought."""
MOST_SYNTHETIC = 50_000
"""Rows of each fit that are searched for canaries."""
NEIGHBOURS = 3
TOUCHING = 1e-3
"""Added to distances, so that the logarithm of a copy's is finite and well below any other."""


NAME, TITLE = "audit", "Audit with canaries"


def audit(
    fit_and_sample: FitAndSample,
    table: pa.Table,
    schema: Schema,
    *,
    fits: int = 8,
    canaries: int = 100,
    rng: np.random.Generator,
) -> Result:
    """An auditor with the generator's code in hand plays it against itself.

    He takes some people as canaries, half of them the most exposed, half at random, and fits several times;
    a coin decides for every canary and every fit whether it is among the training rows. He looks up how near the
    synthetic rows come to each canary, learns from all fits but one what a canary's presence looks like, and guesses
    for that one. The coin is the control: canaries that were left out are the strangers, guessing is right in half of
    the cases, and, as each coin is tossed anew, the number of right guesses is binomial if nothing is remembered.

    Args:
        fit_and_sample: fits on a table with a seed and returns synthetic rows.
        table: raw Arrow table: the people, canaries among them.
        schema: what the columns mean.
        fits: how many times to fit.
        canaries: how many; of a small table at most a half of the rows.
        rng: the only source of randomness; it also draws the seeds of the fits.

    Returns:
        The share of guesses that are right, and in the details the area under the ROC curve, members found at 1 %
        false alarms, and the least epsilon that differential privacy could have had.

    Raises:
        ConfigError: fewer than four fits.

    Source:
        Shokri et al. 2017, arXiv:1610.05820 (shadow models); Carlini et al. 2022, arXiv:2112.03570 (each person
        against their own scores in other fits); Steinke et al. 2023, arXiv:2305.08846 (under epsilon-differential
        privacy the right guesses are at most binomial with e^epsilon / (1 + e^epsilon)).
    """
    if fits < FEWEST_FITS:
        raise ConfigError(f"audit: fits must be at least {FEWEST_FITS}; got {fits}")
    real, _, _ = read_views(table, table.slice(0, 0), table.slice(0, 0), schema)
    if not real.compared:
        return _unjudged("there is no column with values to compare")
    if real.n_rows < 2 * FEWEST_PEOPLE:
        return _unjudged(f"fewer than {2 * FEWEST_PEOPLE} rows, half of which could be canaries")
    chosen = _canaries(real, min(canaries, real.n_rows // 2), rng)
    present_RK = rng.random((fits, len(chosen))) < 0.5
    features = []
    for present, seed in zip(present_RK, rng.integers(2**31, size=fits), strict=True):
        kept = np.ones(real.n_rows, dtype=bool)
        kept[chosen[~present]] = False
        synthetic = fit_and_sample(table.filter(pa.array(kept)), int(seed))
        features.append(_features(table, chosen, synthetic, schema, rng))
    scores_RK = _scores(np.stack(features), present_RK)
    return _result(scores_RK, present_RK)


def _unjudged(reason: str) -> Result:
    return Result(NAME, TITLE, None, "lower", reason=reason)


def _canaries(real: View, n: int, rng: np.random.Generator) -> np.ndarray:
    """Row numbers: the furthest from all others, and as many others by chance."""
    order = rng.permutation(real.n_rows)[:MOST_REFERENCES]
    points = RangeScale.learn(real).place(real.take(order))
    apart = nearest(points, points, own=np.arange(len(order)))[0][:, 0]
    far = np.argsort(-apart, kind="stable")[: n - n // 2]
    rest = np.setdiff1d(np.arange(len(order)), far)
    return np.sort(order[np.concatenate([far, rng.choice(rest, n // 2, replace=False)])])


def _features(
    table: pa.Table, chosen: np.ndarray, synthetic: pa.Table, schema: Schema, rng: np.random.Generator
) -> np.ndarray:
    """``(K, F)`` log distances of each canary to the nearest synthetic rows, by range and by rank."""
    real, _, made = read_views(table, table.slice(0, 0), synthetic, schema)
    people, made = real.take(chosen), made.draw(MOST_SYNTHETIC, rng)
    k = min(NEIGHBOURS, made.n_rows)
    scales = RangeScale.learn(real), RankScale.learn(real)
    found = [nearest(scale.place(people), scale.place(made), k)[0] for scale in scales]
    return np.log(np.concatenate(found, axis=1) + TOUCHING)


def _scores(features_RKF: np.ndarray, present_RK: np.ndarray) -> np.ndarray:
    """``(R, K)`` log odds of presence in each fit, learned from the other fits."""
    scores = np.zeros(present_RK.shape)
    for r in range(len(scores)):
        others = np.arange(len(scores)) != r
        middle = features_RKF[others].mean(axis=0)  # each canary against itself: some are near to everything
        spread = features_RKF[others].std(axis=(0, 1)) + 1e-9
        x, y = ((features_RKF - middle) / spread), present_RK[others].ravel()
        if y.all() or not y.any():
            continue
        model = LogisticRegression().fit(x[others].reshape(len(y), -1), y)
        scores[r] = model.decision_function(x[r])
    return scores


def _result(scores_RK: np.ndarray, present_RK: np.ndarray) -> Result:
    scores, present = scores_RK.ravel(), present_RK.ravel()
    fits, canaries = present_RK.shape
    right, n = int(((scores > 0) == present).sum()), len(scores)
    low, high = binomial_interval(right, n)
    p = float(binom.sf(right - 1, n, 0.5))
    surely, _ = binomial_interval(right, n, 2 * ERROR)
    epsilon = max(0.0, float(np.log(surely / (1 - surely)))) if surely < 1 else None
    both = present.any() and not present.all()
    area = auc_and_influence(scores, present)[0] if both else None
    found = at_false_alarms(scores[present], scores[~present], FALSE_ALARMS[0]) if both else None
    so = "the generator remembers people" if p <= ERROR else "nothing was found that it remembers"
    return Result(
        NAME,
        TITLE,
        right / n,
        "lower",
        floor=0.5,
        interval=(low, high),
        sentence=f"{right:,} of {n:,} guesses right, {canaries:,} canaries in {fits} fits; a coin is right in half",
        meaning=f"Who knows all about the generator tells from its output in {right / n:.1%} of the cases whether a "
        f"person was in its training table; a coin does in 50 %: {so}.",
        details={
            "p": p,
            "fits": fits,
            "canaries": canaries,
            "area": area,
            "epsilon_at_least": epsilon,
            "true_positive_rate": found and true_positive_rate(*found),
        },
    )
