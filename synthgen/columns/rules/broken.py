"""Which rows of a table break a rule: judged on the values alone, whoever made them.

Letters: N rows.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from synthgen.columns.date_text import DateText
from synthgen.columns.datetime import written_format
from synthgen.columns.lines import DateLine, Line, NumberLine
from synthgen.columns.number_text import NumberFormat
from synthgen.columns.one_hot import how_many_true
from synthgen.columns.physical import type_name
from synthgen.columns.rules.absent import holds
from synthgen.table.rules import Combination, Dependence, Missing, OneHot, Order, Range, Unique
from synthgen.table.schema import ColumnSchema, Schema
from synthgen.table.table import joined


def line_to_read(column: ColumnSchema, like: pa.Array) -> NumberLine | DateLine:
    """A line on which a column's values can be compared; what is written in another way has no place on it.

    Args:
        column: what it means.
        like: values of the real table, whose format is learned.
    """
    kind = type_name(like.type)
    if column.type != "datetime":
        return NumberLine(NumberFormat(kind, "typed", None, decimal=str(column.options.get("decimal", "."))))
    epoch = column.options.get("epoch")
    form: DateText | None = written_format(like.drop_null(), column.options.get("format"), epoch)
    fine = (form is not None and form.digits > 6) or epoch == "ns" or kind.startswith("timestamp[ns")
    return DateLine(kind, form, epoch, 1000, 1 if fine else 1000)


def broken_order(rule: Order, table: pa.Table, like: pa.Table, schema: Schema) -> np.ndarray:
    """Rows in which an earlier column lies after a later one (or on it, where the order is strict)."""
    places = [_places(name, table, like, schema) for name in rule.columns]
    found = np.zeros(table.num_rows, bool)
    for i, (low, has_low) in enumerate(places):
        for high, has_high in places[i + 1 :]:
            wrong = (low >= high) if rule.strict else (low > high)
            found |= has_low & has_high & wrong.astype(bool)
    return found


def _places(name: str, table: pa.Table, like: pa.Table, schema: Schema) -> tuple[np.ndarray, np.ndarray]:
    """Places, dates in nanoseconds as exact whole numbers of any size."""
    line = line_to_read(schema.column(name), joined(like[name]))
    places, there = line.read(joined(table[name]))
    return (places.astype(object) * line.tick if isinstance(line, DateLine) else places), there


def broken_range(rule: Range, table: pa.Table, like: pa.Table, schema: Schema) -> np.ndarray:
    """Rows outside the ends."""
    line: Line = line_to_read(schema.column(rule.column), joined(like[rule.column]))
    places, there = line.read(joined(table[rule.column]))
    found = np.zeros(table.num_rows, bool)
    if rule.low is not None:
        found |= places < line.place(rule.low, "ranges")
    if rule.high is not None:
        found |= places > line.place(rule.high, "ranges")
    return np.asarray(found & there)


def broken_missing(rule: Missing, table: pa.Table, like: pa.Table, schema: Schema) -> np.ndarray:
    """Rows with a cell where there should be none, or none where there should be one."""
    gone, wanted = np.asarray(joined(table[rule.column]).is_null()), holds(joined(table[rule.when]), rule.values)
    return np.asarray(gone != wanted if rule.exactly else wanted & ~gone)


def broken_one_hot(rule: OneHot, table: pa.Table, like: pa.Table, schema: Schema) -> np.ndarray:
    """Rows with more than one true column, or none where there has to be one."""
    count = how_many_true(table, rule, like)
    return count != 1 if rule.exactly else count > 1


def broken_unique(rule: Unique, table: pa.Table, like: pa.Table, schema: Schema) -> np.ndarray:
    """Rows whose value an earlier row has."""
    values = joined(table[rule.column])
    codes = np.asarray(values.dictionary_encode().indices.fill_null(-1))
    return np.asarray(pd.Series(codes).duplicated()) & (codes >= 0)


def broken_combination(rule: Combination, table: pa.Table, like: pa.Table, schema: Schema) -> np.ndarray:
    """Rows of values each of which is known, together in no real row."""
    codes = [_shared(joined(like[name]), joined(table[name])) for name in rule.columns]
    known = np.all([np.isin(here, there) for there, here in codes], axis=0)
    real, made = (np.stack([pair[which] for pair in codes], 1) for which in (0, 1))
    return np.asarray(known & ~_in_rows(made, real))


def broken_dependence(rule: Dependence, table: pa.Table, like: pa.Table, schema: Schema) -> np.ndarray:
    """Rows with another value than most real rows have; of a source that no real row has, than the first has here."""
    source, follower = (_shared(joined(like[n]), joined(table[n])) for n in (rule.depends_on, rule.column))
    real = pd.DataFrame({"source": source[0], "follower": follower[0]}).value_counts(sort=True).reset_index()
    most = real.drop_duplicates("source").set_index("source")["follower"]
    here = pd.DataFrame({"source": source[1], "follower": follower[1]})
    first = here.drop_duplicates("source").set_index("source")["follower"]
    wanted = here["source"].map(most).fillna(here["source"].map(first))
    return np.asarray(wanted != here["follower"])


def _shared(one: pa.Array, other: pa.Array) -> tuple[np.ndarray, np.ndarray]:
    """Codes of two tables' cells on one book; a missing cell is a value."""
    texts = pa.concat_arrays([one.cast(pa.string()), other.cast(pa.string())])
    codes = np.asarray(texts.dictionary_encode(null_encoding="encode").indices)
    return codes[: len(one)], codes[len(one) :]


def _in_rows(made: np.ndarray, real: np.ndarray) -> np.ndarray:
    """``(N,)`` whether a row of codes is among others."""
    both = np.concatenate([real, made])
    number = np.unique(both, axis=0, return_inverse=True)[1].ravel()
    return np.isin(number[len(real) :], number[: len(real)])


BROKEN: dict[str, Callable[[Any, pa.Table, pa.Table, Schema], np.ndarray]] = {
    "one_hot": broken_one_hot,
    "combinations": broken_combination,
    "dependences": broken_dependence,
    "orders": broken_order,
    "ranges": broken_range,
    "missing": broken_missing,
    "unique": broken_unique,
}
"""By list of the schema: ``(rule, table, real table, schema)`` to ``(N,)`` bool, True where a row breaks the rule."""
