"""How close made linked tables are to the real ones. Metrics see owners and their rows, never a model."""

from __future__ import annotations

from synthgen.metrics.base import Result
from synthgen.metrics.linked.base import LinkedMetric, LinkedView
from synthgen.metrics.linked.counts import Childless, ChildrenCounts, Unevenness
from synthgen.metrics.linked.detectors import JoinedDetector, SummaryDetector
from synthgen.metrics.linked.likeness import OwnerLikeness
from synthgen.metrics.linked.pairs import PairCardinality
from synthgen.metrics.linked.trends import ParentChildTrend, SiblingTrend, SummaryTrend
from synthgen.seeding import numpy_stream

__all__ = ["LINKED_METRICS", "LinkedMetric", "LinkedView", "compare_linked"]

LINKED_METRICS: tuple[LinkedMetric, ...] = (
    SummaryDetector(),
    JoinedDetector(),
    ChildrenCounts(),
    Childless(),
    Unevenness(),
    ParentChildTrend(),
    SummaryTrend(),
    SiblingTrend(),
    OwnerLikeness(),
    PairCardinality(),
)
"""In the order in which they are shown."""


def compare_linked(train: LinkedView, holdout: LinkedView, synthetic: LinkedView, seed: int) -> list[Result]:
    """Every metric, each with a random stream of its own.

    Args:
        train: what the generator learned from.
        holdout: owners that it never saw, with all their rows.
        synthetic: what it made.
        seed: zero or more.
    """
    return [
        metric.compute(train, holdout, synthetic, numpy_stream(seed, "linked", metric.name))
        for metric in LINKED_METRICS
    ]
