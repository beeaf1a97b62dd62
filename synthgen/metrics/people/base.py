"""People with all that is theirs, and what every attack on them shares.

An attack scores how near each real person is to the nearest made one. Training people and people who were held out
were drawn evenly, so where the made tables owe nothing to single people the scores of both come from one law. An
attacker takes the highest scores of all, whoever has them, for people of the training tables: how often that hits
training people and how often held-out ones is the outcome, and Fisher's test of it is exact, because a bound that is
drawn from all scores together does not know who is who.

Letters: N people, M rows, V values.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy.sparse import csr_array, diags_array

from synthgen.metrics.base import Direction, Group, Result, not_applicable
from synthgen.metrics.privacy.attack import FEWEST_PEOPLE, Outcome, attack_result

TAILS = (0.02, 0.1, 0.4)
"""Shares of all real people whom an attacker takes for people of the training tables: the surest, the likely, many."""
FEWEST_OUT = 5
"""At least so many stand out, up to half of all: those above the widest gap between scores."""
MOST_REAL, MOST_MADE = 4_000, 10_000
"""People of each kind: their distances to one another are all computed."""
CHUNK = 500
"""People whose distances are in memory at a time."""


@dataclass(frozen=True)
class Held:
    """Values that people hold, a row for each time that one does.

    Attributes:
        person_M: whose the row is, numbers from 0, in the order of a person's rows.
        value_M: the value, text or a number; null: none.
    """

    person_M: np.ndarray
    value_M: pa.Array

    def take(self, number_N: np.ndarray) -> Held:
        """The rows of some people: ``(N,)`` their new numbers, below 0 where they are left out."""
        kept = np.flatnonzero(number_N[self.person_M] >= 0)
        return Held(number_N[self.person_M[kept]], self.value_M.take(pa.array(kept)))


@dataclass(frozen=True)
class People:
    """People, and what is theirs over all tables; the same names on both sides.

    Attributes:
        n_people: N.
        items: what they chose, by what chose it, such as ``ratings.movieId``: keys as text.
        times: when their rows were, by table: seconds since 1970.
        rows: what their rows hold, by table, in order: all columns but times and keys that are made up, as text.
        friends: what the people are like with whom they are tied, as text.
        handles: ``(N,)`` what they call themselves, by column.
        features: ``(N,)`` numbers that sum them up, by name; nan where there is none.
    """

    n_people: int
    items: Mapping[str, Held] = field(default_factory=dict)
    times: Mapping[str, Held] = field(default_factory=dict)
    rows: Mapping[str, Held] = field(default_factory=dict)
    friends: Mapping[str, Held] = field(default_factory=dict)
    handles: Mapping[str, pa.Array] = field(default_factory=dict)
    features: Mapping[str, np.ndarray] = field(default_factory=dict)

    def take(self, who: np.ndarray) -> People:
        """Some people, by their numbers."""
        number_N = np.full(self.n_people, -1, np.int64)
        number_N[who] = np.arange(len(who))
        items, times, rows, friends = (
            {name: one.take(number_N) for name, one in parts.items()}
            for parts in (self.items, self.times, self.rows, self.friends)
        )
        handles = {name: values.take(pa.array(who)) for name, values in self.handles.items()}
        features = {name: x_N[who] for name, x_N in self.features.items()}
        return People(len(who), items, times, rows, friends, handles, features)

    def draw(self, most: int, rng: np.random.Generator) -> People:
        """At most so many of them."""
        if self.n_people <= most:
            return self
        return self.take(np.sort(rng.choice(self.n_people, most, replace=False)))

    def beside(self, other: People) -> People:
        """These people, then others; of both what is known of both."""
        items, times, rows, friends = (
            {name: _after(mine[name], theirs[name], self.n_people) for name in mine if name in theirs}
            for mine, theirs in (
                (self.items, other.items),
                (self.times, other.times),
                (self.rows, other.rows),
                (self.friends, other.friends),
            )
        )
        handles = {n: pa.concat_arrays([v, other.handles[n]]) for n, v in self.handles.items() if n in other.handles}
        features = {n: np.r_[x_N, other.features[n]] for n, x_N in self.features.items() if n in other.features}
        return People(self.n_people + other.n_people, items, times, rows, friends, handles, features)


def _after(mine: Held, theirs: Held, many: int) -> Held:
    person_M = np.r_[mine.person_M, many + theirs.person_M]
    return Held(person_M, pa.concat_arrays([mine.value_M, theirs.value_M]))


class Attack(Protocol):
    """Scores how near real people are to made ones. A new one is a file, a test, and a line in ``ATTACKS``."""

    name: str
    title: str
    group: Group
    direction: Direction
    deed: ClassVar[str]
    """What the attacker does to a person, continuing "an attacker ..."."""
    lacking: ClassVar[str]
    """Why it cannot be tried on tables that give no scores."""

    def scores(self, real: People, made: People, rng: np.random.Generator) -> dict[str, np.ndarray]:
        """By way of the attack, ``(N,)`` how near each real person is to the nearest made one; empty: it has no way."""
        ...


def tried(attack: Attack, train: People, held: People, made: People, rng: np.random.Generator) -> Result:
    """The result of an attack.

    Args:
        attack: which.
        train: the people whom the generator learned from.
        held: people whom it never saw.
        made: those that it made.
        rng: the only source of randomness.
    """
    if min(train.n_people, held.n_people, made.n_people) < FEWEST_PEOPLE:
        few = f"fewer than {FEWEST_PEOPLE} training, held-out or made people"
        return not_applicable(attack, few)  # type: ignore[arg-type]  # it has all that is read of a metric
    known, unknown = (side.draw(MOST_REAL, rng) for side in (train, held))
    member_N = np.arange(known.n_people + unknown.n_people) < known.n_people
    scores = attack.scores(known.beside(unknown), made.draw(MOST_MADE, rng), rng)
    if not scores:
        return not_applicable(attack, attack.lacking)  # type: ignore[arg-type]
    outcomes = {f"{way}, {who}": outcome for way, score_N in scores.items() for who, outcome in at(score_N, member_N)}
    note = f"against {made.n_people:,} made people"
    return attack_result(attack, outcomes, attack.deed, kinds="ways", note=note)  # type: ignore[arg-type]


def at(score_N: np.ndarray, member_N: np.ndarray) -> Iterator[tuple[str, Outcome]]:
    """By who are taken for training people the outcome: shares of all with the highest scores, and those who stand out.

    Example:
        >>> score_N, member_N = np.array([9.0, 8.0, 1.0, 2.0, 3.0]), np.array([True, True, False, False, True])
        >>> [(who, found.hits, found.hits_control) for who, found in at(score_N, member_N)]
        [('the nearest 2%', 1, 0), ('the nearest 10%', 1, 0), ('the nearest 40%', 2, 0), ('those who stand out', 0, 0)]
    """
    falling_N = np.sort(score_N)[::-1]
    bounds = {f"the nearest {share:.0%}": falling_N[max(1, round(share * len(score_N))) - 1] for share in TAILS}
    gaps = falling_N[FEWEST_OUT - 1 : len(score_N) // 2] - falling_N[FEWEST_OUT : len(score_N) // 2 + 1]
    bounds["those who stand out"] = falling_N[FEWEST_OUT - 1 + int(gaps.argmax())] if gaps.any() else np.inf
    for who, bound in bounds.items():
        hit_N = score_N >= bound if bound > falling_N[-1] else score_N > bound  # those who are all alike stand for none
        yield who, Outcome.of((hit_N[member_N], hit_N[~member_N]))


def matrices(real: Held, made: Held, n_real: int, n_made: int) -> tuple[csr_array, csr_array]:
    """``(N, V)`` which values each real person holds, and each made one; on one book."""
    book = pc.unique(pa.concat_arrays([real.value_M, made.value_M])).drop_null()
    found = []
    for held, n_people in ((real, n_real), (made, n_made)):
        code_M = np.asarray(pc.fill_null(pc.index_in(held.value_M, value_set=book, skip_nulls=True), -1))
        there = code_M >= 0
        cells = csr_array(
            (np.ones(int(there.sum())), (held.person_M[there], code_M[there])), shape=(n_people, len(book))
        )
        cells.sum_duplicates()
        cells.data[:] = 1.0
        found.append(cells)
    return found[0], found[1]


def overlap(real_NV: csr_array, made_NV: csr_array) -> np.ndarray:
    """``(N,)`` of each real person the largest share of values in common with a made one, 0 to 1.

    Values weigh by how few real people hold them: the logarithm of 1 + people / holders.

    Example:
        >>> one, other = csr_array([[1.0, 1.0], [1.0, 0.0]]), csr_array([[1.0, 0.0], [1.0, 0.0]])
        >>> overlap(one, other).round(2).tolist()
        [0.39, 1.0]
    """
    holders_V = np.maximum(np.asarray((real_NV > 0).sum(0)).ravel(), 1)
    weight_V = np.log1p(real_NV.shape[0] / holders_V)
    weighed_NV, other_VN = csr_array(real_NV @ diags_array(weight_V)), csr_array(made_NV.T)
    whole_N, of_made_N = np.asarray(weighed_NV.sum(1)).ravel(), np.asarray(made_NV @ weight_V).ravel()
    best_N = np.zeros(real_NV.shape[0])
    for start in range(0, len(best_N), CHUNK):
        part = slice(start, start + CHUNK)
        both = (weighed_NV[part] @ other_VN).toarray()
        union = np.maximum(whole_N[part, None] + of_made_N - both, 1e-12)
        best_N[part] = (both / union).max(1, initial=0.0)
    return best_N


def nearness(real_NF: np.ndarray, made_NF: np.ndarray) -> np.ndarray:
    """``(N,)`` minus the distance of each real person to the nearest made one.

    Example:
        >>> nearness(np.array([[0.0, 0.0], [3.0, 4.0]]), np.array([[0.0, 0.0]])).tolist()
        [-0.0, -5.0]
    """
    best_N = np.full(len(real_NF), -np.inf)
    square_N = (made_NF**2).sum(1)
    for start in range(0, len(best_N), CHUNK):
        part = real_NF[start : start + CHUNK]
        squares = (part**2).sum(1)[:, None] + square_N - 2 * part @ made_NF.T
        best_N[start : start + CHUNK] = -np.sqrt(np.maximum(squares.min(1), 0.0))
    return best_N
