"""The critic sees tokens, places and places inside cells."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from synthgen.layout import Layout, RowSlot
from synthgen.nets.critic import Critic, places_inside

NONE = np.full(2, np.nan)
COARSE = RowSlot(0, "n:coarse", 0, 4, np.array([0.1, 0.5, 0.9, np.nan]), np.array([20, 60, 20, 5]), missing=3)
FINE = RowSlot(0, "n:fine", 1, 3, np.full(3, np.nan), np.ones(3), (0,), np.array([2, 0, 2, 0]), none=2)
LABEL = RowSlot(1, "label", 0, 2, NONE, np.ones(2))


def test_places_inside_cells_lie_between_those_of_the_neighbouring_cells():
    found = places_inside(Layout((COARSE, FINE)), 0, 1)
    assert found[0, :2] == pytest.approx([0.075, 0.225])  # the cell goes from 0 to 0.3, half way to the next one
    assert found[2, :2] == pytest.approx([0.775, 0.925])
    assert np.isnan(found[1]).all()  # one value: nothing to say
    assert np.isnan(found[3]).all()
    assert np.isnan(found[:, 2]).all()  # not applicable


def test_a_new_critic_scores_all_rows_alike():
    critic = Critic(Layout((COARSE, FINE, LABEL)), width=8)
    assert critic(torch.tensor([[0, 0, 0], [3, 2, 1]])).tolist() == [0.0, 0.0]


@pytest.mark.parametrize("column", [0, 1, 2])
def test_every_slot_moves_the_score(column: int):
    torch.manual_seed(0)
    critic = Critic(Layout((COARSE, FINE, LABEL)), width=8).eval()
    nn.init.normal_(critic.out.weight)
    one, other = torch.tensor([[0, 0, 0]]), torch.tensor([[0, 0, 0]])
    other[0, column] = 1
    assert abs((critic(one) - critic(other)).item()) > 1e-4


def test_the_two_ways_of_adding_embeddings_up_agree(monkeypatch: pytest.MonkeyPatch):
    torch.manual_seed(0)
    critic = Critic(Layout((COARSE, FINE, LABEL)), width=8).eval()
    nn.init.normal_(critic.out.weight)
    rows = torch.tensor([[0, 1, 0], [2, 0, 1], [3, 2, 1]])
    expected = critic(rows).tolist()
    monkeypatch.setattr("synthgen.nets.critic.MULTI_HOT_TOKENS", 0)
    assert critic(rows).tolist() == pytest.approx(expected, abs=1e-5)


def test_dropout_is_only_for_learning():
    torch.manual_seed(0)
    critic = Critic(Layout((COARSE, FINE, LABEL)), width=8, dropout=0.5)
    nn.init.normal_(critic.out.weight)
    rows, rng = torch.tensor([[0, 1, 0]] * 8), torch.Generator().manual_seed(0)
    assert len(set(critic(rows, rng).tolist())) > 1
    assert len(set(critic.eval()(rows, rng).tolist())) == 1
