"""Cells that contradict one another: a rule of the training table is broken, and the model says which cell is wrong.

Letters: N rows.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthgen.columns.numeric import Numeric
from synthgen.rows.deducing import leaders, solved
from synthgen.rows.known import Known
from synthgen.rows.outside import outside
from synthgen.rows.rules import broken
from synthgen.rows.scoring import countable
from synthgen.table.table import joined


def conflicts(known: Known, cells: pa.Table, seed: int) -> dict[str, np.ndarray]:
    """By learned or restored column, ``(N,)`` whether its cell is the wrong one; a one-hot group by its label.

    Of two tied cells the one is wrong without which the row is likelier, and of a formula that term with another value
    of which the row is likelier by more than one row in the training table's number; else the computed cell.
    """
    codec, breaks = known.codec, broken(known, cells)
    wrong: dict[str, np.ndarray] = {name: breaks[name] for name in codec.constants}
    for name, (leader, tie) in codec.ties.items():
        rows = np.flatnonzero(breaks[name])
        if not len(rows):
            continue
        here = cells.take(pa.array(rows))
        told = leaders(tie, joined(here[name]), joined(here[leader]))
        gain = _gain(known, leader, here, told, seed)
        _mark(wrong, leader, rows[gain > 0], len(cells))
        _mark(wrong, name, rows[gain <= 0], len(cells))
    for formula, _ in codec.formulas:
        rows = np.flatnonzero(breaks.get(formula.column, np.zeros(0, bool)))
        if not len(rows):
            continue
        here = cells.take(pa.array(rows))
        terms = [
            one for one in formula.inputs if one in codec.modelled and isinstance(codec.modelled[one].type, Numeric)
        ]
        gains = [
            _gain(known, one, here, joined(solved(codec, formula, one, blanked(here, one))[one]), seed) for one in terms
        ]
        best = np.max([*gains, np.zeros(len(rows))], axis=0)
        clear = best > np.log(known.rows + 1.0)
        for one, gain in zip(terms, gains, strict=True):
            _mark(wrong, one, rows[clear & (gain == best)], len(cells))
        _mark(wrong, formula.column, rows[~clear], len(cells))
    for label, members in codec.one_hot.items():
        wrong[label] = np.any([breaks[name] for name in members], axis=0)
    return {name: rows for name, rows in wrong.items() if rows.any()}


def confirmed(known: Known, cells: pa.Table) -> dict[str, np.ndarray]:
    """By column, ``(N,)`` whether another cell says the same: two cells are not wrong alike by mistake."""
    codec, breaks = known.codec, broken(known, cells)
    found: dict[str, np.ndarray] = {}
    for name, (leader, _) in codec.ties.items():
        _mark(found, leader, np.flatnonzero(_there(cells, [name, leader]) & ~breaks[name]), len(cells))
    for formula, _ in codec.formulas:
        if formula.column in breaks:
            whole = _there(cells, [formula.column, *formula.inputs]) & ~breaks[formula.column]
            for name in formula.inputs:
                _mark(found, name, np.flatnonzero(whole), len(cells))
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
