"""Belief propagation against sums over the whole joint table."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synthgen.dp.beliefs import Propagation, spread, summed
from synthgen.dp.cliques import junction_tree

KINDS = st.lists(st.sets(st.integers(0, 4), min_size=1, max_size=3).map(lambda s: tuple(sorted(s))), max_size=7)


@given(kinds=KINDS, sizes=st.lists(st.integers(1, 4), min_size=5, max_size=5), seed=st.integers(0, 99))
def test_equals_the_joint_table(kinds: list[tuple[int, ...]], sizes: list[int], seed: int) -> None:
    rng = np.random.default_rng(seed)
    logs = [rng.normal(size=[sizes[c] for c in columns]) * 3 for columns in kinds]
    joint = np.zeros(sizes)
    for columns, log in zip(kinds, logs, strict=True):
        joint = joint + spread(log, columns, (0, 1, 2, 3, 4))
    joint = np.exp(joint)
    tree = junction_tree(kinds, sizes)
    propagation = Propagation(tree, sizes, kinds)
    log_z, tables = propagation(logs)
    assert log_z == pytest.approx(np.log(joint.sum()), abs=1e-9)
    for clique, table in zip(tree.cliques, tables, strict=True):
        np.testing.assert_allclose(table, summed(joint, (0, 1, 2, 3, 4), clique) / joint.sum(), atol=1e-12)
    for columns, table in zip(kinds, propagation.marginals(tables), strict=True):
        np.testing.assert_allclose(table, summed(joint, (0, 1, 2, 3, 4), columns) / joint.sum(), atol=1e-12)


def test_factors_that_exclude_one_another_leave_finite_tables() -> None:
    kinds = [(0, 1), (1, 2)]
    tree = junction_tree(kinds, [2, 2, 2])
    logs = [np.array([[0.0, -1e4], [0.0, -1e4]]), np.array([[-1e4, -1e4], [0.0, 0.0]])]
    log_z, tables = Propagation(tree, [2, 2, 2], kinds)(logs)
    assert np.isfinite(log_z)
    assert all(np.isfinite(table).all() and table.sum() == pytest.approx(1.0) for table in tables)
