"""What is wrong with the rules of a schema that one line alone cannot show: strangers, circles, one column twice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from synthgen.errors import near_miss
from synthgen.table.rules import RULES, Line

if TYPE_CHECKING:
    from synthgen.table.schema import Schema

IN_ORDER = ("numeric", "datetime")
MADE_UP = ("identifier", "text", "image")
"""Types whose values are made up anew: they decide nothing of other columns."""
NOT_UNIQUE = ("boolean", "constant", "missing", "image", "geo", "tags")
"""Types that cannot give each value once."""


def rule_faults(schema: Schema) -> Iterator[str]:
    """What is wrong, as ``key: what; what to do``; nothing where all is well."""
    names = set(schema.names)
    lists = {key: getattr(schema, key) for key in RULES} | {"nearly": schema.nearly}
    for key, lines in lists.items():
        for i, line in enumerate(lines):
            for where, name in line.columns_named.items():
                if name not in names:
                    yield f"{key}[{i}].{where}: no column {name!r}; {near_miss(name, schema.names)}"
    for i, formula in enumerate(schema.formulas):
        if formula.operation in ("ratio", "share", "product", "difference") and len(formula.inputs) != 2:
            yield f"formulas[{i}].inputs: {formula.operation} takes 2 columns; got {len(formula.inputs)}"
    yield from _made_twice(schema)
    yield from _circles(schema)
    yield from _wrong_kinds(schema)
    yield from _cannot_be_drawn(schema)


def makers(schema: Schema) -> dict[str, list[str]]:
    """The lists by which a column is restored, computed or learned as part of a label."""
    found: dict[str, list[str]] = {}
    for key, names in (
        ("ties", [name for tie in schema.ties for name in tie.columns[1:]]),
        ("formulas", [formula.column for formula in schema.formulas]),
        ("one_hot", [name for group in schema.one_hot for name in group.columns]),
        ("combinations", [name for group in schema.combinations for name in group.columns]),
        ("dependences", [dependence.column for dependence in schema.dependences]),
    ):
        for name in names:
            found.setdefault(name, []).append(key)
    return found


def _made_twice(schema: Schema) -> Iterator[str]:
    for name, keys in makers(schema).items():
        if len(keys) > 1:
            yield f"{_keys(keys)}: {name!r} is restored in two ways; leave one"


def _circles(schema: Schema) -> Iterator[str]:
    """Columns that are made out of themselves, and orders that come back to where they began."""
    sources: dict[str, set[str]] = {}
    for key, name, inputs in (
        *(("ties", name, tie.columns[:1]) for tie in schema.ties for name in tie.columns[1:]),
        *(("formulas", formula.column, formula.inputs) for formula in schema.formulas),
        *(("dependences", one.column, [one.depends_on]) for one in schema.dependences),
        *(("missing", one.column, [one.when]) for one in schema.missing),
    ):
        sources.setdefault(name, set()).update(inputs)
        keys = sources.setdefault("", set())
        keys.add(key)
    keys = sources.pop("", set())
    if circle := in_circle(sources):
        yield f"{_keys(keys)}: {_listed(circle)} would be computed out of one another; leave one out"
    above: dict[str, set[str]] = {}
    for order in schema.orders:
        for low, high in zip(order.columns, order.columns[1:], strict=False):
            above.setdefault(high, set()).add(low)
    if circle := in_circle(above):
        yield f"orders: {_listed(circle)} would each have to come before the other; leave one out"


def in_circle(sources: Mapping[str, set[str]]) -> list[str]:
    """Names that can never be reached, because they wait for one another.

    Example:
        >>> in_circle({"a": {"b"}, "b": {"a"}, "c": {"d"}})
        ['a', 'b']
    """
    done: set[str] = set()
    while ready := {
        n for n, needs in sources.items() if n not in done and all(m not in sources or m in done for m in needs)
    }:
        done |= ready
    return [name for name in sources if name not in done]


def _wrong_kinds(schema: Schema) -> Iterator[str]:
    """Rules on columns of a type that cannot keep them."""
    types = {column.name: column.type for column in schema.columns}
    for i, order in enumerate(schema.orders):
        kinds = {types.get(name) for name in order.columns} & {*types.values()} - {"constant", "missing", "drop"}
        if strange := [name for name in order.columns if types.get(name) in kinds - {*IN_ORDER}]:
            yield f"orders[{i}]: {strange[0]!r} is of type {types[strange[0]]}; an order needs numbers or dates"
        elif len(kinds) > 1:
            yield f"orders[{i}]: {order.text} compares numbers and dates; an order needs columns of one kind"
    for i, one in enumerate(schema.ranges):
        if one.column in [earlier.column for earlier in schema.ranges[:i]]:
            yield f"ranges[{i}].column: {one.column!r} has a range already; leave one line for it"
        kind = types.get(one.column)
        if kind in types.values() and kind not in (*IN_ORDER, "constant", "missing", "drop"):
            yield f"ranges[{i}].column: {one.column!r} is of type {kind}; a range needs numbers or dates"
        if kind == "numeric" and any(isinstance(end, str) for end in (one.low, one.high)):
            yield f"ranges[{i}]: {one.column!r} holds numbers, so low and high are numbers, not text"
        if kind == "datetime" and any(isinstance(end, float) for end in (one.low, one.high)):
            yield f"ranges[{i}]: {one.column!r} holds dates, so low and high are text, written as in the column"
    for key, lines in (("combinations", schema.combinations), ("dependences", schema.dependences)):
        for i, line in enumerate(lines):
            for where, name in line.columns_named.items():
                if types.get(name) in MADE_UP and where != "column":
                    yield f"{key}[{i}].{where}: {name!r} is of type {types[name]} and made up anew; it decides nothing"
    for i, column in enumerate(schema.columns):
        wanted = column.options.get("unique")
        if column.type != "identifier" and wanted is not None and not isinstance(wanted, bool):
            yield f"columns[{i}].options.unique: {wanted!r}; expected true or false"
        if wanted is True and column.type in NOT_UNIQUE:
            yield f"columns[{i}].options.unique: {column.name!r} is of type {column.type}, whose values repeat"


def _cannot_be_drawn(schema: Schema) -> Iterator[str]:
    """Orders, ranges, gaps and uniqueness asked of columns that others decide."""
    made = makers(schema)
    drawn: list[tuple[str, Line, Sequence[str]]] = [
        *((f"orders[{i}]", one, one.columns) for i, one in enumerate(schema.orders)),
        *((f"ranges[{i}]", one, [one.column]) for i, one in enumerate(schema.ranges)),
        *((f"missing[{i}]", one, [one.column]) for i, one in enumerate(schema.missing)),
    ]
    for where, line, names in drawn:
        for name in names:
            if name in made:
                yield (
                    f"{where}: {line.text}: {name!r} is not drawn, it comes from {_keys(made[name])}; "
                    "give the rule to the columns it is made from, or take it out there"
                )
    for i, column in enumerate(schema.columns):
        if column.options.get("unique") is True and column.name in made:
            keys = _keys(made[column.name])
            yield f"columns[{i}].options.unique: {column.name!r} is not drawn, it comes from {keys}; leave one"
    summed = {n for f in schema.formulas if f.operation == "complement" for n in f.inputs}
    for i, order in enumerate(schema.orders):
        for name in order.columns:
            if name in summed:
                yield f"orders[{i}]: {name!r} is part of a total (formulas); it cannot be moved for an order too"
    held = [one.column for one in schema.missing]
    for name in held:
        if held.count(name) > 1 and any(one.exactly for one in schema.missing if one.column == name):
            yield f"missing: {name!r} is missing by two rules, one of them 'exactly'; leave that one alone"


def _keys(keys: Sequence[str] | set[str]) -> str:
    return ", ".join(key for key in RULES if key in keys)


def _listed(names: Sequence[str]) -> str:
    """Names for an error: the first five, and how many more."""
    shown = ", ".join(repr(name) for name in names[:5])
    return shown + (f" and {len(names) - 5} more" if len(names) > 5 else "")
