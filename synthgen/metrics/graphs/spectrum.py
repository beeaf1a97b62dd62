"""Spectrum: the largest eigenvalues, which say how many communities there are and how well they are parted."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from scipy.sparse.linalg import eigsh

from synthgen.metrics.base import Direction, Result
from synthgen.metrics.graphs.base import GraphView, missing

LARGEST = 24
"""Eigenvalues, the first left out: it is 1 in every graph."""


class Spectrum:
    """Mean difference between the largest eigenvalues of the normalised adjacency matrix, directions left out."""

    name = "spectrum"
    title = "Spectrum"
    direction: Direction = "lower"

    def compute(
        self, real: GraphView, synthetic: GraphView, floor: GraphView | None, rng: np.random.Generator
    ) -> Result:
        views = [real, synthetic, *([] if floor is None else [floor])]
        many = min(LARGEST, min(int((view.degree_N > 0).sum()) for view in views) - 2)
        if many < 1:
            return missing(self, "the graph has too few nodes with ties")
        values = [eigenvalues(view, many, rng) for view in views]
        return Result(
            self.name,
            self.title,
            float(np.abs(values[0] - values[1]).mean()),
            self.direction,
            floor=None if floor is None else float(np.abs(values[0] - values[2]).mean()),
            unit="score",
            sentence=f"mean difference of the {many} largest eigenvalues after the first",
            details={"real": values[0].tolist(), "synthetic": values[1].tolist()},
        )


def eigenvalues(view: GraphView, many: int, rng: np.random.Generator) -> np.ndarray:
    """The largest after the first, falling, of the normalised adjacency matrix among nodes with ties."""
    tied = np.flatnonzero(view.degree_N > 0)
    scale = sp.diags_array(1 / np.sqrt(view.degree_N[tied]))
    matrix = scale @ view.graph.skeleton.matrix()[tied][:, tied] @ scale
    found = eigsh(matrix, k=many + 1, which="LA", v0=rng.random(len(tied)), tol=1e-4, return_eigenvectors=False)
    falling: np.ndarray = np.sort(found)[::-1][1:]
    return falling
