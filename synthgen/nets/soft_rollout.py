"""Rolling out rows in a few passes, gradients straight through the draws: a critic's slope reaches the generator.

Letters: B rows, S slots, V tokens over all slots, W tokens of one slot, D width.

Sources: straight-through estimates, Bengio et al. 2013, arXiv:1308.3432; Gumbel-softmax, Jang et al. 2017,
arXiv:1611.01144; Maddison et al. 2017, arXiv:1611.00712.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from synthgen.nets.any_order import AnyOrderGenerator
from synthgen.nets.passes import sizes_of_passes


def soft_rows(generator: AnyOrderGenerator, n_rows: int, passes: int, rng: torch.Generator) -> tuple[Tensor, Tensor]:
    """Rows drawn now: first slots in so many passes, each finer level in one, the target's slots last.

    Args:
        generator: its dropout is off here.
        n_rows: B.
        passes: for the first slots of all columns.
        rng: on the generator's device.

    Returns:
        Weights over the tokens of each slot, slot by slot, ``(B, V)``, zeros and ones with the slope of the softmax;
        and the tokens themselves, ``(B, S)``.
    """
    layout, device = generator.layout, generator.embed.device
    embed, head, bias = generator.tables()
    first = generator.first.tolist()
    sums_BD = embed[generator.unknown].sum(0, keepdim=True).expand(n_rows, -1)
    tokens_BS = torch.zeros(n_rows, len(layout.slots), dtype=torch.long, device=device)
    weights: dict[int, Tensor] = {}
    for number, stage in enumerate(layout.stages):
        order = [stage[i] for i in torch.randperm(len(stage), generator=rng, device=device).tolist()]
        for size in sizes_of_passes(len(stage), passes if number == 0 else 1):
            together, order = order[:size], order[size:]
            h_BD: Tensor = generator.trunk(sums_BD)
            for slot in together:
                at, width = first[slot], layout.slots[slot].size
                logits_BW = F.linear(h_BD, head[at : at + width], bias[at : at + width])
                weights[slot], tokens_BS[:, slot] = _draw(generator, slot, logits_BW, tokens_BS, rng)
                change_BD = weights[slot] @ embed[at : at + width] - embed[generator.unknown[slot]]
                sums_BD = sums_BD + change_BD
    return torch.cat([weights[slot] for slot in range(len(layout.slots))], 1), tokens_BS


def _draw(
    generator: AnyOrderGenerator, number: int, logits_BW: Tensor, tokens_BS: Tensor, rng: torch.Generator
) -> tuple[Tensor, Tensor]:
    """One slot: weights and tokens. What cannot apply has no slope."""
    slot, width = generator.layout.slots[number], logits_BW.shape[1]
    applies_B = None
    if slot.follow is not None:
        follow = torch.as_tensor(slot.follow, device=logits_BW.device)
        allowed_B = follow[tuple(tokens_BS[:, s] for s in slot.prefix)]
        beyond_BW = torch.arange(width, device=logits_BW.device) >= allowed_B[:, None]
        applies_B = allowed_B > 0
        logits_BW = logits_BW.masked_fill(beyond_BW & applies_B[:, None], -1e9)
    chance_BW = torch.rand(logits_BW.shape, generator=rng, device=logits_BW.device).clamp_(1e-12, 1 - 1e-7)
    noisy_BW = logits_BW - (-chance_BW.log()).log()
    token_B, soft_BW = noisy_BW.argmax(1), noisy_BW.softmax(1)
    if applies_B is not None:
        token_B = torch.where(applies_B, token_B, slot.none if slot.none is not None else 0)
        soft_BW = soft_BW * applies_B[:, None]
    return F.one_hot(token_B, width) + soft_BW - soft_BW.detach(), token_B
