"""What is known of an owner's rows so far when the next one is made: runs of one kind, pace, session, usual hour.

One and the same walk, a row of each owner at a time, tells it while a model is fitted and while rows are made, so that
what was learned from is what is given. Each step costs the same however many rows came before.

These columns told most of the next row of people who were held out, beside what was known of it (the owner, the row
before, its weekday and hour): nats of a boosting of whether the kind stays, whether the session goes on, and of the
half of the day, in tweets to airlines, ratings of films and a simulated world. Runs of one kind gave 0.02, 0.02 and
0.13 nats; the last gap 0.01, 0.04, 0; the mean gap 0.01, 0.02, 0.02 (of the same day); the session 0.01, 0.05, 0; the
usual hour 0, 0, 0.05; the rows left 0.01, 0, 0. The kind two rows before and the most usual one gave nothing beside the
run and are left out. Of these a table gets those that tell something in it (``synthgen.linked.worth``).

Letters: N rows by owner in their order, O owners, A owners with a row left to come.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from synthgen.linked.worth import worth_telling
from synthgen.table.schema import ColumnSchema

MOST_KINDS = 3
"""Columns of kinds that are followed, the first ones."""
MOST_VALUES = 256
"""Values of such a column: of more, hardly any comes again."""
OWNERS = 4096
"""Owners that are walked side by side: what is in memory does not grow with their number."""
PAUSE = 1_800
"""Seconds without a row that end a session: half an hour, as is usual of visits to sites."""
DAY, QUARTER = 86_400, 21_600
"""Seconds in a day, and in a quarter of it."""
FAR = 64
"""Rows left are told up to so many: before that the end is far."""


@dataclass(frozen=True)
class Follow:
    """Which columns say what is known of the rows so far.

    Attributes:
        table: the child.
        kinds: columns that are followed.
        time: the column of times; None: rows have none.
        clock: whether times say more than the day.
    """

    table: str
    kinds: tuple[str, ...] = ()
    time: str | None = None
    clock: bool = True

    @classmethod
    def learned(
        cls, table: str, time: str | None, clock: bool, drawn: Sequence[str], context: Collection[str]
    ) -> Follow:
        """The one whose columns a model was told of.

        Args:
            table: the child.
            time: its column of times; None: rows have none.
            clock: whether times say more than the day.
            drawn: columns that the model draws.
            context: columns that it is told of.
        """
        bare = cls(table, (), time, clock)
        return cls(table, tuple(c for c in drawn if bare.run(c) in context), time, clock)

    @property
    def left(self) -> str:
        """How many rows of the owner are still to come, this one too."""
        return f"{self.table}: rows left"

    def run(self, kind: str) -> str:
        """How many rows in a row have the kind of the last one."""
        return f"{self.table}: rows in a row of one {kind}"

    @property
    def gap(self) -> str:
        """The logarithm, to base 2, of the seconds between the last two rows."""
        return f"{self.table}: last gap of {self.time}"

    @property
    def pace(self) -> str:
        """The mean of such logarithms."""
        return f"{self.table}: mean gap of {self.time}"

    @property
    def session(self) -> str:
        """Rows since the last pause."""
        return f"{self.table}: rows of the session of {self.time}"

    @property
    def hour(self) -> str:
        """The hour around which rows lie on the clock: people live in a time zone."""
        return f"{self.table}: usual hour of {self.time}"


def followed(lines: Sequence[ColumnSchema], columns: Mapping[str, pa.Array], without: Sequence[str]) -> tuple[str, ...]:
    """Columns of kinds: labels with few enough values, the first ones.

    Args:
        lines: what columns mean.
        columns: their values.
        without: columns that are none of the table's own.
    """
    found = [
        line.name
        for line in lines
        if line.type in ("categorical", "boolean")
        and line.name not in without
        and len(columns[line.name].drop_null().unique()) <= MOST_VALUES
    ]
    return tuple(found[:MOST_KINDS])


class Values:
    """Values of a column as numbers, in the order in which they turn up; missing is -1."""

    def __init__(self) -> None:
        self.known: dict[object, int] = {}

    def numbers(self, values: pa.Array) -> np.ndarray:
        """``(N,)`` the number of each value.

        Example:
            >>> Values().numbers(pa.array(["b", None, "a", "b"])).tolist()
            [0, -1, 1, 0]
        """
        coded = values.dictionary_encode()
        number_V = [self.known.setdefault(value, len(self.known)) for value in coded.dictionary.to_pylist()]
        number_N: np.ndarray = np.array([*number_V, -1])[np.asarray(coded.indices.fill_null(len(number_V)))]
        return number_N


class History:
    """What is known of some owners' rows so far, those with most rows first.

    Args:
        follow: which columns say it.
        number_O: rows that each owner will have, descending.
    """

    def __init__(self, follow: Follow, number_O: np.ndarray) -> None:
        self.follow, self.number_O, self.at, n = follow, number_O, 0, len(number_O)
        self.last = {kind: np.full(n, -1) for kind in follow.kinds}
        self.run = {kind: np.zeros(n, np.int64) for kind in follow.kinds}
        self.second_O, self.session_O = np.zeros(n, np.int64), np.zeros(n, np.int64)
        self.gap_O, self.sum_O, self.turn_O2 = np.full(n, np.nan), np.zeros(n), np.zeros((n, 2))

    def known(self, alive: int) -> dict[str, np.ndarray]:
        """By column ``(A,)`` what is known of the next row of each of the first owners; whole numbers, nan for none."""
        follow, none = self.follow, np.full(alive, np.nan)
        found = {follow.left: np.minimum(self.number_O[:alive] - self.at, FAR).astype(float)}
        found |= {follow.run(kind): run[:alive].astype(float) for kind, run in self.run.items()}
        if follow.time is None:
            return found
        found[follow.gap] = np.floor(self.gap_O[:alive])
        found[follow.pace] = np.round(self.sum_O[:alive] / (self.at - 1)) if self.at > 1 else none
        if follow.clock:
            found[follow.session] = self.session_O[:alive].astype(float)
            angle_A = np.arctan2(self.turn_O2[:alive, 1], self.turn_O2[:alive, 0])
            found[follow.hour] = np.floor(angle_A / (2 * np.pi) * 24) % 24 if self.at else none
        return found

    def note(self, kinds: Mapping[str, np.ndarray], second_A: np.ndarray | None) -> None:
        """One row more of each of the first owners.

        Args:
            kinds: by column ``(A,)`` numbers, -1 for none.
            second_A: when they are.
        """
        for kind, number_A in kinds.items():
            run_A, last_A = self.run[kind][: len(number_A)], self.last[kind][: len(number_A)]
            run_A[:] = np.where((number_A == last_A) & (self.at > 0), run_A + 1, 1)
            last_A[:] = number_A
        if second_A is not None:
            self._note_time(second_A)
        self.at += 1

    def _note_time(self, second_A: np.ndarray) -> None:
        alive = len(second_A)
        angle_A = second_A % DAY / DAY * 2 * np.pi
        self.turn_O2[:alive] += np.stack([np.cos(angle_A), np.sin(angle_A)], 1)
        gap_A = np.maximum(second_A - self.second_O[:alive], 0)
        if self.at:
            self.gap_O[:alive] = np.log2(1 + gap_A)
            self.sum_O[:alive] += self.gap_O[:alive]
        self.session_O[:alive] = np.where((gap_A > PAUSE) | (self.at == 0), 1, self.session_O[:alive] + 1)
        self.second_O[:alive] = second_A


def arrow_of(known: Mapping[str, np.ndarray]) -> dict[str, pa.Array]:
    """What is known, as columns of whole numbers."""
    return {
        name: pa.array(np.nan_to_num(found).astype(np.int64), mask=np.isnan(found)) for name, found in known.items()
    }


def walked(
    follow: Follow, first_N: np.ndarray, columns: Mapping[str, pa.Array], second_N: np.ndarray | None
) -> dict[str, pa.Array]:
    """``(N,)`` columns: what was known of each row when it came, of those that are worth telling.

    Args:
        follow: which columns are possible.
        first_N: whether a row is its owner's first; rows of one owner stand side by side, in their order.
        columns: those that are followed.
        second_N: times of the rows.
    """
    number_N = {kind: Values().numbers(columns[kind]) for kind in follow.kinds}
    found = everything(follow, first_N, number_N, second_N)
    told = worth_telling(_asked(follow, first_N, number_N, second_N, found)) if found else []
    return arrow_of({name: found[name] for name in told})


def everything(
    follow: Follow, first_N: np.ndarray, number_N: Mapping[str, np.ndarray], second_N: np.ndarray | None
) -> dict[str, np.ndarray]:
    """``(N,)`` columns: what was known of each row when it came; whole numbers, nan for none.

    Args:
        follow: which columns.
        first_N: whether a row is its owner's first.
        number_N: by column that is followed, numbers of the rows' values.
        second_N: times of the rows.
    """
    start_O = np.flatnonzero(first_N)
    many_O = np.diff(np.r_[start_O, len(first_N)])
    order_O = np.argsort(-many_O, kind="stable")
    start_O, many_O = start_O[order_O], many_O[order_O]
    found: dict[str, np.ndarray] = {}
    for begin in range(0, len(start_O), OWNERS):
        start_C, many_C = start_O[begin : begin + OWNERS], many_O[begin : begin + OWNERS]
        history = History(follow, many_C)
        for at in range(int(many_C[0])):
            row_A = start_C[: int(np.searchsorted(-many_C, -at, side="left"))] + at
            for name, known_A in history.known(len(row_A)).items():
                found.setdefault(name, np.empty(len(first_N)))[row_A] = known_A
            kinds = {kind: number[row_A] for kind, number in number_N.items()}
            history.note(kinds, None if second_N is None else second_N[row_A])
    return found


def _asked(
    follow: Follow,
    first_N: np.ndarray,
    number_N: Mapping[str, np.ndarray],
    second_N: np.ndarray | None,
    found: Mapping[str, np.ndarray],
) -> dict[str, tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """By column what it should tell of a row that is not its owner's first, what it says, and what is known anyway."""
    nothing_N = np.zeros(len(first_N))
    asked = {}
    for kind, number in number_N.items():
        stays_N = np.where(first_N, np.nan, number == np.roll(number, 1))
        asked[follow.run(kind)] = (stays_N, found[follow.run(kind)], np.roll(number, 1).astype(float))
    if second_N is None:
        return asked
    before_N = np.roll(second_N, 1)
    kind_N = np.searchsorted((PAUSE, DAY), second_N - before_N).astype(float)
    next_N = np.where(first_N, np.nan, kind_N)
    asked[follow.gap] = (next_N, found[follow.gap], nothing_N)
    asked[follow.pace] = (next_N, found[follow.pace], found[follow.gap])
    asked[follow.left] = (next_N, found[follow.left], found[follow.gap])
    if follow.clock:
        asked[follow.session] = (next_N, found[follow.session], found[follow.gap])
        new_N = np.where(first_N | (second_N // DAY == before_N // DAY), np.nan, second_N % DAY // QUARTER)
        asked[follow.hour] = (new_N, found[follow.hour], (before_N % DAY // QUARTER).astype(float))
    return asked
