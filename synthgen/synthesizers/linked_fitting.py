"""Fitting linked tables: each table's frame is put together and learned by a model of its own.

Letters: N rows of a table, P rows of a parent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Protocol

import numpy as np
import pyarrow as pa

from synthgen.columns.base import FitContext
from synthgen.columns.date_text import DAY
from synthgen.columns.identifier import Identifier
from synthgen.columns.number_text import parse_numbers
from synthgen.columns.physical import type_name
from synthgen.config import RunConfig
from synthgen.errors import DataError
from synthgen.graphs import Graph, GraphModel
from synthgen.linked.calendar import Calendar, Gaps, weekdays
from synthgen.linked.declared import Declared, ends_of, fill
from synthgen.linked.frames import (
    MOST_BEFORE,
    MOST_OF_PARENT,
    Clockwork,
    Frame,
    before,
    cluster_of,
    labels,
    mean,
    mean_so_far,
    number_of,
    parents,
    shifted,
    tellers,
    usual_of,
    usual_so_far,
)
from synthgen.linked.history import Follow, arrow_of, followed, walked
from synthgen.linked.keys import NONE, ORPHAN, check_key, key_texts, parent_rows
from synthgen.linked.labels import labels_of, mixing_labels, together
from synthgen.linked.people import WHOSE, way_up, whose_rows
from synthgen.linked.plan import Plan
from synthgen.linked.schema import LinkedSchema, Reference
from synthgen.linked.siblings import Sibling, siblings_of
from synthgen.linked.taking import clusters_of
from synthgen.seeding import derived_seed, numpy_stream
from synthgen.synthesizers.account_campaigns import said_of
from synthgen.synthesizers.linked_campaigns import (
    Campaigns,
    add_kind,
    learned_campaigns,
    without_bursts,
    without_campaigns,
)
from synthgen.synthesizers.linked_choosing import Choice, add_own_times
from synthgen.synthesizers.linked_part import DEGREES, Part
from synthgen.synthesizers.linked_texts import find_named, learn_texts
from synthgen.synthesizers.synthesizer import Synthesizer
from synthgen.synthesizers.text_learning import config_of_table, without_texts
from synthgen.table.origin import Origin
from synthgen.table.schema import ColumnSchema, Schema
from synthgen.table.table import Table
from synthgen.training.progress import Progress

BEGINS_BEFORE = 0.9
"""A parent's time is where counting begins when so large a share of its rows come after: the others are mistakes."""
SAID = 0.99
"""And when so large a share of its rows have one."""

ANY_SHARE = 0.05
"""Of a batch with any subset of the slots given: rows are made with their whole context given, and no cell of linked
tables is filled in. First rows lack what was before, so by the rule for missing cells it would be 0.6. In tweets to
airlines 0.05 took the distance of burstiness from 0.10 to 0.05 and that of the time from first to last row from 0.13 to
0.08."""


class Linkable(Protocol):
    """The model that is fitted."""

    config: RunConfig
    schema: LinkedSchema
    plan: Plan
    parts: dict[str, Part]
    notes: list[str]
    missing: dict[Reference, float]
    campaigns: Campaigns | None


class Fitting:
    """Fitting: what is known of the real tables while it lasts."""

    def __init__(self, model: Linkable, tables: dict[str, Table], progress: Progress, stop: Callable[[], bool]) -> None:
        self.model, self.schema, self.progress, self.stop = model, model.schema, progress, stop
        self.tables = {name: self._implied(name, tables) for name in self.schema.implied} | tables
        self.rows: dict[Reference, np.ndarray] = {}
        self.graphs: dict[str, tuple[GraphModel, Any]] = {}
        self.clusters: dict[Reference, np.ndarray] = {}
        self.kind_N = self.campaign_N = np.zeros(0, np.int64)
        self.declared: dict[str, dict[str, Declared]] = {}
        self.judging = False
        self.epochs: Mapping[str, int] = {}
        self.choices: dict[str, Choice] = {}

    def _implied(self, name: str, tables: Mapping[str, Table]) -> Table:
        """A table of keys that others refer to, in the order of their first row."""
        references = self.schema.into(name)
        columns = []
        for place, column in enumerate(self.schema.implied[name]):
            parts = [tables[r.table].column(r.columns[place]) for r in references]
            columns.append((column, pa.concat_arrays([part.cast(parts[0].type) for part in parts])))
        whole = pa.table(dict(columns))
        keys = key_texts([whole.column(column).combine_chunks() for column, _ in columns]).dictionary_encode()
        codes = np.asarray(keys.indices.fill_null(-1))
        distinct, first = np.unique(codes, return_index=True)
        kept = whole.take(pa.array(np.sort(first[distinct >= 0])))
        return Table(kept, Origin("arrow", kept.schema), name)

    def run(self) -> None:
        """Fit all tables."""
        self._link()
        self._find_campaigns()
        for name in self.model.plan.order:
            self._prepare(name)
            if name in self.model.plan.edges:
                self.model.parts[name].graph = self._graph(name, *self.model.plan.edges[name])
            self._cluster(name)
        for name in self.model.plan.order:
            self._learn(name)

    def _find_campaigns(self) -> None:
        """Farms among the users: their kinds are a hidden column, their ties are no part of the graph."""
        self.progress.stage("looking for campaigns")
        model = self.model
        found = learned_campaigns(self.tables, self.rows, model.plan, self.schema, model.config.min_holders)
        model.campaigns, self.kind_N, self.campaign_N = found
        if model.campaigns is not None and model.campaigns.kinds:
            model.notes.append(
                f"{model.campaigns.users}: {said_of(model.campaigns.kinds)}; others like them are made up"
            )

    def joined(self, epochs: Mapping[str, int]) -> dict[str, tuple[pa.Table, Schema]]:
        """Every table with a file: its own columns, those of its owner, of the row before, and what hangs on it.

        Args:
            epochs: by table from when times are counted; else from the first day that there is.
        """
        self._link()
        self.judging, self.epochs = True, epochs
        for name in self.model.plan.order:
            self._prepare(name)
        found = {}
        for name in self.schema.tables:
            rules = self.schema.tables[name].columns
            frame = self._frame(name)
            if frame.columns:
                found[name] = frame.learned(rules)
        return found

    def _link(self) -> None:
        """Check keys, and find the row that each reference leads to."""
        schema, model = self.schema, self.model
        for name in schema.names:
            if key := schema.key_of(name):
                check_key(name, key, [self.tables[name].column(column) for column in key])
        for reference in schema.references:
            self.rows[reference] = self._rows(reference)
        model.missing = {r: float((row_N < 0).mean()) if len(row_N) else 0.0 for r, row_N in self.rows.items()}
        model.plan = Plan.of(schema, model.missing)
        model.notes += model.plan.notes
        self._declare()

    def _declare(self) -> None:
        """Counts are computed from these tables, whatever they said: so do the made ones."""
        names = {name for name, _, _ in self.schema.counted()}
        self.declared = {name: {} for name in names}
        for name, column, count in self.schema.counted():
            self.declared[name][column] = Declared.of(self.schema, self.tables, name, column, count)
        columns = {name: {c: table.column(c) for c in table.names} for name, table in self.tables.items()}
        sizes = {name: len(table) for name, table in self.tables.items()}
        fill(self.schema, self.declared, columns, self.rows, sizes)
        for name in names:
            self.tables[name] = replace(self.tables[name], arrow=pa.table(columns[name]))

    def _rows(self, reference: Reference) -> np.ndarray:
        child = [self.tables[reference.table].column(c) for c in reference.columns]
        parent = [self.tables[reference.parent].column(c) for c in reference.parent_columns]
        row_N = parent_rows(child, parent)
        orphans = row_N == ORPHAN
        if orphans.any():
            first = int(np.flatnonzero(orphans)[0]) + 1
            what = f"{int(orphans.sum()):,} rows refer to no row of {reference.parent!r}, first row {first}"
            if self.schema.orphans == "refuse":
                raise DataError(
                    f"{reference.table}: {what} ({reference.text}). Mend them, or set 'orphans' to 'missing' in "
                    "schema.json: their reference is then taken for a missing one"
                )
            self.model.notes.append(f"{reference.text}: {what}; their reference is taken for a missing one")
        return np.where(orphans, NONE, row_N)

    def _prepare(self, name: str) -> None:
        """What is known of a table before any model is fitted: whose its columns are, and its times."""
        model, table = self.model, self.tables[name]
        references = self.schema.of(name)
        linked = {c for r in references for c in r.columns} | set(self.schema.key_of(name))
        counts = self.declared.get(name, {})
        part = Part(len(table), table.names, [c for c in table.names if c not in linked | set(counts)], table.origin)
        part.counts = counts
        part.types = {c: type_name(table.column(c).type) for r in references for c in r.columns}
        model.parts[name] = part
        own = self.schema.tables.get(name)
        if own is not None and own.keep:
            part.kept = table.arrow.drop_columns(list(counts))
        if name not in model.plan.owner:
            return
        if own is not None and own.time is not None:
            options = own.columns.column(own.time).options
            part.calendar = Calendar.fit(table.column(own.time), options)
            part.own.remove(own.time)
            self._begin(name, model.plan.owner[name])

    def _cluster(self, name: str) -> None:
        """Kinds of the parents that rows of a table choose."""
        model, chosen = self.model, self.model.plan.chosen.get(name, ())
        choice = Choice.fit(self, name, self._sequence(name)) if chosen else None
        if choice is not None:
            self.choices[name], self.clusters[choice.reference] = choice, choice.cluster_P
            model.parts[name].choosing = choice.choosing
        for reference in chosen:
            owner = model.plan.owner[name]
            owner_N, row_N, n_parents = self.rows[owner], self.rows[reference], len(self.tables[reference.parent])
            there = (row_N >= 0) & (owner_N >= 0)
            pair = owner_N[there] * n_parents + row_N[there]
            model.parts[name].once[reference.text] = bool(len(np.unique(pair)) == len(pair))
            if reference in self.clusters:
                continue
            seed = derived_seed(model.config.seed, "clusters", reference.text)
            n_owners = len(self.tables[owner.parent])
            self.clusters[reference] = clusters_of(owner_N, row_N, n_owners, n_parents, seed)

    def _begin(self, name: str, owner: Reference) -> None:
        """From when the first time of each owner's rows is counted."""
        part, table = self.model.parts[name], self.tables[name]
        time = self.schema.tables[name].time
        assert part.calendar is not None
        assert time is not None
        second_N, there_N = part.calendar.seconds(table.column(time))
        if there_N.any():
            part.epoch = self.epochs.get(name, int(second_N[there_N].min()) // DAY * DAY)
            part.last = int(second_N[there_N].max()) // DAY * DAY + DAY - 1
        parent = self.schema.tables.get(owner.parent)
        if parent is None:
            return
        row_N = self.rows[owner]
        both = there_N & (row_N >= 0)
        found = []
        for column in parent.columns.columns:
            if column.type == "datetime" and column.name not in parent.counts and both.any():
                values = self.tables[owner.parent].column(column.name)
                since_P, known_P = Calendar.fit(values, column.options).seconds(values)
                said, early = known_P[row_N[both]], since_P[row_N[both]] > second_N[both]
                if said.mean() >= SAID and early.mean() <= 1 - BEGINS_BEFORE:
                    found.append((float(since_P[row_N[both]].mean()), column.name, int((early & said).sum())))
        if not found:
            return
        _, part.begins, early_rows = max(found)  # of a birthday and the day of joining, the latter
        if early_rows:
            self.model.notes.append(
                f"{name}.{time}: {early_rows:,} rows come before {owner.parent}.{part.begins} of their owner; they are "
                "learned as if at that moment, and none is made before it"
            )

    def _graph(self, name: str, start: Reference, end: Reference) -> GraphModel:
        """A model of ties, and the columns that its nodes get."""
        from_N, to_N, n = self.rows[start], self.rows[end], len(self.tables[start.parent])
        good = (from_N >= 0) & (to_N >= 0) & (from_N != to_N)
        if self.model.campaigns is not None and start.parent == self.model.campaigns.users:
            from_N, to_N = (ends[~good | without_campaigns(from_N, to_N, self.campaign_N)] for ends in (from_N, to_N))
            good = (from_N >= 0) & (to_N >= 0) & (from_N != to_N)
        pair = from_N[good] * n + to_N[good]
        directed = bool(np.isin(to_N[good] * n + from_N[good], pair).any())
        if not directed:
            pair = np.minimum(from_N[good], to_N[good]) * n + np.maximum(from_N[good], to_N[good])
        pair = np.unique(pair)
        if len(pair) < len(from_N):
            self.model.notes.append(
                f"{name}: {len(from_N) - len(pair):,} rows are ties of a row with itself, there twice, or without an "
                "end; they are left out"
            )
        graph = Graph.of(n, pair // n, pair % n, directed)
        labels = self._labels(start.parent)
        chosen = self.model.parts[name].labels = mixing_labels(labels, graph)
        label = together(labels, chosen).tolist() if chosen else None
        model = GraphModel(derived_seed(self.model.config.seed, "graph", name) % 2**31).fit(graph, label)
        self.graphs[name] = (model, model.columns(graph))
        return model

    def _labels(self, name: str) -> dict[str, np.ndarray]:
        """Columns of nodes by which ties may go."""
        if name not in self.schema.tables:
            return {}
        columns = {column: self.tables[name].column(column) for column in self.model.parts[name].own}
        return labels_of(self.schema.tables[name], columns, [])

    def _learn(self, name: str) -> None:
        """Fit the model of one table."""
        part, table = self.model.parts[name], self.tables[name]
        self._make_keys(name)
        texts = find_named(self, self.model.plan, name, self._whose(name), self.model.config.min_holders)
        part.own = [column for column in part.own if column not in texts.listed]
        frame = self._frame(name)
        drawn = [c for c in frame.schema if c.name not in frame.context]
        if part.kept is not None:
            kept = {c: table.column(c) for c in table.names if c not in part.counts}
            part.kept = pa.table({**kept, **frame.columns})
            return
        if not drawn:
            return
        rules = self.schema.tables[name].columns if name in self.schema.tables else Schema(columns=[])
        self._check_people(name, frame)
        learned, schema = frame.learned(rules)
        config = self._config(name, frame, learned)
        self.progress.stage(f"table {name}")
        own = Synthesizer.from_config(config_of_table(config, schema), without_texts(schema))
        part.model = own.fit(learned, progress=self.progress, stop=self.stop)
        owners = None if frame.whose_N is None else frame.whose_N.tolist()
        part.texts = texts
        learning = (learned, schema, part.model.known("linked tables").codec, config)
        self.model.notes += learn_texts(texts, self, owners, learning, self.progress, self.stop)

    def _check_people(self, name: str, frame: Frame) -> None:
        if frame.whose_N is None:
            return
        n_people, least = len(np.unique(frame.whose_N)), self.model.config.min_holders
        if n_people < least <= len(frame.whose_N):
            raise DataError(
                f"{name}: its {len(frame.whose_N):,} rows belong to {n_people} people, and a value is kept only where "
                f"{least} hold it, so nothing of it could be learned. Give it more people, or set min_holders"
            )

    def _frame(self, name: str) -> Frame:
        """What is learned of one table."""
        part, frame = self.model.parts[name], Frame()
        hangs = name in self.model.plan.owner and part.kept is None
        order_N = self._sequence(name) if hangs else np.arange(len(self.tables[name]))
        for column in list(part.own):
            self._add_own(frame, name, column, order_N)
        self._add_helpers(frame, name, order_N)
        if hangs:
            self._add_history(frame, name, order_N)
        whose_N = self._whose(name)
        if len(np.unique(whose_N)) < len(whose_N):
            frame.whose_N = whose_N[order_N]
        return frame

    def _whose(self, name: str) -> np.ndarray:
        """``(N,)`` whose the rows of a table are."""
        way = way_up(name, self.model.plan, self.schema)
        return whose_rows(way, self.rows.__getitem__, len(self.tables[name]))

    def _config(self, name: str, frame: Frame, learned: pa.Table) -> RunConfig:
        config, cells = self.model.config, {n: len(t) * len(t.names) for n, t in self.tables.items()}
        minutes = None if config.minutes is None else config.minutes * cells[name] / max(1, sum(cells.values()))
        target = config.target if config.target in learned.column_names else None
        own: dict[str, Any] = {"minutes": minutes, "target": target, "context": frame.context, "columns": {}}
        if config.training.any_share is None and frame.context:
            own["training"] = config.training.model_copy(update={"any_share": ANY_SHARE})
        own["unit"] = None if frame.whose_N is None else WHOSE
        return config.model_copy(update=own | {"seed": derived_seed(config.seed, "table", name) % 2**31})

    def _make_keys(self, name: str) -> None:
        """How keys are made up: those that are not somebody else's."""
        part, table = self.model.parts[name], self.tables[name]
        others = {c for r in self.schema.of(name) for c in r.columns}
        for column in self.schema.key_of(name):
            if column in others or part.kept is not None:
                continue
            whose_N = self._whose(name)[np.asarray(table.column(column).is_valid())]
            values = table.column(column).drop_null()
            rng = numpy_stream(self.model.config.seed, "key", name, column)
            beside = np.zeros((len(values), 0), np.int32)
            context = FitContext(rng, self.model.config.min_holders, len(values), beside, whose_N)
            alone = len(self.schema.key_of(name)) == 1
            part.keys[column] = Identifier.fit(values, {"unique": True} if alone else {}, context)

    def _sequence(self, name: str) -> np.ndarray:
        """Rows by owner, then time, then as they stand; rows without an owner last."""
        part, table = self.model.parts[name], self.tables[name]
        row_N = self.rows[self.model.plan.owner[name]]
        part.lonely = int((row_N < 0).sum())
        whose_N = np.where(row_N < 0, np.iinfo(np.int64).max, row_N)
        if part.calendar is None:
            return np.argsort(whose_N, kind="stable")
        time = self.schema.tables[name].time
        assert time is not None
        second_N, there_N = part.calendar.seconds(table.column(time))
        return np.lexsort((np.where(there_N, second_N, np.iinfo(np.int64).max), whose_N))

    def seconds(self, name: str, order_N: np.ndarray) -> np.ndarray:
        """``(N,)`` times of rows that stand owner by owner, where one is missing that of the row before."""
        part, time = self.model.parts[name], self.schema.tables[name].time
        assert part.calendar is not None
        assert time is not None
        row_N = self.rows[self.model.plan.owner[name]][order_N]
        first_N = np.r_[True, row_N[1:] != row_N[:-1]] | (row_N < 0)
        second_N, there_N = part.calendar.seconds(self.tables[name].column(time).take(pa.array(order_N)))
        return _carried(second_N, there_N, first_N, part.epoch)

    def _line(self, name: str, column: str) -> ColumnSchema:
        return self.schema.tables[name].columns.column(column)

    def _add_own(self, frame: Frame, name: str, column: str, order_N: np.ndarray) -> None:
        line = self._line(name, column)
        values = self.tables[name].column(column)
        if self.model.campaigns is not None and self.model.campaigns.began(self.schema) == (name, column):
            values = without_bursts(values, self.campaign_N, self.model.config.seed)
        values = values.take(pa.array(order_N))
        if line.type == "drop":
            self.model.parts[name].own.remove(column)
            return
        frame.columns[column] = values
        frame.schema.append(line)

    def _add_helpers(self, frame: Frame, name: str, order_N: np.ndarray) -> None:
        """How many rows hang on each row, which cluster it is of, and its place in graphs."""
        plan, n = self.model.plan, len(self.tables[name])
        if self.model.campaigns is not None and name == self.model.campaigns.users and len(self.kind_N):
            add_kind(frame, self.model.campaigns, self.kind_N[order_N])
        for reference in self.schema.into(name):
            edges = plan.edges.get(reference.table)
            if reference.table in self.graphs:
                assert edges is not None
                if reference is edges[0]:
                    found = self.graphs[reference.table][1]
                    for column in DEGREES:
                        values = found[column].to_numpy()[order_N]
                        if column == "community":
                            frame.add(f"{number_of(reference)}: {column}", "categorical", labels(values))
                        elif column == "out_degree" or self.graphs[reference.table][0].directed:
                            frame.add(f"{number_of(reference)}: {column}", "numeric", pa.array(values))
                continue
            if reference in plan.late:
                continue
            row_N = self.rows[reference]
            counts_P = np.bincount(row_N[row_N >= 0], minlength=n)
            if not (self.model.parts[name].kept is not None and self._chooses(reference)):
                frame.add(number_of(reference), "numeric", pa.array(counts_P[order_N]))
            if reference in self.clusters:
                frame.add(cluster_of(reference), "categorical", labels(self.clusters[reference][order_N]))
        for choice in self.choices.values():
            choice.add_to_parent(frame, name, order_N)

    def _chooses(self, reference: Reference) -> bool:
        """Whether rows are told by a model of interactions what they refer to."""
        choice = self.choices.get(reference.table)
        return choice is not None and choice.reference == reference

    def _add_history(self, frame: Frame, name: str, order_N: np.ndarray) -> None:
        """What is known of a row when it is made: its owner, the rows before, when they were."""
        plan, part = self.model.plan, self.model.parts[name]
        owner = plan.owner[name]
        row_N = self.rows[owner][order_N]
        first_N = np.r_[True, row_N[1:] != row_N[:-1]] | (row_N < 0)
        before_N = np.where(first_N, -1, np.arange(len(row_N)) - 1)
        for column, line in self._of_parent(owner.parent):
            values = self.tables[owner.parent].column(column)
            frame.add(parents(owner.parent, column), line, shifted(values, row_N), given=True)
        counts_P = np.bincount(row_N[row_N >= 0], minlength=len(self.tables[owner.parent]))
        if counts_P.max(initial=0) > 1:
            number_N = np.where(row_N < 0, 1, counts_P[np.maximum(row_N, 0)])
            frame.add(f"{name}: rows of this owner", "numeric", pa.array(number_N), given=True)
            start_N = np.maximum.accumulate(np.where(first_N, np.arange(len(row_N)), 0))
            frame.add(f"{name}: rows so far", "numeric", pa.array(np.arange(len(row_N)) - start_N), given=True)
            for line in self._before(name):
                values = frame.columns[line.name]
                frame.add(before(name, line.name), line, shifted(values, before_N), given=True)
                if line.type == "numeric":
                    mean_N = mean_so_far(first_N, parse_numbers(values, self.tables[name].origin.dialect.decimal))
                    gone_N = np.isnan(mean_N)
                    frame.add(mean(name, line.name), "numeric", pa.array(mean_N, mask=gone_N), given=True)
        choice = self.choices.get(name)
        if choice is not None:
            choice.add_to_rows(frame, self, order_N)
        for reference in [r for r in plan.chosen[name] if r in self.clusters and not self._chooses(r)]:
            chosen_N = self.rows[reference][order_N]
            kind_N = np.where(chosen_N < 0, -1, self.clusters[reference][np.maximum(chosen_N, 0)])
            frame.add(cluster_of(reference), "categorical", labels(kind_N))
            frame.add(before(name, cluster_of(reference)), "categorical", shifted(labels(kind_N), before_N), given=True)
            alone_N = np.where(row_N < 0, -1 - np.arange(len(row_N)), row_N)
            frame.add(usual_of(reference), "categorical", labels(usual_so_far(alone_N, kind_N)), given=True)
        second_N = None
        if choice is not None and choice.choosing.timed:
            time, clock = self.schema.tables[name].time, part.calendar is not None and part.calendar.clock
            second_N = self.seconds(name, order_N)
            add_own_times(frame, name, str(time), second_N, part.epoch, clock)
        elif part.calendar is not None:
            second_N = self._add_times(frame, name, order_N, row_N, first_N, before_N)
        if counts_P.max(initial=0) > 1:
            self._add_walk(frame, name, first_N, second_N)

    def _add_walk(self, frame: Frame, name: str, first_N: np.ndarray, second_N: np.ndarray | None) -> None:
        """What the rows so far add up to."""
        calendar, time = self.model.parts[name].calendar, self.schema.tables[name].time
        kinds = followed(frame.schema, frame.columns, frame.context)
        clock = calendar is not None and calendar.clock
        follow = Follow(name, kinds, None if second_N is None else time, clock)
        for column, values in walked(follow, first_N, frame.columns, second_N).items():
            frame.add(column, "numeric", values, given=True)

    def _of_parent(self, name: str) -> list[tuple[str, ColumnSchema]]:
        """Columns of an owner that its rows know of."""
        if name not in self.schema.tables:
            return []
        linked = {c for r in self.schema.of(name) for c in r.columns} | set(self.schema.key_of(name))
        later = {c for c, count in self.declared.get(name, {}).items() if not self._known_before(name, count)}
        return [(c.name, c) for c in tellers(self.schema.tables[name].columns, list(linked | later), MOST_OF_PARENT)]

    def _known_before(self, name: str, declared: Declared) -> bool:
        """Whether a count is known when rows of children are made: a helper says how many there will be."""
        ends, plan = ends_of(self.schema, name, declared.count), self.model.plan
        if self.judging:
            return True
        if declared.count.take != "rows" or declared.count.value is not None or any(end in plan.late for end in ends):
            return False
        graph = self.graphs.get(ends[0].table)
        return graph is None or graph[0].directed or len(ends) == 2

    def _before(self, name: str) -> list[ColumnSchema]:
        """Columns that the next row of the same owner knows of."""
        own = self.model.parts[name].own
        return [c for c in tellers(self.schema.tables[name].columns, [], 10**6) if c.name in own][:MOST_BEFORE]

    def _add_times(
        self,
        frame: Frame,
        name: str,
        order_N: np.ndarray,
        row_N: np.ndarray,
        first_N: np.ndarray,
        before_N: np.ndarray,
    ) -> np.ndarray:
        """Gaps and clocks, and what is known of when the row before was; the times, for what else follows them."""
        part, plan = self.model.parts[name], self.model.plan
        time = self.schema.tables[name].time
        assert part.calendar is not None
        assert time is not None
        second_N, there_N = part.calendar.seconds(self.tables[name].column(time).take(pa.array(order_N)))
        second_N = _carried(second_N, there_N, first_N, part.epoch)
        since_N = np.full(len(row_N), part.epoch)
        if part.begins is not None:
            parent = plan.owner[name].parent
            line = self._line(parent, part.begins)
            values = self.tables[parent].column(part.begins)
            since_P, known_P = Calendar.fit(values, line.options).seconds(values)
            since_N = np.where((row_N >= 0) & known_P[np.maximum(row_N, 0)], since_P[np.maximum(row_N, 0)], part.epoch)
        earlier_N = np.where(before_N < 0, since_N, second_N[np.maximum(before_N, 0)])
        if part.begins is not None:
            earlier_N = np.minimum(earlier_N, second_N)
        gaps = Gaps.between(earlier_N, second_N, first_N & (part.begins is None))
        names = Clockwork.of(name, time)
        missing = ~there_N
        frame.add(names.days, "numeric", pa.array(gaps.days_N, mask=missing))
        if part.calendar.clock:
            for column, values_N in ((names.clock, gaps.clock_N), (names.within, gaps.within_N)):
                gone = missing | np.isnan(values_N)
                frame.add(column, "numeric", pa.array(np.nan_to_num(values_N).astype(np.int64), mask=gone))
        frame.add(names.weekday, "categorical", weekdays(earlier_N), given=True)
        frame.add(names.since, "numeric", pa.array((earlier_N - part.epoch) // DAY), given=True)
        if part.calendar.clock:
            frame.add(names.hour, "numeric", pa.array(earlier_N % DAY // 3_600), given=True)
        for sibling in self._siblings(name):
            for column, known in arrow_of(sibling.known(row_N, earlier_N)).items():
                frame.add(column, "numeric", known, given=True)
        return second_N

    def _siblings(self, name: str) -> list[Sibling]:
        """Other events of the same owners, made before."""
        parts, found = self.model.parts, []
        for other in siblings_of(self.model.plan, name, {one for one in parts if parts[one].calendar is not None}):
            calendar, time = parts[other].calendar, self.schema.tables[other].time
            assert calendar is not None
            assert time is not None
            second_N, there_N = calendar.seconds(self.tables[other].column(time))
            owner_N = np.where(there_N, self.rows[self.model.plan.owner[other]], -1)
            found.append(Sibling.of(name, other, owner_N, second_N))
        return found


def _carried(second_N: np.ndarray, there_N: np.ndarray, first_N: np.ndarray, epoch: int) -> np.ndarray:
    """Times, where one is missing that of the row before."""
    at_N = np.where(there_N | first_N, np.arange(len(second_N)), 0)
    at_N = np.maximum.accumulate(at_N)
    return np.where(there_N | ~first_N, second_N, epoch)[at_N]
