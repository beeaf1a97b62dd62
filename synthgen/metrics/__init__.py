"""How close a synthetic table is, and what it gives away. Metrics see three tables and a schema, never a model."""

from __future__ import annotations

from synthgen.metrics.base import Metric
from synthgen.metrics.fidelity.detector import Detector
from synthgen.metrics.fidelity.missing import Missing
from synthgen.metrics.fidelity.shape import Shape
from synthgen.metrics.fidelity.trend import Trend
from synthgen.metrics.privacy.copies import Copies
from synthgen.metrics.privacy.distance import DistanceShare
from synthgen.metrics.privacy.emitted import Emitted
from synthgen.metrics.utility.calibration import Calibration
from synthgen.metrics.utility.estimates import EstimatesOverlap
from synthgen.metrics.utility.groups import Groups
from synthgen.metrics.utility.importance import Importance
from synthgen.metrics.utility.learners import Learners
from synthgen.metrics.utility.prediction import Prediction
from synthgen.metrics.utility.rare_class import RareClass
from synthgen.metrics.utility.shortcut import Shortcut

METRICS: tuple[Metric, ...] = (
    Shape(),
    Trend(),
    Missing(),
    Detector(),
    Prediction(),
    Learners(),
    Importance(),
    Calibration(),
    Groups(),
    RareClass(),
    Shortcut(),
    EstimatesOverlap(),
    Copies(),
    DistanceShare(),
    Emitted(),
)
"""In the order in which they are shown."""
