"""What a step of restoring is: how columns come back that are not learned under their own names.

A step may teach a label or a number in place of columns (``teach``), and afterwards makes those columns, or moves
some that were drawn, so that a rule of the data holds in every row (``restore``).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthgen.columns.base import FitContext
from synthgen.columns.keeping import Ask, Drawn, Laid
from synthgen.columns.lines import Line
from synthgen.columns.restrictions import Restriction
from synthgen.columns.wanted import Clause, Stretch
from synthgen.errors import SchemaError
from synthgen.seeding import numpy_stream
from synthgen.table.schema import Schema

How = Literal["own", "constant", "tie", "formula", "label", "dependence", "gap"]


@dataclass(frozen=True)
class Source:
    """How a column is made.

    Attributes:
        how: ``own``: from tokens of its own; ``constant``; ``tie``: beside another column's value; ``formula``;
            ``label``: a part of a label learned in its place; ``dependence``: it follows from another column;
            ``gap``: so far from another column.
        learned: the column of the codec whose tokens it comes from first: itself, a label, a gap; empty for none.
        columns: columns of the table that it is made from besides.
        moved: whether a rule may move it after it was drawn, as an order does.
    """

    how: How
    learned: str = ""
    columns: tuple[str, ...] = ()
    moved: bool = False


@dataclass
class Fitting:
    """What steps see while the codec is fitted.

    Attributes:
        schema: what the columns mean.
        columns: the raw columns; labels that are taught are added.
        names: the table's columns, without those dropped, in order.
        learned: what will have tokens; steps take columns out and put labels in.
        kinds: type by name of what is learned.
        target: the column to predict.
        min_holders: a value needs so many rows, or people where it is known whose they are, to be remembered.
        seed: of the codec.
        unit_N: whose each row is, a number for each person; None: each is somebody else's.
        constants: columns that hold one value or none.
        carriers: of a column that is made from a gap, the gap's label, which is missing where the column is.
    """

    schema: Schema
    columns: dict[str, pa.Array]
    names: list[str]
    learned: list[str]
    kinds: dict[str, str]
    target: str | None
    min_holders: int
    seed: int
    unit_N: np.ndarray | None = None
    constants: set[str] = field(default_factory=set)
    carriers: dict[str, str] = field(default_factory=dict)

    def context(self, rng: np.random.Generator, there_N: np.ndarray, company: np.ndarray | None = None) -> FitContext:
        """What a column type may use while it learns the values of some rows.

        Args:
            rng: the only source of randomness.
            there_N: which rows have a value.
            company: tokens of other columns in these rows; None: there are none.
        """
        unit_N = None if self.unit_N is None else self.unit_N[there_N]
        beside = np.zeros((int(there_N.sum()), 0), np.int32) if company is None else company
        return FitContext(rng, self.min_holders, len(there_N), beside, unit_N)

    def decimal(self, name: str) -> str:
        """The decimal mark of a column."""
        return str(self.schema.column(name).options.get("decimal", "."))

    def ends(self, name: str) -> tuple[float | str | None, float | str | None]:
        """The range that the user gives a column."""
        found = [(one.low, one.high) for one in self.schema.ranges if one.column == name]
        return found[-1] if found else (None, None)

    def options(self, name: str) -> dict[str, Any]:
        """The options of a column, its range among them."""
        low, high = self.ends(name)
        given = {"low": low, "high": high}
        return self.schema.column(name).options | {key: end for key, end in given.items() if end is not None}

    def teach(self, label: str, kind: str, values: pa.Array, members: list[str]) -> None:
        """Learn a label in place of columns."""
        self.learned[self.learned.index(members[0])] = label
        self.learned[:] = [name for name in self.learned if name not in members]
        self.columns[label], self.kinds[label] = values, kind

    def free_name(self, wanted: str) -> str:
        """A name that no column has yet."""
        while wanted in self.columns:
            wanted += "'"
        return wanted


class Taken(dict[str, np.ndarray]):
    """What unique columns gave so far in a sampling: 8 bytes for a value, by column."""


@dataclass
class Rows:
    """Rows on their way from tokens to a table.

    Attributes:
        out: columns and labels so far.
        n_rows: N.
        seed: of this decoding.
        start: rows of this sampling that came before.
        taken: what unique columns gave before in this sampling; None: nobody counts.
        known: cells that are there already, by column; null where there is none.
        restrictions: what conditions leave of columns that have tokens.
        held: the places, on their lines, that conditions leave of columns in order.
    """

    out: dict[str, pa.Array]
    n_rows: int
    seed: int
    start: int = 0
    taken: Taken | None = None
    known: Mapping[str, pa.Array] = field(default_factory=dict)
    restrictions: Mapping[str, Restriction] = field(default_factory=dict)
    held: Mapping[str, list[Stretch]] = field(default_factory=dict)

    def stream(self, *name: str) -> np.random.Generator:
        """Random numbers of one step, for these rows."""
        return numpy_stream(self.seed, "restore", *name, self.start)

    def put(self, name: str, values: pa.Array) -> None:
        """Make or move a column: cells that are known stay, and so does what a move would take out of a condition."""
        restriction = self.restrictions.get(name)
        if restriction is not None and name in self.out:
            old = self.out[name]
            lost = np.asarray(values.is_valid()) & ~restriction.holds(values) & restriction.holds(old)
            values = pc.if_else(pa.array(lost), old, values) if lost.any() else values
        if name in self.known:
            values = pc.coalesce(self.known[name], values)
        self.out[name] = values

    def stays(self, name: str) -> np.ndarray:
        """``(N,)`` whether a cell of a column is known or under a condition."""
        if name in self.restrictions or name in self.held:
            return np.ones(self.n_rows, bool)
        return np.asarray(self.known[name].is_valid()) if name in self.known else np.zeros(self.n_rows, bool)


class Step(ABC):
    """One rule, fitted."""

    kind: ClassVar[str]
    late: ClassVar[bool] = False
    """Of steps that move the same column, whether it comes after the others."""

    @classmethod
    @abstractmethod
    def fit(cls, fitting: Fitting) -> list[Self]:
        """The steps of this kind that the schema asks for; they may change what is learned."""

    @property
    def makes(self) -> tuple[str, ...]:
        """Columns of the table that are there only after this step."""
        return ()

    @property
    def reads(self) -> tuple[str, ...]:
        """Columns and labels that have to be finished before it."""
        return ()

    @property
    def moves(self) -> tuple[str, ...]:
        """Columns that are there before and may hold something else after it."""
        return ()

    @property
    def blind(self) -> bool:
        """Whether it only reads if cells are missing, which steps that are ``late`` do not change."""
        return False

    @property
    def labels(self) -> dict[str, str]:
        """What is learned in place of columns, and its type."""
        return {}

    def teach(self, columns: Mapping[str, pa.Array]) -> dict[str, pa.Array]:
        """The labels of a table's rows."""
        return {}

    def bind(self, drawn: Mapping[str, Drawn]) -> None:  # noqa: B027
        """Called when all columns are fitted."""

    @property
    def concerns(self) -> tuple[str, ...]:
        """Columns whose conditions it has something to say on."""
        return (*self.makes, *self.moves)

    def lay(self, wanted: Mapping[str, list[Clause]], ask: Ask) -> Laid:
        """What conditions on columns that it concerns ask of the columns and labels that it reads or moves.

        Args:
            wanted: clauses by column, of those in ``concerns``; all have to hold.
            ask: what else is known of the columns.

        Raises:
            ConditionError: they cannot be kept exactly, or not at all (column-free message).
        """
        return Laid()

    def there(self, columns: Mapping[str, pa.Array]) -> dict[str, np.ndarray]:
        """By label, ``(N,)`` whether the cells that are there decide it."""
        return {}

    def tells(self, learned: str, values: pa.Array) -> dict[str, pa.Array]:
        """What columns that it makes hold beside values of a label or column that it reads."""
        return {}

    def bars(self, learned: str, values: pa.Array) -> dict[str, np.ndarray]:
        """Columns that are missing beside some values of a column that it reads: ``(K,)`` beside which."""
        return {}

    def line_of_made(self, name: str) -> Line | None:
        """How values of a column that it makes lie on a line; None: they do not, or it makes no such column."""
        return None

    def deduce(self, columns: Mapping[str, pa.Array], drawn: Mapping[str, Drawn]) -> dict[str, pa.Array]:
        """Columns that it reads, filled in where those that are there decide them: the rule run backwards."""
        return {}

    def broken(self, columns: Mapping[str, pa.Array]) -> dict[str, np.ndarray]:
        """By column, ``(N,)`` whether its cell says something else than the cells that decide it."""
        return {}

    def known_values(self, name: str) -> pa.Array | None:
        """Values that a column it makes can hold, in the training table's spelling; None: it makes no such column."""
        return None

    @abstractmethod
    def restore(self, rows: Rows) -> None:
        """Make and move columns of ``rows.out``."""

    def source(self, name: str) -> Source | None:
        """How it makes a column; None: it does not make it."""
        return None

    @abstractmethod
    def state(self) -> dict[str, Any]:
        """All that ``from_state`` needs, in JSON types. No rare value, no row."""

    @classmethod
    @abstractmethod
    def from_state(cls, state: dict[str, Any]) -> Self:
        """The step again."""


def equal(a: pa.Array, b: pa.Array) -> np.ndarray:
    """``(N,)`` whether two cells are there and hold the same."""
    return np.asarray(pc.fill_null(pc.equal(a, b), False))


def in_order(steps: list[Step]) -> list[Step]:
    """Steps in an order in which each finds what it reads finished.

    Raises:
        SchemaError: some wait for one another.
    """
    left, ordered = sorted(steps, key=lambda one: one.late), []
    while left:
        ready = next(
            (one for i, one in enumerate(left) if not any(_waits(one, b, left.index(b) < i) for b in left)), None
        )
        if ready is None:
            names = ", ".join(repr(name) for one in left for name in (*one.makes, *one.moves))
            raise SchemaError(f"schema: rules of {names} wait for one another; leave one of them out")
        ordered.append(ready)
        left.remove(ready)
    return ordered


def _waits(one: Step, other: Step, is_earlier: bool) -> bool:
    """Whether a step comes after another: it reads or moves what that makes, or reads what that moves."""
    if one is other:
        return False
    changed = {*other.makes} if one.blind and other.late else {*other.makes, *other.moves}
    if set(one.reads) & changed or set(one.moves) & set(other.makes):
        return True
    return is_earlier and bool(set(one.moves) & set(other.moves))
