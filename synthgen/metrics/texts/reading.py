"""A reader of words: tells labels from texts, or made texts from real ones."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from synthgen.metrics.texts.base import TextView

_STRENGTH = 4.0
"""Inverse of the penalty: the best of 1, 4 and 16 for real texts judged by real ones."""


class Reader:
    """Words, marks and neighbouring pairs, weighed by rarity, in a linear model.

    Args:
        views: texts learned from.
        label: a value per text of all of them.
    """

    def __init__(self, views: list[TextView], label: np.ndarray) -> None:
        self._words = TfidfVectorizer(analyzer=_terms, min_df=2, sublinear_tf=True)
        self._model = LogisticRegression(C=_STRENGTH, max_iter=300)
        self._model.fit(self._words.fit_transform([words for view in views for words in view.marked]), label)

    def labels(self, view: TextView) -> np.ndarray:
        """The likeliest label of each text."""
        found: np.ndarray = self._model.predict(self._seen(view))
        return found

    def scores(self, view: TextView) -> np.ndarray:
        """How sure each text has the second of two labels."""
        found: np.ndarray = self._model.decision_function(self._seen(view))
        return found

    def _seen(self, view: TextView) -> csr_matrix:
        return self._words.transform(view.marked)


def _terms(words: list[str]) -> list[str]:
    return [*words, *(" ".join(pair) for pair in pairwise(words))]
