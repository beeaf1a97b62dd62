"""Sets of tags: how many, then which, each from a vocabulary that enough rows share.

Letters: N rows, P positions in the path, K kept members, V largest number of members in a decoded row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthgen.columns.base import ColumnType, FitContext, Match, Measure, RejectColumn, Sample, Slot
from synthgen.columns.clusters import Tree, plant
from synthgen.columns.list_text import ListText
from synthgen.columns.makers import Maker, fit_maker, maker_from_state
from synthgen.columns.physical import is_text, whole_limits
from synthgen.columns.restrictions import Restriction
from synthgen.columns.tag_restriction import restrict_tags
from synthgen.columns.wanted import Clause
from synthgen.errors import DataError, choose

_POSITIONS = {1: 8, 2: 4, 3: 3}
"""Most positions for members of one, two or three slots: at most nine slots and the count."""
_BEYOND = 0.02
"""The share of rows that may have more members than positions."""
_OPEN_SHARE = 0.05
_MIXED, _MIXED_COMMA = 0.1, 0.25
"""How freely members must change places. Measured: genres in order of the alphabet 0.44, ``city, state`` 0.05-0.09."""
_REPEATS = 0.01
"""The share of rows with a member twice from which on rows may have that."""
_TRIES = 8
"""Rounds of drawing again where a member came twice."""


class Tags(ColumnType):
    """A few members of one vocabulary per cell.

    The path is the count, then the members in the order of the cell. A position past the count holds the token
    *none*. Beyond the last position further members are drawn by frequency.

    Options: ``separator``: between members; ``rare``: ``pool``, ``fresh`` or ``auto`` as for a category.
    """

    name: ClassVar[str] = "tags"
    measure: ClassVar[Measure] = "set"

    def __init__(
        self,
        written: ListText,
        kept: pa.Array,
        counts: np.ndarray,
        tree: Tree,
        maker: Maker | None,
        cap: int,
        excess: float,
        ordered: bool,
        repeats: bool = False,
    ) -> None:
        self._written, self.kept, self.counts, self.tree = written, kept, counts, tree
        self.maker, self.cap, self._excess, self._ordered, self._repeats = maker, cap, excess, ordered, repeats
        self.rare, self.none, self.levels = len(tree.sizes), len(tree.sizes) + 1, tree.levels
        special = np.zeros((2, tree.levels), dtype=np.int32)
        special[:, 0] = self.rare, self.none
        self._paths = np.concatenate([tree.paths(), special])

    @classmethod
    def matches(cls, sample: Sample) -> Match:
        if len(sample.values) == 0:
            raise RejectColumn("no values")
        written = ListText.of(sample.values)
        if written is None:
            raise RejectColumn("no separator between members")
        try:
            members, offsets = written.members(sample.values)
        except DataError as problem:
            raise RejectColumn(str(problem)) from None
        counts = np.asarray(pc.value_counts(members).field(1))
        lengths = np.diff(offsets)
        reason = f"lists of {lengths.mean():.1f} members on average, {len(counts):,} different"
        if written.style != "separator":
            return Match(0.95, reason)
        return Match(_score(sample, written, members, offsets, counts), reason)

    @classmethod
    def fit(cls, values: pa.Array, options: dict[str, Any], context: FitContext) -> Self:
        rare = choose("tags option 'rare'", options.get("rare", "auto"), ["auto", "pool", "fresh"])
        written = ListText.of(values, options.get("separator"))
        if written is None:
            raise DataError("no list and no separator found. Name it with the option 'separator'")
        members, offsets = written.members(values)
        lengths = np.diff(offsets)
        coded = members.dictionary_encode()
        codes = np.asarray(coded.indices)
        owner = np.repeat(np.arange(len(values)), lengths)
        holders = _holders(codes, owner, len(coded.dictionary))
        order = np.argsort(-holders, kind="stable")
        whose = replace(context, unit_N=None if context.unit_N is None else context.unit_N[owner])
        people = holders if whose.unit_N is None else whose.holders(codes, len(holders))
        order = order[people[order] >= context.min_holders]
        number = np.full(len(holders), -1, dtype=np.int64)
        number[order] = np.arange(len(order))
        n_rare = int(holders.sum() - holders[order].sum())
        is_open = n_rare >= _OPEN_SHARE * len(members) and len(holders) > 2 * len(order)
        fresh = n_rare and (rare == "fresh" or (rare == "auto" and is_open) or len(order) == 0)
        maker = _fit_maker(coded.dictionary, values.type, context, whose.first_units(codes)) if fresh else None
        company = context.company[owner] if context.company.shape[1] else np.empty((len(owner), 0), dtype=np.int32)
        tree = plant(number[codes], holders[order], company, context.rng)
        cap = int(np.clip(np.quantile(lengths, 1 - _BEYOND, method="higher"), 1, _POSITIONS[tree.levels]))
        beyond = lengths[lengths > cap] - cap
        enough = context.holders((lengths > cap).astype(np.int64), 2)[1] >= context.min_holders
        excess = round(float(beyond.mean()), 2) if enough else 0.0
        kept = coded.dictionary.take(pa.array(order))
        repeats = bool(len(codes) - int(holders.sum()) > _REPEATS * len(values))
        return cls(written, kept, holders[order], tree, maker, cap, excess, _is_sorted(coded, offsets), repeats)

    @property
    def slots(self) -> tuple[Slot, ...]:
        names = {1: ["member"], 2: ["cluster", "member"], 3: ["cluster", "group", "member"]}[self.tree.levels]
        sizes = [self.none + 1, *(int(each) for each in self._paths[:, 1:].max(axis=0, initial=0) + 1)]
        members = [
            Slot(f"{name} {place + 1}", size)
            for place in range(self.cap)
            for name, size in zip(names, sizes, strict=True)
        ]
        counts = np.arange(self.cap + 2) / (self.cap + 1)
        return (Slot("count", self.cap + 2, counts), *members)

    def encode(self, values: pa.Array, rng: np.random.Generator) -> np.ndarray:
        members, offsets = self._written.members(values, strict=False)
        lengths = np.diff(offsets)
        known = np.asarray(pc.fill_null(pc.index_in(members, value_set=self.kept), len(self.kept)))
        chosen = np.full((len(values), self.cap), len(self.kept) + 1)
        place = np.arange(len(members)) - np.repeat(offsets[:-1], lengths)
        early = place < self.cap
        chosen[np.repeat(np.arange(len(values)), lengths)[early], place[early]] = known[early]
        paths = self._paths[chosen].reshape(len(values), self.cap * self.tree.levels)
        return np.column_stack([np.minimum(lengths, self.cap + 1), paths]).astype(np.int32)

    def decode(self, tokens: np.ndarray, rng: np.random.Generator, start: int) -> pa.Array:
        return self.write(*self.choose(tokens, rng), rng)

    def choose(self, tokens: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, int]:
        """``(N, V)`` numbers of members, -1 for none, and how many of them are numbered past the vocabulary."""
        lengths = self._draw_lengths(tokens[:, 0], rng)
        chosen = np.full((len(tokens), max(self.cap, int(lengths.max(initial=0)))), -1, dtype=np.int64)
        paths = tokens[:, 1:].reshape(len(tokens), self.cap, self.tree.levels)
        fresh: list[int] = []
        for place in range(self.cap):
            chosen[:, place] = self._members_at(paths[:, place], rng, fresh)
        chosen[np.arange(chosen.shape[1]) >= lengths[:, None]] = -1
        self._fill(chosen, lengths, rng)
        self.mend_repeats(chosen, rng)
        return chosen, sum(fresh)

    @property
    def most(self) -> int:
        """The largest number of members for sure: one past the last position, fewer from a small vocabulary."""
        return min(self.cap + 1, len(self.kept)) if self.maker is None and not self._repeats else self.cap + 1

    @property
    def member_paths(self) -> np.ndarray:
        """``(K, levels)`` the path of each kept member."""
        return self._paths[: len(self.kept)]

    def is_known(self, paths: np.ndarray) -> np.ndarray:
        """``(N,)`` whether a position's tokens name a kept member."""
        known: np.ndarray = (paths[:, 0] >= 0) & (paths[:, 0] < self.rare)
        return known

    def is_loose(self, paths: np.ndarray) -> np.ndarray:
        """``(N,)`` whether a position's member is drawn by frequency."""
        loose: np.ndarray = (paths[:, 0] == self.none) | ((paths[:, 0] == self.rare) & (self.maker is None))
        return loose

    def members(self, values: pa.Array) -> tuple[pa.Array, np.ndarray]:
        """All members of present values, and offsets of each value's."""
        return self._written.members(values, strict=False)

    def without(self, numbers: list[int]) -> Self:
        """The same column, where some members are drawn only where tokens name them."""
        counts = self.counts.copy()
        counts[numbers] = 0
        return type(self)(
            self._written,
            self.kept,
            counts,
            self.tree,
            self.maker,
            self.cap,
            self._excess,
            self._ordered,
            self._repeats,
        )

    def restrict(self, wanted: Sequence[Clause]) -> Restriction:
        return restrict_tags(self, wanted)

    def state(self) -> dict[str, Any]:
        return {
            "written": self._written.state(),
            "values": self.kept.to_pylist(),
            "counts": self.counts.tolist(),
            "tree": self.tree.state(),
            "maker": None if self.maker is None else self.maker.state(),
            "cap": self.cap,
            "excess": self._excess,
            "ordered": self._ordered,
            "repeats": self._repeats,
        }

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Self:
        return cls(
            ListText(**state["written"]),
            pa.array(state["values"], type=pa.string()),
            np.array(state["counts"], dtype=np.int64),
            Tree.from_state(state["tree"]),
            None if state["maker"] is None else maker_from_state(state["maker"]),
            state["cap"],
            state["excess"],
            state["ordered"],
            state["repeats"],
        )

    def token_names(self, level: int) -> list[str]:
        if level:
            return super().token_names(level)
        return [*(str(count) for count in range(self.cap + 1)), f"{self.cap + 1} and more"]

    def describe(self) -> str:
        return f"up to {self.cap} of {len(self.kept):,} members" + (" and more" if self._excess else "")

    def _draw_lengths(self, tokens: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """How many members; for *cap or more* a geometric count beyond the cap, cut at four times its mean."""
        lengths = np.clip(tokens, 0, self.cap).astype(np.int64)
        more = np.flatnonzero(tokens > self.cap)
        beyond = rng.geometric(1 / max(1.0, self._excess), len(more))
        lengths[more] += np.minimum(beyond, int(4 * max(1.0, self._excess)))
        most = len(self.kept) if self.maker is None and not self._repeats else lengths.max(initial=0)
        return np.asarray(np.minimum(lengths, most))

    def _members_at(self, paths: np.ndarray, rng: np.random.Generator, fresh: list[int]) -> np.ndarray:
        """Member numbers of one position, -1 for none; fresh ones are numbered on from the vocabulary."""
        chosen = np.full(len(paths), -1, dtype=np.int64)
        known = self.is_known(paths)
        if known.any():
            chosen[known] = self.tree.values_at(np.maximum(paths[known], 0))
        rare = np.flatnonzero(paths[:, 0] == self.rare)
        if self.maker is None:
            chosen[rare] = self._by_frequency(len(rare), rng)
        else:
            chosen[rare] = len(self.kept) + sum(fresh) + np.arange(len(rare))
            fresh.append(len(rare))
        return chosen

    def _by_frequency(self, many: int, rng: np.random.Generator) -> np.ndarray:
        if not self.counts.any():
            return np.full(many, -1, dtype=np.int64)
        return rng.choice(len(self.counts), many, p=self.counts / self.counts.sum())

    def _fill(self, chosen: np.ndarray, lengths: np.ndarray, rng: np.random.Generator) -> None:
        """Draw what the count asks for and the positions do not say."""
        gaps = (np.arange(chosen.shape[1]) < lengths[:, None]) & (chosen < 0)
        chosen[gaps] = self._by_frequency(int(gaps.sum()), rng)

    def mend_repeats(self, chosen: np.ndarray, rng: np.random.Generator) -> None:
        """Draw again where a member stands twice in a row; at last among those that the row has not."""
        if self._repeats:
            return
        rows = np.arange(len(chosen))
        for turn in range(_TRIES + 1):
            again = _repeats(chosen[rows])
            rows, again = rows[again.any(axis=1)], again[again.any(axis=1)]
            if not len(rows):
                return
            part = chosen[rows]
            if turn < _TRIES:
                part[again] = self._by_frequency(int(again.sum()), rng)
            else:
                part[again] = -1
                for at in range(len(part)):
                    self._choose_others(part[at], np.flatnonzero(again[at]), rng)
            chosen[rows] = part

    def _choose_others(self, row: np.ndarray, places: np.ndarray, rng: np.random.Generator) -> None:
        """Members that the row has not, by frequency; as many as there are."""
        weights = self.counts.astype(float)
        weights[row[(row >= 0) & (row < len(weights))]] = 0
        many = min(len(places), int(np.count_nonzero(weights)))
        if many:
            row[places[:many]] = rng.choice(len(weights), many, replace=False, p=weights / weights.sum())

    def write(self, chosen: np.ndarray, n_fresh: int, rng: np.random.Generator) -> pa.Array:
        """Chosen members as they are written."""
        made = [self.maker.make(rng.integers(1 << 18) + np.arange(n_fresh))] if self.maker and n_fresh else []
        vocabulary = pa.concat_arrays([self.kept, *(each.cast(self.kept.type) for each in made)])
        if self._ordered:
            ranks = np.append(np.argsort(np.argsort(np.array(vocabulary.to_pylist(), dtype=object))), 1 << 60)
            chosen = np.take_along_axis(chosen, np.argsort(ranks[chosen], axis=1, kind="stable"), axis=1)
        there = chosen >= 0
        offsets = np.concatenate([[0], np.cumsum(there.sum(axis=1))])
        return self._written.write(vocabulary.take(pa.array(chosen[there])), offsets)


def _score(sample: Sample, written: ListText, members: pa.Array, offsets: np.ndarray, counts: np.ndarray) -> float:
    """High where members repeat, stand first as well as later, and combine in more ways than there are members.

    Raises:
        RejectColumn: one of these fails.
    """
    if float((np.diff(offsets) > 1).mean()) < 0.15:
        raise RejectColumn("few values with more than one member")
    comma, hashtags = written.separator.strip() == ",", written.separator == " #"
    numbers = pc.mean(pc.match_substring_regex(members, r"^[+-]?[\d.]+$").cast(pa.int8())).as_py()
    if comma and numbers > 0.5:
        raise RejectColumn("numbers with commas")
    repeated = float(counts[counts >= 2].sum() / counts.sum())
    words = float(pc.mean(pc.count_substring(members, " ")).as_py()) + 1
    mixed = 1.0 if hashtags else _mixed(members, offsets)
    if repeated < (0.3 if hashtags else 0.6) or words > 4 or mixed < (_MIXED_COMMA if comma else _MIXED):
        raise RejectColumn("members hardly repeat or hardly change places")
    values, _ = sample.distinct
    return 0.92 if len(values) > 1.5 * len(counts) or len(values) > 256 else 0.6


def _mixed(members: pa.Array, offsets: np.ndarray) -> float:
    """How freely members change places: 0 when each stands only first or only later (``city, state``), at most 1."""
    coded, lengths = members.dictionary_encode(), np.diff(offsets)
    codes, many = np.asarray(coded.indices), len(coded.dictionary)
    first = np.zeros(len(members), dtype=bool)
    first[offsets[:-1][lengths > 0]] = True
    leads = np.bincount(codes[first & np.repeat(lengths > 1, lengths)], minlength=many)
    follows = np.bincount(codes[~first], minlength=many)
    return float(2 * np.minimum(leads, follows).sum() / max(1, (leads + follows).sum()))


def _fit_maker(
    members: pa.Array, physical: pa.DataType, context: FitContext, unit_V: np.ndarray | None
) -> Maker | None:
    """A maker of members that are none of the real ones; None for numbers and the like inside a JSON text."""
    inner = physical if is_text(physical) else physical.value_type
    if not (is_text(inner) or pa.types.is_integer(inner)) or pc.any(pc.starts_with(members, "\0")).as_py():
        return None
    limits = whole_limits(inner)
    return fit_maker(members, context.rng, min_holders=context.min_holders, limits=limits, unit_V=unit_V)


def _holders(codes: np.ndarray, owner: np.ndarray, many: int) -> np.ndarray:
    """Rows that hold each member, once however often it stands in the row."""
    pairs = np.unique(owner.astype(np.int64) * max(1, many) + codes)
    return np.bincount(pairs % max(1, many), minlength=many)


def _is_sorted(coded: pa.DictionaryArray, offsets: np.ndarray) -> bool:
    """Whether the members of each row stand in rising order."""
    ranks = np.argsort(np.argsort(np.array(coded.dictionary.to_pylist(), dtype=object)))
    places = ranks[np.asarray(coded.indices)] if len(coded) else np.empty(0, dtype=np.int64)
    falls = places[1:] < places[:-1]
    inside = np.ones(max(0, len(places) - 1), dtype=bool)
    edges = offsets[1:-1] - 1
    inside[edges[(edges >= 0) & (edges < len(inside))]] = False
    return bool(inside.any() and not (falls & inside).any())


def _repeats(chosen: np.ndarray) -> np.ndarray:
    """Where a member has stood before in its row."""
    order = np.argsort(chosen, axis=1, kind="stable")
    lined = np.take_along_axis(chosen, order, axis=1)
    twice = np.zeros(chosen.shape, dtype=bool)
    twice[:, 1:] = (lined[:, 1:] == lined[:, :-1]) & (lined[:, 1:] >= 0)
    repeats = np.zeros(chosen.shape, dtype=bool)
    np.put_along_axis(repeats, order, twice, axis=1)
    return repeats
