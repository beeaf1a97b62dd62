"""Histories rebuilt from a few directions: the truncated singular value decomposition."""

from __future__ import annotations

import numpy as np
from scipy.sparse.linalg import svds

from synthgen.interactions import Interactions
from synthgen.metrics.recommendation.recommenders.base import Scorer


class SVD:
    """PureSVD: a history is projected on the leading right singular vectors of the matrix of ones and zeros.

    Source:
        Cremonesi, Koren, Turrin 2010, RecSys: https://doi.org/10.1145/1864708.1864721
    """

    name = "svd"
    title = "SVD"

    def __init__(self, rank: int = 32) -> None:
        self.rank = rank

    def lacks(self, taken: Interactions) -> str:
        fewest = min(taken.n_users, taken.n_items)
        return "" if fewest > 2 else f"{fewest} users or items; three were expected"

    def fit(self, taken: Interactions, rng: np.random.Generator) -> Scorer:
        matrix_UI = taken.matrix()
        fewest = min(matrix_UI.shape)
        _, _, factor_FI = svds(matrix_UI, k=min(self.rank, fewest - 1), v0=rng.standard_normal(fewest))
        return lambda histories: (histories.matrix() @ factor_FI.T) @ factor_FI
