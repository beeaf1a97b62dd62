"""All figures of made streams of events beside real ones."""

from __future__ import annotations

import numpy as np

from synthgen.metrics.base import Result
from synthgen.metrics.behaviour.laws import BEHAVIOUR_METRICS
from synthgen.metrics.behaviour.prediction import PREDICTIONS
from synthgen.metrics.behaviour.streams import Streams


def judge_streams(train: Streams, held: Streams, synthetic: Streams, rng: np.random.Generator) -> list[Result]:
    """How made streams are like real ones, and whether predictors can be taught by them.

    Likeness is to the people that were learned from; the floor is that of the people held out. Both are of equally
    many owners, for what few people have in common grows with their number.

    Args:
        train: of people that the generator learned from.
        held: of people that it never saw.
        synthetic: of made ones; kinds numbered alike.
        rng: draws owners, and parts of predictors.
    """
    few = min(held.n_owners, synthetic.n_owners)
    floor, made = held.some(few, rng), synthetic.some(few, rng)
    found = [metric.compute(train, made, floor, rng) for metric in BEHAVIOUR_METRICS]
    many = min(train.n_owners, synthetic.n_owners)
    teachers = train.some(many, rng), synthetic.some(many, rng)
    return found + [task.compute(teachers[0], held, teachers[1], rng) for task in PREDICTIONS]
