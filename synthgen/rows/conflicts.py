"""Cells that contradict one another: a rule of the training table is broken, and the model says which cell is wrong.

Letters: N rows.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthgen.columns.numeric import Numeric
from synthgen.columns.rules.computed import Computed
from synthgen.columns.rules.follow import Following, Tied
from synthgen.rows.known import Known
from synthgen.rows.outside import outside
from synthgen.rows.scoring import countable
from synthgen.table.table import joined


def conflicts(known: Known, cells: pa.Table, seed: int) -> dict[str, np.ndarray]:
    """By learned or restored column, ``(N,)`` whether its cell is the wrong one; a one-hot group by its label.

    Of two tied cells the one is wrong without which the row is likelier, and of a formula that term with another value
    of which the row is likelier by more than one row in the training table's number; else the computed cell.
    """
    codec, wrong = known.codec, dict[str, np.ndarray]()
    columns = {name: joined(cells[name]) for name in codec.names}
    for step in codec.steps:
        breaks = step.broken(columns)
        if isinstance(step, Computed):
            _blame_term(known, step, cells, breaks, wrong, seed)
        elif isinstance(step, Tied) and not isinstance(step, Following):
            rows = np.flatnonzero(breaks[step.name])
            here = cells.take(pa.array(rows))
            told = step.leaders(joined(here[step.name]), joined(here[step.leader]).type)
            gain = _gain(known, step.leader, here, told, seed) if len(rows) else np.zeros(0)
            _mark(wrong, step.leader, rows[gain > 0], len(cells))
            _mark(wrong, step.name, rows[gain <= 0], len(cells))
        else:
            for name, rows_N in breaks.items():
                _mark(wrong, codec.source_of(name).learned or name, np.flatnonzero(rows_N), len(cells))
    return {name: rows for name, rows in wrong.items() if rows.any()}


def _blame_term(
    known: Known,
    step: Computed,
    cells: pa.Table,
    breaks: dict[str, np.ndarray],
    wrong: dict[str, np.ndarray],
    seed: int,
) -> None:
    """Mark the term of a formula, or the computed cell, that is wrong."""
    formula, drawn = step.formula, known.codec.modelled
    rows = np.flatnonzero(breaks.get(formula.column, np.zeros(0, bool)))
    if not len(rows):
        return
    here = cells.take(pa.array(rows))
    terms = [one for one in formula.inputs if one in drawn and isinstance(drawn[one].type, Numeric)]
    gains = []
    for one in terms:
        without = blanked(here, one)
        solved = step.deduce({name: joined(without[name]) for name in without.column_names}, drawn)[one]
        gains.append(_gain(known, one, here, solved, seed))
    best = np.max([*gains, np.zeros(len(rows))], axis=0)
    clear = best > np.log(known.rows + 1.0)
    for one, gain in zip(terms, gains, strict=True):
        _mark(wrong, one, rows[clear & (gain == best)], len(cells))
    _mark(wrong, formula.column, rows[~clear], len(cells))


def confirmed(known: Known, cells: pa.Table) -> dict[str, np.ndarray]:
    """By column, ``(N,)`` whether another cell says the same: two cells are not wrong alike by mistake."""
    found: dict[str, np.ndarray] = {}
    columns = {name: joined(cells[name]) for name in known.codec.names}
    for step in known.codec.steps:
        if not isinstance(step, Tied | Computed):
            continue
        for name, wrong_N in step.broken(columns).items():
            whole = np.flatnonzero(_there(cells, [name, *step.reads]) & ~wrong_N)
            for source in step.reads:
                _mark(found, source, whole, len(cells))
    return found


def blanked(cells: pa.Table, name: str, rows_N: np.ndarray | None = None) -> pa.Table:
    """Cells without those of a column, in all rows or in some."""
    values = joined(cells[name])
    mask = np.ones(len(cells), bool) if rows_N is None else rows_N
    blank = pc.if_else(pa.array(mask), pa.scalar(None, values.type), values)
    return cells.set_column(cells.column_names.index(name), name, blank)


def _gain(known: Known, name: str, cells: pa.Table, other: pa.Array, seed: int) -> np.ndarray:
    """``(N,)`` by how many nats a row is likelier with another value in a column; -inf where there is none."""
    at = cells.column_names.index(name)
    changed = cells.set_column(at, name, pc.coalesce(other, joined(cells[name])))
    if known.laws is None:
        return np.full(len(cells), -np.inf)
    nats = []
    for table in (cells, changed):
        tokens_NS, given_NS = countable(known, table, seed)
        of_cell_N = known.laws.nats(known.slots_of[name], tokens_NS, given_NS).astype(float)
        kind = known.codec.modelled[name].type
        if isinstance(kind, Numeric):
            of_cell_N += outside(kind, joined(table[name]))
        nats.append(of_cell_N)
    return np.where(np.asarray(other.is_valid()), nats[0] - nats[1], -np.inf)


def _mark(wrong: dict[str, np.ndarray], name: str, rows: np.ndarray, many: int) -> None:
    wrong.setdefault(name, np.zeros(many, bool))[rows] = True


def _there(cells: pa.Table, names: list[str]) -> np.ndarray:
    return np.asarray(np.all([np.asarray(joined(cells[name]).is_valid()) for name in names], axis=0))
