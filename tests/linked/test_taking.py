from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synthgen.linked.taking import clusters_of, take


@settings(max_examples=40)
@given(st.integers(0, 2**32), st.integers(2, 30), st.integers(1, 4), st.integers(1, 60))
def test_every_row_gets_a_parent_of_its_cluster_where_the_cluster_has_one(
    seed: int, n_parents: int, n_clusters: int, n_rows: int
) -> None:
    rng = np.random.default_rng(seed)
    cluster_P, cluster_N = rng.integers(0, n_clusters, n_parents), rng.integers(-1, n_clusters, n_rows)
    chosen_N = take(cluster_N, rng.integers(0, 5, n_rows), cluster_P, rng.integers(0, 9, n_parents), rng, False)
    assert ((chosen_N < 0) == (cluster_N < 0)).all()
    there = (cluster_N >= 0) & np.isin(cluster_N, cluster_P)
    assert (cluster_P[chosen_N[there]] == cluster_N[there]).all()


def test_parents_get_as_many_rows_as_they_ask_for() -> None:
    wanted_P = np.array([5, 0, 3, 2])
    chosen_N = take(np.zeros(10, int), np.arange(10), np.zeros(4, int), wanted_P, np.random.default_rng(0), True)
    assert np.bincount(chosen_N, minlength=4).tolist() == wanted_P.tolist()
    twice_N = take(np.zeros(20, int), np.arange(20), np.zeros(4, int), wanted_P, np.random.default_rng(0), True)
    assert np.bincount(twice_N, minlength=4).tolist() == (2 * wanted_P).tolist()


@pytest.mark.parametrize("seed", range(5))
def test_no_owner_gets_a_parent_twice_even_where_all_want_the_same(seed: int) -> None:
    rng = np.random.default_rng(seed)
    owner_N = np.repeat(np.arange(40), rng.integers(1, 30, 40))
    wanted_P = np.r_[np.full(3, 500), np.full(27, 2)]
    chosen_N = take(rng.integers(0, 2, len(owner_N)), owner_N, np.arange(30) % 2, wanted_P, rng, True)
    pairs = owner_N * 30 + chosen_N
    assert (chosen_N >= 0).all()
    assert len(np.unique(pairs)) == len(pairs)


def test_an_owner_with_more_rows_than_there_are_parents_is_left_with_missing_ones() -> None:
    chosen_N = take(
        np.zeros(5, int), np.zeros(5, int), np.zeros(3, int), np.ones(3, int), np.random.default_rng(0), True
    )
    assert sorted(chosen_N.tolist()) == [-1, -1, 0, 1, 2]


def test_parents_that_go_with_the_same_owners_are_of_one_cluster() -> None:
    """Four planted tastes: owners of one choose among its thirty parents nine times in ten."""
    rng = np.random.default_rng(0)
    owner_N = np.repeat(np.arange(400), 20)
    taste_N = np.where(rng.random(len(owner_N)) < 0.9, owner_N % 4, rng.integers(0, 4, len(owner_N)))
    parent_N = taste_N * 30 + rng.integers(0, 30, len(owner_N))
    cluster_P = clusters_of(owner_N, parent_N, 400, 120, seed=0)
    for cluster in range(cluster_P.max() + 1):
        tastes = np.flatnonzero(cluster_P == cluster) // 30
        assert len(set(tastes.tolist())) == 1
