"""Shortcut: whether one feature alone gives made fakes away that does not give real ones away.

Letters: N accounts, F features.
"""

from __future__ import annotations

import numpy as np
from sklearn.model_selection import StratifiedKFold
from sklearn.tree import DecisionTreeClassifier

from synthgen.metrics.accounts.base import AccountView, Trial, missing
from synthgen.metrics.accounts.detectors import seen
from synthgen.metrics.accounts.features import Profile
from synthgen.metrics.base import Result
from synthgen.metrics.statistics import binnable
from synthgen.metrics.utility.rare_class import Ranking

NAME, TITLE = "account_shortcut", "Widest lead of a single feature"
DEPTH, FOLDS, LEAF_ROWS = 2, 3, 5
"""A tree of depth 2 may find a band of a feature; every score is out of fold."""
MOST_ROWS = 4_000


def shortcut(trial: Trial, rng: np.random.Generator) -> Result:
    """How much better the best single feature tells fakes among made accounts than the same one among real ones.

    Each feature is judged by the average precision, out of fold, of a small tree on it alone, made accounts taken so
    that as many of them are fake as of the real ones. The floor compares the two halves of the real ones. A detector
    that learns a shortcut looks excellent until it meets real accounts.

    Source:
        Hays et al. 2023, arXiv:2301.07015: small trees on few features solve most published bot data sets.
    """
    if reason := trial.lacking():
        return missing(NAME, TITLE, reason)
    seed, profile = int(rng.integers(2**31)), Profile.of(trial.real, trial.made)
    features = "both" if trial.real.graph is not None and trial.made.graph is not None else "profile"
    real, made = seen(trial.real, profile, features), seen(trial.made, profile, features)
    if not real.names:
        return missing(NAME, TITLE, "the tables have no such column")
    share = float(trial.real.fake_N[trial.learned_N].mean())
    one = _alone(real.rows, trial.real, np.flatnonzero(trial.learned_N), share, rng, seed)
    other = _alone(real.rows, trial.real, np.flatnonzero(trial.tested_N), share, rng, seed)
    new = _alone(made.rows, trial.made, np.arange(len(trial.made)), share, rng, seed)
    lead, floors = new - one, np.abs(other - one)
    widest = int(np.argmax(lead))
    return Result(
        NAME,
        TITLE,
        float(max(lead[widest], 0.0)),
        "lower",
        floor=float(floors.max()),
        unit="score",
        sentence=f"average precision of a small tree on one of {len(real.names)} features, made less real accounts",
        meaning=f"The feature {real.names[widest]!r} alone reaches {new[widest]:.3f} among made accounts and "
        f"{one[widest]:.3f} among real ones.",
        details={
            "feature": real.names[widest],
            "made": float(new[widest]),
            "real": float(one[widest]),
            "share": share,
        },
    )


def _alone(
    rows: np.ndarray, view: AccountView, used: np.ndarray, share: float, rng: np.random.Generator, seed: int
) -> np.ndarray:
    """``(F,)`` average precision of each feature alone, of accounts among which so many are fake."""
    fake, genuine = (rng.permutation(used[view.fake_N[used] == kind]) for kind in (True, False))
    total = int(min(len(fake) / max(share, 1e-9), len(genuine) / max(1 - share, 1e-9), MOST_ROWS))
    n_fake = max(FOLDS, round(share * total))
    used = np.sort(np.r_[fake[:n_fake], genuine[: max(FOLDS, total - n_fake)]])
    truth, kept = view.fake_N[used], binnable(rows[used])
    folds = list(StratifiedKFold(FOLDS, shuffle=True, random_state=seed).split(kept, truth))
    figures = []
    for f in range(kept.shape[1]):
        score_N = np.zeros(len(truth))
        for fit, judge in folds:
            tree = DecisionTreeClassifier(max_depth=DEPTH, min_samples_leaf=LEAF_ROWS, random_state=seed)
            score_N[judge] = tree.fit(kept[fit][:, [f]], truth[fit]).predict_proba(kept[judge][:, [f]])[:, 1]
        figures.append(Ranking.of(score_N, truth).average_precision())
    return np.array(figures)
