"""Critic as a detector: whether a network that reads rows as our generators write them can tell synthetic ones."""

from __future__ import annotations

import numpy as np

from synthgen.metrics.base import Direction, Group, Result
from synthgen.metrics.fidelity.telling import Method, Model, tell_apart
from synthgen.metrics.tokens import Tokens
from synthgen.metrics.view import View

MOST_ROWS, MOST_CELLS = 5_000, 500_000
"""Of each kind; tables of more than 100 columns get fewer rows, so that six trainings stay within ten seconds."""
N_FOLDS = 3


class CriticDetector:
    """Area under the ROC curve of the critic, out of fold, against equally many held-out rows.

    The critic is the network that a conditional GAN learns against, here trained anew for these two tables: it sees
    labels as tokens, and quantities as cells between quantiles whose order it knows. It is a smooth learner where the
    trees are a jagged one: they share no blind spot, and a table that passes both is hard to fault.

    Source:
        Goodfellow et al. 2014, arXiv:1406.2661; as a test, Lopez-Paz and Oquab 2017, arXiv:1610.06545.
    """

    name = "detector_critic"
    title = "Detector AUC, critic"
    group: Group = "fidelity"
    direction: Direction = "half"

    def compute(self, train: View, holdout: View, synthetic: View, rng: np.random.Generator) -> Result:
        from synthgen.training.critic import teach  # torch takes two seconds to import, and not every command needs it

        def method(seed: int) -> Method:
            tokens = Tokens.learn(train, train.compared)

            def fit(rows: np.ndarray, kind: np.ndarray) -> Model:
                return teach(tokens.layout, rows, kind, seed).score

            groups = {slot.name: np.array([i]) for i, slot in enumerate(tokens.layout.slots)}
            return Method("the critic", fit, tokens.matrix, groups)

        most_rows = min(MOST_ROWS, MOST_CELLS // max(len(train.compared), 1))
        return tell_apart(self, train, holdout, synthetic, rng, most_rows, method, N_FOLDS)
