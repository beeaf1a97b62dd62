"""The codec: a whole table <-> one matrix of tokens, rows x slots.

Column types see present values only; what a column type never sees is handled here: missing cells
(a token like any other), constant and empty columns, columns tied one-to-one, computed columns.

Letters: N rows, S slots, P slots of one column's path.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthgen.columns import column_type
from synthgen.columns.base import NOT_APPLICABLE, ColumnType, FitContext, Slot
from synthgen.columns.boolean import Boolean
from synthgen.columns.formulas import compute, read_numbers
from synthgen.columns.number_text import NumberFormat, learn_format, parse_numbers
from synthgen.columns.numeric import Numeric
from synthgen.columns.one_hot import flags_of, spelling_of, which_is_true
from synthgen.columns.physical import named_type, type_name
from synthgen.columns.relations import TieMap
from synthgen.columns.restrictions import Restriction, Within
from synthgen.errors import DataError, RunError
from synthgen.layout import Layout, RowSlot
from synthgen.seeding import numpy_stream
from synthgen.table.schema import SPECIAL_TYPES, ColumnSchema, Formula, OneHot, Schema
from synthgen.table.table import joined

COMPANY_COLUMNS = 12
"""So many small columns tell a large category's values apart."""
COMPANY_TOKENS = 64
"""A column with more first tokens than this is no company."""


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
        plain = tokens[present].astype(np.int32)
        for level, (_, _, none) in enumerate(path):
            if none is not None:
                plain[plain[:, level] == none, level] = NOT_APPLICABLE
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


class Codec:
    """A table's columns, fitted. Build it with ``Codec.fit`` or ``Codec.from_state``.

    Attributes:
        schema: what each column means.
        names: all columns in order.
        modelled: columns with tokens or regenerated values, by name.
        constants: what the columns without tokens hold in every row, as one-element arrays.
        ties: per tied column, the column it follows and the map.
        formulas: computed columns, in the order of computing.
    remainders: columns that add up to a constant; what is wanting goes to the largest of them.
    one_hot: labels learned in place of boolean columns, each with its columns and their spelling.
    """

    def __init__(self, schema: Schema, target: str | None) -> None:
        self.schema, self.target = schema, target
        self.names = [c.name for c in schema.columns if c.type != "drop"]
        self.modelled: dict[str, Modelled] = {}
        self.constants: dict[str, pa.Array] = {}
        self.ties: dict[str, tuple[str, TieMap]] = {}
        self.formulas: list[tuple[Formula, NumberFormat]] = []
        self.remainders: list[Formula] = []
        self.one_hot: dict[str, dict[str, Boolean]] = {}

    @classmethod
    def fit(
        cls, table: pa.Table, schema: Schema, *, target: str | None = None, min_holders: int = 5, seed: int = 0
    ) -> Codec:
        """Learn every column.

        Args:
            table: training rows.
            schema: one entry per column of the table.
            target: drawn last.
            min_holders: a value needs so many rows to enter a vocabulary.
            seed: of clusters and made-up words.

        Raises:
            DataError: a value does not belong to its column's type.
        """
        codec = cls(schema, target)
        if target is not None:
            schema.column(target)
        columns = {name: joined(table.column(name)) for name in codec.names}
        tied = {name: tie.columns[0] for tie in schema.ties for name in tie.columns[1:] if name in columns}
        formulas = [f for f in schema.formulas if {f.column, *f.inputs} <= columns.keys()]
        remainders = [f for f in formulas if f.operation == "complement"]
        formulas = [f for f in formulas if f not in remainders]
        computed = {formula.column for formula in formulas}
        for name in codec.names:
            if schema.column(name).type in SPECIAL_TYPES or columns[name].null_count == len(columns[name]):
                codec.constants[name] = _constant(columns[name], schema.column(name).type, min_holders)
        company: list[np.ndarray] = []
        restored = tied.keys() | computed | codec.constants.keys()
        learned = [name for name in codec.names if name not in restored]
        for group in schema.one_hot:
            if set(group.columns) <= set(learned):
                label = _label(group, codec.names)
                columns[label] = which_is_true(table, group)
                codec.one_hot[label] = {name: spelling_of(columns[name], min_holders) for name in group.columns}
                learned[learned.index(group.columns[0])] = label
                learned = [name for name in learned if name not in group.columns]
        kinds = {c.name: c.type for c in schema.columns} | dict.fromkeys(codec.one_hot, "categorical")
        for name in sorted(learned, key=lambda name: _is_large(kinds[name], columns[name])):
            fitted = codec._fit_column(name, columns[name], company, min_holders, seed)
            codec.modelled[name] = fitted
            if len(company) < COMPANY_COLUMNS and fitted.path and fitted.path[0][0].size <= COMPANY_TOKENS:
                company.append(fitted.encode(columns[name], numpy_stream(seed, "company", name))[:, 0])
        codec.modelled = {name: codec.modelled[name] for name in learned}
        codec.remainders = [f for f in remainders if {f.column, *f.inputs} <= codec.modelled.keys()]
        for name, leader in tied.items():
            codec.ties[name] = (leader, TieMap.fit(columns[leader], columns[name], min_holders))
        for formula in formulas:
            values = columns[formula.column].drop_null()
            decimal = schema.column(formula.column).options.get("decimal", ".")
            codec.formulas.append((formula, learn_format(values, parse_numbers(values, decimal), decimal)))
        return codec

    def _fit_column(
        self, name: str, values: pa.Array, company: list[np.ndarray], min_holders: int, seed: int
    ) -> Modelled:
        column = ColumnSchema(name=name, type="categorical") if name in self.one_hot else self.schema.column(name)
        kind = column_type(column.type, f"schema: {name}.type")
        present = values.drop_null()
        valid = np.asarray(values.is_valid())
        beside = np.stack([c[valid] for c in company], 1) if company else np.zeros((len(present), 0), np.int32)
        context = FitContext(numpy_stream(seed, "fit", name), min_holders, len(values), beside)
        try:
            fitted = kind.fit(present, column.options, context)
        except DataError as error:
            raise DataError(f"column {name!r}: {error}") from None
        return Modelled(fitted, values.type, values.null_count > 0)

    # ------------------------------------------------------------------ tokens
    def encode(self, table: pa.Table, seed: int = 0) -> np.ndarray:
        """Rows to ``(N, S)`` tokens, int16 where they fit."""
        parts = []
        for name, column in self.modelled.items():
            if column.path:
                values = self._raw(table, name)
                tokens = column.encode(values, numpy_stream(seed, "encode", name))
                parts.append(tokens.astype(np.int16) if tokens.max(initial=0) < 2**15 else tokens)
        return np.concatenate(parts, axis=1) if parts else np.zeros((table.num_rows, 0), np.int16)

    def _raw(self, table: pa.Table, name: str) -> pa.Array:
        """A learned column of a table."""
        if name in self.one_hot:
            return which_is_true(table, OneHot(columns=list(self.one_hot[name])))
        return joined(table.column(name))

    def decode(
        self,
        tokens_NS: np.ndarray,
        seed: int,
        start: int = 0,
        within: Within | None = None,
        known: pa.Table | None = None,
    ) -> pa.Table:
        """``(N, S)`` tokens to rows, in the columns' order and physical types.

        Args:
            tokens_NS: drawn by a generator.
            seed: of the places inside cells.
            start: rows of this sampling that came before.
            within: conditions that every row keeps (``synthgen.conditions.bind``), as its tokens can.
            known: cells that are there already and stay as they are; what is null in it is filled.
        """
        restricted = {} if within is None else within.restrictions
        out: dict[str, pa.Array] = {}
        at, n_rows = 0, len(tokens_NS)
        tail = numpy_stream(seed, "tail", start).random(n_rows)
        for name, column in self.modelled.items():
            width, rng = len(column.path), numpy_stream(seed, "decode", name, start)
            drawn = column.decode(tokens_NS[:, at : at + width], rng, start, tail, restricted.get(name))
            out[name] = _keep(known, name, drawn)
            at += width
        for label, members in self.one_hot.items():
            for name, spelling in members.items():
                out[name] = _keep(known, name, spelling.decode(flags_of(out[label], name), numpy_stream(seed), start))
        for formula in self.remainders:
            self._fill_up(formula, out, restricted.keys(), known)
        for name, value in self.constants.items():
            out[name] = _keep(known, name, value.take(pa.array(np.zeros(n_rows, np.int64))))
        for name, (leader, tie) in self.ties.items():
            out[name] = _keep(known, name, tie.restore(out[leader]))
        for formula, text in self.formulas:
            inputs = {name: read_numbers(out[name], self.decimal(name)) for name in formula.inputs}
            result = compute(formula, {k: np.zeros(n_rows) if v is None else v for k, v in inputs.items()})
            gone = ~np.isfinite(result)
            values = text.write(text.tidy(np.where(gone, 0.0, result)))
            values = values.take(pa.array(np.arange(n_rows), mask=gone)) if gone.any() else values
            out[formula.column] = _keep(known, formula.column, values)
        return pa.table([out[name] for name in self.names], names=self.names)

    def _fill_up(
        self, formula: Formula, out: dict[str, pa.Array], fixed: Collection[str], known: pa.Table | None
    ) -> None:
        """Make columns add up to their total: the largest takes what is wanting, then the next, within their bounds.

        Columns under a condition, and cells that are known, stay as they are.
        """
        kinds = {name: self.modelled[name].type for name in (*formula.inputs, formula.column)}
        numeric = {name: kind for name, kind in kinds.items() if isinstance(kind, Numeric)}
        read = [read_numbers(out[name], self.decimal(name)) for name in numeric]
        if len(numeric) < len(kinds) or any(x is None for x in read):
            return
        x_NK = np.stack(read, 1)  # type: ignore[arg-type]
        whole_N = np.isfinite(x_NK).all(1)
        bounds = np.array([kind.bounds for kind in numeric.values()])
        wanting_N = np.where(whole_N, formula.total - x_NK.sum(1), 0.0)
        order_NK = np.argsort(-np.nan_to_num(np.abs(x_NK)), axis=1, kind="stable")
        rows_N = np.arange(len(x_NK))
        free_NK = np.stack([np.full(len(x_NK), name not in fixed) for name in numeric], 1)
        if known is not None:
            free_NK &= np.stack([np.asarray(joined(known[name]).is_null()) for name in numeric], 1)
        for k_N in order_NK.T:
            old_N = x_NK[rows_N, k_N]
            new_N = np.where(free_NK[rows_N, k_N], np.clip(old_N + wanting_N, *bounds[k_N].T), old_N)
            x_NK[rows_N, k_N] = new_N
            wanting_N = wanting_N - np.nan_to_num(new_N - old_N)
        for (name, kind), x_N in zip(numeric.items(), x_NK.T, strict=True):
            if name in fixed:
                continue
            values = kind.text.write(kind.text.tidy(np.where(whole_N, x_N, 0.0)))
            out[name] = _keep(known, name, pc.if_else(pa.array(whole_N), values, out[name]))

    def decimal(self, name: str) -> str:
        """The decimal mark of a column."""
        return str(self.schema.column(name).options.get("decimal", "."))

    def layout(self, tokens_NS: np.ndarray | None = None) -> Layout:
        """The slots of a row; token counts from training tokens, all one without them."""
        slots: list[RowSlot] = []
        target: tuple[int, ...] = ()
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
            if name == self.target:
                target = tuple(range(first, len(slots)))
        return Layout(tuple(slots), target)

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
            "constants": {
                name: {"physical": type_name(v.type), "value": pc.cast(v, pa.string()).to_pylist()[0]}
                for name, v in self.constants.items()
            },
            "ties": {name: {"leader": leader, "map": tie.state()} for name, (leader, tie) in self.ties.items()},
            "formulas": [{"formula": f.model_dump(), "text": text.state()} for f, text in self.formulas],
            "remainders": [f.model_dump() for f in self.remainders],
            "one_hot": {label: {name: b.state() for name, b in group.items()} for label, group in self.one_hot.items()},
        }

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Codec:
        """The codec again.

        Raises:
            RunError: the state is not one that ``state`` wrote.
        """
        try:
            codec = cls(Schema.model_validate(state["schema"]), state["target"])
            for name, c in state["columns"].items():
                kind = column_type(c["type"]).from_state(c["state"])
                codec.modelled[name] = Modelled(kind, named_type(c["physical"]), c["missing"])
            for name, c in state["constants"].items():
                codec.constants[name] = pa.array([c["value"]], pa.string()).cast(named_type(c["physical"]))
            for name, tie in state["ties"].items():
                codec.ties[name] = (tie["leader"], TieMap.from_state(tie["map"]))
            for f in state["formulas"]:
                codec.formulas.append((Formula.model_validate(f["formula"]), NumberFormat.from_state(f["text"])))
            codec.remainders = [Formula.model_validate(f) for f in state.get("remainders", [])]
            for label, group in state.get("one_hot", {}).items():
                codec.one_hot[label] = {name: Boolean.from_state(b) for name, b in group.items()}
        except (KeyError, TypeError, IndexError, ValueError, pa.ArrowException) as error:
            raise RunError(
                f"codec.json: is damaged ({type(error).__name__}). Restore the folder or fit again"
            ) from error
        return codec


def _keep(known: pa.Table | None, name: str, values: pa.Array) -> pa.Array:
    """Values where nothing is known."""
    if known is None or name not in known.column_names:
        return values
    return pc.coalesce(joined(known[name]), values)


def _label(group: OneHot, taken: list[str]) -> str:
    """A name for a one-hot group that no column has."""
    label = f"{group.columns[0]} and {len(group.columns) - 1} more"
    while label in taken:
        label += "'"
    return label


def _constant(values: pa.Array, kind: str, min_holders: int) -> pa.Array:
    """What a column without tokens holds in every row: one value or nothing."""
    present = values.drop_null()
    if kind == "missing" or len(present) < min_holders:
        return pa.nulls(1, values.type)
    return present[:1]


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
