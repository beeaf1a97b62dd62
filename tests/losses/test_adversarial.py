"""Each loss against numbers worked by hand, and the way it pulls."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from synthgen.losses.adversarial import LOSSES, AdversarialLoss
from synthgen.losses.penalties import slope_away_from_one, squared_slope

LN2, LN3 = math.log(2), math.log(3)

# Real scores ln 3 and 0, generated ones 0 and -ln 3, so D is 3/4, 1/2 and 1/2, 1/4: (critic's loss, generator's).
HAND = {
    "minimax": (-(math.log(0.75) + math.log(0.5)), (math.log(0.5) + math.log(0.75)) / 2),
    "non-saturating": (-(math.log(0.75) + math.log(0.5)), -(math.log(0.5) + math.log(0.25)) / 2),
    "least-squares": (((LN3 - 1) ** 2 + 1 + LN3**2) / 4, (1 + (LN3 + 1) ** 2) / 4),
    "hinge": ((0 + 1) / 2 + (1 + 0) / 2, LN3 / 2),
    "wasserstein-gp": (-LN3, LN3 / 2),
    "relativistic": (-math.log(0.75), -math.log(0.25)),  # both pairs are ln 3 apart
}
AT_ZERO = {
    "minimax": (2 * LN2, -LN2),
    "non-saturating": (2 * LN2, LN2),
    "least-squares": (0.5, 0.5),
    "hinge": (2.0, 0.0),
    "wasserstein-gp": (0.0, 0.0),
    "relativistic": (LN2, LN2),
}
REAL, FAKE = torch.tensor([LN3, 0.0]), torch.tensor([0.0, -LN3])


def pulls(loss: AdversarialLoss, real: Tensor, fake: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Where a step of descent moves real and generated scores for the critic, and generated ones for the generator."""
    real, fake = real.clone().requires_grad_(), fake.clone().requires_grad_()
    of_real, of_fake = torch.autograd.grad(loss.critic(real, fake), (real, fake))
    (of_generator,) = torch.autograd.grad(loss.generator(real.detach(), fake), fake)
    return -of_real, -of_fake, -of_generator


def test_every_loss_has_its_row_of_numbers() -> None:
    assert set(HAND) == set(AT_ZERO) == set(LOSSES)


@pytest.mark.parametrize("name", LOSSES)
def test_a_loss_is_what_is_worked_out_by_hand(name: str) -> None:
    loss = LOSSES[name]
    assert (float(loss.critic(REAL, FAKE)), float(loss.generator(REAL, FAKE))) == pytest.approx(HAND[name], rel=1e-6)
    zero = torch.zeros(3)
    assert (float(loss.critic(zero, zero)), float(loss.generator(zero, zero))) == pytest.approx(AT_ZERO[name], rel=1e-6)


@pytest.mark.parametrize("name", LOSSES)
def test_every_loss_keeps_the_contract(name: str) -> None:
    loss, unsure = LOSSES[name], torch.full((4,), 0.25)
    assert loss.name == name
    real, fake, generator = pulls(loss, unsure, unsure)
    assert (real > 0).all()  # the critic raises real scores
    assert (fake < 0).all()  # and lowers generated ones
    assert (generator > 0).all()  # which the generator raises
    assert torch.allclose(real, real[:1].expand(4))  # rows count alike
    wide = torch.linspace(-1e4, 1e4, 5)
    assert loss.critic(wide, wide.flip(0)).isfinite()
    assert loss.generator(wide, wide.flip(0)).isfinite()
    assert bool(loss.generator(wide, unsure[:1]) == loss.generator(wide.new_zeros(0), unsure[:1])) != loss.paired
    with pytest.raises(AttributeError):
        loss.name = "other"  # type: ignore[misc]
    rows, rng = torch.randn(6, 2, generator=torch.Generator().manual_seed(0)), torch.Generator().manual_seed(1)
    penalty = loss.penalty(lambda x: x.square().sum(1), rows[:3], rows[3:], rng)
    assert penalty.shape == ()
    assert bool(penalty > 0) == bool(loss.penalty_weight)
    assert loss.penalty_every >= 1


def test_minimax_saturates_where_the_critic_is_sure_and_non_saturating_does_not() -> None:
    sure = torch.tensor([-20.0])
    assert float(pulls(LOSSES["minimax"], -sure, sure)[2]) < 1e-8
    assert float(pulls(LOSSES["non-saturating"], -sure, sure)[2]) > 0.99


def test_hinge_leaves_scores_alone_that_are_beyond_its_margin() -> None:
    real, fake, _ = pulls(LOSSES["hinge"], torch.tensor([1.5, 0.5]), torch.tensor([-1.5, -0.5]))
    assert real.tolist() == [0.0, 0.5]
    assert fake.tolist() == [0.0, -0.5]


def test_relativistic_asks_only_for_differences() -> None:
    loss = LOSSES["relativistic"]
    assert float(loss.critic(REAL + 7, FAKE + 7)) == pytest.approx(float(loss.critic(REAL, FAKE)), rel=1e-5)


def linear(rows: Tensor) -> Tensor:
    """A slope of length 13 everywhere."""
    return rows @ torch.tensor([3.0, 4.0, 12.0])


def test_penalties_of_a_linear_critic_are_its_squared_length() -> None:
    rng = torch.Generator().manual_seed(0)
    real, fake = torch.randn(5, 3, generator=rng), torch.randn(5, 3, generator=rng)
    assert squared_slope(linear, real).tolist() == pytest.approx([169.0] * 5)
    assert float(LOSSES["relativistic"].penalty(linear, real, fake, rng)) == pytest.approx(169.0)  # (R1 + R2) / 2
    assert float(LOSSES["wasserstein-gp"].penalty(linear, real, fake, rng)) == pytest.approx(144.0)  # (13 - 1)^2


def test_r1_looks_at_real_rows_and_r2_at_generated_ones() -> None:
    def bowl(rows: Tensor) -> Tensor:  # its slope is twice the row
        return rows.square().sum(1)

    real, fake = torch.tensor([[1.0, 0.0]]), torch.tensor([[0.0, 3.0]])
    penalty = LOSSES["relativistic"].penalty(bowl, real, fake, torch.Generator())
    assert float(penalty.detach()) == pytest.approx((4 + 36) / 2)


def test_the_gradient_penalty_looks_on_the_line_between_two_rows() -> None:
    seen: list[Tensor] = []

    def watched(rows: Tensor) -> Tensor:
        seen.append(rows.detach())
        return rows.sum(1)

    real, fake = torch.zeros(200, 2), torch.tensor([[1.0, 3.0]]).expand(200, 2)
    slope_away_from_one(watched, real, fake, torch.Generator().manual_seed(0))
    share = seen[0][:, 0]
    assert torch.allclose(seen[0][:, 1], 3 * share)
    assert float(share.min()) < 0.05
    assert float(share.max()) > 0.95


def test_penalties_teach_the_critic_and_reach_no_generator() -> None:
    weights = torch.tensor([3.0, 4.0], requires_grad=True)
    fake = torch.ones(2, 2, requires_grad=True)
    for name in ("relativistic", "wasserstein-gp"):
        rng = torch.Generator().manual_seed(0)
        penalty = LOSSES[name].penalty(lambda rows: rows @ weights, torch.zeros(2, 2), fake * 2, rng)
        of_weights, of_fake = torch.autograd.grad(penalty, (weights, fake), allow_unused=True)
        assert of_fake is None
        wanted = [6.0, 8.0] if name == "relativistic" else [4.8, 6.4]  # 2w; 2 (5 - 1) w / 5
        assert of_weights.tolist() == pytest.approx(wanted)


def test_penalties_take_pictures_too() -> None:
    pictures = torch.zeros(2, 3, 4, 4)
    assert squared_slope(lambda x: x.flatten(1).sum(1), pictures).tolist() == [48.0, 48.0]
    rng = torch.Generator().manual_seed(0)
    assert slope_away_from_one(lambda x: x.flatten(1).sum(1), pictures, pictures + 1, rng).shape == (2,)
