"""People held out with all that is theirs.

Letters: N rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthgen.linked.keys import key_texts, parent_rows
from synthgen.linked.plan import PEOPLE, Plan
from synthgen.linked.schema import LinkedSchema
from synthgen.seeding import derived_seed
from synthgen.table.table import Table


def split_people(
    tables: Mapping[str, Table], schema: LinkedSchema, plan: Plan, share: float, rng: np.random.Generator
) -> tuple[dict[str, Table], dict[str, Table]]:
    """Two sets of tables: rows of the owners that stay, and of those held out.

    A table that owns others is split by rows, and what its rows own goes with them, at any depth; so is a table of
    people without a file, and ties go with either end. A table that is only chosen from, such as a catalogue, stays
    whole, and so do rows that own nothing but ties. A reference from one side to the other, such as an answer to
    somebody held out, is missing on both.

    Args:
        tables: by name.
        schema: what links them.
        plan: who owns whom.
        share: of the owners, to be held out.
        rng: draws them.

    Returns:
        What stays, and what is held out; a whole table is in both, for the others refer to it.
    """
    held: dict[str, np.ndarray] = {}
    seed = int(rng.integers(2**62))
    for name in plan.order:
        owner = plan.owner.get(name)
        if owner is not None and owner.parent in schema.implied:
            held[name] = _held_keys(tables[name], owner.columns, share, seed)
        elif owner is not None:
            row_N = _rows(tables, owner.table, owner.columns, owner.parent, owner.parent_columns)
            of_owner = held[owner.parent]
            held[name] = np.where(row_N >= 0, of_owner[np.maximum(row_N, 0)], rng.random(len(row_N)) < share)
        elif name in tables:
            owns = any(r.parent == name for r in plan.owner.values()) and not _is_catalogue(name, plan)
            alone = not schema.into(name) and not schema.of(name)
            split = (owns or alone) and not schema.tables[name].keep
            held[name] = _some(len(tables[name]), share, rng) if split else np.zeros(len(tables[name]), bool)
    for name, ends in plan.edges.items():  # ties of those held out are held out
        rows = [_rows(tables, r.table, r.columns, r.parent, r.parent_columns) for r in ends]
        held[name] = np.logical_or(
            *(held[r.parent][np.maximum(n, 0)] & (n >= 0) for r, n in zip(ends, rows, strict=True))
        )
    whole = {name for name in tables if not held[name].any()}
    apart = {name: _parted(table, name, tables, schema, plan, held) for name, table in tables.items()}
    stay = {name: _take(table, ~held[name]) for name, table in apart.items()}
    return stay, {name: table if name in whole else _take(apart[name], held[name]) for name, table in tables.items()}


def _parted(
    table: Table, name: str, tables: Mapping[str, Table], schema: LinkedSchema, plan: Plan, held: dict[str, np.ndarray]
) -> Table:
    """A table without references across the parting: what stays does not answer what is held out, nor the reverse."""
    for reference in schema.of(name):
        parent, own = reference.parent, {plan.owner.get(name), *plan.edges.get(name, ())}
        if reference in own or parent not in tables or not held[parent].any():
            continue
        row_N = _rows(tables, name, reference.columns, parent, reference.parent_columns)
        across_N = (row_N >= 0) & (held[parent][np.maximum(row_N, 0)] != held[name])
        if set(reference.columns) & set(schema.key_of(name)) or not across_N.any():
            continue
        arrow = table.arrow
        for column in reference.columns:
            values = pc.if_else(pa.array(across_N), pa.scalar(None, arrow.field(column).type), table.column(column))
            arrow = arrow.set_column(arrow.column_names.index(column), arrow.field(column), values)
        table = replace(table, arrow=arrow)
    return table


def kept_ties(tables: Mapping[str, Table], stay: Mapping[str, Table], plan: Plan) -> dict[str, float]:
    """By table of ties the part that stays of all ties of the people who stay; 1 where nobody was held out.

    Args:
        tables: all of them.
        stay: what stays.
        plan: which tables are of ties.
    """
    found = {}
    for name, ends in plan.edges.items():
        if all(end.parent in stay for end in ends):
            there = [
                parent_rows(
                    [tables[name].column(c) for c in end.columns],
                    [stay[end.parent].column(c) for c in end.parent_columns],
                )
                >= 0
                for end in ends
            ]
            found[name] = 2 * int((there[0] & there[1]).sum()) / max(1, sum(int(one.sum()) for one in there))
    return found


def _is_catalogue(name: str, plan: Plan) -> bool:
    """Whether rows of others choose from a table of things: films stay whole, though links hang on each."""
    chosen = any(r.parent == name for references in plan.chosen.values() for r in references)
    return chosen and PEOPLE.search(name) is None


def _some(n_rows: int, share: float, rng: np.random.Generator) -> np.ndarray:
    held_N = np.zeros(n_rows, bool)
    held_N[rng.permutation(n_rows)[: max(1, round(share * n_rows))]] = True
    return held_N


def _held_keys(table: Table, columns: tuple[str, ...], share: float, seed: int) -> np.ndarray:
    """Rows whose key is held out; the same keys in every table, for each is drawn by its text."""
    keys = key_texts([table.column(column) for column in columns]).dictionary_encode()
    drawn = [derived_seed(seed, "held", key) / 2**63 for key in keys.dictionary.to_pylist()]
    codes = np.asarray(keys.indices.fill_null(-1))
    return np.where(codes >= 0, np.r_[np.array(drawn) < share, False][codes], False)


def _rows(
    tables: Mapping[str, Table], child: str, columns: tuple[str, ...], parent: str, parent_columns: tuple[str, ...]
) -> np.ndarray:
    return parent_rows(
        [tables[child].column(column) for column in columns], [tables[parent].column(c) for c in parent_columns]
    )


def _take(table: Table, kept_N: np.ndarray) -> Table:
    return table.take(np.flatnonzero(kept_N))
