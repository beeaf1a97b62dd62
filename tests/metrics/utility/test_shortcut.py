from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from synthgen.metrics.base import Result
from synthgen.metrics.utility.shortcut import Shortcut, compare, is_easier
from synthgen.metrics.utility.task import Task, read_task
from synthgen.metrics.view import View

TYPES = {"age": "numeric", "city": "categorical", "buys": "boolean"}
Tables = Callable[..., tuple[View, View, View]]
Draw = Callable[[int, int], dict[str, Any]]


def run(tables: tuple[View, View, View]) -> Result:
    return Shortcut().compute(*tables, np.random.default_rng(0))


@pytest.mark.parametrize("kind", ["numeric", "categorical"])
def test_a_column_that_equals_the_target_in_synthetic_rows_is_flagged(kind: str, views: Tables, draw: Draw):
    tables = [draw(300, seed) for seed in range(3)]
    for seed, rows in enumerate(tables):
        rows["badge"] = np.random.default_rng(seed).integers(0, 5, 300)
    made = tables[2]
    made["badge"] = np.where(made["buys"] == "yes", 2, np.where(made["badge"] == 2, 4, made["badge"]))
    result = run(views(TYPES | {"badge": kind}, *tables, "buys"))
    assert result.details["flag"] == "easier than the real table"
    assert "easier than the real one" in result.meaning
    deep = result.details["trees"][1]
    assert deep["synthetic"] > 0.98
    assert "badge" in deep["columns_synthetic"]
    assert "badge" not in result.details["trees"][0]["columns_real"]
    assert result.value is not None
    assert result.floor is not None
    assert result.value > 2 * result.floor
    assert result.details["trees"][0]["synthetic"] > (0.99 if kind == "categorical" else 0.6)  # one label, two cuts


def test_fresh_rows_are_not_flagged_more_often_than_stated(views: Tables, draw: Draw):
    """1 in 500 stated: of 25 tables more than one is flagged once in 800."""
    flagged = 0
    for seed in range(25):
        tables = views(TYPES, draw(200, 3 * seed), draw(0, 0), draw(200, 3 * seed + 1), "buys")
        rng = np.random.default_rng(seed)
        task = read_task(*tables, rng, most_rows=200, most_classes=2, tested=False)
        assert isinstance(task, Task)
        flagged += any(map(is_easier, compare(task, task.train, task.synthetic, rng) or []))
    assert flagged <= 1


def test_a_harder_table_is_far_but_not_flagged(views: Tables, draw: Draw):
    broken = draw(300, 2)
    broken["buys"] = np.random.default_rng(5).permutation(broken["buys"])
    result = run(views(TYPES, draw(300, 0), draw(300, 1), broken, "buys"))
    assert result.details["flag"] is None
    assert result.value is not None
    assert result.value > 0.2
    assert "There is no shortcut" in result.meaning


def test_no_held_out_rows_are_needed(views: Tables, draw: Draw):
    result = run(views(TYPES, draw(200, 0), draw(0, 1), draw(200, 2), "buys"))
    assert result.value is not None
    assert result.floor is None


def test_a_class_with_few_rows_is_left_out(views: Tables, draw: Draw):
    tables = [draw(200, seed) for seed in range(3)]
    tables[2]["buys"][:] = "no"
    tables[2]["buys"][:9] = "yes"
    assert "fewer than two classes have 10 rows" in run(views(TYPES, *tables, "buys")).reason
