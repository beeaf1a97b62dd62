"""Communities of two graphs numbered alike, by who is tied to whom.

Letters: N nodes, B communities.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import quadratic_assignment

from synthgen.metrics.graphs.base import GraphView
from synthgen.metrics.graphs.mixing import mixing


def numbered_alike(real: GraphView, other: GraphView) -> np.ndarray:
    """``(N,)`` communities of the other graph, by the numbers of those of the real one that they are most like.

    The shares of edges between communities are laid over each other as well as may be.

    Source:
        Vogelstein et al. 2015, doi:10.1371/journal.pone.0121002 (FAQ, the search for the order).

    Example:
        >>> from synthgen.graphs import Graph
        >>> graph = Graph.of(6, np.array([0, 0, 1, 3]), np.array([1, 2, 2, 4]))
        >>> views = [GraphView(graph, block_N=np.array(b)) for b in ([0, 0, 0, 1, 1, 1], [1, 1, 1, 0, 0, 0])]
        >>> numbered_alike(*views).tolist()
        [0, 0, 0, 1, 1, 1]
    """
    assert real.block_N is not None
    assert other.block_N is not None
    n = 1 + int(max(real.block_N.max(), other.block_N.max()))
    shares = [np.sqrt(mixing(view, n)) for view in (real, other)]
    found = quadratic_assignment(
        shares[0], shares[1], method="faq", options={"maximize": True, "rng": np.random.default_rng(0)}
    )
    number_B = np.empty(n, np.int64)
    number_B[found.col_ind] = np.arange(n)
    numbers_N: np.ndarray = number_B[other.block_N]
    return numbers_N
