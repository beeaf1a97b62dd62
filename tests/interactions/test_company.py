from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp

from synthgen.interactions import company
from synthgen.interactions.company import Company, Herd


def sets(n_users: int = 300, n_items: int = 40, seed: int = 0) -> sp.csr_array:
    """Items come in pairs 0-1, 2-3, ... that the same users take, nine times in ten."""
    rng = np.random.default_rng(seed)
    chosen_UP = rng.random((n_users, n_items // 2)) < 0.3
    taken_UI = np.repeat(chosen_UP, 2, axis=1) & (rng.random((n_users, n_items)) < 0.95)
    return sp.csr_array(taken_UI.astype(float))


def test_totals_are_those_of_enough_users_rounded() -> None:
    taken = sp.csr_array(np.array([[1, 1, 0, 1]] * 7 + [[0, 1, 1, 0]] * 4 + [[0, 0, 1, 1]] * 6, float))
    kept = Company.fit(taken, 5)
    pairs = {
        (int(a), int(b)): int(n) * kept.grain
        for a, b, n in zip(kept.first_P, kept.second_P, kept.shared_P, strict=True)
    }
    assert pairs == {(0, 1): 5, (0, 3): 5, (1, 3): 5, (2, 3): 5}  # 7, 7, 7 and 6 users; 1 and 2 share four alone
    assert kept.holders_F.tolist() == [7, 11, 10, 13]


def test_totals_agree_with_a_slow_count(monkeypatch: pytest.MonkeyPatch) -> None:
    taken = sets(n_items=50, seed=3)
    gram = (taken.T @ taken).toarray()
    np.fill_diagonal(gram, 0)
    kept = Company.fit(taken, 1)
    target_FF = kept.target_FF.copy()
    np.fill_diagonal(target_FF, 0)
    assert np.array_equal(target_FF, gram)
    assert kept.part(np.diff(taken.indptr).astype(float)) == pytest.approx(1)


def test_drawn_sets_get_the_company_of_the_real_ones_and_keep_their_sizes() -> None:
    taken = sets()
    kept = Company.fit(taken, 5)
    rng = np.random.default_rng(1)
    sizes_N = np.diff(taken.indptr)
    has_NF = np.stack([rng.permutation(np.arange(40) < size) for size in sizes_N])
    mates = np.arange(0, 40, 2)

    def together(has: np.ndarray) -> float:
        return float((has[:, mates] & has[:, mates + 1]).sum() / has[:, mates].sum())

    before, real = together(has_NF), together(taken.toarray() > 0)
    Herd(kept).correct(has_NF, None, rng)
    assert before < 0.5
    assert together(has_NF) > real - 0.15  # 0.3 before; sets are bettered item by item, so some pairs stay parted
    assert np.array_equal(has_NF.sum(1), sizes_N)
    assert has_NF.sum(0) == pytest.approx(kept.holders_F, rel=0.1)


def test_each_exchange_lowers_the_cost_that_is_kept_in_hand() -> None:
    """The costs of one more and one fewer are those of counting again from the start."""
    kept = Company.fit(sets(n_users=60, n_items=12), 2)
    rng = np.random.default_rng(2)
    has_NF = rng.random((60, 12)) < 0.3
    herd = Herd(kept)
    wanted_FF = kept.wanted_FF(has_NF.sum(1))
    weight_FF = np.where(kept.target_FF > 0, 1 / (kept.target_FF + 1), 0)

    def cost(has: np.ndarray) -> float:
        apart_FF = has.T.astype(float) @ has - wanted_FF
        return float((np.triu(weight_FF) * apart_FF**2).sum())

    before = cost(has_NF)
    fewer = has_NF.copy()
    exchanged = herd.correct(fewer, None, rng)
    assert sum(exchanged) > 0
    assert cost(fewer) < before


def test_what_is_not_allowed_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = Company.fit(sets(), 5)
    rng = np.random.default_rng(1)
    has_NF = rng.random((200, 40)) < 0.3
    has_NF[:100, 20:] = False
    allowed_NF = np.ones_like(has_NF)
    allowed_NF[:100, 20:] = False
    Herd(kept).correct(has_NF, allowed_NF, rng)
    assert not has_NF[:100, 20:].any()


def test_only_the_most_frequent_items_are_paired(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(company, "MOST_FREQUENT", 10)
    taken = sets()
    kept = Company.fit(taken, 5)
    holders_I = np.asarray(taken.sum(0)).ravel()
    assert len(kept.item_F) == 10
    assert kept.holders_F.min() >= np.sort(holders_I)[-10]
