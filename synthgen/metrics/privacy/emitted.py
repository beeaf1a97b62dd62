"""Emitted values: identifiers and texts of real people that the synthetic table gives away."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthgen.metrics.base import Direction, Group, Result, not_applicable
from synthgen.metrics.charts import Cells
from synthgen.metrics.privacy.attack import Outcome, strongest
from synthgen.metrics.statistics import binomial_interval
from synthgen.metrics.view import View


class Emitted:
    """Share of synthetic identifier and text cells that equal a cell of the same column of the training table.

    The story is short: an e-mail address in the synthetic table is somebody's. 0 is what identifiers must have; short
    formats and stock phrases meet by chance, as the floor of held-out cells shows. ``p`` in the details compares
    people: how many training people, and how many strangers, have a cell that stands in the synthetic table.
    """

    name = "emitted"
    title = "Real identifiers and texts"
    group: Group = "privacy"
    direction: Direction = "lower"

    def compute(self, train: View, holdout: View, synthetic: View, rng: np.random.Generator) -> Result:
        names = [name for name, measure in train.measures.items() if measure in ("identifier", "text")]
        if not names:
            return not_applicable(self, "the table has no identifier and no text column")
        columns = {name: _found(train.others[name], synthetic.others[name]) for name in names}
        floors = {name: _found(train.others[name], holdout.others[name]) for name in names}
        hits, cells = (sum(found[i] for found in columns.values()) for i in (0, 1))
        hits_floor, cells_floor = (sum(found[i] for found in floors.values()) for i in (0, 1))
        if not cells:
            return not_applicable(self, "no identifier or text cell was generated")
        people = {name: _people(name, train, holdout, synthetic) for name in names}
        details: dict[str, Any] = {
            "columns": {name: {"real": found[0], "cells": found[1]} for name, found in columns.items()},
            "kinds": {name: train.measures[name] for name in names},
            "people": {name: found.to_json() for name, found in people.items()},
        }
        if holdout.n_rows:
            details["p"] = strongest(people)[1]
        return Result(
            self.name,
            self.title,
            hits / cells,
            self.direction,
            floor=hits_floor / cells_floor if cells_floor else None,
            interval=binomial_interval(hits, cells),
            sentence=f"{hits:,} of {cells:,} cells in {len(names)} column{'s' if len(names) > 1 else ''}",
            meaning="No identifier and no text of a real person stands in the synthetic table."
            if not hits
            else f"{hits:,} synthetic cells are an identifier or text of a real person"
            + (f"; of cells that were held out {hits_floor / cells_floor:.1%} are, by chance." if cells_floor else "."),
            details=details,
            charts=(_table(columns, floors),),
        )


def _found(train: pa.ChunkedArray, other: pa.ChunkedArray) -> tuple[int, int]:
    """How many present cells are in the training column, of how many."""
    known, cells = (array.drop_null().cast(pa.string()) for array in (train, other))
    return int(pc.sum(pc.is_in(cells, value_set=pc.unique(known))).as_py() or 0), len(cells)


def _people(name: str, train: View, holdout: View, synthetic: View) -> Outcome:
    """Training people and strangers whose cell stands in the synthetic column."""
    made = synthetic.others[name]
    (hits, people), (hits_control, strangers) = (_found(made, view.others[name]) for view in (train, holdout))
    return Outcome(hits, people, hits_control, strangers)


def _table(columns: dict[str, tuple[int, int]], floors: dict[str, tuple[int, int]]) -> Cells:
    rows: list[list[str | float | int | None]] = [
        [name, hits, cells, *floors[name]] for name, (hits, cells) in columns.items()
    ]
    return {
        "kind": "table",
        "title": "Cells that equal a real one, by column",
        "alt": "Synthetic and held-out cells that stand in the same column of the training table, by column.",
        "headings": ["column", "real among synthetic", "synthetic cells", "real among held-out", "held-out cells"],
        "rows": rows,
    }
