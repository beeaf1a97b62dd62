"""How close a synthetic table is, and what it gives away. Metrics see three tables and a schema, never a model."""

from __future__ import annotations

from synthgen.metrics.base import Metric
from synthgen.metrics.fidelity.detector import Detector
from synthgen.metrics.fidelity.missing import Missing
from synthgen.metrics.fidelity.shape import Shape
from synthgen.metrics.fidelity.trend import Trend
from synthgen.metrics.privacy.attribute_inference import AttributeInference
from synthgen.metrics.privacy.copies import Copies
from synthgen.metrics.privacy.distance import DistanceShare
from synthgen.metrics.privacy.emitted import Emitted
from synthgen.metrics.privacy.exposed import Exposed
from synthgen.metrics.privacy.linkability import Linkability
from synthgen.metrics.privacy.membership_density import MembershipDensity
from synthgen.metrics.privacy.membership_nearest import MembershipNearest
from synthgen.metrics.privacy.near_copies import NearCopies
from synthgen.metrics.privacy.rare_combinations import RareCombinations
from synthgen.metrics.privacy.rare_values import RareValues
from synthgen.metrics.privacy.singling_out import SinglingOut
from synthgen.metrics.utility.prediction import Prediction

METRICS: tuple[Metric, ...] = (
    Shape(),
    Trend(),
    Missing(),
    Detector(),
    Prediction(),
    Copies(),
    NearCopies(),
    DistanceShare(),
    SinglingOut(),
    Linkability(),
    AttributeInference(),
    MembershipNearest(),
    MembershipDensity(),
    RareValues(),
    RareCombinations(),
    Emitted(),
    Exposed(),
)
"""In the order in which they are shown."""
