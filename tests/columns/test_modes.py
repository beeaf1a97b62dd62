"""Numbers have modes, and places within them."""

from __future__ import annotations

import numpy as np
import pytest

from synthgen.columns.modes import REACH, Modes


def two_modes() -> np.ndarray:
    rng = np.random.default_rng(0)
    return np.r_[rng.normal(0, 1, 3_000), rng.normal(1_000, 10, 1_000)]


def test_known_modes_are_found() -> None:
    modes = Modes.fit(two_modes(), np.random.default_rng(1))
    near = np.abs(modes.middle_K[:, None] - [0, 1_000]) < 20
    assert near.any(1).all()
    assert (modes.share_K @ near).tolist() == pytest.approx([0.75, 0.25], abs=0.02)


def test_numbers_come_back_unless_they_are_beyond_the_reach_of_their_mode() -> None:
    values = two_modes()
    modes = Modes.fit(values, np.random.default_rng(1))
    mode, place = modes.encode(values, np.random.default_rng(2))
    within = np.abs(values - modes.middle_K[mode]) <= REACH * modes.spread_K[mode]
    assert within.mean() > 0.999
    assert modes.decode(mode, place)[within] == pytest.approx(values[within])
    mode, place = modes.encode(np.array([1e9]), np.random.default_rng(2))
    assert place.tolist() == [1.0]


def test_a_number_between_modes_is_of_either_by_its_chance() -> None:
    modes = Modes(np.array([0.0, 10.0]), np.array([1.0, 1.0]), np.array([0.2, 0.8]))
    mode, _ = modes.encode(np.full(20_000, 5.0), np.random.default_rng(0))
    assert mode.mean() == pytest.approx(0.8, abs=0.012)  # four standard errors


def test_a_mode_of_few_rows_is_left_out() -> None:
    values = np.r_[np.random.default_rng(0).normal(0, 1, 5_000), [1e6] * 4]
    modes = Modes.fit(values, np.random.default_rng(1), min_holders=5)
    assert np.abs(modes.middle_K).max() < 1e5
    one = Modes.fit(np.full(3, 7.0), np.random.default_rng(1), min_holders=5)
    assert one.decode(*one.encode(np.array([7.0]), np.random.default_rng(0))).tolist() == pytest.approx([7.0])
