"""Linked tables as other tools see them: who is a user, what is an item, which rows are ties.

Letters: N rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthgen.columns.number_text import parse_numbers
from synthgen.errors import ConfigError
from synthgen.linked.calendar import Calendar
from synthgen.linked.keys import key_texts, parent_rows
from synthgen.linked.plan import PEOPLE, Plan
from synthgen.linked.schema import LinkedSchema, Reference
from synthgen.table.schema import ColumnSchema


@dataclass(frozen=True)
class Network:
    """Tables and what links them.

    Attributes:
        tables: by name, as the program keeps them.
        schema: what links them.
    """

    tables: Mapping[str, pa.Table]
    schema: LinkedSchema

    @cached_property
    def plan(self) -> Plan:
        """Who owns whom."""
        return Plan.of(self.schema, {})

    def column(self, table: str, name: str) -> pa.Array:
        """One column, in one piece."""
        return self.tables[table].column(name).combine_chunks()

    def line(self, table: str, name: str) -> ColumnSchema:
        """What a column means."""
        return self.schema.tables[table].columns.column(name)

    def keys(self, table: str) -> pa.Array:
        """``(N,)`` keys of a table as text; of one without a file, those that others refer to."""
        if table in self.tables:
            return key_texts([self.column(table, name) for name in self.schema.key_of(table)])
        parts = [self.said(reference) for reference in self.schema.into(table)]
        return pa.concat_arrays([part.drop_null() for part in parts]).unique()

    def said(self, reference: Reference) -> pa.Array:
        """``(N,)`` keys that the rows of a child refer to, as text."""
        return key_texts([self.column(reference.table, name) for name in reference.columns])

    def own(self, table: str) -> list[ColumnSchema]:
        """Columns of a table that are neither its key nor refer to others."""
        linked = {c for r in self.schema.of(table) for c in r.columns} | set(self.schema.key_of(table))
        return [c for c in self.schema.tables[table].columns.columns if c.name not in linked and c.type != "drop"]

    def numbers(self, table: str, name: str) -> np.ndarray:
        """``(N,)`` a column as numbers, nan where it is none: dates in seconds since 1970, flags 0 and 1."""
        values, line = self.column(table, name), self.line(table, name)
        if line.type == "datetime":
            second_N, there_N = Calendar.fit(values, line.options).seconds(values)
            return np.where(there_N, second_N, np.nan)
        if line.type == "boolean":
            said = sorted({value for value in values.to_pylist() if value is not None}, key=str)
            truth = {value: float(place) for place, value in enumerate(said)}
            return np.array([truth.get(value, np.nan) for value in values.to_pylist()])
        return parse_numbers(values, ".")

    @cached_property
    def interactions(self) -> tuple[Reference, Reference]:
        """The table of who took what: its owner and its item.

        Raises:
            ConfigError: there is none.
        """
        found = [
            (self.plan.owner[name], chosen[0])
            for name, chosen in self.plan.chosen.items()
            if chosen and name in self.tables
        ]
        if not found:
            raise ConfigError(
                "export: no table has both an owner and something that it chooses, such as ratings of users and films; "
                "the format is for such tables. Choose another --export"
            )
        return max(found, key=lambda pair: len(self.tables[pair[0].table]))

    @cached_property
    def ties(self) -> tuple[Reference, Reference]:
        """The table of ties: both ends.

        Raises:
            ConfigError: there is none.
        """
        if not self.plan.edges:
            raise ConfigError(
                "export: no table has ties between rows of one table, such as who follows whom; the format is for "
                "graphs. Choose another --export"
            )
        return max(self.plan.edges.values(), key=lambda ends: len(self.tables[ends[0].table]))

    @cached_property
    def ends(self) -> tuple[np.ndarray, np.ndarray]:
        """``(M,)`` the rows of both ends of each tie."""
        parent = self.keys(self.ties[0].parent)
        start, end = (parent_rows([self.said(reference)], [parent]) for reference in self.ties)
        there = (start >= 0) & (end >= 0)
        return start[there], end[there]

    @property
    def people(self) -> str:
        """The table of users: that of the ties, else the one whose name says so, else the first owner.

        Raises:
            ConfigError: there is none.
        """
        if self.plan.edges:
            return self.ties[0].parent
        owners = [reference.parent for reference in self.plan.owner.values()]
        named = [name for name in (*owners, *self.tables) if PEOPLE.search(name)]
        if not named and not owners:
            raise ConfigError("export: no table is one of users; the format is for social networks")
        return (named or owners)[0]

    def label(self, table: str) -> str | None:
        """The column that says who is a bot; None: none does."""
        names: list[str] = self.tables[table].column_names if table in self.tables else []
        for word in ("is_bot", "bot", "fake", "account_type", "label"):
            found = next((name for name in names if word in name.lower()), None)
            if found is not None:
                return found
        return None


def texts(values: pa.Array, instead: str = "") -> list[str]:
    """Values as text, missing ones as something else.

    Example:
        >>> texts(pa.array([1, None]), "-")
        ['1', '-']
    """
    if pa.types.is_nested(values.type):
        return [instead if value is None else " ".join(map(str, value)) for value in values.to_pylist()]
    if pa.types.is_boolean(values.type):
        return [instead if value is None else str(value) for value in values.to_pylist()]
    return [instead if value is None else value for value in values.cast(pa.string()).to_pylist()]


def codes(values: pa.Array, among: Sequence[str]) -> np.ndarray:
    """``(N,)`` places of values in a list, -1 for those that are not in it.

    Example:
        >>> codes(pa.array(["b", None, "a"]), ["a", "b"]).tolist()
        [1, -1, 0]
    """
    found = pc.index_in(values, value_set=pa.array(list(among), values.type), skip_nulls=True)
    return np.asarray(pc.fill_null(found, -1))
