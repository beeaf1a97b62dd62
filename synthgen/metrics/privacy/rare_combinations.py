"""Rare combinations: common values that hardly anybody has together."""

from __future__ import annotations

import numpy as np

from synthgen.metrics.base import Direction, Group, Result, not_applicable
from synthgen.metrics.privacy.attack import Outcome, attack_result, no_control
from synthgen.metrics.sets import draw_sets
from synthgen.metrics.view import View

MOST_ROWS = 50_000
"""Of each table: with 100 sets of columns that is about three seconds."""
MOST_SETS = 50
"""Of each size, drawn at random from all."""
BINS = 10
SIZES = (2, 3)


class RareCombinations:
    """A colleague knows three harmless things about you that nobody else has together.

    If the synthetic table has the combination too, he concludes that you were in the training table. A combination of
    two or three columns (numbers in tenths of the rows) is rare when fewer than ``min_holders`` of the real rows hold
    it. Of each person the rarest one is taken; the attack succeeds when it stands in the synthetic table. The
    control are the rarest combinations of people who were held out.
    """

    name = "rare_combinations"
    title = "Rare combinations"
    group: Group = "privacy"
    direction: Direction = "lower"

    def compute(self, train: View, holdout: View, synthetic: View, rng: np.random.Generator) -> Result:
        if reason := no_control(self, train, holdout, synthetic):
            return reason
        views = [view.draw(MOST_ROWS, rng) for view in (train, holdout, synthetic)]
        n_train, n_real = views[0].n_rows, views[0].n_rows + views[1].n_rows
        codes = _codes(views)
        outcomes, tried = {}, 0
        for size in SIZES:
            least, emitted = np.full(n_real, n_real), np.zeros(n_real, dtype=bool)
            sets = draw_sets(len(codes), size, MOST_SETS, rng)
            tried += len(sets)
            for columns in sets:
                counts, found = _held(codes, columns, n_real)
                rarer = counts < least
                least[rarer], emitted[rarer] = counts[rarer], found[rarer]
            rare, member = least < train.min_holders, np.arange(n_real) < n_train
            if rare.any():
                outcomes[f"{size} columns"] = Outcome.of((emitted[rare & member], emitted[rare & ~member]))
        if not outcomes:
            return not_applicable(
                self, f"no combination of two or three columns is held by fewer than {train.min_holders} real rows"
            )
        note = f"{tried:,} sets of columns, {n_real:,} real and {views[2].n_rows:,} synthetic rows"
        return attack_result(
            self, outcomes, "meets the rarest combination of", kinds="sizes of combinations", note=note
        )


def _codes(views: list[View]) -> list[np.ndarray]:
    """One array per column over all rows, real ones first: labels as they are, quantities in tenths, missing last."""
    n_real = views[0].n_rows + views[1].n_rows
    found = []
    for name in views[0].compared:
        if name in views[0].labels:
            found.append(np.concatenate([view.labels[name] for view in views]).astype(np.int64))
            continue
        numbers = np.concatenate([view.quantities[name] for view in views])
        present = numbers[:n_real][~np.isnan(numbers[:n_real])]
        edges = np.unique(np.quantile(present, np.arange(1, BINS) / BINS)) if len(present) else np.empty(0)
        found.append(np.where(np.isnan(numbers), BINS, np.searchsorted(edges, numbers, side="left")))
    return found


def _held(codes: list[np.ndarray], columns: tuple[int, ...], n_real: int) -> tuple[np.ndarray, np.ndarray]:
    """``(n_real,)`` how many real rows hold the row's combination, and whether a synthetic row does."""
    key = codes[columns[0]]
    for column in columns[1:]:
        key = key * (int(codes[column].max()) + 1) + codes[column]
    book, place = np.unique(key, return_inverse=True)
    counts = np.bincount(place[:n_real], minlength=len(book))
    made = np.bincount(place[n_real:], minlength=len(book)) > 0
    return counts[place[:n_real]], made[place[:n_real]]
