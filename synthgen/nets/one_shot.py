"""The one-shot generator: noise and a condition in, a whole row out.

Noise and what is given become one hidden state, from which all columns are drawn side by side; in the same pass places
inside cells read the cells, and the target reads the rest. Tokens are drawn hard, so the critic meets rows like real
ones, and its gradient goes back through the draws to their chances.

Letters: B rows in a batch, S slots, V tokens over all slots, G slots of one stage, T tokens of one stage (padded),
D width, Z noise width, P rows in a pack.

Sources: conditional GAN, Mirza and Osindero 2014, arXiv:1411.1784; gradients through draws, Bengio et al. 2013,
arXiv:1308.3432, to second order Liu et al. 2023, arXiv:2304.08612.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from synthgen.layout import Layout
from synthgen.nets.any_order import AnyOrderGenerator, Group, Residual
from synthgen.nets.critic import Critic
from synthgen.nets.noise import noise_of
from synthgen.nets.rollout import Dice, MostLikely, RollOut

NOT_GIVEN = -1
"""In place of a token: the slot is to be drawn."""
RULED_OUT = -1e9
"""The logit of a token that may not follow the ones before it in its path."""
LOWEST = -60.0
"""A token is no rarer than e to this, times the likeliest of its stage: below, single precision says nought."""
HEAD_SCALE = 1.0
"""Spread of a new generator's logits. With none, slots would not depend on the noise, and no gradient says how to."""


class Draw(torch.autograd.Function):
    """Tokens as they were drawn; the gradient of their expected value to second order, not of the draw.

    Shape: logits, chances and zeros-and-ones ``(B, T)``, which token is of which slot ``(T, G)``, to ``(B, T)``.
    """

    @staticmethod
    def forward(ctx: Any, logits_BT: Tensor, chance_BT: Tensor, drawn_BT: Tensor, slot_TG: Tensor) -> Tensor:
        ctx.save_for_backward(chance_BT, drawn_BT, slot_TG)
        return drawn_BT

    @staticmethod
    def backward(ctx: Any, *slopes: Tensor) -> tuple[Tensor, None, None, None]:
        chance_BT, drawn_BT, slot_TG = ctx.saved_tensors
        slope_BT = slopes[0]

        def through(weight_BT: Tensor) -> Tensor:
            pull_BT: Tensor = weight_BT * slope_BT
            mean_BT: Tensor = (pull_BT @ slot_TG) @ slot_TG.T
            return pull_BT - weight_BT * mean_BT

        return 2 * through((drawn_BT + chance_BT) / 2) - through(chance_BT) / 2, None, None, None


class Stage(nn.Module):
    """Slots that are drawn from the same hidden state.

    Args:
        layout: the row's slots.
        groups: those of the stage; their tokens lie side by side.
    """

    slot_TG: Tensor
    slot_T: Tensor
    first_G: Tensor
    last_G: Tensor
    prefix_KG: Tensor
    stride_KG: Tensor
    base_G: Tensor
    none_T: Tensor
    place_T: Tensor
    follow: Tensor

    def __init__(self, layout: Layout, groups: list[Group]) -> None:
        super().__init__()
        self.slots = [s for group in groups for s in group.slots]
        widths = torch.tensor([group.width for group in groups for _ in group.slots])
        last_G = widths.cumsum(0) - 1
        first_G = last_G - widths + 1
        slot_T = torch.repeat_interleave(torch.arange(len(self.slots)), widths)
        self.width = len(slot_T)
        self._keep("slot_TG", F.one_hot(slot_T, len(self.slots)).float())
        self._keep("slot_T", slot_T)
        self._keep("first_G", first_G)
        self._keep("last_G", last_G)
        self._keep("place_T", torch.arange(self.width) - first_G[slot_T])
        rows = [layout.slots[s] for s in self.slots]
        self.free = all(slot.follow is None for slot in rows)
        depth = max((len(slot.prefix) for slot in rows), default=0)
        prefix_KG, stride_KG = (torch.zeros(depth, len(rows), dtype=torch.long) for _ in range(2))
        base_G, parts, at = [], [], 0
        for i, slot in enumerate(rows):
            follow = torch.tensor([slot.size]) if slot.follow is None else torch.as_tensor(slot.follow)
            step = 1
            for k in reversed(range(len(slot.prefix) if slot.follow is not None else 0)):
                prefix_KG[k, i], stride_KG[k, i] = slot.prefix[k], step
                step *= follow.shape[k]
            base_G.append(at)
            parts.append(follow.flatten())
            at += follow.numel()
        none_G = torch.tensor([-1 if slot.none is None else slot.none for slot in rows])
        self._keep("prefix_KG", prefix_KG)
        self._keep("stride_KG", stride_KG)
        self._keep("base_G", torch.tensor(base_G))
        self._keep("follow", torch.cat(parts))
        self._keep("none_T", self.place_T == none_G[slot_T])

    def _keep(self, name: str, tensor: Tensor) -> None:
        self.register_buffer(name, tensor, persistent=False)

    def ruled(self, logits_BT: Tensor, tokens_BS: Tensor) -> Tensor:
        """Logits of the tokens that may follow what was drawn; of the others ``RULED_OUT``."""
        if self.free:
            return logits_BT
        row_BG = self.base_G + (tokens_BS[:, self.prefix_KG] * self.stride_KG).sum(1)
        allowed_BT = self.follow[row_BG].index_select(1, self.slot_T)
        out_BT = (self.place_T >= allowed_BT) & ~(self.none_T & (allowed_BT == 0))
        return logits_BT.masked_fill(out_BT, RULED_OUT)

    def draw(self, logits_BT: Tensor) -> tuple[Tensor, Tensor]:
        """A token per slot ``(B, G)`` by its chance, and the same in zeros and ones ``(B, T)`` with a gradient."""
        with torch.no_grad():
            raised_BT = (logits_BT - logits_BT.amax(1, keepdim=True)).clamp_min_(LOWEST).exp_()
            raised_BT *= logits_BT > RULED_OUT / 2
            chance_BT = raised_BT * ((raised_BT @ self.slot_TG).reciprocal() @ self.slot_TG.T)
            below_BT = chance_BT.cumsum(1, dtype=torch.float64)
            end_BG = below_BT.index_select(1, self.last_G)
            start_BG = F.pad(end_BG[:, :-1], (1, 0))
            uniform_BG = torch.rand(end_BG.shape, dtype=torch.float64, device=end_BG.device) * (1 - 1e-9)
            at_BG = torch.searchsorted(below_BT, start_BG + uniform_BG * (end_BG - start_BG), right=True)
            drawn_BT = torch.zeros_like(chance_BT).scatter_(1, at_BG, 1.0)
        weights_BT = Draw.apply(logits_BT, chance_BT, drawn_BT, self.slot_TG)  # type: ignore[no-untyped-call]
        return at_BG - self.first_G, weights_BT


class OneShotGenerator(nn.Module):
    """Noise and what is given to rows.

    Args:
        layout: the row's slots.
        width: D.
        blocks: residual blocks.
        noise_width: Z.
        noise: its law, ``normal`` or ``uniform``.
        waves: octaves with which a number's order is seen.

    Shape:
        Noise ``(B, Z)`` and tokens ``(B, S)``, ``NOT_GIVEN`` for those to draw, to zeros and ones ``(B, V)``, slot by
        slot. What is given comes back as it is.
    """

    order: Tensor
    share: Tensor

    def __init__(
        self, layout: Layout, width: int, blocks: int, noise_width: int, noise: str = "normal", waves: int = 6
    ) -> None:
        super().__init__()
        self.layout, self.noise_width, self.noise = layout, noise_width, noise
        self.core = core = AnyOrderGenerator(layout, width, blocks, waves=waves)
        self.from_noise = nn.Linear(noise_width, width)
        nn.init.normal_(core.head, std=HEAD_SCALE / width**0.5)
        for block in core.trunk:
            if isinstance(block, Residual):
                nn.init.normal_(block.down.weight, std=0.5 / width**0.5)
        spans = zip(core.first.tolist(), layout.sizes, strict=True)
        order = torch.cat([torch.arange(first, first + size) for first, size in spans])
        self.register_buffer("order", order, persistent=False)
        counts = torch.as_tensor(np.concatenate([slot.counts for slot in layout.slots]), dtype=torch.float32)
        self.register_buffer("share", counts)
        numbers = range(len(layout.stages))
        self.stages = nn.ModuleList(Stage(layout, [g for g in core.groups if g.stage == n]) for n in numbers)

    def forward(self, noise_BZ: Tensor, given_BS: Tensor) -> Tensor:
        """Draw rows."""
        core, stages = self.core, [part for part in self.stages if isinstance(part, Stage)]
        embed, head, bias = core.tables()
        known_BS, tokens_BS = given_BS != NOT_GIVEN, given_BS.clamp(min=0)
        sums_BD = self.from_noise(noise_BZ) + core.given_sum(embed, tokens_BS, known_BS)
        cuts = [stage.width for stage in stages]
        *embeds, unknown = torch.split(embed, [*cuts, len(self.layout.slots)])
        parts = []
        tables = zip(stages, embeds, torch.split(head, cuts), torch.split(bias, cuts), strict=True)
        for number, (stage, stage_embed, stage_head, stage_bias) in enumerate(tables):
            logits_BT = stage.ruled(F.linear(core.trunk(sums_BD), stage_head, stage_bias), tokens_BS)
            drawn_BG, weights_BT = stage.draw(logits_BT)
            known_BG = known_BS[:, stage.slots]
            drawn_BG = torch.where(known_BG, tokens_BS[:, stage.slots], drawn_BG)
            tokens_BS[:, stage.slots] = drawn_BG
            free_BG = (~known_BG).to(weights_BT.dtype)
            weights_BT = weights_BT * (free_BG @ stage.slot_TG.T)
            given_BT = torch.zeros_like(weights_BT).scatter_(1, drawn_BG + stage.first_G, 1 - free_BG)
            parts.append(weights_BT + given_BT)
            if number + 1 < len(stages):
                sums_BD = sums_BD + weights_BT @ stage_embed - free_BG @ unknown[stage.slots]
        return torch.cat(parts, 1).index_select(1, self.order)

    def ask(self, n_rows: int, rng: torch.Generator) -> Tensor:
        """What to ask for: per row one column, each as often, and one of its tokens as often as the table has it."""
        asked = [s for s, slot in enumerate(self.layout.slots) if slot.level == 0]
        counts = torch.split(self.share, self.layout.sizes)
        given_BS = torch.full((n_rows, len(counts)), NOT_GIVEN, device=rng.device)
        column_B = torch.randint(len(asked), (n_rows,), generator=rng, device=rng.device)
        for i, s in enumerate(asked):
            rows = (column_B == i).nonzero().squeeze(1)
            if len(rows):
                given_BS[rows, s] = torch.multinomial(counts[s], len(rows), replacement=True, generator=rng)
        return given_BS


class OneShotRollOut(RollOut):
    """Draws rows from noise and conditions; the weights no longer change."""

    def __init__(self, generator: OneShotGenerator) -> None:
        super().__init__(generator.eval().core)
        self.one_shot = generator

    @torch.inference_mode()
    def chunk(
        self, n_rows: int, rng: torch.Generator, shares: list[Tensor] | None = None, phase: float | None = None
    ) -> Tensor:
        """Draw rows; see ``RollOut.chunk``. Shares count the tokens that were drawn, not those that were asked for."""
        return self.given(self.one_shot.ask(n_rows, rng), rng, shares, phase)

    @torch.inference_mode()
    def given(
        self,
        given_BS: Tensor,
        rng: torch.Generator,
        shares: list[Tensor] | None = None,
        phase: float | None = None,
        noise_BZ: Tensor | None = None,
    ) -> Tensor:
        """Rows that hold what they are asked for: tokens, or ``NOT_GIVEN`` for those to draw; no noise: it is drawn."""
        if phase is None:
            phase = float(torch.rand(1, generator=rng, device=self.device))
        dice = Dice(rng, phase, shares)
        if noise_BZ is None:
            noise_BZ = noise_of(self.one_shot.noise, (len(given_BS), self.one_shot.noise_width), rng)
        known_BS, tokens_BS = given_BS != NOT_GIVEN, given_BS.clamp(min=0)
        generator = self.one_shot.core
        sums_BD = self.one_shot.from_noise(noise_BZ) + generator.given_sum(self.embed, tokens_BS, known_BS)
        for stage in self.layout.stages:
            h_BD = self._trunk(sums_BD)
            free = {slot: (~known_BS[:, slot]).nonzero().squeeze(1) for slot in stage}
            for slot, rows in free.items():
                if len(rows):
                    tokens_BS[rows, slot] = self._draw(slot, h_BD[rows], tokens_BS[rows], dice)
            for slot, rows in free.items():
                sums_BD.index_add_(0, rows, self.changes[slot][tokens_BS[rows, slot]])
        return tokens_BS


class MostLikelyOneShot(MostLikely, OneShotRollOut):
    """What noise stands for, without chance and with nothing asked for."""

    def decode(self, noise_BZ: Tensor) -> Tensor:
        """``(B, S)`` tokens of so many rows of noise."""
        given_BS = torch.full((len(noise_BZ), len(self.layout.slots)), NOT_GIVEN, device=self.device)
        return self.given(given_BS, torch.Generator(self.device), phase=0.0, noise_BZ=noise_BZ.to(self.device))


class OneShotCritic(nn.Module):
    """Scores packs of rows in zeros and ones, knowing which slots were asked for.

    A pack's score is the mean of its rows' scores, and something for what they are on average: there it shows when
    rows of one kind come too often or not at all.

    Args:
        layout: the row's slots.
        width: D.
        blocks: residual blocks.
        packing: P.
        waves: octaves with which a number's order is seen.

    Shape:
        Packs ``(B / P, P * V)`` and what was given ``(B / P, P * S)`` to ``(B / P,)``.
    """

    def __init__(self, layout: Layout, width: int, blocks: int, packing: int = 1, waves: int = 6) -> None:
        super().__init__()
        self.packing, self.n_slots = packing, len(layout.slots)
        self.core = Critic(layout, width, blocks, waves=waves)
        self.asked = nn.Parameter(torch.randn(self.n_slots, width) * 0.05)
        if packing > 1:
            self.together = nn.Sequential(Residual(width), Residual(width), nn.LayerNorm(width), nn.Linear(width, 1))
        for name, weight in self.named_parameters():
            if not weight.any() and weight.dim() > 1:  # a layer of noughts has no largest singular value to divide by
                nn.init.normal_(weight, std=0.1 if name.endswith("out.weight") else 0.5 / width**0.5)

    def forward(self, packs_BX: Tensor, given_BX: Tensor) -> Tensor:
        """Scores of packs."""
        core, given_RS = self.core, given_BX.reshape(-1, self.n_slots)
        h_RD = core.inputs(packs_BX.reshape(-1, core.n_tokens))
        h_RD = h_RD + (given_RS != NOT_GIVEN).to(h_RD.dtype) @ self.asked
        for block in core.trunk:
            h_RD = block(h_RD)
        score_B: Tensor = core.out(core.norm(h_RD)).view(-1, self.packing).mean(1)
        if self.packing > 1:
            score_B = score_B + self.together(h_RD.view(-1, self.packing, h_RD.shape[1]).mean(1)).squeeze(1)
        return score_B
