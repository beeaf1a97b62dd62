"""The bound is a bound, and rows come back from their latent numbers."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from synthgen.layout import Layout, RowSlot
from synthgen.losses.elbo import Elbo
from synthgen.nets.rollout import Dice
from synthgen.nets.vae import MostLikelyVae, Vae, VaeRollOut
from tests.made import layout_of, path_layout


def row_slot(number: int, size: int, counts: list[int]) -> RowSlot:
    return RowSlot(number, "", 0, size, np.full(size, np.nan), np.array(counts))


def test_a_new_network_knows_the_shares_and_nothing_else() -> None:
    layout = Layout((row_slot(0, 2, [75, 25]), row_slot(1, 2, [50, 50])))
    torch.manual_seed(0)
    vae = Vae(layout, width=16, blocks=1, latent=4).eval()
    torch.nn.init.zeros_(vae.core.head)
    torch.nn.init.zeros_(vae.to_latent.weight)
    torch.nn.init.zeros_(vae.to_latent.bias)
    tokens = torch.tensor([[0, 0], [0, 1], [0, 0], [1, 1]])
    reconstruction, divergence = vae.elbo(tokens, torch.Generator().manual_seed(0))
    alone = -(3 * np.log(0.75) + np.log(0.25)) / 4 + np.log(2)
    assert reconstruction.item() == pytest.approx(alone, abs=0.01)
    assert divergence.item() == pytest.approx(0.0, abs=1e-6)


def test_the_divergence_is_that_of_normal_laws() -> None:
    vae = Vae(layout_of([2, 2]), width=8, blocks=1, latent=1).eval()
    torch.nn.init.zeros_(vae.to_latent.weight)
    with torch.no_grad():
        vae.to_latent.bias.copy_(torch.tensor([2.0, np.log(4.0)]))
    _, divergence = vae.elbo(torch.tensor([[0, 1]]), torch.Generator().manual_seed(0))
    assert divergence.item() == pytest.approx((4 + 4 - 1 - np.log(4)) / 2, abs=1e-5)
    both = Elbo(weight=0.5).learn(vae, torch.tensor([[0, 1]]), torch.Generator().manual_seed(0))
    whole = Elbo(weight=1.0).hold(vae, torch.tensor([[0, 1]]), torch.Generator().manual_seed(0))
    assert (whole - both).item() == pytest.approx(divergence.item() / 2, abs=1e-5)


def test_tokens_that_cannot_apply_cost_nothing() -> None:
    coarse = row_slot(0, 2, [5, 5])
    fine = RowSlot(0, "", 1, 3, np.full(3, np.nan), np.ones(3), (0,), np.array([2, 0]), none=2)
    torch.manual_seed(0)
    vae = Vae(Layout((coarse, fine)), width=8, blocks=1, latent=2).eval()
    with torch.no_grad():
        vae.core.head.zero_()
    reconstruction, _ = vae.elbo(torch.tensor([[1, 2]]), torch.Generator().manual_seed(0))
    assert reconstruction.item() == pytest.approx(np.log(2), abs=0.02)  # of the first slot alone


def test_rows_drawn_obey_what_may_follow() -> None:
    coarse = row_slot(0, 2, [5, 5])
    fine = RowSlot(0, "", 1, 3, np.full(3, np.nan), np.ones(3), (0,), np.array([2, 0]), none=2)
    torch.manual_seed(0)
    rows = VaeRollOut(Vae(Layout((coarse, fine)), width=8, blocks=1)).chunk(500, torch.Generator().manual_seed(0))
    assert (rows[rows[:, 0] == 1, 1] == 2).all()
    assert (rows[rows[:, 0] == 0, 1] < 2).all()
    assert set(rows[:, 0].tolist()) == {0, 1}


def test_the_most_likely_row_of_a_point_is_the_one_drawn_most_often() -> None:
    layout = path_layout()
    torch.manual_seed(3)
    vae = Vae(layout, width=8, blocks=1, latent=2).eval()
    with torch.no_grad():
        for parameter in vae.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.4)
    points = torch.tensor([[0.0, 0.0], [2.0, -1.0], [-2.0, 0.5]])
    rows = MostLikelyVae(vae).decode(points)
    assert torch.equal(rows, MostLikelyVae(vae).decode(points))
    drawn = VaeRollOut(vae)
    for point, row in zip(points, rows, strict=True):
        many = drawn._rows(point.expand(4_000, 2), Dice(torch.Generator().manual_seed(0), 0.3, None))
        for slot in (0, 1):  # of the first stage: drawn from the point alone
            assert many[:, slot].bincount().argmax() == row[slot]
        coarse, fine = int(row[1]), int(row[2])
        assert fine == 3 if coarse == 0 else fine < (0, 2, 3)[coarse]  # only what may follow
