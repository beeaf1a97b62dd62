from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp

from synthgen.interactions import drawing
from synthgen.interactions.catalogue import NEVER, Catalogue, first_times
from synthgen.interactions.drawing import draw_sets
from synthgen.interactions.tastes import Tastes
from tests.interactions.planted import BLOCKS, IN_BLOCK, planted


def catalogue(weights: list[float], clusters: list[int], since: list[int] | None = None) -> Catalogue:
    since_I = None if since is None else np.array(since)
    weight_I = np.where(np.array(weights) > 0, np.log(np.maximum(weights, 1e-9)), NEVER).astype(np.float32)
    return Catalogue(np.array(clusters), weight_I, since_I, max(clusters))


@pytest.mark.parametrize("dense", [4_096, 0])
def test_members_come_by_their_weights_and_none_twice(monkeypatch: pytest.MonkeyPatch, dense: int) -> None:
    monkeypatch.setattr(drawing, "DENSE", dense)
    items = catalogue([4, 2, 1, 1, 3, 0, 1], [0, 0, 0, 0, 1, 1, 1])
    n_N = np.full(20_000, 1)
    user, item = draw_sets(items, np.full((20_000, 2), 0.5), n_N, None, np.random.default_rng(0))
    shares = np.bincount(item, minlength=7) / 20_000
    assert shares == pytest.approx([1 / 4, 1 / 8, 1 / 16, 1 / 16, 3 / 8, 0, 1 / 8], abs=0.013)  # four standard errors
    n_N = np.random.default_rng(1).integers(0, 7, 500)
    user, item = draw_sets(items, np.full((500, 2), 0.5), n_N, None, np.random.default_rng(0))
    assert np.array_equal(np.bincount(user, minlength=500), n_N)
    assert len(np.unique(user * 7 + item)) == len(user)
    assert 5 not in item
    assert (np.diff(user) >= 0).all()


@pytest.mark.parametrize("dense", [4_096, 0])
def test_what_is_not_there_yet_is_taken_only_when_nothing_else_is_left(
    monkeypatch: pytest.MonkeyPatch, dense: int
) -> None:
    monkeypatch.setattr(drawing, "DENSE", dense)
    items = catalogue([1, 1, 1, 1], [0, 0, 0, 0], [0, 0, 50, 90])
    last_N = np.r_[np.full(100, 10), np.full(100, 60)]
    user, item = draw_sets(items, np.ones((200, 1)), np.r_[np.full(199, 2), 4], last_N, np.random.default_rng(0))
    assert set(item[user < 100]) == {0, 1}
    assert set(item[(user >= 100) & (user < 199)]) == {0, 1, 2}
    assert set(item[user == 199]) == {0, 1, 2, 3}


def test_planted_blocks_are_found_as_clusters_and_tastes() -> None:
    real = planted()
    rng = np.random.default_rng(0)
    found = Catalogue.fit(real.matrix(), 5, rng)
    block_I = np.repeat(np.arange(BLOCKS), IN_BLOCK)
    table = np.zeros((found.n_clusters + 1, BLOCKS))
    np.add.at(table, (found.cluster_I, block_I), real.per_item_I)
    assert table.max(1).sum() / table.sum() > 0.95
    of_block = table.argmax(1)
    counts_UC = np.zeros((real.n_users, found.n_clusters + 1))
    np.add.at(counts_UC, (real.user_E, found.cluster_I[real.item_E]), 1)
    tastes, group_U = Tastes.fit(counts_UC, 5, rng)
    pairs = np.zeros((int(group_U.max()) + 1, BLOCKS))
    np.add.at(pairs, (group_U, np.arange(real.n_users) % BLOCKS), 1)
    assert pairs.max(1).sum() / real.n_users > 0.95
    assert np.bincount(group_U).min() >= 5
    shares_NC = tastes.draw_shares(tastes.draw_groups(np.full(2_000, 20), rng), rng)
    own = np.stack([shares_NC[:, of_block == block].sum(1) for block in range(BLOCKS)], 1).max(1)
    real_own = np.stack([counts_UC[:, of_block == block].sum(1) for block in range(BLOCKS)], 1)
    assert own.mean() == pytest.approx((real_own.max(1) / real_own.sum(1)).mean(), abs=0.05)


def test_the_spread_of_a_known_dirichlet_law_is_found() -> None:
    rng = np.random.default_rng(0)
    shares_UC = rng.dirichlet(10 * np.array([0.4, 0.3, 0.2, 0.1]), 60)
    counts_UC = np.stack([rng.multinomial(200, share) for share in shares_UC]).astype(float)
    tastes, _ = Tastes.fit(counts_UC, 5, rng)
    assert len(tastes.spread_G) == 1
    assert tastes.spread_G[0] == pytest.approx(10, rel=0.35)  # one in a thousand for 60 users


def test_rare_items_share_a_cluster_and_which_is_taken_how_often_is_made_up() -> None:
    holders = np.r_[np.full(30, 20), np.arange(100) % 5]
    taken = np.stack([np.random.default_rng(item).permutation(np.arange(60) < n) for item, n in enumerate(holders)], 1)
    found = Catalogue.fit(sp.csr_array(taken.astype(float)), 5, np.random.default_rng(0))
    assert set(np.flatnonzero(found.cluster_I == found.n_clusters)) == set(range(30, 130))
    assert found.possible_I[30:].sum() == 80
    made_up = np.where(found.possible_I[30:], np.exp(found.weight_I[30:]), 0)
    assert sorted(np.rint(made_up)) == sorted(holders[30:])
    assert abs(np.corrcoef(made_up, holders[30:])[0, 1]) < 0.35  # one in a thousand of independent ones


def test_an_item_is_there_from_the_day_by_which_enough_users_had_it() -> None:
    day = 86_400
    item_E = np.array([0, 0, 0, 0, 1, 1, 0])
    user_E = np.array([0, 0, 1, 2, 0, 1, 3])
    time_E = np.array([5, 6, day + 3, 2 * day, 7, 9, 9 * day])
    assert first_times(item_E, user_E, time_E, 2, 3).tolist() == [2 * day, 2 * day]
