"""Keys of made rows: numbers, or texts that look as most real ones do.

Letters: N rows.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthgen.columns.number_text import is_text
from synthgen.dp.budget import Budget
from synthgen.dp.columns.looks import LOOKS, made_up

LONGEST = 64
BESIDE = 4
"""Characters by which a text may be longer where all shorter ones are given away."""


def needs_look(kind: pa.DataType) -> bool:
    """Whether keys of a physical type are made up by their look; the others are numbers."""
    return is_text(kind)


def key_look(values: pa.Array, most: int, budget: Budget, share: float, step: str) -> tuple[str, int]:
    """How most keys of a column look, and how long they are: one noisy count of looks by lengths.

    Args:
        values: the keys.
        most: rows of one person.
        budget: what noise comes from.
        share: of the budget.
        step: for the ledger.
    """
    look_N = np.full(len(values), -1)
    text = pc.fill_null(values, "")
    for place, (_, form) in enumerate(LOOKS):
        fits = np.asarray(pc.match_substring_regex(text, form)) & (look_N < 0)
        look_N[fits] = place
    length_N = np.clip(np.asarray(pc.utf8_length(text)), 1, LONGEST) - 1
    counts = np.bincount(look_N * LONGEST + length_N, minlength=len(LOOKS) * LONGEST).astype(np.float64)
    noisy, _ = budget.gaussian(counts, step=step, share=share, sensitivity=float(most))
    by_look = noisy.reshape(len(LOOKS), LONGEST)
    look = int(np.maximum(by_look, 0).max(axis=1).argmax())
    return LOOKS[look][0], int(by_look[look].argmax()) + 1


def made_keys(kind: pa.DataType, look: tuple[str, int] | None, rows: int, rng: np.random.Generator) -> pa.Array:
    """``(N,)`` keys, no two alike.

    Args:
        kind: the physical type.
        look: of texts; None: numbers from 1.
        rows: N.
        rng: draws.

    Example:
        >>> made_keys(pa.int64(), None, 3, np.random.default_rng(0)).to_pylist()
        [1, 2, 3]
        >>> made_keys(pa.string(), ("digits", 4), 2, np.random.default_rng(0)).to_pylist()
        ['1', '2']
    """
    if look is None or look[0] == "digits" or not is_text(kind):
        return pa.array(np.arange(1, rows + 1)).cast(pa.string() if is_text(kind) else kind, safe=False).cast(kind)
    found: dict[str, None] = {}
    length = look[1]
    while len(found) < rows:
        before = len(found)
        lengths = np.full(rows - before, length)
        found |= dict.fromkeys(made_up(look[0], lengths, rng))
        if len(found) - before < (rows - before) / 2:
            length += 1 if length < look[1] + BESIDE else 8
    return pa.array(list(found)[:rows], pa.string()).cast(kind)
