"""The critic: scores finished rows, high for real ones, low for generated ones.

Its score is the log ratio of the two kinds' densities, as far as it has learned them. It reads what the generator
writes: tokens, whose places it knows, and for a number the place inside its cell too.

Letters: B rows in a batch, S slots, V tokens over all slots, D width, M numbers, C coarse tokens, F fine ones, W waves.

Sources: Goodfellow et al. 2014, arXiv:1406.2661 (the optimal critic is a density ratio); Lopez-Paz and Oquab 2017,
arXiv:1610.06545 (a classifier as a two-sample test).
"""

from __future__ import annotations

import math
from functools import partial

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from synthgen.layout import Layout
from synthgen.nets.any_order import MULTI_HOT_TOKENS, Residual, Waves, drop

INSIDE_WAVES = 8
"""Octaves over a column with which a place inside a cell is seen: the finest has a period of 1/64 of the rows."""


class InsideCells(nn.Module):
    """Where a number stands in its column when its fine token is known, as waves mixed per column.

    Shape: tokens ``(B, S)`` to ``(B, D)``; zero for columns without fine tokens and for cells that hold one value.
    """

    waves: Tensor
    starts: Tensor
    n_fine: Tensor
    at_MC: Tensor
    at_MF: Tensor
    spans_MC3: Tensor
    numbers_MF: Tensor

    def __init__(self, layout: Layout, width: int) -> None:
        super().__init__()
        pairs = [
            (slot.prefix[0], s)
            for s, slot in enumerate(layout.slots)
            if len(slot.prefix) == 1 and np.isfinite(layout.slots[slot.prefix[0]].places).any()
        ]
        self.coarse, self.fine = [c for c, _ in pairs], [f for _, f in pairs]
        sizes = layout.sizes
        places = [places_inside(layout, *pair) for pair in pairs]
        waves = [self._waves(found) for found in places]
        starts = np.cumsum([0, *(len(w) for w in waves)])[:-1]
        self.register_buffer("starts", torch.as_tensor(starts, dtype=torch.long), persistent=False)
        n_fine = torch.tensor([sizes[f] for f in self.fine], dtype=torch.long)
        self.register_buffer("n_fine", n_fine, persistent=False)
        self.register_buffer("waves", torch.cat(waves) if waves else torch.zeros(0, 2 * INSIDE_WAVES), persistent=False)
        self._keep_spans(layout, places)
        self.mix = nn.Parameter(torch.randn(len(pairs), 2 * INSIDE_WAVES, width) * 0.1)

    def _keep_spans(self, layout: Layout, places: list[np.ndarray]) -> None:
        """Per number, padded: where its coarse and fine tokens are among all, and where and how fine its cells are."""
        first = np.cumsum([0, *layout.sizes])
        widest = [max((found.shape[axis] for found in places), default=0) for axis in (0, 1)]
        at_MC, at_MF = (np.zeros((len(places), n), np.int64) for n in widest)
        spans_MC3, numbers_MF = np.zeros((*at_MC.shape, 3), np.float32), np.zeros(at_MF.shape, np.float32)
        for m, found in enumerate(places):
            coarse, fine = found.shape
            at_MC[m, :coarse], at_MF[m, :fine] = (
                first[s] + np.arange(n) for s, n in ((self.coarse[m], coarse), (self.fine[m], fine))
            )
            step_C = np.nan_to_num(found[:, 1] - found[:, 0]) if fine > 1 else np.zeros(coarse)
            applies_C = np.isfinite(found[:, 0])
            spans_MC3[m, :coarse] = np.stack([np.nan_to_num(found[:, 0]), step_C, applies_C], 1)
            numbers_MF[m, :fine] = np.arange(fine)
        for name, array in (("at_MC", at_MC), ("at_MF", at_MF), ("spans_MC3", spans_MC3), ("numbers_MF", numbers_MF)):
            self.register_buffer(name, torch.as_tensor(array), persistent=False)

    def soft(self, weights_BV: Tensor) -> Tensor:
        """The same from weights over the tokens of each slot, with a gradient into the fine ones.

        Exact where the weights are zeros and ones; between those, the waves of the mean place.
        """
        if not self.coarse:
            return self.mix.new_zeros(len(weights_BV), self.mix.shape[2])
        return self.soft_waves(weights_BV) @ self.mix.flatten(0, 1)

    def soft_waves(self, weights_BV: Tensor) -> Tensor:
        """``(B, M * W)`` the waves that ``soft`` mixes."""
        coarse_MBC = weights_BV.detach()[:, self.at_MC].transpose(0, 1)
        start_MB, step_MB, applies_MB = torch.bmm(coarse_MBC, self.spans_MC3).unbind(2)
        place_MB = start_MB + step_MB * (weights_BV[:, self.at_MF] * self.numbers_MF).sum(2).T
        angle_BMW = place_MB.T[:, :, None] * (math.pi * 2.0 ** torch.arange(INSIDE_WAVES, device=place_MB.device))
        waves_BMW = torch.cat([angle_BMW.sin(), angle_BMW.cos()], 2) * applies_MB.T[:, :, None]
        return waves_BMW.flatten(1)

    @staticmethod
    def _waves(places_CF: np.ndarray) -> Tensor:
        place = torch.as_tensor(places_CF.ravel(), dtype=torch.float32)[:, None]
        angle = math.pi * place * 2.0 ** torch.arange(INSIDE_WAVES)
        return torch.cat([angle.sin(), angle.cos()], 1).nan_to_num(0.0)

    def forward(self, tokens_BS: Tensor) -> Tensor:
        """The sum over columns."""
        if not self.coarse:
            return self.mix.new_zeros(len(tokens_BS), self.mix.shape[2])
        cell_BM = self.starts + tokens_BS[:, self.coarse] * self.n_fine + tokens_BS[:, self.fine]
        return self.waves[cell_BM].flatten(1) @ self.mix.flatten(0, 1)


def places_inside(layout: Layout, coarse: int, fine: int) -> np.ndarray:
    """``(C, F)`` place in the column, 0 to 1, of every pair of tokens; nan where the fine one says nothing.

    Example:
        >>> from synthgen.layout import RowSlot
        >>> one = RowSlot(0, "age:coarse", 0, 2, np.array([0.25, 0.75]), np.array([5, 5]))
        >>> two = RowSlot(0, "age:fine", 1, 2, np.full(2, np.nan), np.ones(2), (0,), np.array([2, 2]))
        >>> places_inside(Layout((one, two)), 0, 1).tolist()
        [[0.125, 0.375], [0.625, 0.875]]
    """
    wide, narrow = layout.slots[coarse], layout.slots[fine]
    ordered = np.isfinite(wide.places)
    order = np.argsort(np.where(ordered, wide.places, np.inf), kind="stable")[: ordered.sum()]
    middle = wide.places[order]
    between = (middle[:-1] + middle[1:]) / 2  # where one cell ends and the next begins
    low, high = np.r_[0.0, between], np.r_[between, 1.0]
    children = np.full(wide.size, narrow.size) if narrow.follow is None else np.asarray(narrow.follow)
    found = np.full((wide.size, narrow.size), np.nan)
    for cell, start, stop in zip(order, low, high, strict=True):
        n = int(children[cell])
        found[cell, :n] = start + (stop - start) * (np.arange(n) + 0.5) / max(n, 1)
    return found


class Critic(nn.Module):
    """Scores rows of tokens.

    Args:
        layout: the row's slots.
        width: D.
        blocks: residual blocks.
        dropout: share of the hidden entries of each block set to zero while training.
        waves: octaves of sine and cosine over a column's order.

    Shape:
        Tokens ``(B, S)`` to scores ``(B,)``, unbounded; all zero when new.

    Example:
        >>> from synthgen.layout import RowSlot
        >>> slot = RowSlot(0, "plan", 0, 2, np.full(2, np.nan), np.ones(2))
        >>> Critic(Layout((slot,)), width=8)(torch.tensor([[0], [1]])).tolist()
        [0.0, 0.0]
    """

    first: Tensor

    def __init__(
        self,
        layout: Layout,
        width: int = 64,
        blocks: int = 2,
        dropout: float = 0.2,
        waves: int = 6,
    ) -> None:
        super().__init__()
        self.layout, self.width, self.dropout = layout, width, dropout
        sizes = torch.tensor(layout.sizes)
        self.register_buffer("first", sizes.cumsum(0) - sizes, persistent=False)
        self.n_tokens = int(sizes.sum())
        slot_V = torch.repeat_interleave(torch.arange(len(sizes)), sizes)
        places_V = torch.as_tensor(np.concatenate([slot.places for slot in layout.slots]), dtype=torch.float32)
        self.embed = nn.Parameter(torch.randn(self.n_tokens, width) * 0.05)
        self.waves = Waves(places_V, slot_V, width, waves, 0.1)
        self.inside = InsideCells(layout, width)
        self.trunk = nn.ModuleList([Residual(width) for _ in range(blocks)])
        for block in self.trunk:
            assert isinstance(block, Residual)
            nn.init.normal_(block.down.weight, std=0.5 / width**0.5)
        self.norm, self.out = nn.LayerNorm(width), nn.Linear(width, 1)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)

    @torch.no_grad()
    def token_vectors(self) -> list[Tensor]:
        """Per slot ``(size, D)`` what each token adds to what the trunk reads, without places inside cells."""
        return list(self.waves(self.embed).split(self.layout.sizes))

    def forward(self, tokens_BS: Tensor, rng: torch.Generator | None = None) -> Tensor:
        """Scores of whole rows.

        Args:
            tokens_BS: tokens.
            rng: of the dropout while training; None: no dropout.
        """
        embed = self.waves(self.embed)
        chosen_BS = tokens_BS + self.first
        if self.n_tokens > MULTI_HOT_TOKENS:
            h_BD = F.embedding_bag(chosen_BS, embed, mode="sum")
        else:
            h_BD = self.one_hot(tokens_BS) @ embed
        return self._score(h_BD + self.inside(tokens_BS), rng)

    def soft(self, weights_BV: Tensor, rng: torch.Generator | None = None) -> Tensor:
        """Scores of rows as weights over the tokens of each slot, slot by slot; gradients go through to them."""
        return self._score(self.inputs(weights_BV), rng)

    def one_hot(self, tokens_BS: Tensor) -> Tensor:
        """``(B, V)`` zeros and ones: what ``soft`` takes, of whole rows."""
        none_BV = self.embed.new_zeros(len(tokens_BS), self.n_tokens)
        return none_BV.scatter_(1, tokens_BS + self.first, 1.0)

    def _score(self, h_BD: Tensor, rng: torch.Generator | None) -> Tensor:
        learning = self.training and rng is not None
        between = partial(drop, share=self.dropout, rng=rng) if learning and self.dropout else None
        for block in self.trunk:
            h_BD = block(h_BD, between)
        score_B: Tensor = self.out(self.norm(h_BD)).squeeze(1)
        return score_B

    def inputs(self, weights_BV: Tensor) -> Tensor:
        """What the blocks read of rows as weights over the tokens of each slot, slot by slot; gradients go through."""
        h_BD: Tensor = weights_BV @ self.waves(self.embed) + self.inside.soft(weights_BV)
        return h_BD
