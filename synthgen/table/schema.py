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


class Tie(BaseModel):
    """Columns that determine one another: only the first is learned."""

    model_config = ConfigDict(extra="forbid")
    columns: list[str] = Field(min_length=2)


class Formula(BaseModel):
    """A numeric column that is computed from others, never sampled.

    Attributes:
        column: the computed column.
        operation: ``ratio`` a / b, ``share`` a / (a + b), ``product`` a * b, ``sum`` of all (of one: a copy),
            ``difference`` a - b, ``complement`` total - the sum of all, ``absolute`` the distance of a from the total.
        inputs: the columns it is computed from.
        total: the constant of ``complement`` and ``absolute``.
        decimals: the result is rounded to so many decimals; None leaves it as it is.
        when_zero: what a ratio or share gives where it divides by 0; None: a missing cell.
        low: the result is not less; None: no bound.
        high: the result is not more.
    """

    model_config = ConfigDict(extra="forbid")
    column: str
    operation: Literal["ratio", "share", "product", "sum", "difference", "complement", "absolute"]
    inputs: list[str] = Field(min_length=1)
    total: float = 0.0
    decimals: int | None = None
    when_zero: float | None = None
    low: float | None = None
    high: float | None = None

    @property
    def text(self) -> str:
        """The formula as people write it.

        Example:
            >>> Formula(column="rate", operation="ratio", inputs=["posts", "days"]).text
            'rate = posts / days'
        """
        first, rest = self.inputs[0], " + ".join(self.inputs)
        right = {
            "complement": f"{self.total:g} - " + " - ".join(self.inputs),
            "absolute": f"distance of {first} from {self.total:g}",
            "share": f"{first} / ({rest})",
            "sum": rest,
        }.get(self.operation) or _SIGNS[self.operation].join(self.inputs)
        return f"{self.column} = {right}"


_SIGNS = {"ratio": " / ", "product": " * ", "difference": " - "}


class OneHot(BaseModel):
    """Boolean columns of which at most one is true in any row: learned as one label."""

    model_config = ConfigDict(extra="forbid")
    columns: list[str] = Field(min_length=2)


class Schema(BaseModel):
    """All columns of a table, in order, and what ties them."""

    model_config = ConfigDict(extra="forbid")
    version: Literal[1] = 1
    columns: list[ColumnSchema]
    ties: list[Tie] = Field(default_factory=list)
    formulas: list[Formula] = Field(default_factory=list)
    one_hot: list[OneHot] = Field(default_factory=list)

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
        """The JSON text: one line per column, tie and formula, so that a correction is a one-line edit."""
        parts = [f'  "version": {self.version}']
        for key in ("columns", "ties", "formulas", "one_hot"):
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
        named = [(f"ties[{i}].columns[{j}]", n) for i, tie in enumerate(self.ties) for j, n in enumerate(tie.columns)]
        named += [
            (f"one_hot[{i}].columns[{j}]", n)
            for i, group in enumerate(self.one_hot)
            for j, n in enumerate(group.columns)
        ]
        for i, formula in enumerate(self.formulas):
            named.append((f"formulas[{i}].column", formula.column))
            named += [(f"formulas[{i}].inputs[{j}]", n) for j, n in enumerate(formula.inputs)]
            if formula.operation in ("ratio", "share", "product", "difference") and len(formula.inputs) != 2:
                yield f"formulas[{i}].inputs: {formula.operation} takes 2 columns; got {len(formula.inputs)}"
        for key, name in named:
            if name not in seen:
                yield f"{key}: no column {name!r}; {near_miss(name, self.names)}"
        yield from self._circles()

    def _circles(self) -> Iterator[str]:
        """Columns restored or computed in two ways, or out of themselves."""
        restored = [name for tie in self.ties for name in tie.columns[1:]] + [f.column for f in self.formulas]
        for name in restored:
            if restored.count(name) > 1:
                yield f"ties, formulas: {name!r} is restored in two ways; leave one"
                return
        sources = {name: [tie.columns[0]] for tie in self.ties for name in tie.columns[1:]}
        sources |= {formula.column: formula.inputs for formula in self.formulas}
        done: set[str] = set()
        while ready := {n for n, inputs in sources.items() if n not in done and _ready(inputs, sources, done)}:
            done |= ready
        if circle := [name for name in sources if name not in done]:
            yield f"ties, formulas: {_listed(circle)} would be computed out of one another; leave one out"


def _ready(inputs: list[str], sources: dict[str, list[str]], done: set[str]) -> bool:
    return all(name not in sources or name in done for name in inputs)


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
    parts: dict[str, type[BaseModel]] = {"columns": ColumnSchema, "ties": Tie, "formulas": Formula}
    model = parts.get(str(loc[0]), Schema) if len(loc) > 1 else Schema
    return list(model.model_fields)
