"""Public catalogues: what is known of items for nothing, and which items rows of people take.

Letters: I items, A facts of an item, N rows.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from synthgen.columns.number_text import parse_numbers
from synthgen.linked.schema import LinkedSchema
from synthgen.linked.taking import take
from synthgen.table.schema import ColumnSchema
from synthgen.table.table import Table

MOST_FACTS = 2
"""Columns of an item that rows are told of."""
MOST_LABELS = 15
STEPS = 6
COMMON = 0.03
"""Of the items, the share that a tag needs to stand for those that bear it."""
CLASSES = 5
"""Of items by how often they are taken."""


@dataclass(frozen=True)
class Catalogue:
    """Items, and facts of them as small numbers.

    Attributes:
        keys: the key columns.
        fact_IA: a number from 0 for each fact of each item.
        names: of the facts.
    """

    keys: pa.Table
    fact_IA: np.ndarray
    names: tuple[str, ...] = field(default=())

    def __len__(self) -> int:
        return int(self.keys.num_rows)

    @property
    def sizes(self) -> list[int]:
        """Numbers of each fact, and one more for rows that take nothing."""
        return [int(self.fact_IA[:, a].max(initial=-1)) + 2 for a in range(self.fact_IA.shape[1])]

    @classmethod
    def of(cls, table: Table, name: str, schema: LinkedSchema) -> Catalogue:
        """Facts of the columns that tell items apart in some groups; all of it is public."""
        own = schema.tables[name]
        linked = {*own.key, *own.counts, *(c for r in schema.of(name) for c in r.columns)}
        facts: list[np.ndarray] = []
        names: list[str] = []
        for line in own.columns.columns:
            if line.name in linked or len(facts) == MOST_FACTS:
                continue
            fact_I = _fact(table, line)
            if fact_I is not None and 2 <= fact_I.max(initial=0) + 1 <= MOST_LABELS + 1:
                facts.append(fact_I)
                names.append(line.name)
        fact_IA = np.stack(facts, axis=1) if facts else np.zeros((len(table), 0), np.int64)
        return cls(table.arrow.select(list(own.key)), fact_IA, tuple(names))

    def with_popularity(self, wanted_I: np.ndarray) -> Catalogue:
        """With one more fact: in which class of popularity an item is, each class taken about as often."""
        order = np.argsort(-wanted_I, kind="stable")
        reach = np.cumsum(wanted_I[order])
        class_I = np.zeros(len(wanted_I), np.int64)
        if len(reach) and reach[-1] > 0:
            class_I[order] = np.minimum((reach - wanted_I[order] / 2) / reach[-1] * CLASSES, CLASSES - 1).astype(int)
        class_I = np.unique(class_I, return_inverse=True)[1]
        return Catalogue(self.keys, np.column_stack([self.fact_IA, class_I]), (*self.names, "popularity"))

    def facts_of(self, item_N: np.ndarray) -> np.ndarray:
        """``(N, A)`` facts of what rows take; the last number of each where they take nothing."""
        none_A = np.array(self.sizes, np.int64) - 1
        if not len(self):
            return np.tile(none_A, (len(item_N), 1))
        return np.where(item_N[:, None] >= 0, self.fact_IA[np.maximum(item_N, 0)], none_A)

    def taken(
        self,
        fact_NA: np.ndarray,
        there_N: np.ndarray,
        owner_N: np.ndarray,
        wanted_I: np.ndarray,
        once: bool,
        rng: np.random.Generator,
    ) -> np.ndarray:
        """``(N,)`` an item for each row, with the facts that it asks for; -1 where it takes none.

        Args:
            fact_NA: wanted facts.
            there_N: whether a row takes anything.
            owner_N: whose row it is.
            wanted_I: how often each item is taken, in proportion.
            once: whether no owner takes an item twice.
            rng: draws.
        """
        kinds, kind_I = np.unique(self.fact_IA, axis=0, return_inverse=True)
        asked, ask_N = np.unique(fact_NA, axis=0, return_inverse=True)
        held = np.bincount(kind_I.ravel(), wanted_I, minlength=len(kinds)) + 1e-9
        alike = (asked[:, None, :] == kinds).sum(axis=2) + held / (held.sum() * 2)
        cluster_N = np.where(there_N, alike.argmax(axis=1)[ask_N.ravel()], -1)
        return take(cluster_N, owner_N, kind_I.ravel(), wanted_I + 1e-9, rng, once)


def _fact(table: Table, line: ColumnSchema) -> np.ndarray | None:
    """``(I,)`` a column as numbers from 0; None: it says nothing of groups."""
    values = table.column(line.name)
    if line.type in ("numeric", "datetime"):
        number_I = parse_numbers(values, table.origin.dialect.decimal)
        there_I = np.isfinite(number_I)
        if not there_I.any():
            return None
        ends = np.unique(np.quantile(number_I[there_I], np.arange(1, STEPS) / STEPS))
        return np.where(there_I, 1 + np.searchsorted(ends, number_I, side="right"), 0)
    if line.type == "tags":
        return _rarest(values, line.options.get("separator"))
    if line.type in ("categorical", "boolean"):
        return _labels([str(v) for v in values.to_pylist()])
    return None


def _rarest(values: pa.Array, separator: str | None) -> np.ndarray:
    """By the rarest tag of an item that is common: the one that says most."""
    lists = [
        [str(tag) for tag in value] if isinstance(value, list) else str(value).split(separator or "|")
        for value in values.to_pylist()
    ]
    count: dict[str, int] = {}
    for tags in lists:
        for tag in set(tags):
            count[tag] = count.get(tag, 0) + 1
    common = {tag for tag, n in count.items() if n >= COMMON * len(lists)}
    return _labels([min((t for t in tags if t in common), key=lambda t: (count[t], t), default="") for tags in lists])


def _labels(texts: list[str]) -> np.ndarray:
    """The most frequent ones by number, the others together."""
    names, code, many = np.unique(np.array(texts, object).astype(str), return_inverse=True, return_counts=True)
    rank = np.empty(len(names), np.int64)
    rank[np.argsort(-many, kind="stable")] = np.arange(len(names))
    return np.minimum(rank, MOST_LABELS)[code]
