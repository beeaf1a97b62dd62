"""Cells that break what held in every training row: columns tied one-to-one, formulas, constants, one-hot groups.

Letters: N rows.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthgen.columns.formulas import compute, read_numbers
from synthgen.columns.one_hot import how_many_true
from synthgen.rows.known import Known
from synthgen.seeding import numpy_stream
from synthgen.table.schema import OneHot
from synthgen.table.table import joined

TOLERANCE = 1e-6
"""Of a computed number, relative: what reading and writing it costs."""


def broken(known: Known, cells: pa.Table) -> dict[str, np.ndarray]:
    """By column, ``(N,)`` whether the cell says something else than the cells that decide it."""
    codec = known.codec
    found: dict[str, np.ndarray] = {}
    for name, value in codec.constants.items():
        present = np.asarray(cells[name].is_valid())
        found[name] = present & ~_equal(joined(cells[name]), value.take(pa.array(np.zeros(len(cells), np.int64))))
    for name, (leader, tie) in codec.ties.items():
        both = np.asarray(cells[name].is_valid()) & np.asarray(cells[leader].is_valid())
        found[name] = both & ~_equal(joined(cells[name]), tie.restore(joined(cells[leader])))
    for formula, text in codec.formulas:
        names = (*formula.inputs, formula.column)
        read = {n: read_numbers(joined(cells[n]), codec.decimal(n)) for n in names}
        x = {n: np.asarray(v, float) for n, v in read.items() if v is not None}
        if len(x) < len(names):
            continue
        wanted_N, result_N = x[formula.column], compute(formula, x)
        unit = 0.0 if text.decimals is None else 10.0**-text.decimals
        off_N = np.abs(result_N - wanted_N) > unit + TOLERANCE * np.abs(wanted_N)
        found[formula.column] = off_N & np.isfinite(wanted_N) & np.isfinite(result_N)
    for members in codec.one_hot.values():
        like = pa.table({n: s.decode(np.array([[0], [1]]), numpy_stream(0), 0) for n, s in members.items()})
        several_N = how_many_true(cells, OneHot(columns=list(members)), like) > 1
        for name, spelling in members.items():
            true = spelling.decode(np.ones((len(cells), 1), np.int32), numpy_stream(0), 0)
            found[name] = several_N & _equal(joined(cells[name]), true)
    return found


def _equal(a: pa.Array, b: pa.Array) -> np.ndarray:
    return np.asarray(pc.fill_null(pc.equal(a, b), False))
