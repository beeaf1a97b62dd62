"""A number that is not finite stops every loop before the weights move; the message says where, and what to change."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import synthgen
from synthgen.errors import DivergedError
from synthgen.losses.adversarial import LOSSES
from synthgen.losses.likelihood import MaskedLikelihood
from synthgen.nets.any_order import AnyOrderGenerator
from synthgen.nets.critic import Critic
from synthgen.synthesizers import keeping
from synthgen.training import critic as critic_module
from synthgen.training.adversarial import AdversarialTrainer, Rows
from synthgen.training.correction import correct_marginals
from synthgen.training.critic import teach
from synthgen.training.loop import Trainer, flatten, split_held
from synthgen.training.planning import plan
from synthgen.training.rival import Rival
from synthgen.training.settings import AdversarialSettings, CriticSettings, TrainingSettings
from tests.made import accounts, generator_of, layout_of

CPU = torch.device("cpu")
QUICK = {"max_steps": 60, "evaluate_every": 10, "width": 16, "blocks": 1}
Spoil = Callable[[Tensor, AnyOrderGenerator], Tensor]


def bad_loss(loss: Tensor, _network: nn.Module) -> Tensor:
    return loss * float("nan")


def bad_gradient(loss: Tensor, network: nn.Module) -> Tensor:
    """Finite itself; its gradient is nan, as that of a root at zero."""
    return loss + (next(iter(network.parameters())).sum() * 0).sqrt()


class Planted:
    """The usual objective until the given batch, then a fault."""

    def __init__(self, at: int, spoil: Spoil | None = None, held_at: int = 0) -> None:
        self.inner = MaskedLikelihood(layout_of([4, 3]), CPU)
        self.at, self.spoil, self.held_at, self.batches, self.looks = at, spoil, held_at, 0, 0

    def learn(self, network: AnyOrderGenerator, tokens_BS: Tensor, rng: torch.Generator) -> Tensor:
        self.batches += 1
        loss = self.inner.learn(network, tokens_BS, rng)
        return self.spoil(loss, network) if self.spoil and self.batches == self.at else loss

    def hold(self, network: AnyOrderGenerator, tokens_BS: Tensor, rng: torch.Generator) -> Tensor:
        self.looks += 1
        loss = self.inner.hold(network, tokens_BS, rng)
        return loss * float("inf") if self.looks == self.held_at else loss


def trainer_of(objective: Planted) -> Trainer[AnyOrderGenerator]:
    rng = np.random.default_rng(0)
    tokens = torch.from_numpy(np.stack([rng.integers(0, 4, 300), rng.integers(0, 3, 300)], 1))
    train, held = split_held(300, 0.1, 0)
    filled = plan(300, TrainingSettings(**QUICK, batch_rows=32))
    return Trainer(generator_of(layout_of([4, 3])), objective, tokens[train], tokens[held], filled, 0, CPU)


@pytest.mark.parametrize(("spoil", "what"), [(bad_loss, "loss"), (bad_gradient, "gradient")])
def test_the_likelihood_loop_stops_before_the_weights_move(spoil: Spoil, what: str) -> None:
    whole, trainer = trainer_of(Planted(0)), trainer_of(Planted(14, spoil))
    whole.run(stop=lambda: whole.clock.step == 13)
    with pytest.raises(
        DivergedError, match=f"^step 14: the {what} is not finite; .* not updated. Lower training.learning_rate$"
    ):
        trainer.run()
    assert trainer.clock.step == 13
    for name in ("weights", "average", "best"):
        assert torch.equal(getattr(trainer, name).detach(), getattr(whole, name).detach()), name
    for key, value in whole.optimizer.state[whole.weights].items():
        assert torch.equal(value, trainer.optimizer.state[trainer.weights][key])


def test_a_held_out_loss_that_is_not_finite_stops_the_run_too() -> None:
    trainer = trainer_of(Planted(0, held_at=5))  # four mask draws a look: the second look
    with pytest.raises(
        DivergedError, match=r"^step 20: the held-out loss is not finite; .* Lower training\.learning_rate$"
    ):
        trainer.run()
    assert len(trainer.history) == 1


def adversarial(rows: Tensor, held: Rows | None = None) -> AdversarialTrainer:
    settings = AdversarialSettings(loss="hinge", batch_rows=32, noise_width=2, max_steps=1_000, evaluate_every=5)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        generator, critic = nn.Linear(2, rows.shape[1]), nn.Linear(rows.shape[1], 1)
    return AdversarialTrainer(generator, critic, Rows(rows), settings, 0, CPU, held)


def test_a_nan_in_the_data_stops_the_adversarial_loop_at_the_batch_that_holds_it() -> None:
    rows = torch.randn(2_000, 3, generator=torch.Generator().manual_seed(0))
    rows[77, 1] = float("nan")
    trainer = adversarial(rows)
    before: list[tuple[Tensor, Tensor]] = []

    def keep() -> bool:
        before.append((trainer.critic.vector.detach().clone(), trainer.generator.vector.detach().clone()))
        return False

    with pytest.raises(
        DivergedError, match=r"^step \d+: the critic's loss is not finite; .* Lower adversarial\.critic_rate$"
    ) as error:
        trainer.run(stop=keep)
    assert str(error.value).startswith(f"step {len(before) + 1}:")
    assert torch.equal(trainer.critic.vector, before[-1][0])
    assert torch.equal(trainer.generator.vector, before[-1][1])


@pytest.mark.parametrize("role", ["critic", "generator"])
def test_a_gradient_alone_stops_the_adversarial_loop(role: str, monkeypatch: pytest.MonkeyPatch) -> None:
    trainer = adversarial(torch.randn(200, 3, generator=torch.Generator().manual_seed(0)))
    trainer.run(stop=lambda: trainer.step == 3)
    player = getattr(trainer, role)
    before = player.vector.detach().clone()
    loss = getattr(LOSSES["hinge"], role)
    spoiled = staticmethod(lambda *scores: bad_gradient(loss(*scores), player.network))
    monkeypatch.setattr(trainer, "loss", type("Spoiled", (type(trainer.loss),), {role: spoiled})())
    with pytest.raises(DivergedError, match=f"^step 4: the {role}'s gradient .* Lower adversarial.{role}_rate$"):
        trainer.run()
    assert torch.equal(player.vector, before)


def test_a_nan_among_held_out_rows_is_found_at_the_look() -> None:
    rows = torch.randn(400, 3, generator=torch.Generator().manual_seed(0))
    held = rows.clone()
    held[:, 0] = float("nan")
    with pytest.raises(DivergedError, match=r"^step 5: the critic's scores .* Lower adversarial\.critic_rate$"):
        adversarial(rows, Rows(held)).run()


def test_a_critic_that_is_taught_stops_before_its_weights_move(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = np.random.default_rng(0).integers(0, 4, (200, 1))
    seen: list[Tensor] = []

    def watched(module: nn.Module) -> Tensor:
        seen.append(flatten(module))
        seen.append(seen[0].detach().clone())
        return seen[0]

    monkeypatch.setattr(critic_module, "flatten", watched)
    with pytest.raises(DivergedError, match=r"^critic, step 1: .* not updated\. Try another seed$"):
        teach(layout_of([4]), rows, np.where(rows[:, 0] > 1, np.nan, 0.0), seed=0)
    assert torch.equal(seen[0].detach(), seen[1])


def test_a_gradient_alone_stops_a_critic_that_is_taught(monkeypatch: pytest.MonkeyPatch) -> None:
    forward = Critic.forward
    monkeypatch.setattr(Critic, "forward", lambda self, *given: bad_gradient(forward(self, *given), self))
    rows = np.random.default_rng(0).integers(0, 4, (200, 1))
    with pytest.raises(DivergedError, match=r"^critic, step 1: "):
        teach(layout_of([4]), rows, rows[:, 0] % 2, seed=0)


def rival_of(seed: int = 0) -> Rival:
    rows = torch.from_numpy(np.random.default_rng(seed).integers(0, [4, 3], (400, 2)))
    return Rival(layout_of([4, 3]), rows[:300], rows[300:], CriticSettings(updates=3, rows=256), seed, CPU)


@pytest.mark.parametrize(("spoil", "what"), [(bad_loss, "loss"), (bad_gradient, "gradient")])
def test_the_critic_beside_the_generator_stops_before_its_weights_move(
    spoil: Spoil, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rival, drawn = rival_of(), torch.from_numpy(np.random.default_rng(1).integers(0, [4, 3], (256, 2)))
    rival.look(drawn)
    before, loss = rival.vector.detach().clone(), rival.loss.critic
    spoiled = staticmethod(lambda *scores: spoil(loss(*scores), rival.critic))
    monkeypatch.setattr(rival, "loss", type("Spoiled", (type(rival.loss),), {"critic": spoiled})())
    with pytest.raises(DivergedError, match=f"^update 4 of the critic: its {what} .* Lower critic.learning_rate$"):
        rival.look(drawn)
    assert torch.equal(rival.vector, before)


def test_the_correction_leaves_the_biases_of_a_broken_generator_alone() -> None:
    tokens = np.random.default_rng(0).integers(0, 3, (500, 2))
    generator = generator_of(layout_of([3, 3]))
    with torch.no_grad():
        generator.head[0, 0] = float("nan")
    before = generator.bias.detach().clone()
    with pytest.raises(DivergedError, match=r"^correcting marginals, round 1: .* Lower training\.learning_rate$"):
        correct_marginals(generator, tokens, seed=0, rows=1_024)
    assert torch.equal(before, generator.bias.detach())


def plant(monkeypatch: pytest.MonkeyPatch, at: int, spoil: Spoil) -> None:
    """A fault in the default model's training, as if it were there."""
    learn, batches = MaskedLikelihood.learn, [0]

    def planted(self: MaskedLikelihood, network: AnyOrderGenerator, tokens_BS: Tensor, rng: torch.Generator) -> Tensor:
        batches[0] += 1
        loss = learn(self, network, tokens_BS, rng)
        return spoil(loss, network) if batches[0] == at else loss

    monkeypatch.setattr(MaskedLikelihood, "learn", planted)
    monkeypatch.setattr(keeping, "SECONDS_BETWEEN_CHECKPOINTS", 0.0)


def test_python_raises_what_a_caller_can_catch(monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch, 5, bad_loss)
    with pytest.raises(synthgen.DivergedError, match="step 5"):
        synthgen.Synthesizer(training=QUICK).fit(accounts(200)[["plan", "posts", "is_bot"]])
