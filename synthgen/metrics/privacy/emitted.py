"""Emitted values: identifiers and texts of real people that the synthetic table gives away."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthgen.metrics.base import Direction, Group, Result, not_applicable
from synthgen.metrics.view import View


class Emitted:
    """Share of synthetic identifier and text cells that equal a cell of the same column of the training table."""

    name = "emitted"
    title = "Real identifiers and texts"
    group: Group = "privacy"
    direction: Direction = "lower"

    def compute(self, train: View, holdout: View, synthetic: View, rng: np.random.Generator) -> Result:
        names = [name for name, measure in train.measures.items() if measure in ("identifier", "text")]
        if not names:
            return not_applicable(self, "the table has no identifier and no text column")
        columns = {name: _found(train.others[name], synthetic.others[name]) for name in names}
        floors = [_found(train.others[name], holdout.others[name]) for name in names]
        hits, cells = (sum(found[i] for found in columns.values()) for i in (0, 1))
        hits_floor, cells_floor = (sum(found[i] for found in floors) for i in (0, 1))
        if not cells:
            return not_applicable(self, "no identifier or text cell was generated")
        return Result(
            self.name,
            self.title,
            hits / cells,
            self.direction,
            floor=hits_floor / cells_floor if cells_floor else None,
            sentence=f"{hits:,} of {cells:,} cells in {len(names)} column{'s' if len(names) > 1 else ''}",
            details={"columns": {name: {"real": found[0], "cells": found[1]} for name, found in columns.items()}},
        )


def _found(train: pa.ChunkedArray, other: pa.ChunkedArray) -> tuple[int, int]:
    """How many present cells are in the training column, of how many."""
    known, cells = (array.drop_null().cast(pa.string()) for array in (train, other))
    return int(pc.sum(pc.is_in(cells, value_set=pc.unique(known))).as_py() or 0), len(cells)
