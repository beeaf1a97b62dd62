"""Maximum mean discrepancy between two samples, with a Gaussian kernel."""

from __future__ import annotations

import numpy as np

BINS = 400
"""Of the pooled range: a bin is far narrower than the kernel."""


def mmd(x_N: np.ndarray, y_N: np.ndarray, width: float | None = None) -> float:
    """Between two samples of numbers, the biased estimate; 0 where they are alike, below root 2 always.

    Args:
        x_N: real values; the kernel's standard deviation is theirs unless given.
        y_N: others.
        width: the kernel's standard deviation.

    Source:
        Gretton et al. 2012, Journal of Machine Learning Research 13, 723.

    Example:
        >>> mmd(np.array([0.0, 1.0]), np.array([1.0, 0.0]))
        0.0
    """
    low, high = min(x_N.min(), y_N.min()), max(x_N.max(), y_N.max())
    if low == high:
        return 0.0
    scale = width or float(x_N.std()) or float(high - low)
    edges = np.linspace(low, high, BINS + 1)
    off_B = np.histogram(x_N, edges)[0] / len(x_N) - np.histogram(y_N, edges)[0] / len(y_N)
    middle_B = (edges[1:] + edges[:-1]) / 2
    kernel_BB = np.exp(-((middle_B[:, None] - middle_B[None, :]) ** 2) / (2 * scale**2))
    return float(max(float(off_B @ kernel_BB @ off_B), 0.0) ** 0.5)


def mmd_rows(x_NF: np.ndarray, y_NF: np.ndarray) -> float:
    """Between two samples of rows, each column in standard deviations of the real one, squared distances averaged."""
    spread_F = x_NF.std(0)
    scale_F = np.where(spread_F > 0, spread_F, 1) * np.sqrt(x_NF.shape[1])
    x_NF, y_NF = x_NF / scale_F, y_NF / scale_F
    means = [_mean_kernel(a_NF, b_NF) for a_NF, b_NF in ((x_NF, x_NF), (y_NF, y_NF), (x_NF, y_NF))]
    return float(np.sqrt(max(means[0] + means[1] - 2 * means[2], 0.0)))


def _mean_kernel(a_NF: np.ndarray, b_NF: np.ndarray) -> float:
    square_NN = (a_NF**2).sum(1)[:, None] + (b_NF**2).sum(1)[None, :] - 2 * a_NF @ b_NF.T
    return float(np.exp(-np.maximum(square_NN, 0) / 2).mean())
