"""The law of one column given all others of its row.

Letters: N rows, K classes, W tokens of one slot, S slots.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from synthgen.columns.boolean import Boolean
from synthgen.columns.categorical import Categorical
from synthgen.columns.numeric import Numeric
from synthgen.errors import DataError, near_miss
from synthgen.nets.conditionals import Conditionals
from synthgen.rows.given import Given
from synthgen.rows.known import Known
from synthgen.rows.scoring import countable
from synthgen.rows.spelling import vocabulary
from synthgen.table.natural import typed

RARE = "rare"
"""The class of all values that too few training rows held, where such are made up anew when rows are drawn."""


def told_by(known: Known, column: str) -> set[str]:
    """The column and those that say the same thing, so that none of them is looked at.

    Raises:
        DataError: there is no such column, or it has no law to ask for.
    """
    codec = known.codec
    if column not in codec.names:
        raise DataError(f"predict_proba: no column {column!r} that the model knows; {near_miss(column, codec.names)}")
    leader = codec.ties[column][0] if column in codec.ties else column
    if column in codec.constants:
        raise DataError(f"predict_proba: column {column!r} is the same in every row; there is nothing to predict")
    for formula, _ in codec.formulas:
        if formula.column == column:
            raise DataError(f"predict_proba: {formula.text} is computed, not predicted. Ask for one of its inputs")
    for members in codec.one_hot.values():
        if column in members:
            return set(members)
    kind = codec.modelled[leader].type
    if not isinstance(kind, Boolean | Categorical | Numeric):
        raise DataError(
            f"predict_proba: column {column!r} is of type {kind.name!r}; a label or a number was expected. "
            "Give the column such a type in the schema and fit again, or use impute"
        )
    return {leader, *(name for name, (other, _) in codec.ties.items() if other == leader)}


def predict(given: Given, column: str, seed: int = 0) -> tuple[list[Any], np.ndarray]:
    """The classes of a column, and ``(N, K)`` the chance of each given all other columns; rows sum to 1.

    Labels come in the order of scikit-learn's ``classes_``: ascending, texts letter by letter, False before True. Of a
    number the classes are its bins and single values in ascending order, by name. That the cell is missing is no class.

    Args:
        given: the rows; the column and those tied to it are not looked at.
        column: a label or a number.
        seed: of places inside cells of rounded numbers.
    """
    known, codec, laws = given.known, given.known.codec, given.known.laws
    apart = told_by(known, column)
    assert laws is not None
    learned = _learned(known, column)
    cells = given.cells
    for name in apart:
        at = cells.column_names.index(name)
        cells = cells.set_column(at, name, pa.nulls(len(cells), cells.column(at).type))
    tokens_NS, counted_NS = countable(known, cells, seed)
    slots = known.slots_of[learned]
    kind = codec.modelled[learned].type
    if isinstance(kind, Numeric) and column == learned:
        chance_NK = laws.law(slots, tokens_NS, counted_NS)[:, : kind.slots[0].size]
        return kind.token_names(0), chance_NK
    chance_NK, values = _labels(laws, slots, kind, tokens_NS, counted_NS)
    if column in codec.one_hot.get(learned, {}):
        names = values.to_pylist()
        true_N = chance_NK[:, names.index(column)] if column in names else np.zeros(len(given))
        chance_NK, values = np.stack([1 - true_N, true_N], 1), vocabulary(codec, column)
    elif column != learned:
        values = codec.ties[column][1].restore(values)
    return _sorted(known, column, values, chance_NK)


def _learned(known: Known, column: str) -> str:
    """The learned column that a column is part of or follows."""
    if column in known.codec.ties:
        return known.codec.ties[column][0]
    return next((label for label, members in known.codec.one_hot.items() if column in members), column)


def _labels(
    laws: Conditionals, slots: list[int], kind: object, tokens_NS: np.ndarray, given_NS: np.ndarray
) -> tuple[np.ndarray, pa.Array]:
    """``(N, K)`` chances of the values of a label's vocabulary; that of rare ones comes last, if they are made up."""
    first_NW = laws.law(slots, tokens_NS, given_NS)
    if isinstance(kind, Boolean):
        return first_NW[:, :2], kind.decode(np.array([[0], [1]]), np.random.default_rng(0), 0)
    if isinstance(kind, Numeric):
        return first_NW[:, : kind.slots[0].size], kind.written_at(*_middles(kind))
    assert isinstance(kind, Categorical)
    paths = kind.paths[:-1]
    chance_NK = first_NW[:, paths[:, 0]].copy()
    for level in range(1, len(slots)):
        for prefix in sorted(set(map(tuple, paths[:, :level].tolist()))):
            here = np.flatnonzero((paths[:, :level] == prefix).all(1))
            if (paths[here, level] >= 0).all():
                law_NW = laws.next_law(slots, list(prefix), tokens_NS, given_NS)
                chance_NK[:, here] *= law_NW[:, paths[here, level]]
    rare_N1 = first_NW[:, kind.paths[-1, :1]]
    if kind.maker is None:
        return chance_NK + rare_N1 * (kind.counts / kind.counts.sum()), kind.kept
    return np.concatenate([chance_NK, rare_N1], 1), kind.kept


def _middles(kind: Numeric) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    leaf = kind.leaf_of(np.stack([np.arange(kind.slots[0].size), np.zeros(kind.slots[0].size, int)], 1))
    half = np.full(len(leaf), 0.5)
    return leaf, half, half


def _sorted(known: Known, column: str, values: pa.Array, chance_NK: np.ndarray) -> tuple[list[Any], np.ndarray]:
    """Classes in ascending order, equal ones as one; ``rare`` last."""
    if known.origin.kind == "csv":
        values = _typed(known, column, values)
    names: list[Any] = values.to_pylist()
    classes = sorted({name for name in names if name is not None})
    number = {name: k for k, name in enumerate(classes)}
    sums_NK = np.zeros((len(chance_NK), len(classes)))
    for name, chance_N in zip(names, chance_NK.T, strict=False):
        if name is not None:
            sums_NK[:, number[name]] += chance_N
    if chance_NK.shape[1] > len(names):
        classes, sums_NK = [*classes, RARE], np.concatenate([sums_NK, chance_NK[:, -1:]], 1)
    return classes, sums_NK / sums_NK.sum(1, keepdims=True)


def _typed(known: Known, column: str, values: pa.Array) -> pa.Array:
    dialect = known.origin.dialect
    try:
        return typed(values, dialect.style(column).type, dialect.decimal)
    except pa.ArrowInvalid:
        return values
