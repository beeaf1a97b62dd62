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
from synthgen.metrics.utility.prediction import Prediction
from synthgen.metrics.validity.categories import Categories
from synthgen.metrics.validity.formats import Formats
from synthgen.metrics.validity.keys import Keys
from synthgen.metrics.validity.ranges import Ranges
from synthgen.metrics.validity.rules import Rules
from synthgen.metrics.validity.types import Types

METRICS: tuple[Metric, ...] = (
    Types(),
    Ranges(),
    Categories(),
    Keys(),
    Rules(),
    Formats(),
    Shape(),
    Trend(),
    Missing(),
    Detector(),
    Prediction(),
    Copies(),
    DistanceShare(),
    Emitted(),
)
"""In the order in which they are shown."""
