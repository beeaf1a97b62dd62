from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest, fisher_exact

from synthgen.metrics.privacy.attack import Outcome, strongest
from synthgen.metrics.statistics import binomial_interval


@pytest.mark.parametrize("counts", [(3, 4, 0, 4), (50, 1000, 20, 700), (0, 30, 0, 30), (30, 30, 1, 40)])
def test_the_chance_is_that_of_fishers_test(counts: tuple[int, int, int, int]):
    hits, people, hits_control, strangers = counts
    table = [[hits, people - hits], [hits_control, strangers - hits_control]]
    assert Outcome(*counts).p == pytest.approx(fisher_exact(table, alternative="greater").pvalue)


def test_rates_have_exact_intervals():
    found = Outcome(7, 200, 3, 100).to_json()
    expected = binomtest(7, 200).proportion_ci(0.95, "exact")
    assert found["interval"] == pytest.approx((expected.low, expected.high))
    assert found["excess"] == pytest.approx(7 / 200 - 3 / 100)
    assert binomial_interval(0, 0) == (0.0, 1.0)
    assert binomial_interval(7, 200, 0.01) == pytest.approx(tuple(binomtest(7, 200).proportion_ci(0.99, "exact")))


def test_the_interval_of_the_excess_holds_the_truth_as_often_as_it_says():
    """400 experiments at a truth of 0.04: the share that misses is below 0.05 + 4 standard errors of 0.011."""
    rng = np.random.default_rng(0)
    hits, control = rng.binomial(300, 0.10, 400), rng.binomial(100, 0.06, 400)
    intervals = [Outcome(a, 300, b, 100).interval() for a, b in zip(hits.tolist(), control.tolist(), strict=True)]
    missed = np.mean([not low <= 0.04 <= high for low, high in intervals])
    assert missed < 0.05 + 4 * 0.011


def test_the_strongest_of_many_pays_for_being_chosen():
    outcomes = {"a": Outcome(5, 100, 5, 100), "b": Outcome(15, 100, 3, 100), "c": Outcome(1, 100, 5, 100)}
    name, p = strongest(outcomes)
    assert name == "b"
    assert p == pytest.approx(3 * outcomes["b"].p)
