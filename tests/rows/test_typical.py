from __future__ import annotations

import json

import numpy as np
import pytest

from synthgen.nets.conditionals import Surprises
from synthgen.rows.typical import Typical

EVERY = np.ones((1, 3), bool)


def seen(slots_NS: np.ndarray, expected_N: np.ndarray) -> Surprises:
    return Surprises(slots_NS.sum(1, keepdims=True), slots_NS, expected_N)


@pytest.fixture(scope="module")
def typical() -> Typical:
    """A thousand rows of three slots: a nat each, give or take a half; three nats were expected, give or take 0.1."""
    rng = np.random.default_rng(0)
    slots_NS = 1 + rng.choice([-0.5, 0.5], (1_000, 3))
    return Typical.of(seen(slots_NS, 3 + 0.1 * rng.standard_normal(1_000)), 2 + rng.random(1_000))


def looked(typical: Typical, slots: list[float], expected: float, worst: float, counted: np.ndarray = EVERY) -> float:
    looks = typical.looks(seen(np.array([slots]), np.array([expected])), np.array([worst]), counted)
    return float(typical.percentile(looks)[0])


def test_figures_by_hand(typical: Typical) -> None:
    looks = typical.looks(seen(np.array([[1.0, 2.0, 0.5]]), np.array([2.5])), np.array([2.2]), EVERY)
    off = (np.array([1.0, 2.0, 0.5]) - typical.mean) / (typical.spread + 0.05)
    assert looks.plainness[0] == pytest.approx(abs(2.5 - typical.expected))
    assert looks.unevenness[0] == pytest.approx((off**2).sum())
    assert looks.worst[0] == 2.2
    assert typical.mean == pytest.approx(np.ones(3), abs=0.08)
    assert typical.spread == pytest.approx(np.full(3, 0.5), abs=0.01)


def test_each_figure_alone_makes_a_row_atypical(typical: Typical) -> None:
    usual = looked(typical, [1.5, 0.5, 1.5], 3.0, 2.0)
    assert usual < 25
    assert looked(typical, [1.5, 0.5, 1.5], 2.0, 2.0) > usual + 25  # too plain
    assert looked(typical, [1.5, 0.5, 1.5], 4.0, 2.0) > usual + 25
    assert looked(typical, [4.0, 0.5, 4.0], 3.0, 2.0) > usual + 25
    assert looked(typical, [1.5, 0.5, 1.5], 3.0, 9.0) > usual + 25
    assert looked(typical, [4.0, 0.5, 4.0], 2.0, 9.0) == 100


def test_what_does_not_count_makes_no_row_atypical(typical: Typical) -> None:
    two = np.array([[True, True, False]])
    assert looked(typical, [1.5, 0.5, 9.0], 3.0, 2.0, two) == looked(typical, [1.5, 0.5, 1.0], 3.0, 2.0, two)


def test_percentiles_are_those_of_the_rows_themselves(typical: Typical) -> None:
    """The same sums, ranked the slow way."""
    rng = np.random.default_rng(1)
    of = seen(1 + rng.random((400, 3)), 3 + rng.standard_normal(400))
    worst = rng.random(400)
    found = Typical.of(of, worst)
    looks = found.looks(of, worst, np.ones((400, 3), bool))
    sums = np.zeros(400)
    for figure in vars(looks).values():
        below = np.array([(figure < one).sum() for one in figure]) / 399
        sums -= np.log(1 - below + 0.5 / 400)
    below = np.array([(sums < one - 1e-9).sum() for one in sums]) / 399 * 100
    np.testing.assert_allclose(found.percentile(looks), below, atol=0.3)


def test_it_is_written_as_json_and_read_back(typical: Typical) -> None:
    again = Typical.read(json.loads(json.dumps(typical.facts())))
    assert looked(again, [1.5, 0.7, 1.5], 2.9, 2.4) == pytest.approx(
        looked(typical, [1.5, 0.7, 1.5], 2.9, 2.4), abs=0.5
    )
    assert all(len(of) <= 1_001 for of in again.quantiles.values())
