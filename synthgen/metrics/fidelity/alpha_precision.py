"""Alpha-precision: whether synthetic rows lie where the real ones lie, from the most typical to the outermost."""

from __future__ import annotations

import numpy as np

from synthgen.metrics.base import Direction, Group, Result
from synthgen.metrics.charts import Lines
from synthgen.metrics.fidelity.precision_recall import (
    LEVELS,
    REPEATS,
    bootstrap_interval,
    curve_score,
    from_centre,
    precision_curve,
    same_number,
)
from synthgen.metrics.view import View
from synthgen.metrics.wording import NO_FLOOR

MOST_ROWS = 20_000
"""Of each kind: a share is then known to 0.007 on either side."""
MOST_CELLS = 20_000_000
"""Of each kind; wider tables get fewer rows."""


class AlphaPrecision:
    """Alpha-precision of the synthetic rows among the training rows; 1 is best. The floor is that of held-out rows.

    The interval is a bootstrap of both samples' rows, with the centre and the range as they are.

    Source:
        Alaa et al. 2022, arXiv:2102.08921, see ``precision_recall``.
    """

    name = "alpha_precision"
    title = "Alpha-precision"
    group: Group = "fidelity"
    direction: Direction = "higher"

    def compute(self, train: View, holdout: View, synthetic: View, rng: np.random.Generator) -> Result:
        drawn = same_number(self, train, holdout, synthetic, rng, _rows_affordable)
        if isinstance(drawn, Result):
            return drawn
        n, points = drawn
        far = [from_centre(one, points[0]) for one in points]
        curve = precision_curve(far[0], far[1])
        value, floor = curve_score(curve), curve_score(precision_curve(far[0], far[2])) if len(points) > 2 else None
        scores = [curve_score(precision_curve(rng.choice(far[0], n), rng.choice(far[1], n))) for _ in range(REPEATS)]
        beside = NO_FLOOR if floor is None else f"Held-out rows reach {floor:.2f}."
        middle = float(np.interp(0.5, LEVELS, curve))
        off = "" if abs(middle - 0.5) < 0.02 else f": they lie {'too near to it' if middle > 0.5 else 'too far out'}"
        return Result(
            self.name,
            self.title,
            value,
            self.direction,
            floor=floor,
            interval=bootstrap_interval(value, scores),
            unit="score",
            sentence=f"{n:,} synthetic against {n:,} training rows; 1 is best",
            meaning=f"The ball around the middle of the data that holds half of the real rows holds "
            f"{100 * middle:.0f} % of the synthetic ones{off}. {beside}",
            details={"rows_of_each": n, "levels": LEVELS.tolist(), "curve": curve.tolist()},
            charts=(_chart(curve),),
        )


def _rows_affordable(train: View, *others: View) -> int:
    return min(MOST_ROWS, MOST_CELLS // len(train.compared), train.n_rows, *(view.n_rows for view in others))


def _chart(curve: np.ndarray) -> Lines:
    levels = [round(float(level), 4) for level in LEVELS]
    return {
        "kind": "lines",
        "title": "Alpha-precision",
        "alt": "Share of synthetic rows in balls that hold a growing share of the real rows; the diagonal is ideal.",
        "x_label": "share of real rows in the ball",
        "y_label": "share of rows",
        "series": [
            {"name": "real", "x": list(levels), "y": list(levels)},
            {"name": "synthetic", "x": list(levels), "y": [round(float(share), 4) for share in curve]},
        ],
    }
