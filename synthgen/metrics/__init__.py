"""How close a synthetic table is, and what it gives away. Metrics see three tables and a schema, never a model."""

from __future__ import annotations

from synthgen.metrics.base import Metric
from synthgen.metrics.fidelity.alpha_precision import AlphaPrecision
from synthgen.metrics.fidelity.authenticity import Authenticity
from synthgen.metrics.fidelity.beta_recall import BetaRecall
from synthgen.metrics.fidelity.conditional import Conditional
from synthgen.metrics.fidelity.coverage import Coverage
from synthgen.metrics.fidelity.detector import Detector
from synthgen.metrics.fidelity.detector_critic import CriticDetector
from synthgen.metrics.fidelity.detector_logistic import LogisticDetector
from synthgen.metrics.fidelity.missing import Missing
from synthgen.metrics.fidelity.mutual_information import MutualInformation
from synthgen.metrics.fidelity.projection import Projection
from synthgen.metrics.fidelity.rhythm import Rhythm
from synthgen.metrics.fidelity.shape import Shape
from synthgen.metrics.fidelity.trend import Trend
from synthgen.metrics.fidelity.triples import Triples
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
from synthgen.metrics.texts.columns import OfColumns
from synthgen.metrics.texts.copies import RealRuns, RealTexts
from synthgen.metrics.texts.detector import TextDetector
from synthgen.metrics.texts.labels import LabelFromText
from synthgen.metrics.texts.lengths import LengthLaw
from synthgen.metrics.texts.tags import TagCompany, TagLaw
from synthgen.metrics.texts.words import PairLaw, WordLaw
from synthgen.metrics.utility.calibration import Calibration
from synthgen.metrics.utility.estimates import EstimatesOverlap
from synthgen.metrics.utility.groups import Groups
from synthgen.metrics.utility.importance import Importance
from synthgen.metrics.utility.learners import Learners
from synthgen.metrics.utility.prediction import Prediction
from synthgen.metrics.utility.rare_class import RareClass
from synthgen.metrics.utility.shortcut import Shortcut
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
    MutualInformation(),
    Triples(),
    Conditional(),
    Missing(),
    Coverage(),
    Rhythm(),
    Detector(),
    LogisticDetector(),
    CriticDetector(),
    AlphaPrecision(),
    BetaRecall(),
    Authenticity(),
    Projection(),
    OfColumns(LengthLaw(), "fidelity"),
    OfColumns(WordLaw(), "fidelity"),
    OfColumns(PairLaw(), "fidelity"),
    OfColumns(TagLaw(), "fidelity"),
    OfColumns(TagCompany(), "fidelity"),
    OfColumns(LabelFromText(), "fidelity"),
    OfColumns(TextDetector(), "fidelity"),
    Prediction(),
    Learners(),
    Importance(),
    Calibration(),
    Groups(),
    RareClass(),
    Shortcut(),
    EstimatesOverlap(),
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
    OfColumns(RealTexts(), "privacy"),
    OfColumns(RealRuns(), "privacy"),
)
"""In the order in which they are shown."""
