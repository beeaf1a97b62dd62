"""Texts are as long as real ones, whatever the guard takes out."""

from __future__ import annotations

import numpy as np
import pandas as pd

from synthgen.metrics.texts.base import TextView
from synthgen.metrics.texts.lengths import LengthLaw
from synthgen.texts import TextModel
from synthgen.texts.lengths import AHEAD, Lengths, ahead_of
from tests.texts.planted import SMALL, chatter

WORDS = "we you they saw told gave the this dog cat bird house boat tree red blue old to at by go on up in".split()


def two_lengths(many: int, seed: int = 0) -> tuple[list[str], pd.DataFrame]:
    """Texts of 3 or 14 words: nine in ten long ones are complaints, one in ten short ones is."""
    rng = np.random.default_rng(seed)
    long_N = rng.random(many) < 0.5
    texts = [" ".join(rng.choice(WORDS, 14 if long else 3)) for long in long_N]
    mood_N = np.where(rng.random(many) < 0.9, long_N, ~long_N)
    return texts, pd.DataFrame({"mood": np.where(mood_N, "cross", "fine")})


def test_short_and_long_texts_come_in_their_shares_and_fit_their_row() -> None:
    texts, context = two_lengths(600)
    model = TextModel.fit(texts, context, settings=SMALL)
    rows = pd.DataFrame({"mood": ["cross"] * 300 + ["fine"] * 300})
    words_N = np.array([len(text.split()) for text in model.sample(rows, seed=1)])
    long_N = words_N > 8
    # 300 rows each; four standard errors of a share of 0.9 are 0.07, and the network is told of the mood alone
    assert 0.8 < long_N[:300].mean() < 0.97
    assert 0.03 < long_N[300:].mean() < 0.2
    assert np.isin(words_N, [2, 3, 4, 5, 13, 14, 15, 16]).mean() > 0.9


def test_what_the_guard_bars_makes_texts_no_shorter() -> None:
    texts = chatter(500)
    model = TextModel.fit(texts, settings=SMALL)
    made, fresh = model.sample(n=400, seed=2), chatter(400, seed=9)
    found = LengthLaw().compute(TextView(texts), TextView(fresh), TextView(made), np.random.default_rng(0))
    assert found.value is not None
    assert found.value < 0.12  # two samples of 400 of one law are 0.096 apart once in twenty times
    assert abs(np.mean([len(t.split()) for t in made]) - 12) < 0.5


def test_bins_hold_like_numbers_of_texts_and_the_longest_is_a_mean() -> None:
    lengths = Lengths.fit(np.r_[np.repeat(np.arange(1, 11), 50), 900], np.arange(501), min_holders=5)
    assert lengths.edges[0] == 1
    assert lengths.edges[-1] < 200  # 900 is one text's: the five longest are 10, 10, 10, 10 and 900
    bin_N = lengths.bin_of(np.repeat(np.arange(1, 11), 50))
    drawn_N = lengths.draw(bin_N, np.random.default_rng(0))
    assert (lengths.bin_of(drawn_N) == bin_N).all()
    assert Lengths.from_state(lengths.state()) == lengths


def test_what_is_left_is_told_apart_where_it_is_little() -> None:
    told = ahead_of(np.arange(2_000))
    assert (np.diff(told) >= 0).all()
    assert told[:17].tolist() == list(range(17))
    assert told.max() == AHEAD - 1
