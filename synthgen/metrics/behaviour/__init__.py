"""Do made people behave as real ones? Events in time: how much, when, what after what, and what comes next."""

from __future__ import annotations

from synthgen.metrics.behaviour.base import BehaviourMetric
from synthgen.metrics.behaviour.judging import judge_streams
from synthgen.metrics.behaviour.laws import BEHAVIOUR_METRICS
from synthgen.metrics.behaviour.prediction import PREDICTIONS
from synthgen.metrics.behaviour.streams import Streams

__all__ = ["BEHAVIOUR_METRICS", "PREDICTIONS", "BehaviourMetric", "Streams", "judge_streams"]
