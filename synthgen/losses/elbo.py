"""The evidence lower bound, with its sign turned: what a variational autoencoder learns by.

Source: Kingma and Welling 2014, arXiv:1312.6114; the weight of the divergence, Higgins et al. 2017 (beta-VAE),
openreview.net/forum?id=Sy2fzU9gl.
"""

from __future__ import annotations

import torch
from torch import Tensor

from synthgen.nets.vae import Vae


class Elbo:
    """Reconstruction plus a weight times the divergence of the latent numbers from standard normal ones.

    Args:
        weight: 1 is the bound itself; less lets the latent numbers say more of a row.
    """

    def __init__(self, weight: float = 1.0) -> None:
        self.weight = weight

    def learn(self, network: Vae, tokens_BS: Tensor, rng: torch.Generator) -> Tensor:
        """The loss of a batch."""
        reconstruction, divergence = network.elbo(tokens_BS, rng)
        return reconstruction + self.weight * divergence

    def hold(self, network: Vae, tokens_BS: Tensor, rng: torch.Generator) -> Tensor:
        """The same of rows that were held out."""
        return self.learn(network, tokens_BS, rng)
