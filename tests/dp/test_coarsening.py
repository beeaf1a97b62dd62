"""Merged values: enough rows in each group, few enough groups, neighbours only where values are in order."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synthgen.dp.coarsening import coarsen


@given(
    counts=st.lists(st.floats(-20, 500), min_size=1, max_size=40),
    least=st.floats(0, 60),
    most=st.integers(1, 20),
    ordered=st.booleans(),
)
def test_groups_are_large_and_few(counts: list[float], least: float, most: int, ordered: bool) -> None:
    coarsening = coarsen(np.array(counts), least=least, most=most, ordered=ordered)
    assert sorted(set(coarsening.group_of.tolist())) == list(range(coarsening.size))
    assert min(2, most, len(counts)) <= coarsening.size <= most
    held = np.bincount(coarsening.group_of, weights=np.maximum(counts, 0.0))
    assert coarsening.size <= 2 or held.min() >= least - 1e-6
    np.testing.assert_allclose(np.bincount(coarsening.group_of, weights=coarsening.within), 1.0)
    if ordered:
        assert (np.diff(coarsening.group_of) >= 0).all()


def test_two_groups_are_left_however_few_rows_they_hold() -> None:
    assert coarsen(np.array([2.0, 1.0]), least=60, most=9, ordered=False).group_of.tolist() == [0, 1]
    assert coarsen(np.array([2.0, 0.0, 1.0]), least=60, most=9, ordered=True).group_of.tolist() == [0, 1, 1]


def test_enough_rows_and_room_merge_nothing() -> None:
    coarsening = coarsen(np.array([5.0, 9.0, 7.0]), least=5, most=3, ordered=False)
    assert coarsening.size == 3


def test_refined_values_keep_their_share_within_the_group() -> None:
    coarsening = coarsen(np.array([60.0, 30.0, 10.0, 900.0]), least=0, most=2, ordered=True)
    assert coarsening.group_of.tolist() == [0, 0, 0, 1]
    values_N = coarsening.refine(np.repeat([0, 1], 1000), np.random.default_rng(0))
    assert np.bincount(values_N, minlength=4) == pytest.approx([600, 300, 100, 1000], abs=1)  # evenly spread
