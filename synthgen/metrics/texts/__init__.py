"""How close made texts are to real ones, and whether they are anybody's. Metrics see texts, never a model."""

from __future__ import annotations

import numpy as np

from synthgen.metrics.base import Result
from synthgen.metrics.texts.base import TextMetric, TextView
from synthgen.metrics.texts.copies import RealRuns, RealTexts, longest_runs
from synthgen.metrics.texts.detector import TextDetector
from synthgen.metrics.texts.labels import LabelFromText
from synthgen.metrics.texts.lengths import LengthLaw
from synthgen.metrics.texts.tags import TagCompany, TagLaw
from synthgen.metrics.texts.words import PairLaw, WordLaw

__all__ = ["TEXT_METRICS", "TextMetric", "TextView", "compare_texts", "longest_runs"]

TEXT_METRICS: tuple[TextMetric, ...] = (
    LengthLaw(),
    WordLaw(),
    PairLaw(),
    TagLaw(),
    TagCompany(),
    LabelFromText(),
    TextDetector(),
    RealTexts(),
    RealRuns(),
)
"""In the order in which they are shown."""


def compare_texts(train: TextView, holdout: TextView, synthetic: TextView, seed: int) -> list[Result]:
    """Every metric, each with a random stream of its own.

    Args:
        train: real texts that were learned from.
        holdout: real texts of other users.
        synthetic: made ones.
        seed: zero or more.
    """
    return [
        metric.compute(train, holdout, synthetic, np.random.default_rng([seed, place]))
        for place, metric in enumerate(TEXT_METRICS)
    ]
