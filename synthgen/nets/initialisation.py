"""First weights of a network, by name."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

INITIALISATIONS: dict[str, Callable[[Tensor, torch.Generator], Tensor]] = {
    "normal": lambda weight, rng: nn.init.normal_(weight, std=0.02, generator=rng),
    "xavier": lambda weight, rng: nn.init.xavier_uniform_(weight, generator=rng),
    "orthogonal": lambda weight, rng: nn.init.orthogonal_(weight, generator=rng),
    "kaiming": lambda weight, rng: nn.init.kaiming_normal_(weight, a=0.2, generator=rng),
}
"""Radford et al. 2015, arXiv:1511.06434; Glorot and Bengio 2010; Saxe et al. 2013, arXiv:1312.6120; He et al. 2015,
arXiv:1502.01852, for rectifiers that leak a fifth."""

WEIGHTED = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)


def initialise(network: nn.Module, name: str, rng: torch.Generator) -> None:
    """Draw the weights of every linear and convolution layer anew; their biases become zero.

    Args:
        network: changed in place.
        name: one of ``INITIALISATIONS``.
        rng: of the draws.

    Example:
        >>> layer = nn.Linear(2, 2)
        >>> initialise(layer, "orthogonal", torch.Generator().manual_seed(0))
        >>> bool(torch.allclose(layer.weight @ layer.weight.T, torch.eye(2), atol=1e-6)), layer.bias.tolist()
        (True, [0.0, 0.0])
    """
    for layer in network.modules():
        if isinstance(layer, WEIGHTED):
            INITIALISATIONS[name](layer.weight, rng)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
