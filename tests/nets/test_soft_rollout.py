"""Rows with gradients: the same law as the plain roll-out, and slopes that point the right way."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from synthgen.nets.rollout import RollOut
from synthgen.nets.soft_rollout import soft_rows
from tests.made import generator_of, layout_of, path_layout


def test_weights_are_the_tokens_and_finer_slots_follow() -> None:
    layout = path_layout()
    weights, tokens = soft_rows(generator_of(layout, scale=2.0), 400, 2, torch.Generator().manual_seed(0))
    at = 0
    for slot, size in enumerate(layout.sizes):
        part = weights[:, at : at + size].detach()
        assert torch.equal(part.argmax(1), tokens[:, slot])
        assert torch.allclose(part.sum(1), torch.ones(400))
        assert torch.allclose(part.max(1).values, torch.ones(400))
        at += size
    coarse, fine = tokens[:, 1], tokens[:, 2]
    assert (fine[coarse == 0] == 3).all()
    assert (fine[coarse == 1] < 2).all()
    assert (fine[coarse == 2] < 3).all()


def test_the_law_is_that_of_the_plain_roll_out() -> None:
    generator = generator_of(layout_of([3, 2, 3]), scale=2.0)
    rng = torch.Generator().manual_seed(0)
    plain = torch.cat([RollOut(generator, 1).chunk(512, rng) for _ in range(20)]).numpy()
    soft = soft_rows(generator, 20 * 512, 1, rng)[1].numpy()
    codes = [rows @ np.array([6, 3, 1]) for rows in (plain, soft)]
    shares = [np.bincount(code, minlength=18) / len(code) for code in codes]
    assert 0.5 * np.abs(shares[0] - shares[1]).sum() < 0.03  # sampling alone makes 0.012


@pytest.mark.parametrize("token", [0, 1, 2])
def test_asking_for_more_of_a_token_raises_its_bias(token: int) -> None:
    generator = generator_of(layout_of([3, 2]))
    weights, _ = soft_rows(generator, 2000, 1, torch.Generator().manual_seed(0))
    torch.autograd.backward(-weights[:, token].mean())
    assert generator.bias.grad is not None
    at = int(generator.first[0])
    slope = generator.bias.grad[at : at + 3]
    assert slope[token] < 0  # descending makes it likelier
    assert all(slope[other] > 0 for other in range(3) if other != token)


def test_the_slope_reaches_slots_that_were_drawn_before() -> None:
    generator = generator_of(layout_of([3, 2]), scale=3.0)
    weights, _ = soft_rows(generator, 2000, 2, torch.Generator().manual_seed(0))
    torch.autograd.backward(weights[:, 3].mean())
    assert generator.bias.grad is not None
    at = int(generator.first[0])
    assert generator.bias.grad[at : at + 3].abs().max() > 1e-5
