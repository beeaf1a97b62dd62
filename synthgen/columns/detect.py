"""What each column means: every column type is asked, and the one that fits best gives its reason."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthgen.columns import COLUMN_TYPES, TYPES_BY_NAME, column_type
from synthgen.columns.base import Match, RejectColumn, Sample
from synthgen.columns.number_text import is_text, parse_numbers
from synthgen.columns.rules.find import find_rules
from synthgen.errors import DataError, SchemaError, near_miss
from synthgen.seeding import numpy_stream
from synthgen.table.schema import SPECIAL_TYPES, ColumnSchema, Schema

SAMPLE_VALUES = 100_000
"""Present values that detection looks at."""

_FEW_LABELS = 10  # a target of so many whole numbers is a label rather than a quantity
_MOSTLY_NUMBERS = 0.9
_MANY_NUMBERS = 20  # different ones: with fewer, a column of numbers and words is a list of labels
_BETWEEN_NUMBERS = ("|", ";")
_ROWS_SHOWN = 5
_TARGET_TYPES = ("boolean", "numeric", "categorical")


def detect_schema(
    table: pa.Table,
    *,
    target: str | None = None,
    overrides: dict[str, dict[str, Any]] | None = None,
    min_holders: int = 5,
    seed: int = 0,
    decimal: str = ".",
    relations: bool = True,
    folder: str | None = None,
) -> Schema:
    """The schema of a raw table.

    Args:
        table: columns as read: strings from a CSV, missing marks already null.
        target: the column to predict: always a label or a number.
        overrides: ``{"type": ..., "options": {...}}`` by column name, what the user knows better.
        min_holders: a value needs so many rows to be kept.
        seed: draws the values that are looked at.
        decimal: the file's decimal mark, for text that could be read both ways.
        relations: whether to look for rules too, such as ties, formulas and orders.
        folder: where the table's file is, for columns of paths relative to it.

    Raises:
        DataError: a column that no type can take, of mixed numbers and words, or with infinities; a target
            without a value.
        SchemaError: an override or the target names a column or type that is not there.

    Example:
        >>> rows = pa.table({"zip": ["01067", "10115"] * 20, "sold": ["yes", "no"] * 20})
        >>> [(column.name, column.type) for column in detect_schema(rows).columns]
        [('zip', 'categorical'), ('sold', 'boolean')]
    """
    overrides = overrides or {}
    for what, names in (("target", [target] if target is not None else []), ("schema", list(overrides))):
        for name in names:
            if name not in table.column_names:
                raise SchemaError(f"{what}: no column {name!r}; {near_miss(name, table.column_names)}")
    columns = []
    for name in table.column_names:
        found = _Finder(name, table[name], min_holders, seed, decimal, name == target, folder)
        columns.append(_overridden(found, overrides[name]) if name in overrides else found.column())
    schema = Schema(columns=columns)
    if relations:
        find_rules(table, schema, target=target, min_holders=min_holders, decimal=decimal)
    return schema


def _overridden(found: _Finder, override: dict[str, Any]) -> ColumnSchema:
    """What the user says; what is left open is detected."""
    name = found.name
    if strange := [key for key in override if key not in ("type", "options", "reason", "name")]:
        raise SchemaError(f"schema: {name}.{strange[0]}: no such key; {near_miss(strange[0], ['type', 'options'])}")
    options = dict(override.get("options") or {})
    if "type" not in override:
        column = found.column()
        return column.model_copy(update={"options": column.options | options})
    kind = str(override["type"])
    if kind not in SPECIAL_TYPES:
        column_type(kind, f"schema: {name}.type")
    if found.is_target and kind not in _TARGET_TYPES:
        raise SchemaError(
            f"schema: {name}.type: the target cannot be of type {kind!r}; expected boolean, categorical or numeric"
        )
    return ColumnSchema(
        name=name, type=kind, reason=str(override.get("reason") or "as the schema says"), options=options
    )


class _Finder:
    """Finds the type of one column."""

    def __init__(
        self,
        name: str,
        values: pa.ChunkedArray,
        min_holders: int,
        seed: int,
        decimal: str,
        is_target: bool,
        folder: str | None,
    ) -> None:
        self.name, self.is_target = name, is_target
        self._all, self._min_holders, self._decimal = values, min_holders, decimal
        n_present = len(values) - values.null_count
        present = values.drop_null()
        if n_present > SAMPLE_VALUES:
            rng = numpy_stream(seed, "detect", name)
            present = present.take(pa.array(np.sort(rng.choice(n_present, SAMPLE_VALUES, replace=False))))
        whole = present.combine_chunks()
        if isinstance(whole, pa.ChunkedArray):
            whole = pa.array([], values.type)
        self._sample = Sample(name, whole, len(values), values.null_count, min_holders, folder)

    def column(self) -> ColumnSchema:
        """The column's type and why."""
        plain = self._plain()
        if plain is not None:
            return plain
        answers = self._answers(self._sample)
        if self.is_target:
            answers = self._for_target(answers)
        if not answers:
            answers = self._last_resort()
        kind, match = max(answers.items(), key=lambda answer: answer[1].score)
        if kind == "numeric":
            self._refuse_infinities()
        elif kind in ("categorical", "text"):
            if (lists := self._lists_of_numbers()) is not None:
                return ColumnSchema(name=self.name, type="tags", reason=lists.reason, options=lists.options)
            self._refuse_mixed()
        return ColumnSchema(name=self.name, type=kind, reason=match.reason, options=match.options)

    def _plain(self) -> ColumnSchema | None:
        """A column that needs no type: nothing in it, too little, or one value."""
        n_present, n_rows = len(self._all) - self._all.null_count, len(self._all)
        if n_present == 0 and self.is_target:
            raise DataError(
                f"column {self.name!r}: all {n_rows} rows are missing; a target needs values. Choose another target"
            )
        if n_present == 0:
            return ColumnSchema(name=self.name, type="missing", reason="no value in any row")
        if (
            pa.types.is_nested(self._all.type)
            or len(self._sample.distinct[0]) > 1
            or len(self._all.drop_null().unique()) > 1
        ):
            return None
        if n_present < self._min_holders:
            few = f"{n_present} rows have a value, {self._min_holders} are needed to keep it"
            return ColumnSchema(name=self.name, type="missing", reason=few)
        reason = "one value in all rows" if n_present == n_rows else f"one value, in {n_present:,} of {n_rows:,} rows"
        return ColumnSchema(name=self.name, type="constant", reason=reason)

    def _answers(self, sample: Sample) -> dict[str, Match]:
        """What the types that say yes answer."""
        answers = {}
        for kind in COLUMN_TYPES:
            try:
                answers[kind.name] = kind.matches(sample)
            except (RejectColumn, pa.ArrowNotImplementedError):  # Arrow cannot even count lists
                continue
        if "numeric" not in answers and self._decimal == "," and sample.is_text:
            answers |= self._with_decimal_comma(sample)
        return answers

    def _with_decimal_comma(self, sample: Sample) -> dict[str, Match]:
        """Numbers whose commas could separate thousands, in a file that says that they do not."""
        if not pc.any(pc.match_substring(sample.values, ",")).as_py():
            return {}
        dotted = replace(sample, values=pc.replace_substring(sample.values, ",", "."))
        try:
            match = TYPES_BY_NAME["numeric"].matches(dotted)
        except RejectColumn:
            return {}
        return {"numeric": replace(match, options=match.options | {"decimal": ","})}

    def _for_target(self, answers: dict[str, Match]) -> dict[str, Match]:
        """The answers that a target may have: a label or a number."""
        if pa.types.is_nested(self._all.type):
            raise DataError(
                f"column {self.name!r}: values of type {self._all.type}; a target is a label or a number. "
                "Choose another target"
            )
        allowed = {kind: match for kind, match in answers.items() if kind in _TARGET_TYPES}
        n = len(self._sample.distinct[0])
        if "boolean" in allowed:
            return {"boolean": allowed["boolean"]}
        if "categorical" in allowed and ("numeric" not in allowed or n <= _FEW_LABELS):
            return {"categorical": replace(allowed["categorical"], reason=f"the target, {n:,} different labels")}
        if "numeric" in allowed:
            return {"numeric": allowed["numeric"]}
        numbers = parse_numbers(self._sample.values)
        if n > _MANY_NUMBERS and np.isfinite(numbers).all():
            return {"numeric": Match(1.0, f"the target, {n:,} different numbers")}
        return {"categorical": Match(1.0, f"the target, {n:,} different labels")}

    def _last_resort(self) -> dict[str, Match]:
        """Text takes all strings, numeric all numbers."""
        kind = self._sample.values.type
        if is_text(kind):
            return {"text": Match(0.1, "text of no known form")}
        if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
            return {"numeric": Match(0.1, "numbers of no known form")}
        raise DataError(
            f"column {self.name!r}: values of type {kind}; expected text, numbers, true/false, dates or lists. "
            "Leave the column out, or set its type to 'drop' in schema.json"
        )

    def _refuse_infinities(self) -> None:
        kind = self._all.type
        if not (pa.types.is_floating(kind) or is_text(kind)):
            return
        try:
            numbers = self._all.cast(pa.float64(), safe=False)  # several times faster than looking at the text
        except pa.ArrowInvalid:
            numbers = pa.chunked_array([parse_numbers(chunk, self._decimal) for chunk in self._all.chunks])
        rows = np.flatnonzero(pc.is_inf(numbers).fill_null(False).to_numpy())
        if len(rows):
            raise DataError(
                f"column {self.name!r}: {len(rows)} infinite values ({_rows(rows)}); expected finite numbers. "
                "Correct them, or name them as missing marks with --missing"
            )

    def _lists_of_numbers(self) -> Match | None:
        """Lists of whole numbers, most of them of one member, such as keys of who is mentioned; else None."""
        values, _ = self._sample.distinct
        if self.is_target or not is_text(values.type) or len(values) <= _MANY_NUMBERS:
            return None
        for separator in _BETWEEN_NUMBERS:
            sign = re.escape(separator)
            lists = pc.match_substring_regex(values, rf"^\s*[0-9]+(\s*{sign}\s*[0-9]+)*\s*$")
            if pc.all(lists).as_py() and pc.any(pc.match_substring(values, separator)).as_py():
                return Match(1.0, f"lists of whole numbers parted by {separator!r}", {"separator": separator})
        return None

    def _refuse_mixed(self) -> None:
        """A column of numbers with some words among them, which are most likely missing marks."""
        values, counts = self._sample.distinct
        if not is_text(values.type):
            return
        numbers = np.isfinite(parse_numbers(values, self._decimal))
        share = counts[numbers].sum() / counts.sum()
        if not _MOSTLY_NUMBERS <= share < 1 or numbers.sum() <= _MANY_NUMBERS:
            return
        of_numbers = self._sample.values.filter(pc.is_in(self._sample.values, values.filter(pa.array(numbers))))
        answers = self._answers(replace(self._sample, values=of_numbers))
        if not answers or max(answers, key=lambda kind: answers[kind].score) != "numeric":
            return
        present = self._all.is_valid().to_numpy()
        words = present & ~np.isfinite(np.concatenate([parse_numbers(c, self._decimal) for c in self._all.chunks]))
        raise DataError(
            f"column {self.name!r}: {int(words.sum())} of {int(present.sum())} values are not numbers "
            f"({_rows(np.flatnonzero(words))}), the others are; expected one kind. Name what stands for a missing "
            "value with --missing, or set the column's type to 'categorical' in schema.json"
        )


def _rows(rows: Sequence[int] | np.ndarray) -> str:
    """Data rows for an error, counted from 1: the first few."""
    shown = ", ".join(str(int(row) + 1) for row in rows[:_ROWS_SHOWN])
    return f"row {shown}" if len(rows) == 1 else f"rows {shown}" + (", ..." if len(rows) > _ROWS_SHOWN else "")
