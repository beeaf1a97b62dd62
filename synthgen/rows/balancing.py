"""Rare classes of a real table topped up with synthetic rows, marked as such.

Letters: N rows.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthgen.columns.boolean import Boolean
from synthgen.columns.categorical import Categorical
from synthgen.errors import ConfigError, DataError, near_miss
from synthgen.rows.given import Given
from synthgen.table.table import joined

MARK = "is_synthetic"
Draw = Callable[[Any, int, int], pa.Table]
"""A value of the target, how many rows, a number for the seed -> rows as the training table spells them."""


def class_counts(given: Given, target: str) -> dict[str, int]:
    """Rows of each class, in the training table's spelling, the largest first.

    Raises:
        DataError: the target is no label that can be asked for, or a class is unknown to the model.
    """
    known = given.known
    if target not in known.codec.names:
        raise DataError(f"balance: no column {target!r} that the model knows; {near_miss(target, known.codec.names)}")
    kind = known.codec.modelled[target].type if target in known.codec.modelled else None
    if target not in known.codec.ties and not isinstance(kind, Boolean | Categorical):
        raise DataError(
            f"balance: column {target!r} is of type {known.schema.column(target).type!r}; a label of a few values was "
            "expected. Choose another target"
        )
    values = joined(given.cells[target]).drop_null().cast(pa.string())
    if not len(values):
        raise DataError(
            f"balance: column {target!r} has no value in {given.table.name}; a label in each row was expected"
        )
    counted = pc.value_counts(values)
    pairs = zip(counted.field(0).to_pylist(), counted.field(1).to_pylist(), strict=True)
    return dict(sorted(pairs, key=lambda pair: (-pair[1], pair[0])))


def rows_to_add(counts: Mapping[str, int], to: str | Mapping[Any, float] | None) -> dict[str, int]:
    """How many synthetic rows each class gets.

    Args:
        counts: real rows of each class.
        to: ``equal`` or None: each class as many as the largest; or by class a share of all rows (below 1) or a number
            of rows; classes that are not named stay as they are.

    Raises:
        ConfigError: there is no such class, or rows would have to go.

    Example:
        >>> rows_to_add({"human": 80, "bot": 5}, "equal"), rows_to_add({"human": 80, "bot": 5}, {"bot": 0.2})
        ({'bot': 75}, {'bot': 15})
        >>> rows_to_add({"human": 80, "bot": 5}, {"bot": 50})
        {'bot': 45}
    """
    if to is None or to == "equal":
        most = max(counts.values())
        return {name: most - count for name, count in counts.items() if count < most}
    if isinstance(to, str):
        raise ConfigError(f"to: {to!r}; expected 'equal', or shares or numbers of rows by class")
    wanted = {_class(name, counts): value for name, value in to.items()}
    for name, value in wanted.items():
        whole = value >= 1 and float(value).is_integer()
        if isinstance(value, bool) or not math.isfinite(value) or not (0 < value < 1 or whole):
            raise ConfigError(f"to: {value!r} for {name!r}; expected a share between 0 and 1 or a whole number of rows")
    shares = {name: float(value) for name, value in wanted.items() if value < 1}
    numbers = {name: int(value) for name, value in wanted.items() if value >= 1}
    rest = sum(numbers.get(name, count) for name, count in counts.items() if name not in shares)
    taken = sum(shares.values())
    if shares and (taken > 1 + 1e-9 or (taken > 1 - 1e-9 and rest)):
        raise ConfigError(f"to: shares of {taken:.4g} leave no room for the other {rest:,} rows. Ask for less")
    least = max((counts[name] / share for name, share in shares.items()), default=0.0)
    total = rest / (1 - taken) if rest else least
    add = {name: round(share * total) - counts[name] for name, share in shares.items()}
    add |= {name: number - counts[name] for name, number in numbers.items()}
    for name, extra in add.items():
        if extra < 0:
            raise ConfigError(
                f"to: {wanted[name]!r} for {name!r} is less than the {counts[name]:,} real rows that hold it; rows are "
                "only added. Ask for more, or take real rows out first"
            )
    return {name: extra for name, extra in add.items() if extra}


def wanted_of(texts: Sequence[str]) -> dict[Any, float] | None:
    """What the command line says of classes; None: nothing.

    Raises:
        ConfigError: a text says neither share nor number.

    Example:
        >>> wanted_of(["bot=20%", "human=900"])
        {'bot': 0.2, 'human': 900.0}
    """
    found: dict[Any, float] = {}
    for text in texts:
        name, _, amount = text.rpartition("=")
        try:
            value = float(amount.strip().removesuffix("%")) / (100 if amount.strip().endswith("%") else 1)
        except ValueError:
            value = math.nan
        if not name or not math.isfinite(value):
            raise ConfigError(f"to: {text!r}; a class and a share or number was expected, such as bot=20% or bot=500")
        found[name.strip()] = value
    return found or None


def _class(name: Any, counts: Mapping[str, int]) -> str:
    texts = [str(name), str(name).lower(), str(int(name)) if isinstance(name, bool) else str(name)]
    found = next((text for text in texts if text in counts), None)
    if found is None:
        raise ConfigError(f"to: no class {str(name)!r} in the table; {near_miss(str(name), counts)}")
    return found


def topped_up(
    given: Given,
    target: str,
    to: str | Mapping[Any, float] | None,
    draw: Draw,
    told: Callable[[int, int], None] | None = None,
) -> tuple[pa.Table, str]:
    """The synthetic rows to put below the real ones, in the given table's spelling, and a free name for their mark.

    Args:
        given: the real rows.
        target: a label.
        to: see ``rows_to_add``.
        draw: makes rows of a class.
        told: is told how many rows there are, of how many.
    """
    parts, done = [], 0
    add = rows_to_add(class_counts(given, target), to)
    for number, (name, extra) in enumerate(add.items()):
        made = draw(name, extra, number)
        done += extra
        if told is not None:
            told(done, sum(add.values()))
        columns = []
        for field in given.table.arrow.schema:
            if field.name in given.columns:
                values = given.columns[field.name].back(joined(made[field.name]), given.decimal)
                columns.append(values.cast(field.type))
            else:  # dropped by the schema
                columns.append(pa.nulls(extra, field.type))
        parts.append(pa.table(columns, names=given.table.names))
    mark = MARK
    while mark in given.table.names:
        mark += "_"
    return pa.concat_tables(parts) if parts else given.table.arrow.slice(0, 0), mark


def with_mark(rows: pa.Table, mark: str, synthetic: bool) -> pa.Table:
    """Rows with one more column that says what they are."""
    return rows.append_column(mark, pa.array(np.full(len(rows), synthetic)))
