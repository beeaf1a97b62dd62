"""Making linked tables: parents first, then their children row after row, then the references among them.

Letters: N rows of a table, O owners, A owners who have a row left to make.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import pyarrow as pa

from synthgen.campaigns import AskedCampaigns
from synthgen.columns.physical import named_type
from synthgen.linked.declared import ends_of, fill
from synthgen.linked.frames import (
    cluster_of,
    number_of,
    numbers,
    shifted,
)
from synthgen.linked.keys import parent_rows
from synthgen.linked.labels import together
from synthgen.linked.network import texts
from synthgen.linked.schema import Reference
from synthgen.linked.siblings import Sibling, siblings_of
from synthgen.linked.taking import take
from synthgen.seeding import derived_seed, numpy_stream
from synthgen.synthesizers.completing import SoFar
from synthgen.synthesizers.linked_choosing import Choices
from synthgen.synthesizers.linked_farming import TRUTH, Farming
from synthgen.synthesizers.linked_growing import Growing, Made, Makeable, Piece
from synthgen.synthesizers.linked_part import DEGREES, Part
from synthgen.synthesizers.linked_texts import write_texts
from synthgen.training.progress import Progress

OWNERS = 4096
"""Owners whose rows are made side by side: what is in memory, besides the tables, does not grow with their number."""


class Making:
    """What has been made so far.

    Args:
        model: makes them.
        scale: times as many rows as there were.
        rows: so many of single tables.
        seed: of every draw.
        progress: is told which table is being made.
        campaigns: how many are asked for; None: as many as were learned.
    """

    def __init__(
        self,
        model: Makeable,
        scale: float,
        rows: Mapping[str, int],
        seed: int,
        progress: Progress | None,
        campaigns: AskedCampaigns | None = None,
    ) -> None:
        self.model, self.scale, self.asked, self.seed, self.progress = model, scale, rows, seed, progress
        self.made: dict[str, Made] = {}
        self.references: dict[Reference, np.ndarray] = {}
        self.keys: dict[str, dict[str, pa.Array]] = {}
        self.farming = Farming(model.campaigns, model.schema, campaigns, seed)

    def run(self) -> dict[str, pa.Table]:
        """All tables that have a file, with the columns that they had."""
        plan = self.model.plan
        for name in plan.order:
            if self.progress is not None:
                self.progress.stage(f"making {name}")
            self._make(name)
        for reference in plan.late:
            self._fill_in(reference)
        whole = self._counted({name: self._whole(name) for name in self.model.schema.tables})
        return whole | self._truth()

    def _truth(self) -> dict[str, pa.Table]:
        """Which user is in which campaign, where some were asked for."""
        users = "" if self.model.campaigns is None else self.model.campaigns.users
        found = self.farming.truth(self.made[users].columns, self._keys(users)) if users in self.made else None
        return {} if found is None else {TRUTH: found}

    def _counted(self, tables: dict[str, pa.Table]) -> dict[str, pa.Table]:
        """The tables with what is computed from others, now that all are there."""
        parts = self.model.parts
        columns = {
            name: {column: table.column(column).combine_chunks() for column in table.column_names}
            for name, table in tables.items()
        }
        sizes = {name: made.rows for name, made in self.made.items()}
        rows = {r: self._rows_of(r, columns) for r in self.model.schema.references if r.parent in columns}
        fill(self.model.schema, {name: part.counts for name, part in parts.items()}, columns, rows, sizes)
        return {
            name: pa.table({column: columns[name][column] for column in parts[name].columns if column in columns[name]})
            for name in tables
        }

    def _rows_of(self, reference: Reference, columns: Mapping[str, Mapping[str, pa.Array]]) -> np.ndarray:
        """The parent's row of each row of a child; of a child that is kept, by its keys."""
        if reference in self.references:
            return self.references[reference]
        child = [columns[reference.table][column] for column in reference.columns]
        return parent_rows(child, [columns[reference.parent][column] for column in reference.parent_columns])

    def _thicken(self, name: str) -> None:
        """Ties with people held out were not learned: everybody gets as many more as these were."""
        plan, made = self.model.plan, self.made[name]
        for table, ends in plan.edges.items():
            learned = self.model.parts[table].thinned
            for degree in DEGREES[:2] if ends[0].parent == name and 0 < learned < 1 else ():
                mark = f"{number_of(ends[0])}: {degree}"
                if mark in made.columns:
                    more_N = made.numbers(mark) / learned
                    more_N = np.floor(more_N + numpy_stream(self.seed, "ties", table, degree).random(made.rows))
                    made.columns[mark] = pa.array(np.minimum(more_N, max(made.rows - 1, 0)).astype(np.int64))

    def _foretell(self, name: str) -> None:
        """Counts as the table itself asks for them: rows that hang on it are made to know these."""
        plan, made = self.model.plan, self.made[name]
        for column, declared in self.model.parts[name].counts.items():
            ends = ends_of(self.model.schema, name, declared.count)
            marks = [number_of(end) for end in ends]
            edges = plan.edges.get(ends[0].table)
            if edges is not None:
                part = self.model.parts[ends[0].table]
                directed = part.graph is not None and part.graph.directed
                marks = [f"{number_of(edges[0])}: {DEGREES[place if directed else 0]}" for place in range(2)]
                marks = [mark for mark, end in zip(marks, edges, strict=True) if end in ends][: 2 if directed else 1]
            total_N = sum((made.numbers(mark) for mark in marks), np.zeros(made.rows, np.int64))
            if declared.writes is not None:
                made.columns[column] = declared.write(total_N.astype(float))

    def _make(self, name: str) -> None:
        plan, part = self.model.plan, self.model.parts[name]
        seed = derived_seed(self.seed, "table", name)
        if part.kept is not None:
            self.made[name] = Made.of(part.kept)
        elif name in plan.edges:
            self._tie(name, seed)
        elif name in plan.owner:
            self._grow(name, seed)
            for reference in plan.chosen[name]:
                if reference not in self.references:
                    self._choose(name, reference, seed)
        else:
            n = self.asked.get(name, round(self.scale * part.rows))
            users = self.farming.users(part.model, n) if self.farming.makes(name) else None
            self.made[name] = self._free(part, n, seed) if users is None else Made.of(users)
        self._thicken(name)
        self._foretell(name)

    def _free(self, part: Part, n: int, seed: int) -> Made:
        """Rows that hang on nothing."""
        if part.model is None:
            return Made(n)
        return Made.of(pa.concat_tables(part.model.sample_chunks(n, random_state=seed)))

    # ------------------------------------------------------------------ children
    def _grow(self, name: str, seed: int) -> None:
        """Rows for each row of the owner, one after another."""
        plan, part = self.model.plan, self.model.parts[name]
        owner = plan.owner[name]
        parent = self.made[owner.parent]
        number_O = np.r_[self._numbers(owner), np.ones(round(self.scale * part.lonely), np.int64)]
        whose_O = np.r_[np.arange(parent.rows), np.full(len(number_O) - parent.rows, -1)]
        choices, start_O = None, np.zeros(len(number_O), np.int64)
        if part.choosing is not None:
            choices = Choices(self, name, owner, plan.chosen[name], whose_O, number_O, seed)
            number_O, start_O = choices.drawn.number_O, choices.start_O
        order_O = np.argsort(-number_O, kind="stable")
        number_O, whose_O, start_O = number_O[order_O], whose_O[order_O], start_O[order_O]
        pieces: list[Piece] = []
        siblings, so_far = self._siblings(name), SoFar()
        for start in range(0, int((number_O > 0).sum()), OWNERS):
            here, own = slice(start, start + OWNERS), derived_seed(seed, "owners", start)
            growing = Growing(self, name, whose_O[here], number_O[here], own, siblings, so_far)
            if choices is not None:
                growing.take(choices, start_O[here])
            pieces += growing.pieces()
        if not pieces:
            self.references |= {r: np.zeros(0, np.int64) for r in (owner, *plan.chosen[name])}
            self.made[name] = Made(0, self._empty(part), np.zeros(0, np.int64), np.zeros(0, np.int64))
            return
        made = Piece.joined(pieces)
        rank_N = np.where(made.owner_N < 0, np.iinfo(np.int64).max, made.owner_N)
        order_N = np.lexsort((made.at_N, rank_N))
        self.made[name] = Made.of(made.table.take(pa.array(order_N)))
        self.made[name].owner_N = made.owner_N[order_N]
        self.made[name].second_N = None if part.calendar is None else made.second_N[order_N]
        if choices is None:  # rows that choose among many are no posts
            self.farming.posted(name, self.made[name], part.last)
        self.references[owner] = self.made[name].owner_N
        if choices is not None:
            self.references[choices.reference] = choices.drawn.row_E[made.row_N[order_N]]

    def _siblings(self, name: str) -> list[Sibling]:
        """Other events of the same owners, made before."""
        timed = {one for one, part in self.model.parts.items() if part.calendar is not None}
        found = [(other, self.made[other]) for other in siblings_of(self.model.plan, name, timed)]
        return [Sibling.of(name, other, m.owner_N, m.second_N) for other, m in found if m.second_N is not None]

    def _numbers(self, owner: Reference) -> np.ndarray:
        """How many rows hang on each row of the owner; a number that never differed is that number."""
        parent = self.made[owner.parent]
        helper = number_of(owner)
        if helper in parent.columns:
            return parent.numbers(helper)
        rows, owners = self.model.parts[owner.table].rows, self.model.parts[owner.parent].rows
        return np.full(parent.rows, round((rows - self.model.parts[owner.table].lonely) / max(1, owners)))

    def _empty(self, part: Part) -> dict[str, pa.Array]:
        if part.model is None:
            return {}
        schema = part.model.origin_.schema
        return {name: pa.array([], schema.field(name).type) for name in schema.names}

    def _choose(self, name: str, reference: Reference, seed: int) -> None:
        """Parents of rows that are there: of the cluster that each row drew, as often as parents ask for."""
        made, parent, part = self.made[name], self.made[reference.parent], self.model.parts[name]
        helper = cluster_of(reference)
        kind_N = numbers(made.columns[helper]) if helper in made.columns else np.zeros(made.rows, np.int64)
        kind_P = numbers(parent.columns[helper]) if helper in parent.columns else np.zeros(parent.rows, np.int64)
        wanted_P = parent.numbers(number_of(reference))
        alone_N = np.where(made.owner_N < 0, parent.rows + np.arange(made.rows), made.owner_N)
        rng = numpy_stream(seed, "choose", reference.text)
        chosen_N = take(kind_N, alone_N, kind_P, wanted_P, rng, part.once[reference.text])
        self.references[reference] = chosen_N

    # ------------------------------------------------------------------ ties
    def _tie(self, name: str, seed: int) -> None:
        """A graph among the rows of one parent."""
        start, end = self.model.plan.edges[name]
        part, parent = self.model.parts[name], self.made[start.parent]
        assert part.graph is not None
        mark = number_of(start)
        nodes = {column: parent.numbers(f"{mark}: {column}") for column in DEGREES[:2]}
        if not part.graph.directed:
            nodes["in_degree"] = nodes["out_degree"]
        community = f"{mark}: {DEGREES[2]}"
        if not parent.rows:
            self.made[name] = self._free(part, 0, seed)
            self.references[start] = self.references[end] = np.zeros(0, np.int64)
            return
        kinds_P = numbers(parent.columns[community]) if community in parent.columns else np.zeros(parent.rows, np.int64)
        nodes[DEGREES[2]] = np.maximum(kinds_P, 0)
        if part.labels:
            own = {column: np.array(texts(parent.columns[column]), object) for column in part.labels}
            nodes["label"] = together(own, part.labels)
        graph = part.graph.sample(pd.DataFrame(nodes), random_state=seed % 2**31).graph
        ends = self.farming.tied(start.parent, graph.from_M, graph.to_M, parent.rows, part.graph.directed)
        self.made[name] = self._free(part, len(ends[0]), seed)
        self.references[start], self.references[end] = ends

    # ------------------------------------------------------------------ references
    def _fill_in(self, reference: Reference) -> None:
        """References of rows that are all there, as many missing as were.

        A row of the own table comes before it, where rows have times: none refers to itself.
        """
        child, parent = self.made[reference.table], self.made[reference.parent]
        rng = numpy_stream(self.seed, "late", reference.text)
        chosen_N = rng.integers(0, max(1, parent.rows), child.rows)
        if reference.table == reference.parent and child.rows:
            order_N = np.arange(child.rows) if child.second_N is None else np.argsort(child.second_N, kind="stable")
            place_N = np.empty(child.rows, np.int64)
            place_N[order_N] = np.arange(child.rows)
            earlier_N = (rng.random(child.rows) * place_N).astype(np.int64)
            chosen_N = np.where(place_N > 0, order_N[earlier_N], -1)
        gone_N = rng.random(child.rows) < self.model.missing.get(reference, 0.0)
        self.references[reference] = np.where(gone_N | (parent.rows == 0), -1, chosen_N)

    def _whole(self, name: str) -> pa.Table:
        """The table as it was: keys made up, references filled in, helpers gone."""
        part = self.model.parts[name]
        columns = {column: values for column, values in self.made[name].columns.items() if column not in part.counts}
        columns |= self.farming.labelled(name, columns)
        if part.kept is None:
            columns |= self._keys(name)
            for reference in self.model.schema.of(name):
                columns |= self._said(reference)
            time = self.model.schema.tables[name].time
            second_N = self.made[name].second_N
            if second_N is not None and part.calendar is not None and time is not None:
                columns[time] = part.calendar.write(second_N, np.ones(len(second_N), bool))
            if part.texts is not None and part.model is not None and part.texts.columns:
                codec = part.model.known("linked tables").codec
                written, same_N = write_texts(part.texts, self, self.model.plan, codec, name), self.made[name].same_N
                columns |= written if same_N is None else {c: v.take(pa.array(same_N)) for c, v in written.items()}
        return pa.table({column: columns[column] for column in part.columns if column in columns})

    def values(self, name: str, column: str) -> pa.Array:
        """A column of a made table, its key too."""
        kept, keys = self.model.parts[name].kept, self._keys(name)
        if kept is not None:
            return kept.column(column).combine_chunks()
        return keys[column] if column in keys else self.made[name].columns[column]

    def _keys(self, name: str) -> dict[str, pa.Array]:
        """Made-up values of the key, one for each row; made once, whoever refers to them."""
        if name not in self.keys:
            part, n = self.model.parts[name], self.made[name].rows
            self.keys[name] = found = {}
            for column, kind in part.keys.items():
                rng = numpy_stream(self.seed, "key", name, column)
                found[column] = kind.decode(np.zeros((n, 0), np.int32), rng, 0)
        return self.keys[name]

    def _said(self, reference: Reference) -> dict[str, pa.Array]:
        """The columns of a reference: the key of the row that it leads to."""
        parent, row_N = reference.parent, self.references[reference]
        kept, keys = self.model.parts[parent].kept, self._keys(parent)
        found = {}
        for column, own in zip(reference.columns, reference.parent_columns, strict=True):
            if kept is not None:
                values = kept.column(own).combine_chunks()
            elif own in keys:
                values = keys[own]
            else:
                values = self._part_of_key(parent, own)
            kind = named_type(self.model.parts[reference.table].types[column])
            found[column] = shifted(values, row_N).cast(kind)
        return found

    def _part_of_key(self, name: str, column: str) -> pa.Array:
        """A column of a key that is itself a reference."""
        reference = next(r for r in self.model.schema.of(name) if column in r.columns)
        return self._said(reference)[column]
