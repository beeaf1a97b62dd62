"""A private network: tables made of noisy figures alone, which may stand in for the real ones from then on.

The unit of the guarantee is a person: a row of one table, such as users, and all rows that hang on it through the
references by which tables own one another, at any depth. Two sets of tables are neighbours when one has one person
more, with all rows of theirs. Rows of others that name the person stay as they are: they are facts of those others, and
lead to nobody when the person is gone. So whom somebody follows, rates or mentions is protected as theirs; that others
follow or mention them is not.

What is counted: of people their own columns and figures of their rows, one each (how many, from when to when, what most
of them say), by which one person moves any count by 1; of each table of theirs at most m rows of a person, by which one
person moves any count by m; how many people have each item of a catalogue, by which one person moves m counts by 1; how
often people are named. All with Gaussian noise. What links tables, how times are written, what is said of columns, and
catalogues that the schema keeps are public.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from synthgen.columns.number_text import learn_format, parse_numbers
from synthgen.dp.budget import Budget
from synthgen.dp.ledger import Ledger
from synthgen.dp.noise import Noise
from synthgen.dp.settings import PrivacySettings
from synthgen.linked.counts import Count
from synthgen.linked.declared import Declared, fill
from synthgen.linked.keys import parent_rows
from synthgen.linked.private.allowance import Allowance
from synthgen.linked.private.catalogue import Catalogue
from synthgen.linked.private.figures import own_columns, usual_columns
from synthgen.linked.private.keys import made_keys
from synthgen.linked.private.making import Making
from synthgen.linked.private.people import Holdings, People, people_of
from synthgen.linked.private.real import Real
from synthgen.linked.private.stages import Asked, released
from synthgen.linked.private.times import declared_calendar
from synthgen.linked.schema import LinkedSchema, Reference
from synthgen.seeding import numpy_stream
from synthgen.table.standing import standing_in
from synthgen.table.table import Table

FIGURES = 3.0
"""Columns that a child adds to its owner's table and to its own, for the split of the budget."""


@dataclass(frozen=True)
class PrivateNetwork:
    """What came out of the noise.

    Attributes:
        tables: by name, as the real ones are written; catalogues that are kept as they were.
        ledger: what was spent.
        people: whose they are.
        columns: by column, ``posts.likes``, the distance of the made rows from the noisy shares, and of the noise.
        persons: the noisy number of people.
        notes: what whoever signs should know, sentences.
    """

    tables: dict[str, Table]
    ledger: Ledger
    people: People
    columns: list[dict[str, Any]]
    persons: int
    notes: list[str]


def private_network(
    tables: Mapping[str, Table],
    schema: LinkedSchema,
    settings: PrivacySettings,
    *,
    unit: str | None = None,
    target: str | None = None,
    min_holders: int = 1,
    seed: int = 0,
    tell: Callable[[str], None] = lambda text: None,
) -> PrivateNetwork:
    """Make tables that may stand in for real ones.

    Args:
        tables: the real ones, by name.
        schema: what links them; all that it says is public.
        settings: epsilon, delta, and rows of a person.
        unit: the table of people; None: the only one that hangs on no other.
        target: a column that others are to predict.
        min_holders: of things that have no table, people who must have one for its name to be given out.
        seed: of draws that cost nothing; noise has no seed but that of ``settings``.
        tell: is told what happens.

    Raises:
        ConfigError: it is not clear who the people are.
        SchemaError: the schema does not say enough.
        DataError: a key is missing or there twice.
        PrivacyError: the budget is too small for the tables.
    """
    people = people_of(schema, unit)
    noise = Noise(settings.noise_seed, secure=settings.secure)
    assert settings.epsilon is not None
    ledger = Ledger(settings.epsilon, settings.delta, unit=f"person (row of {people.unit})")
    budget = Budget(settings.epsilon, settings.delta, ledger=ledger, noise=noise)
    catalogues = {name: Catalogue.of(tables[name], name, schema) for name in people.public}
    real = Real(schema, people, Holdings.of(tables, schema, people), catalogues)
    asked = Asked(settings.rows_per_unit, target, min_holders, seed)
    making = Making(real, seed)
    parts, looks = _parts(real), dict[str, dict[str, tuple[str, int]]]()
    columns: list[dict[str, Any]] = []
    number_P = np.ones(1)
    for name in (people.unit, *people.order):
        tell(f"measuring {name} with noise")
        if name != people.unit:
            number_P = making.rows_of_people(name)
        share, delta_share = parts[name]
        part = Allowance(budget, name, share=share, delta_share=delta_share)
        stage = released(real, name, part, number_P, asked)
        making.make(name, stage)
        columns += making.distances(name, stage)
        looks[name] = stage.looks
    ledger.by_table = {name: real.most[name] for name in people.order}
    ledger.rows_per_unit = max(ledger.by_table.values(), default=1)
    made = _assembled(tables, making, looks, seed)
    return PrivateNetwork(made, ledger, people, columns, making.made[people.unit].rows, [*people.notes, *making.notes])


def _parts(real: Real) -> dict[str, tuple[float, float]]:
    """By table its part of the budget and of the delta of thresholds: by columns."""
    weight = {}
    for name in (real.people.unit, *real.people.order):
        own = len(own_columns(real.schema, name))
        figures = sum(FIGURES + len(usual_columns(real.schema, child)) for child in real.people.children(name))
        weight[name] = own + figures + (FIGURES if name in real.people.up else 0.0)
    whole = sum(weight.values())
    return {name: (one / whole * (1 - 1e-9), one / whole) for name, one in weight.items()}


def _assembled(
    tables: Mapping[str, Table], making: Making, looks: Mapping[str, Mapping[str, tuple[str, int]]], seed: int
) -> dict[str, Table]:
    """Made rows as tables: keys, what they refer to, times, and columns that are computed."""
    schema, people = making.real.schema, making.real.people
    keys: dict[str, pa.Table] = {name: catalogue.keys for name, catalogue in making.real.catalogues.items()}
    for name in (people.unit, *people.order):
        keys[name] = _keys(name, making, looks.get(name, {}), seed)
    rows: dict[Reference, np.ndarray] = {}
    columns: dict[str, dict[str, pa.Array]] = {}
    for name in people.order if people.unit not in tables else (people.unit, *people.order):
        made = making.made[name]
        columns[name] = {c: keys[name].column(c).combine_chunks() for c in keys[name].column_names}
        for reference in schema.of(name):
            rows[reference] = _row(reference, making)
            above = keys.get(reference.parent)
            parent = above if above is not None else made.named_keys[reference.text]
            for own, theirs in zip(reference.columns, reference.parent_columns, strict=True):
                values = parent.column(theirs).combine_chunks()
                kind = tables[name].column(own).type
                taken = values.take(pa.array(rows[reference], mask=rows[reference] < 0))
                columns[name][own] = as_kind(taken, kind)
        time = making.real.timed(name)
        if time is not None:
            assert made.second_M is not None
            calendar = making.real.calendar(name, time, making.real.zones.get(name))
            gone_M = np.isnan(made.second_M)
            columns[name][time] = calendar.write(np.nan_to_num(made.second_M).astype(np.int64), ~gone_M)
        columns[name] |= {c: made.columns[c] for c in tables[name].names if c in made.columns}
    for name in people.public:
        columns[name] = {c: tables[name].column(c) for c in tables[name].names if c not in schema.tables[name].counts}
        rows |= {r: _rows(tables, r) for r in schema.of(name)}
    _count(tables, schema, columns, rows)
    found: dict[str, Table] = {}
    for name, table in tables.items():
        size = len(next(iter(columns[name].values())))
        arrow = pa.table({c: columns[name].get(c, pa.nulls(size, table.column(c).type)) for c in table.names})
        kept = name in people.public and not schema.tables[name].counts
        found[name] = table if kept else standing_in(table, arrow)
    return found


def _keys(name: str, making: Making, looks: Mapping[str, tuple[str, int]], seed: int) -> pa.Table:
    """Key columns of made rows that are not references."""
    schema, holdings = making.real.schema, making.real.holdings
    others = {c for r in schema.of(name) for c in r.columns}
    found = {}
    for column in schema.key_of(name):
        if column in others:
            continue
        whole = holdings.tables[name].arrow if name in holdings.tables else holdings.keys
        rng = numpy_stream(seed, "keys", name, column)
        found[column] = made_keys(whole.field(column).type, looks.get(column), making.made[name].rows, rng)
    return pa.table(found)


def _row(reference: Reference, making: Making) -> np.ndarray:
    """``(M,)`` the row that each made row refers to."""
    made = making.made[reference.table]
    if reference == making.real.people.up.get(reference.table):
        assert made.owner_M is not None
        return made.owner_M
    if reference.text in made.named:
        return made.named[reference.text]
    return making.late(reference.table, reference)


def _count(
    tables: Mapping[str, Table],
    schema: LinkedSchema,
    columns: dict[str, dict[str, pa.Array]],
    rows: Mapping[Reference, np.ndarray],
) -> None:
    """Columns that the schema has computed, of made rows."""
    counted = schema.counted()
    if not counted:
        return
    sizes = {name: len(next(iter(one.values()))) for name, one in columns.items()}
    sizes |= {r.parent: int(row_M.max(initial=-1)) + 1 for r, row_M in rows.items() if r.parent not in sizes}
    declared: dict[str, dict[str, Declared]] = {}
    for name, column, count in counted:
        kind = tables[name].column(column).type
        columns[name][column] = pa.array(["0.01" if count.take == "mean" else "0"] * sizes[name]).cast(kind)
        declared.setdefault(name, {})[column] = _declared(tables, schema, columns, name, column, count)
    fill(schema, declared, columns, rows, sizes)
    for name, column, _ in counted:
        columns[name][column] = as_kind(columns[name][column], tables[name].column(column).type)


def _declared(
    tables: Mapping[str, Table],
    schema: LinkedSchema,
    columns: Mapping[str, Mapping[str, pa.Array]],
    name: str,
    column: str,
    count: Count,
) -> Declared:
    """How a computed column is written, by type and schema alone."""
    child = count.of[0].split(".")[0]
    decimal = tables[child].origin.dialect.decimal
    line = None if count.column is None else schema.tables[child].columns.column(count.column)
    if count.take in ("min", "max") and line is not None and line.type == "datetime":
        reads = declared_calendar(tables[child].column(line.name).type, line.options, "+0000", f"{child}.{line.name}")
        own = schema.tables[name].columns.column(column)
        kind = tables[name].column(column).type
        writes = declared_calendar(kind, own.options, "+0000", f"{name}.{column}") if own.type == "datetime" else reads
        return Declared(count, reads, None, writes, decimal)
    values = columns[name][column]
    return Declared(count, None, learn_format(values, parse_numbers(values, decimal), decimal), None, decimal)


def as_kind(values: pa.Array, kind: pa.DataType) -> pa.Array:
    """Values in another physical type; through text where there is no other way."""
    if values.type == kind:
        return values
    return values.cast(pa.string()).cast(kind)


def _rows(tables: Mapping[str, Table], reference: Reference) -> np.ndarray:
    child = [tables[reference.table].column(c) for c in reference.columns]
    return parent_rows(child, [tables[reference.parent].column(c) for c in reference.parent_columns])
