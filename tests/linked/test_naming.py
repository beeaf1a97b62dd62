"""Who is named: planted ways and shares come back, and made mentions lead to rows of the made table."""

from __future__ import annotations

import numpy as np
import pytest

from synthgen.linked.naming import Mentions, Namer, Naming, Near
from synthgen.texts.units import HANDLE

NOBODY = np.zeros(0, np.int64)


def test_mentions_are_found_as_they_are_looked_for() -> None:
    found = Mentions.of(["@Ann and @BOB", None, "mail a@b.org", "so @ann"], HANDLE)
    assert found.text_M.tolist() == [0, 0, 3]
    assert found.mark_M.tolist() == ["ann", "bob", "ann"]


def planted(many: int = 2_000) -> tuple[Mentions, np.ndarray, Near]:
    """Each text answers somebody half of the time, and names them in 8 of 10 such; else a friend in 6 of 10."""
    rng = np.random.default_rng(0)
    author_N = rng.integers(0, 100, many)
    answered_N = np.where(rng.random(many) < 0.5, (author_N + 50) % 100, -1)
    tied = {row: np.array([(row + 1) % 100, (row + 2) % 100]) for row in range(100)}
    row_N = rng.integers(200, 10_000, many)  # somebody else, hardly ever twice
    friend_N = (author_N + rng.integers(1, 3, many)) % 100
    row_N = np.where(rng.random(many) < 0.6, friend_N, row_N)
    row_N = np.where((answered_N >= 0) & (rng.random(many) < 0.8), answered_N, row_N)
    mentions = Mentions(np.arange(many), row_N.astype(str).astype(object))
    return mentions, row_N, Near(author_N, answered_N, tied)


def law(mentions: Mentions, row_N: np.ndarray, near: Near, made_up: int = 0) -> Naming:
    place = (HANDLE, "users", "handle")
    return Naming.fit(place, mentions, row_N, near, {"followers": np.arange(10_000.0)}, made_up, 10_000, 5)


def test_planted_shares_of_the_ways_come_back() -> None:
    found = law(*planted(), made_up=500)
    # about 1,000 and 1,200 tries: four standard errors of shares of 0.8 and 0.6 are 0.05 and 0.057
    assert found.ways["answered"] == pytest.approx(0.8, abs=0.05)
    assert found.ways["tied"] == pytest.approx(0.6, abs=0.06)
    assert found.ways["again"] < 0.1
    assert found.share == 0.8
    assert Naming.from_state(found.state()) == found


def test_made_mentions_lead_to_made_rows_in_the_same_ways() -> None:
    naming = law(*planted())
    rng = np.random.default_rng(1)
    author_N = rng.integers(0, 30, 1_500)
    tied = {row: np.array([row + 100]) for row in range(30)}
    near = Near(author_N, np.where(np.arange(1_500) < 500, 50, -1), tied)
    marks = [f"made_{row}" for row in range(200)]
    namer = Namer(naming, near, marks, naming.weights(np.arange(200.0), 200, rng), rng)
    said = [namer.mark(text) for text in range(1_500)]
    assert all(mark is not None and mark.startswith("@made_") for mark in said)
    row_N = np.array([namer.named[text][0] for text in range(1_500)])
    assert np.mean(row_N[:500] == 50) == pytest.approx(naming.ways["answered"], abs=0.08)
    assert np.mean(row_N[500:] == author_N[500:] + 100) == pytest.approx(naming.ways["tied"], abs=0.08)


def test_who_is_followed_more_is_named_more() -> None:
    rng = np.random.default_rng(2)
    row_M = np.minimum(rng.geometric(0.02, 3_000), 199)  # row 1 most, row 199 hardly ever
    near = Near(np.full(3_000, -1), np.full(3_000, -1), {})
    mentions = Mentions(np.arange(3_000), row_M.astype(object))
    numbers = {"followers": -np.arange(200.0), "age": rng.random(200)}
    naming = Naming.fit((HANDLE, "users", "handle"), mentions, row_M, near, numbers, 0, 200, 5)
    assert naming.along == "followers"
    assert naming.rank > 0.9
    weight_P = naming.weights(np.arange(100.0), 100, rng)
    assert weight_P[-20:].sum() > 5 * weight_P[:20].sum()
    assert naming.weights(None, 100, rng).shape == (100,)


def test_nobody_is_named_where_nobody_is() -> None:
    naming = law(*planted())
    assert Namer(naming, Near(NOBODY, NOBODY, {}), [], np.zeros(0), np.random.default_rng(0)).mark(0) is None
