"""Mutual information: whether pairs of columns tell as much about each other as the training pairs."""

from __future__ import annotations

from math import comb

import numpy as np

from synthgen.metrics.base import Direction, Group, Result, not_applicable
from synthgen.metrics.charts import Bars, Number
from synthgen.metrics.codes import decile_codes, mutual_information
from synthgen.metrics.sets import Pair, draw_pairs, no_sets
from synthgen.metrics.statistics import floor_scale
from synthgen.metrics.view import View
from synthgen.metrics.wording import beside_floor

MOST_PAIRS = 1_000
"""More pairs (from 46 columns on) are sampled: their mean is known to a few hundredths of itself."""
MOST_ROWS = 50_000
"""Of each table."""
MOST_LABELS = 30
"""Of a column, the most frequent ones; the others count as one."""
KEPT, DRAWN = 50, 15


class MutualInformation:
    """Mean over pairs of the difference of normalised mutual information, 0 to 1.

    The information is divided by the root of the product of both entropies: 0 is independence, 1 means that each
    column gives the other. It sees dependence of any form (a bow, a ring), where correlation sees straight lines.
    Quantities are cut at the training deciles, a missing cell has a bin of its own; a quantity that then has
    one bin, as nine tenths of its rows hold one value, is left out. What chance alone would show is
    taken off. The floor is scaled to the synthetic table's size like that of a distance; of pairs that hardly hang
    together the error falls faster with more rows, so there the floor is on the high side.

    Source:
        Strehl and Ghosh 2002, "Cluster ensembles", for the normalisation.
    """

    name = "mutual_information"
    title = "Mutual information error"
    group: Group = "fidelity"
    direction: Direction = "lower"

    def compute(self, train: View, holdout: View, synthetic: View, rng: np.random.Generator) -> Result:
        if reason := no_sets(self, train, synthetic, 2):
            return reason
        pairs, n_pairs = draw_pairs(train.compared, MOST_PAIRS, rng), comb(len(train.compared), 2)
        train, holdout, synthetic = (view.draw(MOST_ROWS, rng) for view in (train, holdout, synthetic))
        views = (train, synthetic, holdout) if holdout.n_rows else (train, synthetic)
        found = shared_information(train, views, pairs)
        kept = [i for i, shared in enumerate(found[0]) if shared is not None]
        if not kept:
            return not_applicable(self, "no two columns vary in the training table")
        real, *others = (np.array([shared[i] or 0.0 for i in kept]) for shared in found)
        errors = np.abs(others[0] - real)
        floors = None
        if holdout.n_rows:
            floors = np.abs(others[1] - real) * floor_scale(train.n_rows, holdout.n_rows, synthetic.n_rows)
        value, floor = float(errors.mean()), float(floors.mean()) if floors is not None else None
        order = np.argsort((floors if floors is not None else 0.0) - errors, kind="stable")
        worst = pairs[kept[order[0]]]
        of = f", a sample of {n_pairs:,}" if n_pairs > MOST_PAIRS else ""
        rows = f", {MOST_ROWS:,} rows" if max(train.n_rows, synthetic.n_rows) >= MOST_ROWS else ""
        return Result(
            self.name,
            self.title,
            value,
            self.direction,
            floor=floor,
            unit="score",
            sentence=f"mean of {len(kept):,} pairs{of}{rows}; 0 to 1",
            meaning=f"What one column says about another is off by {value:.3f} on average (0: nothing, 1: all), most "
            f"of all {worst[0]} with {worst[1]}: {real[order[0]]:.2f} real, {others[0][order[0]]:.2f} synthetic. "
            f"{beside_floor(value, floor)}",
            details={
                "pairs": [
                    {
                        "first": pairs[kept[i]][0],
                        "second": pairs[kept[i]][1],
                        "real": real[i],
                        "synthetic": others[0][i],
                        "error": errors[i],
                        "floor": floors[i] if floors is not None else None,
                    }
                    for i in order[:KEPT]
                ],
                "n_pairs": len(kept),
                "n_pairs_in_all": n_pairs,
            },
            charts=(_chart([(pairs[kept[i]], real[i], others[0][i]) for i in order[:DRAWN]]),),
        )


def _chart(worst: list[tuple[Pair, float, float]]) -> Bars:
    real = [round(float(one), 4) for _, one, _ in worst]
    made = [round(float(one), 4) for _, _, one in worst]
    series: dict[str, list[Number]] = {"real": list(real), "synthetic": list(made)}
    return {
        "kind": "bars",
        "title": "What two columns say about each other",
        "alt": f"Normalised mutual information of the {len(worst)} pairs that are farthest off, the farthest first.",
        "labels": [f"{a} with {b}" for (a, b), _, _ in worst],
        "series": series,
        "unit": "score",
    }


def shared_information(train: View, views: tuple[View, ...], pairs: list[Pair]) -> list[list[float | None]]:
    """Normalised mutual information of each pair in each table; None where a column does not vary."""
    needed = list(dict.fromkeys(name for pair in pairs for name in pair))
    found: list[list[float | None]] = []
    for table in decile_codes(train, views, needed, MOST_LABELS):
        shared: list[float | None] = []
        for a, b in pairs:
            information, *entropies = mutual_information(table.codes[a], table.codes[b], table.sizes[a], table.sizes[b])
            scale = float(np.sqrt(entropies[0] * entropies[1]))
            shared.append(information / scale if scale > 0 else None)
        found.append(shared)
    return found
