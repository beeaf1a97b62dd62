"""Penalties on the critic's slope: how fast its score changes as a row moves.

Letters: B rows in a batch. A row may have any shape after its first dimension.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

Score = Callable[[Tensor], Tensor]
"""Rows to ``(B,)`` scores; a condition is bound already."""


def squared_slope(critic: Score, rows: Tensor) -> Tensor:
    """Squared length of the critic's gradient at each row: R1 on real rows, R2 on generated ones.

    Pulling it to zero keeps the critic flat where the rows lie, so that training settles.

    Args:
        critic: scores rows.
        rows: where to look. Detached here: no gradient reaches the generator.

    Returns:
        ``(B,)``, squared score units per squared unit of the rows.

    Source:
        Mescheder et al. 2018, arXiv:1801.04406.

    Example:
        >>> squared_slope(lambda x: x @ torch.tensor([3.0, 4.0]), torch.zeros(2, 2)).tolist()
        [25.0, 25.0]
    """
    rows = rows.detach().requires_grad_()
    (slope,) = torch.autograd.grad(critic(rows).sum(), rows, create_graph=True)
    return slope.flatten(1).square().sum(1)


def slope_away_from_one(critic: Score, real: Tensor, fake: Tensor, rng: torch.Generator) -> Tensor:
    """Squared distance from 1 of the length of the critic's gradient, between pairs of real and generated rows.

    Args:
        critic: scores rows.
        real: rows.
        fake: as many generated rows.
        rng: draws one point on the line between each pair.

    Returns:
        ``(B,)``.

    Source:
        Gulrajani et al. 2017, arXiv:1704.00028.

    Example:
        The gradient of 3 x + 4 y has length 5 everywhere, and (5 - 1)^2 = 16.

        >>> rows, rng = torch.zeros(2, 2), torch.Generator().manual_seed(0)
        >>> slope_away_from_one(lambda x: x @ torch.tensor([3.0, 4.0]), rows, rows + 1, rng).tolist()
        [16.0, 16.0]
    """
    share = torch.rand(len(real), *[1] * (real.dim() - 1), generator=rng, device=real.device)
    between = torch.lerp(real.detach(), fake.detach(), share)
    return (squared_slope(critic, between).clamp_min(1e-12).sqrt() - 1).square()
