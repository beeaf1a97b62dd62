"""The critic in the loop: it can tell, it cannot tell, it teaches."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

import synthgen
from synthgen.errors import ConfigError, DivergedError
from synthgen.losses.adversarial import LOSSES
from synthgen.losses.likelihood import MaskedLikelihood
from synthgen.nets.any_order import AnyOrderGenerator
from synthgen.nets.rollout import RollOut
from synthgen.training.rival import Rival
from synthgen.training.settings import CriticSettings
from tests.made import accounts, generator_of, layout_of

CPU = torch.device("cpu")
QUICK = {"max_steps": 60, "evaluate_every": 10, "width": 16, "blocks": 1}


def rows(n: int, seed: int, tied: bool) -> torch.Tensor:
    rng = np.random.default_rng(seed)
    a = rng.integers(0, 4, n)
    return torch.as_tensor(np.stack([a, a if tied else rng.permutation(a)], 1))


def rival(**settings: Any) -> Rival:
    chosen = CriticSettings(**{"rows": 1000, "width": 16, **settings})
    return Rival(layout_of([4, 4]), rows(2000, 0, True), rows(500, 1, True), chosen, 0, CPU)


def test_it_tells_rows_whose_tie_is_broken_and_judges_rows_it_has_not_seen() -> None:
    critic = rival()
    for look in range(4):
        figures = critic.look(rows(1000, 10 + look, False))
    assert figures["critic_auc_low"] > 0.7
    assert figures["critic_auc_low"] <= figures["critic_auc"] <= figures["critic_auc_high"]
    assert critic.at_chance == 0


def test_looks_at_chance_are_counted() -> None:
    critic = rival()
    for look in range(4):
        critic.look(rows(1000, 10 + look, True))
    assert critic.at_chance >= 3  # one of four intervals of 95 % may miss


@pytest.mark.parametrize("loss", LOSSES)
def test_every_loss_of_the_family_teaches_it(loss: str) -> None:
    critic = rival(loss=loss, updates=60)
    for look in range(3):
        figures = critic.look(rows(1000, 10 + look, False))
    assert figures["critic_auc_low"] > 0.53


@pytest.mark.parametrize("gradient", ["rows", "slope"])
def test_the_critic_teaches_a_generator_the_tie(gradient: str) -> None:
    layout = layout_of([4, 4])
    generator = generator_of(layout, scale=0.2)
    likelihood = MaskedLikelihood(layout, CPU)
    critic = rival(gradient=gradient, weight=1.0, passes=2, rolled_rows=128)
    for look in range(4):
        critic.look(rows(1000, 10 + look, False))
    optimizer = torch.optim.Adam(generator.parameters(), lr=0.01)
    before = agreement(generator)
    for _ in range(40):
        optimizer.zero_grad()
        loss = critic.against(generator, rows(256, 3, True), lambda own, rng: likelihood.learn(generator, own, rng))
        torch.autograd.backward(loss, inputs=list(generator.parameters()))
        optimizer.step()
    assert before < 0.4
    assert agreement(generator) > before + 0.15  # no likelihood of real rows was asked for


def agreement(generator: AnyOrderGenerator) -> float:
    """How often the two columns of drawn rows agree."""
    drawn = RollOut(generator).chunk(4000, torch.Generator().manual_seed(0))
    generator.train()
    return float((drawn[:, 0] == drawn[:, 1]).double().mean())


def test_it_goes_on_bit_for_bit() -> None:
    whole, killed, resumed = rival(), rival(), rival()
    for look in range(3):
        whole.look(rows(1000, 10 + look, False))
    killed.look(rows(1000, 10, False))
    state, tensors = killed.state()
    resumed.load_state(state, {k: v.clone() for k, v in tensors.items()})
    for look in (1, 2):
        resumed.look(rows(1000, 10 + look, False))
    assert torch.equal(whole.vector, resumed.vector)


def test_a_loss_that_is_not_finite_is_named_before_the_weights_move() -> None:
    critic = rival()
    with torch.no_grad():
        critic.critic.norm.weight[0] = float("nan")
    before = critic.vector.detach().clone().nan_to_num()
    with pytest.raises(DivergedError, match=r"update 1 of the critic: .*critic\.learning_rate"):
        critic.look(rows(1000, 10, False))
    assert torch.equal(before, critic.vector.detach().nan_to_num())


def test_a_run_ends_when_the_critic_cannot_tell_and_says_so() -> None:
    rng = np.random.default_rng(0)
    table = accounts(600)[["plan"]].assign(coin=rng.integers(0, 2, 600), die=rng.integers(0, 6, 600).astype(str))
    training = QUICK | {"max_steps": 2000, "patience": 1000}
    model = synthgen.Synthesizer(training=training, critic={"patience": 3}).fit(table)
    facts = model.facts_["training"]
    assert facts["ended_by"] == "critic"
    assert facts["steps"] < 1000
    assert facts["critic"]["low"] <= 0.5
    assert any("critic_auc_low" in line for line in model.history_)


@pytest.mark.parametrize("gradient", ["rows", "slope"])
def test_a_table_is_learned_with_the_adversarial_loss(gradient: str) -> None:
    table = accounts(400)[["plan", "followers", "is_bot"]]
    critic = {"weight": 0.3, "gradient": gradient, "rolled_rows": 32, "every": 5}
    models = [synthgen.Synthesizer(training=QUICK, critic=critic).fit(table) for _ in range(2)]
    assert models[0].sample(50).equals(models[1].sample(50))
    assert not models[0].sample(50).equals(synthgen.Synthesizer(training=QUICK).fit(table).sample(50))


def test_a_model_without_an_adversarial_loss_says_so() -> None:
    with pytest.raises(ConfigError, match=r"critic\.weight: model 'vae'"):
        synthgen.Synthesizer(model="vae", training=QUICK, critic={"weight": 0.3}).fit(accounts(100))
