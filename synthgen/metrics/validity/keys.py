"""Keys: values that name one row each, and are made up."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthgen.metrics.base import Direction, Group, Result, not_applicable
from synthgen.metrics.validity.faults import Faults, fault_result
from synthgen.metrics.view import View

FEWEST_ROWS = 20
"""With fewer training rows, all values may be different by chance."""


class Keys:
    """Share of key cells that repeat another one, or equal a training key.

    A key is an identifier whose training values are all different.
    """

    name = "keys"
    title = "Keys that repeat or are real"
    group: Group = "validity"
    direction: Direction = "lower"

    def compute(self, train: View, holdout: View, synthetic: View, rng: np.random.Generator) -> Result:
        faults = {}
        for name, measure in train.measures.items():
            known = _texts(train, name) if measure == "identifier" else pa.array([], pa.string())
            if len(known) >= FEWEST_ROWS and len(pc.unique(known)) == len(known):
                faults[name] = Faults(
                    *_repeated_or_real(_texts(synthetic, name), known), *_repeated_or_real(_texts(holdout, name), known)
                )
        if not faults:
            return not_applicable(self, "the table has no key, a column of identifiers that are all different")
        what = f"keys in {len(faults)} column{'s' if len(faults) != 1 else ''}"
        clean = "Every key is there once, and none is a real one."
        broken = "Keys repeat or are those of real rows, so rows cannot be told apart or are linked to people: {names}."
        return fault_result(self, faults, train.n_rows, what, clean, broken, strict=True)


def _texts(view: View, name: str) -> pa.Array:
    cells = view.others[name].drop_null().cast(pa.string()).combine_chunks()
    return pa.array([], pa.string()) if isinstance(cells, pa.ChunkedArray) else cells


def _repeated_or_real(cells: pa.Array, known: pa.Array) -> tuple[int, int]:
    """How many cells are at fault, of how many; of a value that repeats, the first cell is none."""
    different = pc.unique(cells)
    repeated = len(cells) - len(different)
    real = pc.sum(pc.is_in(different, value_set=known)).as_py() or 0
    return repeated + int(real), len(cells)
