"""Distance share: whether synthetic rows lie nearer to training rows than to rows never seen."""

from __future__ import annotations

import numpy as np
from scipy.spatial.distance import cdist

from synthgen.metrics.base import Direction, Group, Result, not_applicable
from synthgen.metrics.statistics import binomial_interval
from synthgen.metrics.view import View

FEWEST_ROWS = 20
MOST_ROWS = 2_000
"""Synthetic rows: the interval is then 0.022 to either side."""
MOST_REFERENCES = 10_000
"""Real rows of each kind."""
MOST_WORK = 1_000_000_000
"""Cells compared, about a second for each 500 million; wider tables get fewer reference rows."""
CHUNK = 256
TIE = 1e-6


class DistanceShare:
    """Share of synthetic rows whose nearest real row is a training row, with equally many held-out ones; 0.5 is ideal.

    The distance is the sum of differences of quantities (over the training range) and 2 for each label that differs;
    a missing quantity stands at the training mean. Ties are split. In the floor one half of the held-out rows plays
    the generator. The interval holds the chance in the synthetic rows, not in which real rows were held out.
    """

    name = "distance_share"
    title = "Distance share"
    group: Group = "privacy"
    direction: Direction = "half"

    def compute(self, train: View, holdout: View, synthetic: View, rng: np.random.Generator) -> Result:
        if not train.compared:
            return not_applicable(self, "there is no column with values to compare")
        if min(train.n_rows, holdout.n_rows, synthetic.n_rows) < FEWEST_ROWS:
            return not_applicable(self, f"fewer than {FEWEST_ROWS} training, held-out or synthetic rows")
        share, ties, n, references = nearer_share(synthetic, train, holdout, rng)
        mixed, half = rng.permutation(holdout.n_rows), holdout.n_rows // 2
        floor, _, n_floor, _ = nearer_share(holdout.take(mixed[:half]), train, holdout.take(mixed[half:]), rng)
        return Result(
            self.name,
            self.title,
            share,
            self.direction,
            floor=floor,
            interval=binomial_interval(share * n, n),
            sentence=f"{n:,} rows, {references:,} training and as many held-out rows; 0.5 is best",
            unit="score",
            details={"rows": n, "references_of_each": references, "ties": ties, "rows_floor": n_floor},
        )


def nearer_share(rows: View, train: View, holdout: View, rng: np.random.Generator) -> tuple[float, float, int, int]:
    """The share nearer to ``train``, the share of ties, how many rows, against how many references of each."""
    n = min(rows.n_rows, MOST_ROWS)
    affordable = MOST_WORK // (2 * n * len(train.compared))
    references = min(train.n_rows, holdout.n_rows, MOST_REFERENCES, max(affordable, FEWEST_ROWS))
    scale = _scale(train)
    drawn = rows.draw(n, rng)
    to_train = nearest(drawn, train.draw(references, rng), scale)
    to_holdout = nearest(drawn, holdout.draw(references, rng), scale)
    tie = np.abs(to_train - to_holdout) <= TIE
    nearer = (to_train < to_holdout) & ~tie
    return float(nearer.mean() + tie.mean() / 2), float(tie.mean()), n, references


def _scale(train: View) -> dict[str, tuple[float, float]]:
    """Mean and range of each quantity in the training rows."""
    scale = {}
    for name, values in train.quantities.items():
        present = values[~np.isnan(values)]
        spread = float(np.ptp(present)) if len(present) else 0.0
        scale[name] = (float(present.mean()) if len(present) else 0.0, spread if spread > 0 else 1.0)
    return scale


def nearest(rows: View, references: View, scale: dict[str, tuple[float, float]]) -> np.ndarray:
    """``(N,)`` distance of each row to the nearest reference."""
    x, y = _scaled(rows, scale), _scaled(references, scale)
    names = list(rows.labels)
    a, b = rows.ordinal(names), references.ordinal(names)
    best = np.empty(rows.n_rows)
    for start in range(0, rows.n_rows, CHUNK):
        part = slice(start, start + CHUNK)
        distance = np.zeros((len(x[part]), references.n_rows))
        if x.shape[1]:
            distance += cdist(x[part], y, "cityblock")
        if names:
            distance += 2 * len(names) * cdist(a[part], b, "hamming")
        best[part] = distance.min(axis=1)
    return best


def _scaled(view: View, scale: dict[str, tuple[float, float]]) -> np.ndarray:
    values = view.ordinal(list(scale))
    means = np.array([mean for mean, _ in scale.values()])
    spreads = np.array([spread for _, spread in scale.values()])
    return np.asarray((np.where(np.isnan(values), means, values) - means) / spreads)
