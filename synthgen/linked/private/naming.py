"""Which rows made rows name: items of a catalogue, people and their rows, rows made before.

Letters: M made rows that name, T rows that may be named.
"""

from __future__ import annotations

import numpy as np

from synthgen.linked.taking import take

BACK = 2_000
"""Rows before, of which an answer names one: what is answered is young."""


def named_people(
    owner_M: np.ndarray, weight_T: np.ndarray, self_M: np.ndarray | None, once: bool, rng: np.random.Generator
) -> np.ndarray:
    """``(M,)`` a row for each, each row as often as its weight says; nobody names herself.

    Args:
        owner_M: whose rows name.
        weight_T: how often each row is to be named, in proportion.
        self_M: the row that each must not name; None: there is none.
        once: whether an owner names nobody twice.
        rng: draws.

    Source:
        Molloy & Reed 1995, doi:10.1002/rsa.3240060204 (the configuration model).

    Example:
        >>> rng = np.random.default_rng(0)
        >>> ends = named_people(np.array([0, 0, 1]), np.array([1.0, 1.0, 2.0]), np.array([0, 0, 1]), True, rng)
        >>> sorted(ends[:2].tolist()), bool(ends[2] != 1)
        ([1, 2], True)
    """
    if not len(weight_T) or not len(owner_M):
        return np.full(len(owner_M), -1, np.int64)
    zero_T = np.zeros(len(weight_T), np.int64)
    named_M = take(np.zeros(len(owner_M), np.int64), owner_M, zero_T, weight_T + 1e-6, rng, once)
    if self_M is None:
        return named_M
    taken = set(zip(owner_M.tolist(), named_M.tolist(), strict=True)) if once else set()
    for row in np.flatnonzero(named_M == self_M).tolist():
        for other in rng.integers(0, len(named_M), 50).tolist():
            mine, theirs = int(named_M[row]), int(named_M[other])
            if theirs < 0 or theirs == self_M[row] or mine == self_M[other]:
                continue
            if once and ((owner_M[row], theirs) in taken or (owner_M[other], mine) in taken):
                continue
            taken -= {(int(owner_M[row]), mine), (int(owner_M[other]), theirs)}
            taken |= {(int(owner_M[row]), theirs), (int(owner_M[other]), mine)}
            named_M[row], named_M[other] = theirs, mine
            break
    for row in np.flatnonzero(named_M == self_M).tolist():  # no swap: somebody else, where there is anybody
        others = [int(one) for one in rng.permutation(len(weight_T))[:1_000] if one != self_M[row]]
        named_M[row] = next((one for one in others if (owner_M[row], one) not in taken), -1)
        taken.add((int(owner_M[row]), int(named_M[row])))
    return named_M


def reciprocated(owner_M: np.ndarray, named_M: np.ndarray, pairs: int, rng: np.random.Generator) -> np.ndarray:
    """``(M,)`` the same ties, of which about so many pairs go both ways; nobody is named more or less often.

    A tie u -> v is answered by giving a tie v -> x the end u, and what it named to a tie that had named u.

    Args:
        owner_M: whose ties they are, rows of the same table as what they name.
        named_M: whom they name; -1: nobody.
        pairs: pairs wanted.
        rng: draws.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> owner = np.repeat(np.arange(30), 3)
        >>> ends = named_people(owner, np.ones(30), owner, True, rng)
        >>> both = reciprocated(owner, ends, 20, rng)
        >>> ties = set(zip(owner.tolist(), both.tolist()))
        >>> len(ties), sum((v, u) in ties for u, v in ties) // 2 >= 18, bool((np.bincount(both) == 3).all())
        (90, True, True)
    """
    named = named_M.tolist()
    owner = owner_M.tolist()
    at = {(u, v): row for row, (u, v) in enumerate(zip(owner, named, strict=True)) if v >= 0}
    of: dict[int, list[int]] = {}
    into: dict[int, list[int]] = {}
    for (u, v), row in at.items():
        of.setdefault(u, []).append(row)
        into.setdefault(v, []).append(row)
    there = sum((v, u) in at for u, v in at) // 2
    tries = 0
    while there < pairs and tries < 30 * max(pairs, 1) and named:
        tries += 1
        row = int(rng.integers(len(named)))
        u, v = owner[row], named[row]
        if v < 0 or u == v or (v, u) in at or not of.get(v) or not into.get(u):
            continue
        out, back = of[v][int(rng.integers(len(of[v])))], into[u][int(rng.integers(len(into[u])))]
        x, y = named[out], owner[back]
        if out == back or x < 0 or (x, v) in at or (u, y) in at or x == y or (y, x) in at or named[back] != u:
            continue
        if owner[back] == v or owner[out] != v or x == u:
            continue
        del at[(v, x)], at[(y, u)]
        named[out], named[back] = u, x
        at[(v, u)], at[(y, x)] = out, back
        into[x].remove(out)
        into[x].append(back)
        into[u].remove(back)
        into[u].append(out)
        there += 1 + ((x, y) in at)
    return np.array(named, np.int64)


def earlier_rows(second_M: np.ndarray | None, there_M: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """``(M,)`` a row of the same table made before, for those that name one; another one where they have no times.

    Example:
        >>> earlier_rows(np.array([5.0, 1.0, 9.0]), np.array([True, True, False]), np.random.default_rng(0)).tolist()
        [1, -1, -1]
    """
    rows = len(there_M)
    if second_M is None:
        drawn = rng.integers(0, max(rows - 1, 1), rows)
        drawn += drawn >= np.arange(rows)
        return np.where(there_M & (rows > 1), drawn, -1)
    order = np.argsort(second_M, kind="stable")
    rank = np.empty(rows, np.int64)
    rank[order] = np.arange(rows)
    back = 1 + np.floor(rng.random(rows) * np.minimum(rank, BACK)).astype(np.int64)
    return np.where(there_M & (rank > 0), order[np.maximum(rank - back, 0)], -1)
