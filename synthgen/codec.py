"""The codec: a whole table <-> one matrix of tokens, rows x slots.

Column types see present values only; what a column type never sees is handled here: missing cells
(a token like any other), and what rules of the data make out of other columns (``columns/rules``).

Letters: N rows, S slots, P slots of one column's path.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthgen.columns import column_type
from synthgen.columns.agreeing import Allowed, vocabulary_of
from synthgen.columns.base import NOT_APPLICABLE, ColumnType, Slot
from synthgen.columns.holders import units_of
from synthgen.columns.lines import Line
from synthgen.columns.physical import named_type, type_name
from synthgen.columns.restrictions import Restriction, Within
from synthgen.columns.rules import STEPS, step_from_state, steps_of_format_3
from synthgen.columns.rules.base import Fitting, Rows, Source, Step, Taken, in_order
from synthgen.columns.rules.distinct import Distinct, too_many
from synthgen.errors import DataError, RunError
from synthgen.layout import Layout, RowSlot
from synthgen.seeding import derived_seed, numpy_stream
from synthgen.table.schema import ColumnSchema, Schema
from synthgen.table.table import joined

COMPANY_COLUMNS = 12
"""So many small columns tell a large category's values apart."""
COMPANY_TOKENS = 64
"""A column with more first tokens than this is no company."""

Finish = Callable[[pa.Table, np.ndarray, int], pa.Array]
"""Writes a column anew: of whole rows, where it may (``(N,)`` bool), from a seed."""


@dataclass
class Modelled:
    """A column that has a column type.

    Attributes:
        type: the fitted type.
        physical: Arrow type of the input.
        missing: whether training rows lacked values.
    """

    type: ColumnType
    physical: pa.DataType
    missing: bool

    @property
    def path(self) -> list[tuple[Slot, int | None, int | None]]:
        """Slots with their missing and *not applicable* tokens; a type without slots that can be missing gets one."""
        slots = list(self.type.slots)
        if not slots and self.missing:
            return [(Slot("present", 1), 1, None)]
        out = []
        for level, slot in enumerate(slots):
            may_miss = level == 0 and self.missing
            may_not_apply = level > 0 and (
                self.missing or (slot.children is not None and bool((slot.children == 0).any()))
            )
            out.append((slot, slot.size if may_miss else None, slot.size if may_not_apply else None))
        return out

    def encode(self, values: pa.Array, rng: np.random.Generator) -> np.ndarray:
        """``(N, P)`` tokens."""
        path = self.path
        tokens = np.zeros((len(values), len(path)), np.int32)
        present = np.asarray(values.is_valid())
        if not path:
            return tokens
        if self.type.slots and present.any():
            tokens[present] = self.type.encode(values.drop_null(), rng)
        for level, (slot, missing, none) in enumerate(path):
            column = tokens[:, level]
            gone = none if level else missing  # None: no training row lacked a value
            column[~present] = 0 if gone is None else gone
            if none is not None:
                column[column == NOT_APPLICABLE] = none
            np.clip(column, 0, slot.size - 1 + (missing is not None) + (none is not None), out=column)
        return tokens

    def decode(
        self,
        tokens: np.ndarray,
        rng: np.random.Generator,
        start: int,
        tail: np.ndarray,
        within: Restriction | None = None,
    ) -> pa.Array:
        """``(N, P)`` tokens and ``(N,)`` places in heavy tails, 0 to 1, to values; missing ones are null."""
        path = self.path
        present = np.ones(len(tokens), bool)
        if path and path[0][1] is not None:
            present = tokens[:, 0] != path[0][1]
        plain = self.plain(tokens[present])
        if not self.type.slots:
            plain = plain[:, :0]
        if not len(plain):
            return pa.nulls(len(tokens), self.physical)
        decode = self.type.decode_in_step if within is None else within.decode
        values = decode(plain, rng, start, tail[present])
        if present.all():
            return values
        where = np.full(len(tokens), -1, np.int64)
        where[present] = np.arange(len(plain))
        return values.take(pa.array(where, mask=~present))

    def plain(self, tokens: np.ndarray) -> np.ndarray:
        """``(N, P)`` tokens of present values as the column's type knows them; P may be less than the whole path."""
        plain = tokens.astype(np.int32)
        for level, (_, _, none) in enumerate(self.path[: plain.shape[1]]):
            if none is not None:
                plain[plain[:, level] == none, level] = NOT_APPLICABLE
        return plain

    def blank(self, many: int, rng: np.random.Generator, start: int) -> pa.Array:
        """Present values of the path of first tokens, for rows that must hold something."""
        path = np.zeros((many, len(self.type.slots)), np.int32)
        for level, slot in enumerate(self.type.slots):
            if level and slot.children is not None and not slot.children[(0,) * level]:
                path[:, level] = NOT_APPLICABLE
        return self.type.decode_in_step(path, rng, start, rng.random(many))


class Codec:
    """A table's columns, fitted. Build it with ``Codec.fit`` or ``Codec.from_state``.

    Attributes:
        schema: what each column means.
        names: all columns in order.
        modelled: columns with tokens or regenerated values, by name.
        steps: how all other columns are made, in the order of making them.
        finishing: by column, what is written only when the rest of its row is there; not kept on disk.
    """

    def __init__(self, schema: Schema, target: str | None, context: Sequence[str] = ()) -> None:
        self.schema, self.target, self.context = schema, target, list(context)
        self.names = [c.name for c in schema.columns if c.type != "drop"]
        self.modelled: dict[str, Modelled] = {}
        self.steps: list[Step] = []
        self.finishing: dict[str, Finish] = {}

    @classmethod
    def fit(
        cls,
        table: pa.Table,
        schema: Schema,
        *,
        target: str | None = None,
        context: Sequence[str] = (),
        min_holders: int = 5,
        seed: int = 0,
        unit: str | None = None,
    ) -> Codec:
        """Learn every column.

        Args:
            table: training rows.
            schema: one entry per column of the table.
            target: drawn last.
            context: columns that are mostly given.
            min_holders: a value needs so many rows to enter a vocabulary, of as many people where there is a unit.
            seed: of clusters and made-up words.
            unit: the column of the table that says whose a row is; None: each row is somebody else's.

        Raises:
            DataError: a value does not belong to its column's type.
        """
        codec = cls(schema, target, context)
        for name in (*([] if target is None else [target]), *context):
            schema.column(name)
        columns = {name: joined(table.column(name)) for name in codec.names}
        kinds = {c.name: c.type for c in schema.columns}
        fitting = Fitting(schema, columns, codec.names, list(codec.names), kinds, target, min_holders, seed)
        fitting.unit_N = None if unit is None else units_of(joined(table.column(unit)))
        codec.steps = in_order([step for kind in STEPS for step in kind.fit(fitting)])
        company: list[np.ndarray] = []
        for name in sorted(fitting.learned, key=lambda name: _is_large(kinds[name], columns[name])):
            fitted = codec._fit_column(name, columns[name], fitting, company)
            codec.modelled[name] = fitted
            if len(company) < COMPANY_COLUMNS and fitted.path and fitted.path[0][0].size <= COMPANY_TOKENS:
                company.append(fitted.encode(columns[name], numpy_stream(seed, "company", name))[:, 0])
        codec.modelled = {name: codec.modelled[name] for name in fitting.learned}
        codec._bind()
        return codec

    def _bind(self) -> None:
        for step in self.steps:
            step.bind(self.modelled)

    def _fit_column(self, name: str, values: pa.Array, fitting: Fitting, company: list[np.ndarray]) -> Modelled:
        is_label = name not in self.names
        options = {"rare": "pool"} if is_label else fitting.options(name)
        column = ColumnSchema(name=name, type=fitting.kinds[name], options=options)
        kind = column_type(column.type, f"schema: {name}.type")
        present = values.drop_null()
        valid = np.asarray(values.is_valid())
        beside = np.stack([c[valid] for c in company], 1) if company else np.zeros((len(present), 0), np.int32)
        context = fitting.context(numpy_stream(fitting.seed, "fit", name), valid, beside)
        try:
            fitted = kind.fit(present, column.options, context)
        except DataError as error:
            raise DataError(f"column {name!r}: {error}") from None
        return Modelled(fitted, values.type, values.null_count > 0)

    def there(self, cells: pa.Table) -> dict[str, np.ndarray]:
        """By what has tokens, ``(N,)`` whether the cells that are there decide it."""
        columns = {name: joined(cells.column(name)) for name in self.names}
        found = {name: np.asarray(columns[name].is_valid()) for name in self.modelled if name in columns}
        for step in self.steps:
            found |= step.there(columns)
        return found

    def deduced(self, cells: pa.Table) -> pa.Table:
        """Cells with what they decide themselves filled in; those that are there stay."""
        columns = {name: joined(cells.column(name)) for name in self.names}
        for step in reversed(self.steps):
            columns |= step.deduce(columns, self.modelled)
        return pa.table([columns[name] for name in self.names], names=self.names)

    def line(self, name: str) -> Line | None:
        """How values of a column that a step makes lie on a line, where they do."""
        return next((line for step in self.steps if (line := step.line_of_made(name)) is not None), None)

    def members(self, learned: str) -> list[str]:
        """The columns of the table whose cells something with tokens stands for."""
        return [name for name in self.names if self.source_of(name).learned == learned]

    def root(self, name: str) -> str:
        """What has the tokens that a column of labels follows from, through ties, dependences and labels."""
        source = self.source_of(name)
        while source.how in ("tie", "dependence"):
            name = source.columns[0]
            source = self.source_of(name)
        return source.learned if source.how == "label" else name

    def told(self, learned: str, values: pa.Array) -> dict[str, pa.Array]:
        """What columns hold beside values of one that has tokens: itself, and those that follow from it alone."""
        found = {learned: values}
        for step in self.steps:
            for name in set(step.reads) & found.keys():
                found |= step.tells(name, found[name])
        return found

    def allowed(self, known: Mapping[str, pa.Array]) -> dict[str, Allowed]:
        """By label of a small vocabulary, the values that agree with cells that are there, where they say something."""
        found = {}
        for learned, column in self.modelled.items():
            if (vocabulary := vocabulary_of(column.type)) is not None:
                labels, _, _ = vocabulary
                beside = {n: v for n, v in self.told(learned, labels).items() if n in known and n != learned}
                absent = {
                    n: gone for step in self.steps for n, gone in step.bars(learned, labels).items() if n in known
                }
                cells = {name: known[name] for name in (*beside, *absent)}
                if learned in known:
                    told = known[learned].is_valid()
                    cells = {n: pc.if_else(told, pa.scalar(None, part.type), part) for n, part in cells.items()}
                if cells:
                    found[learned] = Allowed.of(cells, beside, absent)
        return {learned: allowed for learned, allowed in found.items() if not allowed.all}

    def known_values(self, name: str) -> pa.Array:
        """Values of a column that a step makes, in the training table's spelling; none where it has no end of them."""
        found = (step.known_values(name) for step in self.steps)
        return next(values for values in found if values is not None)

    def source_of(self, name: str) -> Source:
        """How a column of the table is made."""
        found = [source for step in self.steps if (source := step.source(name)) is not None]
        return next((one for one in found if one.how != "own"), found[0] if found else Source("own", name))

    @property
    def unique(self) -> list[Distinct]:
        """The columns that give no value twice, identifiers aside."""
        return [step for step in self.steps if isinstance(step, Distinct)]

    def check_rows(self, n: int, within: Within | None = None) -> None:
        """Whether so many rows can be sampled, under conditions where there are any.

        Raises:
            ConfigError: a column that gives no value twice has fewer to give.
        """
        restricted = {} if within is None else within.restrictions
        for step in self.unique:
            possible = step.possible(restricted.get(step.column))
            if possible is not None and n > possible and not self.modelled[step.column].missing:
                raise too_many(step.column, possible, step.column in restricted)

    # ------------------------------------------------------------------ tokens
    def encode(self, table: pa.Table, seed: int = 0) -> np.ndarray:
        """Rows to ``(N, S)`` tokens, int16 where they fit."""
        parts = []
        raw = self.learned_columns(table)
        for name, column in self.modelled.items():
            if column.path:
                tokens = column.encode(raw[name], numpy_stream(seed, "encode", name))
                parts.append(tokens.astype(np.int16) if tokens.max(initial=0) < 2**15 else tokens)
        return np.concatenate(parts, axis=1) if parts else np.zeros((table.num_rows, 0), np.int16)

    def learned_columns(self, table: pa.Table) -> dict[str, pa.Array]:
        """What has tokens, of a table's rows: its columns, and what is learned in place of some."""
        columns = {name: joined(table.column(name)) for name in self.names}
        for step in self.steps:
            columns |= step.teach(columns)
        return {name: columns[name] for name in self.modelled}

    def decode(
        self,
        tokens_NS: np.ndarray,
        seed: int,
        start: int = 0,
        within: Within | None = None,
        known: pa.Table | None = None,
        taken: Taken | None = None,
    ) -> pa.Table:
        """``(N, S)`` tokens to rows, in the columns' order and physical types.

        Args:
            tokens_NS: drawn by a generator.
            seed: of the places inside cells.
            start: rows of this sampling that came before.
            within: conditions that every row keeps (``synthgen.conditions.bind``), as its tokens can.
            known: cells that are there already and stay as they are; what is null in it is filled.
            taken: what unique columns gave in those rows; this call adds its own. None: the rows stand alone.

        Raises:
            ConfigError: a unique column has no value left.
        """
        restricted = {} if within is None else within.restrictions
        chains = [] if within is None else within.chains
        out: dict[str, pa.Array] = {}
        paths: dict[str, np.ndarray] = {}
        at, n_rows = 0, len(tokens_NS)
        tail = numpy_stream(seed, "tail", start).random(n_rows)
        there = {} if known is None else {name: joined(known[name]) for name in known.column_names}
        for name, column in self.modelled.items():
            width = len(column.path)
            paths[name] = tokens_NS[:, at : at + width]
            at += width
            if name in there and not there[name].null_count:
                out[name] = there[name]  # nothing is left to draw
                continue
            rng = numpy_stream(seed, "decode", name, start)
            out[name] = column.decode(paths[name], rng, start, tail, restricted.get(name))
        for chain in chains:
            tokens = {name: self.modelled[name].plain(paths[name]) for name in chain.learned}
            out |= chain.decode(tokens, numpy_stream(seed, "decode", *chain.learned, start))
        out |= {name: pc.coalesce(there[name], out[name]) for name in out.keys() & there.keys()}
        held = {} if within is None else within.held
        for name, allowed in self.allowed(there).items():
            vocabulary = vocabulary_of(self.modelled[name].type)
            assert vocabulary is not None
            out[name] = allowed.redrawn(out[name], *vocabulary[:2], numpy_stream(seed, "agree", name, start))
        rows = Rows(out, n_rows, seed, start, taken, there, restricted, held)
        for step in self.steps:
            step.restore(rows)
        made = pa.table([out[name] for name in self.names], names=self.names)
        for name, finish in self.finishing.items():
            new_N = np.asarray(made.column(name).is_valid())
            if name in there:
                new_N = new_N & ~np.asarray(there[name].is_valid())
            if new_N.any():
                written = finish(made, new_N, derived_seed(seed, "finish", name, start))
                made = made.set_column(self.names.index(name), name, written)
        return made

    def layout(self, tokens_NS: np.ndarray | None = None) -> Layout:
        """The slots of a row; token counts from training tokens, all one without them."""
        slots: list[RowSlot] = []
        target: tuple[int, ...] = ()
        context: list[int] = []
        learned_target = None if self.target is None else self.source_of(self.target).learned
        given = {self.source_of(name).learned for name in self.context}
        for number, (name, column) in enumerate(self.modelled.items()):
            first = len(slots)
            path = column.path
            for level, (slot, missing, none) in enumerate(path):
                size = slot.size + (missing is not None) + (none is not None)
                places = np.full(size, np.nan)
                if slot.places is not None:
                    places[: slot.size] = slot.places
                earlier = tuple(range(first, first + level))
                at = first + level
                counts = np.ones(size) if tokens_NS is None else np.bincount(tokens_NS[:, at], minlength=size)
                slots.append(
                    RowSlot(
                        number,
                        f"{name}:{slot.name}",
                        level,
                        size,
                        places,
                        counts,
                        earlier,
                        _follow(slot, path[:level], none),
                        missing,
                        none,
                    )
                )
            if name == learned_target:
                target = tuple(range(first, len(slots)))
            elif name in given:
                context += range(first, len(slots))
        return Layout(tuple(slots), target, tuple(context))

    def token_names(self) -> list[list[str]]:
        """What each token of each slot stands for, slot by slot; from the vocabularies alone."""
        names = []
        for column in self.modelled.values():
            for level, (slot, missing, none) in enumerate(column.path):
                plain = column.type.token_names(level) if column.type.slots else ["present"]
                assert len(plain) == slot.size
                names.append(plain + ["missing"] * (missing is not None) + ["does not apply"] * (none is not None))
        return names

    # ------------------------------------------------------------------ disk
    def state(self) -> dict[str, Any]:
        """All of it in JSON types."""
        return {
            "target": self.target,
            **({"context": self.context} if self.context else {}),
            "schema": self.schema.model_dump(),
            "columns": {
                name: {
                    "type": c.type.name,
                    "physical": type_name(c.physical),
                    "missing": c.missing,
                    "state": c.type.state(),
                }
                for name, c in self.modelled.items()
            },
            "steps": [{"kind": step.kind, **step.state()} for step in self.steps],
        }

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Codec:
        """The codec again.

        Raises:
            RunError: the state is not one that ``state`` wrote.
        """
        try:
            codec = cls(Schema.model_validate(state["schema"]), state["target"], state.get("context", []))
            for name, c in state["columns"].items():
                kind = column_type(c["type"]).from_state(c["state"])
                codec.modelled[name] = Modelled(kind, named_type(c["physical"]), c["missing"])
            if "steps" in state:
                codec.steps = [step_from_state(one) for one in state["steps"]]
            else:
                codec.steps = in_order(steps_of_format_3(state, codec.schema))
            codec._bind()
        except (KeyError, TypeError, IndexError, ValueError, pa.ArrowException) as error:
            raise RunError(
                f"codec.json: is damaged ({type(error).__name__}). Restore the folder or fit again"
            ) from error
        return codec


def _is_large(kind: str, values: pa.Array) -> bool:
    """Whether a column's values are told apart by the company they keep, so that it is fitted after the others."""
    return kind in ("categorical", "tags") and (
        pa.types.is_nested(values.type) or len(pc.unique(values)) > COMPANY_TOKENS
    )


def _follow(slot: Slot, earlier: list[tuple[Slot, int | None, int | None]], none: int | None) -> np.ndarray | None:
    """How many plain tokens may follow each path so far, its missing and *not applicable* tokens included."""
    if not earlier or (slot.children is None and none is None):
        return None
    sizes = [s.size + (missing is not None) + (gone is not None) for s, missing, gone in earlier]
    follow = np.zeros(sizes, np.int64)
    plain = tuple(np.s_[: s.size] for s, _, _ in earlier)
    follow[plain] = slot.size if slot.children is None else slot.children
    return follow
