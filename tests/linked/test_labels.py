"""Labels by which ties go are found, and no more of them than can be told apart."""

from __future__ import annotations

import numpy as np

from synthgen.linked.labels import mixing_labels, together
from tests.graphs.planted import planted


def test_labels_by_which_ties_go_come_first_and_few_enough() -> None:
    """The community decides ties, and its half; a coin does not."""
    graph, block_N = planted(240, 6, 0.2, 0.01)
    rng = np.random.default_rng(0)
    labels = {
        "coin": rng.choice(["heads", "tails"], 240).astype(object),
        "language": np.array([f"l{n}" for n in block_N], object),
        "half": np.array([f"h{n}" for n in block_N // 3], object),
    }
    chosen = mixing_labels(labels, graph)
    assert sorted(chosen) == ["half", "language"]  # six kinds together; with the coin there would be twelve
    assert len(np.unique(together(labels, chosen))) == 6
