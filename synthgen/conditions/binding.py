"""Conditions laid on a fitted table: what they leave of each path of tokens, and whether a row keeps them.

Letters: N rows, P tokens known so far.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from synthgen.codec import Codec, Modelled
from synthgen.columns.base import NOT_APPLICABLE
from synthgen.columns.keeping import Ask, Keeping, about_values
from synthgen.columns.label_restriction import Judge
from synthgen.columns.restrictions import Restriction
from synthgen.columns.rules.chain import Chain
from synthgen.columns.wanted import Clause, Stretch, contradiction
from synthgen.conditions.asking import Condition
from synthgen.conditions.chained import ChainPath
from synthgen.errors import ConditionError, near_miss
from synthgen.table.table import joined


class RestrictedPath:
    """The slots of a column that conditions restrict, missing cells counted in.

    Args:
        column: the fitted column.
        slots: numbers of its slots in the row, coarse to fine.
        restriction: what is left of its values; None: all of them.
        present: whether a cell may hold a value.
        missing: whether it may be missing.
    """

    def __init__(
        self, column: Modelled, slots: tuple[int, ...], restriction: Restriction | None, present: bool, missing: bool
    ) -> None:
        self.slots = slots
        self._path, self._restriction, self._present, self._missing = column.path, restriction, present, missing

    def weigh(self, prefix_NP: np.ndarray) -> np.ndarray:
        """The chance that a cell keeps the conditions when its path goes on with each token.

        Args:
            prefix_NP: the row's tokens of the path's first P slots.

        Returns:
            ``(N, size of slot P)``, 0 to 1, as of ``Restriction.weigh``; the missing token and the one that says
            *not applicable* have theirs.
        """
        level, n_rows = prefix_NP.shape[1], len(prefix_NP)
        slot, missing, none = self._path[level]
        plain = np.array(prefix_NP, np.int32)
        for earlier, (_, _, gone) in enumerate(self._path[:level]):
            if gone is not None:
                plain[plain[:, earlier] == gone, earlier] = NOT_APPLICABLE
        is_missing = np.zeros(n_rows, bool)
        if level and self._path[0][1] is not None:
            is_missing = plain[:, 0] == self._path[0][1]
            plain[is_missing] = 0
        weights = np.zeros((n_rows, slot.size + (missing is not None) + (none is not None)))
        if self._present:
            found = np.ones((1, slot.size + 1)) if self._restriction is None else self._restriction.chances(plain)
            weights[:, : slot.size] = found[:, :-1]
            if none is not None:
                weights[:, none] = found[:, -1]
        if missing is not None:
            weights[:, missing] = self._missing
        weights[is_missing] = self._missing
        return weights


@dataclass
class Bound:
    """Conditions bound to a fitted codec.

    Attributes:
        conditions: as they were asked.
        paths: one for each column whose slots they restrict, or for several that they tie together.
        restrictions: what is left of each column's values, by name.
        chains: columns in order that are decoded together.
        held: the places that are left of columns in order.
        keeps: per column that a condition names, whether its cells keep it.
    """

    conditions: tuple[Condition, ...]
    paths: list[RestrictedPath | ChainPath] = field(default_factory=list)
    restrictions: dict[str, Restriction] = field(default_factory=dict)
    chains: list[Chain] = field(default_factory=list)
    held: dict[str, list[Stretch]] = field(default_factory=dict)
    keeps: dict[str, Judge] = field(default_factory=dict)

    def holds(self, table: pa.Table) -> np.ndarray:
        """``(N,)`` whether each row keeps all conditions, judged on its values alone."""
        found = np.ones(table.num_rows, bool)
        for name, keep in self.keeps.items():
            found &= keep(joined(table.column(name)))
        return found


def bind(conditions: Sequence[Condition], codec: Codec) -> Bound:
    """Lay conditions on a fitted table.

    A condition on a column that a step makes becomes one on what the step reads, until all are on what has tokens.

    Args:
        conditions: that all have to hold; several on one column, or on columns tied to one another, restrict one path.
        codec: of the table.

    Raises:
        ConditionError: a column or value is unknown, conditions contradict one another, or cannot be kept exactly.
    """
    wanted: dict[str, list[Clause]] = {}
    for condition in conditions:
        wanted.setdefault(condition.column, []).append(condition.clause)
    bound = Bound(tuple(conditions))
    for name, clauses in wanted.items():
        _check_name(name, codec)
        with _named(name):
            if not all(c.takes_missing for c in clauses) and not all(c.takes_values for c in clauses):
                raise contradiction(clauses)
            if name in codec.modelled:
                bound.keeps[name] = _keeping(codec.modelled[name], clauses)
    asked = {name: [name] for name in wanted}
    ask = Ask(codec.schema, codec.modelled)
    for step in reversed(codec.steps):
        mine = {name: wanted[name] for name in step.concerns if name in wanted}
        if not mine:
            continue
        names = [name for one in mine for name in asked[one]]
        with _named(*dict.fromkeys(names)):
            laid = step.lay(mine, ask)
        bound.keeps |= {name: keep for name, keep in laid.keeps.items() if name in asked.get(name, ())}
        bound.held |= laid.held
        bound.chains += laid.chains
        for name, clause in laid.onto:
            wanted.setdefault(name, []).append(clause)
            asked[name] = [*asked.get(name, []), *(one for one in names if one not in asked.get(name, []))]
    _restrict_all(bound, codec, wanted, asked)
    return bound


def _restrict_all(bound: Bound, codec: Codec, wanted: dict[str, list[Clause]], asked: dict[str, list[str]]) -> None:
    """Add what clauses leave of the columns that have tokens."""
    slots, first = {}, 0
    for name, column in codec.modelled.items():
        slots[name] = tuple(range(first, first + len(column.path)))
        first += len(column.path)
    chained = {name for chain in bound.chains for name in chain.learned}
    for chain in bound.chains:
        names = [name for one in chain.learned for name in asked.get(one, [])]
        with _named(*dict.fromkeys([*chain.asked, *names])):
            bound.paths.append(ChainPath(chain, codec.modelled, slots))
    for name, column in codec.modelled.items():
        if name in wanted and name not in chained:
            with _named(*dict.fromkeys(asked[name])):
                _restrict(bound, name, column, slots[name], wanted[name])


def _keeping(column: Modelled, clauses: Sequence[Clause]) -> Judge:
    """Whether a cell of a column that has tokens keeps the clauses."""
    restriction = _restriction(column, clauses) if all(clause.takes_values for clause in clauses) else None
    return Keeping.of(clauses, None if restriction is None else restriction.holds)


def _restriction(column: Modelled, clauses: Sequence[Clause]) -> Restriction | None:
    """What clauses leave of the present values; None where all of them."""
    asked = about_values(clauses)
    return column.type.restrict(asked) if asked else None


def _restrict(bound: Bound, name: str, column: Modelled, slots: tuple[int, ...], clauses: list[Clause]) -> None:
    """Add what clauses leave of a learned column."""
    missing, present = all(c.takes_missing for c in clauses), all(c.takes_values for c in clauses)
    if not missing and not present:
        raise contradiction(clauses)
    if not present and not column.missing:
        raise ConditionError("no cell of it was missing in the training rows, so none can be. Ask for a value")
    restriction = _restriction(column, clauses) if present else None
    if restriction is not None:
        bound.restrictions[name] = restriction
    if slots and (restriction is not None or not (missing and present)):
        bound.paths.append(RestrictedPath(column, slots, restriction, present, missing))


def _check_name(name: str, codec: Codec) -> None:
    if name in codec.names:
        return
    if name in codec.schema.names:
        raise ConditionError(
            f"condition on {name!r}: the schema drops this column, so no sampled row has it. Leave it out"
        )
    raise ConditionError(f"condition: no column {name!r}; {near_miss(name, codec.names)}")


class _named:
    """Puts the columns' names before an error."""

    def __init__(self, *names: str) -> None:
        self.names = " and ".join(map(repr, names))

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, ConditionError):
            raise ConditionError(f"condition on {self.names}: {error}") from None
