from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.stats import fisher_exact

from synthgen.metrics.privacy.attack import Outcome
from synthgen.metrics.privacy.singling_out import SinglingOut, single_out
from synthgen.metrics.view import View

Tables = Callable[..., tuple[View, View, View]]
Town = Callable[..., tuple[View, View, View]]


def attack(tables: tuple[View, View, View], seed: int = 0) -> Any:
    return SinglingOut().compute(*tables, np.random.default_rng(seed))


@pytest.mark.parametrize("seed", range(5))
def test_a_description_counts_when_it_fits_exactly_one_of_all_real_people(views: Tables, seed: int):
    """No cell alone is rare among four synthetic rows, so every description takes both columns, in either order."""
    tables = views(
        {"c": "categorical", "d": "categorical"},
        {"c": ["x", "y", "y", "z"], "d": ["1", "1", "2", "1"]},
        {"c": ["x", "x", "y"], "d": ["2", "2", "2"]},
        {"c": ["x", "x", "y", "y"], "d": ["1", "2", "1", "2"]},
    )
    hit, descriptions = single_out(*tables, np.random.default_rng(seed))
    assert descriptions == 4
    # (x, 1) and (y, 1) fit one training person each; (x, 2) fits two strangers, (y, 2) one of each kind; z nobody's
    assert hit.tolist() == [True, True, False, False, False, False, False]


def test_a_description_that_fits_two_synthetic_rows_is_none(views: Tables):
    tables = views(
        {"c": "categorical", "d": "categorical"},
        {"c": ["x", "y"], "d": ["1", "1"]},
        {"c": ["z"], "d": ["2"]},
        {"c": ["x", "x", "y", "y"], "d": ["1", "1", "1", "2"]},
    )
    hit, descriptions = single_out(*tables, np.random.default_rng(0))
    assert descriptions == 2
    assert hit.tolist() == [False, True, False]


def test_numbers_are_described_by_their_place_and_a_missing_one_by_that(views: Tables):
    tables = views(
        {"n": "numeric", "m": "numeric"},
        {"n": [10, None, 14], "m": [1, 1, 1]},
        {"n": [21, 30], "m": [1, 1]},
        {"n": [10, 20, 30, None], "m": [1, 1, 1, 1]},
    )
    hit, descriptions = single_out(*tables, np.random.default_rng(0))
    assert descriptions == 4
    assert hit.tolist() == [True, True, False, False, True]  # 14 and 21 are no synthetic row's value


def test_the_highest_the_lowest_and_the_only_one_are_singled_out_by_one_column(views: Tables):
    dull = [0, 1, 2, 3, 4] * 4
    train, holdout, made = [100, 7.5, 6, *dull], [-50, 8.5, 8.5, *dull], [-1, 9, 7.5, 8.5, 6, 6, *dull]
    result = attack(views({"x": "numeric"}, {"x": train}, {"x": holdout}, {"x": made}))
    found = result.details["outcomes"]["one column"]
    # a training person above all synthetic rows, one with 7.5; 6 stands twice in the synthetic, 8.5 in the real rows
    assert (found["hits"], found["people"], found["hits_control"], found["strangers"]) == (2, 23, 1, 23)
    both_above = attack(views({"x": "numeric"}, {"x": [100, 99, *dull]}, {"x": dull}, {"x": dull}))
    assert both_above.details["outcomes"]["one column"]["hits"] == 0


def test_the_only_holder_of_a_label_is_singled_out_by_it(views: Tables):
    common = ["cook", "clerk"] * 20
    own = {side: [f"{side}{i}" for i in range(15)] for side in "abc"}
    tables = views(
        {"job": "categorical"},
        {"job": own["a"] + common},
        {"job": own["b"] + common},
        {"job": own["a"] + own["b"][:2] + own["c"] + common},
    )
    result = attack(tables)
    found = result.details["outcomes"]["one column"]
    assert (found["hits"], found["hits_control"]) == (15, 2)
    p = fisher_exact([[15, 40], [2, 53]], alternative="greater").pvalue
    assert found["p"] == pytest.approx(p)
    assert result.details["p"] == pytest.approx(2 * p)  # two variants, alike here
    assert result.interval == Outcome(15, 55, 2, 55).interval(0.025)
    assert result.interval[0] > 0


def test_guessing_is_the_attack_with_shuffled_columns(views: Tables):
    """One column is the same in any order; of two that are one, no shuffled row keeps its pair."""
    rng = np.random.default_rng(0)
    values = rng.permutation(90).astype(float)
    one = attack(views({"x": "numeric"}, *({"x": part} for part in (values[:50], values[50:], values[::3]))))
    found = one.details["outcomes"]["several columns"]
    assert found["guess"] == found["rate"] > 0
    tied = {"x": [f"a{i}" for i in range(40)], "y": [f"b{i}" for i in range(40)]}
    others = {name: [f"{cell}." for cell in cells] for name, cells in tied.items()}
    both = attack(views({"x": "categorical", "y": "categorical"}, tied, others, tied))
    found = both.details["outcomes"]["several columns"]
    assert (found["rate"], found["control"]) == (1.0, 0.0)
    assert found["guess"] <= 0.1  # of 40 shuffled pairs one falls back into its place, four hardly ever


@pytest.mark.parametrize("leak", ["copied", "overfitted"])
def test_a_planted_leak_singles_training_people_out(leak: str, town: Town, leaks: dict[str, Any]):
    result = attack(town(leaks[leak]))
    assert result.details["p"] < 1e-6
    assert result.interval[0] > 0
    several = result.details["outcomes"]["several columns"]
    assert several["excess"] > 0.02
    assert several["guess"] < several["rate"]


def test_fresh_rows_come_out_clean(town: Town):
    """40 towns at 5 %: seven alarms or more have a chance of 1 in 290."""
    alarms = sum(attack(town(n=200, held=150, seed=seed), seed).details["p"] <= 0.05 for seed in range(40))
    assert alarms < 7


def test_columns_of_one_value_single_nobody_out(views: Tables):
    rows = {"x": [3.0] * 40, "c": ["a"] * 40}
    result = attack(views({"x": "numeric", "c": "categorical"}, rows, rows, rows))
    assert (result.value, result.details["p"], result.details["descriptions"]) == (0.0, 1.0, 0)


@pytest.mark.parametrize(("n", "held", "why"), [(100, 0, "no rows were held out"), (5, 5, "fewer than 20")])
def test_too_few_people_are_no_crowd(town: Town, n: int, held: int, why: str):
    result = attack(town(n=n, held=held))
    assert result.value is None
    assert why in result.reason
