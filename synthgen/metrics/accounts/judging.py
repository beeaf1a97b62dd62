"""Detectors taught by made accounts and by real ones, tested on the same real accounts.

Letters: N accounts.
"""

from __future__ import annotations

import numpy as np

from synthgen.metrics.accounts.base import Trial, missing
from synthgen.metrics.accounts.detectors import DETECTORS, FEATURES, Detector, seen
from synthgen.metrics.accounts.features import Profile
from synthgen.metrics.base import Result
from synthgen.metrics.statistics import auc_and_influence
from synthgen.metrics.utility.rare_class import Ranking

RESAMPLES = 200
"""Of the accounts that are tested on, for intervals of 95 %."""
TITLES = {"profile": "profiles", "graph": "ties", "both": "profiles and ties"}


def judge_accounts(trial: Trial, rng: np.random.Generator, detectors: tuple[Detector, ...] = DETECTORS) -> list[Result]:
    """Average precision of detectors by what they look at, the floor that of the same ones taught by real accounts.

    Args:
        trial: the accounts.
        rng: seeds and resamples.
        detectors: that are taught; those that pass messages see profiles and ties.

    Returns:
        One result for each kind of features and detector that applies, boosted trees on profiles first.

    Source:
        Esteban, Hyland and Rätsch 2017, arXiv:1706.02633 (train on synthetic, test on real); Saito and Rehmsmeier 2015,
        doi:10.1371/journal.pone.0118432 (average precision, when a class is rare).
    """
    if reason := trial.lacking():
        return [missing("detector_profile_boosting", "Detector on profiles", reason)]
    seed, both_ties = int(rng.integers(2**31)), trial.real.graph is not None and trial.made.graph is not None
    profile = Profile.of(trial.real, trial.made)
    found = []
    for features in FEATURES if both_ties else FEATURES[:1]:
        for detector in detectors:
            if not detector.needs_ties or features == "both":
                found.append(_tried(trial, profile, features, detector, seed, rng))
    return found


def _tried(
    trial: Trial, profile: Profile, features: str, detector: Detector, seed: int, rng: np.random.Generator
) -> Result:
    name, title = f"detector_{features}_{detector.name}", f"Fakes told by {TITLES[features]}, {detector.title}"
    real, made = seen(trial.real, profile, features), seen(trial.made, profile, features)
    if not real.names:
        return missing(name, title, "the tables have no such column")
    every_N = np.ones(len(trial.made), bool)
    by_made = detector.fit(made, every_N, trial.made.fake_N, seed)(real)[trial.tested_N]
    by_real = detector.fit(real, trial.learned_N, trial.real.fake_N, seed)(real)[trial.tested_N]
    fake_N = trial.real.fake_N[trial.tested_N]
    made_ranking, real_ranking = Ranking.of(by_made, fake_N), Ranking.of(by_real, fake_N)
    weights = [_weights(len(fake_N), fake_N, rng) for _ in range(RESAMPLES)]
    figures = np.array([[r.average_precision(w) for r in (made_ranking, real_ranking)] for w in weights])
    low, high = np.quantile(figures[:, 0], [0.025, 0.975])
    gap = np.quantile(figures[:, 0] - figures[:, 1], [0.025, 0.975])
    value, floor = made_ranking.average_precision(), real_ranking.average_precision()
    whom = "held-out people" if trial.unseen else "people whose labels the detectors did not see"
    return Result(
        name,
        title,
        value,
        "higher",
        floor=floor,
        interval=(float(low), float(high)),
        unit="score",
        sentence=f"average precision of {detector.title} taught by made accounts, tested on {len(fake_N):,} {whom}; "
        "beside it: taught by real ones",
        meaning=f"A detector that learns from made accounts reaches {value:.3f} on real ones; one that learns from "
        f"real ones {floor:.3f}, guessing {fake_N.mean():.3f}.",
        details={
            "chance": float(fake_N.mean()),
            "gap_interval": [float(gap[0]), float(gap[1])],
            "auc": auc_and_influence(by_made, fake_N)[0],
            "auc_taught_by_real": auc_and_influence(by_real, fake_N)[0],
            "features": len(real.names),
            "fakes": int(fake_N.sum()),
        },
    )


def _weights(n: int, fake_N: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """``(N,)`` how often each account counts in a resample, fakes and others apart."""
    weight_N = np.zeros(n)
    for kind in (fake_N, ~fake_N):
        rows = np.flatnonzero(kind)
        weight_N += np.bincount(rng.choice(rows, len(rows)), minlength=n)
    return weight_N
