"""A column that says how many rows hang on a row, or what these hold: in ``schema.json`` under its table.

``"counts": {"followers_count": {"of": "follows.followed"}}``, or
``"counts": {"last_post_at": {"of": "posts.user_id", "take": "max", "column": "created_at"}}``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, field_serializer, field_validator

from synthgen.errors import SchemaError, near_miss


class Count(BaseModel):
    """What a column is computed from; it is never learned, and holds in the tables that are made, whatever their size.

    Attributes:
        of: the child and its columns that refer to the table, such as ``follows.followed``; several: rows that refer to
            it by either count, each time.
        take: the number of rows, or the sum, mean, least or greatest of what they hold in ``column``.
        column: of the child.
        value: of the rows, only those that hold this in ``column`` are counted.
        empty: what stands where there are no rows.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    of: tuple[str, ...]
    take: Literal["rows", "sum", "mean", "min", "max"] = "rows"
    column: str | None = None
    value: str | None = None
    empty: Literal["zero", "missing"] = "zero"

    @field_validator("of", mode="before")
    @classmethod
    def _listed(cls, found: Any) -> Any:
        return (found,) if isinstance(found, str) else found

    @field_serializer("of")
    def _plain(self, found: tuple[str, ...]) -> str | list[str]:
        return found[0] if len(found) == 1 else list(found)

    @property
    def text(self) -> str:
        """For people.

        Example:
            >>> Count(of="posts.user", take="max", column="at").text
            'max of at over posts.user'
        """
        rows = " and ".join(self.of)
        if self.take != "rows":
            return f"{self.take} of {self.column} over {rows}"
        return f"rows of {rows}" + (f" with {self.column}={self.value}" if self.column is not None else "")

    def check(self, table: str, name: str, kinds: Mapping[str, Mapping[str, str]], into: list[str], where: str) -> None:
        """Whether it can be computed.

        Args:
            table: whose column it is.
            name: of the column.
            kinds: type of every column of every table.
            into: references to the table, as ``of`` names them.
            where: begins every sentence.

        Raises:
            SchemaError: it cannot.
        """
        where = f"{where}: {table}.{name}"
        if not self.of:
            raise SchemaError(f"{where}: 'of' is empty; the rows to be counted were expected, such as 'posts.user_id'")
        for one in self.of:
            if one not in into:
                raise SchemaError(f"{where}: {one!r} does not refer to {table!r}; {near_miss(one, into)}")
        children = {one.split(".")[0] for one in self.of}
        if len(children) > 1:
            raise SchemaError(f"{where}: {' and '.join(self.of)} are of several tables; rows of one are counted")
        child = kinds[children.pop()]
        if self.take != "rows" and self.column is None:
            raise SchemaError(f"{where}: {self.take!r} of what? Name a column under 'column': {', '.join(child)}")
        if (self.column is None) != (self.value is None) and self.take == "rows":
            raise SchemaError(f"{where}: to count rows that hold a value, give both 'column' and 'value'")
        if self.column is not None and self.column not in child:
            raise SchemaError(f"{where}: no column {self.column!r}; {near_miss(self.column, list(child))}")
        if self.take in ("sum", "mean") and child[str(self.column)] == "datetime":
            raise SchemaError(f"{where}: {self.column!r} holds times, of which there is no {self.take}; use min or max")
