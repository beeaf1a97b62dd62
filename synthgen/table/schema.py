"""The schema: what each column means. Detected with a reason, written as ``schema.json``, edited by hand."""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from synthgen.errors import SchemaError, near_miss
from synthgen.replacing import written_beside
from synthgen.table.rule_faults import rule_faults
from synthgen.table.rules import (
    RULES,
    Combination,
    Dependence,
    Formula,
    Line,
    Missing,
    Nearly,
    OneHot,
    Order,
    Range,
    Tie,
    Unique,
)

__all__ = [
    "SPECIAL_TYPES",
    "ColumnSchema",
    "Combination",
    "Dependence",
    "Formula",
    "Line",
    "Missing",
    "Nearly",
    "OneHot",
    "Order",
    "Range",
    "Schema",
    "Tie",
]

SPECIAL_TYPES = ("constant", "missing", "drop")
"""Types without a class of their own: one value, no value at all, left out of the synthetic table."""


class ColumnSchema(BaseModel):
    """One column.

    Attributes:
        name: as in the table.
        type: a name of ``COLUMN_TYPES``, or ``constant``, ``missing``, ``drop``.
        reason: why detection chose it; free text, never read back.
        options: settings of the type, such as ``{"decimals": 2}``.
    """

    model_config = ConfigDict(extra="forbid")
    name: str
    type: str
    reason: str = ""
    options: dict[str, Any] = Field(default_factory=dict)


class Schema(BaseModel):
    """All columns of a table, in order, and what ties them."""

    model_config = ConfigDict(extra="forbid")
    version: Literal[1] = 1
    columns: list[ColumnSchema]
    ties: list[Tie] = Field(default_factory=list)
    formulas: list[Formula] = Field(default_factory=list)
    one_hot: list[OneHot] = Field(default_factory=list)
    combinations: list[Combination] = Field(default_factory=list)
    dependences: list[Dependence] = Field(default_factory=list)
    orders: list[Order] = Field(default_factory=list)
    ranges: list[Range] = Field(default_factory=list)
    missing: list[Missing] = Field(default_factory=list)
    nearly: list[Nearly] = Field(default_factory=list)

    @property
    def rules(self) -> list[tuple[str, Line]]:
        """All rules that are kept, with the lists they stand in."""
        listed = [(key, line) for key in RULES for line in getattr(self, key)]
        return listed + [("unique", Unique(column=c.name)) for c in self.columns if c.options.get("unique") is True]

    @property
    def names(self) -> list[str]:
        """The columns' names, in order."""
        return [column.name for column in self.columns]

    def column(self, name: str) -> ColumnSchema:
        """The column of that name.

        Raises:
            SchemaError: there is none.
        """
        for column in self.columns:
            if column.name == name:
                return column
        raise SchemaError(f"schema: no column {name!r}; {near_miss(name, self.names)}")

    def check(self, column_names: Sequence[str], where: str = "schema") -> None:
        """Whether the schema describes exactly these columns (in any order).

        Raises:
            SchemaError: it lacks some, or has some that the table lacks; they are named.
        """
        lacking = [name for name in column_names if name not in set(self.names)]
        extra = [name for name in self.names if name not in set(column_names)]
        if extra:
            hint = near_miss(extra[0], lacking or column_names)
            raise SchemaError(f"{where}: the table has no column {_listed(extra)}; {hint}")
        if lacking:
            raise SchemaError(
                f"{where}: nothing is said of the table's column {_listed(lacking)}; every column needs a line. "
                "Add it, with type 'drop' to leave it out"
            )
        for fault in self._faults():
            raise SchemaError(f"{where}: {fault}")

    def check_types(self, types: Collection[str], where: str = "schema") -> None:
        """Whether every column has one of these types, or a special one.

        Raises:
            SchemaError: one has not; a near miss is suggested.
        """
        known = [*types, *SPECIAL_TYPES]
        for i, column in enumerate(self.columns):
            if column.type not in known:
                hint = near_miss(column.type, known)
                raise SchemaError(f"{where}: columns[{i}].type: no type {column.type!r}; {hint}")

    @classmethod
    def load(cls, path: str | Path, types: Collection[str] | None = None) -> Self:
        """Read ``schema.json``.

        Args:
            path: the file.
            types: names of the column types there are; None leaves types unchecked
                (``synthgen.columns.load_schema`` gives them).

        Raises:
            SchemaError: the file cannot be read, or the dotted key in the message is wrong.
        """
        where = str(path)
        try:
            found = json.loads(Path(path).read_text(encoding="utf-8-sig"))
        except OSError as error:
            raise SchemaError(f"{where}: cannot be read; {error.strerror or error}") from error
        except UnicodeDecodeError as error:
            raise SchemaError(f"{where}: is not UTF-8 text; a schema is a JSON file in UTF-8") from error
        except json.JSONDecodeError as error:
            raise SchemaError(f"{where}: line {error.lineno}, column {error.colno}: not JSON; {error.msg}") from error
        return cls.from_json(found, where, types)

    @classmethod
    def from_json(cls, found: object, where: str = "schema", types: Collection[str] | None = None) -> Self:
        """A schema out of parsed JSON; raises as ``load`` does."""
        version = found.get("version", 1) if isinstance(found, dict) else 1
        if isinstance(version, int) and version > 1:
            raise SchemaError(
                f"{where}: version is {version}; this synthgen reads version 1. Update synthgen to read this file"
            )
        try:
            schema = cls.model_validate(found)
        except ValidationError as error:
            raise SchemaError(f"{where}: {_first_fault(error)}") from error
        if types is not None:
            schema.check_types(types, where)
        for fault in schema._faults():
            raise SchemaError(f"{where}: {fault}")
        return schema

    def save(self, path: str | Path) -> None:
        """Write ``schema.json``, one line per column, beside and then in place of what is there.

        Raises:
            SchemaError: the file cannot be written; what was there stays.
        """
        target = Path(path)
        try:
            with written_beside(target, f"{os.getpid()}.part") as beside:
                beside.write_text(self.to_text(), encoding="utf-8")
        except OSError as error:
            raise SchemaError(f"{target}: cannot be written; {error.strerror or error}") from error

    def to_text(self) -> str:
        """The JSON text: one line per column and rule, so that a correction is a one-line edit."""
        parts = [f'  "version": {self.version}']
        for key in ("columns", *RULES, "nearly"):
            lines = [json.dumps(one.model_dump(), ensure_ascii=False) for one in getattr(self, key)]
            body = "[\n    " + ",\n    ".join(lines) + "\n  ]" if lines else "[]"
            parts.append(f'  "{key}": {body}')
        return "{\n" + ",\n".join(parts) + "\n}\n"

    def _faults(self) -> Iterator[str]:
        """What one field alone cannot show: names twice, names that are not there, circles."""
        seen: set[str] = set()
        for i, name in enumerate(self.names):
            if name in seen:
                yield f"columns[{i}].name: {name!r} is there twice; every column needs one line"
            seen.add(name)
        yield from rule_faults(self)


def _listed(names: Sequence[str]) -> str:
    """Names for an error: the first five, and how many more."""
    shown = ", ".join(repr(name) for name in names[:5])
    return shown + (f" and {len(names) - 5} more" if len(names) > 5 else "")


def _first_fault(error: ValidationError) -> str:
    """The first complaint of pydantic as ``dotted.key: what; what was expected``."""
    fault = error.errors()[0]
    key = ""
    for part in fault["loc"]:
        key += f"[{part}]" if isinstance(part, int) else ("." if key else "") + str(part)
    if fault["type"] == "extra_forbidden":
        name = str(fault["loc"][-1])
        return f"{key}: no such key; {near_miss(name, _keys_at(fault['loc']))}"
    if fault["type"] == "missing":
        return f"{key}: is not there; it is needed"
    if fault["type"] == "literal_error":
        options = [option.strip("' ") for option in fault["ctx"]["expected"].replace(" or ", ", ").split(",")]
        return f"{key}: no {fault['input']!r}; {near_miss(str(fault['input']), options)}"
    message = fault["msg"][0].lower() + fault["msg"][1:]
    return f"{key}: {message}" if key else f"{message}; a schema is an object with 'columns'"


def _keys_at(loc: tuple[int | str, ...]) -> list[str]:
    """The keys that an object of the schema may have, by where it is."""
    parts: dict[str, type[BaseModel]] = {"columns": ColumnSchema, **RULES, "nearly": Nearly}
    model = parts.get(str(loc[0]), Schema) if len(loc) > 1 else Schema
    return list(model.model_fields)
