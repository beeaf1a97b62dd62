from __future__ import annotations

import resource
import time
from collections.abc import Callable

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from synthgen.metrics.privacy.neighbours import Points, RangeScale, RankScale, nearest
from synthgen.metrics.view import View

Tables = Callable[..., tuple[View, View, View]]


def points(n: int, quantities: int, labels: int, seed: int, weight: float = 2.0) -> Points:
    rng = np.random.default_rng(seed)
    x_QN = rng.random((quantities, n)).astype(np.float32)
    return Points(x_QN, [rng.integers(0, 9, n).astype(np.uint8) for _ in range(labels)], weight, n)


def all_distances(a: Points, b: Points) -> np.ndarray:
    """The slow second way."""
    distance = cdist(a.x_QN.T.astype(float), b.x_QN.T.astype(float), "cityblock") if len(a.x_QN) else 0
    for one, other in zip(a.codes, b.codes, strict=True):
        distance = distance + a.weight * (one[:, None] != other)
    return np.asarray(distance)


def test_the_distance_is_the_one_worked_by_hand(views: Tables):
    train, _, synthetic = views(
        {"x": "numeric", "c": "categorical", "d": "categorical"},
        {"x": [0, 10], "c": ["a", "b"], "d": ["k", None]},
        {"x": [0], "c": ["a"], "d": ["k"]},
        {"x": [2, None], "c": ["a", "z"], "d": ["m", None]},
    )
    # row 1: 0.2 + 2 from the first, 0.8 + 4 from the second; row 2, at the mean 5: 0.5 + 4, 0.5 + 2.
    scale = RangeScale.learn(train)
    distance, number = nearest(scale.place(synthetic), scale.place(train), 2)
    assert distance == pytest.approx(np.array([[2.2, 4.8], [2.5, 4.5]]))
    assert number.tolist() == [[0, 1], [1, 0]]


@pytest.mark.parametrize(("quantities", "labels"), [(3, 4), (5, 0), (0, 6)])
def test_every_pair_is_looked_at(quantities: int, labels: int):
    rows, references = points(301, quantities, labels, 0), points(977, quantities, labels, 1)
    distance, _ = nearest(rows, references, 3)
    assert distance == pytest.approx(np.sort(all_distances(rows, references), axis=1)[:, :3], abs=1e-5)


def test_a_row_is_not_its_own_neighbour():
    rows = points(200, 4, 2, 0)
    distance, number = nearest(rows, rows, own=np.arange(200))
    full = all_distances(rows, rows)
    np.fill_diagonal(full, np.inf)
    assert distance[:, 0] == pytest.approx(full.min(axis=1), abs=1e-5)
    assert not (number[:, 0] == np.arange(200)).any()


def test_ranks_tell_ordinary_rows_of_a_long_tail_apart(views: Tables):
    train, _, synthetic = views({"x": "numeric"}, {"x": [1, 2, 2, 1e9]}, {"x": [1]}, {"x": [1, 2, 3, None]})
    scale = RankScale.learn(train)
    assert scale.place(synthetic).x_QN[0].tolist() == [0.125, 0.5, 0.75, 0.5]


@pytest.mark.slow
@pytest.mark.parametrize(("quantities", "labels"), [(6, 9), (15, 0)])
def test_thirty_thousand_rows_against_as_many_take_a_minute_and_two_gigabytes_at_most(quantities: int, labels: int):
    rows, references = points(30_000, quantities, labels, 0), points(30_000, quantities, labels, 1)
    start = time.perf_counter()
    distance, _ = nearest(rows, references)
    seconds, peak = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    assert seconds < 60, f"{quantities} quantities, {labels} labels"
    assert peak < 2e9, f"{quantities} quantities, {labels} labels"
    some = np.arange(0, 30_000, 997)
    assert distance[some, 0] == pytest.approx(all_distances(rows.take(some), references).min(axis=1), abs=1e-5)
