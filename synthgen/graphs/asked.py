"""What nodes are asked to have, read and made possible: whole degrees that some simple graph has.

Letters: N nodes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from synthgen.errors import DataError, near_miss
from synthgen.graphs.graphical import are_graphical, havel_hakimi, is_graphical, kleitman_wang
from synthgen.graphs.labels import Labels


@dataclass(frozen=True)
class Asked:
    """Slots of nodes.

    Attributes:
        out_N: out-degrees.
        in_N: in-degrees; the same where undirected.
        block_N: communities.
        label_N: numbers of labels.
    """

    out_N: np.ndarray
    in_N: np.ndarray
    block_N: np.ndarray
    label_N: np.ndarray

    def possible(self, directed: bool, rng: np.random.Generator) -> tuple[Asked, tuple[str, ...]]:
        """The same where a simple graph has these degrees; else the nearest found with none above, and a note."""
        fits = are_graphical(self.out_N, self.in_N) if directed else is_graphical(self.out_N)
        if fits:
            return self, ()
        out_N, in_N = self._even(directed, rng)
        n = len(out_N)
        if directed and not are_graphical(out_N, in_N):
            ends = kleitman_wang(self.out_N, self.in_N)
            out_N, in_N = (np.bincount(end, minlength=n) for end in ends)
        elif not directed and not is_graphical(out_N):
            out_N = in_N = np.bincount(np.concatenate(havel_hakimi(self.out_N)), minlength=n)
        off = int((self.out_N - out_N).sum() + (self.in_N - in_N).sum() * directed)
        touched = int(((self.out_N != out_N) | (self.in_N != in_N)).sum())
        note = (
            f"no simple graph has the degrees asked for; {touched:,} of {n:,} nodes have fewer, {off:,} ends of "
            f"{int(self.out_N.sum() + self.in_N.sum() * directed):,} in all"
        )
        return replace(self, out_N=out_N, in_N=in_N), (note,)

    def _even(self, directed: bool, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """As many ends sent as received, or an even number; those too many are taken away at random."""
        n = len(self.out_N)
        out_N, in_N = np.minimum(self.out_N, max(n - 1, 0)), np.minimum(self.in_N, max(n - 1, 0))
        if not directed:
            out_N = _fewer(out_N, int(out_N.sum() % 2), rng)
            return out_N, out_N
        surplus = int(out_N.sum() - in_N.sum())
        return _fewer(out_N, max(surplus, 0), rng), _fewer(in_N, max(-surplus, 0), rng)


def _fewer(degree_N: np.ndarray, many: int, rng: np.random.Generator) -> np.ndarray:
    ends = rng.permutation(np.repeat(np.arange(len(degree_N)), degree_N))[:many]
    fewer: np.ndarray = degree_N - np.bincount(ends, minlength=len(degree_N))
    return fewer


def read_slots(nodes: pd.DataFrame, directed: bool, n_blocks: int, labels: Labels) -> Asked:
    """Columns of new nodes.

    Raises:
        DataError: a column is missing or holds what it cannot.
    """
    wanted = ["out_degree", "in_degree", "community"] + (["label"] if labels.values else [])
    for name in wanted:
        if name not in nodes.columns:
            raise DataError(f"nodes: no column {name!r}; {near_miss(name, [str(column) for column in nodes.columns])}")
    if not len(nodes):
        raise DataError("nodes: there is no row; at least one node was expected")
    out_N, in_N, block_N = (_whole(nodes, name) for name in wanted[:3])
    if not directed and (out_N != in_N).any():
        raise DataError(
            f"nodes: in_degree differs from out_degree in {int((out_N != in_N).sum()):,} rows; the graph is "
            "undirected. Give the same in both"
        )
    if block_N.max() >= n_blocks:
        raise DataError(
            f"nodes: community holds {int(block_N.max())}; whole numbers from 0 to {n_blocks - 1} were expected"
        )
    label = nodes["label"].to_numpy() if labels.values else None
    return Asked(out_N, in_N, block_N, labels.codes(label, len(nodes)))


def _whole(nodes: pd.DataFrame, name: str) -> np.ndarray:
    numbers = pd.to_numeric(nodes[name], errors="coerce").to_numpy(float)
    wrong = ~np.isfinite(numbers) | (numbers < 0) | (numbers != np.floor(numbers))
    if wrong.any():
        raise DataError(
            f"nodes: {name} holds no whole number of at least 0 in {int(wrong.sum()):,} rows, the first is row "
            f"{int(wrong.argmax()) + 1}. Round or fill these"
        )
    return numbers.astype(np.int64)
