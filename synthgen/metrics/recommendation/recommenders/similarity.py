"""Items that go with those of a history: neighbours by cosine, and EASE."""

from __future__ import annotations

import numpy as np
import scipy.linalg
import scipy.sparse as sp

from synthgen.interactions import Interactions
from synthgen.metrics.recommendation.recommenders.base import Scorer

BLOCK = 1_000
"""Items whose similarities are held at once: 80 MB for 10,000 items."""


class ItemKNN:
    """An item's score is the sum of its cosines with those taken that are among its nearest neighbours.

    Source:
        Sarwar et al. 2001, Item-based collaborative filtering recommendation algorithms, WWW:
        https://doi.org/10.1145/371920.372071
    """

    name = "item-knn"
    title = "item kNN"

    def __init__(self, neighbours: int = 50) -> None:
        self.neighbours = neighbours

    def lacks(self, taken: Interactions) -> str:
        return ""

    def fit(self, taken: Interactions, rng: np.random.Generator) -> Scorer:
        near_II = neighbours(taken, self.neighbours).T.tocsr()
        return lambda histories: (histories.matrix() @ near_II).toarray()


def neighbours(taken: Interactions, k: int) -> sp.csr_array:
    """``(I, I)``: cosines of each item with the ``k`` nearest others, equally near ones all kept."""
    matrix_UI = taken.matrix()
    length_I = np.sqrt(np.bincount(matrix_UI.indices, minlength=taken.n_items))
    unit_UI = matrix_UI @ sp.diags_array(1 / np.maximum(length_I, 1))
    across_IU = unit_UI.T.tocsr()
    k = min(k, taken.n_items)
    blocks = []
    for start in range(0, taken.n_items, BLOCK):
        cosine_BI = (across_IU[start : start + BLOCK] @ unit_UI).toarray()
        rows_B = np.arange(len(cosine_BI))
        cosine_BI[rows_B, start + rows_B] = 0.0
        least_B1 = -np.partition(-cosine_BI, k - 1, axis=1)[:, k - 1 : k]
        blocks.append(sp.csr_array(np.where(cosine_BI >= least_B1, cosine_BI, 0.0)))
    return sp.csr_array(sp.vstack(blocks))


class EASE:
    """A linear model of each item from all others: ridge regression with a diagonal of zeros, in closed form.

    Source:
        Steck 2019, Embarrassingly Shallow Autoencoders for Sparse Data, WWW: https://arxiv.org/abs/1905.03375
    """

    name = "ease"
    title = "EASE"
    most_items = 10_000
    """Its weights are one dense matrix of all pairs of items, 0.8 GB here, and inverting it takes minutes."""

    def __init__(self, penalty: float = 200.0) -> None:
        self.penalty = penalty

    def lacks(self, taken: Interactions) -> str:
        if taken.n_items > self.most_items:
            return f"{taken.n_items:,} items; it holds a weight for each pair of them, and takes {self.most_items:,}"
        return ""

    def fit(self, taken: Interactions, rng: np.random.Generator) -> Scorer:
        weight_II = ease_weights(taken, self.penalty)
        return lambda histories: histories.matrix() @ weight_II


def ease_weights(taken: Interactions, penalty: float) -> np.ndarray:
    """``(I, I)``: what an item taken (row) adds to the score of another (column); zero for itself."""
    matrix_UI = taken.matrix()
    gram_II = (matrix_UI.T @ matrix_UI).toarray()
    gram_II.flat[:: taken.n_items + 1] += penalty
    inverse_II = scipy.linalg.inv(gram_II, overwrite_a=True)
    weight_II: np.ndarray = -inverse_II / np.diag(inverse_II)
    np.fill_diagonal(weight_II, 0.0)
    return weight_II
