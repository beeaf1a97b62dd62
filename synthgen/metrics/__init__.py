"""How close a synthetic table is, and what it gives away. Metrics see three tables and a schema, never a model."""

from __future__ import annotations

from synthgen.metrics.base import Metric
from synthgen.metrics.fidelity.detector import Detector
from synthgen.metrics.fidelity.detector_logistic import LogisticDetector
from synthgen.metrics.fidelity.missing import Missing
from synthgen.metrics.fidelity.shape import Shape
from synthgen.metrics.fidelity.trend import Trend
from synthgen.metrics.privacy.copies import Copies
from synthgen.metrics.privacy.distance import DistanceShare
from synthgen.metrics.privacy.emitted import Emitted
from synthgen.metrics.utility.prediction import Prediction

METRICS: tuple[Metric, ...] = (
    Shape(),
    Trend(),
    Missing(),
    Detector(),
    LogisticDetector(),
    Prediction(),
    Copies(),
    DistanceShare(),
    Emitted(),
)
"""In the order in which they are shown."""
