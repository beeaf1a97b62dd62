from __future__ import annotations

import numpy as np
import pytest

from synthgen.interactions.times import DAY, PAUSE, Timing, opening_hours
from tests.interactions.planted import START, planted


@pytest.fixture(scope="module")
def made() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    real = planted()
    order = real.order_E
    assert real.time_E is not None
    user_E, time_E = real.user_E[order], real.time_E[order]
    timing = Timing.fit(user_E, time_E, 5)
    n_N = np.random.default_rng(1).integers(10, 41, 1_000)
    return user_E, time_E, np.repeat(np.arange(1_000), n_N), timing.draw(n_N, np.random.default_rng(2))


def test_sessions_gaps_and_hours_of_a_known_rhythm_come_back(
    made: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray],
) -> None:
    for user_E, time_E in (made[:2], made[2:]):
        gap_E = np.diff(time_E)[user_E[1:] == user_E[:-1]]
        assert gap_E.min() >= 0
        away_E = gap_E > PAUSE
        assert away_E.mean() == pytest.approx(0.25, abs=0.02)  # four standard errors of 9,000 gaps
        assert np.median(gap_E[~away_E]) in range(30, 61)
        assert gap_E[~away_E].mean() == pytest.approx(45, abs=3)
        assert (gap_E[away_E] / DAY).mean() == pytest.approx(4, abs=0.25)
        hours = time_E // 3_600 % 24
        assert ((hours >= 18) & (hours <= 22)).mean() > 0.9
        assert time_E.min() > START - 10 * DAY


def test_a_visit_of_one_is_as_common_as_it_was() -> None:
    """Half of the sessions have one interaction, the others nine: far from any one chance to go on."""
    rng = np.random.default_rng(0)
    lengths_S = rng.choice([1, 9], 4_000)
    user_S = np.sort(rng.integers(200, size=4_000))
    user_E = np.repeat(user_S, lengths_S)
    inside_E = np.arange(len(user_E)) - np.repeat(np.cumsum(lengths_S) - lengths_S, lengths_S)
    time_E = np.repeat(START + np.arange(4_000) * DAY // 8, lengths_S) + 10 * inside_E
    timing = Timing.fit(user_E, time_E, 5)
    drawn = timing.draw(np.bincount(user_E), rng)
    owner = np.repeat(np.arange(200), np.bincount(user_E))

    def single(user_E: np.ndarray, time_E: np.ndarray) -> float:
        opens = np.flatnonzero(np.r_[True, (user_E[1:] != user_E[:-1]) | (np.diff(time_E) > PAUSE)])
        return float((np.diff(np.r_[opens, len(user_E)]) == 1).mean())

    assert single(user_E, time_E) == pytest.approx(0.5, abs=0.03)
    assert single(owner, drawn) == pytest.approx(0.5, abs=0.05)


def test_nothing_is_later_than_what_was_seen(made: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]) -> None:
    assert made[3].max() <= made[1].max() + DAY


def test_times_on_a_grid_stay_on_it() -> None:
    rng = np.random.default_rng(0)
    user_E = np.repeat(np.arange(50), 8)
    time_E = np.sort(rng.integers(15_000, 15_400, (50, 8)), axis=1).ravel() * DAY
    drawn = Timing.fit(user_E, time_E, 5).draw(np.full(100, 8), rng)
    assert not (drawn % DAY).any()


def test_the_week_begins_on_monday() -> None:
    monday = np.datetime64("2024-01-01T00:30:00").astype("datetime64[s]").astype(np.int64)
    assert opening_hours(np.array([monday, monday - 3_600, monday + 7 * DAY])).tolist() == [0, 167, 0]
