"""No run of 8 words of a real text, unless enough users wrote it; no short text as a whole either.

The model must know which runs are real, and must not tell. A list of hashed runs would tell: who knows seven
words of a text tries every eighth word, and reads the text on word by word. So of each run one *anchor* is
taken, a run of ``ANCHOR`` words in it, always the same one wherever the run stands; the anchor's hash sets one bit of a
table, and the table is so small that a set share of its bits is set. A run whose anchor hits a set bit is
barred: every real one is, and of all others that share as well. Hence a bit that is set says little: trying an
anchor against the table multiplies the odds that it is real by one over the share, and no more.

Runs that enough users wrote are listed as hashes: they are nobody's, and stay allowed.

Letters: N texts, W words in all of them, R runs.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from synthgen.columns.made_up import hashed

RUN = 8
"""Words of the shortest run that is barred."""
ANCHOR = 5
"""Words of an anchor: few enough to be found again soon, enough to be said rarely by chance."""
SET_SHARE = 0.25
"""Of the bits, those that are set: one in four runs that nobody wrote is barred too."""
_SHORT, _ALONE = 1 << 20, 1 << 21
"""Tell a whole short text, and a word by itself, from a run of as many words."""


@dataclass(frozen=True)
class Guard:
    """What is barred.

    Attributes:
        salt: of every hash.
        bits: the table.
        shared: sorted hashes of runs, and of whole short texts, that enough users wrote.
        phrases: sorted hashes of runs of ``ANCHOR`` words that enough users wrote; these are no anchors.
    """

    salt: str
    bits: np.ndarray
    shared: np.ndarray
    phrases: np.ndarray

    @classmethod
    def fit(
        cls,
        texts: Sequence[Sequence[str]],
        owners: np.ndarray,
        min_holders: int,
        rng: np.random.Generator,
        rare: Sequence[str] = (),
    ) -> Self:
        """Learn what is real.

        Args:
            texts: the words of each.
            owners: ``(N,)``, a number per text.
            min_holders: owners that make a run nobody's.
            rng: for the salt.
            rare: words that must not be made up, because they are real and too few wrote them.
        """
        salt = rng.bytes(8).hex()
        words = sorted({word for text in texts for word in text})
        number = {word: place for place, word in enumerate(words)}
        code = word_codes(words, salt)
        lengths_N = np.array([len(text) for text in texts], np.int64)
        code_W = code[[number[word] for text in texts for word in text]] if len(words) else np.zeros(0, np.uint64)
        starts_N = np.cumsum(lengths_N) - lengths_N
        phrase_R, owner_R = windows(code_W, starts_N, lengths_N, owners, ANCHOR)
        phrases = of_many(run_hash(phrase_R), owner_R, min_holders)
        run_RL, owner_R = windows(code_W, starts_N, lengths_N, owners, RUN)
        run_R = run_hash(run_RL)
        short_N = np.flatnonzero((lengths_N > 0) & (lengths_N < RUN))
        whole_N = np.array([whole_hash(code_W[starts_N[n] : starts_N[n] + lengths_N[n]]) for n in short_N], np.uint64)
        shared = of_many(np.r_[run_R, whole_N], np.r_[owner_R, owners[short_N]], min_holders)
        anchors = _anchors(run_RL, run_R, phrases)[~among(run_R, shared)]
        barred = np.unique(np.r_[anchors, whole_N[~among(whole_N, shared)], _alone(word_codes(rare, salt))])
        size = max(8, math.ceil(len(barred) / -math.log1p(-SET_SHARE)))
        bits = np.zeros(size, bool)
        bits[(barred % np.uint64(size)).astype(np.int64)] = True
        return cls(salt, bits, shared, phrases)

    def codes(self, words: Sequence[str]) -> np.ndarray:
        """A number for each word."""
        return word_codes(words, self.salt)

    def bars(self, run_RL: np.ndarray) -> np.ndarray:
        """Which runs of ``RUN`` codes may not be said, ``(R,)`` bool."""
        run_R = run_hash(run_RL)
        hit_R = self._hit(_anchors(run_RL, run_R, self.phrases))
        barred_R: np.ndarray = hit_R & ~among(run_R, self.shared)
        return barred_R

    def bars_whole(self, codes: np.ndarray) -> bool:
        """Whether a whole text of fewer than ``RUN`` words, given by its codes, may not be said."""
        whole = np.array([whole_hash(codes)], np.uint64)
        return bool(self._hit(whole)[0] and not among(whole, self.shared)[0])

    def bars_words(self, words: Sequence[str]) -> np.ndarray:
        """Which made-up words may not be said, since they may be real ones that few wrote, ``(W,)`` bool."""
        return self._hit(_alone(self.codes(words)))

    def first_barred(self, words: Sequence[str]) -> int | None:
        """The place of the word that completes the first barred run of a text; of a short text its last; None: none."""
        codes = self.codes(words)
        if len(words) < RUN:
            return len(words) - 1 if len(words) and self.bars_whole(codes) else None
        barred = np.flatnonzero(self.bars(np.lib.stride_tricks.sliding_window_view(codes, RUN)))
        return int(barred[0]) + RUN - 1 if len(barred) else None

    def _hit(self, anchor_R: np.ndarray) -> np.ndarray:
        found: np.ndarray = self.bits[(anchor_R % np.uint64(len(self.bits))).astype(np.int64)]
        return found

    def arrays(self) -> dict[str, np.ndarray]:
        """For the file of weights."""
        return {"bits": np.packbits(self.bits), "shared": self.shared, "phrases": self.phrases}

    def state(self) -> dict[str, Any]:
        """The rest, in JSON types."""
        return {"salt": self.salt, "size": len(self.bits), "run": RUN, "anchor": ANCHOR}

    @classmethod
    def from_state(cls, state: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> Self:
        """The guard again.

        Raises:
            ValueError: it was made for runs of another length.
        """
        if (state["run"], state["anchor"]) != (RUN, ANCHOR):
            raise ValueError(f"runs of {state['run']} words with anchors of {state['anchor']}")
        bits = np.unpackbits(arrays["bits"])[: int(state["size"])].astype(bool)
        return cls(str(state["salt"]), bits, arrays["shared"], arrays["phrases"])


def word_codes(words: Sequence[str], salt: str) -> np.ndarray:
    """A number of 64 bits for each word."""
    key = bytes.fromhex(salt)
    digests = [hashlib.blake2b(word.encode(), digest_size=8, key=key).digest() for word in words]
    return np.array([int.from_bytes(digest, "little") for digest in digests], np.uint64)


def run_hash(run_RL: np.ndarray) -> np.ndarray:
    """A number for each run of codes; the order of the words matters."""
    found_R = np.zeros(len(run_RL), np.uint64)
    for place in range(run_RL.shape[1]):
        found_R = hashed(found_R + run_RL[:, place], place).astype(np.uint64)
    return found_R


def whole_hash(codes: np.ndarray) -> int:
    """A number for a whole text."""
    return int(hashed(run_hash(codes[None, :]), _SHORT)[0])


def _alone(code_W: np.ndarray) -> np.ndarray:
    found_W: np.ndarray = hashed(code_W, _ALONE).astype(np.uint64)
    return found_W


def _anchors(run_RL: np.ndarray, run_R: np.ndarray, phrases: np.ndarray) -> np.ndarray:
    """The anchor of each run: of the runs of ``ANCHOR`` words in it that are no phrase, the one of least hash.

    Where all are phrases it is the run itself.

    Source:
        Schleimer, Wilkerson, Aiken 2003, "Winnowing: local algorithms for document fingerprinting" (SIGMOD).
    """
    best_R = np.full(len(run_RL), np.iinfo(np.uint64).max, np.uint64)
    for place in range(RUN - ANCHOR + 1):
        phrase_R = run_hash(run_RL[:, place : place + ANCHOR])
        best_R = np.where(among(phrase_R, phrases), best_R, np.minimum(best_R, phrase_R))
    found_R: np.ndarray = np.where(best_R == np.iinfo(np.uint64).max, run_R, best_R)
    return found_R


def windows(
    code_W: np.ndarray, starts_N: np.ndarray, lengths_N: np.ndarray, owners: np.ndarray, many: int
) -> tuple[np.ndarray, np.ndarray]:
    """All runs of so many words within texts, ``(R, many)``, and who wrote them."""
    runs_N = np.maximum(lengths_N - many + 1, 0)
    first_R = np.repeat(starts_N - (np.cumsum(runs_N) - runs_N), runs_N) + np.arange(runs_N.sum())
    return code_W[first_R[:, None] + np.arange(many)], np.repeat(owners, runs_N)


def of_many(hash_R: np.ndarray, owner_R: np.ndarray, min_holders: int) -> np.ndarray:
    """Hashes that at least so many owners have, sorted.

    Example:
        >>> of_many(np.array([7, 7, 9, 9], np.uint64), np.array([0, 1, 2, 2]), 2).tolist()
        [7]
    """
    order = np.lexsort((owner_R, hash_R))
    hash_R, owner_R = hash_R[order], owner_R[order]
    first_R = np.r_[True, (hash_R[1:] != hash_R[:-1]) | (owner_R[1:] != owner_R[:-1])][: len(hash_R)]
    found, counts = np.unique(hash_R[first_R], return_counts=True)
    shared: np.ndarray = found[counts >= min_holders]
    return shared


def among(hash_R: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Which hashes are among known ones, which are sorted."""
    if not len(known):
        return np.zeros(len(hash_R), bool)
    place_R = np.minimum(np.searchsorted(known, hash_R), len(known) - 1)
    found_R: np.ndarray = known[place_R] == hash_R
    return found_R
