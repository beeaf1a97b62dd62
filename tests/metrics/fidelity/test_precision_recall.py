from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from synthgen.metrics.base import Result
from synthgen.metrics.fidelity.alpha_precision import AlphaPrecision
from synthgen.metrics.fidelity.authenticity import Authenticity
from synthgen.metrics.fidelity.beta_recall import BetaRecall
from synthgen.metrics.fidelity.precision_recall import as_points, curve_score, from_centre, nearest, precision_curve
from synthgen.metrics.view import View

Tables = Callable[..., tuple[View, View, View]]
TYPES = {"a": "numeric", "b": "numeric", "c": "categorical"}


def cloud(n: int, seed: int, spread: float = 1.0) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    return {"a": spread * rng.normal(size=n), "b": spread * rng.normal(size=n), "c": rng.choice(["p", "q"], n)}


def measure(metric: Any, tables: tuple[View, View, View]) -> Result:
    return metric.compute(*tables, np.random.default_rng(0))


def one_hot(view: View, low: np.ndarray, span: np.ndarray) -> np.ndarray:
    numbers = (view.ordinal(["a", "b"]) - low) / span
    return np.hstack([numbers, np.eye(view.sizes["c"])[view.labels["c"]]])


def test_distances_are_those_of_one_hot_rows(views: Tables):
    train, _, synthetic = views(TYPES, cloud(300, 0), cloud(9, 1), cloud(280, 2))
    points = as_points(train, synthetic)
    low, span = (f(train.ordinal(["a", "b"]), axis=0) for f in (np.min, np.ptp))
    real, made = (one_hot(view, low, span) for view in (train, synthetic))
    slow = cdist(made, real)
    distance, which = nearest(points[1], points[0])
    assert distance == pytest.approx(slow.min(axis=1), abs=1e-9)
    assert which.tolist() == slow.argmin(axis=1).tolist()
    own = cdist(real, real) + np.diag([np.inf] * 300)
    assert nearest(points[0], points[0], own=True)[0] == pytest.approx(own.min(axis=1), abs=1e-9)
    centre = np.sqrt(((made - real.mean(axis=0)) ** 2).sum(axis=1))
    assert from_centre(points[1], points[0]) == pytest.approx(centre, abs=1e-9)


def test_a_missing_quantity_stands_at_the_mean_and_has_a_flag(views: Tables):
    train, _, synthetic = views({"n": "numeric"}, {"n": [0, 4, 8]}, {"n": [1]}, {"n": [8, None]})
    assert as_points(train, synthetic)[1].numbers.tolist() == [[1, 0], [0.5, 1]]


def test_a_curve_on_the_diagonal_scores_one_and_one_that_never_rises_zero():
    far = np.linspace(0, 1, 2_000)
    assert curve_score(precision_curve(far, far)) == pytest.approx(1, abs=1e-3)
    assert curve_score(precision_curve(far, far + 9)) == 0


def test_rows_of_the_same_world_score_like_held_out_ones(views: Tables):
    tables = views(TYPES, cloud(800, 0), cloud(800, 1), cloud(800, 2))
    for metric, ideal, wide in ((AlphaPrecision(), 0.97, 0.05), (BetaRecall(), 0.5, 0.08), (Authenticity(), 0.4, 0.1)):
        result = measure(metric, tables)
        assert result.value == pytest.approx(ideal, abs=wide)  # four standard errors
        assert result.floor == pytest.approx(ideal, abs=wide)
        assert result.interval is not None
        assert result.interval[0] <= result.value <= result.interval[1]


def test_rows_huddled_in_the_middle_lose_precision_and_recall(views: Tables):
    tables = views(TYPES, cloud(500, 0), cloud(500, 1), cloud(500, 2, spread=0.2))
    alpha, beta = measure(AlphaPrecision(), tables), measure(BetaRecall(), tables)
    assert alpha.value is not None
    assert beta.value is not None
    assert alpha.value < 0.8
    assert beta.value < 0.3
    assert "too near" in alpha.meaning


def test_copies_are_not_authentic_and_are_recalled_all_too_well(views: Tables):
    tables = views(TYPES, cloud(400, 0), cloud(400, 1), cloud(400, 0))
    assert measure(Authenticity(), tables).value == 0
    assert measure(BetaRecall(), tables).value == pytest.approx(1, abs=0.01)


def test_a_fifth_of_copies_lowers_authenticity_below_the_floor(views: Tables):
    copied = {
        name: np.concatenate([cloud(2_000, 0)[name][:400], cells[400:]]) for name, cells in cloud(2_000, 2).items()
    }
    result = measure(Authenticity(), views(TYPES, cloud(2_000, 0), cloud(2_000, 1), copied))
    assert result.interval is not None
    assert result.floor is not None
    assert result.interval[1] < result.floor
