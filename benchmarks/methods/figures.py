"""How far filled cells are from those that were removed.

Letters: N rows removed, D draws, K values of one label.
"""

from __future__ import annotations

import numpy as np

from methods.imputers import Filled
from methods.tables import Cells, Columns

ANY_VALUE = 0.01
"""What the column's own shares count beside a method's chances, so that no method pays without bound for a nought."""


def crps(draws_DN: np.ndarray, truth_N: np.ndarray) -> float:
    """Continuous ranked probability score of draws, which is the absolute error where there is one draw.

    The mean over pairs of different draws is taken, so that few draws are no disadvantage.

    Source:
        Gneiting and Raftery 2007, doi:10.1198/016214506000001437, equation 21; fair form: Ferro 2014,
        doi:10.1002/qj.2270.

    Example:
        Draws 0 and 2, truth 1: mean distance 1 to the truth, 2 to each other: 1 - 2 / 2 = 0.

        >>> crps(np.array([[0.0], [2.0]]), np.array([1.0])), crps(np.array([[3.0]]), np.array([1.0]))
        (0.0, 2.0)
    """
    n_draws = len(draws_DN)
    away = float(np.abs(draws_DN - truth_N).mean())
    if n_draws == 1:
        return away
    apart = sum(np.abs(one_N - draws_DN).sum(0) for one_N in draws_DN)
    return away - float(np.mean(apart)) / (2 * n_draws * (n_draws - 1))


def log_loss(chance_NK: np.ndarray, truth_N: np.ndarray, share_K: np.ndarray) -> float:
    """Mean of minus the logarithm of the true value's chance, in nats.

    Example:
        >>> round(log_loss(np.array([[0.5, 0.5]]), np.array([0]), np.array([0.5, 0.5])), 4)
        0.6931
    """
    chance_N = (1 - ANY_VALUE) * chance_NK[np.arange(len(truth_N)), truth_N] + ANY_VALUE * share_K[truth_N]
    return float(-np.log(np.maximum(chance_N, 1e-12)).mean())


def errors(columns: Columns, truth: Cells, known: Cells, filled: Filled) -> dict[str, float | None]:
    """Of the removed cells, each the mean over columns: numbers in standard deviations, labels by share and in nats."""
    rmse, ranked, right, lost = [], [], [], []
    for m in range(len(columns.numbers)):
        gone_N = np.isnan(known.numbers_NM[:, m])
        truth_N, spread = truth.numbers_NM[gone_N, m], float(np.std(truth.numbers_NM[:, m]))
        if not len(truth_N) or not spread:
            continue
        draws_DN = np.stack([draw.numbers_NM[gone_N, m] for draw in filled.draws])
        rmse.append(float(np.sqrt(np.mean((filled.best.numbers_NM[gone_N, m] - truth_N) ** 2))) / spread)
        ranked.append(crps(draws_DN, truth_N) / spread)
    for i, chances in enumerate(filled.chances):
        gone_N = known.codes_NL[:, i] < 0
        truth_N = truth.codes_NL[gone_N, i]
        if not len(truth_N):
            continue
        all_shares = np.bincount(truth.codes_NL[:, i], minlength=chances.shape[1]) / len(truth.codes_NL)
        right.append(float((filled.best.codes_NL[gone_N, i] == truth_N).mean()))
        lost.append(log_loss(chances[gone_N], truth_N, all_shares))
    found = {"rmse": rmse, "crps": ranked, "accuracy": right, "log_loss": lost}
    return {name: float(np.mean(values)) if values else None for name, values in found.items()}
