"""Few passes: which slots are drawn together, and what that costs."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import mutual_info_score

from synthgen.losses.likelihood import MaskedLikelihood
from synthgen.nets.any_order import AnyOrderGenerator
from synthgen.nets.passes import dependence, divide, sizes_of_passes
from synthgen.nets.rollout import RollOut
from synthgen.training.loop import Trainer, new_network
from synthgen.training.planning import plan
from synthgen.training.settings import TrainingSettings
from tests.made import generator_of, layout_of, path_layout


def test_dependence_is_mutual_information_less_what_chance_makes_of_it() -> None:
    rng = np.random.default_rng(0)
    a = rng.integers(0, 4, 5000)
    rows = np.stack([a, np.where(rng.random(5000) < 0.5, a, rng.integers(0, 4, 5000)), rng.integers(0, 3, 5000)], 1)
    found = dependence(rows, layout_of([4, 4, 3]))
    by_hand = mutual_info_score(rows[:, 0], rows[:, 1]) - 3 * 3 / (2 * 5000)
    assert found[0, 1] == pytest.approx(by_hand)
    assert (found == found.T).all()
    assert found[0, 2] < 0.001
    assert (np.diag(found) == 0).all()


def test_slots_of_different_stages_are_not_counted() -> None:
    rows = np.array([[0, 1, 0], [1, 2, 1]] * 50)
    found = dependence(rows, path_layout())
    assert found[0, 1] > 0.5
    assert found[1, 2] == 0


@given(st.integers(1, 60), st.integers(1, 70))
def test_passes_take_all_slots_and_later_ones_no_fewer(n_slots: int, n_passes: int) -> None:
    sizes = sizes_of_passes(n_slots, n_passes)
    assert sum(sizes) == n_slots
    assert len(sizes) == min(n_slots, n_passes)
    assert min(sizes) >= 1
    assert sizes[-1] >= sizes[0]


@given(st.integers(1, 20), st.integers(1, 25), st.integers(0, 5))
def test_a_division_draws_every_slot_once(n_slots: int, n_passes: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    links = rng.random((n_slots, n_slots))
    found = divide(list(range(n_slots)), n_passes, links + links.T, rng)
    assert sorted(slot for part in found for slot in part) == list(range(n_slots))
    assert len(found) == min(n_slots, n_passes)


@pytest.fixture(scope="module")
def pairs() -> tuple[AnyOrderGenerator, np.ndarray]:
    """A generator that has learned rows in which a second column copies the first, and a fourth the third."""
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, 3, (2, 2000))
    rows = np.stack([a, a, b, b], 1)
    layout = layout_of([3, 3, 3, 3])
    network = new_network(lambda: AnyOrderGenerator(layout, 32, 1), 0)
    chosen = plan(2000, TrainingSettings(width=32, blocks=1, batch_rows=128, max_steps=300, evaluate_every=100))
    cpu, data = torch.device("cpu"), torch.as_tensor(rows)
    trainer = Trainer(network, MaskedLikelihood(layout, cpu), data[200:], data[:200], chosen, 0, cpu)
    trainer.run()
    return trainer.finish(), rows


def agreement(roll_out: RollOut) -> float:
    """How often the pairs agree, over chunks: each has a division of its own."""
    rng = torch.Generator().manual_seed(0)
    drawn = torch.cat([roll_out.chunk(512, rng) for _ in range(8)])
    return float((drawn[:, [0, 2]] == drawn[:, [1, 3]]).double().mean())


def test_slots_drawn_in_one_pass_do_not_see_each_other(pairs: tuple[AnyOrderGenerator, np.ndarray]) -> None:
    assert agreement(RollOut(pairs[0])) > 0.95
    assert agreement(RollOut(pairs[0], 1)) == pytest.approx(1 / 3, abs=0.03)  # of 8,192 pairs: six deviations


def test_what_hangs_together_is_drawn_apart(pairs: tuple[AnyOrderGenerator, np.ndarray]) -> None:
    generator, rows = pairs
    assert agreement(RollOut(generator, 3, dependence(rows, generator.layout))) > 0.95
    assert agreement(RollOut(generator, 3)) < 0.93  # thrown together, a pair shares a pass in one of six divisions


def test_as_many_passes_as_slots_are_the_full_roll_out() -> None:
    generator = generator_of(path_layout())
    full, many = (RollOut(generator, steps).chunk(500, torch.Generator().manual_seed(0)) for steps in (None, 9))
    assert torch.equal(full, many)


@pytest.mark.parametrize("steps", [1, 2])
def test_finer_slots_still_follow_their_coarser_ones(steps: int) -> None:
    drawn = RollOut(generator_of(path_layout(), scale=2.0), steps).chunk(2000, torch.Generator().manual_seed(0)).numpy()
    coarse, fine = drawn[:, 1], drawn[:, 2]
    assert (fine[coarse == 0] == 3).all()
    assert (fine[coarse == 1] < 2).all()
    assert (fine[coarse == 2] < 3).all()
