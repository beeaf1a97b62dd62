"""A variational autoencoder of rows: a row becomes a few normal numbers, and from those its slots, stage by stage.

Encoder and decoder share the any-order generator's embeddings; the decoder is its trunk and head. Slots of one stage
are drawn side by side, so what goes together within it must come from the latent numbers; later stages (places inside
cells, the target) also read the slots drawn before them.

Letters: B rows in a batch, S slots, D width, Z latent numbers.

Sources: Kingma and Welling 2014, arXiv:1312.6114; for tables, TVAE, Xu et al. 2019, arXiv:1907.00503.
"""

from __future__ import annotations

from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from synthgen.layout import Layout
from synthgen.nets.any_order import AnyOrderGenerator, Residual, drop
from synthgen.nets.rollout import Dice, MostLikely, RollOut

LATENT = 64
LARGEST_LOG_VARIANCE = 8.0


class Vae(nn.Module):
    """Encoder, latent numbers, decoder.

    Args:
        layout: the row's slots.
        width: D.
        blocks: residual blocks of encoder and decoder each.
        dropout: share of the hidden entries of each block set to zero while training.
        waves: octaves with which a number's order is seen.
        latent: Z.
    """

    def __init__(
        self, layout: Layout, width: int, blocks: int, dropout: float = 0.0, waves: int = 6, latent: int = LATENT
    ) -> None:
        super().__init__()
        self.layout, self.dropout, self.latent = layout, dropout, latent
        self.core = AnyOrderGenerator(layout, width, blocks, waves=waves)
        self.encoder = nn.ModuleList([Residual(width) for _ in range(blocks)])
        self.norm, self.to_latent = nn.LayerNorm(width), nn.Linear(width, 2 * latent)
        self.from_latent = nn.Linear(latent, width)

    def encode(self, tokens_BS: Tensor, rng: torch.Generator | None = None) -> tuple[Tensor, Tensor]:
        """Mean and logarithm of the variance of each row's latent numbers, ``(B, Z)`` each."""
        embed, _, _ = self.core.tables()
        h_BD = self.core.given_sum(embed, tokens_BS, torch.ones_like(tokens_BS, dtype=torch.bool))
        for block in self.encoder:
            h_BD = block(h_BD, self._between(rng))
        mean_BZ, log_variance_BZ = self.to_latent(self.norm(h_BD)).chunk(2, 1)
        return mean_BZ, log_variance_BZ.clamp(-LARGEST_LOG_VARIANCE, LARGEST_LOG_VARIANCE)

    def elbo(self, tokens_BS: Tensor, rng: torch.Generator) -> tuple[Tensor, Tensor]:
        """The two parts of the bound on the rows' negative log-likelihood, mean over rows, in nats.

        Returns:
            Reconstruction, and divergence of the latent numbers from standard normal ones.
        """
        mean_BZ, log_variance_BZ = self.encode(tokens_BS, rng)
        noise_BZ = torch.randn(mean_BZ.shape, generator=rng, device=mean_BZ.device)
        z_BD = self.from_latent(mean_BZ + (log_variance_BZ / 2).exp() * noise_BZ)
        embed, head, bias = self.core.tables()
        total = mean_BZ.new_zeros(())
        heads = self.core.heads(head, bias)
        given_BS = torch.zeros_like(tokens_BS, dtype=torch.bool)
        for number, stage in enumerate(self.layout.stages):
            h_BD = z_BD + self.core.given_sum(embed, tokens_BS, given_BS)
            for part in self.core.trunk:
                h_BD = part(h_BD, self._between(rng)) if isinstance(part, Residual) else part(h_BD)
            for group, group_head, group_bias in heads:
                if group.stage == number:
                    wanted_BG = tokens_BS[:, list(group.slots)]
                    logits_BGW = self.core.logits(h_BD, group, group_head, group_bias)
                    nll = F.cross_entropy(logits_BGW.flatten(0, 1), wanted_BG.flatten(), reduction="none")
                    total = total + (nll * self._drawn(wanted_BG, group.slots).flatten()).sum()
            given_BS[:, stage] = True
        divergence = (mean_BZ.square() + log_variance_BZ.exp() - 1 - log_variance_BZ).sum() / 2
        return total / len(tokens_BS), divergence / len(tokens_BS)

    def _drawn(self, wanted_BG: Tensor, slots: tuple[int, ...]) -> Tensor:
        """Which tokens are drawn at all: not those that cannot apply."""
        none = [self.layout.slots[s].none for s in slots]
        return wanted_BG != torch.tensor([-1 if n is None else n for n in none], device=wanted_BG.device)

    def _between(self, rng: torch.Generator | None) -> partial[Tensor] | None:
        learning = self.training and rng is not None and self.dropout > 0
        return partial(drop, share=self.dropout, rng=rng) if learning else None


class VaeRollOut(RollOut):
    """Draws rows from normal numbers; the weights no longer change."""

    def __init__(self, vae: Vae) -> None:
        super().__init__(vae.eval().core)
        self.vae = vae

    @torch.inference_mode()
    def chunk(
        self, n_rows: int, rng: torch.Generator, shares: list[Tensor] | None = None, phase: float | None = None
    ) -> Tensor:
        """Draw rows; see ``RollOut.chunk``."""
        if phase is None:
            phase = float(torch.rand(1, generator=rng, device=self.device))
        z_BZ = torch.randn(n_rows, self.vae.latent, generator=rng, device=self.device)
        return self._rows(z_BZ, Dice(rng, phase, shares))

    def _rows(self, z_BZ: Tensor, dice: Dice) -> Tensor:
        """``(B, S)`` tokens of so many latent points."""
        tokens_BS = torch.zeros(len(z_BZ), len(self.layout.slots), dtype=torch.long, device=self.device)
        sums_BD = self.vae.from_latent(z_BZ) + self.embed[self.unknown].sum(0, keepdim=True)
        for stage in self.layout.stages:
            h_BD = self._trunk(sums_BD)
            for slot in stage:
                tokens_BS[:, slot] = self._draw(slot, h_BD, tokens_BS, dice)
            for slot in stage:
                sums_BD, _ = self._given(slot, tokens_BS[:, slot], sums_BD, None)
        return tokens_BS


class MostLikelyVae(MostLikely, VaeRollOut):
    """What a latent point stands for, without chance."""

    @torch.inference_mode()
    def decode(self, z_BZ: Tensor) -> Tensor:
        """``(B, S)`` tokens of so many latent points."""
        return self._rows(z_BZ.to(self.device), Dice(torch.Generator(self.device), 0.0, None))
