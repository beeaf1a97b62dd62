"""A generator against a private critic: what touches real rows is bounded, and the rest touches none."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch

from synthgen.dp.noise import Noise
from synthgen.errors import ConfigError
from synthgen.nets.one_shot import OneShotCritic, OneShotGenerator, OneShotRollOut
from synthgen.training.loop import new_network
from synthgen.training.private import PrivatePlan
from synthgen.training.private_adversarial import PrivateGame, check_game
from synthgen.training.settings import AdversarialSettings
from tests.made import layout_of

PLAN = PrivatePlan(batch=64, rate=0.2, steps=3, noise=0.5)
SETTINGS = AdversarialSettings(loss="non-saturating", penalty_weight=0.1, penalty_every=2, noise_width=4)


def game_of(
    tokens: np.ndarray,
    plan: PrivatePlan = PLAN,
    noise: Noise | None = None,
    settings: AdversarialSettings = SETTINGS,
    unit_N: np.ndarray | None = None,
) -> PrivateGame:
    layout = layout_of([4, 4, 3])
    generator = new_network(lambda: OneShotGenerator(layout, 16, 1, 4), 0)
    critic = new_network(lambda: OneShotCritic(layout, 16, 1), 0)
    cpu, drawn = torch.device("cpu"), noise or Noise(seed=0)
    return PrivateGame(generator, critic, layout, torch.from_numpy(tokens), plan, settings, drawn, cpu, unit_N)


def tokens_of(rows: int = 300) -> np.ndarray:
    a = np.random.default_rng(0).integers(0, 4, rows)
    return np.stack([a, a, np.zeros_like(a)], 1)


def test_the_generator_never_meets_a_real_row() -> None:
    """Other rows, the same sums of gradients: the generator is the same."""

    def generator(tokens: np.ndarray) -> torch.Tensor:
        game = game_of(tokens)
        game.gradients.sum = lambda *_: torch.zeros(len(game.critic_vector))  # type: ignore[method-assign]
        game.run()
        game.finish()
        return game.generator_vector.detach().clone()

    assert torch.equal(generator(tokens_of()), generator((tokens_of() + 1) % 3))


def test_one_pair_moves_the_sum_by_no_more_than_the_bound() -> None:
    game = game_of(tokens_of(), dataclasses.replace(PLAN, clip=0.01))
    game.noise.gaussian = lambda n, sd: np.zeros(n)  # type: ignore[method-assign]
    sums = []
    whole = game.gradients.sum
    game.gradients.sum = lambda n, losses: sums.append((n, whole(n, losses))) or sums[-1][1]  # type: ignore[func-returns-value,method-assign]
    game.units.draw = lambda *_: torch.tensor([5])  # type: ignore[method-assign]
    game.run()
    assert len(sums) == PLAN.steps
    assert all(n == 1 and 0 < float(total.double().norm()) <= 0.01 for n, total in sums)


def test_a_step_without_rows_works_and_the_noise_decides() -> None:
    empty = dataclasses.replace(PLAN, rate=1e-12)

    def critic(noise: Noise) -> torch.Tensor:
        game = game_of(tokens_of(), empty, noise)
        game.run()
        return game.critic_vector.detach().clone()

    assert torch.equal(critic(Noise(seed=1)), critic(Noise(seed=1)))
    assert not torch.equal(critic(Noise(seed=1)), critic(Noise(seed=2)))


def test_a_game_with_little_noise_learns() -> None:
    plan = PrivatePlan(batch=150, rate=0.5, steps=300, noise=0.02, learning_rate=1e-2)
    settings = AdversarialSettings(loss="non-saturating", noise_width=4, generator_rate=5e-3, average=0.9)
    game = game_of(tokens_of(), plan, settings=settings)
    game.run()
    drawn = OneShotRollOut(game.finish()).chunk(2000, torch.Generator().manual_seed(0)).numpy()
    assert (drawn[:, 0] == drawn[:, 1]).mean() > 0.6  # about 0.25 when new
    assert (drawn[:, 2] == 0).mean() > 0.6


@pytest.mark.parametrize(
    ("chosen", "said"),
    [({"loss": "relativistic"}, "sees scores of real rows"), ({"loss": "hinge", "packing": 4}, "a pack of 4 rows")],
)
def test_what_cannot_be_private_is_refused(chosen: dict[str, object], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        check_game(AdversarialSettings.model_validate(chosen))
