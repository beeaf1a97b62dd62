"""Conditions on columns that are not learned: constant, tied to another, of a one-hot group, or computed.

Each becomes a condition on the learned column that it is restored from, where that is exact.

Letters: N rows, V values that a tie remembers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pyarrow as pa

from synthgen.codec import Codec
from synthgen.columns.boolean import Boolean
from synthgen.columns.categorical import Categorical
from synthgen.columns.formulas import compute
from synthgen.columns.label_restriction import Judge, LabelWish
from synthgen.columns.number_text import NumberFormat, parse_numbers
from synthgen.columns.numeric import Numeric
from synthgen.columns.numeric_restriction import number_stretches
from synthgen.columns.one_hot import flags_of, spelling_of
from synthgen.columns.relations import TieMap
from synthgen.columns.wanted import FLOATS, Clause, Stretch, contains, contradiction, union
from synthgen.errors import ConditionError
from synthgen.seeding import numpy_stream
from synthgen.table.schema import Formula

Laid = list[tuple[str, Clause]]


@dataclass(frozen=True)
class Keeping:
    """Whether cells keep clauses: missing ones, and present ones by a judge of their values (None: all do)."""

    missing: bool
    present: bool
    judge: Judge | None

    @classmethod
    def of(cls, clauses: Sequence[Clause], judge: Judge | None) -> Keeping:
        """Of clauses that all have to hold."""
        return cls(all(c.takes_missing for c in clauses), all(c.takes_values for c in clauses), judge)

    def __call__(self, values: pa.Array) -> np.ndarray:
        """``(N,)`` bool."""
        is_there = np.asarray(values.is_valid())
        inside = np.full(len(values), self.present)
        if self.present and self.judge is not None:
            inside = self.judge(values)
        return np.where(is_there, inside, self.missing)


def about_values(clauses: Sequence[Clause]) -> list[Clause]:
    """Those that say which values may be there."""
    return [clause for clause in clauses if clause.operation not in ("present", "missing")]


def _said(name: str, clauses: Sequence[Clause]) -> str:
    return " and ".join(f"{name} {clause}" for clause in clauses)


def constant_wish(name: str, clauses: Sequence[Clause], codec: Codec) -> Judge:
    """Whether a cell of a constant column keeps the clauses; its one value has to.

    Raises:
        ConditionError: it does not; says what the column holds.
    """
    value = codec.constants[name]
    held = value[0].as_py()
    says = "it is missing in every row" if held is None else f"it holds {str(held)!r} in every row"
    try:
        keeping = _keeping(clauses, value, codec.schema.column(name).type, codec.decimal(name))
        kept = bool(keeping(value)[0])
    except ConditionError:
        kept = False
    if not kept:
        asked = " and ".join(repr(str(clause)) for clause in clauses)
        raise ConditionError(f"{says}, so {asked} cannot be kept. Leave the condition out")
    return keeping


def restored_wish(name: str, clauses: Sequence[Clause], codec: Codec) -> tuple[Judge, Laid]:
    """Whether a cell of a restored column keeps the clauses, and what they ask of which learned columns.

    Raises:
        ConditionError: they cannot be kept exactly, or not at all.
    """
    if name in codec.ties:
        leader, tie = codec.ties[name]
        keeping = _keeping(clauses, tie.values, codec.schema.column(name).type, codec.decimal(name))
        if not keeping(tie.values).any():
            raise contradiction(clauses)
        return keeping, _onto_leader(keeping, leader, tie, codec, _said(name, clauses))
    for label, members in codec.one_hot.items():
        if name in members:
            return _onto_group(name, label, members[name], clauses)
    formula, text = next((f, text) for f, text in codec.formulas if f.column == name)
    return _onto_input(formula, text, clauses, codec)


def _keeping(clauses: Sequence[Clause], known: pa.Array, kind: str, decimal: str) -> Keeping:
    """Whether cells of a column that has no fitted type keep the clauses."""
    values, asked = known.drop_null(), about_values(clauses)
    judge: Judge | None = None
    if asked and all(clause.takes_values for clause in clauses):
        numbers = parse_numbers(values, decimal)
        if kind == "boolean" and len(values):
            judge = spelling_of(values, 1).restrict(asked).holds
        elif kind == "numeric" or (kind == "constant" and len(values) and np.isfinite(numbers).all()):
            judge = _number_judge(asked, values, decimal)
        else:
            judge = LabelWish(asked, values.unique()).holds
    return Keeping.of(clauses, judge)


def _number_judge(clauses: Sequence[Clause], known: pa.Array, decimal: str) -> Judge:
    stretches = number_stretches(clauses, known.type, decimal)
    if not stretches:
        raise contradiction(clauses)
    numbers = parse_numbers(known, decimal)
    if len(numbers) and not contains(stretches, numbers).any():
        ends = [end for stretch in stretches for end in stretch]
        nearest = int(np.abs(numbers[:, None] - np.array(ends)[None, :]).min(1).argmin())
        asked = " and ".join(repr(str(clause)) for clause in clauses)
        raise ConditionError(
            f"no number of the column keeps {asked}; the nearest possible value is {known[nearest].as_py()}"
        )
    return lambda values: contains(stretches, parse_numbers(values, decimal))


def _onto_leader(keeping: Keeping, leader: str, tie: TieMap, codec: Codec, said: str) -> Laid:
    """What a tied column asks of the one it is restored from."""
    if leader in codec.constants:
        return []
    column = codec.modelled[leader]
    missing = bool(keeping(tie.restore(pa.nulls(1, column.physical)))[0])
    if isinstance(column.type, Boolean | Categorical):
        return [(leader, Clause("judged", (lambda values: keeping(tie.restore(values)),), missing, said))]
    if isinstance(column.type, Numeric):
        stretches = _leading_numbers(keeping, tie, codec.decimal(leader))
        return [(leader, Clause("judged", tuple(stretches), missing, said))]
    raise ConditionError(f"it is restored from {leader!r}; put the condition there")


def _leading_numbers(keeping: Keeping, tie: TieMap, decimal: str) -> list[Stretch]:
    """The numbers for which a tie restores what keeps the clauses: those nearest to a number that it remembers."""
    keys, kept_V = parse_numbers(tie.keys, decimal), keeping(tie.values)
    if decimal != "." or not np.isfinite(keys[np.asarray(tie.keys.is_valid())]).all():
        raise ConditionError("it is restored from a column of numbers with a decimal comma; put the condition there")
    order = np.argsort(keys)[: int(np.isfinite(keys).sum())]
    middles = (keys[order][1:] + keys[order][:-1]) / 2
    low = [FLOATS.least, *(FLOATS.after(middle) for middle in middles)]
    high = [*middles.tolist(), FLOATS.greatest]
    return union([ends for ends, kept in zip(zip(low, high, strict=True), kept_V[order], strict=True) if kept], FLOATS)


def _onto_group(name: str, label: str, spelling: Boolean, clauses: Sequence[Clause]) -> tuple[Judge, Laid]:
    """What a column of a one-hot group asks of the group's label."""
    if not all(clause.takes_values for clause in clauses):
        raise ConditionError("no cell of it was missing in the training rows, so none can be. Ask for a value")
    if not about_values(clauses):
        return Keeping(False, True, None), []
    restriction = spelling.restrict(about_values(clauses))
    rng = numpy_stream(0, "restriction")

    def judge(labels: pa.Array) -> np.ndarray:
        return restriction.holds(spelling.decode(flags_of(labels, name), rng, 0))

    return Keeping.of(clauses, restriction.holds), [(label, Clause("judged", (judge,), said=_said(name, clauses)))]


def _onto_input(formula: Formula, text: NumberFormat, clauses: Sequence[Clause], codec: Codec) -> tuple[Judge, Laid]:
    """What a column computed from one other asks of that one; from several, no restriction of tokens is exact."""
    source = formula.inputs[0]
    column = codec.modelled.get(source)
    if len(formula.inputs) > 1 or column is None or not isinstance(column.type, Numeric):
        names = " and ".join(map(repr, formula.inputs))
        raise ConditionError(f"it is computed, {formula.text}; put the condition on {names} in its place")
    if not all(clause.takes_values for clause in clauses):
        return Keeping.of(clauses, None), [(source, Clause("missing"))]
    missing = all(clause.takes_missing for clause in clauses)
    if not about_values(clauses):
        return Keeping.of(clauses, None), [(source, Clause("present"))]
    wanted = number_stretches(about_values(clauses), text.type, codec.decimal(formula.column))
    if not wanted:
        raise contradiction(clauses)

    def computed(x: np.ndarray) -> np.ndarray:
        return parse_numbers(text.write(text.tidy(compute(formula, {source: x}))), text.decimal)

    turn = [formula.total] if formula.operation == "absolute" else []
    low, high = column.type.bounds
    ends = [low, *(min(max(point, low), high) for point in turn), high]
    found = [part for a, b in pairwise(ends) for want in wanted for part in _before(computed, a, b, want)]

    def judge(values: pa.Array) -> np.ndarray:
        return contains(wanted, parse_numbers(values, text.decimal))

    return Keeping.of(clauses, judge), [
        (source, Clause("judged", tuple(union(found, FLOATS)), missing, _said(formula.column, clauses)))
    ]


def _before(function: Callable[[np.ndarray], np.ndarray], low: float, high: float, wanted: Stretch) -> list[Stretch]:
    """Where a function that only rises, or only falls, from ``low`` to ``high`` has values in a stretch."""
    at_low, at_high = function(np.array([low, high]))
    rises = bool(at_low <= at_high)
    least, most = (at_low, at_high) if rises else (at_high, at_low)
    if most < wanted[0] or least > wanted[1]:
        return []

    def edge(limit: float, is_past: Callable[[np.ndarray], np.ndarray]) -> tuple[float, float]:
        """The last point before and the first one past, from the end with the least value on."""
        before, past = (low, high) if rises else (high, low)
        while True:
            middle = before / 2 + past / 2
            if middle in (before, past):
                return before, past
            if is_past(function(np.array([middle])))[0]:
                past = middle
            else:
                before = middle

    first = (low if rises else high) if least >= wanted[0] else edge(wanted[0], lambda y: y >= wanted[0])[1]
    last = (high if rises else low) if most <= wanted[1] else edge(wanted[1], lambda y: y > wanted[1])[0]
    first, last = (first, last) if rises else (last, first)
    return [(first, last)] if first <= last else []
