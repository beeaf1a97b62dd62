from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from synthgen.metrics.base import Result
from synthgen.metrics.utility.learners import Learners, compare_order
from synthgen.metrics.view import View

TYPES = {"age": "numeric", "city": "categorical", "buys": "boolean"}
Tables = Callable[..., tuple[View, View, View]]
Draw = Callable[[int, int], dict[str, Any]]


def run(tables: tuple[View, View, View]) -> Result:
    return Learners().compute(*tables, np.random.default_rng(0))


def figures(result: Result, table: str) -> list[float]:
    return [one["value"] for one in result.details["learners"] if one["table"] == table]


def test_equal_tables_teach_the_same_and_rank_the_learners_alike(views: Tables, draw: Draw):
    result = run(views(TYPES, draw(300, 0), draw(300, 1), draw(300, 0), "buys"))
    assert result.title == "Learners AUC"
    assert result.value == result.floor
    assert result.details["kept"] == 1
    assert result.details["order_agreement"] == 1
    assert result.details["winner_real"] == result.details["winner_synthetic"]
    assert result.details["cost_of_choice"] == 0
    assert result.details["gap_interval"] == [0, 0]


def test_flipped_labels_teach_the_opposite_for_every_learner(views: Tables, draw: Draw):
    flipped = draw(300, 2)
    flipped["buys"] = np.where(flipped["buys"] == "yes", "no", "yes")
    result = run(views(TYPES, draw(300, 0), draw(300, 1), flipped, "buys"))
    assert max(figures(result, "synthetic")) < 0.3
    assert min(figures(result, "real")) > 0.8
    assert max(figures(result, "synthetic")) < np.mean(figures(result, "both")) < min(figures(result, "real"))
    assert result.details["kept"] < 0
    assert result.value == pytest.approx(np.mean(figures(result, "synthetic")))
    assert result.floor == pytest.approx(np.mean(figures(result, "real")))


@pytest.mark.parametrize(("target", "figure"), [("spent", "R2"), ("kind", "AUC")])
def test_numbers_and_many_classes_are_learned_too(target: str, figure: str, views: Tables, draw: Draw):
    tables = [draw(250, seed) for seed in range(3)]
    for seed, rows in enumerate(tables):
        rows["spent"] = 2 * rows["age"] + np.random.default_rng(seed).normal(size=250)
        rows["kind"] = np.digitize(rows["age"], [15, 25, 35, 45, 55]).astype(str)
    kind = {"spent": "numeric", "kind": "categorical"}[target]
    result = run(views({"age": "numeric", "city": "categorical", target: kind}, *tables, target))
    assert result.details["figure"] == figure
    assert min(figures(result, "synthetic")) > 0.8
    if figure == "R2":  # an area may be far from one half: it hangs on the sign of a chance slope
        assert max(figures(result, "independent columns")) < 0.2
    assert result.details["kept"] == pytest.approx(1, abs=0.1)
    assert len(result.charts[0]["labels"]) == 3


def test_a_pair_that_real_rows_cannot_tell_apart_may_stand_in_either_order():
    exact, vague = np.zeros(100), np.random.default_rng(0).normal(0, 1, 100)  # vague: standard error 0.1

    def judged(real: tuple[float, float, float], made: tuple[float, float, float], influence: np.ndarray) -> Any:
        return {
            name: {"real": (r, influence * i), "synthetic": (m, influence * i)}
            for i, (name, r, m) in enumerate(zip("abc", real, made, strict=True))
        }

    found = compare_order(judged((0.9, 0.8, 0.7), (0.8, 0.9, 0.7), exact))
    assert found["order_agreement"] == pytest.approx(2 / 3)
    assert (found["winner_real"], found["winner_synthetic"]) == ("a", "b")
    assert found["cost_of_choice"] == pytest.approx(0.1)
    assert compare_order(judged((0.9, 0.8, 0.7), (0.8, 0.9, 0.7), vague))["order_agreement"] == 1


def test_where_real_rows_teach_nothing_no_share_of_it_is_given(views: Tables, draw: Draw):
    tables = [draw(200, seed) for seed in range(3)]
    for seed, rows in enumerate(tables):
        rows["buys"] = np.random.default_rng(seed + 9).permutation(rows["buys"])
    result = run(views(TYPES, *tables, "buys"))
    assert result.details["kept"] is None
    assert "no more" in result.meaning
