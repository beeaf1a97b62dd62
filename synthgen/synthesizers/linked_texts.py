"""Texts in linked tables: learned with their owners' columns, and what they name is there in the other made tables.

Letters: N rows of a table, P rows of a table that texts lead to.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthgen.columns.identifier import Identifier
from synthgen.columns.list_text import ListText
from synthgen.columns.number_text import parse_numbers
from synthgen.columns.text import Text
from synthgen.config import RunConfig
from synthgen.linked.keys import key_texts
from synthgen.linked.naming import FEWEST, FOUND, Mentions, Namer, Naming, Near, mark_of
from synthgen.linked.plan import Plan
from synthgen.linked.schema import LinkedSchema, Reference
from synthgen.seeding import derived_seed, numpy_stream
from synthgen.synthesizers.text_columns import TextColumn, cells_of
from synthgen.synthesizers.text_learning import AGREE, FEWEST_TAGGED, STAND_IN, TextLearning
from synthgen.table.schema import Schema
from synthgen.table.table import Table
from synthgen.texts.units import CODE, DIGITS, HANDLE, MAIL, PHONE, URL
from synthgen.training.progress import Progress

HELD = (HANDLE, MAIL, URL, PHONE, CODE, DIGITS[-1])
"""Kinds of mentions that may lead to a table; the last stands for numbers of any length."""


class Tables(Protocol):
    """What is known of the real tables while they are fitted."""

    schema: LinkedSchema

    @property
    def tables(self) -> Mapping[str, Table]: ...

    @property
    def rows(self) -> Mapping[Reference, np.ndarray]: ...


class MadeTable(Protocol):
    """A table that was made."""

    rows: int
    columns: dict[str, pa.Array]


@dataclass
class Named:
    """What the texts of one column name, and the column that lists it.

    Attributes:
        namings: laws, one a kind.
        listed: the column that lists the keys of whoever is named; None: there is none.
        written: how it lists them; None: one at the most.
        key: column of the named table whose values it lists.
    """

    namings: list[Naming] = field(default_factory=list)
    listed: str | None = None
    written: ListText | None = None
    key: str = ""

    def state(self) -> dict[str, Any]:
        """JSON types."""
        written = None if self.written is None else self.written.state()
        namings = [naming.state() for naming in self.namings]
        return {"namings": namings, "listed": self.listed, "written": written, "key": self.key}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        """The same again."""
        written = None if state["written"] is None else ListText(**state["written"])
        return cls([Naming.from_state(one) for one in state["namings"]], state["listed"], written, state["key"])


@dataclass
class TableTexts:
    """What was learned of the texts of one of several tables.

    Attributes:
        named: by column of texts, what they name.
        columns: what writes them.
    """

    named: dict[str, Named] = field(default_factory=dict)
    columns: dict[str, TextColumn] = field(default_factory=dict)

    @property
    def listed(self) -> list[str]:
        """Columns that are filled in from the texts."""
        return [named.listed for named in self.named.values() if named.listed is not None]

    def state(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """JSON and arrays."""
        facts = {
            "named": {name: named.state() for name, named in self.named.items()},
            "columns": {name: column.state() for name, column in self.columns.items()},
        }
        arrays = {
            f"{number}.{key}": value
            for number, column in enumerate(self.columns.values())
            for key, value in column.model.weights().items()
        }
        return facts, arrays

    @classmethod
    def from_state(cls, facts: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> Self:
        """The same again."""
        columns = {}
        for number, (name, state) in enumerate(facts["columns"].items()):
            mark = f"{number}."
            own = {key.removeprefix(mark): value for key, value in arrays.items() if key.startswith(mark)}
            columns[name] = TextColumn.from_state(state, own)
        return cls({name: Named.from_state(one) for name, one in facts["named"].items()}, columns)


# ---------------------------------------------------------------------- fit
def find_named(known: Tables, plan: Plan, name: str, whose_N: np.ndarray, min_holders: int) -> TableTexts:
    """What the texts of a table name in other tables.

    Args:
        known: the real tables.
        plan: who owns whom.
        name: of the table.
        whose_N: whose its rows are.
        min_holders: users who make a handle nobody's.
    """
    found = TableTexts()
    if name not in known.schema.tables:
        return found
    for line in known.schema.tables[name].columns.columns:
        if line.type == Text.name and line.options.get("model") != STAND_IN:
            found.named[line.name] = _named(known, plan, name, line.name, whose_N, min_holders)
    return found


def _named(known: Tables, plan: Plan, name: str, column: str, whose_N: np.ndarray, min_holders: int) -> Named:
    texts, named = cells_of(known.tables[name].arrow, column), Named()
    for held in HELD:
        mentions = Mentions.of(texts, held)
        place = _place(known, held, mentions) if len(mentions.mark_M) >= FEWEST else None
        if place is None:
            continue
        table, where = place
        row_of = _row_of(known, held, table, where)
        row_M = np.array([row_of.get(mark, -1) for mark in mentions.mark_M.tolist()], np.int64)
        near = _near(known, plan, name, table)
        made_up = _nameless(mentions.mark_M[row_M < 0], whose_N[mentions.text_M[row_M < 0]], min_holders)
        many = len(known.tables[table])
        numbers = _numbers(known, table)
        law = Naming.fit((held, table, where), mentions, row_M, near, numbers, made_up, many, min_holders)
        named.namings.append(law)
        if named.listed is None:
            _find_list(known, name, column, table, mentions.text_M, row_M, named)
    return named


def _nameless(mark_M: np.ndarray, owner_M: np.ndarray, min_holders: int) -> int:
    """Mentions of what too few users mention for it to keep its name."""
    holders: dict[str, set[int]] = {}
    for mark, owner in zip(mark_M.tolist(), owner_M.tolist(), strict=True):
        holders.setdefault(mark, set()).add(owner)
    return sum(len(holders[mark]) < min_holders for mark in mark_M.tolist())


def _place(known: Tables, held: str, mentions: Mentions) -> tuple[str, str] | None:
    """The column in which most of what is mentioned stands."""
    marks, counts = np.unique(mentions.mark_M, return_counts=True)
    shares = {
        (table, line.name): float(counts[[mark in rows for mark in marks]].sum() / counts.sum())
        for table, own in known.schema.tables.items()
        for line in own.columns.columns
        if line.type == Identifier.name and (rows := _row_of(known, held, table, line.name))
    }
    best = max(shares, key=lambda place: shares[place], default=None)
    return best if best is not None and shares[best] >= FOUND else None


def _row_of(known: Tables, held: str, table: str, column: str) -> dict[str, int]:
    """The first row that holds each value."""
    cells = cells_of(known.tables[table].arrow, column)
    return {mark_of(held, cell): row for row, cell in reversed(list(enumerate(cells))) if cell}


def _find_list(
    known: Tables, name: str, column: str, table: str, text_M: np.ndarray, row_M: np.ndarray, named: Named
) -> None:
    """The column that lists the keys of whoever the texts name."""
    key = known.schema.key_of(table)
    if len(key) != 1:
        return
    keys = key_texts([known.tables[table].column(key[0])]).to_pylist()
    said: dict[int, set[str]] = {}
    for text, row in zip(text_M.tolist(), row_M.tolist(), strict=True):
        if row >= 0:
            said.setdefault(text, set()).add(keys[row])
    linked = {c for r in known.schema.of(name) for c in r.columns}
    for line in known.schema.tables[name].columns.columns:
        if line.name == column or line.name in linked or line.type in (Text.name, "drop", "datetime"):
            continue
        held = {n: set(_members(cell)) for n, cell in enumerate(cells_of(known.tables[name].arrow, line.name)) if cell}
        either = said.keys() | held.keys()
        agree = sum(said.get(n) == held.get(n) for n in either)
        if len(either) >= FEWEST_TAGGED and agree >= AGREE * len(either):
            values = known.tables[name].column(line.name).drop_null()
            named.listed, named.key = line.name, key[0]
            named.written = ListText.of(values, line.options.get("separator"))
            return


def _members(cell: str) -> list[str]:
    """Keys in a cell, however they are parted."""
    for sign in "|,;[]\"'":
        cell = cell.replace(sign, " ")
    return [part.removesuffix(".0") for part in cell.split()]


def _near(known: Tables, plan: Plan, name: str, table: str) -> Near:
    references = {reference: known.rows[reference] for reference in known.schema.references if reference in known.rows}
    return near_of(plan, references, name, table, len(known.tables[name]))


def near_of(plan: Plan, references: Mapping[Reference, np.ndarray], name: str, table: str, many: int) -> Near:
    """Who is near whom, among real rows or made ones.

    Args:
        plan: who owns whom.
        references: row that each reference leads to.
        name: table of the texts.
        table: that is named.
        many: rows of the table of the texts.
    """
    author_N = np.full(many, -1)
    if name == table:
        author_N = np.arange(many)
    elif name in plan.owner and plan.owner[name].parent == table:
        author_N = references[plan.owner[name]]
    answered_N = np.full(many, -1)
    for reference, row_N in references.items():
        if reference.table == reference.parent == name and name != table:
            answered_N = np.where(row_N >= 0, author_N[np.maximum(row_N, 0)], -1)
    tied: dict[int, np.ndarray] = {}
    for start, end in plan.edges.values():
        if start.parent == table and start in references:
            from_M, to_M = references[start], references[end]
            good = (from_M >= 0) & (to_M >= 0)
            from_M, to_M = from_M[good], to_M[good]
            order = np.argsort(from_M, kind="stable")
            rows, first = np.unique(from_M[order], return_index=True)
            tied = dict(zip(rows.tolist(), np.split(to_M[order], first[1:]), strict=True)) if len(rows) else {}
            break
    return Near(author_N, answered_N, tied)


def _numbers(known: Tables, table: str) -> dict[str, np.ndarray]:
    own = known.tables[table]
    return {
        line.name: parse_numbers(own.column(line.name), own.origin.dialect.decimal)
        for line in known.schema.tables[table].columns.columns
        if line.type == "numeric"
    }


def learn_texts(
    found: TableTexts,
    known: Tables,
    owners: Sequence[object] | None,
    learning: tuple[pa.Table, Schema, Any, RunConfig],
    progress: Progress,
    stop: Callable[[], bool],
) -> list[str]:
    """Learn the texts of a table whose own model is there.

    Args:
        found: what they name; gets what was learned.
        known: the real tables.
        owners: ``(N,)`` whose each of the rows that are learned is; None: each is somebody else's.
        learning: the rows, their schema, the codec and the settings.
        progress: is told what happens.
        stop: True ends training.

    Returns:
        Sentences for the user.
    """
    hidden = {
        column: [
            mark
            for law in named.namings
            if law.held == HANDLE
            for mark in _row_of(known, law.held, law.table, law.column)
        ]
        for column, named in found.named.items()
    }
    table, schema, codec, config = learning
    found.columns, notes, _ = TextLearning(table, schema, codec, config, owners, hidden).run(progress, stop)
    return notes


# ---------------------------------------------------------------------- making
class Making(Protocol):
    """What has been made so far."""

    model: Any
    seed: int

    @property
    def made(self) -> Mapping[str, MadeTable]: ...

    @property
    def references(self) -> Mapping[Reference, np.ndarray]: ...

    def values(self, table: str, column: str) -> pa.Array:
        """A column of a made table, keys too."""
        ...


def write_texts(texts: TableTexts, making: Making, plan: Plan, codec: Any, name: str) -> dict[str, pa.Array]:
    """The columns of texts of a made table, and those that list whom they name.

    Args:
        texts: what was learned.
        making: the made tables.
        plan: who owns whom.
        codec: of the table.
        name: of the table.
    """
    made, found = making.made[name], {}
    rows = pa.table({column: made.columns[column] for column in codec.names})
    for column, learned in texts.columns.items():
        values = made.columns[column]
        there_N = np.flatnonzero(np.asarray(values.is_valid()))
        named, seed = texts.named.get(column, Named()), derived_seed(making.seed, "texts", name, column)
        namers = {law.held: _namer(law, making, plan, name, seed) for law in named.namings}

        def fill(row: int, held: str, there_N: np.ndarray = there_N, namers: dict[str, Namer] = namers) -> str | None:
            namer = namers.get(DIGITS[-1] if held in DIGITS else held)
            return None if namer is None else namer.mark(int(there_N[row]))

        written = learned.write(codec, rows.take(pa.array(there_N)), seed, fill)
        mask = np.zeros(made.rows, bool)
        mask[there_N] = True
        found[column] = pc.replace_with_mask(values, pa.array(mask), pa.array(written, values.type))
        if named.listed is not None:
            law = named.namings[0]
            found[named.listed] = _listed(named, namers[law.held], making.values(law.table, named.key), made.rows)
    return found


def _namer(law: Naming, making: Making, plan: Plan, name: str, seed: int) -> Namer:
    rng, table = numpy_stream(seed, "named", law.held), making.made[law.table]
    marks = making.values(law.table, law.column).cast(pa.string()).to_pylist()
    decimal = making.model.parts[law.table].origin.dialect.decimal
    along = None if law.along is None else parse_numbers(making.values(law.table, law.along), decimal)
    near = near_of(plan, making.references, name, law.table, making.made[name].rows)
    return Namer(law, near, marks, law.weights(along, table.rows, rng), rng)


def _listed(named: Named, namer: Namer, keys: pa.Array, many: int) -> pa.Array:
    """Keys of whoever each text names, as the real column has them."""
    rows = [namer.named.get(text, []) for text in range(many)]
    offsets = np.r_[0, np.cumsum([len(one) for one in rows])]
    members = keys.cast(pa.string()).take(pa.array([row for one in rows for row in one], pa.int64()))
    gone = pa.array(np.diff(offsets) == 0)
    if named.written is None:
        first = pa.array([one[0] if one else None for one in rows], pa.int64())
        return keys.cast(pa.string()).take(first)
    listed = named.written.write(members, offsets)
    return pc.if_else(gone, pa.scalar(None, listed.type), listed)
