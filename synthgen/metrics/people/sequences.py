"""Copies of a person's rows: so many of them, one after another, that a made person has in the same order."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthgen.metrics.base import Direction, Group
from synthgen.metrics.people.base import Held, People

LONGEST = 20
"""Rows in a run that is looked for: longer copies are told by their first rows."""


class Sequences:
    """The most telling run of a person's rows, keys and times aside, that a made person has too.

    A run tells as much as its rows do together: of each the logarithm of how many rows there are for one that holds
    the same.
    """

    name = "sequences"
    title = "Copies of people's rows"
    group: Group = "privacy"
    direction: Direction = "lower"
    deed: ClassVar[str] = "recognises by a run of rows that was copied"
    lacking: ClassVar[str] = "no two rows one after another of a real person are a made person's too"

    def scores(self, real: People, made: People, rng: np.random.Generator) -> dict[str, np.ndarray]:
        found = {}
        for name in real.rows:
            if name in made.rows:
                score_N = telling_runs(real.rows[name], made.rows[name], real.n_people)
                if score_N.any():
                    found[name] = score_N
        return found


def telling_runs(real: Held, made: Held, n_people: int) -> np.ndarray:
    """``(N,)`` how much the most telling run of two rows or more tells that a made person has too, in nats; 0: none is.

    Args:
        real: the rows of each real person side by side, in their order.
        made: those of made people.
        n_people: N.

    Example:
        >>> one = Held(np.zeros(4, np.int64), pa.array(["a", "b", "c", "d"]))
        >>> other = Held(np.array([0, 0, 0, 1]), pa.array(["b", "c", "d", "a"]))
        >>> bool(np.isclose(telling_runs(one, other, 1)[0], 3 * np.log(4)))
        True
    """
    book = pc.unique(pa.concat_arrays([real.value_M, made.value_M]))
    sides = [
        (held.person_M, np.asarray(pc.index_in(held.value_M, value_set=book)).astype(np.int64)) for held in (real, made)
    ]
    weight_V = np.log(max(1, len(real.person_M)) / np.maximum(np.bincount(sides[0][1], minlength=len(book)), 1))
    told_M, run_M, run_of_made_M = weight_V[sides[0][1]], sides[0][1], sides[1][1]
    best_N = np.zeros(n_people)
    for _ in range(1, LONGEST):
        longer = [_longer(run, *side, len(book)) for run, side in zip((run_M, run_of_made_M), sides, strict=True)]
        told_M = np.r_[0.0, told_M[:-1]] + weight_V[sides[0][1]]
        shared_M = (longer[0] >= 0) & np.isin(longer[0], longer[1])
        if not shared_M.any():
            break
        np.maximum.at(best_N, real.person_M[shared_M], told_M[shared_M])
        longer[0][~shared_M] = -1
        runs = np.unique(longer[0][shared_M])
        run_M, run_of_made_M = (np.where(np.isin(run, runs), np.searchsorted(runs, run), -1) for run in longer)
    return best_N


def _longer(run_M: np.ndarray, person_M: np.ndarray, value_M: np.ndarray, n_values: int) -> np.ndarray:
    """``(M,)`` the run that ends with the row before and goes on with this one; -1: it is another person's, or none."""
    before_M = np.r_[-1, run_M[:-1]]
    goes_on = np.r_[False, person_M[1:] == person_M[:-1]] & (before_M >= 0)
    return np.where(goes_on, before_M * n_values + value_M, -1)
