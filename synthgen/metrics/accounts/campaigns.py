"""Leave one campaign out: whether a detector finds a campaign that it never saw.

Letters: N accounts.
"""

from __future__ import annotations

import numpy as np

from synthgen.metrics.accounts.base import FEWEST_LEARNED, Trial, missing
from synthgen.metrics.accounts.detectors import DETECTORS, seen
from synthgen.metrics.accounts.features import Profile
from synthgen.metrics.base import Result
from synthgen.metrics.statistics import binomial_interval

NAME, TITLE = "unseen_campaigns", "Recall of campaigns never seen"
FALSE_ALARMS = 0.01
MOST_CAMPAIGNS = 10
"""Each takes a detector of its own."""


def unseen_campaigns(trial: Trial, campaign_N: np.ndarray, rng: np.random.Generator) -> Result:
    """The share of accounts of real campaigns that a detector finds at 1 % false alarms.

    Taught by made accounts, a detector has seen no real campaign. The floor learns from real accounts without those of
    the campaign that is looked for, one campaign after the other. Boosted trees on profiles and ties.

    Args:
        trial: the accounts.
        campaign_N: ``(N,)`` the campaign of each real account, below 0 for none.
        rng: seeds.
    """
    if reason := trial.lacking():
        return missing(NAME, TITLE, reason)
    numbers = [int(c) for c in np.unique(campaign_N[campaign_N >= 0]) if (campaign_N == c).sum() >= FEWEST_LEARNED]
    if len(numbers) < 2:
        return missing(
            NAME, TITLE, f"{len(numbers)} campaigns of {FEWEST_LEARNED} accounts are known; two were expected"
        )
    seed, boosting = int(rng.integers(2**31)), DETECTORS[0]
    profile = Profile.of(trial.real, trial.made)
    features = "both" if trial.real.graph is not None and trial.made.graph is not None else "profile"
    real, made = seen(trial.real, profile, features), seen(trial.made, profile, features)
    if not real.names:
        return missing(NAME, TITLE, "the tables have no such column")
    genuine_N = ~trial.real.fake_N & (campaign_N < 0) & trial.tested_N
    by_made = boosting.fit(made, np.ones(len(trial.made), bool), trial.made.fake_N, seed)(real)
    hits, floors, accounts = 0, 0, 0
    for number in numbers[:MOST_CAMPAIGNS]:
        inside_N = campaign_N == number
        used_N = trial.learned_N & ~inside_N
        if min(int(trial.real.fake_N[used_N].sum()), int((~trial.real.fake_N[used_N]).sum())) < FEWEST_LEARNED:
            continue
        by_real = boosting.fit(real, used_N, trial.real.fake_N, seed)(real)
        hits += _found(by_made, inside_N, genuine_N)
        floors += _found(by_real, inside_N, genuine_N)
        accounts += int(inside_N.sum())
    if not accounts:
        return missing(NAME, TITLE, "without one campaign too few fakes are left to learn from")
    value, floor = hits / accounts, floors / accounts
    return Result(
        NAME,
        TITLE,
        value,
        "higher",
        floor=floor,
        interval=binomial_interval(hits, accounts),
        sentence=f"share of {accounts:,} accounts of {len(numbers[:MOST_CAMPAIGNS])} real campaigns found at 1 % false "
        "alarms, taught by made accounts; beside it: by real ones without the campaign that is looked for",
        meaning=f"Taught by made accounts, a detector finds {value:.0%} of a campaign that is new to it; by other "
        f"real campaigns, {floor:.0%}.",
        details={"chance": FALSE_ALARMS, "campaigns": len(numbers[:MOST_CAMPAIGNS]), "accounts": accounts},
    )


def _found(score_N: np.ndarray, inside_N: np.ndarray, genuine_N: np.ndarray) -> int:
    """How many score above all but one in a hundred genuine accounts."""
    limit = np.quantile(score_N[genuine_N], 1 - FALSE_ALARMS, method="higher")
    return int((score_N[inside_N] > limit).sum())
