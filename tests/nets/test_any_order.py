from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
from scipy.stats import chisquare

from synthgen.nets.any_order import AnyOrderGenerator, padded_groups
from synthgen.nets.rollout import RollOut
from tests.losses.test_likelihood import log_chance
from tests.made import generator_of, layout_of, path_layout


def test_groups_hold_every_slot_once_and_do_not_overlap() -> None:
    sizes, stages = [2, 17, 5, 16, 300, 1], [[0, 2, 4], [1, 3], [5]]
    groups = padded_groups(sizes, stages)
    assert sorted(s for g in groups for s in g.slots) == list(range(6))
    assert all(g.slots == tuple(s for s in g.slots if s in stages[g.stage]) for g in groups)
    assert all(a.stop == b.start for a, b in itertools.pairwise(groups))
    assert all(sizes[s] <= g.width for g in groups for s in g.slots)


def test_a_slot_is_predicted_from_the_given_ones_alone() -> None:
    layout = layout_of([3, 4, 5])
    generator = generator_of(layout)
    given = torch.tensor([[True, False, False]])
    one, other = torch.tensor([[2, 0, 0]]), torch.tensor([[2, 3, 4]])
    for a, b in zip(generator(one, given), generator(other, given), strict=True):
        torch.testing.assert_close(a, b)


def test_rolled_out_rows_follow_the_generators_own_law() -> None:
    layout = layout_of([2, 3, 2])
    generator = generator_of(layout)
    rows = list(itertools.product(range(2), range(3), range(2)))
    chance = np.zeros(len(rows))
    for order in itertools.permutations(range(3)):
        for i, row in enumerate(rows):
            logs = [log_chance(generator, torch.tensor(row), list(order[:k]), s) for k, s in enumerate(order)]
            chance[i] += np.exp(sum(logs)) / 6
    assert chance.sum() == pytest.approx(1, abs=1e-5)
    rng, roll_out = torch.Generator().manual_seed(0), RollOut(generator)
    drawn = torch.cat([roll_out.chunk(25, rng) for _ in range(1200)]).numpy()  # one order per chunk: many chunks
    counts = np.array([(drawn == row).all(1).sum() for row in rows])
    # rows of a chunk share an order and spread evenly, so counts vary less than the law's: 1 in 10,000 at most
    assert chisquare(counts, chance / chance.sum() * len(drawn)).pvalue > 1e-4


def test_only_tokens_that_may_follow_are_drawn() -> None:
    layout = path_layout()
    drawn = RollOut(generator_of(layout, scale=2.0)).chunk(4000, torch.Generator().manual_seed(0)).numpy()
    coarse, fine = drawn[:, 1], drawn[:, 2]
    assert set(fine[coarse == 0]) == {3}
    assert set(fine[coarse == 1]) <= {0, 1}
    assert set(fine[coarse == 2]) <= {0, 1, 2}


def test_a_token_never_seen_is_never_drawn() -> None:
    layout = layout_of([4, 3], seen=[[0, 1, 3, 3], [0, 2, 2, 2]])
    drawn = RollOut(generator_of(layout, scale=2.0)).chunk(4000, torch.Generator().manual_seed(0)).numpy()
    assert set(drawn[:, 0]) <= {0, 1, 3}
    assert set(drawn[:, 1]) <= {0, 2}


def test_an_untrained_generator_draws_the_tables_shares() -> None:
    seen = [[0] * 70 + [1] * 30, [0] * 20 + [1] * 50 + [2] * 30]
    torch.manual_seed(0)
    generator = AnyOrderGenerator(layout_of([2, 3], seen=seen), width=64, blocks=1)
    drawn = RollOut(generator).chunk(20_000, torch.Generator().manual_seed(0)).numpy()
    assert drawn[:, 0].mean() == pytest.approx(0.3, abs=0.06)  # small random weights move it a little
    assert (drawn[:, 1] == 1).mean() == pytest.approx(0.5, abs=0.06)
