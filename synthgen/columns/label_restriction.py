"""Labels that keep a condition: values and sets, and comparisons where the values are numbers.

Letters: N rows, K kept values.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthgen.columns.number_text import NUMBER, parse_numbers
from synthgen.columns.restrictions import LeafRestriction, Restriction
from synthgen.columns.wanted import FLOATS, Clause, Range, contains, contradiction, number_of, stretches_of
from synthgen.errors import ConditionError, near_miss
from synthgen.seeding import numpy_stream

if TYPE_CHECKING:
    from synthgen.columns.boolean import Boolean
    from synthgen.columns.categorical import Categorical

Judge = Callable[[pa.Array], np.ndarray]

_TRIED = 1 << 14
"""Made-up values from which the share that keeps a comparison is told: off by 0.4 % at most, once in 20 columns."""
_ROUNDS = 8


class LabelWish:
    """Clauses on labels, made out against the labels that there are.

    Args:
        wanted: clauses that all have to hold.
        known: different labels, none missing.

    Raises:
        ConditionError: a label is not among them, or they have no order and a comparison is asked for.
    """

    def __init__(self, wanted: Sequence[Clause], known: pa.Array) -> None:
        self._texts = known.cast(pa.string())
        self._judges = [self._judge(clause) for clause in wanted]
        self.names_values = any(clause.operation == "in" and not _has_range(clause) for clause in wanted)
        self.needs_numbers = any(_has_range(clause) or clause.operation == "judged" for clause in wanted)

    def holds(self, values: pa.Array) -> np.ndarray:
        """``(N,)`` whether each value keeps all clauses; a missing one does not."""
        found = np.asarray(values.is_valid())
        for judge in self._judges:
            found = found & judge(values)
        return found

    def _judge(self, clause: Clause) -> Judge:
        if clause.operation == "judged":
            judge: Judge = clause.values[0]
            return judge
        if clause.operation not in ("in", "not in", "<", "<=", ">", ">="):
            raise ConditionError(f"'{clause}' cannot be asked of labels; expected such as '= a' or 'in a|b'")
        if _has_range(clause):
            return self._compare(clause)
        asked = pa.array(sorted({text for v in clause.values if v is not None for text in self._named(v)}), pa.string())
        inside = clause.operation == "in"
        return lambda values: np.asarray(pc.is_in(values.cast(pa.string()), value_set=asked)) == inside

    def _named(self, value: Any) -> list[str]:
        """The labels that a value names: letter for letter, or else as a number."""
        text = str(value)
        if pc.index(self._texts, text).as_py() >= 0:
            return [text]
        texts: list[str] = self._texts.to_pylist()
        found = [known for known in texts if known.strip() == text.strip()]
        if not found and self._are_numbers() and pc.match_substring_regex(pa.array([text]), NUMBER)[0].as_py():
            found = [
                known for known, number in zip(texts, self._numbers(self._texts), strict=True) if number == float(text)
            ]
        if not found:
            raise ConditionError(f"no value {text!r}; {near_miss(text, texts)}")
        return found

    def _compare(self, clause: Clause) -> Judge:
        if not self._are_numbers():
            raise ConditionError(f"'{clause}' compares labels that are no numbers; ask for values, such as 'in a|b'")

        def read(value: Any) -> tuple[float, float]:
            return number_of(value), number_of(value)

        stretches = stretches_of([clause], read, FLOATS)
        return lambda values: contains(stretches, self._numbers(values))

    def _are_numbers(self) -> bool:
        return len(self._texts) > 0 and bool(np.isfinite(self._numbers(self._texts)).all())

    @staticmethod
    def _numbers(values: pa.Array) -> np.ndarray:
        return parse_numbers(pc.fill_null(values.cast(pa.string()), ""), ",")


def _has_range(clause: Clause) -> bool:
    return clause.operation in ("<", "<=", ">", ">=") or any(isinstance(value, Range) for value in clause.values)


class BooleanRestriction(LeafRestriction):
    """One of yes and no, or both."""

    def __init__(self, column: Boolean, allowed: np.ndarray) -> None:
        self._column, self._allowed = column, allowed
        super().__init__(column.slots, np.arange(2)[:, None], allowed.astype(float), np.ones(2))

    def decode(self, tokens_NP: np.ndarray, rng: np.random.Generator, start: int, tail: np.ndarray) -> pa.Array:
        return self._column.decode(tokens_NP, rng, start)

    def holds(self, values: pa.Array) -> np.ndarray:
        found = np.asarray(values.is_valid())
        found[found] = self._allowed[self._column.encode(values.drop_null(), numpy_stream(0, "restriction"))[:, 0]]
        return found


def restrict_boolean(column: Boolean, wanted: Sequence[Clause], read: Callable[[Any], int]) -> Restriction:
    """What clauses leave of yes and no.

    Raises:
        ConditionError: a value is no spelling of either, or they contradict one another.
    """
    allowed = np.ones(2, bool)
    for clause in wanted:
        if clause.operation == "judged":
            allowed &= clause.values[0](column.pair)
            continue
        if clause.operation not in ("in", "not in") or _has_range(clause):
            raise ConditionError(f"'{clause}' cannot be asked of yes and no; expected '= 1' or '= 0'")
        asked = [read(value) for value in clause.values if value is not None]
        allowed &= np.isin([0, 1], asked) == (clause.operation == "in")
    if not allowed.any():
        raise contradiction(wanted)
    return BooleanRestriction(column, allowed)


def restrict_category(column: Categorical, wanted: Sequence[Clause]) -> Restriction:
    """What clauses leave of the labels.

    Raises:
        ConditionError: a label is unknown, or nothing is left.
    """
    restriction = CategoryRestriction(column, LabelWish(wanted, column.kept))
    if not restriction.weigh(np.zeros((1, 0), np.int32)).any():
        raise contradiction(wanted)
    return restriction


class CategoryRestriction(LeafRestriction):
    """Kept labels that hold, and the share of rare ones that do: pooled ones by count, made-up ones by trial."""

    def __init__(self, column: Categorical, wish: LabelWish) -> None:
        self._column, self._wish = column, wish
        self._kept_K = wish.holds(column.kept)
        weights = np.append(self._kept_K.astype(float), self._rare_share())
        masses = np.append(column.counts, max(column.n_rare, 1)).astype(float)
        super().__init__(column.slots, column.paths, weights, masses)

    def _rare_share(self) -> float:
        column = self._column
        if column.maker is None:
            return float(column.counts[self._kept_K].sum() / max(column.counts.sum(), 1))
        if self._wish.names_values:
            return 0.0
        if not self._wish.needs_numbers:
            return 1.0
        tried = column.fresh(_TRIED, numpy_stream(0, "restriction"))
        held = self._wish.holds(tried)
        self._spare = tried.filter(pa.array(held))
        return float(held.mean())

    def decode(self, tokens_NP: np.ndarray, rng: np.random.Generator, start: int, tail: np.ndarray) -> pa.Array:
        column = self._column
        rare = column.is_rare(tokens_NP)
        if column.maker is None:
            chosen = column.values_at(tokens_NP)
            weights = np.where(self._kept_K, column.counts, 0.0)
            chosen[rare] = rng.choice(len(weights), int(rare.sum()), p=weights / weights.sum())
            return column.kept.take(pa.array(chosen))
        fresh = self._fresh(int(rare.sum()), rng)
        chosen = np.zeros(len(tokens_NP), np.int64)
        if not rare.all():
            chosen[~rare] = column.values_at(tokens_NP[~rare])
        chosen[rare] = len(column.kept) + np.arange(len(fresh))
        return pa.concat_arrays([column.kept, fresh]).take(pa.array(chosen))

    def _fresh(self, many: int, rng: np.random.Generator) -> pa.Array:
        """Made-up values that hold: drawn again where they do not, at last one of those that were tried."""
        values = self._column.fresh(many, rng)
        if not self._wish.needs_numbers or not many:
            return values
        for _ in range(_ROUNDS):
            wrong = ~self._wish.holds(values)
            if not wrong.any():
                return values
            again = self._column.fresh(int(wrong.sum()), rng)
            values = pc.replace_with_mask(values, pa.array(wrong), again)
        wrong = ~self._wish.holds(values)
        spare = self._spare.take(pa.array(rng.integers(0, len(self._spare), int(wrong.sum()))))
        return pc.replace_with_mask(values, pa.array(wrong), spare)

    def holds(self, values: pa.Array) -> np.ndarray:
        return self._wish.holds(values)
