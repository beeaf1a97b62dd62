"""Near copies: people whose row stands in the synthetic table but for a touch."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

from synthgen.metrics.base import Direction, Group, Result
from synthgen.metrics.privacy.attack import Outcome, attack_result, no_control
from synthgen.metrics.privacy.copies import cell_keys
from synthgen.metrics.privacy.neighbours import RangeScale
from synthgen.metrics.view import View

MOST_PEOPLE = 20_000
"""Of each kind; all synthetic rows are searched for them."""
MOST_TREE = 200_000
"""Synthetic rows among which numbers within one per cent are sought: a tree of so many takes seconds."""
MOST_LEFT_OUT = 64
"""Columns left out in turn; of a wider table so many at random."""
FEWEST_COLUMNS = 4
"""In a narrower table rows agree in all columns but one because there is little to differ in."""
NEAR = 0.01


class NearCopies:
    """A neighbour looks for people he knows: a row that is theirs but for one cell, or but for a little noise.

    He knows a person's row. A synthetic row that agrees with it in all columns but one, in every label and within
    1 % of the range in every quantity, or in every cell of one kind, convinces him that the person was in the
    training table, and he takes whatever else it says to be true. The control are people who were held out: where
    rows are alike by nature, as many of them find a near copy.
    """

    name = "near_copies"
    title = "Near copies"
    group: Group = "privacy"
    direction: Direction = "lower"

    def compute(self, train: View, holdout: View, synthetic: View, rng: np.random.Generator) -> Result:
        if reason := no_control(self, train, holdout, synthetic):
            return reason
        scale = RangeScale.learn(train)
        people, strangers = train.draw(MOST_PEOPLE, rng), holdout.draw(MOST_PEOPLE, rng)
        keys = [cell_keys(view) for view in (people, strangers, synthetic)]
        outcomes = {}
        if len(train.compared) >= FEWEST_COLUMNS:
            columns = rng.permutation(len(train.compared))[:MOST_LEFT_OUT]
            outcomes["all cells but one"] = Outcome.of(_but_one(one, keys[2], columns) for one in keys[:2])
        labels = np.array([name in train.labels for name in train.compared])
        for name, part in (("all labels", labels), ("all quantities", ~labels)):
            if part.sum() > 1 or part.all():
                known = np.unique(keys[2][:, part].sum(axis=1))
                outcomes[name] = Outcome.of(np.isin(one[:, part].sum(axis=1), known) for one in keys[:2])
        if not labels.all():
            both = (people, strangers)
            drawn = synthetic.draw(MOST_TREE, rng)
            outcomes["numbers within 1 %"] = Outcome.of(_within(one, drawn, scale) for one in both)
        return attack_result(self, outcomes, "finds a near copy of", kinds="kinds of copies")


def _but_one(keys_NC: np.ndarray, known_MC: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """``(N,)`` whether some known row agrees in all columns but, at most, one."""
    rows, known = keys_NC.sum(axis=1), known_MC.sum(axis=1)
    found = np.zeros(len(rows), dtype=bool)
    for column in columns:
        rest = pd.Series(rows - keys_NC[:, column])
        found |= rest.isin(known - known_MC[:, column]).to_numpy()
    return found


def _within(view: View, known: View, scale: RangeScale) -> np.ndarray:
    """``(N,)`` whether some known row has the same labels, and every quantity within 1 % of its range."""
    labels = [np.zeros(one.n_rows, dtype=np.uint64) for one in (view, known)]
    for one, keys in zip((view, known), labels, strict=True):
        named = [name in one.labels for name in one.compared]
        keys += cell_keys(one)[:, named].sum(axis=1)
    book, place = np.unique(labels[0], return_inverse=True)
    at = np.minimum(np.searchsorted(book, labels[1]), len(book) - 1)
    same = book[at] == labels[1]
    found = np.zeros(view.n_rows, dtype=bool)
    if same.any():
        tree = cKDTree(_coordinates(known, scale, at)[same], balanced_tree=False)
        distance, _ = tree.query(_coordinates(view, scale, place), p=np.inf, distance_upper_bound=NEAR * (1 + 1e-6))
        found = np.isfinite(distance)
    return found


def _coordinates(view: View, scale: RangeScale, labels: np.ndarray) -> np.ndarray:
    """``(N, Q + 1)``: ranges, and the number of the row's labels, so that other labels are far away."""
    x_QN = scale.place(view).x_QN.astype(np.float64)
    missing = np.stack([np.isnan(view.quantities[name]) for name in scale.means])
    return np.column_stack([np.where(missing, 2 * 1e6, x_QN).T, labels.astype(np.float64)])
