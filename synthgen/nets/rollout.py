"""Rolling out rows: slots are drawn one after another in a random order, each draw given to the next.

Letters: B rows in a chunk, U different states of them, S slots, W tokens of one slot, D width.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from synthgen.nets.any_order import AnyOrderGenerator, Residual
from synthgen.nets.passes import divide
from synthgen.seeding import derived_seed

CHUNK_ROWS = 512
"""Rows drawn in one order. Shares differ a little from one order to the next: with 2048 rows to each, the shape error
of 11,000 rows was half as large again (0.89 % against 0.62 %), at the same speed."""
SHARED_STATES = 0.5
"""While there are fewer states than so many times the rows, the trunk runs once per state."""
GOLDEN, SILVER = 0.6180339887498949, 0.41421356237309515
"""Irrational steps: multiples of one, taken modulo 1, fall evenly between 0 and 1 however many there are."""
FINE_PASSES = 4
"""Places inside cells hang together weakly: they are drawn in so many passes, all slots of a pass at once."""


def phase_of(seed: int, number: int) -> float:
    """Where the uniforms of one chunk begin.

    Chunks of one sampling spread theirs evenly between one another, so that what five rows in 30,000 hold comes
    back in about five.

    Example:
        >>> round((phase_of(7, 1) - phase_of(7, 0)) % 1, 3)
        0.414
    """
    return (derived_seed(seed, "phase") / 2.0**63 + number * SILVER) % 1.0


@dataclass(frozen=True)
class Dice:
    """What one chunk is drawn with.

    Attributes:
        rng: on the generator's device.
        phase: where the evenly spread uniforms begin, 0 to 1.
        shares: when there, the probabilities of each slot's tokens are added to it over rows, slot by slot.
    """

    rng: torch.Generator
    phase: float
    shares: list[Tensor] | None


class RollOut:
    """Draws rows from a generator whose weights no longer change.

    Args:
        generator: put in evaluation mode here.
        steps: passes for the first slots of all paths, finer ones in proportion; None: one for each.
        dependence_SS: what hangs together (``synthgen.nets.passes.dependence``); None: nothing is known.
    """

    def __init__(
        self, generator: AnyOrderGenerator, steps: int | None = None, dependence_SS: np.ndarray | None = None
    ) -> None:
        self.generator, self.layout = generator.eval(), generator.layout
        n_slots, n_first = len(self.layout.slots), len(self.layout.stages[0])
        self.steps = None if steps is None or steps >= n_first else steps
        self.fine_passes = FINE_PASSES if self.steps is None else max(1, round(FINE_PASSES * self.steps / n_first))
        self.dependence_SS = np.zeros((n_slots, n_slots)) if dependence_SS is None else dependence_SS
        with torch.no_grad():
            self.embed, head, bias = (t.detach() for t in generator.tables())
        self.device = self.embed.device
        slots, sizes = self.layout.slots, self.layout.sizes
        self.first: list[int] = generator.first.tolist()
        self.unknown: list[int] = generator.unknown.tolist()
        pairs = zip(self.first, sizes, strict=True)
        self.heads = [(head[a : a + n].clone(), bias[a : a + n].clone()) for a, n in pairs]
        self.changes = [
            self.embed[a : a + n] - self.embed[u] for a, n, u in zip(self.first, sizes, self.unknown, strict=True)
        ]
        self.follow = [None if s.follow is None else torch.as_tensor(s.follow, device=self.device) for s in slots]
        levels, is_target = torch.tensor([s.level for s in slots]), torch.zeros(n_slots, dtype=torch.bool)
        is_target[list(self.layout.target)] = True
        is_context = torch.zeros_like(is_target)
        is_context[list(self.layout.context)] = True
        self.reads_SS = ((levels[:, None] >= levels) | is_target[:, None] | is_context).to(self.device)
        """Which other slots each slot learned to read where they are given: those as coarse as itself or coarser, as a
        roll-out meets them, and the context; the target all."""

    @torch.inference_mode()
    def chunk(
        self, n_rows: int, rng: torch.Generator, shares: list[Tensor] | None = None, phase: float | None = None
    ) -> Tensor:
        """Draw rows.

        Args:
            n_rows: B.
            rng: on the generator's device.
            shares: see ``Dice``.
            phase: see ``Dice`` and ``phase_of``; None: drawn.

        Returns:
            ``(B, S)`` tokens.
        """
        if phase is None:
            phase = float(torch.rand(1, generator=rng, device=self.device))
        tokens_BS = torch.zeros(n_rows, len(self.layout.slots), dtype=torch.long, device=self.device)
        sums_UD = self.embed[self.unknown].sum(0, keepdim=True)
        state_B = torch.zeros_like(tokens_BS[:, 0])
        return self._go_on(self._passes(rng), tokens_BS, sums_UD, state_B, Dice(rng, phase, shares))

    def _go_on(
        self, passes: list[list[int]], tokens_BS: Tensor, sums_UD: Tensor, state_B: Tensor | None, dice: Dice
    ) -> Tensor:
        """Draw the slots of all passes; rows that drew the same so far share a state, with None each has its own."""
        for slots in passes:
            h_BD = self._trunk(sums_UD)
            if state_B is not None:
                h_BD = h_BD.index_select(0, state_B)
            for slot in slots:
                tokens_BS[:, slot] = self._draw(slot, h_BD, tokens_BS, dice)
            for slot in slots:
                sums_UD, state_B = self._given(slot, tokens_BS[:, slot], sums_UD, state_B)
        return tokens_BS

    def _given(
        self, slot: int, token_B: Tensor, sums_UD: Tensor, state_B: Tensor | None
    ) -> tuple[Tensor, Tensor | None]:
        """The states after a draw, and which one each row is in; None when each row has its own."""
        if state_B is None:
            return sums_UD.add_(self.changes[slot].index_select(0, token_B)), None
        size = self.layout.slots[slot].size
        states, state_B = torch.unique(state_B * size + token_B, return_inverse=True)
        sums_UD = sums_UD.index_select(0, states // size) + self.changes[slot].index_select(0, states % size)
        if len(states) > SHARED_STATES * len(token_B):
            return sums_UD.index_select(0, state_B), None
        return sums_UD, state_B

    def _passes(self, rng: torch.Generator) -> list[list[int]]:
        """Which slots are drawn from the same state, in which order."""
        stages = self.layout.stages
        passes: list[list[int]] = []
        if self.steps is not None:
            dice = np.random.default_rng(int(torch.randint(2**62, (1,), generator=rng, device=self.device)))
            passes = divide(stages.pop(0), self.steps, self.dependence_SS, dice)
        for stage in stages:
            order = [stage[i] for i in torch.randperm(len(stage), generator=rng, device=self.device).tolist()]
            together = 1
            if self.layout.slots[stage[0]].level > 0:
                together = -(-len(stage) // self.fine_passes)
            passes += [order[i : i + together] for i in range(0, len(order), together)]
        return passes

    def _trunk(self, sums_BD: Tensor) -> Tensor:
        """The generator's trunk with fewer passes over memory."""
        h_BD = sums_BD
        for block in self.generator.trunk:
            if isinstance(block, Residual):
                up = F.silu(F.linear(block.norm(h_BD), block.up.weight, block.up.bias), inplace=True)
                h_BD = torch.addmm(h_BD, up, block.down.weight.T).add_(block.down.bias)
            else:
                assert isinstance(block, nn.LayerNorm)
                h_BD = block(h_BD)
        return h_BD

    def _draw(self, slot: int, h_BD: Tensor, tokens_BS: Tensor, dice: Dice) -> Tensor:
        """One token per row for one slot."""
        layout, follow = self.layout.slots[slot], self.follow[slot]
        if follow is None:
            return self._from_logits(slot, h_BD, None, dice)
        allowed_B = follow[tuple(tokens_BS[:, s] for s in layout.prefix)]
        token_B = torch.full_like(tokens_BS[:, 0], layout.none if layout.none is not None else 0)
        applies = (allowed_B > 0).nonzero().squeeze(1)
        if len(applies) == len(token_B):
            return self._from_logits(slot, h_BD, allowed_B, dice)
        if len(applies):
            token_B[applies] = self._from_logits(slot, h_BD[applies], allowed_B[applies], dice)
        return token_B

    def _from_logits(self, slot: int, h_BD: Tensor, allowed_B: Tensor | None, dice: Dice) -> Tensor:
        """One token per row out of those that may follow."""
        chance_BW = self._chances(slot, h_BD, allowed_B)
        if dice.shares is not None:
            dice.shares[slot] += chance_BW.sum(0)
        return self._pick(slot, chance_BW, dice)

    def _chances(self, slot: int, h_BD: Tensor, allowed_B: Tensor | None) -> Tensor:
        """``(B, W)`` probabilities of a slot's tokens, of which the first ``allowed_B`` may follow."""
        weight, bias = self.heads[slot]
        logits_BW = F.linear(h_BD, weight, bias).float()
        if allowed_B is not None:
            logits_BW.masked_fill_(torch.arange(len(bias), device=self.device) >= allowed_B[:, None], -1e9)
        return logits_BW.softmax(1)

    def _pick(self, slot: int, chance_BW: Tensor, dice: Dice) -> Tensor:
        """Draw by the inverse of the cumulated probabilities, with evenly spread uniforms: less noise, no bias.

        Args:
            slot: which.
            chance_BW: probabilities, or in proportion to them; overwritten.
            dice: what to draw with.
        """
        n, width = chance_BW.shape
        strata_B = torch.randperm(n, generator=dice.rng, device=self.device)
        uniform_B1 = ((strata_B + (slot * GOLDEN + dice.phase) % 1.0) / n)[:, None]
        cumulated_BW = chance_BW.cumsum_(1)
        drawn_B1 = torch.searchsorted(cumulated_BW, uniform_B1 * cumulated_BW[:, -1:])
        return drawn_B1.squeeze(1).clamp_(max=width - 1)


class MostLikely(RollOut):
    """Takes the most likely token where the other draws one."""

    def _pick(self, slot: int, chance_BW: Tensor, dice: Dice) -> Tensor:
        return chance_BW.argmax(1)
