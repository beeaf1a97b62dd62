"""What a text model is set beside: a chain of real words, and the stand-in that a table has without one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence

import numpy as np
import pyarrow as pa

from synthgen.columns.base import FitContext
from synthgen.columns.text import Text

ORDER = 2
"""Words that a chain looks back on."""


def chain(texts: Sequence[str], label_N: np.ndarray, asked_N: np.ndarray, rng: np.random.Generator) -> list[str]:
    """Each word drawn as it follows the two before it in real texts of the same label; it copies, by design."""
    after: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for text, label in zip(texts, label_N, strict=True):
        words = ["", "", *text.split(" "), "\0"]
        for place in range(ORDER, len(words)):
            after[(str(label), *words[place - ORDER : place])].append(words[place])
    made = []
    for label in asked_N:
        words = ["", ""]
        while words[-1] != "\0":
            follows = after[(str(label), *words[-ORDER:])]
            words.append(follows[rng.integers(len(follows))])
        made.append(" ".join(words[ORDER:-1]))
    return made


def stand_in(texts: Sequence[str], label_N: np.ndarray, asked_N: np.ndarray, rng: np.random.Generator) -> list[str]:
    """Texts as a table has them: right lengths, common words in no order, a made-up word in each."""
    values = pa.array(list(texts), pa.large_string())
    company = np.zeros((len(values), 0), np.int32)
    column = Text.fit(values, {}, FitContext(rng, 5, len(values), company))
    tokens = column.encode(values, rng)
    drawn: list[str] = column.decode(tokens[rng.integers(len(tokens), size=len(asked_N))], rng, 0).to_pylist()
    return drawn


PEERS: dict[str, Callable[[Sequence[str], np.ndarray, np.ndarray, np.random.Generator], list[str]]] = {
    "chain": chain,
    "stand-in": stand_in,
}
