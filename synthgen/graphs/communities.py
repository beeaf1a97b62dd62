"""Communities: blocks of nodes that are tied alike once degrees are accounted for.

Letters: N nodes, K blocks, E dimensions of the embedding.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from scipy.sparse.linalg import eigsh
from scipy.special import xlogy
from sklearn.cluster import MiniBatchKMeans

from synthgen.graphs.graph import Graph

MOST_BLOCKS = 96
"""To start from. A merge compares all pairs of blocks with all others: the cube of this, a million, is quick."""
FEWEST_STUBS = 500
"""Ends of edges per block at the start: fewer do not tell a block's ties to a dozen others."""
ROUNDS = 12
"""Of moves; on real graphs under 2 % of nodes move in the last."""
MIN_NODES = 5
"""A block of fewer people says too much of each."""


@dataclass(frozen=True)
class Communities:
    """A division of nodes.

    Attributes:
        block_N: the block of each node, numbered by falling size.
        n_blocks: as the data chose.
        started_from: blocks before merging.
        nats: description length, with that of a single block beside it.
        nats_of_one: the same without any division.
    """

    block_N: np.ndarray
    n_blocks: int
    started_from: int
    nats: float
    nats_of_one: float


def find_communities(graph: Graph, rng: np.random.Generator) -> Communities:
    """Blocks of the degree-corrected block model, as many as shorten the graph's description.

    Spectral clustering of the regularised Laplacian gives a first, too fine division. Nodes move to the block that
    makes their ties likeliest; then the two blocks whose union costs least are merged as long as the description
    gets shorter: the likelihood, half a logarithm of the number of edges per pair of blocks, and the labels of the
    nodes.

    Source:
        Karrer, Newman 2011, arXiv:1008.3926 (the likelihood); Qin, Rohe 2013, arXiv:1309.4111 (the embedding);
        Rissanen 1978, doi:10.1016/0005-1098(78)90005-5 (the description length).
    """
    whole = graph.skeleton
    matrix = whole.matrix()
    degree_N = whole.out_N.astype(float)
    start = int(max(1, min(MOST_BLOCKS, len(degree_N) // (2 * MIN_NODES), 2 * whole.n_edges // FEWEST_STUBS)))
    block_N = _embedded(matrix, degree_N, start, rng) if start > 1 else np.zeros(graph.n_nodes, np.int64)
    block_N = _moved(matrix, degree_N, block_N, rng)
    block_N = _merged(matrix, block_N)
    block_N = _moved(matrix, degree_N, block_N, rng)
    sizes_K = np.bincount(block_N)
    number_K = np.empty(len(sizes_K), np.int64)
    number_K[np.argsort(-sizes_K, kind="stable")] = np.arange(len(sizes_K))
    ties_KK, held_K = _ties(matrix, block_N), sizes_K
    one = matrix.sum() * np.ones((1, 1))
    return Communities(
        number_K[block_N], len(sizes_K), start, _nats(ties_KK, held_K), _nats(one, np.array([graph.n_nodes]))
    )


def _embedded(matrix: sp.csr_array, degree_N: np.ndarray, n_blocks: int, rng: np.random.Generator) -> np.ndarray:
    scale_N = 1 / np.sqrt(degree_N + degree_N.mean())
    laplacian = sp.diags_array(scale_N) @ matrix @ sp.diags_array(scale_N)
    width = int(min(max(2, n_blocks // 2), len(degree_N) - 2))
    _, vectors_NE = eigsh(laplacian, k=width, v0=rng.random(len(degree_N)), tol=1e-3)
    length_N = np.linalg.norm(vectors_NE, axis=1, keepdims=True)
    rows_NE = vectors_NE / np.where(length_N > 0, length_N, 1)
    seed = int(rng.integers(2**31))
    means = MiniBatchKMeans(n_blocks, n_init=3, random_state=seed, batch_size=4096).fit(rows_NE)
    return np.unique(means.labels_, return_inverse=True)[1]


def _of_blocks(block_N: np.ndarray) -> sp.csr_array:
    """Nodes by blocks, a one where a node belongs."""
    n = len(block_N)
    return sp.csr_array((np.ones(n), block_N, np.arange(n + 1)), (n, int(block_N.max()) + 1))


def _ties(matrix: sp.csr_array, block_N: np.ndarray) -> np.ndarray:
    """Ends of edges between blocks; within a block each edge counts twice."""
    blocks = _of_blocks(block_N)
    ties_KK: np.ndarray = (blocks.T @ (matrix @ blocks)).toarray()
    return ties_KK


def _moved(matrix: sp.csr_array, degree_N: np.ndarray, block_N: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Each node where its ties are likeliest, a random half of the nodes at a time."""
    for _ in range(ROUNDS):
        if block_N.max() == 0:
            break
        ties_KK = _ties(matrix, block_N)
        ends_K = ties_KK.sum(1)
        rate_KK = np.log((ties_KK + 0.5) / np.maximum(np.outer(ends_K, ends_K), 1))
        likely_NK = (matrix @ _of_blocks(block_N)) @ rate_KK
        moves_N = (rng.random(len(block_N)) < 0.5) & (degree_N > 0)
        block_N = np.where(moves_N, likely_NK.argmax(1), block_N)
        block_N = np.unique(block_N, return_inverse=True)[1]
    return block_N


def _nats(ties_KK: np.ndarray, sizes_K: np.ndarray) -> float:
    """Description length of a graph whose blocks are tied like this."""
    ends_K, pairs = ties_KK.sum(1), len(sizes_K) * (len(sizes_K) + 1) / 2
    likelihood = xlogy(ties_KK, ties_KK).sum() / 2 - xlogy(ends_K, ends_K).sum()
    labels = xlogy(sizes_K, sizes_K.sum()).sum() - xlogy(sizes_K, sizes_K).sum()
    return float(-likelihood + pairs / 2 * np.log(max(ties_KK.sum() / 2, 2)) + labels)


def _merged(matrix: sp.csr_array, block_N: np.ndarray) -> np.ndarray:
    """Blocks merged two by two while that shortens the description, or one has too few nodes."""
    ties_KK, sizes_K = _ties(matrix, block_N), np.bincount(block_N)
    name_K = np.arange(len(sizes_K))
    now_K = name_K.copy()
    while len(sizes_K) > 1:
        cost_KK = _cost_of_merging(ties_KK, sizes_K)
        small_K = sizes_K < MIN_NODES
        forced_KK = np.where(small_K[:, None] | small_K[None, :], cost_KK, np.inf)
        chosen_KK = forced_KK if small_K.any() else cost_KK
        a, b = sorted(divmod(int(chosen_KK.argmin()), len(sizes_K)))
        if chosen_KK[a, b] >= 0 and not small_K.any():
            break
        ties_KK[a] += ties_KK[b]
        ties_KK[:, a] += ties_KK[:, b]
        ties_KK = np.delete(np.delete(ties_KK, b, 0), b, 1)
        sizes_K[a] += sizes_K[b]
        sizes_K = np.delete(sizes_K, b)
        now_K[now_K == b] = a
        now_K[now_K > b] -= 1
    merged_N: np.ndarray = now_K[block_N]
    return merged_N


def _cost_of_merging(ties_KK: np.ndarray, sizes_K: np.ndarray) -> np.ndarray:
    """What the description gains in length when two blocks become one; infinite on the diagonal."""
    k, ends_K = len(sizes_K), ties_KK.sum(1)
    plain_KK = xlogy(ties_KK, ties_KK)
    both_KK = np.empty((k, k))
    for a in range(k):
        joint_KK = ties_KK[a] + ties_KK
        both_KK[a] = xlogy(joint_KK, joint_KK).sum(1)
        inner = joint_KK[:, a], np.diag(joint_KK)
        both_KK[a] -= xlogy(inner[0], inner[0]) + xlogy(inner[1], inner[1])
    row_K, own_K = plain_KK.sum(1), np.diag(ties_KK)
    inner_KK = own_K[:, None] + own_K[None, :] + 2 * ties_KK
    before_KK = row_K[:, None] + row_K[None, :] - plain_KK  # each entry of the two rows and columns once or twice
    before_KK = before_KK - (np.diag(plain_KK)[:, None] + np.diag(plain_KK)[None, :]) / 2
    after_KK = both_KK + xlogy(inner_KK, inner_KK) / 2
    ends_KK = ends_K[:, None] + ends_K[None, :]
    gain_K = xlogy(ends_K, ends_K)
    likelihood_KK = after_KK - before_KK - (xlogy(ends_KK, ends_KK) - gain_K[:, None] - gain_K[None, :])
    sizes_KK = sizes_K[:, None] + sizes_K[None, :]
    own = xlogy(sizes_K, sizes_K)
    labels_KK = own[:, None] + own[None, :] - xlogy(sizes_KK, sizes_KK)
    cost_KK: np.ndarray = -likelihood_KK - k / 2 * np.log(max(ties_KK.sum() / 2, 2)) + labels_KK
    np.fill_diagonal(cost_KK, np.inf)
    return cost_KK
