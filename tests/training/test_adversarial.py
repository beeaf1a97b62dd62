"""The adversarial loop does what each of its settings says."""

from __future__ import annotations

import json
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from synthgen.errors import ConfigError, DivergedError
from synthgen.losses.adversarial import LOSSES
from synthgen.training.adversarial import AdversarialTrainer, Player, Rows
from synthgen.training.settings import AdversarialSettings

CPU = torch.device("cpu")
ROWS = torch.randn(400, 2, generator=torch.Generator().manual_seed(0)) * torch.tensor([1.0, 0.3]) + 1


class Watched(nn.Module):
    """A small network that keeps what it was given."""

    def __init__(self, inputs: int, outputs: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Linear(inputs, 16), nn.LeakyReLU(0.2), nn.Dropout(dropout), nn.Linear(16, outputs))
        self.seen: list[Tensor] = []

    def forward(self, rows: Tensor, conditions: Tensor | None = None) -> Tensor:
        self.seen.append(rows.detach())
        out: Tensor = self.body(rows if conditions is None else torch.cat([rows, conditions], 1))
        return out


def trainer_of(
    rows: Tensor = ROWS, conditions: Tensor | None = None, held: Rows | None = None, dropout: float = 0.0, **chosen: Any
) -> AdversarialTrainer:
    settings = AdversarialSettings(
        **{"batch_rows": 32, "noise_width": 4, "max_steps": 5, "evaluate_every": 5, **chosen}
    )
    extra = 0 if conditions is None else conditions.shape[1]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        generator = Watched(settings.noise_width + extra, rows.shape[1])
        critic = Watched((rows.shape[1] + extra) * settings.packing, 1, dropout)
    return AdversarialTrainer(generator, critic, Rows(rows, conditions), settings, 0, CPU, held)


def moved(trainer: AdversarialTrainer) -> Tensor:
    """Both networks' weights after a run."""
    trainer.run()
    return torch.cat([trainer.generator.vector.detach(), trainer.critic.vector.detach()])


def seen(player: Player) -> list[Tensor]:
    assert isinstance(player.network, Watched)
    return player.network.seen


@pytest.mark.parametrize("loss", LOSSES)
def test_every_loss_trains_any_two_networks_and_the_same_seed_gives_the_same_bytes(loss: str) -> None:
    torch.manual_seed(1)
    first = moved(trainer_of(loss=loss, dropout=0.5))
    torch.manual_seed(2)  # what others draw from the global generator moves nothing
    state = torch.random.get_rng_state()
    assert torch.equal(first, moved(trainer_of(loss=loss, dropout=0.5)))
    assert torch.equal(state, torch.random.get_rng_state())
    assert first.isfinite().all()


def test_another_seed_gives_other_weights() -> None:
    other = trainer_of()
    again = AdversarialTrainer(
        other.generator.network, other.critic.network, other.source, other.settings, seed=1, device=CPU
    )
    assert not torch.equal(moved(trainer_of()), moved(again))


@pytest.mark.parametrize("loss", LOSSES)
def test_k_batches_added_up_equal_one_batch_k_times_as_large(loss: str) -> None:
    apart = trainer_of(loss=loss, batch_rows=32, accumulate=4)
    together = trainer_of(loss=loss, batch_rows=128)
    assert torch.allclose(moved(apart), moved(together), atol=2e-5)


def test_gradients_are_shortened_to_the_bound_and_the_longer_ones_only() -> None:
    free = trainer_of(loss="hinge", max_steps=1)
    free.run()
    norm = float(free.critic.vector.grad.norm())  # type: ignore[union-attr]
    assert norm == pytest.approx(free.history[0]["critic_grad_norm"])
    for bound, wanted in ((norm / 2, norm / 2), (norm * 2, norm)):
        held = trainer_of(loss="hinge", max_steps=1, max_grad_norm=bound)
        held.run()
        assert float(held.critic.vector.grad.norm()) == pytest.approx(wanted, rel=1e-5)  # type: ignore[union-attr]
        assert held.history[0]["critic_grad_norm"] == pytest.approx(norm)  # the history tells the length before


def test_the_average_is_the_one_worked_out_by_hand() -> None:
    trainer = trainer_of(average=0.07, max_steps=3)
    weights = [trainer.generator.vector.detach().clone()]
    trainer.run(stop=lambda: bool(weights.append(trainer.generator.vector.detach().clone())))
    average = weights[0]
    for step, decay in ((1, 1 / 21), (2, 0.07), (3, 0.07)):  # step / (step + 20) until it reaches the setting
        average = decay * average + (1 - decay) * weights[step]
    assert torch.allclose(trainer.average, average, atol=1e-7)
    with trainer.averaged() as generator:
        assert torch.equal(nn.utils.parameters_to_vector(generator.parameters()), trainer.average)
    assert torch.equal(trainer.generator.vector, weights[3])
    assert torch.equal(nn.utils.parameters_to_vector(trainer.finish().parameters()), trainer.average)


def test_packing_lays_p_rows_side_by_side_before_the_critic() -> None:
    numbered = torch.arange(400.0)[:, None] * torch.tensor([1.0, -1.0])
    trainer = trainer_of(numbered, packing=4, max_steps=1)
    trainer.run()
    packs = seen(trainer.critic)[0]
    assert packs.shape == (8, 8)
    assert torch.equal(packs[:, 0::2], -packs[:, 1::2])  # whole rows, one after another
    drawn, _ = trainer.source.draw(32, trainer._stream("rows", CPU))
    assert torch.equal(packs.reshape(32, 2), drawn)


def test_packed_pictures_stack_their_channels() -> None:
    trainer = trainer_of(packing=4)
    pictures = torch.arange(8 * 3 * 2 * 2.0).reshape(8, 3, 2, 2)
    packs = trainer._packs(pictures)
    assert packs.shape == (2, 12, 2, 2)
    assert torch.equal(packs[1, 3:6], pictures[5])


def test_generated_rows_get_the_conditions_of_the_real_rows_beside_them() -> None:
    conditions = (torch.arange(400) < 40).float()[:, None]
    given: list[Tensor] = []

    class Told(Watched):
        def forward(self, rows: Tensor, conditions: Tensor | None = None) -> Tensor:
            assert conditions is not None
            given.append(conditions)
            return super().forward(rows, conditions)

    networks = Told(5, 2), Told(3, 1)
    settings = AdversarialSettings(batch_rows=1_000, noise_width=4, max_steps=1, penalty_weight=0)
    AdversarialTrainer(*networks, Rows(ROWS, conditions), settings, 0, CPU).run()
    made, real, fake = given[:3]
    assert torch.equal(made, real)
    assert torch.equal(made, fake)
    assert float(made.mean()) == pytest.approx(0.1, abs=0.04)  # their true share; 4 standard errors


def test_conditions_are_obeyed_after_training() -> None:
    side = (torch.arange(400) % 2).float()[:, None]
    rows = ROWS * 0.2 + torch.cat([side * 4 - 2, side * 0], 1)
    trainer = trainer_of(
        rows, side, max_steps=150, penalty_weight=0.1, generator_rate=1e-2, critic_rate=1e-2, average=0.9
    )
    trainer.run()
    trainer.finish()
    for asked, middle in ((0.0, -1.8), (1.0, 2.2)):
        made = trainer.sample(500, torch.Generator().manual_seed(0), torch.full((500, 1), asked))
        assert float(made[:, 0].mean()) == pytest.approx(middle, abs=0.5)


def test_each_network_has_its_own_rate() -> None:
    start = trainer_of()
    for still, moving in (("generator", "critic"), ("critic", "generator")):
        trainer = trainer_of(**{f"{still}_rate": 1e-30})
        trainer.run()
        assert torch.equal(getattr(trainer, still).vector, getattr(start, still).vector)
        assert not torch.equal(getattr(trainer, moving).vector, getattr(start, moving).vector)


def test_both_rates_fall_at_the_end() -> None:
    trainer, rates = trainer_of(cooldown=0.5, generator_rate=0.8, critic_rate=0.4, max_steps=8, evaluate_every=1), []
    trainer.run(look=lambda t: rates.append([p.optimizer.param_groups[0]["lr"] for p in (t.generator, t.critic)]))
    assert [rate for rate, _ in rates] == pytest.approx([0.8] * 5 + [0.6, 0.4, 0.2])
    assert [rate for _, rate in rates] == pytest.approx([0.4] * 5 + [0.3, 0.2, 0.1])


def test_adam_remembers_as_long_as_it_is_told() -> None:
    plain = moved(trainer_of())
    assert not torch.equal(plain, moved(trainer_of(beta1=0.9)))
    assert not torch.equal(plain, moved(trainer_of(beta2=0.5)))


def test_the_critic_is_updated_so_many_times_for_one_update_of_the_generator() -> None:
    trainer = trainer_of(critic_steps=3, loss="hinge")
    trainer.run()
    assert (trainer.step, trainer.critic_updates) == (5, 15)
    assert len(seen(trainer.critic)) == 2 * 15 + 5  # real and generated rows; for the generator its own alone
    assert len(seen(trainer.generator)) == 15 + 5


def largest(trainer: AdversarialTrainer) -> list[float]:
    """Largest singular value of each of the critic's layers."""
    layers = [part for part in trainer.critic.network.modules() if isinstance(part, nn.Linear)]
    return [float(torch.linalg.matrix_norm(layer.weight.detach(), 2)) for layer in layers]


def test_spectral_norm_holds_every_layer_of_the_critic_at_one() -> None:
    normed, free = (trainer_of(spectral_norm=on, critic_rate=0.05, max_steps=20) for on in (True, False))
    normed.run()
    free.run()
    assert largest(normed) == pytest.approx([1, 1], abs=0.1)  # one round of power iteration an update
    assert largest(free) != pytest.approx([1, 1], abs=0.3)


def test_noise_is_normal_or_uniform_and_as_wide_as_asked() -> None:
    normal, uniform = trainer_of(noise_width=6)._noise(4_000), trainer_of(noise="uniform")._noise(4_000)
    assert normal.shape == (4_000, 6)
    assert float(normal.std()) == pytest.approx(1, abs=0.03)
    assert float(normal.abs().max()) > 3
    assert float(uniform.std()) == pytest.approx(3**-0.5, abs=0.02)
    assert float(uniform.abs().max()) <= 1


def test_first_weights_are_drawn_anew_by_name_and_from_the_seed() -> None:
    made, drawn, again = trainer_of(), trainer_of(initialisation="normal"), trainer_of(initialisation="normal")
    assert not torch.equal(made.critic.vector, drawn.critic.vector)
    assert torch.equal(drawn.critic.vector, again.critic.vector)


def test_the_penalty_counts_what_the_settings_say_and_as_often() -> None:
    def penalties(**chosen: Any) -> list[float]:
        trainer, found = trainer_of(max_steps=4, evaluate_every=1, **chosen), []

        def look(trainer: AdversarialTrainer) -> None:
            found.append(trainer.last_penalty)

        trainer.run(look=look)
        return found

    once = penalties(critic_rate=1e-30, penalty_weight=1.0)
    twice = penalties(critic_rate=1e-30, penalty_weight=2.0)
    assert twice == pytest.approx([2 * value for value in once], rel=1e-4)
    lazy = penalties(critic_rate=1e-30, penalty_weight=1.0, penalty_every=3)
    assert lazy[0] == lazy[1] == lazy[2] == pytest.approx(3 * once[0])  # taken at the first and at the fourth update
    assert lazy[3] != lazy[2]
    assert penalties(penalty_weight=0.0) == [0.0] * 4
    assert penalties(loss="hinge") == [0.0] * 4
    assert penalties(loss="wasserstein-gp")[0] > 0


def test_a_run_ends_after_so_many_epochs() -> None:
    trainer = trainer_of(epochs=2.5, max_steps=1_000)
    trainer.run()
    assert trainer.step == 32  # 2.5 times 400 rows are 31.25 batches of 32
    assert trainer_of(epochs=2.5, max_steps=10).last_step == 10
    assert trainer_of(epochs=2.5, accumulate=2, max_steps=1_000).last_step == 16


def test_a_run_ends_when_its_quality_gets_no_better_and_the_best_weights_are_kept() -> None:
    figures, kept = iter([0.1, 0.5, 0.4, 0.5, 0.9]), []

    def quality(trainer: AdversarialTrainer) -> float:
        kept.append(trainer.generator.vector.detach().clone())  # the averaged weights, while they are asked about
        return next(figures)

    trainer = trainer_of(convergence="quality", patience=2, evaluate_every=3, max_steps=100)
    trainer.run(quality)
    assert trainer.step == 12
    assert [entry["quality"] for entry in trainer.history] == [0.1, 0.5, 0.4, 0.5]
    trainer.finish()
    assert torch.equal(trainer.generator.vector, kept[1])


def test_a_run_ends_when_the_critic_is_at_chance_on_held_out_rows_for_some_looks() -> None:
    same = trainer_of(held=Rows(ROWS), convergence="chance", patience=3, max_steps=100, critic_rate=1e-30)
    with torch.no_grad():
        same.critic.vector.zero_()  # scores every row alike
    same.run()
    assert same.step == 3 * 5
    assert same.history[0]["critic_auc"] == 0.5
    told = trainer_of(
        held=Rows(ROWS), convergence="chance", patience=1, max_steps=40, generator_rate=1e-30, critic_rate=0.02
    )
    told.run()
    assert told.step == 40
    assert told.history[-1]["critic_auc_low"] > 0.6


def test_the_history_tells_losses_penalty_and_gradients() -> None:
    trainer = trainer_of(max_steps=7)
    trainer.run()
    assert [entry["step"] for entry in trainer.history] == [5, 7]
    names = {"generator_loss", "critic_loss", "penalty", "generator_grad_norm", "critic_grad_norm"}
    assert set(trainer.history[0]) == names | {"step"}


@pytest.mark.parametrize("role", ["critic", "generator"])
def test_a_value_that_is_not_finite_stops_the_run_before_the_weights_move(role: str) -> None:
    trainer = trainer_of(max_steps=50)
    trainer.run(stop=lambda: trainer.step >= 3)
    player: Player = getattr(trainer, role)
    before = player.vector.detach().clone()
    if role == "critic":
        trainer.source = Rows(ROWS * float("inf"))
    else:
        trainer.loss = _Broken()
    with pytest.raises(
        DivergedError, match=rf"step 4: the {role}'s loss .* not updated. Lower adversarial.{role}_rate"
    ):
        trainer.run()
    assert torch.equal(player.vector, before)


class _Broken(type(LOSSES["hinge"])):  # type: ignore[misc]
    def generator(self, real_B: Tensor, fake_B: Tensor) -> Tensor:
        return fake_B.mean() / 0


@pytest.mark.parametrize(
    ("chosen", "message"),
    [
        ({"loss": "hinj"}, "adversarial.loss: no 'hinj'; did you mean 'hinge'"),
        ({"batch_rows": 500, "packing": 8}, "500 rows do not split into packs of 8; use 496 or 504"),
        ({"batch_rows": 4, "packing": 8}, "4 rows do not split into packs of 8; use 8"),
        ({"convergence": "chance"}, "'chance' needs held-out rows"),
        ({"loss": "hinge", "penalty_weight": 1.0}, "the loss 'hinge' has no penalty"),
    ],
)
def test_settings_that_do_not_go_together_are_refused(chosen: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        trainer_of(**chosen)


def test_a_run_that_is_to_end_by_a_quality_needs_one() -> None:
    with pytest.raises(ConfigError, match="'quality' needs a figure"):
        trainer_of(convergence="quality").run()


def test_a_critic_that_gives_more_than_one_score_a_row_is_refused() -> None:
    trainer = AdversarialTrainer(Watched(4, 2), Watched(2, 3), Rows(ROWS), AdversarialSettings(noise_width=4), 0, CPU)
    with pytest.raises(ValueError, match="768 scores for 256 rows"):
        trainer.run()


def stopped(at: int, **chosen: Any) -> AdversarialTrainer:
    trainer = trainer_of(**chosen)
    trainer.run(quality_of, stop=lambda: trainer.step >= at)
    return trainer


def quality_of(trainer: AdversarialTrainer) -> float:
    return -float(trainer.generator.vector.detach().square().sum())


@pytest.mark.parametrize("loss", LOSSES)
def test_a_run_that_stopped_anywhere_goes_on_bit_for_bit(loss: str) -> None:
    chosen = {"loss": loss, "dropout": 0.5, "spectral_norm": True, "packing": 2, "max_steps": 9, "evaluate_every": 4}
    whole = trainer_of(**chosen)
    whole.run(quality_of)
    for at in (2, 4, 7):
        before = stopped(at, **chosen)
        assert before.interrupted
        state, tensors = before.state()
        after = trainer_of(**chosen)
        after.load_state(json.loads(json.dumps(state)), {name: t.clone() for name, t in tensors.items()})
        torch.manual_seed(at)
        after.run(quality_of)
        assert torch.equal(after.critic.vector, whole.critic.vector)
        assert after.history == whole.history
        assert torch.equal(
            nn.utils.parameters_to_vector(after.finish().parameters()),
            nn.utils.parameters_to_vector(whole.finish().parameters()),
        )
        whole.generator.network.train()


def test_the_best_weights_come_with_the_running_means_of_their_time() -> None:
    class Normed(Watched):
        def __init__(self) -> None:
            super().__init__(4, 2)
            self.body.append(nn.BatchNorm1d(2))

    figures = iter([1.0, 0.0])
    settings = AdversarialSettings(batch_rows=32, noise_width=4, max_steps=10, evaluate_every=5, average=0.0)
    trainer = AdversarialTrainer(Normed(), Watched(2, 1), Rows(ROWS), settings, 0, CPU)
    kept: list[Tensor] = []

    def quality(trainer: AdversarialTrainer) -> float:
        norm = trainer.generator.network.get_submodule("body.4")
        assert isinstance(norm, nn.BatchNorm1d)
        assert norm.running_mean is not None
        kept.append(norm.running_mean.clone())
        return next(figures)

    trainer.run(quality)
    assert not torch.equal(kept[0], kept[1])
    assert torch.equal(trainer.finish().get_buffer("body.4.running_mean"), kept[0])
    assert trainer.best_step == 5


def test_minutes_become_steps_once() -> None:
    trainer = trainer_of(max_steps=10_000_000, evaluate_every=1_000_000)
    trainer.run(minutes=0.02)
    assert trainer.step_cap == trainer.step == trainer.last_step
    assert trainer.step > 60
    assert trainer.planned_steps == 10_000_000


def test_what_counts_beside_the_critics_say_is_added_to_the_generators_loss() -> None:
    plain, more = trainer_of(max_steps=1, critic_rate=1e-30), trainer_of(max_steps=1, critic_rate=1e-30)
    more.beside = lambda: torch.tensor(3.0)
    for trainer in (plain, more):
        trainer.run()
    losses = [trainer.history[0]["generator_loss"] for trainer in (plain, more)]
    assert losses[1] == pytest.approx(losses[0] + 3)
