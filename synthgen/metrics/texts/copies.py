"""Copies: whole texts, and runs of words, that made texts have in common with real ones.

Letters: N texts, W words in all of them, R runs.
"""

from __future__ import annotations

import numpy as np

from synthgen.metrics.base import Direction, Result
from synthgen.metrics.privacy.attack import Outcome
from synthgen.metrics.texts.base import TextView
from synthgen.texts.guard import RUN, among, of_many, run_hash, windows

HOLDERS = 5
"""Users who make a text or a run nobody's."""
_QUANTILES = (0.5, 0.9, 0.99, 1.0)


class RealTexts:
    """Share of texts whose words are, all of them and in order, those of a text that fewer than five users wrote."""

    name = "text_copies"
    title = "Texts that somebody wrote"
    direction: Direction = "lower"

    def compute(self, train: TextView, holdout: TextView, synthetic: TextView, rng: np.random.Generator) -> Result:
        return Result(
            self.name,
            self.title,
            _copied(train, synthetic),
            self.direction,
            floor=_copied(train, holdout),
            sentence="made texts with the words of a learned-from text; floor: real texts of other users",
            details={"letter_by_letter": float(np.isin(list(synthetic.texts), list(train.texts)).mean())},
        )


class RealRuns:
    """Share of texts with a run of eight words of a learned-from text that fewer than five users wrote."""

    name = "text_runs"
    title = f"Runs of {RUN} words that somebody wrote"
    direction: Direction = "lower"

    def compute(self, train: TextView, holdout: TextView, synthetic: TextView, rng: np.random.Generator) -> Result:
        people = _met(train, holdout, synthetic)
        longest = {name: longest_runs(train, view) for name, view in (("synthetic", synthetic), ("holdout", holdout))}
        return Result(
            self.name,
            self.title,
            _running(train, synthetic),
            self.direction,
            floor=_running(train, holdout),
            sentence="made texts with such a run; floor: real texts of other users",
            details={
                "longest_run": {
                    name: {str(share): float(np.quantile(runs_N, share, method="higher")) for share in _QUANTILES}
                    for name, runs_N in longest.items()
                },
                "people": people.to_json(),
                "p": people.p,
            },
        )


def longest_runs(train: TextView, view: TextView) -> np.ndarray:
    """``(N,)``, words of the longest run that each text has in common with any of the learned-from ones."""
    code = _Codes(train, view)
    longest_N = np.zeros(len(view.texts), np.int64)
    for many in range(1, 1 + max((len(words) for words in view.words), default=0)):
        known = np.unique(run_hash(code.runs(train, many)[0]))
        runs_R, text_R = code.runs(view, many)
        found = text_R[among(run_hash(runs_R), known)]
        if not len(found):
            break
        longest_N[found] = many
    return longest_N


def _running(train: TextView, view: TextView) -> float:
    code = _Codes(train, view)
    real_R, text_R = code.runs(train, RUN)
    hash_R = run_hash(real_R)
    somebodys = np.setdiff1d(hash_R, of_many(hash_R, train.owner_N[text_R], HOLDERS))
    runs_R, text_R = code.runs(view, RUN)
    return len(np.unique(text_R[among(run_hash(runs_R), somebodys)])) / max(len(view.texts), 1)


def _met(train: TextView, holdout: TextView, synthetic: TextView) -> Outcome:
    """Users of whose first text a run stands in a made one, learned from and not. What many say is nobody's."""
    code = _Codes(train, holdout, synthetic)
    said = np.unique(run_hash(code.runs(synthetic, RUN)[0]))
    shared, hits = np.zeros(0, np.uint64), []
    for view in (train, holdout):
        runs_R, text_R = code.runs(view, RUN)
        hash_R, owner_R = run_hash(runs_R), view.owner_N[text_R]
        shared = np.union1d(shared, of_many(hash_R, owner_R, HOLDERS))
        hit_N = np.zeros(len(view.texts), bool)
        hit_N[text_R[among(hash_R, said) & ~among(hash_R, shared)]] = True
        hits.append(hit_N[np.unique(view.owner_N, return_index=True)[1]])
    return Outcome.of(hits)


def _copied(train: TextView, view: TextView) -> float:
    owners: dict[tuple[str, ...], set[int]] = {}
    for words, owner in zip(train.words, train.owner_N.tolist(), strict=True):
        owners.setdefault(tuple(words), set()).add(owner)
    somebodys = {words for words, users in owners.items() if words and len(users) < HOLDERS}
    return float(np.mean([tuple(words) in somebodys for words in view.words]))


class _Codes:
    """Words of some views as numbers."""

    def __init__(self, *views: TextView) -> None:
        self._number = {word: place for place, word in enumerate({w: 0 for v in views for ws in v.words for w in ws})}

    def runs(self, view: TextView, many: int) -> tuple[np.ndarray, np.ndarray]:
        """All runs of so many words, and the text of each."""
        lengths_N = np.array([len(words) for words in view.words], np.int64)
        code_W = np.array([self._number[word] for words in view.words for word in words], np.uint64)
        return windows(code_W, np.cumsum(lengths_N) - lengths_N, lengths_N, np.arange(len(lengths_N)), many)
