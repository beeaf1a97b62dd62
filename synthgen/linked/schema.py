"""``schema.json`` of several tables: each table's columns, its key, and which columns refer to which key."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from synthgen.errors import SchemaError, near_miss
from synthgen.linked.counts import Count
from synthgen.replacing import written_beside
from synthgen.table.schema import Schema


class Reference(BaseModel):
    """Columns of one table that hold the key of a row of another one, or of its own.

    Attributes:
        table: the child.
        columns: of the child.
        parent: the table referred to; a table of this name that has no file is made up of its key alone.
        parent_columns: of the parent, as many as ``columns``.
        owner: whether the child's rows are made one after another for each row of this parent; one reference of a table
            may say so, and where none does it is chosen.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    table: str
    columns: tuple[str, ...]
    parent: str
    parent_columns: tuple[str, ...]
    owner: bool = False

    @property
    def end(self) -> str:
        """The columns that refer, as counts name them: ``posts.user``, of several ``posts.(site, user)``."""
        return f"{self.table}.{_joined(self.columns)}"

    @property
    def text(self) -> str:
        """For people.

        Example:
            >>> Reference(table="posts", columns=["user"], parent="users", parent_columns=["id"]).text
            'posts.user -> users.id'
        """
        return f"{self.end} -> {self.parent}.{_joined(self.parent_columns)}"


class TableSchema(BaseModel):
    """One table.

    Attributes:
        key: the columns that name a row; empty: none do.
        keep: whether its rows are given out as they are, such as those of a public catalogue. They are then part of
            the run folder.
        time: the column that orders its rows; None: no column does.
        counts: columns that are computed from the rows that refer to this table.
        columns: as in the ``schema.json`` of a single table.
    """

    model_config = ConfigDict(extra="forbid")
    key: list[str] = Field(default_factory=list)
    keep: bool = False
    time: str | None = None
    counts: dict[str, Count] = Field(default_factory=dict)
    columns: Schema


class LinkedSchema(BaseModel):
    """Several tables and what links them.

    Attributes:
        tables: by name.
        references: all of them.
        orphans: what to do with a row whose parent is not there: ``missing`` takes its reference for a missing one,
            ``refuse`` stops.
    """

    model_config = ConfigDict(extra="forbid")
    version: Literal[1] = 1
    tables: dict[str, TableSchema]
    references: list[Reference] = Field(default_factory=list)
    orphans: Literal["missing", "refuse"] = "missing"

    @property
    def implied(self) -> dict[str, tuple[str, ...]]:
        """Tables that are only referred to, and their keys."""
        return {r.parent: r.parent_columns for r in self.references if r.parent not in self.tables}

    @property
    def names(self) -> list[str]:
        """All tables, implied ones first."""
        return [*self.implied, *self.tables]

    def key_of(self, name: str) -> tuple[str, ...]:
        """The columns that name a row; empty: none do."""
        return self.implied[name] if name in self.implied else tuple(self.tables[name].key)

    def of(self, name: str) -> list[Reference]:
        """References from a table."""
        return [r for r in self.references if r.table == name]

    def into(self, name: str) -> list[Reference]:
        """References to a table."""
        return [r for r in self.references if r.parent == name]

    def check(self, columns: Mapping[str, Sequence[str]], where: str = "schema") -> None:
        """Whether it speaks of these tables and of columns that they have.

        Raises:
            SchemaError: it does not; the first fault is named.
        """
        for name in self.tables:
            if name not in columns:
                raise SchemaError(f"{where}: there is no table {name!r}; {near_miss(name, list(columns))}")
        for name in columns:
            if name not in self.tables:
                raise SchemaError(f"{where}: nothing is said of table {name!r}. Add it, or take its file away")
        for name, table in self.tables.items():
            table.columns.check(columns[name], f"{where}: {name}")
            for column in [*table.key, *([table.time] if table.time else [])]:
                self._check_column(name, column, where)
        for reference in self.references:
            if reference.table not in self.tables:
                raise SchemaError(
                    f"{where}: {reference.text}: there is no table {reference.table!r}; "
                    f"{near_miss(reference.table, list(self.tables))}"
                )
            for column in reference.columns:
                self._check_column(reference.table, column, where)
            if len(reference.columns) != len(reference.parent_columns):
                raise SchemaError(f"{where}: {reference.text}: as many columns were expected on both sides")
            if reference.parent_columns != self.key_of(reference.parent):
                raise SchemaError(
                    f"{where}: {reference.text}: the key of {reference.parent!r} is "
                    f"{_joined(self.key_of(reference.parent)) or 'not known'}; a reference holds the whole key"
                )
        for name in self.tables:
            if sum(r.owner for r in self.of(name)) > 1:
                raise SchemaError(f"{where}: {name!r} has several owners; leave 'owner' at one of its references")
        self._check_counts(where)

    def _check_counts(self, where: str) -> None:
        kinds = {name: {c.name: c.type for c in table.columns.columns} for name, table in self.tables.items()}
        for name, table in self.tables.items():
            into = [r.end for r in self.into(name)]
            linked = {*table.key, *(c for r in self.of(name) for c in r.columns), table.time}
            for column, count in table.counts.items():
                self._check_column(name, column, where)
                if column in linked:
                    raise SchemaError(
                        f"{where}: {name}.{column}: names or orders rows, so it cannot be computed of others"
                    )
                count.check(name, column, kinds, into, where)
        self.counted()

    def counted(self) -> list[tuple[str, str, Count]]:
        """All counts, table and column first; one that is computed from another comes after it.

        Raises:
            SchemaError: some go round in a circle.
        """
        left = [(name, column, count) for name, table in self.tables.items() for column, count in table.counts.items()]
        order: list[tuple[str, str, Count]] = []
        while left:
            open_ = {(name, column) for name, column, _ in left}
            ready = [one for one in left if (one[2].of[0].split(".")[0], one[2].column) not in open_]
            if not ready:
                raise SchemaError(f"schema: counts go round in a circle: {', '.join('.'.join(o[:2]) for o in left)}")
            order += ready
            left = [one for one in left if one not in ready]
        return order

    def _check_column(self, table: str, column: str, where: str) -> None:
        names = self.tables[table].columns.names
        if column not in names:
            raise SchemaError(f"{where}: {table!r} has no column {column!r}; {near_miss(column, names)}")

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read a file.

        Raises:
            SchemaError: it cannot be read, or is not such a schema.
        """
        try:
            found = json.loads(Path(path).read_text(encoding="utf-8-sig"))
        except OSError as error:
            raise SchemaError(f"{path}: cannot be read; {error.strerror}") from None
        except ValueError:
            raise SchemaError(f"{path}: is not JSON; write one with 'synthgen schema'") from None
        return cls.from_json(found, str(path))

    @classmethod
    def from_json(cls, found: object, where: str = "schema") -> Self:
        """Check what was read.

        Raises:
            SchemaError: it is not such a schema.
        """
        if isinstance(found, dict) and "tables" not in found and "columns" in found:
            raise SchemaError(f"{where}: is the schema of a single table; one with 'tables' was expected")
        try:
            return cls.model_validate(found)
        except ValidationError as error:
            fault = error.errors()[0]
            at = ".".join(str(part) for part in fault["loc"])
            raise SchemaError(f"{where}: {at}: {fault['msg'][0].lower()}{fault['msg'][1:]}") from None

    def to_text(self) -> str:
        """As in the file."""
        return json.dumps(self.state(), indent=2, ensure_ascii=False) + "\n"

    def state(self) -> dict[str, Any]:
        """In JSON types, defaults left out."""
        return {"version": self.version, **self.model_dump(mode="json", exclude_defaults=True)}

    def save(self, path: str | Path) -> None:
        """Write a file.

        Raises:
            SchemaError: it cannot be written.
        """
        try:
            with written_beside(Path(path), f"{os.getpid()}.part") as beside:
                beside.write_text(self.to_text(), encoding="utf-8")
        except OSError as error:
            raise SchemaError(f"{path}: cannot be written; {error.strerror}") from None


def _joined(columns: Sequence[str]) -> str:
    return columns[0] if len(columns) == 1 else f"({', '.join(columns)})" if columns else ""
