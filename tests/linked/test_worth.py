"""What a column says of another: known information, and none where chance alone would show some."""

from __future__ import annotations

import numpy as np
import pytest

from synthgen.linked.worth import CLASSES, LEAST, classes, gain, worth_telling


def test_information_by_hand() -> None:
    """A copy that is wrong once in ten says log 2 less the entropy of 0.1; three standard errors are 0.03."""
    rng = np.random.default_rng(0)
    y_N = rng.integers(0, 2, 20_000)
    x_N = np.where(rng.random(20_000) < 0.1, 1 - y_N, y_N)
    expected = np.log(2) + 0.1 * np.log(0.1) + 0.9 * np.log(0.9)
    assert gain(y_N, x_N, np.zeros(20_000, np.int64)) == pytest.approx(expected, abs=0.03)
    assert gain(y_N, x_N, x_N) == pytest.approx(0.0, abs=1e-9)


def test_chance_says_nothing() -> None:
    """Of 200 columns drawn at random for 1,000 rows hardly one is worth telling; uncorrected all would be."""
    rng = np.random.default_rng(1)
    told = {str(n): (rng.random(1_000), rng.random(1_000), rng.integers(0, 3, 1_000) / 1.0) for n in range(200)}
    gains = [gain(*(classes(part) for part in parts)) for parts in told.values()]
    assert abs(np.mean(gains)) < LEAST
    coin = {name: (np.round(y), x, z) for name, (y, x, z) in told.items()}
    assert len(worth_telling(coin)) < 40


def test_classes_are_of_like_size() -> None:
    found = classes(np.random.default_rng(0).exponential(size=6_000))
    assert np.bincount(found)[1:] == pytest.approx(np.full(CLASSES, 1_000), abs=2)
    assert classes(np.array([3.0, 1.0, 3.0])).tolist() == [2, 1, 2]
