"""Numbers and dates in order: the later is drawn as a gap after the earlier, or on its own and put after it.

Letters: N rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthgen.columns.keeping import Ask, Laid
from synthgen.columns.lines import DateLine, Line, NumberLine, line_from_state, line_of
from synthgen.columns.rules.base import Fitting, Rows, Source, Step
from synthgen.columns.rules.edges import Edge, earliest_first, edges_of, fit_one, levels_of, top_of, user_ends
from synthgen.columns.rules.gaps import Gap, gap_of
from synthgen.columns.rules.ordering import beside, lay_order, nearest
from synthgen.columns.rules.ranges import replaced
from synthgen.columns.wanted import Clause


class Ordered(Step):
    """Columns that hang together by orders.

    Args:
        edges: each pair in order.
        lines: how columns are placed and written, the earlier columns first.
        gaps: of the columns that are drawn as gaps.
        fixed: columns that nothing moves: the target, constants, unique ones.
        ends: least and greatest places that the user allows.
        tops: the greatest place that each column has of itself.
    """

    kind = "order"
    late = True

    def __init__(
        self,
        edges: list[Edge],
        lines: dict[str, NumberLine | DateLine],
        gaps: dict[str, Gap],
        fixed: tuple[str, ...],
        ends: dict[str, tuple[float | None, float | None]],
        tops: dict[str, float],
    ) -> None:
        self.edges, self.lines, self.gaps, self.fixed = edges, lines, gaps, fixed
        self.ends, self.tops = ends, tops

    @classmethod
    def fit(cls, fitting: Fitting) -> list[Self]:
        edges = edges_of(fitting)
        steps = []
        while edges:
            names, size = {edges[0].low, edges[0].high}, 0
            while len(names) != size:
                size = len(names)
                names |= {name for edge in edges for name in (edge.low, edge.high) if {edge.low, edge.high} & names}
            mine = [edge for edge in edges if edge.low in names]
            edges = [edge for edge in edges if edge.low not in names]
            steps.append(cls._fit_group(fitting, mine, names))
        return steps

    @classmethod
    def _fit_group(cls, fitting: Fitting, edges: list[Edge], names: set[str]) -> Self:
        fitted = {name: fit_one(fitting, name) for name in names}
        lines: dict[str, NumberLine | DateLine] = {name: line_of(fitted[name]) for name in earliest_first(edges, names)}
        ticks = [line.tick for line in lines.values() if isinstance(line, DateLine)]
        lines = {n: replace(x, tick=min(ticks)) if isinstance(x, DateLine) else x for n, x in lines.items()}
        places = {name: line.read(fitting.columns[name]) for name, line in lines.items()}
        edges = [replace(edge, levels=levels_of(places[edge.low], places[edge.high], edge.strict)) for edge in edges]
        unique = {c.name for c in fitting.schema.columns if c.options.get("unique") is True}
        fixed = tuple(n for n in lines if n == fitting.target or n in unique or n in fitting.constants)
        ends = {name: found for name in lines if (found := user_ends(fitting, name, lines[name])) != (None, None)}
        tops = {name: top_of(fitted[name], line) for name, line in lines.items()}
        gaps: dict[str, Gap] = {}
        told = {rule.when for rule in fitting.schema.missing if rule.values != [None]}
        exact = {rule.column for rule in fitting.schema.missing if rule.exactly}
        for name in lines:
            below = [edge for edge in edges if edge.high == name]
            if len(below) != 1 or name in (*fixed, *told):
                continue
            earlier = below[0].low
            if name in exact and fitting.columns[earlier].null_count:
                continue
            if gap := gap_of(fitting, earlier, name, fitted, dict(lines)):
                gaps[name] = gap
        step = cls(edges, lines, gaps, fixed, ends, tops)
        taught = step.teach(fitting.columns)
        for name, gap in gaps.items():
            fitting.teach(gap.label, "numeric", taught[gap.label], [name])
            fitting.carriers[name] = gap.label
        return step

    @property
    def makes(self) -> tuple[str, ...]:
        return tuple(self.gaps)

    @property
    def reads(self) -> tuple[str, ...]:
        return (*(gap.label for gap in self.gaps.values()), *self.fixed)

    @property
    def moves(self) -> tuple[str, ...]:
        return tuple(name for name in self.lines if name not in self.gaps and name not in self.fixed)

    @property
    def labels(self) -> dict[str, str]:
        return {gap.label: "numeric" for gap in self.gaps.values()}

    def teach(self, columns: Mapping[str, pa.Array]) -> dict[str, pa.Array]:
        taught = {}
        for name, gap in self.gaps.items():
            (edge,) = (edge for edge in self.edges if edge.high == name)
            (low, has_low), (high, has_high) = (self.lines[n].read(columns[n]) for n in (gap.earlier, name))
            taught[gap.label] = gap.distances(low, high, has_low & has_high, edge.strict)
        return taught

    def restore(self, rows: Rows) -> None:
        rng = rows.stream("order", *self.lines)
        self._swap(rows)
        roofs = self._roofs(rows)
        for name in self.lines:
            if name in self.gaps:
                self._after(name, rows)
            if name in roofs:
                self._put(name, *roofs[name], rows, up=False)
            low = self.ends.get(name, (None, None))[0]
            if low is not None:
                self._put(name, np.full(rows.n_rows, low, self._kind), np.ones(rows.n_rows, bool), rows, up=True)
            for edge in self.edges:
                if edge.high == name:
                    bound, there = self.lines[edge.low].read(rows.out[edge.low])
                    wrong = self._put(name, bound, there, rows, up=True, strict=edge.strict)
                    self._further(edge, bound, wrong, roofs.get(name), rows, rng)

    def _swap(self, rows: Rows) -> None:
        """Two columns drawn on their own and in the wrong order give one another their values: none is lost."""
        stays = {name: rows.stays(name) for name in self.lines}
        free = [e for e in self.edges if not {e.low, e.high} & {*self.fixed, *self.gaps}]
        for _ in range(len(self.lines)):
            moved = False
            for edge in free:
                low, high = self.lines[edge.low], self.lines[edge.high]
                (a, has_a), (b, has_b) = low.read(rows.out[edge.low]), high.read(rows.out[edge.high])
                at = np.flatnonzero(has_a & has_b & (a > b) & ~stays[edge.low] & ~stays[edge.high])
                if len(at):
                    was_low, was_high = (rows.out[name].take(pa.array(at)) for name in (edge.low, edge.high))
                    rows.put(edge.low, replaced(rows.out[edge.low], at, low.beyond(b[at], False, False, was_low)))
                    rows.put(edge.high, replaced(rows.out[edge.high], at, high.beyond(a[at], True, False, was_high)))
                    moved = True
            if not moved:
                return

    def _after(self, name: str, rows: Rows) -> None:
        """Make a column from its gap."""
        gap, line = self.gaps[name], self.lines[name]
        low, has_low = self.lines[gap.earlier].read(rows.out[gap.earlier])
        far = rows.out[gap.label]
        there = has_low & np.asarray(far.is_valid())
        places = np.where(there, low, 0) + np.asarray(far.fill_null(0.0)) * gap.unit
        places = np.minimum(places, self.tops[name])
        places = np.rint(places).astype(np.int64) if self._kind is np.int64 else places
        if name in rows.held:
            places = nearest(rows.held[name], places)
        values = line.write(places, pa.nulls(rows.n_rows, pa.string()))
        rows.put(name, values if there.all() else pc.if_else(pa.array(there), values, pa.scalar(None, values.type)))
        if name in rows.held:  # where a rounding left no room for a gap
            strict = any(edge.strict for edge in self.edges if edge.high == name)
            self._put(gap.earlier, *line.read(rows.out[name]), rows, up=False, strict=strict)

    @property
    def _kind(self) -> type:
        return np.int64 if isinstance(next(iter(self.lines.values())), DateLine) else np.float64

    def _roofs(self, rows: Rows) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        """Of columns below one that stays, or below an end that the user gave: what they may not exceed, and where."""
        roofs: dict[str, tuple[np.ndarray, np.ndarray]] = {}
        for name in reversed(self.lines):
            found: list[tuple[np.ndarray, np.ndarray]] = []
            high = self.ends.get(name, (None, None))[1]
            if high is not None:
                found.append((np.full(rows.n_rows, high, self._kind), np.ones(rows.n_rows, bool)))
            for edge in self.edges:
                if edge.low == name:
                    bound, there = self._ceiling(edge.high, rows, roofs)
                    if there.any():
                        like = _like(rows.out.get(name), int(there.sum()))
                        below = self.lines[name].beyond(bound[there], False, edge.strict, like)
                        bound = bound.copy()
                        bound[there] = self.lines[name].read(below)[0]
                        found.append((bound, there))
            asked = any(edge.low == name and edge.high in rows.held for edge in self.edges)
            if found and (name not in self.fixed or asked):
                roofs[name] = _least(found)
        return roofs

    def _ceiling(
        self, name: str, rows: Rows, roofs: Mapping[str, tuple[np.ndarray, np.ndarray]]
    ) -> tuple[np.ndarray, np.ndarray]:
        """What a column stays at, or may not exceed itself, and where."""
        nowhere: tuple[np.ndarray, np.ndarray] = np.zeros(rows.n_rows, self._kind), np.zeros(rows.n_rows, bool)
        bound, there = roofs.get(name, nowhere)
        cells = rows.known.get(name) if name in self.gaps else rows.out[name]
        if cells is None:
            return bound, there
        stays = np.ones(rows.n_rows, bool) if name in self.fixed else rows.stays(name)
        places, has = self.lines[name].read(cells)
        return np.where(stays & has, places, bound), there | (stays & has)

    def _put(
        self, name: str, bound: np.ndarray, there: np.ndarray, rows: Rows, up: bool, strict: bool = False
    ) -> np.ndarray:
        """Values on the wrong side of a bound are put beyond it; which rows those are."""
        line, values = self.lines[name], rows.out[name]
        places, has = line.read(values)
        wrong = (places < bound) if up else (places > bound)
        at = np.flatnonzero(there & has & (wrong | (places == bound) if strict else wrong))
        if len(at):
            limit = bound[at]
            if name in rows.held:
                limit, fits = beside(rows.held[name], limit, up)
                at, limit = at[fits], limit[fits]
            put = line.beyond(limit, up, strict, values.take(pa.array(at)))
            rows.put(name, replaced(values, at, put))
        return at

    def _further(
        self,
        edge: Edge,
        bound: np.ndarray,
        at: np.ndarray,
        roof: tuple[np.ndarray, np.ndarray] | None,
        rows: Rows,
        rng: np.random.Generator,
    ) -> None:
        """Values put on their bound go on by a gap that training rows could have shown, where there is room."""
        if not len(at) or not edge.levels or edge.high in rows.held:
            return
        line, values = self.lines[edge.high], rows.out[edge.high]
        put = values.take(pa.array(at))
        least = line.read(put)[0]
        far = np.interp(rng.random(len(at)) * (len(edge.levels) - 1), np.arange(len(edge.levels)), edge.levels)
        most = np.full(len(at), self.tops[edge.high])
        if roof is not None:
            most = np.where(roof[1][at], np.minimum(most, roof[0][at]), most)
        further = np.maximum(np.minimum(bound[at] + far, most), least)
        tried = line.write(
            line.snap(np.rint(further).astype(np.int64) if self._kind is np.int64 else further, False), put
        )
        found, there = line.read(tried)
        good = there & (found >= least) & (found <= np.maximum(most, least))
        rows.put(edge.high, replaced(values, at, pc.if_else(pa.array(good), tried, put)))

    @property
    def concerns(self) -> tuple[str, ...]:
        return tuple(self.lines)

    def lay(self, wanted: Mapping[str, list[Clause]], ask: Ask) -> Laid:
        return lay_order(self, wanted, ask)

    def there(self, columns: Mapping[str, pa.Array]) -> dict[str, np.ndarray]:
        has = {name: np.asarray(columns[name].is_valid()) for name in self.lines}
        return {gap.label: has[gap.earlier] & has[name] for name, gap in self.gaps.items()}

    def broken(self, columns: Mapping[str, pa.Array]) -> dict[str, np.ndarray]:
        places = {name: line.read(columns[name]) for name, line in self.lines.items()}
        found: dict[str, np.ndarray] = {}
        for edge in self.edges:
            (low, has_low), (high, has_high) = places[edge.low], places[edge.high]
            wrong = has_low & has_high & ((low >= high) if edge.strict else (low > high))
            found[edge.high] = found.get(edge.high, np.zeros(len(wrong), bool)) | wrong
        return found

    def line_of_made(self, name: str) -> Line | None:
        return self.lines[name] if name in self.gaps else None

    def known_values(self, name: str) -> pa.Array | None:
        if name not in self.gaps:
            return None
        line = self.lines[name]
        return line.write(np.zeros(1, self._kind), pa.nulls(1, pa.string()))[:0]

    def source(self, name: str) -> Source | None:
        if name in self.gaps:
            return Source("gap", self.gaps[name].label, (self.gaps[name].earlier,), moved=True)
        return Source("own", name, moved=True) if name in self.moves else None

    def state(self) -> dict[str, Any]:
        return {
            "edges": [[edge.low, edge.high, edge.strict, list(edge.levels)] for edge in self.edges],
            "lines": {name: line.state() for name, line in self.lines.items()},
            "gaps": {name: gap.state() for name, gap in self.gaps.items()},
            "fixed": list(self.fixed),
            "ends": {name: list(ends) for name, ends in self.ends.items()},
            "tops": self.tops,
        }

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Self:
        edges = [Edge(low, high, strict, tuple(levels)) for low, high, strict, levels in state["edges"]]
        lines = {name: line_from_state(line) for name, line in state["lines"].items()}
        gaps = {name: Gap.from_state(gap) for name, gap in state["gaps"].items()}
        ends = {name: (low, high) for name, (low, high) in state["ends"].items()}
        return cls(edges, lines, gaps, tuple(state["fixed"]), ends, state["tops"])


def _least(found: list[tuple[np.ndarray, np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
    bound, there = found[0]
    for other, here in found[1:]:
        bound = np.where(there & here, np.minimum(bound, other), np.where(here, other, bound))
        there = there | here
    return bound, there


def _like(values: pa.Array | None, many: int) -> pa.Array:
    """Something to take a zone from."""
    return pa.nulls(many, pa.string()) if values is None else values.slice(0, many)
