from __future__ import annotations

from collections.abc import Callable

import numpy as np

from synthgen.metrics.privacy.rare_values import RareValues
from synthgen.metrics.privacy.verdict import privacy_verdict
from synthgen.metrics.view import View

Tables = Callable[..., tuple[View, View, View]]
TYPES = {"job": "categorical", "age": "numeric"}


def table(n: int, seed: int, rare: int = 0) -> dict[str, list[object]]:
    """Common jobs and ages, and at the start as many rows of the only diver, aged 30."""
    rng = np.random.default_rng(seed)
    jobs = ["diver"] * rare + rng.choice(["cook", "clerk"], n - rare).tolist()
    return {"job": jobs, "age": [30] * rare + rng.integers(20, 40, n - rare).tolist()}


def test_one_persons_rare_value_is_found_and_told(views: Tables):
    tables = views(TYPES, table(400, 0, 1), table(200, 1), table(400, 2, 1))
    result = RareValues().compute(*tables, np.random.default_rng(0))
    assert result.value == 1.0
    assert result.details["emitted"] == {"job": 1}
    assert "diver" not in str(result.to_json())
    assert "'job'" in privacy_verdict([result])[1]


def test_common_values_give_nobody_away(views: Tables):
    result = RareValues().compute(*views(TYPES, *(table(400, i) for i in range(3))), np.random.default_rng(0))
    assert result.value is None
    assert "fewer than 5" in result.reason


def test_the_only_one_in_town_kept_by_many_jobs_is_no_luck(views: Tables):
    """Sixty people have a job of their own, thirty strangers too; only the training people's come out."""

    def own(n: int, seed: int, name: str, of: int) -> dict[str, list[object]]:
        rows = table(n, seed)
        rows["job"][:of] = [f"{name}{i}" for i in range(of)]
        return rows

    tables = views(TYPES, own(400, 0, "a", 60), own(200, 1, "b", 30), own(400, 2, "a", 60))
    result = RareValues().compute(*tables, np.random.default_rng(0))
    assert (result.value, result.details["p"] < 1e-9) == (1.0, True)
    assert privacy_verdict([result])[0] == "fail"


def test_an_outermost_number_is_a_rare_value(views: Tables):
    train, holdout, made = table(400, 0), table(200, 1), table(400, 2)
    train["age"][0] = made["age"][7] = 104
    result = RareValues().compute(*views(TYPES, train, holdout, made), np.random.default_rng(0))
    assert result.details["emitted"] == {"age": 1}
