"""One pass draws whole rows by the right chances, and hands the critic's slope back to them."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from synthgen.layout import Layout
from synthgen.nets.any_order import padded_groups
from synthgen.nets.one_shot import NOT_GIVEN, Draw, OneShotCritic, OneShotGenerator, OneShotRollOut, Stage
from tests.made import layout_of, path_layout

RNG = torch.Generator


def generator_of(layout: Layout, width: int = 16) -> OneShotGenerator:
    torch.manual_seed(0)
    return OneShotGenerator(layout, width, blocks=1, noise_width=4)


def tokens_of(layout: Layout, weights_BV: Tensor) -> Tensor:
    return torch.stack([part.argmax(1) for part in torch.split(weights_BV, layout.sizes, 1)], 1)


def test_the_gradient_is_that_of_the_expected_value_of_a_quadratic_score() -> None:
    rng = RNG().manual_seed(0)
    logits = torch.randn(1, 4, generator=rng, dtype=torch.double, requires_grad=True)
    a, b = torch.randn(4, 4, generator=rng, dtype=torch.double), torch.randn(4, generator=rng, dtype=torch.double)
    slot_TG = torch.ones(4, 1, dtype=torch.double)

    def score(x: Tensor) -> Tensor:
        return x @ a @ x + b @ x

    tokens = torch.eye(4, dtype=torch.double)
    expected = (logits.softmax(1)[0] * torch.stack([score(token) for token in tokens])).sum()
    (wanted,) = torch.autograd.grad(expected, logits)
    chance = logits.softmax(1).detach()
    found = torch.zeros(1, 4, dtype=torch.double)
    for p, token in zip(chance[0], tokens, strict=True):  # every draw that can happen, by its chance
        drawn = Draw.apply(logits, chance, token[None], slot_TG)
        found += p * torch.autograd.grad(score(drawn[0]), logits)[0]
    assert torch.allclose(found, wanted, atol=1e-12)


def test_tokens_are_drawn_by_their_chances_and_never_what_cannot_be() -> None:
    layout = layout_of([2, 3, 5])
    stage = Stage(layout, padded_groups(layout.sizes, layout.stages))
    torch.manual_seed(0)
    logits = torch.randn(stage.width)
    logits[stage.first_G[1] + 1] = -1e9
    drawn, weights = stage.draw(logits.expand(20_000, -1))
    assert torch.equal(weights.sum(1), torch.full((20_000,), 3.0))
    for i, (first, last) in enumerate(zip(stage.first_G.tolist(), stage.last_G.tolist(), strict=True)):
        wanted = logits[first : last + 1].softmax(0)
        found = torch.bincount(drawn[:, i], minlength=len(wanted)) / 20_000
        assert float((found - wanted).abs().max()) < 0.015  # four standard errors
    assert not bool((drawn[:, 1] == 1).any())


@pytest.mark.parametrize("drawn_by", ["training", "roll-out"])
def test_what_is_given_comes_back_and_paths_are_possible(drawn_by: str) -> None:
    layout = path_layout()
    generator = generator_of(layout)
    given = torch.full((600, 3), NOT_GIVEN)
    given[:200, 0] = 1
    given[200:400, 1] = 2
    given[400:, 1] = 0
    rng = RNG().manual_seed(0)
    if drawn_by == "training":
        tokens = tokens_of(layout, generator(torch.randn(600, 4, generator=rng), given))
    else:
        tokens = OneShotRollOut(generator).given(given, rng)
    assert torch.equal(tokens[given != NOT_GIVEN], given[given != NOT_GIVEN])
    children = torch.tensor([0, 2, 3])[tokens[:, 1]]
    assert torch.equal(tokens[:, 2] == 3, children == 0)  # an atom has no cells
    assert bool((tokens[:, 2] < children)[children > 0].all())


def test_training_and_roll_out_draw_by_the_same_law() -> None:
    layout = layout_of([2, 3], target=(1,))
    generator = generator_of(layout).eval()
    given = torch.full((20_000, 2), NOT_GIVEN)
    with torch.no_grad():
        one = tokens_of(layout, generator(torch.randn(20_000, 4, generator=RNG().manual_seed(1)), given))
    other = OneShotRollOut(generator).given(given, RNG().manual_seed(2))
    counts = [torch.bincount(tokens[:, 0] * 3 + tokens[:, 1], minlength=6) / 20_000 for tokens in (one, other)]
    assert float((counts[0] - counts[1]).abs().max()) < 0.02  # four standard errors of a difference


def test_columns_are_asked_for_equally_often_and_values_by_their_true_shares() -> None:
    seen = [[0] * 30 + [1] * 70, [0] * 10 + [2] * 90]
    generator = generator_of(layout_of([2, 3], seen=seen))
    given = generator.ask(20_000, RNG().manual_seed(0))
    assert bool(((given != NOT_GIVEN).sum(1) == 1).all())
    asked = [given[:, s][given[:, s] != NOT_GIVEN] for s in (0, 1)]
    assert len(asked[0]) / 20_000 == pytest.approx(0.5, abs=0.015)  # four standard errors
    assert float((asked[0] == 1).float().mean()) == pytest.approx(0.7, abs=0.02)
    assert float((asked[1] == 2).float().mean()) == pytest.approx(0.9, abs=0.015)
    assert not bool((asked[1] == 1).any())


def test_the_target_reads_what_was_drawn_before_it() -> None:
    layout = layout_of([2, 2], target=(1,))
    generator = generator_of(layout)
    with torch.no_grad():
        generator.core.embed[generator.core.first[0] + 1] += 20 * torch.randn(16)
    given = torch.tensor([[0, NOT_GIVEN], [1, NOT_GIVEN]]).repeat(4_000, 1)
    tokens = OneShotRollOut(generator).given(given, RNG().manual_seed(0))
    shares = [float(tokens[tokens[:, 0] == t, 1].float().mean()) for t in (0, 1)]
    assert abs(shares[0] - shares[1]) > 0.05


def test_a_score_moves_with_every_slot_of_every_row_of_a_pack_and_with_what_was_asked() -> None:
    layout = path_layout()
    torch.manual_seed(0)
    critic = OneShotCritic(layout, width=8, blocks=1, packing=2)
    nn.init.normal_(critic.core.out.weight)
    rows = torch.tensor([[0, 1, 0], [1, 2, 2]])
    hot = torch.zeros(2, sum(layout.sizes)).scatter_(1, rows + critic.core.first, 1.0).reshape(1, -1).requires_grad_()
    given = torch.full((1, 6), NOT_GIVEN)
    (slope,) = torch.autograd.grad(critic(hot, given).sum(), hot)
    assert bool((slope != 0).all())
    asked = given.clone()
    asked[0, 4] = 2
    assert not torch.equal(critic(hot, asked), critic(hot, given))


def test_rows_in_zeros_and_ones_are_read_like_tokens() -> None:
    layout = path_layout()
    torch.manual_seed(0)
    critic = OneShotCritic(layout, width=8, blocks=1).core
    rows = torch.tensor([[0, 1, 0], [1, 2, 2], [0, 0, 3], [1, 2, 0]])
    hot = torch.zeros(4, critic.n_tokens).scatter_(1, rows + critic.first, 1.0)
    assert torch.allclose(critic.inside.soft(hot), critic.inside(rows), atol=1e-5)
    assert np.count_nonzero(critic.inside.soft(hot)[2].detach()) == 0  # an atom has no place inside
