"""Private training: the loss of a row is its own, the ledger's figures are the run's, and noise decides the weights."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch

from synthgen.dp.budget import Budget
from synthgen.dp.noise import Noise
from synthgen.dp.sgd import RowGradients
from synthgen.layout import Layout
from synthgen.losses.likelihood import MaskedLikelihood
from synthgen.nets.any_order import AnyOrderGenerator
from synthgen.nets.rollout import RollOut
from synthgen.training.loop import new_network
from synthgen.training.private import PrivatePlan, PrivateTrainer, RowLikelihood, private_plan, views_of
from tests.made import generator_of, layout_of, path_layout, random_tokens
from tests.nets.test_per_row import generator_with_places, layout_with_places, rows_of

CPU = torch.device("cpu")
PLAN = PrivatePlan(batch=160, rate=0.2, steps=4, noise=1.0, warmup=1)


def tokens_of(rows: int = 800) -> np.ndarray:
    """b copies a nine times in ten; c is independent."""
    rng = np.random.default_rng(0)
    a = rng.integers(0, 4, rows)
    b = np.where(rng.random(rows) < 0.9, a, rng.integers(0, 4, rows))
    return np.stack([a, b, rng.integers(0, 3, rows)], 1)


def trainer_of(tokens: np.ndarray, plan: PrivatePlan, noise: Noise, unit_N: np.ndarray | None = None) -> PrivateTrainer:
    layout: Layout = layout_of([4, 4, 3])
    network = new_network(lambda: AnyOrderGenerator(layout, 16, 1), 0)
    return PrivateTrainer(network, layout, torch.from_numpy(tokens), plan, noise, CPU, unit_N)


def test_the_mean_loss_is_that_of_masked_likelihood() -> None:
    layout = path_layout()
    generator = generator_of(layout)
    tokens = torch.from_numpy(random_tokens(layout, 200)).long()
    ours = RowLikelihood(generator, layout, CPU, more_views=2)
    theirs, rng = MaskedLikelihood(layout, CPU), torch.Generator().manual_seed(0)
    with torch.no_grad():
        mine = torch.stack([ours.losses(tokens, rng).mean() for _ in range(60)])
        other = torch.stack([theirs.hold(generator, tokens, rng) for _ in range(60)])
    apart = float(mine.mean() - other.mean())
    assert abs(apart) < 4 * float((mine.var() + other.var()) / 60) ** 0.5  # one false alarm in 16,000 seeds


@pytest.mark.parametrize("any_share", [0.0, 0.4])
def test_a_rows_loss_and_gradient_do_not_depend_on_the_other_rows(any_share: float) -> None:
    generator, tokens = generator_with_places(), rows_of(6)
    objective = RowLikelihood(generator, layout_with_places(), CPU, 1, any_share, 0.2)
    given = torch.rand(6, len(objective.views), 6, generator=torch.Generator().manual_seed(0)) < 0.5
    weight = torch.rand(6, len(objective.views), 6, generator=torch.Generator().manual_seed(1))

    def losses(rows: slice) -> torch.Tensor:
        n = len(tokens[rows])
        flat = [x[rows].transpose(0, 1).reshape(-1, 6) for x in (given, weight)]
        objective.masks.draw = lambda *_: (flat[0], flat[1])  # type: ignore[method-assign]
        assert len(flat[0]) == n * len(objective.views)
        return objective.losses(tokens[rows], torch.Generator())

    network, together = objective.network, losses(slice(0, 6)).detach()
    engine = RowGradients(network, 0.5, network.probe)
    whole = engine.sum(6, losses)
    for row in range(6):
        one = engine.sum(1, lambda _, row=row: losses(slice(row, row + 1)))
        assert float(one.double().norm()) <= 0.5
    engine.close()
    slow = torch.zeros_like(whole)
    for row in range(6):
        alone = losses(slice(row, row + 1))
        torch.testing.assert_close(alone.detach()[0], together[row])
        gradient = torch.cat([g.flatten() for g in torch.autograd.grad(alone.sum(), engine.weights)])
        slow += gradient * min(1.0, 0.5 / float(gradient.norm()))
    torch.testing.assert_close(whole, slow, rtol=1e-3, atol=1e-4)


def test_a_token_that_cannot_be_drawn_asks_for_nothing() -> None:
    generator, tokens = generator_with_places(), rows_of(6)
    tokens[:, 4] = 1  # of no row of the private table
    objective = RowLikelihood(generator, layout_with_places(), CPU)
    losses_B = objective.losses(tokens, torch.Generator().manual_seed(0)).detach()
    assert float(losses_B.max()) < 1e3


def test_the_ledger_holds_the_run_and_its_epsilon() -> None:
    accounting = pytest.importorskip("dp_accounting")
    budget = Budget(2.0, 1e-5, noise=Noise(seed=0))
    budget.gaussian(np.zeros(3), step="pairs", share=0.5, sensitivity=1.0)
    plan = private_plan(budget, 5_000)
    (first, entry) = budget.ledger.entries
    assert (entry.rate, entry.times, entry.noise, entry.sensitivity) == (plan.rate, plan.steps, plan.noise, plan.clip)
    theirs = accounting.pld.PLDAccountant()
    theirs.compose(accounting.GaussianDpEvent(first.noise))
    theirs.compose(accounting.PoissonSampledDpEvent(plan.rate, accounting.GaussianDpEvent(plan.noise)), plan.steps)
    assert theirs.get_epsilon(budget.ledger.delta_left) == pytest.approx(2.0, rel=0.01)
    assert budget.ledger.epsilon_spent() == pytest.approx(2.0, rel=0.01)


def test_training_learns_that_two_columns_go_together() -> None:
    plan = dataclasses.replace(PLAN, steps=120, noise=0.4, learning_rate=2e-2)
    trainer = trainer_of(tokens_of(), plan, Noise(seed=0))
    trainer.run()
    drawn = RollOut(trainer.finish()).chunk(4000, torch.Generator().manual_seed(0)).numpy()
    assert (drawn[:, 0] == drawn[:, 1]).mean() > 0.6  # 0.25 when new


def test_the_noise_decides_the_weights() -> None:
    def weights(noise: Noise) -> torch.Tensor:
        trainer = trainer_of(tokens_of(), PLAN, noise)
        trainer.run()
        trainer.finish()
        return trainer.weights.detach().clone()

    assert torch.equal(weights(Noise(seed=1)), weights(Noise(seed=1)))
    assert not torch.equal(weights(Noise(seed=1)), weights(Noise(seed=2)))
    assert not torch.equal(weights(Noise()), weights(Noise()))


def test_batches_without_rows_only_add_noise() -> None:
    trainer = trainer_of(tokens_of(), dataclasses.replace(PLAN, rate=1e-12), Noise(seed=0))
    before = trainer.weights.detach().clone()
    trainer.run()
    assert trainer.weights.isfinite().all()
    assert not torch.equal(trainer.weights, before)


def test_a_unit_moves_a_step_by_no_more_than_the_bound_however_many_rows_it_has() -> None:
    tokens = tokens_of(60)
    tokens[:40] = tokens[0]
    unit_N = np.array([0] * 40 + list(range(1, 21)))
    trainer = trainer_of(tokens, dataclasses.replace(PLAN, rate=1.0), Noise(seed=0), unit_N)
    drawn = trainer.units.draw(1.0, Noise(seed=0))
    assert len(drawn) == 21
    assert sum(int(row) < 40 for row in drawn) == 1


def test_a_views_weights_add_up_to_a_rows_likelihood() -> None:
    layout = layout_with_places()
    for more, any_share in ((0, 0.0), (3, 0.0), (2, 0.25)):
        assert sum(weight for _, weight in views_of(layout, more, any_share)) == pytest.approx(len(layout.slots))
