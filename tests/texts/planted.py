"""Small worlds of texts whose law is known."""

from __future__ import annotations

import numpy as np
import pandas as pd

from synthgen.texts import TextSettings

NOUNS = ("flight", "crew", "seat", "bag")
WORDS = {"good": ("great", "fine", "late"), "bad": ("lost", "late", "awful")}
_WORDS = "we you they saw told gave the a this dog cat bird house boat tree red blue old to at by go on up in"
SHARES = (0.5, 0.3, 0.2)
SMALL = TextSettings(embedding=16, width=32, dropout=0.0, epochs=3, least_steps=250, learning_rate=1e-2)
"""Enough for grammars of some twenty words."""
QUICK = SMALL.model_copy(update={"epochs": 1, "least_steps": 60})
"""Where it does not matter how well they are learned."""


def grammar(many: int, seed: int = 0) -> tuple[list[str], pd.DataFrame, np.ndarray]:
    """Texts such as ``my bag was lost``, whose last word hangs on the mood; moods, and users of five texts each."""
    rng = np.random.default_rng(seed)
    mood_N = rng.choice(["good", "bad"], many)
    noun_N = rng.choice(NOUNS, many)
    word_N = [WORDS[mood][rng.choice(3, p=SHARES)] for mood in mood_N]
    texts = [f"my {noun} was {word}" for noun, word in zip(noun_N, word_N, strict=True)]
    return texts, pd.DataFrame({"mood": mood_N}), np.arange(many) // 5


def chatter(many: int, seed: int = 0) -> list[str]:
    """Texts of ten to fourteen words out of twenty-four, in any order: hardly a run of four is said twice."""
    rng = np.random.default_rng(seed)
    words = np.array(_WORDS.split())
    return [" ".join(rng.choice(words, rng.integers(10, 15))) for _ in range(many)]
