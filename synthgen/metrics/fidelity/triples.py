"""Triples: how far random threes of columns are from the training threes."""

from __future__ import annotations

from math import comb

import numpy as np

from synthgen.metrics.base import Direction, Group, Result
from synthgen.metrics.codes import decile_codes
from synthgen.metrics.sets import draw_sets, no_sets
from synthgen.metrics.statistics import floor_scale, total_variation
from synthgen.metrics.view import View
from synthgen.metrics.wording import beside_floor, percent

MOST_TRIPLES = 200
"""Random ones: their mean is known to some hundredths of itself."""
MOST_ROWS = 100_000
"""Of each table."""
KEPT = 50

Triple = tuple[str, str, str]


class Triples:
    """Mean over random triples of columns of the total variation of their joint table.

    Quantities are cut at the training deciles, a missing cell has a bin of its own. It sees what pairs do not: that
    a third column decides how two others go together.
    """

    name = "triples"
    title = "Triple error"
    group: Group = "fidelity"
    direction: Direction = "lower"

    def compute(self, train: View, holdout: View, synthetic: View, rng: np.random.Generator) -> Result:
        if reason := no_sets(self, train, synthetic, 3):
            return reason
        triples = draw_triples(train.compared, rng)
        train, holdout, synthetic = (view.draw(MOST_ROWS, rng) for view in (train, holdout, synthetic))
        errors = triple_errors(train, synthetic, triples)
        floors: dict[Triple, float] = {}
        if holdout.n_rows:
            scale = floor_scale(train.n_rows, holdout.n_rows, synthetic.n_rows)
            floors = {triple: error * scale for triple, error in triple_errors(train, holdout, triples).items()}
        value = float(np.mean(list(errors.values())))
        floor = float(np.mean(list(floors.values()))) if floors else None
        worst = sorted(errors, key=lambda triple: floors.get(triple, 0.0) - errors[triple])
        n_triples = comb(len(train.compared), 3)
        rows = f", {MOST_ROWS:,} rows" if max(train.n_rows, synthetic.n_rows) >= MOST_ROWS else ""
        return Result(
            self.name,
            self.title,
            value,
            self.direction,
            floor=floor,
            sentence=f"mean of {len(errors):,} of {n_triples:,} triples{rows}",
            meaning=f"Of three columns at once {percent(value)} of the rows would have to move to match the real ones, "
            f"most of all {', '.join(worst[0])}. {beside_floor(value, floor)}",
            details={
                "triples": [
                    {"columns": list(triple), "error": errors[triple], "floor": floors.get(triple)}
                    for triple in worst[:KEPT]
                ],
                "n_triples": len(errors),
                "n_triples_in_all": n_triples,
            },
        )


def draw_triples(names: list[str], rng: np.random.Generator) -> list[Triple]:
    """Different triples in the columns' order, at most 200."""
    return [(names[a], names[b], names[c]) for a, b, c in draw_sets(len(names), 3, MOST_TRIPLES, rng)]


def triple_errors(train: View, other: View, triples: list[Triple]) -> dict[Triple, float]:
    """The total variation of each triple."""
    needed = list(dict.fromkeys(name for triple in triples for name in triple))
    real, seen = decile_codes(train, (train, other), needed)
    errors = {}
    for triple in triples:
        (codes, size), (others, _) = real.joint(*triple), seen.joint(*triple)
        errors[triple] = total_variation(codes, others, size)
    return errors
