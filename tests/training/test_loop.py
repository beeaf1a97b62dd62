from __future__ import annotations

import numpy as np
import pytest
import torch

from synthgen.errors import DivergedError
from synthgen.layout import Layout
from synthgen.losses.likelihood import MaskedLikelihood
from synthgen.nets.any_order import AnyOrderGenerator
from synthgen.nets.rollout import RollOut
from synthgen.training.correction import correct_marginals
from synthgen.training.loop import Trainer, flatten, new_network, split_held
from synthgen.training.planning import plan
from synthgen.training.settings import TrainingSettings
from tests.made import generator_of, layout_of

CPU = torch.device("cpu")


def tokens_of(rows: int = 800) -> np.ndarray:
    """b copies a nine times in ten; c is independent."""
    rng = np.random.default_rng(0)
    a = rng.integers(0, 4, rows)
    b = np.where(rng.random(rows) < 0.9, a, rng.integers(0, 4, rows))
    return np.stack([a, b, rng.integers(0, 3, rows)], 1)


def trainer_of(tokens: np.ndarray, **settings: float) -> Trainer[AnyOrderGenerator]:
    chosen = {"width": 16, "blocks": 1, "batch_rows": 64, "evaluate_every": 20, "max_steps": 120, **settings}
    layout: Layout = layout_of([4, 4, 3], seen=[list(column) for column in tokens.T])
    filled = plan(len(tokens), TrainingSettings(**chosen))
    train, held = split_held(len(tokens), 0.1, 0)
    data = torch.from_numpy(tokens)
    network = new_network(lambda: AnyOrderGenerator(layout, filled.width, filled.blocks), 0)
    objective = MaskedLikelihood(layout, CPU, filled.any_share, filled.task_share)
    return Trainer(network, objective, data[train], data[held], filled, 0, CPU)


def test_training_learns_that_two_columns_go_together() -> None:
    trainer = trainer_of(tokens_of(), max_steps=400)
    trainer.run()
    drawn = RollOut(trainer.finish()).chunk(4000, torch.Generator().manual_seed(0)).numpy()
    assert (drawn[:, 0] == drawn[:, 1]).mean() == pytest.approx(0.925, abs=0.04)


def test_the_same_seed_gives_the_same_weights_and_another_gives_others() -> None:
    tokens = tokens_of()
    first, second = trainer_of(tokens), trainer_of(tokens)
    first.run()
    second.run()
    assert torch.equal(first.best, second.best)
    assert first.history == second.history


def test_a_resumed_run_ends_bit_for_bit_like_one_that_was_never_stopped() -> None:
    tokens = tokens_of()
    whole, killed, resumed = trainer_of(tokens), trainer_of(tokens), trainer_of(tokens)
    whole.run()
    killed.run(stop=lambda: killed.clock.step >= 57)
    state, tensors = killed.state()
    resumed.load_state(state, {k: v.clone() for k, v in tensors.items()})
    resumed.run()
    assert torch.equal(whole.best, resumed.best)
    assert torch.equal(whole.weights, resumed.weights)
    assert whole.history == resumed.history


def test_a_loss_that_is_not_finite_stops_the_run_before_the_weights_move() -> None:
    trainer = trainer_of(tokens_of())
    trainer.run(stop=lambda: trainer.clock.step >= 3)
    with torch.no_grad():
        trainer.network.head[0, 0] = float("nan")
    before = trainer.weights.detach().clone()
    with pytest.raises(DivergedError, match=r"step 4: .* not updated"):
        trainer.run()
    assert torch.equal(before.nan_to_num(), trainer.weights.detach().nan_to_num())


def test_when_held_out_loss_stalls_the_rate_decays_to_zero_and_training_ends() -> None:
    trainer = trainer_of(tokens_of(60), max_steps=100_000, patience=2, learning_rate=0.01)
    trainer.run()
    clock = trainer.clock
    assert clock.done
    assert not clock.cut
    assert clock.cooldown_start is not None
    assert clock.cooldown_start < clock.step <= clock.cooldown_start + clock.cooldown_steps < 3000
    rates = [line["learning_rate"] for line in trainer.history]
    assert rates[-1] < max(rates)
    assert clock.best_loss == min(line["held_out_loss"] for line in trainer.history)


def test_a_cap_in_minutes_becomes_steps_and_is_said() -> None:
    trainer = trainer_of(tokens_of(), max_steps=100_000, patience=1000)
    trainer.run(minutes=0.01)
    assert trainer.clock.cut
    assert trainer.clock.step_cap is not None
    assert trainer.clock.step <= trainer.clock.step_cap


def test_flat_weights_give_the_gradients_of_the_separate_ones() -> None:
    layout = layout_of([3, 4])
    apart, together = generator_of(layout), generator_of(layout)
    vector = flatten(together)
    tokens, given = torch.tensor([[1, 2]]), torch.tensor([[True, False]])
    for generator in (apart, together):
        torch.autograd.backward(sum(logits.square().sum() for logits in generator(tokens, given)))
    assert vector.grad is not None
    torch.testing.assert_close(
        torch.cat([(p.grad if p.grad is not None else torch.zeros_like(p)).flatten() for p in apart.parameters()]),
        vector.grad,
    )


def test_the_correction_brings_shares_to_the_tables() -> None:
    tokens = tokens_of(4000)
    layout = layout_of([4, 4, 3], seen=[list(column) for column in tokens.T])
    generator = generator_of(layout)
    before, *_, last = correct_marginals(generator, tokens, seed=0, rows=16_384, rounds=10)
    assert before > 0.15
    assert last < 0.3 * before
