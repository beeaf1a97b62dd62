"""The noise that a generator makes rows from, by the name of its law."""

from __future__ import annotations

import torch
from torch import Tensor


def noise_of(law: str, shape: tuple[int, int], rng: torch.Generator) -> Tensor:
    """Noise on the generator's device.

    Args:
        law: ``normal``, of variance 1, or ``uniform``, from -1 to 1.
        shape: rows, and numbers in each.
        rng: of the draws.

    Example:
        >>> bool(noise_of("uniform", (50, 4), torch.Generator().manual_seed(0)).abs().max() <= 1)
        True
    """
    if law == "uniform":
        return torch.rand(shape, generator=rng, device=rng.device) * 2 - 1
    return torch.randn(shape, generator=rng, device=rng.device)
