from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synthgen.interactions.laws import CellLaw, even
from synthgen.interactions.laws import given as given_law


@given(st.lists(st.integers(-1_000, 1_000), min_size=1, max_size=300), st.integers(1, 9))
def test_a_law_stays_in_reach_and_cells_have_enough_users(values: list[int], fewest: int) -> None:
    value_V = np.array(values)
    law = CellLaw.fit(value_V, None, fewest)
    assert (law.low_C <= law.high_C).all()
    assert law.reach_C[-1] == 1
    held = np.diff(np.r_[0, law.reach_C]) * len(values)
    assert len(values) < fewest or held.min() >= fewest - 1e-6
    drawn = law.draw(even(500, np.random.default_rng(0)))
    width = value_V.max() - value_V.min()
    assert drawn.min() >= value_V.min() - width
    assert drawn.max() <= value_V.max() + width


def test_a_law_keeps_shares_of_common_values_and_the_mean_of_the_tail() -> None:
    rng = np.random.default_rng(0)
    value_V = np.where(rng.random(20_000) < 0.5, 7, np.floor(rng.exponential(100, 20_000)).astype(int) + 8)
    law = CellLaw.fit(value_V, None, 5)
    drawn = law.draw(even(20_000, rng))
    assert (drawn == 7).mean() == pytest.approx((value_V == 7).mean(), abs=1e-3)  # heights are even: exact up to one
    assert drawn.mean() == pytest.approx(value_V.mean(), rel=0.02)
    again = CellLaw.of_arrays(law.arrays()).draw(even(100, np.random.default_rng(3)))
    assert np.array_equal(again, law.draw(even(100, np.random.default_rng(3))))


def test_values_of_one_user_are_no_cell_of_their_own() -> None:
    value_V = np.r_[np.arange(100), np.full(400, 1_000)]
    law = CellLaw.fit(value_V, np.r_[np.arange(100), np.full(400, 7)], 5)
    assert not ((law.low_C == 1_000) & (law.high_C == 1_000)).any()
    assert CellLaw.fit(np.r_[np.arange(100), 5_000], None, 5).high_C[-1] not in (5_000, 99)


def test_rare_combinations_follow_the_whole() -> None:
    of_N, what_N = np.repeat([0, 1], [100, 3]), np.r_[np.tile([0, 1], 50), 1, 1, 1]
    law = given_law(of_N, what_N, (2, 2), 5)
    assert law[0] == pytest.approx([0.5, 0.5])
    assert law[1] == pytest.approx([50 / 103, 53 / 103])
