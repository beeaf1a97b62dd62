from __future__ import annotations

from collections.abc import Callable
from itertools import combinations

import numpy as np
import pytest

from synthgen.metrics import METRICS
from synthgen.metrics.sets import draw_pairs, draw_sets, no_sets
from synthgen.metrics.view import View

Tables = Callable[..., tuple[View, View, View]]
NAMES = [f"x{i}" for i in range(9)]


@pytest.mark.parametrize("size", [2, 3])
def test_few_sets_are_all_taken_in_the_columns_order(size: int):
    every = list(combinations(range(9), size))
    assert draw_sets(9, size, len(every), np.random.default_rng(0)) == every
    assert draw_sets(1, size, 5, np.random.default_rng(0)) == []


def test_pairs_and_sets_are_drawn_alike_often():
    """600 draws of 12 of the 36 pairs: each is expected 200 times, 11.5 up or down; none is 5 times that off."""
    rng, pairs = np.random.default_rng(0), list(combinations(NAMES, 2))
    counts = np.zeros((2, 36), dtype=int)
    for _ in range(600):
        drawn = draw_pairs(NAMES, 12, rng), [(NAMES[a], NAMES[b]) for a, b in draw_sets(9, 2, 12, rng)]
        for count, found in zip(counts, drawn, strict=True):
            places = [pairs.index(pair) for pair in found]
            assert places == sorted(set(places))
            count[places] += 1
    assert counts.sum(axis=1).tolist() == [7200, 7200]
    assert np.abs(counts - 200).max() < 5 * 11.5


def test_why_there_is_nothing_to_compare_is_said(views: Tables):
    rows, none = {"x": [1, 2], "y": [1, 2]}, {"x": [], "y": []}
    kinds = dict.fromkeys(rows, "numeric")
    train, empty, synthetic = views(kinds, rows, none, rows)
    metric = METRICS[0]
    assert no_sets(metric, train, synthetic, 2) is None
    reasons = [no_sets(metric, train, synthetic, 3), no_sets(metric, train, empty, 2)]
    assert [one.reason for one in reasons if one] == [
        "there are no three columns with values to compare",
        "there are no rows to compare",
    ]
