"""Completing rows: each has some slots given, another one others; the rest is rolled out.

Letters: B rows in a chunk, S slots, R rows that lack a slot, W tokens of one slot.
"""

from __future__ import annotations

import torch
from torch import Tensor

from synthgen.nets.rollout import Dice, RollOut

COMPLETION_ROWS = 1024
"""Rows completed in one order; each has a state of its own, so that a pass over more rows is no cheaper a row."""


class Completion(RollOut):
    """Draws what rows lack from what they have, with a generator whose weights no longer change.

    Attributes:
        present_only: whether a drawn column has a value, never the missing token.
    """

    present_only = True

    @torch.inference_mode()
    def complete(self, tokens_BS: Tensor, given_BS: Tensor, rng: torch.Generator, phase: float) -> Tensor:
        """Complete rows.

        Args:
            tokens_BS: rows of tokens; what is not given may be anything.
            given_BS: which tokens are given; a finer slot only with the coarser ones of its path.
            rng: on the generator's device.
            phase: see ``Dice`` and ``phase_of``.

        Returns:
            ``(B, S)`` tokens; given ones are untouched.
        """
        tokens_BS, dice = tokens_BS.clone(), Dice(rng, phase, None)
        sums_BD = self.generator.given_sum(self.embed, tokens_BS, given_BS)
        for slots in self._passes(rng):
            lacking_BG = ~given_BS[:, slots]
            rows_R = lacking_BG.any(1).nonzero().squeeze(1)
            if not len(rows_R):
                continue
            h_RD = self._trunk(sums_BD[rows_R])
            drawn = []
            for number, slot in enumerate(slots):
                own = lacking_BG[rows_R, number].nonzero().squeeze(1)
                rows = rows_R[own]
                token = self._draw(slot, h_RD[own], tokens_BS[rows], dice) if len(own) else own
                drawn.append((slot, rows, token))
            for slot, rows, token in drawn:
                tokens_BS[rows, slot] = token
                sums_BD.index_add_(0, rows, self.changes[slot][token])
        return tokens_BS

    def _chances(self, slot: int, h_BD: Tensor, allowed_B: Tensor | None) -> Tensor:
        chance_BW = super()._chances(slot, h_BD, allowed_B)
        missing = self.layout.slots[slot].missing
        if self.present_only and missing is not None and chance_BW.shape[1] > 1:
            chance_BW[:, missing] = 0.0
        return chance_BW
