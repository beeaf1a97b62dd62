from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from synthgen.metrics.privacy.distance import DistanceShare, nearer_share, nearest
from synthgen.metrics.view import View

TYPES = {"x": "numeric", "y": "numeric", "c": "categorical"}
Tables = Callable[..., tuple[View, View, View]]


def world(n: int, seed: int) -> dict[str, object]:
    rng = np.random.default_rng(seed)
    return {"x": rng.normal(size=n), "y": rng.exponential(size=n), "c": rng.choice(list("pqr"), n)}


def test_the_distance_is_the_one_worked_by_hand(views: Tables):
    train, _, synthetic = views(
        {"x": "numeric", "c": "categorical", "d": "categorical"},
        {"x": [0, 10], "c": ["a", "b"], "d": ["k", None]},
        {"x": [0], "c": ["a"], "d": ["k"]},
        {"x": [2, None], "c": ["a", "z"], "d": ["m", None]},
    )
    # row 1: 0.2 + 2 from the first, 0.8 + 4 from the second; row 2, at the mean 5: 0.5 + 4, 0.5 + 2.
    assert nearest(synthetic, train, {"x": (5.0, 10.0)}) == pytest.approx([2.2, 2.5])


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
    share, ties, *_ = nearer_share(synthetic, train, holdout, np.random.default_rng(0))
    assert (share, ties) == (0.5, 1.0)


def test_too_few_rows_are_not_judged(views: Tables):
    result = DistanceShare().compute(*views(TYPES, world(60, 0), world(19, 1), world(60, 2)), np.random.default_rng(0))
    assert result.value is None
