from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.stats import fisher_exact

from synthgen.metrics.privacy.attack import Outcome
from synthgen.metrics.privacy.linkability import Linkability, draw_splits, link_people, list_lengths
from synthgen.metrics.view import View

Tables = Callable[..., tuple[View, View, View]]
Town = Callable[..., tuple[View, View, View]]


def attack(tables: tuple[View, View, View], seed: int = 0) -> Any:
    return Linkability().compute(*tables, np.random.default_rng(seed))


@pytest.mark.parametrize("kinds", [("numeric", "numeric"), ("categorical", "numeric"), ("categorical", "categorical")])
def test_halves_are_joined_through_the_synthetic_row_that_holds_both(kinds: tuple[str, str], views: Tables):
    """Forty people of whom the table keeps the first fifteen; the others' second halves it gives to one another."""
    people = {"x": [f"{i}" for i in range(40)], "y": [f"{100 + i}" for i in range(40)]}
    passed_on = people["y"][:15] + people["y"][16:] + people["y"][15:16]
    members, _, made = views(dict(zip("xy", kinds, strict=True)), people, people, {"x": people["x"], "y": passed_on})
    rng = np.random.default_rng(0)
    hit = link_people(members, made, draw_splits(2, rng), rng)
    assert hit.tolist() == [True] * 15 + [False] * 25


def test_the_right_half_is_sought_among_those_nearest_to_the_synthetic_one(views: Tables):
    """First half 1.1 leads to the row of 1, whose 31 is nearest to 32, of another; 5 leads to 50, nearest to 48."""
    members, _, made = views(
        {"x": "numeric", "y": "numeric"},
        {"x": [1.1, 5, 9], "y": [35, 48, 32]},
        {"x": [0], "y": [0]},
        {"x": [1, 5, 9], "y": [31, 50, 32]},
    )
    rng, forth = np.random.default_rng(0), [np.array([0, 1])] * 4
    assert link_people(members, made, forth, rng).tolist() == [False, True, True]


@pytest.mark.parametrize(
    ("people", "lengths"), [(20, [20]), (250, [250]), (374, [374]), (376, [188, 188]), (2000, [250] * 8)]
)
def test_lists_are_about_as_long_as_stated(people: int, lengths: list[int]):
    assert list_lengths(people) == lengths


def test_where_everybody_is_alike_one_of_each_list_is_found_as_by_guessing(views: Tables):
    rows = {"x": [3.0] * 600, "c": ["a"] * 600}
    result = attack(views({"x": "numeric", "c": "categorical"}, rows, rows, rows))
    found = result.details["outcomes"]["two halves"]
    assert (found["hits"], found["hits_control"], found["guess"]) == (2, 2, 2 / 600)
    assert result.value == 0.0
    assert result.details["p"] > 0.5


def test_as_many_strangers_are_tried_on_as_long_lists(town: Town):
    found = attack(town(n=400, held=100)).details["outcomes"]["two halves"]
    assert (found["people"], found["strangers"], found["guess"]) == (100, 100, 0.01)


@pytest.mark.parametrize("leak", ["copied", "overfitted"])
def test_a_planted_leak_joins_training_peoples_halves(leak: str, town: Town, leaks: dict[str, Any]):
    result = attack(town(leaks[leak]))
    found = result.details["outcomes"]["two halves"]
    hits, control = found["hits"], found["hits_control"]
    p = fisher_exact([[hits, 1000 - hits], [control, 1000 - control]], alternative="greater").pvalue
    assert result.details["p"] == pytest.approx(p)
    assert p < 1e-3
    assert result.interval == Outcome(hits, 1000, control, 1000).interval()
    assert result.interval[0] > 0
    assert result.value == pytest.approx((hits - control) / 1000)
    assert found["rate"] > 5 * found["guess"]


def test_fresh_rows_come_out_clean(town: Town):
    """40 towns at 5 %: seven alarms or more have a chance of 1 in 290."""
    alarms = sum(attack(town(n=300, held=300, seed=seed), seed).details["p"] <= 0.05 for seed in range(40))
    assert alarms < 7


def test_one_column_has_no_halves(views: Tables):
    rows = {"x": list(range(30))}
    result = attack(views({"x": "numeric"}, rows, rows, rows))
    assert result.value is None
    assert "cannot be split" in result.reason


@pytest.mark.parametrize(("n", "held", "why"), [(100, 0, "no rows were held out"), (5, 5, "fewer than 20")])
def test_too_few_people_make_no_list(town: Town, n: int, held: int, why: str):
    result = attack(town(n=n, held=held))
    assert result.value is None
    assert why in result.reason
