"""Finds cells that are missing because of another column.

Letters: N rows.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthgen.columns.rules.finding import FEWEST_BROKEN, FEWEST_ROWS, NEARLY, TIMES_FEWER, Found, labels_in
from synthgen.table.rules import Missing
from synthgen.table.schema import Schema
from synthgen.table.table import joined

MOST_VALUES = 50
"""A column with more different values is not asked when another one's cells are missing."""
MOST_COLUMNS = 300
"""Of more columns with missing cells, only those that are missing together are looked for."""


def find_missing(table: pa.Table, schema: Schema, made: Collection[str], *, min_holders: int = 5) -> Found:
    """Columns that are missing exactly where another holds certain values or is missing, or at least there.

    Args:
        table: the raw table.
        schema: types of its columns.
        made: columns that other rules restore: their cells are missing where theirs are.
        min_holders: a value is named when so many rows hold it.
    """
    found = Found()
    kinds = {c.name: c.type for c in schema.columns if c.type != "drop"}
    gone = {name: np.asarray(joined(table[name]).is_null()) for name in kinds}
    gone = {n: g for n, g in gone.items() if FEWEST_BROKEN <= g.sum() <= len(g) - FEWEST_BROKEN}
    open_ = [name for name in gone if name not in made and kinds[name] != "missing"]
    if table.num_rows < FEWEST_ROWS or not open_:
        return found
    labels = [name for name in labels_in(table, schema, MOST_VALUES) if kinds[name] != "numeric" or name not in gone]
    explained: dict[str, str] = {}
    for name in open_:
        twin = next(
            (n for n in gone if n != name and explained.get(n) != name and _same(gone[n], gone[name], name, n, open_)),
            None,
        )
        if twin is not None:
            broken = int((gone[twin] != gone[name]).sum())
            _tell(found, Missing(column=name, when=twin, values=[None]), broken, gone[name], explained)
            continue
        for label in [label for label in labels if label != name and label not in gone]:
            if by_value := _by_value(joined(table[label]), gone[name], name, label, min_holders):
                _tell(found, *by_value, gone[name], explained)
                break
    for name in open_ if len(gone) <= MOST_COLUMNS else []:
        if name not in explained and (when := _implying(name, gone, explained)):
            rule = Missing(column=name, when=when, values=[None], exactly=False)
            _tell(found, rule, int((gone[when] & ~gone[name]).sum()), gone[name], explained)
    return found


def _tell(found: Found, rule: Missing, broken: int, gone: np.ndarray, explained: dict[str, str]) -> None:
    found.add("missing", rule, broken, len(gone))
    explained[rule.column] = rule.when


def _same(one: np.ndarray, other: np.ndarray, name: str, earlier: str, order: list[str]) -> bool:
    """Whether two columns are missing together, or nearly so; of two that may follow, the later one does."""
    if earlier in order and order.index(earlier) > order.index(name):
        return False
    broken = int((one != other).sum())
    return broken <= (1 - NEARLY) * len(one) and broken * TIMES_FEWER <= min(one.sum(), (~one).sum())


def _by_value(
    values: pa.Array, gone: np.ndarray, name: str, label: str, min_holders: int
) -> tuple[Missing, int] | None:
    """The values of a label with which a column is missing, and the rows that break this; None where it is not so."""
    coded = values.dictionary_encode(null_encoding="encode")
    texts = coded.dictionary.cast(pa.string()).to_pylist()
    if not 2 <= len(texts) <= MOST_VALUES:
        return None
    codes = np.asarray(coded.indices)
    held, lost = np.bincount(codes, minlength=len(texts)), np.bincount(codes[gone], minlength=len(texts))
    with_it = (lost > held / 2) & (held >= min_holders)
    broken = int(lost[~with_it].sum() + (held - lost)[with_it].sum())
    if not with_it.any() or with_it.all() or broken > (1 - NEARLY) * len(gone):
        return None
    if broken * TIMES_FEWER > min(gone.sum(), (~gone).sum()):
        return None
    return Missing(column=name, when=label, values=[t for t, w in zip(texts, with_it, strict=True) if w]), broken


def _implying(name: str, gone: dict[str, np.ndarray], explained: dict[str, str]) -> str | None:
    """A column whose missing cells bring those of this one: the one with most of them."""
    best, rows = None, 0
    mine = gone[name]
    for other, lost in gone.items():
        if other == name or explained.get(other) == name:
            continue
        alone, present = int((lost & ~mine).sum()), 1 - mine.mean()
        by_chance = lost.sum() * present
        if (
            alone <= (1 - NEARLY) * len(mine)
            and by_chance >= max(FEWEST_BROKEN, TIMES_FEWER * alone)
            and lost.sum() > rows
        ):
            best, rows = other, int(lost.sum())
    return best


def find_unique(table: pa.Table, schema: Schema, made: Collection[str]) -> dict[str, int]:
    """Whole numbers and dates that never repeat, or nearly never, where chance would: repeated rows by column."""
    found = {}
    for column in schema.columns:
        if column.type not in ("numeric", "datetime") or column.name in made:
            continue
        values = joined(table[column.name]).drop_null()
        n = len(values)
        if n < FEWEST_ROWS or pa.types.is_floating(values.type):
            continue
        repeated = n - len(pc.unique(values))
        if repeated > (1 - NEARLY) * n:
            continue
        ends = _whole_ends(values, column.type)
        if ends is not None and n * n / (2 * (ends[1] - ends[0] + 1)) >= max(FEWEST_BROKEN, TIMES_FEWER * repeated):
            found[column.name] = repeated
    return found


def _whole_ends(values: pa.Array, kind: str) -> tuple[int, int] | None:
    """The least and the greatest whole number; of dates, as they stand in an integer type."""
    if kind == "datetime" and not pa.types.is_integer(values.type):
        return None
    try:
        ends = pc.min_max(values.cast(pa.int64()))
    except pa.ArrowInvalid:
        return None
    return ends["min"].as_py(), ends["max"].as_py()
