"""Tables of a database, with the keys and references that it declares. SQLAlchemy reads it (extra ``databases``)."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from synthgen.config import RunConfig
from synthgen.errors import ConfigError, DataError
from synthgen.linked.schema import LinkedSchema, Reference
from synthgen.sources.memory import LINKED, refuse_too_large
from synthgen.table.table import Table

if TYPE_CHECKING:
    from sqlalchemy import Engine
    from sqlalchemy import Table as Declared

ROWS = 65_536
"""Rows fetched at a time."""
OF_CELL = 8.0
"""Bytes of a cell as CSV, about."""


class Database:
    """All tables of a database; nothing is written to it.

    Args:
        url: as SQLAlchemy has it, such as ``sqlite:///network.db`` or ``postgresql+psycopg://user:password@host/name``.

    Raises:
        ConfigError: SQLAlchemy or the driver is not installed, or the URL is none.
        DataError: the database is not there.

    Source:
        https://docs.sqlalchemy.org/en/21/core/engines.html.
    """

    def __init__(self, url: str) -> None:
        self.engine = _engine(url)
        shown = self.engine.url.render_as_string(hide_password=True)
        self.name, self.given = Path(self.engine.url.database or "database").stem or "database", [shown]
        self.declared = self._declared()

    def _declared(self) -> list[Declared]:
        import sqlalchemy

        found = sqlalchemy.MetaData()
        try:
            found.reflect(self.engine)
        except sqlalchemy.exc.SQLAlchemyError as error:
            raise DataError(f"{self.given[0]}: cannot be read: {_why(error)}") from None
        if not found.tables:
            raise DataError(f"{self.given[0]}: holds no table; one at least was expected. Check the name in the URL")
        return [found.tables[name] for name in sorted(found.tables)]

    def check_room(self) -> None:
        """Say before anything is read what cannot be held in memory."""
        import sqlalchemy

        with self.engine.connect() as connection:
            cells = sum(
                connection.execute(sqlalchemy.select(sqlalchemy.func.count()).select_from(table)).scalar_one()
                * len(table.columns)
                for table in self.declared
            )
        refuse_too_large(cells * OF_CELL, LINKED, self.given[0])

    def read(self, config: RunConfig) -> dict[str, Table]:
        """All tables by name; marks of missing cells and dialects are those of files and not looked at."""
        return {str(table.name): self._table(table) for table in self.declared}

    def _table(self, table: Declared) -> Table:
        import sqlalchemy

        names, where = [column.name for column in table.columns], f"{self.given[0]}: table {table.name!r}"
        chunks: list[list[pa.Array]] = [[] for _ in names]
        try:
            with self.engine.connect().execution_options(stream_results=True) as connection:
                for rows in connection.execute(sqlalchemy.select(table)).partitions(ROWS):
                    for place, values in enumerate(zip(*rows, strict=True)):
                        chunks[place].append(_array(values, f"{where}: column {names[place]!r}"))
        except (sqlalchemy.exc.SQLAlchemyError, ValueError) as error:
            raise DataError(f"{where}: cannot be read: {_why(error)}") from None
        columns = [_one(parts) for parts in chunks]
        return Table.from_any(pa.table(columns, names=names), str(table.name))

    def links(self, found: LinkedSchema) -> LinkedSchema:
        """Keys and references as the database declares them; where it is silent, as they were found out."""
        tables, references = dict(found.tables), []
        told: set[tuple[str, str]] = set()
        for table in self.declared:
            name = str(table.name)
            if key := [column.name for column in table.primary_key.columns]:
                tables[name] = tables[name].model_copy(update={"key": key})
            for constraint in table.foreign_key_constraints:
                ours = tuple(column.name for column in constraint.columns)
                theirs = tuple(element.column.name for element in constraint.elements)
                told |= {(name, column) for column in ours}
                parent = str(constraint.referred_table.name)
                references.append(Reference(table=name, columns=ours, parent=parent, parent_columns=theirs))
        others = [r for r in found.references if not {(r.table, column) for column in r.columns} & told]
        return LinkedSchema(tables=tables, references=[*references, *others], orphans=found.orphans)


def _engine(url: str) -> Engine:
    try:
        import sqlalchemy
    except ModuleNotFoundError:
        raise ConfigError(
            "a database is read with SQLAlchemy, which is not installed; pip install -e '.[databases]' brings it"
        ) from None
    try:
        parsed = sqlalchemy.make_url(url)
        shown = parsed.render_as_string(hide_password=True)
    except sqlalchemy.exc.ArgumentError:
        raise ConfigError("this is no URL of a database; one such as sqlite:///network.db was expected") from None
    if parsed.get_backend_name() == "sqlite" and not Path(parsed.database or "").is_file():
        raise DataError(f"{shown}: no such file; a database was expected. Check the path: three slashes, then the path")
    try:
        return sqlalchemy.create_engine(parsed)
    except sqlalchemy.exc.ArgumentError:
        known = parsed.get_backend_name()
        raise ConfigError(f"{shown}: SQLAlchemy knows no database {known!r}; sqlite or postgresql are such") from None
    except ModuleNotFoundError as error:
        raise ConfigError(f"{shown}: its driver {error.name!r} is not installed; pip install it") from None


def _array(values: Sequence[Any], where: str) -> pa.Array:
    """One column of some rows; what differs in kind is text."""
    kinds = {type(value) for value in values if value is not None}
    if any(issubclass(kind, bytes | bytearray | memoryview) for kind in kinds):
        raise DataError(f"{where}: holds bytes; numbers, texts, times or flags were expected. Leave it out with a view")
    if kinds and all(issubclass(kind, Decimal) for kind in kinds):
        return pa.array([None if value is None else float(value) for value in values], pa.float64())
    simple = all(issubclass(k, bool | int | float | str | datetime.date | datetime.time) for k in kinds)
    if simple and (len(kinds) <= 1 or kinds <= {int, float}):
        return pa.array([float(v) if v is not None and kinds == {int, float} else v for v in values])
    return pa.array([None if value is None else str(value) for value in values], pa.string())


def _one(parts: list[pa.Array]) -> pa.Array:
    """All parts of a column as one: floats where some are whole numbers, else text where kinds differ."""
    kinds = {part.type for part in parts} - {pa.null()}
    if not kinds:
        return pa.nulls(sum(map(len, parts)), pa.string())
    kind = kinds.pop() if len(kinds) == 1 else pa.float64() if kinds <= {pa.int64(), pa.float64()} else pa.string()
    return pa.concat_arrays([part.cast(kind) for part in parts])


def _why(error: Exception) -> str:
    """The driver's words, on one line, without the statement."""
    return " ".join(str(getattr(error, "orig", None) or error).split("\n")[0].split())
