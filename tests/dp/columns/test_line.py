"""Lines of bins: fixed grids, places, draws."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from synthgen.dp.columns.line import Line, magnitudes


def test_the_grids_have_no_gap_and_reach_every_number() -> None:
    for whole in (True, False):
        grid = magnitudes(whole)
        assert np.array_equal(grid.low[1:], grid.high[:-1])
        assert grid.place(np.array([-(2.0**61), -1.0, 0.0, 1.0, 2.0**61])).min() >= 0
    assert magnitudes(True).low.min() == 1 - 2.0**62


def test_whole_numbers_on_both_sides_of_zero_have_mirrored_bins() -> None:
    grid = magnitudes(True)
    x = np.arange(1.0, 2_000)
    above, below = grid.place(x), grid.place(-x)
    assert np.array_equal(grid.high[above] - grid.low[above], grid.high[below] - grid.low[below])
    assert grid.low[grid.place(np.array([100.0]))].tolist() == [96.0]
    assert grid.high[grid.place(np.array([100.0]))].tolist() == [128.0]


@given(st.lists(st.integers(-20, 20), min_size=1, unique=True), st.integers(0, 99))
def test_every_whole_number_is_drawn_but_those_to_avoid(points: list[int], seed: int) -> None:
    avoid = np.array(points, float)
    line = Line(np.array([-20.0, 0.0]), np.array([0.0, 21.0]), True).without(avoid)
    if not line.size:
        return
    rng = np.random.default_rng(seed)
    bins = rng.integers(line.size, size=2_000)
    x = line.draw(bins, avoid, rng)
    assert np.array_equal(line.place(x), bins)
    allowed = set(range(-20, 21)) - set(points)
    inside = {k for k in allowed if any(lo <= k < hi for lo, hi in zip(line.low, line.high, strict=True))}
    assert set(x.astype(int).tolist()) == inside  # 21 numbers at most in 1,000 draws each


def test_mass_decides_where_bins_are_finer() -> None:
    counts = np.zeros(4)
    counts[1], counts[3] = 1_000.0, 100.0
    line = Line(np.array([0.0, 10, 20, 30]), np.array([10.0, 20, 30, 1_000]), True).refined(counts, sd=1.0, least=100.0)
    assert line.low.tolist() == [*range(10, 20), 30]
    assert line.high.tolist() == [*range(11, 21), 1_000]


def test_noise_alone_leaves_one_bin() -> None:
    line = magnitudes(True).refined(np.zeros(magnitudes(True).size), sd=5.0, least=10.0)
    assert line.size == 1
