"""Linkage by what people call themselves: a made handle that is nearer to a real one than strangers' handles are."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthgen.metrics.base import Direction, Group
from synthgen.metrics.people.base import Held, People, matrices, overlap

LETTERS = 3
"""In a row: two handles that differ by one letter share most such pieces."""


class Handles:
    """How many pieces of a person's handle, rare ones weighing most, a made handle has too, and its template."""

    name = "handles"
    title = "Linkage by handles"
    group: Group = "privacy"
    direction: Direction = "lower"
    deed: ClassVar[str] = "finds by what they call themselves"
    lacking: ClassVar[str] = "people have no handle, or made handles have no piece of a real one"

    def scores(self, real: People, made: People, rng: np.random.Generator) -> dict[str, np.ndarray]:
        found = {}
        for name in real.handles:
            if name in made.handles:
                one, other = (pieces_of(side.handles[name]) for side in (real, made))
                score_N = overlap(*matrices(one, other, real.n_people, made.n_people))
                if score_N.any():
                    found[name] = score_N
        return found


def pieces_of(handles: pa.Array) -> Held:
    """All runs of three signs, capitals made small, with marks for both ends, and how letters and digits lie.

    Example:
        >>> pieces_of(pa.array(["Ann.7"])).value_M.to_pylist()
        ['^an', 'ann', 'nn.', 'n.7', '.7$', 'template aaa.9']
    """
    texts = pc.utf8_lower(pc.fill_null(handles.cast(pa.string()), ""))
    shapes = pc.replace_substring_regex(pc.replace_substring_regex(texts, r"\p{L}", "a"), r"\p{N}", "9")
    person, pieces = [], []
    for number, (text, shape) in enumerate(zip(texts.to_pylist(), shapes.to_pylist(), strict=True)):
        if not text:
            continue
        marked = f"^{text}$"
        found = [marked[i : i + LETTERS] for i in range(len(marked) - LETTERS + 1)]
        pieces += [*found, f"template {shape}"]
        person += [number] * (len(found) + 1)
    return Held(np.array(person, np.int64), pa.array(pieces, pa.string()))
