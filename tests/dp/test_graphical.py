"""The fitted law against laws known in closed form, and rows drawn from it against the law.

Chi-square tests accept at 1e-4: each fails by chance once in ten thousand seeds; the seeds are fixed.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from scipy.stats import chi2

from synthgen.dp.beliefs import spread, summed
from synthgen.dp.graphical import Evidence, GraphicalModel, estimate

ALL = (0, 1, 2, 3)
SIZES = [3, 2, 4, 2]


def joint_of(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).dirichlet(np.full(48, 0.5)).reshape(SIZES)


def exact(joint: np.ndarray, kinds: list[tuple[int, ...]], rows: float = 1000.0) -> list[Evidence]:
    tables = [summed(joint, ALL, columns) * rows for columns in kinds]
    return [Evidence(columns, table, np.full(table.shape, 1e-7)) for columns, table in zip(kinds, tables, strict=True)]


def fitted_joint(model: GraphicalModel) -> np.ndarray:
    total = np.zeros(model.sizes)
    for columns, log in model.logs.items():
        total = total + spread(log, columns, tuple(range(len(model.sizes))))
    return np.asarray(np.exp(total) / np.exp(total).sum())


def fitted(joint: np.ndarray, kinds: list[tuple[int, ...]]) -> GraphicalModel:
    return estimate(SIZES, exact(joint, kinds), 1000.0, tolerance=1e-9, sweeps=3000)


def test_a_chain_is_the_product_of_its_conditionals() -> None:
    joint = joint_of(0)
    p01, p12, p23 = (summed(joint, ALL, pair) for pair in [(0, 1), (1, 2), (2, 3)])
    p1, p2 = summed(joint, ALL, (1,)), summed(joint, ALL, (2,))
    known = np.einsum("ab,bc,cd->abcd", p01 / p1, p12 / p2, p23)
    np.testing.assert_allclose(fitted_joint(fitted(joint, [(0, 1), (1, 2), (2, 3)])), known, atol=1e-6)


def test_columns_alone_are_independent() -> None:
    joint = joint_of(1)
    known = np.einsum("a,b,c,d->abcd", *(summed(joint, ALL, (c,)) for c in ALL))
    np.testing.assert_allclose(fitted_joint(fitted(joint, [(0,), (1,), (2,), (3,)])), known, atol=1e-6)


@pytest.mark.parametrize("seed", range(3))
def test_tables_without_slack_are_met(seed: int) -> None:
    joint = joint_of(seed)
    kinds: list[tuple[int, ...]] = [*combinations(ALL, 2), (0, 1, 3)]
    model = fitted(joint, kinds)
    for e in exact(joint, kinds):
        table = model.marginal(e.columns)
        assert table is not None
        np.testing.assert_allclose(table * 1000, e.counts, atol=0.02)


def test_the_optimum_trades_each_count_against_its_slack() -> None:
    rng = np.random.default_rng(5)
    kinds: list[tuple[int, ...]] = [(0,), (0, 1), (1, 2), (0, 2), (2, 3)]
    evidence = [
        Evidence(columns, rng.normal(40, 20, shape), rng.uniform(1, 50, shape))
        for columns, shape in ((columns, [SIZES[c] for c in columns]) for columns in kinds)
    ]
    model = estimate(SIZES, evidence, 300.0, tolerance=1e-10, sweeps=5000)
    for e in evidence:
        table = model.marginal(e.columns)
        assert table is not None
        np.testing.assert_allclose(e.counts - 300 * table, e.slack * model.logs[e.columns], atol=1e-3)


def test_one_cell_by_hand() -> None:
    # counts 90 and 10 of 100 rows, slack 10: 100 p + 10 t = 90 and 100 (1 - p) - 10 t = 10 with p = 1 / (1 + e^-2t)
    model = estimate(
        [2], [Evidence((0,), np.array([90.0, 10.0]), np.full(2, 10.0))], 100.0, tolerance=1e-12, sweeps=999
    )
    log = model.logs[0,]
    p = 1 / (1 + np.exp(log[1] - log[0]))
    assert model.tables[0][0] == pytest.approx(p)
    assert 100 * p + 10 * (log[0] - log[1]) / 2 == pytest.approx(90.0, abs=1e-4)


def test_noise_without_end_leaves_equal_shares() -> None:
    model = estimate([4], [Evidence((0,), np.array([70.0, 10.0, 10.0, 10.0]), np.full(4, 1e12))], 100.0)
    np.testing.assert_allclose(model.tables[0], 0.25, atol=1e-6)


def test_counts_below_zero_empty_a_cell() -> None:
    counts = np.array([[60.0, -8.0], [-3.0, 51.0]])
    model = estimate([2, 2], [Evidence((0, 1), counts, np.full((2, 2), 1e-3))], 100.0)
    table = model.marginal((0, 1))
    assert table is not None
    assert table[0, 1] < 1e-6
    assert table[1, 0] < 1e-6
    assert np.isfinite(table).all()


def test_an_earlier_model_is_a_good_start() -> None:
    joint = joint_of(3)
    kinds: list[tuple[int, ...]] = list(combinations(ALL, 2))
    slow = fitted(joint, kinds)
    again = estimate(SIZES, exact(joint, kinds), 1000.0, start=slow.logs, sweeps=1)
    np.testing.assert_allclose(fitted_joint(again), fitted_joint(slow), atol=1e-5)


def test_no_clique_no_marginal() -> None:
    model = fitted(joint_of(0), [(0, 1), (2, 3)])
    assert model.marginal((0, 2)) is None


def accepted(drawn_NC: np.ndarray, law: np.ndarray) -> bool:
    counts = np.zeros(law.shape)
    np.add.at(counts, tuple(drawn_NC.T), 1)
    expected = law * len(drawn_NC)
    statistic = ((counts - expected)[law > 0] ** 2 / expected[law > 0]).sum()
    return bool(statistic < chi2.isf(1e-4, (law > 0).sum() - 1)) and not counts[law == 0].any()


RING: list[tuple[int, ...]] = [(0, 1), (1, 2), (0, 2), (2, 3)]


def test_single_rows_follow_the_law() -> None:
    joint = np.random.default_rng(0).dirichlet(np.full(16, 2.0)).reshape(2, 2, 2, 2)
    tables = [Evidence(k, summed(joint, ALL, k) * 1e3, np.full((2, 2), 1e-6)) for k in RING]
    model = estimate([2] * 4, tables, 1e3, tolerance=1e-9, sweeps=3000)
    rng = np.random.default_rng(1)
    drawn_NC = np.concatenate([model.sample(1, rng) for _ in range(3000)])  # independent rows
    assert accepted(drawn_NC, fitted_joint(model))
    assert not accepted(drawn_NC, np.full((2, 2, 2, 2), 1 / 16))  # the test can tell


@pytest.mark.parametrize("known", [(0,), (3,), (0, 3), (1, 2), (0, 1, 2, 3)])
def test_single_rows_given_columns_follow_the_conditional_law(known: tuple[int, ...]) -> None:
    joint = np.random.default_rng(2).dirichlet(np.full(16, 2.0)).reshape(2, 2, 2, 2)
    tables = [Evidence(k, summed(joint, ALL, k) * 1e3, np.full((2, 2), 1e-6)) for k in RING]
    model = estimate([2] * 4, tables, 1e3, tolerance=1e-9, sweeps=3000)
    law, rng = fitted_joint(model), np.random.default_rng(3)
    of_known = np.random.default_rng(4).dirichlet(np.full(2 ** len(known), 2.0)).reshape([2] * len(known))
    drawn = []
    for _ in range(1000):
        values = np.unravel_index(rng.choice(of_known.size, p=of_known.ravel()), of_known.shape)
        drawn.append(model.sample(1, rng, {c: np.array([v]) for c, v in zip(known, values, strict=True)}))
    conditional = law / spread(summed(law, ALL, known), known, ALL)
    assert accepted(np.concatenate(drawn), conditional * spread(of_known, known, ALL))


def test_many_rows_given_columns_at_once() -> None:
    model, rng = fitted(joint_of(0), [(0, 1), (1, 2), (2, 3)]), np.random.default_rng(0)
    given = {0: rng.integers(0, 3, 40000), 3: rng.integers(0, 2, 40000)}
    drawn_NC = model.sample(40000, rng, given)
    assert (drawn_NC[:, 0] == given[0]).all()
    assert (drawn_NC[:, 3] == given[3]).all()
    law = fitted_joint(model)
    for a in range(3):
        for d in range(2):
            here = drawn_NC[(given[0] == a) & (given[3] == d)][:, 1:3]
            wanted = law[a, :, :, d] / law[a, :, :, d].sum()
            got = np.bincount(here[:, 0] * 4 + here[:, 1], minlength=8) / len(here)
            np.testing.assert_allclose(got, wanted.ravel(), atol=0.03)  # 5 standard deviations of 6,000 rows


def test_shares_of_a_clique_are_within_a_row_of_their_expectation() -> None:
    model = fitted(joint_of(1), [(0, 1, 2)])
    table = model.tables[0]
    drawn_NC = model.sample(777, np.random.default_rng(0))
    counts = np.zeros(table.shape)
    np.add.at(counts, tuple(drawn_NC[:, model.tree.cliques[0]].T), 1)
    assert np.abs(counts - 777 * table).max() < 1 + 1e-9


def test_given_values_that_exclude_one_another_are_honoured() -> None:
    joint = np.zeros(SIZES)
    joint[0, 0, 0, 0] = joint[1, 1, 1, 1] = 0.5
    model = estimate(SIZES, exact(joint, [(0, 1), (1, 2), (2, 3)]), 1000.0)
    drawn_NC = model.sample(50, np.random.default_rng(0), {0: np.zeros(50, int), 3: np.ones(50, int)})
    assert set(map(tuple, drawn_NC[:, [0, 3]].tolist())) == {(0, 1)}


def test_the_same_generator_draws_the_same_rows() -> None:
    model = fitted(joint_of(1), [(0, 1), (1, 2)])
    a, b = (model.sample(100, np.random.default_rng(7)) for _ in range(2))
    np.testing.assert_array_equal(a, b)
    assert a.dtype == np.int32


def test_no_rows_can_be_asked_for() -> None:
    model = fitted(joint_of(1), [(0, 1)])
    assert model.sample(0, np.random.default_rng(0)).shape == (0, 4)
    assert model.sample(0, np.random.default_rng(0), {0: np.zeros(0, int)}).shape == (0, 4)
