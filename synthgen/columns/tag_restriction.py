"""Tags that a cell must have, or must not have.

What is asked for is a few sets: a cell needs a member of each (``has #x|#y`` is one), and no forbidden one.
A cell's state is which sets are still open and how many members are still to come; the chance that all get closed comes
from how often each member occurs. Members that no token decides (pooled rare ones, those past the last position) are
reckoned as drawn each on its own, one past the last position, and one that stands twice as known: the cases in which a
last slot's weight is not exact. What is drawn keeps the condition all the same.

Letters: N rows, P tokens known so far, K kept members, H kinds of members (which sets they close), M = 2 ** sets.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthgen.columns.restrictions import Restriction
from synthgen.columns.wanted import Clause, contradiction
from synthgen.errors import ConditionError, near_miss

if TYPE_CHECKING:
    from synthgen.columns.tags import Tags

MOST_SETS = 8
"""Sets that one cell may have to meet: 256 states of what is still open."""


def restrict_tags(column: Tags, wanted: Sequence[Clause]) -> Restriction:
    """What clauses leave of a column of tags.

    Raises:
        ConditionError: a tag is unknown, or something else is asked for, or nothing keeps all clauses.
    """
    asked = []
    for clause in wanted:
        if clause.operation not in ("has", "has not"):
            raise ConditionError(f"'{clause}' cannot be asked of tags; expected 'has a', 'has a|b' or 'has not a'")
        asked.append((clause.operation == "has", {_named(column.kept, value) for value in clause.values}))
    needed = [tags for has, tags in asked if has]
    if len(needed) > MOST_SETS:
        raise ConditionError(f"{len(needed)} times 'has' is asked of it; at most {MOST_SETS} can be. Ask for fewer")
    restriction = TagRestriction(column, needed, {tag for has, tags in asked if not has for tag in tags})
    if not restriction.weigh(np.zeros((1, 0), np.int32)).any():
        raise contradiction(wanted)
    return restriction


def _named(kept: pa.Array, value: object) -> int:
    """The number of a tag, which may be written with or without its ``#``."""
    text = str(value).strip()
    for spelt in (text, text.removeprefix("#"), f"#{text}"):
        if (at := pc.index(kept, spelt).as_py()) >= 0:
            return int(at)
    raise ConditionError(f"no tag {text!r}; {near_miss(text, kept.to_pylist())}")


class TagRestriction(Restriction):
    """Sets that have to be met, and tags that may not be there.

    Args:
        column: the fitted column.
        needed: sets of tags, by number; a cell needs one of each.
        forbidden: tags that it may not have.
    """

    def __init__(self, column: Tags, needed: list[set[int]], forbidden: set[int]) -> None:
        self._column, self._needed, self._forbidden = column, needed, forbidden
        self._closes_K = np.zeros(len(column.kept), np.int64)
        for number, tags in enumerate(needed):
            self._closes_K[sorted(tags)] |= 1 << number
        self._closes_K[sorted(forbidden)] = -1
        self._inner = column.without(sorted(forbidden))
        self._open = (1 << len(needed)) - 1
        self._kinds_H, kind_K = np.unique(self._closes_K, return_inverse=True)
        self._share_H = np.bincount(kind_K, column.counts) / column.counts.sum()
        self._closed_M: list[np.ndarray] = [(np.arange(self._open + 1) == 0).astype(float)]

    def _closed(self, left: int) -> np.ndarray:
        """``(M,)`` the chance that so many more members close the open sets, and none is forbidden."""
        states = np.arange(self._open + 1)
        while len(self._closed_M) <= left:
            later = self._closed_M[-1]
            chance_M = np.zeros(len(states))
            for share, kind in zip(self._share_H, self._kinds_H, strict=True):
                if kind >= 0:
                    chance_M += share * later[states & ~kind]
            self._closed_M.append(chance_M)
        return self._closed_M[left]

    def chances(self, prefix_NP: np.ndarray) -> np.ndarray:
        n_rows, level = prefix_NP.shape
        column = self._column
        if level == 0:
            found = np.array([self._closed(left)[self._open] for left in map(self._left, range(column.cap + 2))])
            return np.broadcast_to(np.append(found, 0.0), (n_rows, found.size + 1))
        done, part = divmod(level - 1, column.levels)
        open_N, left_N = self._state(prefix_NP, done)
        applies_N = done < np.minimum(prefix_NP[:, 0], column.cap)
        begun = np.where(applies_N[:, None], prefix_NP[:, level - part :], 0)
        keys = np.column_stack([open_N, left_N, applies_N, begun])
        distinct, where = np.unique(keys, axis=0, return_inverse=True)
        weights = np.zeros((len(distinct), column.slots[level].size + 1))
        for row, (state, left, applies, *path) in enumerate(distinct.tolist()):
            if state >= 0:
                weights[row, :-1] = self._tokens(state, left, path) if applies else self._closed(left)[state]
        return np.asarray(weights[where.ravel()])

    def _left(self, count: int) -> int:
        """Members that a count lets come, one of those past the last position among them."""
        return min(count, self._column.most)

    def _state(self, prefix_NP: np.ndarray, done: int) -> tuple[np.ndarray, np.ndarray]:
        """Sets still open (-1 where a forbidden tag is there) and members to come, after so many positions."""
        column = self._column
        open_N = np.full(len(prefix_NP), self._open)
        left_N = np.minimum(prefix_NP[:, 0], column.most)
        for place in range(done):
            here = place < np.minimum(prefix_NP[:, 0], column.cap)
            path = prefix_NP[:, 1 + place * column.levels : 1 + (place + 1) * column.levels]
            known, loose = column.is_known(path), column.is_loose(path)
            closes = np.zeros(len(path), np.int64)
            closes[known] = self._closes_K[column.tree.values_at(path[known])]
            bad = here & (closes < 0)
            open_N = np.where(here & (open_N >= 0), open_N & ~np.maximum(closes, 0), open_N)
            open_N[bad] = -1
            left_N = left_N - (here & ~loose)
        return open_N, np.maximum(left_N, 0)

    def _tokens(self, state: int, left: int, begun: list[int]) -> np.ndarray:
        """The weight of each token of one slot of a member."""
        column = self._column
        fewer = self._closed(max(left - 1, 0))
        ends = {
            column.rare: fewer[state] if column.maker else self._closed(left)[state],
            column.none: self._closed(left)[state],
        }
        size = column.slots[1 + len(begun)].size
        if begun and begun[0] in ends:
            return np.full(size, ends[begun[0]])
        weights_K = np.where(self._closes_K < 0, 0.0, fewer[state & ~np.maximum(self._closes_K, 0)])
        level = len(begun)
        if level == column.levels - 1:
            last = size - 2 if level == 0 else size
            paths = np.column_stack([np.tile(begun, (last, 1)), np.arange(last)]).astype(np.int64)
            found = weights_K[column.tree.values_at(paths)]
        else:
            members = np.flatnonzero((column.member_paths[:, :level] == begun).all(1))
            at, held = column.member_paths[members, level], column.counts[members]
            whole = np.bincount(at, held, size)
            found = np.bincount(at, held * weights_K[members], size) / np.maximum(whole, 1)
            found = found[np.minimum(np.arange(size), at.max())]
        if level == 0:
            found = np.append(found[: size - 2], [ends[column.rare], ends[column.none]])
        return np.asarray(found)

    def decode(self, tokens_NP: np.ndarray, rng: np.random.Generator, start: int, tail: np.ndarray) -> pa.Array:
        chosen, n_fresh = self._inner.choose(tokens_NP, rng)
        if self._needed:
            open_N = self._still_open(chosen)
            for row in np.flatnonzero(open_N):
                self._close(chosen[row], tokens_NP[row], rng)
            if open_N.any():
                self._inner.mend_repeats(chosen, rng)
        return self._inner.write(chosen, n_fresh, rng)

    def _still_open(self, chosen: np.ndarray) -> np.ndarray:
        """``(N,)`` the sets that the members of each row do not meet."""
        closes = np.append(self._closes_K, 0)[np.where(chosen < 0, -1, np.minimum(chosen, len(self._closes_K)))]
        open_N: np.ndarray = self._open & ~np.bitwise_or.reduce(np.maximum(closes, 0), axis=1)
        return open_N

    def _close(self, row: np.ndarray, tokens: np.ndarray, rng: np.random.Generator) -> None:
        """Draw the members that no token decides anew, from the law under which all sets are met."""
        column = self._column
        places = np.flatnonzero(row >= 0)
        paths = tokens[1:].reshape(column.cap, column.levels)
        loose = [p for p in places.tolist() if p >= column.cap or column.is_loose(paths[p : p + 1])[0]]
        known = [p for p in places.tolist() if p < column.cap and column.is_known(paths[p : p + 1])[0]]
        row[loose] = -1
        row[known] = column.tree.values_at(paths[known])  # one may have given way to a drawn one of its name
        state = int(self._still_open(row[None])[0])
        for number, place in enumerate(loose):
            later = self._closed(len(loose) - number - 1)
            weights_K = np.where(self._closes_K < 0, 0.0, later[state & ~np.maximum(self._closes_K, 0)]) * column.counts
            if not weights_K.any():
                weights_K = np.where(self._closes_K < 0, 0.0, column.counts)
            row[place] = rng.choice(len(weights_K), p=weights_K / weights_K.sum())
            state &= ~int(self._closes_K[row[place]])

    def holds(self, values: pa.Array) -> np.ndarray:
        found = np.asarray(values.is_valid())
        members, offsets = self._column.members(values.drop_null())
        owner = np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))
        kept = np.ones(len(offsets) - 1, bool)
        for tags, has in [*((tags, True) for tags in self._needed), (self._forbidden, False)]:
            named = self._column.kept.take(pa.array(sorted(tags), pa.int64()))
            has_one = np.zeros(len(kept), bool)
            has_one[owner[np.asarray(pc.is_in(members, value_set=named))]] = True
            kept &= has_one == has
        found[found] = kept
        return found
