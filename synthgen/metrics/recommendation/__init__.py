"""Does a made table of interactions serve? How it is like the real one, and recommenders taught by it."""

from __future__ import annotations

from synthgen.metrics.recommendation.base import InteractionMetric
from synthgen.metrics.recommendation.behaviour import judge_behaviour
from synthgen.metrics.recommendation.judging import (
    INTERACTION_METRICS,
    Recommendation,
    compare_interactions,
    judge_recommendation,
)
from synthgen.metrics.recommendation.recommenders import RECOMMENDERS, Recommender
from synthgen.metrics.recommendation.trials import Agreement, Task, Trial, agreement, run_trials

__all__ = [
    "INTERACTION_METRICS",
    "RECOMMENDERS",
    "Agreement",
    "InteractionMetric",
    "Recommendation",
    "Recommender",
    "Task",
    "Trial",
    "agreement",
    "compare_interactions",
    "judge_behaviour",
    "judge_recommendation",
    "run_trials",
]
