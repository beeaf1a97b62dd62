from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from synthgen.columns.made_up import choose_marker, numbered_words, scatter


@pytest.mark.parametrize("space", [1, 2, 10, 70, 4_900, 65_537])
def test_scatter_is_a_shuffle_of_the_whole_space(space):
    assert sorted(scatter(np.arange(space), space, key=3).tolist()) == list(range(space))


def test_scatter_tears_neighbours_apart():
    steps = np.abs(np.diff(scatter(np.arange(10_000), 1 << 40, key=3)))
    assert np.median(steps) > (1 << 40) / 10


def test_words_stay_different_when_they_grow_longer():
    numbers = np.arange(4_000, 6_000)  # two syllables end at 4,900
    words = numbered_words(numbers, "vox", key=5).to_pylist()
    assert len(set(words)) == 2_000
    assert {len(word) for word in words} == {7, 9}
    assert all("vox" in word for word in words)


def test_the_marker_is_in_no_text_whatever_the_case():
    texts = pa.array([f"{a}{b}{c}".upper() for a in "vzxwjkq" for b in "aeiou" for c in "vzxwjkq"])
    marker = choose_marker(texts, np.random.default_rng(0))
    assert len(marker) == 5
    assert not any(marker in text.lower() for text in texts.to_pylist())


def test_the_marker_needs_no_texts():
    assert choose_marker(pa.array([], type=pa.string()), np.random.default_rng(0))
