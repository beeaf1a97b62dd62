from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from synthgen.metrics.fidelity import mutual_information
from synthgen.metrics.fidelity.mutual_information import MutualInformation, shared_information
from synthgen.metrics.fidelity.trend import Trend
from synthgen.metrics.view import View

Tables = Callable[..., tuple[View, View, View]]
TYPES = {"x": "numeric", "y": "numeric"}


def ring(n: int, seed: int, whole: bool) -> dict[str, np.ndarray]:
    """A ring has no correlation, and much information; apart, its columns have the same shapes."""
    rng = np.random.default_rng(seed)
    angle = rng.uniform(0, 2 * np.pi, n)
    return {"x": np.cos(angle), "y": np.sin(angle if whole else rng.permutation(angle))}


def test_a_broken_ring_is_seen_though_its_correlation_is_right(views: Tables):
    tables = views(TYPES, ring(2_000, 0, True), ring(2_000, 1, True), ring(2_000, 2, False))
    rng = np.random.default_rng(0)
    straight, found = Trend().compute(*tables, rng), MutualInformation().compute(*tables, rng)
    assert straight.value is not None
    assert straight.value < 0.05
    assert found.value is not None
    assert found.floor is not None
    assert found.value > 0.3
    assert found.floor < 0.03
    assert "x with y" in found.meaning


def test_a_copy_has_all_information_and_a_column_that_does_not_vary_is_left_out(views: Tables):
    cells = np.arange(500.0)
    table = {"x": cells, "y": -cells, "z": np.ones(500)}
    train, _, synthetic = views(dict.fromkeys(table, "numeric"), table, table, table)
    shared = shared_information(train, (train, synthetic), [("x", "y"), ("x", "z")])
    assert shared[0][0] == pytest.approx(1)
    assert shared[0][1] is None


def test_many_pairs_are_sampled_and_the_result_says_so(views: Tables, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(mutual_information, "MOST_PAIRS", 10)
    rng = np.random.default_rng(3)
    table = {f"x{i}": rng.normal(size=40) for i in range(8)}
    result = MutualInformation().compute(*views(dict.fromkeys(table, "numeric"), table, table, table), rng)
    assert result.value == pytest.approx(0, abs=1e-12)
    assert result.sentence.startswith("mean of 10 pairs, a sample of 28")
