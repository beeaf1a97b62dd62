"""Formats: values written in a way that no real value is."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthgen.columns.number_text import learn_format
from synthgen.metrics.base import Direction, Group, Result, not_applicable
from synthgen.metrics.validity.faults import Faults, fault_result
from synthgen.metrics.view import View

OFF_GRID = 1e-6
"""Of a unit of the last place: more than what is left of a decimal fraction in binary."""


class Formats:
    """Share of cells in another format: more decimals, a time of day in a column of days, another shape of identifier.

    The shape of an identifier is its text with each run of capitals, small letters and digits made one sign, so
    ``AB-1203`` is ``A-9``.
    """

    name = "formats"
    title = "Cells in another format"
    group: Group = "validity"
    direction: Direction = "lower"

    def compute(self, train: View, holdout: View, synthetic: View, rng: np.random.Generator) -> Result:
        if not train.n_rows or not synthetic.n_rows:
            return not_applicable(self, "there are no rows to look at")
        faults = {}
        for name, measure in train.measures.items():
            if name in train.quantities and (decimals := _decimals(train, name)) is not None:
                found, held, real = (_off_grid(view.quantities[name], decimals) for view in (synthetic, holdout, train))
                faults[name] = Faults(*found, *held, real[0])
            elif measure == "identifier":
                faults[name] = _shapes(*(view.others[name] for view in (train, holdout, synthetic)))
        if not faults:
            return not_applicable(self, "no column has a format of its own")
        what = f"cells in {len(faults)} column{'s' if len(faults) != 1 else ''} with a format"
        clean = "Values are written as the real ones are."
        broken = "Values are written as no real one is, which gives them away and may break programs: {names}."
        return fault_result(self, faults, train.n_rows, what, clean, broken)


def _decimals(train: View, name: str) -> int | None:
    """Decimals of all training values; of dates 0 when all are whole days. None: there is no such grid."""
    values = train.quantities[name]
    present = values[~np.isnan(values)]
    if not len(present):
        return None
    if train.types[name] == "datetime":
        return 0 if np.array_equal(present, np.floor(present)) else None
    return learn_format(pa.array(present), present).decimals


def _off_grid(values: np.ndarray, decimals: int) -> tuple[int, int]:
    present = values[~np.isnan(values)]
    counted = present * 10.0**decimals
    slack = OFF_GRID + 4 * np.spacing(np.abs(counted))
    return int((np.abs(counted - np.rint(counted)) > slack).sum()), len(present)


def _shapes(train: pa.ChunkedArray, holdout: pa.ChunkedArray, synthetic: pa.ChunkedArray) -> Faults:
    counted = pc.value_counts(_shape(train))
    known, held_by = counted.field(0), counted.field(1).to_numpy(zero_copy_only=False)
    made, held = _shape(synthetic), _shape(holdout)
    new, new_held = (cells.filter(pc.invert(pc.is_in(cells, value_set=known))) for cells in (made, held))
    alike = pc.value_counts(new).field(1).to_numpy(zero_copy_only=False)
    return Faults(
        len(new),
        len(made),
        len(new_held),
        len(held),
        int((held_by == 1).sum()),
        odd=len(alike),
        most_alike=int(alike.max(initial=0)),
        labels=len(known) + len(alike),
    )


def _shape(cells: pa.ChunkedArray) -> pa.ChunkedArray:
    """Present cells with each run of letters of one case, and of digits, as one sign."""
    shape = cells.drop_null().cast(pa.string())
    for pattern, sign in ((r"\p{Lu}+", "A"), (r"[\p{Ll}\p{Lo}]+", "a"), (r"[0-9]+", "9")):
        shape = pc.replace_substring_regex(shape, pattern, sign)
    return shape
