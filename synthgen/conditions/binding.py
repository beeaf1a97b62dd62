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
from synthgen.columns.label_restriction import Judge
from synthgen.columns.restrictions import Restriction
from synthgen.columns.wanted import Clause, contradiction
from synthgen.conditions.asking import Condition
from synthgen.conditions.restored import Keeping, about_values, constant_wish, restored_wish
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


@dataclass(frozen=True)
class Bound:
    """Conditions bound to a fitted codec.

    Attributes:
        conditions: as they were asked.
        paths: one for each column whose slots they restrict.
        restrictions: what is left of each column's values, by name.
        keeps: per column that a condition names, whether its cells keep it.
    """

    conditions: tuple[Condition, ...]
    paths: list[RestrictedPath] = field(default_factory=list)
    restrictions: dict[str, Restriction] = field(default_factory=dict)
    keeps: dict[str, Judge] = field(default_factory=dict)

    def holds(self, table: pa.Table) -> np.ndarray:
        """``(N,)`` whether each row keeps all conditions, judged on its values alone."""
        found = np.ones(table.num_rows, bool)
        for name, keep in self.keeps.items():
            found &= keep(joined(table.column(name)))
        return found


def bind(conditions: Sequence[Condition], codec: Codec) -> Bound:
    """Lay conditions on a fitted table.

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
    laid: dict[str, list[Clause]] = {}
    asked: dict[str, list[str]] = {}
    for name, clauses in wanted.items():
        _check_name(name, codec)
        with _named(name):
            keeping, onto = _wish(name, clauses, codec)
        bound.keeps[name] = keeping
        for leader, clause in onto:
            laid.setdefault(leader, []).append(clause)
            asked.setdefault(leader, []).append(name)
    first = 0
    for name, column in codec.modelled.items():
        slots = tuple(range(first, first + len(column.path)))
        first += len(slots)
        if name in laid:
            with _named(*dict.fromkeys(asked[name])):
                _restrict(bound, name, column, slots, laid[name])
    return bound


def _wish(name: str, clauses: list[Clause], codec: Codec) -> tuple[Judge, list[tuple[str, Clause]]]:
    """Whether a cell keeps the clauses, and what they ask of which learned columns."""
    if not all(c.takes_missing for c in clauses) and not all(c.takes_values for c in clauses):
        raise contradiction(clauses)
    if name in codec.constants:
        return constant_wish(name, clauses, codec), []
    if name not in codec.modelled:
        return restored_wish(name, clauses, codec)
    column = codec.modelled[name]
    restriction = None
    if all(clause.takes_values for clause in clauses):
        restriction = _restriction(column, clauses)
    return Keeping.of(clauses, None if restriction is None else restriction.holds), [(name, c) for c in clauses]


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
