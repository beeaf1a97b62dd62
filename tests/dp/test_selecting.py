"""Chosen tables: what every release can move, what depends on the data, limits, and what comes back."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synthgen.dp.budget import Budget
from synthgen.dp.measuring import counted
from synthgen.dp.noise import Noise
from synthgen.dp.selecting import FittedMarginals, Limits, chance_deviation, fit_marginals

SMALL = Limits(reference_rows=5_000)


@dataclass
class Recorder:
    """A budget that writes down exact values, and answers with noise or, if given, with answers of an earlier run."""

    mu: float = 1.0
    seed: int = 0
    answers: list[np.ndarray] = field(default_factory=list)
    replay: list[np.ndarray] | None = None
    asked: list[tuple[str, float, float, np.ndarray]] = field(default_factory=list)

    def gaussian(
        self, values: np.ndarray, *, step: str, share: float, sensitivity: float, schema: bool = False
    ) -> tuple[np.ndarray, float]:
        sd = sensitivity / (self.mu * math.sqrt(share))
        noise = np.random.default_rng([self.seed, len(self.asked)]).normal(size=values.shape) * sd
        answer = values + noise if self.replay is None else self.replay[len(self.asked)]
        self.asked.append((step, share, sensitivity, values))
        self.answers.append(answer)
        return answer, sd


def linked_tokens(n: int, sizes: list[int], seed: int) -> np.ndarray:
    """Columns that each follow the one before, with a little chance."""
    rng = np.random.default_rng(seed)
    tokens_NC = rng.integers(0, sizes, size=(n, len(sizes)))
    for c in range(1, len(sizes)):
        keeps = rng.random(n) < 0.8
        tokens_NC[keeps, c] = tokens_NC[keeps, c - 1] * sizes[c] // sizes[c - 1]
    return tokens_NC


def exact_one_way(tokens_NC: np.ndarray, sizes: list[int], sd: float = 1.0) -> list[tuple[np.ndarray, float]]:
    return [(counted(tokens_NC, (c,), sizes), sd) for c in range(len(sizes))]


def fit(
    tokens_NC: np.ndarray, sizes: list[int], budget: Recorder | Budget, *, limits: Limits = SMALL, m: float = 1.0,
    one_way: list[tuple[np.ndarray, float]] | None = None, target: int | None = None, seed: int = 0,
) -> FittedMarginals:  # fmt: skip
    return fit_marginals(
        tokens_NC, sizes, sensitivity=m, budget=budget, share=0.8, target=target, limits=limits,
        one_way=one_way or exact_one_way(tokens_NC, sizes), rng=np.random.default_rng(seed),
    )  # fmt: skip


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 1000), m=st.integers(1, 4), same=st.booleans())
def test_no_release_moves_by_more_than_it_says_and_nothing_else_sees_the_data(seed: int, m: int, same: bool) -> None:
    sizes = [4, 3, 5, 2]
    tokens_NC, rng = linked_tokens(300, sizes, seed), np.random.default_rng(seed)
    unit = np.repeat(rng.integers(0, sizes, size=(1, 4)), m, axis=0) if same else rng.integers(0, sizes, size=(m, 4))
    one_way = exact_one_way(tokens_NC, sizes)
    first = Recorder()
    law = fit(tokens_NC, sizes, first, m=m, one_way=one_way, target=3)
    second = Recorder(replay=first.answers)
    other = fit(np.concatenate([tokens_NC, unit]), sizes, second, m=m, one_way=one_way, target=3)
    assert [(step, share, moved) for step, share, moved, _ in first.asked] == [
        (step, share, moved) for step, share, moved, _ in second.asked
    ]
    for (step, _, sensitivity, a), (_, _, _, b) in zip(first.asked, second.asked, strict=True):
        assert np.linalg.norm(a - b) <= sensitivity * (1 + 1e-9), step
    assert sum(share for _, share, _, _ in first.asked) == pytest.approx(0.8)
    draws = [law.sample(50, np.random.default_rng(0)), other.sample(50, np.random.default_rng(0))]
    np.testing.assert_array_equal(*draws)


def test_the_sensitivity_of_counts_is_reached() -> None:
    sizes, base = [2, 2], np.array([[0, 0]] * 40 + [[1, 1]] * 40)
    one_way = exact_one_way(base, sizes)
    first = Recorder(mu=50.0)
    fit(base, sizes, first, m=3, one_way=one_way)
    second = Recorder(mu=50.0, replay=first.answers)
    fit(np.concatenate([base, [[1, 1]] * 3]), sizes, second, m=3, one_way=one_way)
    moved = [np.linalg.norm(a[3] - b[3]) / a[2] for a, b in zip(first.asked, second.asked, strict=True)]
    assert max(moved) == pytest.approx(1.0)  # three rows in one cell of one table


def test_all_is_in_the_ledger() -> None:
    sizes = [4, 3, 5, 2]
    tokens_NC = linked_tokens(3000, sizes, 0)
    budget = Budget(1.0, 1e-5, noise=Noise(seed=0))
    fit(tokens_NC, sizes, budget, target=3)
    assert budget.left == pytest.approx(0.2)
    steps = [entry.step for entry in budget.ledger.entries]
    assert steps[:2] == ["tables: scores, round 1", "tables: counts, round 1"]
    assert steps[-1] == "tables: counts, last"


def test_much_budget_recovers_every_pair() -> None:
    sizes = [4, 3, 5, 2]
    tokens_NC = linked_tokens(20_000, sizes, 1)
    law = fit(tokens_NC, sizes, Recorder(mu=1e4), one_way=exact_one_way(tokens_NC, sizes, 1e-3))
    drawn_NC = law.sample(20_000, np.random.default_rng(0))
    for pair in combinations(range(4), 2):
        gap = np.abs(counted(tokens_NC, pair, sizes) - counted(drawn_NC, pair, sizes)).sum() / 40_000
        assert gap < 0.015, pair  # two samples of the table differ by 0.011 in the pair with most cells


def test_values_that_never_meet_do_not_meet_in_drawn_rows() -> None:
    rng = np.random.default_rng(0)
    left_N = rng.integers(0, 8, 20_000)
    tokens_NC = np.stack([left_N, left_N, rng.integers(0, 3, 20_000)], axis=1)
    drawn_NC = fit(tokens_NC, [8, 8, 3], Recorder(mu=1.0)).sample(20_000, rng)
    assert (drawn_NC[:, 0] == drawn_NC[:, 1]).mean() > 0.995


def test_columns_that_have_nothing_to_do_with_one_another_stay_so() -> None:
    sizes = [6, 5, 4, 6]
    tokens_NC = np.random.default_rng(0).integers(0, sizes, size=(5000, 4))
    model = fit(tokens_NC, sizes, Recorder(mu=0.2)).model
    for columns in model.logs:
        table = model.marginal(columns)
        assert table is not None
        axes = set(range(table.ndim))
        apart = [table.sum(axis=tuple(axes - {axis}), keepdims=True) for axis in axes]
        assert np.abs(table - math.prod(apart)).sum() / 2 < 0.04, columns  # 5,000 rows are 0.03 apart by chance


def test_a_rare_value_of_few_people_keeps_what_goes_with_it() -> None:
    rng = np.random.default_rng(0)
    plan_N = rng.choice(3, 400, p=[0.6, 0.3, 0.1])
    tokens_NC = np.stack([plan_N, rng.integers(0, 4, 400), plan_N == 2], axis=1).astype(int)
    gaps = []
    for seed in range(5):
        drawn_NC = fit(tokens_NC, [3, 4, 2], Recorder(mu=1.0, seed=seed), m=2.0, seed=seed).sample(4000, rng)
        marked_N = drawn_NC[:, 2] == 1
        gaps.append(marked_N[drawn_NC[:, 0] == 2].mean() - marked_N[drawn_NC[:, 0] == 0].mean())
    assert np.median(gaps) > 0.5  # 0.01 where too few rows held the value to count it beside another


def test_nothing_is_left_over_where_scores_say_little() -> None:
    tokens_NC = linked_tokens(60, [3, 3, 2], 0)
    for seed in range(10):
        budget = Recorder(mu=0.5, seed=seed)
        fit(tokens_NC, [3, 3, 2], budget, m=2.0)
        assert sum(share for _, share, _, _ in budget.asked) == pytest.approx(0.8), seed


def test_the_strongest_pairs_come_first() -> None:
    sizes = [4, 4, 4, 4, 4]
    tokens_NC = np.random.default_rng(0).integers(0, sizes, size=(8000, 5))
    tokens_NC[:, 3] = tokens_NC[:, 1]
    assert fit(tokens_NC, sizes, Recorder(mu=0.1)).measured[0] == (1, 3)


def test_a_pair_with_the_target_counts_more() -> None:
    rng = np.random.default_rng(0)
    tokens_NC = rng.integers(0, 4, size=(8000, 4))
    for a, b in [(0, 1), (2, 3)]:
        keeps = rng.random(8000) < 0.5
        tokens_NC[keeps, b] = tokens_NC[keeps, a]
    assert fit(tokens_NC, [4] * 4, Recorder(mu=0.5), target=3).measured[0] == (2, 3)
    assert fit(tokens_NC, [4] * 4, Recorder(mu=0.5), target=0).measured[0] == (0, 1)


def test_the_same_generator_gives_the_same_law() -> None:
    sizes = [4, 3, 5, 2]
    tokens_NC = linked_tokens(2000, sizes, 3)
    laws = [fit(tokens_NC, sizes, Recorder(mu=0.5), seed=5) for _ in range(2)]
    assert laws[0].measured == laws[1].measured
    np.testing.assert_array_equal(*[law.sample(100, np.random.default_rng(1)) for law in laws])


def test_limits_hold_with_sixty_columns() -> None:
    sizes = [30] * 60
    tokens_NC = linked_tokens(1000, sizes, 0)
    limits = Limits(cells=30_000, values=8, rounds=2, reference_rows=2000)
    law = fit(tokens_NC, sizes, Recorder(mu=2.0), limits=limits, target=0)
    assert law.model.tree.cells(law.model.sizes) <= 30_000
    assert max(law.model.sizes) <= 8
    assert len(law.measured) >= 40
    drawn_NC = law.sample(500, np.random.default_rng(0))
    assert drawn_NC.shape == (500, 60)
    assert drawn_NC.max() < 30


def test_values_given_are_kept_even_where_merged() -> None:
    sizes = [20, 20, 3]
    tokens_NC = linked_tokens(400, sizes, 2)
    law = fit(tokens_NC, sizes, Recorder(mu=0.5))
    assert law.coarsenings[0].size < 20
    values_N = np.random.default_rng(0).integers(0, 20, 100)
    assert (law.sample(100, np.random.default_rng(1), {0: values_N})[:, 0] == values_N).all()


@pytest.mark.parametrize("sizes", [[1], [5], [1, 1], [1, 4], [1, 4, 3]])
def test_columns_of_one_value(sizes: list[int]) -> None:
    tokens_NC = np.random.default_rng(0).integers(0, sizes, size=(500, len(sizes)))
    drawn_NC = fit(tokens_NC, sizes, Recorder(mu=5.0)).sample(200, np.random.default_rng(0))
    assert drawn_NC.shape == (200, len(sizes))
    assert (drawn_NC < sizes).all()


def test_noise_of_single_columns_may_differ_by_value() -> None:
    sizes = [4, 3, 5]
    tokens_NC = linked_tokens(4000, sizes, 0)
    one_way = exact_one_way(tokens_NC, sizes)
    wrong = one_way[0][0].copy()
    wrong[3] += 3000  # but its noise is said to be large
    said = [
        (wrong, np.array([1.0, 1.0, 1.0, 3000.0])),
        *((counts, np.full(len(counts), sd)) for counts, sd in one_way[1:]),
    ]
    law = fit_marginals(
        tokens_NC, sizes, sensitivity=1.0, budget=Recorder(mu=5.0), share=0.8, target=None, limits=SMALL,
        one_way=said, rng=np.random.default_rng(0),
    )  # fmt: skip
    shares = np.bincount(law.sample(4000, np.random.default_rng(0))[:, 0], minlength=4)
    assert np.abs(shares - one_way[0][0]).max() < 60


def test_an_empty_table() -> None:
    law = fit(np.zeros((0, 3), int), [2, 3, 4], Recorder(mu=1.0))
    assert law.sample(10, np.random.default_rng(0)).shape == (10, 3)


def test_deviation_by_chance_is_that_of_poisson_counts() -> None:
    rng = np.random.default_rng(0)
    for expected in (0.3, 4.0, 29.0, 31.0):
        drawn = np.abs(rng.poisson(expected, 200_000) - expected).mean()
        assert float(chance_deviation(np.array([expected]))[0]) == pytest.approx(drawn, rel=0.02)
