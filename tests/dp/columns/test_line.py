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


def test_nothing_is_left_when_other_values_are_known_and_the_rest_is_noise() -> None:
    grid = magnitudes(True)
    known = np.array([0.0, 1.0])
    assert grid.refined(np.zeros(grid.size), 5.0, 10.0, known).size == 0


def cut(x: np.ndarray, edges: np.ndarray, whole: bool = False) -> tuple[Line, np.ndarray]:
    """Bins between edges, opened, and how many of the values lie in each."""
    line = Line(edges[:-1], edges[1:], whole).opened(np.zeros(0))
    return line, np.bincount(line.place(x), minlength=line.size).astype(float)


def test_densities_go_on_within_bins() -> None:
    """An exponential law in wide bins: drawn evenly it is far off within them, drawn by its shape it is not."""
    rng = np.random.default_rng(0)
    x = rng.exponential(10.0, 50_000)
    line, mass = cut(x, np.linspace(0.0, 60.0, 7))
    shaped = line.shaped(mass, np.zeros(0), np.zeros(0))
    bins = line.place(x)

    def distance(of: Line) -> float:
        drawn = np.sort(of.draw(bins, np.zeros(0), rng))
        return float(np.abs(np.searchsorted(np.sort(x), drawn) / len(x) - np.arange(len(x)) / len(x)).max())

    assert distance(shaped) < 0.5 * distance(line)  # .023 and .092
    inner = ~shaped.open[bins]
    assert np.array_equal(line.place(shaped.draw(bins, np.zeros(0), rng))[inner], bins[inner])


def test_an_even_law_stays_even_and_ends_where_it_ended() -> None:
    line, mass = cut(np.linspace(0.0, 95.0, 9_501), np.linspace(0.0, 128.0, 9))
    shaped = line.shaped(mass, np.zeros(0), np.zeros(0))
    drawn = shaped.draw(np.repeat(np.arange(line.size), mass.astype(int)), np.zeros(0), np.random.default_rng(1))
    assert 90.0 < drawn.max() < 97.0  # the last bin goes up to 96
    assert abs(np.median(drawn) - 47.5) < 1.0


def test_a_thin_last_bin_is_not_filled_to_its_end() -> None:
    """By hand: a density of 10 falls to nothing over 2 * 20 / 10 = 4 of the last bin's 100."""
    line = Line(np.array([0.0, 10.0]), np.array([10.0, 110.0]), False)
    shaped = line.shaped(np.array([100.0, 20.0]), np.zeros(0), np.zeros(0))
    assert shaped.shape is not None
    assert np.allclose(shaped.shape.span, [1.0, 0.04])
    drawn = shaped.draw(np.ones(5_000, int), np.zeros(0), np.random.default_rng(2))
    assert 10.0 <= drawn.min() < drawn.max() <= 14.0
    assert abs(drawn.mean() - (10 + 4 / 3)) < 0.05


def test_a_heavy_tail_goes_on_as_it_was() -> None:
    """A Pareto law of exponent 1.2, of which bins end at 64: the rest is drawn from the share above 32 and above 64."""
    rng = np.random.default_rng(3)
    x = rng.random(200_000) ** (-1 / 1.2)
    line, mass = cut(x, np.append(1.0, 2.0 ** np.arange(1, 7)))
    shaped = line.shaped(mass, np.zeros(0), np.zeros(0))
    assert shaped.shape is not None
    assert abs(shaped.shape.exponent[-1] - 1.2) < 0.1
    drawn = shaped.draw(np.full(20_000, line.size - 1), np.zeros(0), rng)
    for share in (0.25, 0.5, 0.75):
        assert abs(np.quantile(drawn, share) / np.quantile(x[x >= 64], share) - 1) < 0.25
    assert drawn.max() <= 64 * 20 ** (1 / shaped.shape.exponent[-1]) * 1.01


def test_a_tail_below_zero_is_the_mirror_of_one_above() -> None:
    line = Line(np.array([-64.0, -8.0]), np.array([-8.0, 0.0]), False).opened(np.zeros(0))
    mass = np.array([50.0, 200.0, 400.0])
    shaped = line.shaped(mass, np.zeros(0), np.zeros(0))
    drawn = shaped.draw(np.zeros(2_000, int), np.zeros(0), np.random.default_rng(4))
    assert drawn.max() <= -64.0
    assert np.median(drawn) > -1_000.0


def test_whole_numbers_beyond_the_bins_are_whole_and_new() -> None:
    line = Line(np.array([4.0]), np.array([8.0]), True).opened(np.array([9.0, 12.0]))
    assert line.low.tolist() == [0.0, 4.0, 8.0, 13.0]
    avoid = np.array([9.0, 12.0])
    shaped = line.shaped(np.array([10.0, 100.0, 30.0, 20.0]), avoid, np.array([50.0, 60.0]))
    drawn = shaped.draw(np.repeat(np.arange(4), 500), avoid, np.random.default_rng(5))
    assert np.array_equal(drawn, np.rint(drawn))
    assert not np.isin(drawn, avoid).any()
    assert np.array_equal(line.place(drawn), np.repeat(np.arange(4), 500))
