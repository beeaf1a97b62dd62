from __future__ import annotations

import numpy as np
import pytest

from synthgen.interactions import InteractionModel
from synthgen.linked.choosing import StandIns, levels, many_to_choose_from
from tests.interactions.planted import planted


def test_many_rows_of_many_owners_among_many_are_learned_as_interactions() -> None:
    owner_N, item_N = np.repeat(np.arange(50), 40), np.arange(2_000) % 150
    assert many_to_choose_from(owner_N, item_N, 150)
    assert not many_to_choose_from(owner_N, item_N % 90, 90)
    assert not many_to_choose_from(owner_N[:900], item_N[:900], 150)
    assert not many_to_choose_from(owner_N // 2, item_N, 150)
    assert not many_to_choose_from(np.where(item_N < 90, owner_N, -1)[:1_500], item_N[:1_500], 150)


def test_means_are_pulled_to_that_of_all_and_left_out_where_few_rows_have_one() -> None:
    of_N, value_N = np.repeat([0, 1, 2], [5, 95, 2]), np.repeat([2.0, 4.0, 1.0], [5, 95, 2])
    found = levels(of_N, value_N, 4, 3)
    mean = value_N.mean()
    assert found[:2] == pytest.approx([mean + (2 - mean) * 5 / 10, mean + (4 - mean) * 95 / 100], abs=0.01)
    assert np.isnan(found[2:]).all()
    assert np.isnan(levels(of_N, np.full(102, np.nan), 4, 1)).all()
    assert levels(np.array([0, -1]), np.array([3.0, 9.0]), 1, 1).tolist() == [3.0]


@pytest.mark.parametrize("rows", [100, 240, 700])
def test_rows_stand_for_items_of_their_cluster_and_rank(rows: int) -> None:
    model = InteractionModel().fit(planted(timed=False, rated=False))
    rng = np.random.default_rng(rows)
    cluster_P, wanted_P = rng.choice(model.clusters, rows), rng.integers(0, 300, rows)
    stand = StandIns.of(cluster_P, wanted_P, model)
    taken = model.sample(50, items=stand.there_S, random_state=1)
    row_E = stand.rows(taken.user_E, taken.item_E, rng)
    assert (cluster_P[row_E] == model.clusters[taken.item_E]).all()
    assert len(np.unique(taken.user_E * rows + row_E)) == len(taken)
    largest = np.bincount(model.clusters).argmax()
    here = cluster_P[row_E] == largest
    assert np.corrcoef(wanted_P[row_E[here]], model.chances[taken.item_E[here]])[0, 1] > 0.5


def test_kept_rows_stand_for_themselves() -> None:
    stand = StandIns.same(5)
    item_E = np.array([4, 0, 2, 2])
    assert stand.rows(np.array([0, 0, 0, 1]), item_E, np.random.default_rng(0)).tolist() == item_E.tolist()
