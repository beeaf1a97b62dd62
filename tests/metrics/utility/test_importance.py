from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from synthgen.metrics.base import Result
from synthgen.metrics.utility.importance import Importance
from synthgen.metrics.view import View

TYPES = {"age": "numeric", "city": "categorical", "luck": "numeric", "fate": "numeric", "buys": "boolean"}
Tables = Callable[..., tuple[View, View, View]]
Draw = Callable[[int, int], dict[str, Any]]


def rows(draw: Draw, seed: int) -> dict[str, Any]:
    rng = np.random.default_rng(seed + 50)
    return draw(400, seed) | {"luck": rng.normal(size=400), "fate": rng.normal(size=400)}


def run(tables: tuple[View, View, View]) -> Result:
    return Importance().compute(*tables, np.random.default_rng(0))


def test_equal_tables_agree_wholly(views: Tables, draw: Draw):
    result = run(views(TYPES, rows(draw, 0), rows(draw, 1), rows(draw, 0), "buys"))
    assert result.value is not None
    assert abs(result.value - 1) < 1e-12
    assert result.meaning == "The column that matters most is age with either table."
    losses = {one["name"]: one["real"] for one in result.details["columns"]}
    assert losses["age"] > 0.2
    assert losses["luck"] == losses["fate"] == 0  # each within chance with 97.5 %
    assert result.floor is not None


def test_another_column_that_matters_is_found(views: Tables, draw: Draw):
    made = rows(draw, 2)
    made["buys"] = np.where(made["luck"] > 0, "yes", "no")
    holdout = rows(draw, 1)
    holdout["luck"] = holdout["age"] / 10 + holdout["luck"]  # so that luck tells something about real rows
    result = run(views(TYPES, rows(draw, 0), holdout, made, "buys"))
    assert result.value is not None
    assert result.value < 0.5
    assert "age in real rows and luck in synthetic ones" in result.meaning


def test_two_inputs_are_too_few_for_an_order(views: Tables, draw: Draw):
    types = {"age": "numeric", "city": "categorical", "buys": "boolean"}
    assert "fewer than 3 columns" in run(views(types, *(draw(100, seed) for seed in range(3)), "buys")).reason


def test_columns_that_tell_nothing_have_no_order(views: Tables, draw: Draw):
    tables = [rows(draw, seed) for seed in range(3)]
    for table in tables:
        table["buys"] = np.random.default_rng(5).permutation(table["buys"])
    assert "no column tells anything" in run(views(TYPES, *tables, "buys")).reason
