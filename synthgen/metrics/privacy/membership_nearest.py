"""Membership by the nearest synthetic row."""

from __future__ import annotations

import numpy as np

from synthgen.metrics.base import Direction, Group, Result
from synthgen.metrics.privacy.membership import membership_result
from synthgen.metrics.privacy.neighbours import RangeScale, nearest
from synthgen.metrics.view import View

MOST_WORK = 1_500_000_000
"""Cells compared, about two seconds; with more rows or columns fewer synthetic rows are searched."""


class MembershipNearest:
    """A reporter knows a person's row and asks whether they were in the training table, say one of patients.

    She says yes when a synthetic row is very near: a generator that remembers puts rows next to the people it learned
    from. The control are people who were held out, whose nearest synthetic row is as far away if nothing is
    remembered; guessing is 0.5.

    Source:
        Chen et al. 2020, arXiv:1909.03935 (distance to the nearest generated sample); rates at few false alarms, as
        Carlini et al. 2022, arXiv:2112.03570, ask for.
    """

    name = "membership_nearest"
    title = "Membership, nearest row"
    group: Group = "privacy"
    direction: Direction = "half"

    def compute(self, train: View, holdout: View, synthetic: View, rng: np.random.Generator) -> Result:
        def score(
            people: View, strangers: View, made: View, rng: np.random.Generator
        ) -> tuple[np.ndarray, np.ndarray, str]:
            scale = RangeScale.learn(synthetic)
            affordable = MOST_WORK // ((people.n_rows + strangers.n_rows) * len(made.compared))
            rows = scale.place(made.draw(max(affordable, 1_000), rng))
            members, others = (-nearest(scale.place(one), rows)[0][:, 0] for one in (people, strangers))
            return members, others, f"{rows.n:,} synthetic rows"

        return membership_result(self, score, train, holdout, synthetic, rng)
