"""Membership inference: what both attacks share that tell training people from strangers by the synthetic table alone.

Letters: N people.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.stats import hypergeom, mannwhitneyu

from synthgen.metrics.base import Metric, Result
from synthgen.metrics.charts import Lines
from synthgen.metrics.privacy.attack import ERROR, Outcome, no_control, outcome_table
from synthgen.metrics.statistics import auc_and_influence, binomial_interval, interval
from synthgen.metrics.view import View

MOST_PEOPLE = 2_000
"""Of each kind: the area is then known to 0.018, and two strangers stand behind one false alarm in a thousand."""
FALSE_ALARMS = (0.01, 0.001)
GRID = 100

Score = Callable[[View, View, View, np.random.Generator], tuple[np.ndarray, np.ndarray, str]]
"""People, strangers, synthetic rows -> scores of both, higher for members, and what was sampled."""


def membership_result(
    metric: Metric, score: Score, train: View, holdout: View, synthetic: View, rng: np.random.Generator
) -> Result:
    """The area under the ROC curve, and the members found at few false alarms."""
    if reason := no_control(metric, train, holdout, synthetic):
        return reason
    people, strangers = train.draw(MOST_PEOPLE, rng), holdout.draw(MOST_PEOPLE, rng)
    members, others, note = score(people, strangers, synthetic, rng)
    positive = np.arange(len(members) + len(others)) < len(members)
    area, influence = auc_and_influence(np.concatenate([members, others]), positive)
    spread = np.ptp(np.concatenate([members, others])) > 0
    p_area = float(mannwhitneyu(members, others, alternative="greater").pvalue) if spread else 1.0
    found = {f"at {100 * rate:g} % false alarms": at_false_alarms(members, others, rate) for rate in FALSE_ALARMS}
    possible = {name: one for name, one in found.items() if one is not None}
    p = min(1.0, min([p_area, *(chance for _, chance in possible.values())]) * (1 + len(possible)))
    outcomes = {name: one for name, (one, _) in possible.items()}
    so = "training people can be told from strangers" if p <= ERROR else "training people cannot be told from strangers"
    return Result(
        metric.name,
        metric.title,
        area,
        metric.direction,
        floor=0.5,
        interval=interval(area, influence, 0.0, 1.0),
        sentence=f"area under the ROC curve, {len(members):,} training and {len(others):,} held-out people, {note}; "
        "0.5 is guessing",
        meaning=f"Shown one training person and one stranger, an attacker names the right one in {area:.1%} of the "
        f"cases; a coin does in 50 %: {so}.",
        unit="score",
        details={
            "p": p,
            "members": len(members),
            "strangers": len(others),
            "true_positive_rate": {name: one and true_positive_rate(*one) for name, one in found.items()},
        },
        charts=(_roc(metric.title, members, others, area, train.min_holders), outcome_table(metric.title, outcomes)),
    )


def at_false_alarms(members: np.ndarray, strangers: np.ndarray, rate: float) -> tuple[Outcome, float] | None:
    """Members above the threshold that at most this share of strangers passes, and the chance of so many.

    The threshold is the score of stranger k + 1 from the top, k being the false alarms allowed; a tie with it counts
    against the attacker. If members and strangers were alike, the order of all scores would be chance. At least h
    members stand above that stranger exactly when at least h of the h + k highest scores are members', and how many
    of those are is hypergeometric.

    Returns:
        None: too few strangers for such a rate.

    Example:
        >>> one, chance = at_false_alarms(np.array([9.0, 8.0, 1.0]), np.array([7.0, 3.0, 2.0]), 0.34)
        >>> one.hits, one.hits_control, round(chance, 2)  # threshold 3.0
        (2, 1, 0.5)
    """
    allowed = int(rate * len(strangers))
    if allowed < 1:
        return None
    threshold = np.sort(strangers)[-allowed - 1]
    hits, alarms = int((members > threshold).sum()), int((strangers > threshold).sum())
    both = len(members) + len(strangers)
    chance = float(hypergeom.sf(hits - 1, both, len(members), min(hits + allowed, both))) if hits else 1.0
    return Outcome(hits, len(members), alarms, len(strangers), rate), chance


def true_positive_rate(found: Outcome, chance: float) -> dict[str, object]:
    """As it stands in details."""
    return {
        "value": found.rate,
        "interval": binomial_interval(found.hits, found.people),
        "false_positive_rate": found.control,
        "p": chance,
    }


def _roc(title: str, members: np.ndarray, strangers: np.ndarray, area: float, holders: int) -> Lines:
    """The curve where at least ``holders`` people of each kind stand on either side."""
    ends = np.linspace(0, 1, GRID + 1)
    thresholds = np.quantile(strangers, 1 - ends)
    alarms = np.array([(strangers > one).sum() for one in thresholds])
    hits = np.array([(members > one).sum() for one in thresholds])
    shown = np.ones(len(ends), dtype=bool)
    for counts, n in ((alarms, len(strangers)), (hits, len(members))):
        shown &= (counts >= holders) & (n - counts >= holders)
    x = [0.0, *(alarms[shown] / len(strangers)).tolist(), 1.0]
    y = [0.0, *(hits[shown] / len(members)).tolist(), 1.0]
    return {
        "kind": "lines",
        "title": f"{title}: members found against false alarms",
        "alt": f"ROC curve with an area of {area:.3f}; guessing is the diagonal, with 0.5.",
        "x_label": "strangers taken for training people",
        "y_label": "training people found",
        "series": [{"name": "attack", "x": x, "y": y}, {"name": "guessing", "x": [0.0, 1.0], "y": [0.0, 1.0]}],
    }
