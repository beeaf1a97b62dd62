"""Shortest paths: how many steps apart nodes are."""

from __future__ import annotations

import numpy as np

from synthgen.metrics.base import Direction, Result
from synthgen.metrics.graphs.base import GraphView
from synthgen.metrics.graphs.kernel import mmd

SOURCES = 64
"""Nodes from which steps are counted: to all others, so that thousands of pairs come from each."""
LONGEST = 30
"""Steps; nodes farther away or out of reach count as one more than the longest path found."""


class PathLaw:
    """MMD of the steps from sampled nodes to all others, without regard to direction."""

    name = "paths"
    title = "Shortest paths"
    direction: Direction = "lower"

    def compute(
        self, real: GraphView, synthetic: GraphView, floor: GraphView | None, rng: np.random.Generator
    ) -> Result:
        steps = [step_counts(view, rng) for view in (real, synthetic, *([] if floor is None else [floor]))]
        longest = max(len(one) for one in steps) - 1
        laws = [np.repeat(np.arange(longest + 1), _reached(one, longest)) for one in steps]
        return Result(
            self.name,
            self.title,
            mmd(laws[0], laws[1], width=1.0),
            self.direction,
            floor=None if floor is None else mmd(laws[0], laws[2], width=1.0),
            unit="score",
            sentence=f"MMD of steps from {SOURCES} nodes to all others, Gaussian kernel one step wide",
            details={"mean": [float(law.mean()) if len(law) else 0.0 for law in laws[:2]]},
        )


def step_counts(view: GraphView, rng: np.random.Generator, sources: int = SOURCES) -> np.ndarray:
    """How many nodes are 0, 1, 2 ... steps from sampled nodes; the last entry: out of reach."""
    n = view.graph.n_nodes
    chosen = rng.choice(n, min(sources, n), replace=False)
    matrix = view.graph.skeleton.matrix().astype(np.float32)
    seen_NS = np.zeros((n, len(chosen)), bool)
    seen_NS[chosen, np.arange(len(chosen))] = True
    edge_NS = seen_NS.copy()
    counts = [0]
    for _ in range(LONGEST):
        edge_NS = (matrix @ edge_NS.astype(np.float32) > 0) & ~seen_NS
        if not edge_NS.any():
            break
        seen_NS |= edge_NS
        counts.append(int(edge_NS.sum()))
    return np.array([*counts, int((~seen_NS).sum())])


def _reached(counts: np.ndarray, longest: int) -> np.ndarray:
    """In so many places, those out of reach in the last."""
    out = np.zeros(longest + 1, np.int64)
    out[: len(counts) - 1] = counts[:-1]
    out[longest] += counts[-1]
    return out
