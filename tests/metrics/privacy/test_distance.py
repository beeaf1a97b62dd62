from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy.stats import norm

from synthgen.metrics.privacy.distance import DistanceShare, _chance, look
from synthgen.metrics.view import View

TYPES = {"x": "numeric", "y": "numeric", "c": "categorical"}
Tables = Callable[..., tuple[View, View, View]]


def world(n: int, seed: int) -> dict[str, object]:
    rng = np.random.default_rng(seed)
    return {"x": rng.normal(size=n), "y": rng.exponential(size=n), "c": rng.choice(list("pqr"), n)}


def test_fresh_rows_are_as_near_to_strangers(views: Tables):
    result = DistanceShare().compute(*views(TYPES, *(world(800, i) for i in range(3))), np.random.default_rng(0))
    assert result.value == pytest.approx(0.5, abs=0.1)  # standard error 0.018: false alarm 1 in 10 million
    assert result.interval is not None
    assert result.interval[0] < 0.5 < result.interval[1]


def test_noisy_copies_of_training_rows_are_found_out(views: Tables):
    train = world(800, 0)
    noisy = train | {"x": np.asarray(train["x"]) + np.random.default_rng(9).normal(0, 0.001, 800)}
    result = DistanceShare().compute(*views(TYPES, train, world(800, 1), noisy), np.random.default_rng(0))
    assert result.value is not None
    assert result.value > 0.95


def test_ties_are_split(views: Tables):
    table = world(50, 0)
    train, holdout, synthetic = views(TYPES, table, table, world(50, 1))
    found = look(synthetic, train, holdout, np.random.default_rng(0))
    assert (found.share, found.ties) == (0.5, 1.0)


def test_curves_and_kinds_of_columns_stand_beside_the_figure(views: Tables):
    train = world(800, 0)
    result = DistanceShare().compute(*views(TYPES, train, world(800, 1), train), np.random.default_rng(0))
    assert result.details["closest"]["synthetic to training"][-1] == 0  # every row is a training row
    assert result.details["closest"]["synthetic to held-out"][-1] > 0
    assert set(result.details["groups"]) == {"quantities", "labels"}
    assert [chart["kind"] for chart in result.charts] == ["lines", "lines"]
    assert result.details["p"] < 1e-9


def test_the_chance_allows_for_one_held_out_row_that_draws_many():
    """Every row nearest to one real row is one coin, not a hundred."""
    assert _chance(np.ones(100), np.zeros(100, dtype=int)) == pytest.approx(norm.sf(1))
    assert _chance(np.ones(100), np.arange(100)) == pytest.approx(norm.sf(10))


def test_too_few_rows_are_not_judged(views: Tables):
    result = DistanceShare().compute(*views(TYPES, world(60, 0), world(19, 1), world(60, 2)), np.random.default_rng(0))
    assert result.value is None
