from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from synthgen.world.laws import END, START, WEEK
from synthgen.world.rhythm import hour_shares, moments
from tests.world.conftest import ALARM, World, seconds


def local_clock(world: World) -> tuple[np.ndarray, np.ndarray]:
    """Seconds since a Monday at 00:00 in local time, of posts, and their authors by place."""
    zone = world.users["time_zone"].str.extract(r"UTC([+-])(\d\d):(\d\d)")
    ahead = (zone[1].astype(int) * 60 + zone[2].astype(int)) * np.where(zone[0] == "-", -1, 1) * 60
    who = world.posts["user_id"].to_numpy() - 1
    return seconds(world.posts["created_at"]) - START + ahead.to_numpy()[who], who


def test_the_law_has_a_quiet_night_and_a_busy_evening() -> None:
    shares = hour_shares()
    assert shares.sum() == pytest.approx(1)
    assert shares[:24].argmax() == 20
    assert shares[5 * 24 : 6 * 24].argmax() == 22
    assert shares[:24].max() / shares[:24].min() == pytest.approx(np.exp(2.4))
    assert shares[5 * 24 : 6 * 24].sum() == pytest.approx(1.2 * shares[:24].sum())


def test_posts_keep_the_hours_of_their_place(world: World) -> None:
    local, who = local_clock(world)
    farmed = world.posts["post_id"].isin(world.truth["campaign_posts"]["post_id"]).to_numpy()
    rows = ~farmed & ~world.truth["users"]["round_the_clock"].to_numpy()[who]
    seen = np.bincount(local[rows] // 3600 % 168, minlength=168) / rows.sum()
    # 20,000 posts: an hour's share spreads by 0.0006 at most, and windows that are no whole weeks add as much.
    assert np.abs(seen - hour_shares()).max() < 0.003
    flat = ~farmed & world.truth["users"]["round_the_clock"].to_numpy()[who]
    hours = np.bincount(local[flat] // 3600 % 24, minlength=24)
    assert stats.chisquare(hours).pvalue > ALARM


def test_every_moment_is_uniform_on_the_bent_clock(world: World) -> None:
    """The slow second way: the law summed hour by hour from the account's first to its last second."""
    local, who = local_clock(world)
    farmed = world.posts["post_id"].isin(world.truth["campaign_posts"]["post_id"]).to_numpy()
    rows = ~farmed & ~world.truth["users"]["round_the_clock"].to_numpy()[who]
    local, who, utc = local[rows], who[rows], seconds(world.posts["created_at"])[rows]
    made = seconds(world.users["created_at"])[who]
    until = made + np.rint(world.truth["users"]["active_days"].to_numpy()[who] * 86_400)
    ahead = local - (utc - START)
    hours = np.arange(-24, (END - START) // 3600 + 24)
    passed = np.concatenate([[0.0], np.cumsum(hour_shares()[hours % 168])])
    edges = np.concatenate([hours, [hours[-1] + 1]]) * 3600

    def clock(second: np.ndarray) -> np.ndarray:
        return np.interp(second - START + ahead, edges, passed)

    place = (clock(utc + 0.5) - clock(made)) / (clock(until) - clock(made))
    assert stats.kstest(place, "uniform").pvalue > ALARM


def test_moments_stay_between_their_bounds() -> None:
    rng = np.random.default_rng(0)
    low = rng.integers(START, END, 5000)
    high = np.minimum(low + rng.integers(0, 3 * WEEK, 5000), END)
    when = moments(rng, low, high, rng.integers(-12, 14, 5000) * 60, rng.random(5000) < 0.2)
    assert ((when >= low) & (when <= high)).all()
    assert when.dtype == np.int64
