"""How surprising each slot of a row is to the any-order generator when it knows the rest of the row.

Letters: B rows at a time, N rows, S slots, D width, W tokens of one slot.
"""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from synthgen.nets.any_order import AnyOrderGenerator

ROWS = 4_096
"""Rows at a time: what is in memory, whatever the number of rows."""


@torch.inference_mode()
def leave_one_out(generator: AnyOrderGenerator, tokens_NS: np.ndarray) -> np.ndarray:
    """Negative log-likelihood of each slot given all other columns and the earlier slots of its own.

    The sum over a column's slots is that of the column given the rest of the row.

    Args:
        generator: put in evaluation mode here.
        tokens_NS: rows of tokens.

    Returns:
        ``(N, S)`` nats; 0 for a slot that does not apply.
    """
    generator.eval()
    device = generator.embed.device
    embed, head, bias = generator.tables()
    found = np.zeros(tokens_NS.shape, np.float32)
    for at in range(0, len(tokens_NS), ROWS):
        tokens_BS = torch.as_tensor(tokens_NS[at : at + ROWS], device=device).long()
        whole_BD = generator.given_sum(embed, tokens_BS, torch.ones_like(tokens_BS, dtype=torch.bool))
        for slot in range(tokens_BS.shape[1]):
            hidden = _hidden(generator, slot)
            taken_BD = embed[tokens_BS[:, hidden] + generator.first[hidden]].sum(1)
            h_BD = generator.trunk(whole_BD - taken_BD + embed[generator.unknown[hidden]].sum(0))
            nats_B = _nats(generator, slot, h_BD, tokens_BS, head, bias)
            found[at : at + ROWS, slot] = nats_B.cpu().numpy()
    return found


def _hidden(generator: AnyOrderGenerator, slot: int) -> list[int]:
    """The slot and the finer ones of its path: they would give it away."""
    return [slot, *(s for s, other in enumerate(generator.layout.slots) if slot in other.prefix)]


def _nats(
    generator: AnyOrderGenerator, slot: int, h_BD: Tensor, tokens_BS: Tensor, head: Tensor, bias: Tensor
) -> Tensor:
    row_slot, token_B = generator.layout.slots[slot], tokens_BS[:, slot]
    part = slice(int(generator.first[slot]), int(generator.first[slot]) + row_slot.size)
    logits_BW = F.linear(h_BD, head[part], bias[part]).float()
    if row_slot.follow is not None:
        allowed_B = torch.as_tensor(row_slot.follow, device=h_BD.device)[
            tuple(tokens_BS[:, s] for s in row_slot.prefix)
        ]
        too_far_BW = torch.arange(row_slot.size, device=h_BD.device) >= allowed_B[:, None]
        logits_BW = logits_BW.masked_fill(too_far_BW, -1e9)
    nats_B = F.cross_entropy(logits_BW, token_B, reduction="none")
    return nats_B if row_slot.none is None else nats_B.masked_fill(token_B == row_slot.none, 0.0)
