"""Columns learned as one label: flags of which one is true, and combinations of values that occur."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from functools import partial
from typing import Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthgen.columns.boolean import Boolean
from synthgen.columns.holders import counted
from synthgen.columns.keeping import Ask, Keeping, Laid, about_values, keeping_of, said
from synthgen.columns.one_hot import flags_of, spelling_of
from synthgen.columns.physical import named_type, type_name
from synthgen.columns.relations import as_json, from_json
from synthgen.columns.rules.base import Fitting, Rows, Source, Step
from synthgen.columns.wanted import Clause, contradiction
from synthgen.errors import ConditionError, DataError
from synthgen.seeding import numpy_stream

NONE = "(missing)"


class Labelled(Step):
    """Columns that one label stands for.

    Attributes:
        label: learned in their place.
    """

    label: str

    @property
    def reads(self) -> tuple[str, ...]:
        return (self.label,)

    @property
    def labels(self) -> dict[str, str]:
        return {self.label: "categorical"}

    @abstractmethod
    def parts(self, labels: pa.Array) -> dict[str, pa.Array]:
        """What each column holds beside each label."""

    def tells(self, learned: str, values: pa.Array) -> dict[str, pa.Array]:
        return self.parts(values) if learned == self.label else {}

    def restore(self, rows: Rows) -> None:
        for name, values in self.parts(rows.out[self.label]).items():
            rows.put(name, values)

    def lay(self, wanted: Mapping[str, list[Clause]], ask: Ask) -> Laid:
        """The labels whose parts keep the conditions."""
        laid = Laid()
        for name, clauses in wanted.items():
            laid.keeps[name] = keeping = self._keeping(name, clauses, ask)
            judge = partial(self._keeps, name, keeping)
            laid.onto.append((self.label, Clause("judged", (judge,), said=said(name, clauses))))
        return laid

    def _keeps(self, name: str, keeping: Keeping, labels: pa.Array) -> np.ndarray:
        """``(N,)`` whether what a column holds beside each label keeps what is asked of it."""
        return keeping(self.parts(labels)[name])

    @abstractmethod
    def _keeping(self, name: str, clauses: list[Clause], ask: Ask) -> Keeping:
        """Whether cells of one of its columns keep the clauses."""

    def source(self, name: str) -> Source | None:
        return Source("label", self.label) if name in self.makes else None


class Flags(Labelled):
    """Flags of which one is true.

    Args:
        label: learned in their place.
        spelling: how each says yes and no.
        common: where one of them has to be true, the one taken for rows that have none.
    """

    kind = "one_hot"

    def __init__(self, label: str, spelling: dict[str, Boolean], common: str | None) -> None:
        self.label, self.spelling, self.common = label, spelling, common

    @classmethod
    def fit(cls, fitting: Fitting) -> list[Self]:
        steps = []
        for group in fitting.schema.one_hot:
            if not set(group.columns) <= set(fitting.learned):
                continue
            label = fitting.free_name(f"{group.columns[0]} and {len(group.columns) - 1} more")
            spelling = {
                name: spelling_of(fitting.columns[name].drop_null(), fitting.min_holders) for name in group.columns
            }
            step = cls(label, spelling, None)
            which = step.teach(fitting.columns)[label]
            if group.exactly:
                counts = pc.value_counts(which.filter(pc.not_equal(which, "")))
                if not len(counts):
                    raise DataError(f"{group.text}: none of them is true in any row. Take the rule out")
                step.common = counts.field(0)[int(np.argmax(counts.field(1)))].as_py()
                which = step.teach(fitting.columns)[label]
            fitting.teach(label, "categorical", which, group.columns)
            steps.append(step)
        return steps

    @property
    def makes(self) -> tuple[str, ...]:
        return tuple(self.spelling)

    def teach(self, columns: Mapping[str, pa.Array]) -> dict[str, pa.Array]:
        """The name of the true column, or an empty text where none is; a missing cell is not true."""
        numbers = np.full(len(columns[next(iter(self.spelling))]), len(self.spelling))
        for number, name in enumerate(self.spelling):
            numbers[self._is_true(name, columns[name])] = number
        which = pa.array([*self.spelling, ""]).take(pa.array(numbers))
        if self.common is not None:
            which = pc.if_else(pc.equal(which, ""), self.common, which)
        return {self.label: which}

    def _is_true(self, name: str, values: pa.Array) -> np.ndarray:
        found = np.asarray(values.is_valid())
        found[found] = self.spelling[name].encode(values.drop_null(), numpy_stream(0, "one-hot"))[:, 0] == 1
        return found

    def parts(self, labels: pa.Array) -> dict[str, pa.Array]:
        return {
            name: spelling.decode(flags_of(labels, name), numpy_stream(0, "one-hot"), 0)
            for name, spelling in self.spelling.items()
        }

    def there(self, columns: Mapping[str, pa.Array]) -> dict[str, np.ndarray]:
        """A true column decides all; otherwise all of them are needed."""
        whole = np.all([np.asarray(columns[name].is_valid()) for name in self.spelling], axis=0)
        return {self.label: whole | np.any([self._is_true(name, columns[name]) for name in self.spelling], axis=0)}

    def broken(self, columns: Mapping[str, pa.Array]) -> dict[str, np.ndarray]:
        true = {name: self._is_true(name, columns[name]) for name in self.spelling}
        several = np.sum(list(true.values()), axis=0) > 1
        return {name: several & flag for name, flag in true.items()}

    def known_values(self, name: str) -> pa.Array | None:
        if name not in self.spelling:
            return None
        return self.spelling[name].decode(np.array([[0], [1]]), numpy_stream(0, "one-hot"), 0)

    def _keeping(self, name: str, clauses: list[Clause], ask: Ask) -> Keeping:
        if not all(clause.takes_values for clause in clauses):
            raise ConditionError("no cell of it was missing in the training rows, so none can be. Ask for a value")
        asked = about_values(clauses)
        return Keeping.of(clauses, self.spelling[name].restrict(asked).holds if asked else None)

    def state(self) -> dict[str, Any]:
        spelling = {name: one.state() for name, one in self.spelling.items()}
        return {"label": self.label, "spelling": spelling, "common": self.common}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Self:
        spelling = {name: Boolean.from_state(one) for name, one in state["spelling"].items()}
        return cls(state["label"], spelling, state["common"])


class Combined(Labelled):
    """Columns of which only some combinations occur.

    Args:
        label: learned in their place: the values, joined.
        texts: ``(K,)`` the label of each combination that enough rows hold.
        values: ``(K,)`` what each column holds in it.
    """

    kind = "combination"

    def __init__(self, label: str, texts: pa.Array, values: dict[str, pa.Array]) -> None:
        self.label, self.texts, self.values = label, texts, values

    @classmethod
    def fit(cls, fitting: Fitting) -> list[Self]:
        steps = []
        for group in fitting.schema.combinations:
            names = group.columns
            if not set(names) <= set(fitting.learned):
                continue
            kept = counted({n: fitting.columns[n] for n in names}, fitting.unit_N)
            kept = kept.filter(pc.greater_equal(kept["holders"], fitting.min_holders)).combine_chunks()
            if not kept.num_rows:
                who = "rows" if fitting.unit_N is None else "people"
                raise DataError(
                    f"combination of {', '.join(repr(name) for name in names)}: none is held by "
                    f"{fitting.min_holders} {who}, so none can be kept. Take the rule out of schema.json"
                )
            values = {name: _one(kept[name]) for name in names}
            label = fitting.free_name(
                " and ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
            )
            step = cls(label, _joined([_texts(values[name]) for name in names]), values)
            fitting.teach(label, "categorical", step._known(fitting.columns, unknown="rare "), names)
            steps.append(step)
        return steps

    @property
    def makes(self) -> tuple[str, ...]:
        return tuple(self.values)

    def teach(self, columns: Mapping[str, pa.Array]) -> dict[str, pa.Array]:
        return {self.label: self._known(columns)}

    def _known(self, columns: Mapping[str, pa.Array], unknown: str = "") -> pa.Array:
        """``(N,)`` the label of each row; of combinations not kept, an empty text, or another in every row."""
        names = list(self.values)
        n_rows, key = len(columns[names[0]]), np.zeros(len(columns[names[0]]), np.int64)
        known = np.zeros(len(self.texts), np.int64)
        missing = np.zeros(n_rows, bool)
        for name in names:  # each value a digit, and digits of all columns one number
            distinct = self.values[name].unique()
            here = pc.index_in(columns[name], value_set=distinct)
            missing |= np.asarray(here.is_null())
            key = key * len(distinct) + np.asarray(here.fill_null(0))
            known = known * len(distinct) + np.asarray(pc.index_in(self.values[name], value_set=distinct))
            book = np.unique(np.concatenate([known, key]))  # renumbered, so that no product overflows
            key, known = np.searchsorted(book, key), np.searchsorted(book, known)
        order = np.argsort(known)
        at = order[np.minimum(np.searchsorted(known[order], key), len(known) - 1)]
        lost = missing | (known[at] != key)
        found = self.texts.take(pa.array(at))
        if not lost.any():
            return found
        strange = pa.array([f"{unknown}{i}" if unknown else "" for i in range(int(lost.sum()))], pa.string())
        return pc.replace_with_mask(found, pa.array(lost), strange)

    def parts(self, labels: pa.Array) -> dict[str, pa.Array]:
        at = pc.index_in(labels, value_set=self.texts)
        return {name: values.take(at) for name, values in self.values.items()}

    def there(self, columns: Mapping[str, pa.Array]) -> dict[str, np.ndarray]:
        whole = np.all([np.asarray(columns[name].is_valid()) for name in self.values], axis=0)
        return {self.label: whole & np.asarray(pc.is_in(self._known(columns), value_set=self.texts))}

    def broken(self, columns: Mapping[str, pa.Array]) -> dict[str, np.ndarray]:
        known = [np.asarray(pc.is_in(columns[n], value_set=v.drop_null().unique())) for n, v in self.values.items()]
        strange: np.ndarray = np.all(known, axis=0) & ~self.there(columns)[self.label]
        return dict.fromkeys(self.values, strange)

    def known_values(self, name: str) -> pa.Array | None:
        return self.values[name].unique() if name in self.values else None

    def _keeping(self, name: str, clauses: list[Clause], ask: Ask) -> Keeping:
        keeping = keeping_of(clauses, self.values[name], ask.kind(name), ask.decimal(name))
        if not keeping(self.values[name]).any():
            raise contradiction(clauses)
        return keeping

    def state(self) -> dict[str, Any]:
        values = {name: [type_name(part.type), as_json(part)] for name, part in self.values.items()}
        return {"label": self.label, "texts": self.texts.to_pylist(), "values": values}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Self:
        values = {name: from_json(part, named_type(kind)) for name, (kind, part) in state["values"].items()}
        return cls(state["label"], pa.array(state["texts"], pa.string()), values)


def _one(values: pa.ChunkedArray) -> pa.Array:
    whole = values.combine_chunks()
    return pa.concat_arrays(whole.chunks) if isinstance(whole, pa.ChunkedArray) else whole


def _texts(values: pa.Array) -> list[str]:
    return [NONE if value is None else str(value) for value in values.to_pylist()]


def _joined(columns: list[list[str]]) -> pa.Array:
    """``(K,)`` one text for each combination, all different and none empty."""
    seen: set[str] = set()
    texts = []
    for parts in zip(*columns, strict=True):
        text = ", ".join(parts)
        while text in seen or not text:
            text += "'"
        seen.add(text)
        texts.append(text)
    return pa.array(texts, pa.string())
