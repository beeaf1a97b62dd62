"""Marginal correction after training: the shares of every token, as rolled out, are made those of the table.

A roll-out multiplies small errors of many conditionals; what is left of them shows first in the shares of
single tokens, which the table knows best. Each slot's bias is moved by the log ratio of the two.

Letters: S slots, W tokens of one slot.

Source: the iterative scaling of Darroch and Ratcliff 1972, doi:10.1214/aoms/1177692379, one margin at a time.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch

from synthgen.errors import DivergedError
from synthgen.nets.any_order import AnyOrderGenerator
from synthgen.nets.rollout import CHUNK_ROWS, RollOut
from synthgen.seeding import derived_seed

MAX_STEP = 1.0
"""A bias moves by at most so much per round; what is rarer than one row in the roll-out is not known better."""
WORTH_IT = 0.9
"""A round that leaves more than this share of the distance was mostly noise."""
SMOOTHING = 1.0
"""Rows added to every token of both sides, so that a token of two rows is not chased."""


@torch.no_grad()
def correct_marginals(
    generator: AnyOrderGenerator,
    tokens_NS: np.ndarray,
    seed: int,
    rows: int,
    rounds: int = 6,
    new_roll_out: Callable[[], RollOut] | None = None,
) -> list[float]:
    """Move the generator's biases.

    Args:
        generator: trained; changed in place.
        tokens_NS: the table's tokens.
        seed: of the roll-outs.
        rows: rolled out per round.
        rounds: at most so often; it ends when the distance falls by less than a tenth.
        new_roll_out: what draws rows by the generator's biases as they are; None: its own roll-out.

    Returns:
        Mean total variation distance between rolled-out and real shares before each round, 0 to 1.

    Raises:
        DivergedError: the generator gives shares that are not finite.
    """
    layout, device = generator.layout, generator.embed.device
    wanted = [np.bincount(tokens_NS[:, s], minlength=slot.size).astype(float) for s, slot in enumerate(layout.slots)]
    first = generator.first.tolist()
    distances = []
    for number in range(rounds):
        rng = torch.Generator(device).manual_seed(derived_seed(seed, "correction", number))
        roll_out = RollOut(generator) if new_roll_out is None else new_roll_out()
        shares = [torch.zeros(size, device=device) for size in layout.sizes]
        for start in range(0, rows, CHUNK_ROWS):
            roll_out.chunk(min(CHUNK_ROWS, rows - start), rng, shares=shares)
        if not all(bool(share.isfinite().all()) for share in shares):
            raise DivergedError(
                f"correcting marginals, round {number + 1}: the shares of the generator's rows are not finite; its "
                "biases were not moved. Lower training.learning_rate"
            )
        steps, distance = [], []
        for s, slot in enumerate(layout.slots):
            real, drawn = wanted[s].copy(), shares[s].cpu().double().numpy()
            if slot.none is not None:
                real[slot.none] = drawn[slot.none] = 0.0
            if real.sum() < 1 or drawn.sum() < 1:
                continue
            distance.append(0.5 * np.abs(real / real.sum() - drawn / drawn.sum()).sum())
            known = min(1.0, drawn.sum() / real.sum())  # both sides smoothed like the smaller one
            ratio = np.log((real * known + SMOOTHING) / (drawn * (real.sum() * known / drawn.sum()) + SMOOTHING))
            steps.append((first[s], np.clip(ratio, -MAX_STEP, MAX_STEP)))
        distances.append(float(np.mean(distance)))
        if number and distances[-1] > WORTH_IT * distances[-2]:
            break
        for start, step in steps:
            generator.bias[start : start + len(step)] += torch.as_tensor(step, dtype=torch.float32, device=device)
    return distances
