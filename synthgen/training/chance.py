"""Can the critic tell? The area under the ROC curve of its scores, with an interval."""

from __future__ import annotations

import math

import torch
from torch import Tensor

NORMAL_95 = 1.959964
"""Standard deviations to either side that hold 95 % of a normal law."""


def auc_interval(real_N: Tensor, fake_M: Tensor) -> tuple[float, float, float]:
    """Chance that a real row scores above a generated one (ties count half), and the ends of its 95 % interval.

    Args:
        real_N: scores of real rows that the critic has not learned from, two or more.
        fake_M: scores of generated ones, two or more.

    Source:
        DeLong et al. 1988, Biometrics 44.

    Example:
        Of four pairs, three are in order.

        >>> auc_interval(torch.tensor([1.0, 3.0]), torch.tensor([0.0, 2.0]))[0]
        0.75
    """
    above_N = _share_below(real_N, fake_M)
    below_M = 1 - _share_below(fake_M, real_N)
    area = float(above_N.mean())
    error = NORMAL_95 * math.sqrt(float(above_N.var() / len(above_N) + below_M.var() / len(below_M)))
    return area, max(0.0, area - error), min(1.0, area + error)


def _share_below(scores: Tensor, others: Tensor) -> Tensor:
    """Share of the others below each score; equal ones count half."""
    ordered = others.sort().values
    low, high = torch.searchsorted(ordered, scores), torch.searchsorted(ordered, scores, right=True)
    return (low + high).double() / (2 * len(others))
