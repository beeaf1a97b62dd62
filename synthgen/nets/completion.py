"""Completing rows: each has some slots given, another one others; the rest is rolled out.

Letters: B rows in a chunk, S slots, R rows that lack a slot, W tokens of one slot.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import torch
from torch import Tensor

from synthgen.nets.rollout import Dice, RollOut

Left = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""Row numbers and ``(R, P)`` earlier tokens of the path -> ``(R, W)`` what is left of each token, 0 to 1."""
COMPLETION_ROWS = 1024
"""Rows completed in one order; each has a state of its own, so that a pass over more rows is no cheaper a row."""


class Completion(RollOut):
    """Draws what rows lack from what they have, with a generator whose weights no longer change.

    Attributes:
        present_only: whether a drawn column has a value, never the missing token.
    """

    present_only = True
    _left_RW: Tensor | None = None

    @torch.inference_mode()
    def complete(
        self,
        tokens_BS: Tensor,
        given_BS: Tensor,
        rng: torch.Generator,
        phase: float,
        left: Mapping[int, Left] | None = None,
    ) -> Tensor:
        """Complete rows.

        Args:
            tokens_BS: rows of tokens; what is not given may be anything.
            given_BS: which tokens are given; a finer slot only with the coarser ones of its path.
            rng: on the generator's device.
            phase: see ``Dice`` and ``phase_of``.
            left: by slot, what given cells leave of its tokens.

        Returns:
            ``(B, S)`` tokens; given ones are untouched.
        """
        tokens_BS, dice = tokens_BS.clone(), Dice(rng, phase, None)
        shown_BS, reads_S = torch.zeros_like(given_BS), torch.zeros_like(given_BS[0])
        sums_BD = self.embed[:0]
        for slots in self._passes(rng):  # slots of one pass are of one stage: they read alike
            if not torch.equal(reads_S, self.reads_SS[slots[0]]):
                reads_S = self.reads_SS[slots[0]]
                shown_BS |= given_BS & reads_S
                sums_BD = self.generator.given_sum(self.embed, tokens_BS, shown_BS)
            lacking_BG = ~given_BS[:, slots]
            rows_R = lacking_BG.any(1).nonzero().squeeze(1)
            if not len(rows_R):
                continue
            h_RD = self._trunk(sums_BD[rows_R])
            drawn = []
            for number, slot in enumerate(slots):
                own = lacking_BG[rows_R, number].nonzero().squeeze(1)
                rows = rows_R[own]
                self._left_RW = self._left(left, slot, rows, tokens_BS)
                token = self._draw(slot, h_RD[own], tokens_BS[rows], dice) if len(own) else own
                drawn.append((slot, rows, token))
            for slot, rows, token in drawn:
                tokens_BS[rows, slot], shown_BS[rows, slot] = token, True
                sums_BD.index_add_(0, rows, self.changes[slot][token])
        return tokens_BS

    def _left(self, left: Mapping[int, Left] | None, slot: int, rows: Tensor, tokens_BS: Tensor) -> Tensor | None:
        if not left or slot not in left or not len(rows):
            return None
        prefix_RP = tokens_BS[rows][:, list(self.layout.slots[slot].prefix)]
        found = left[slot](rows.cpu().numpy(), prefix_RP.cpu().numpy())
        left_RW, follow = torch.as_tensor(found, dtype=torch.float32, device=self.device), self.follow[slot]
        if follow is None:
            return left_RW
        applies = follow[tuple(prefix_RP.T)] > 0
        return left_RW[applies]

    def _chances(self, slot: int, h_BD: Tensor, allowed_B: Tensor | None) -> Tensor:
        chance_BW = super()._chances(slot, h_BD, allowed_B)
        missing = self.layout.slots[slot].missing
        if self._left_RW is not None:
            kept_BW = chance_BW * self._left_RW
            chance_BW = torch.where(kept_BW.sum(1, keepdim=True) > 0, kept_BW, chance_BW)
        if self.present_only and missing is not None and chance_BW.shape[1] > 1:
            chance_BW[:, missing] = 0.0
        return chance_BW
