"""All rules that a table shows: what every row keeps becomes a line of the schema, what nearly all keep is offered."""

from __future__ import annotations

import pyarrow as pa

from synthgen.columns.formulas import find_formulas
from synthgen.columns.one_hot import find_one_hot
from synthgen.columns.relations import find_ties
from synthgen.columns.rules.find_labels import find_combinations, find_dependences
from synthgen.columns.rules.find_missing import find_missing, find_unique
from synthgen.columns.rules.find_orders import find_orders
from synthgen.columns.rules.find_ranges import find_ranges
from synthgen.columns.rules.finding import Found
from synthgen.table.rule_faults import makers
from synthgen.table.rules import Combination, Dependence, Missing, Order, Unique
from synthgen.table.schema import Formula, Schema


def find_rules(
    table: pa.Table, schema: Schema, *, target: str | None = None, min_holders: int = 5, decimal: str = "."
) -> None:
    """Add to a schema what the table shows.

    Args:
        table: the raw table.
        schema: types of its columns.
        target: the column to predict: learned, never restored from others.
        min_holders: a value needs so many rows to be named or remembered.
        decimal: the mark of decimal text.
    """
    schema.ties = find_ties(table, schema, target=target, min_holders=min_holders)
    off: list[tuple[Formula, int]] = []
    schema.formulas = find_formulas(table, schema, target=target, min_holders=min_holders, nearly=off)
    _prefer_one_hot(table, schema, target)
    found = Found()
    for formula, broken in off:
        if formula.column not in makers(schema):
            found.add("formulas", formula, broken, table.num_rows)
    tied = {name for tie in schema.ties for name in tie.columns}
    some = find_dependences(table, schema, {*makers(schema), *tied}, target=target, min_holders=min_holders)
    schema.dependences = [line for line in some.rules if isinstance(line, Dependence)]
    found.nearly += some.nearly
    used = {*makers(schema), *tied, *(one.depends_on for one in schema.dependences)}
    used |= {name for one in some.nearly for name in one.columns_named.values()}
    used |= {name for formula in schema.formulas for name in formula.inputs}
    some = find_combinations(table, schema, used, target=target, min_holders=min_holders)
    schema.combinations = [line for line in some.rules if isinstance(line, Combination)]
    made = {*makers(schema)}
    summed = {name for f in schema.formulas if f.operation == "complement" for name in f.inputs}
    some = find_orders(table, schema, made | summed, min_holders=min_holders)
    schema.orders = [line for line in some.rules if isinstance(line, Order)]
    found.nearly += some.nearly
    some = find_missing(table, schema, made, min_holders=min_holders)
    schema.missing = [line for line in some.rules if isinstance(line, Missing)]
    found.nearly += some.nearly
    for name, repeated in find_unique(table, schema, {*made, *summed}).items():
        found.offer("unique", Unique(column=name), repeated, table.num_rows)  # never taken unasked: it caps a sample
    for line, beyond in find_ranges(table, schema, decimal):
        if line.column not in {*made, *tied, *ordered_in(schema)}:
            found.offer("ranges", line, beyond, table.num_rows)  # nor these: where a range ends, only the user knows
    schema.nearly = found.nearly


def ordered_in(schema: Schema) -> set[str]:
    """Columns that stand in an order, whose ends follow from one another."""
    return {name for order in schema.orders for name in order.columns}


def _prefer_one_hot(table: pa.Table, schema: Schema, target: str | None) -> None:
    """Flags that exclude one another are one label, not each the remainder of the others."""
    booleans = {column.name for column in schema.columns if column.type == "boolean"}
    rests = [f for f in schema.formulas if f.operation == "complement" and {f.column, *f.inputs} <= booleans]
    kept = [f for f in schema.formulas if f not in rests]
    restored = {f.column for f in kept} | {name for tie in schema.ties for name in tie.columns}
    schema.one_hot = find_one_hot(table, schema, target=target, computed=restored)
    grouped = [set(group.columns) for group in schema.one_hot]
    schema.formulas = [f for f in schema.formulas if f in kept or not any({f.column, *f.inputs} <= g for g in grouped)]
