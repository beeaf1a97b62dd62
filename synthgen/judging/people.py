"""Attacks on people over all tables: the section, and how linked tables become people.

Letters: N people, M rows.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from synthgen.judging.base import Sides
from synthgen.linked.keys import BETWEEN, parent_rows
from synthgen.linked.network import Network, texts
from synthgen.linked.people import way_up
from synthgen.linked.schema import Reference
from synthgen.metrics.base import Group, Result
from synthgen.metrics.people import Held, People, attack_people

HANDLE = re.compile(r"handle|screen|user_?name|login|nick|e_?mail", re.I)
"""Columns that hold what people call themselves."""
MOST_LABELS = 12
"""Labels of a column, of real people the most frequent, whose shares sum a person up."""
STEPS = 2
"""Classes of how many ties somebody has, or how many chose something, to each doubling."""
NAMED = 0.5
"""Things keep their names where so many of those that made people chose are real ones."""

Labels = dict[tuple[str, str], list[str]]


class PeopleSection:
    """Whether made people give real ones away, in whatever table it shows."""

    name = "people"
    title = "People"

    def compute(self, sides: Sides, rng: np.random.Generator) -> list[tuple[Group, Result]]:
        found = people_of(sides)
        return [] if found is None else [("privacy", result) for result in attack_people(*found, rng)]


def people_of(sides: Sides) -> tuple[People, People, People] | None:
    """Training people, those held out, and made ones; None where no rows are anybody's or nobody was held out."""
    name = people_table(sides.train)
    if name is None or name in sides.whole:
        return None
    train, held, made = (Reader(network, name) for network in (sides.train, sides.held, sides.made))
    labels = labels_of([train, held])
    named = _named(train, made)
    return train.people(labels, named), held.people(labels, named, train), made.people(labels, named)


def people_table(network: Network) -> str | None:
    """The table of people to whom most rows belong; None: no rows are anybody's."""
    rows: dict[str, int] = {}
    for table in network.tables:
        if way := way_up(table, network.plan, network.schema):
            rows[way[-1].parent] = rows.get(way[-1].parent, 0) + len(network.tables[table])
    return max(rows, key=lambda name: rows[name], default=None)


class Reader:
    """A network's people, and what is theirs.

    Args:
        network: the tables.
        name: the table of people.
    """

    def __init__(self, network: Network, name: str) -> None:
        self.network, self.name = network, name
        self.keys = network.keys(name)

    @cached_property
    def ways(self) -> dict[str, list[Reference]]:
        """By table whose rows are people's, the references to them."""
        ways = {table: way_up(table, self.network.plan, self.network.schema) for table in self.network.tables}
        return {table: way for table, way in ways.items() if way and way[-1].parent == self.name}

    @cached_property
    def owned(self) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        """By table the rows that are somebody's, by person and time, and ``(M,)`` whose each is."""
        found = {}
        for table, way in self.ways.items():
            person_M = self._rows(way[0])
            for reference in way[1:]:
                up = self._rows(reference)
                person_M = np.where(person_M >= 0, up[np.maximum(person_M, 0)] if len(up) else -1, -1)
            second_M = self.seconds(table)
            order = np.lexsort((np.zeros(len(person_M)) if second_M is None else second_M, person_M))
            order = order[person_M[order] >= 0]
            found[table] = order, person_M[order]
        return found

    def _rows(self, reference: Reference) -> np.ndarray:
        return parent_rows([self.network.said(reference)], [self.network.keys(reference.parent)])

    def seconds(self, table: str) -> np.ndarray | None:
        """``(M,)`` the times of a table's rows, nan where there is none; None: it has no times."""
        time = self.network.schema.tables[table].time
        return None if time is None else self.network.numbers(table, time)

    def people(self, labels: Labels, named: set[str], known: Reader | None = None) -> People:
        """The people, and what is theirs.

        Args:
            labels: whose shares sum a person up.
            named: what is chosen under the same names by real and made people; the rest is told by how many chose it.
            known: people whom they are not among, who say how many chose something; None: they themselves.
        """
        items: dict[str, Held] = {}
        times: dict[str, Held] = {}
        rows: dict[str, Held] = {}
        for table, (order, person_M) in self.owned.items():
            for reference in self.network.plan.chosen.get(table, ()):
                said = self.network.said(reference).take(pa.array(order))
                if reference.text not in named:
                    said = _kinds_of(said, person_M, None if known is None else known.network.said(reference))
                items[f"{table}.{'+'.join(reference.columns)}"] = Held(person_M, said)
            second_M = self.seconds(table)
            if second_M is not None:
                second_M = second_M[order]
                gone = np.isnan(second_M)
                values = pa.array(np.where(gone, 0, second_M).astype(np.int64), mask=gone)
                times[table] = Held(person_M, values)
            if table not in self.network.plan.edges:
                content = self._content(table, named)
                if content is not None:
                    rows[table] = Held(person_M, content.take(pa.array(order)))
        friends = _friends(self, known)
        return People(len(self.keys), items, times, rows, friends, self._handles(), self._features(labels))

    def _content(self, table: str, named: set[str]) -> pa.Array | None:
        """``(M,)`` what rows hold, times and made-up keys aside; None: nothing."""
        time = self.network.schema.tables[table].time
        own = [line.name for line in self.network.own(table) if line.name != time and line.type != "identifier"]
        parts = [texts(self.network.column(table, name)) for name in own]
        chosen = [reference for reference in self.network.plan.chosen.get(table, ()) if reference.text in named]
        parts += [texts(self.network.said(reference)) for reference in chosen]
        return pa.array(list(map(BETWEEN.join, zip(*parts, strict=True))), pa.string()) if parts else None

    def _handles(self) -> dict[str, pa.Array]:
        table = self.network.tables.get(self.name)
        names = [] if table is None else [name for name in table.column_names if HANDLE.search(name)]
        values = {name: self.network.column(self.name, name) for name in names}
        return {name: cells for name, cells in values.items() if pa.types.is_string(cells.type)}

    def quantities(self, table: str) -> list[str]:
        """Own columns that are numbers or dates."""
        return [line.name for line in self.network.own(table) if line.type in ("numeric", "datetime")]

    def _features(self, labels: Labels) -> dict[str, np.ndarray]:
        found: dict[str, np.ndarray] = {}
        everyone = np.arange(len(self.keys))
        owned = dict(self.owned)
        if self.name in self.network.tables:
            owned[self.name] = everyone, everyone
        for table, (order, person_M) in owned.items():
            counts_N = np.bincount(person_M, minlength=len(self.keys))
            if table != self.name:
                found[f"{table}: rows"] = counts_N.astype(float)
            for name in self.quantities(table):
                mean_N, spread_N = _moments(self.network.numbers(table, name)[order], person_M, len(self.keys))
                found[f"{table}.{name}: mean"] = mean_N
                if table != self.name:
                    found[f"{table}.{name}: spread"] = spread_N
            for (owner, name), book in labels.items():
                if owner == table:
                    values = np.array(texts(self.network.column(table, name)), object)[order]
                    for label in book:
                        held_N = np.bincount(person_M[values == label], minlength=len(self.keys))
                        found[f"{table}.{name}: {label}"] = held_N / np.where(counts_N > 0, counts_N, np.nan)
        return found


def _named(train: Reader, made: Reader) -> set[str]:
    """What is chosen under the same names by real and made people, as texts of references."""
    found = set()
    for references in train.network.plan.chosen.values():
        for reference in references:
            real, other = (reader.network.said(reference).drop_null().unique() for reader in (train, made))
            if len(other) and np.mean(np.asarray(pc.is_in(other, value_set=real))) >= NAMED:
                found.add(reference.text)
    return found


def _kinds_of(said_M: pa.Array, person_M: np.ndarray, known_K: pa.Array | None) -> pa.Array:
    """``(M,)`` what is chosen, told by how many others chose it, in classes, and numbered within a person's class."""
    own = known_K is None
    counted = pc.value_counts((said_M if known_K is None else known_K).drop_null())
    place_M = np.asarray(pc.fill_null(pc.index_in(said_M, value_set=counted.field(0), skip_nulls=True), -1))
    counts = np.r_[counted.field(1).to_numpy(zero_copy_only=False), own]
    kinds = pd.DataFrame({"who": person_M, "kind": _classes(counts[place_M] - own)})
    return _numbered(kinds, ["kind"])


def _classes(counts: np.ndarray) -> np.ndarray:
    return np.asarray(np.round(STEPS * np.log2(1 + counts))).astype(int)


def _numbered(kinds: pd.DataFrame, names: list[str]) -> pa.Array:
    """Kinds as text, the second of a person's kind another one than the first."""
    kinds["nth"] = kinds.groupby(["who", *names], sort=False).cumcount()
    parts = [pa.array(kinds[name].to_numpy()).cast(pa.string()) for name in (*names, "nth")]
    return pc.binary_join_element_wise(*parts, ".")


def labels_of(readers: Sequence[Reader]) -> Labels:
    """The most frequent labels of real people's columns."""
    found: Labels = {}
    first = readers[0]
    for table in [*first.ways, *([first.name] if first.name in first.network.tables else [])]:
        for line in first.network.own(table):
            if line.type in ("categorical", "boolean"):
                cells = [texts(reader.network.column(table, line.name)) for reader in readers]
                counted = pd.Series([label for part in cells for label in part], dtype=object).value_counts()
                found[table, line.name] = counted.index[:MOST_LABELS].tolist()
    return found


def _moments(x_M: np.ndarray, person_M: np.ndarray, n_people: int) -> tuple[np.ndarray, np.ndarray]:
    """``(N,)`` mean and standard deviation of each person's numbers, nan where there is none."""
    there = ~np.isnan(x_M)
    x_M, person_M = x_M[there], person_M[there]
    middle = float(x_M.mean()) if len(x_M) else 0.0
    counts_N = np.bincount(person_M, minlength=n_people)
    many_N = np.where(counts_N > 0, counts_N, np.nan)
    mean_N = np.bincount(person_M, weights=x_M - middle, minlength=n_people) / many_N
    apart_M = x_M - middle - mean_N[person_M]
    return mean_N + middle, np.sqrt(np.bincount(person_M, weights=apart_M**2, minlength=n_people) / many_N)


def _friends(reader: Reader, known: Reader | None = None) -> dict[str, Held]:
    """What the people are like with whom a network's people are tied.

    Somebody is told by how many ties they have besides, in classes. Those of people who were held out are counted in
    the network that was learned from: so a friend is as likely to look so whoever asks.

    Args:
        reader: the people.
        known: people whom they are not among and to whom their ties lead; None: their own network.
    """
    found: dict[str, Held] = {}
    whole = known or reader
    for table, ends in whole.network.plan.edges.items():
        if {end.parent for end in ends} != {whole.name}:
            continue
        sides = _ends(whole, ends, whole.keys, whole.keys)
        among = (sides[0] >= 0) & (sides[1] >= 0)
        ties = [np.bincount(side[among], minlength=len(whole.keys)) for side in sides]
        parts = []
        for way in (0, 1):  # to those whom they follow, and to those who follow them
            who_M, friend_M = sides[way], sides[1 - way]
            if known is not None:
                keys = (reader.keys, known.keys)[:: 1 if way == 0 else -1]
                pair = _ends(reader, ends, *keys)
                who_M, friend_M = pair[way], pair[1 - way]
            there = (who_M >= 0) & (friend_M >= 0)
            who_M, friend_M = who_M[there], friend_M[there]
            counts = [ties[0][friend_M], ties[1][friend_M]]
            counts[1 - way] = counts[1 - way] - (known is None)
            parts.append(
                pd.DataFrame({"who": who_M, "way": way, "out": _classes(counts[0]), "in": _classes(counts[1])})
            )
        kinds = pd.concat(parts, ignore_index=True)
        found[table] = Held(kinds["who"].to_numpy(), _numbered(kinds, ["way", "out", "in"]))
    return found


def _ends(reader: Reader, ends: tuple[Reference, Reference], first: pa.Array, second: pa.Array) -> list[np.ndarray]:
    """``(M,)`` whose each end of a tie is, of two lists of people; below 0: it is none of theirs."""
    return [parent_rows([reader.network.said(end)], [keys]) for end, keys in zip(ends, (first, second), strict=True)]
