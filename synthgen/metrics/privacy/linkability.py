"""Linkability: whether the synthetic table helps to join two halves of a person's record."""

from __future__ import annotations

import numpy as np

from synthgen.metrics.base import Direction, Group, Result
from synthgen.metrics.privacy.attack import Outcome, attack_result, no_control
from synthgen.metrics.privacy.neighbours import RankScale, nearest
from synthgen.metrics.view import View

MOST_PEOPLE = 2_000
"""Of each kind: a success rate of 5 % is then known to a point."""
MOST_WORK = 800_000_000
"""Cells compared, about a second; with more rows or columns fewer synthetic rows and people are used."""
SPLITS = 4
"""Ways to split the columns in two, each for as many people."""
CANDIDATES = 250
"""Second halves among which the right one is sought; guessing finds one in so many."""


class Linkability:
    """A data broker has two lists without names: what a shop knows of some people, and what an insurer knows of them.

    The columns are split in two at random. For a person's first half he looks up the nearest synthetic row, reads its
    other columns, and of the second halves on the insurer's list takes the one nearest to them: joining two records of
    one person is the second of the three risks of the Article 29 Working Party. The control are lists of as many people
    who were held out: what columns tell of one another helps with them as well. Guessing is one over the list's length.

    Source:
        Article 29 Working Party, Opinion 05/2014, WP216; matching through the nearest record as in
        Domingo-Ferrer and Torra 2003, doi:10.1007/978-3-540-45231-7_1 (distance-based record linkage).
    """

    name = "linkability"
    title = "Linkability"
    group: Group = "privacy"
    direction: Direction = "lower"

    def compute(self, train: View, holdout: View, synthetic: View, rng: np.random.Generator) -> Result:
        if reason := no_control(self, train, holdout, synthetic, "one column cannot be split in two"):
            return reason
        n = min(train.n_rows, holdout.n_rows, MOST_PEOPLE)
        made = synthetic.draw(max(MOST_WORK // (2 * n * len(train.compared)), n), rng)
        splits = draw_splits(len(train.compared), rng)
        hits = [link_people(view.draw(n, rng), made, splits, rng) for view in (train, holdout)]
        lists = list_lengths(n)
        note = f"lists of {lists[0]:,}, {made.n_rows:,} synthetic rows"
        outcome = Outcome.of(hits, len(lists) / n)
        return attack_result(self, {"two halves": outcome}, "joins the halves of", note=note)


def draw_splits(columns: int, rng: np.random.Generator) -> list[np.ndarray]:
    """Ways to split so many columns, each an order of which either half is one set."""
    return [rng.permutation(columns) for _ in range(SPLITS)]


def list_lengths(n: int) -> list[int]:
    """How so many people are dealt out to lists."""
    return [len(one) for one in np.array_split(np.arange(n), max(1, round(n / CANDIDATES)))]


def link_people(people: View, synthetic: View, splits: list[np.ndarray], rng: np.random.Generator) -> np.ndarray:
    """``(N,)`` whether a person's second half was found on their list."""
    scale = RankScale.learn(synthetic)
    targets, made = scale.place(people), scale.place(synthetic)
    quantities, hit = len(made.x_QN), np.zeros(people.n_rows, dtype=bool)
    ends = np.cumsum(list_lengths(people.n_rows))[:-1]
    for i, list_ in enumerate(np.split(rng.permutation(people.n_rows), ends)):
        first, second = (
            (sorted(half[half < quantities].tolist()), sorted((half[half >= quantities] - quantities).tolist()))
            for half in np.array_split(splits[i % len(splits)], 2)
        )
        theirs = targets.take(list_)
        bridge = nearest(theirs.only(*first), made.only(*first))[1][:, 0]
        shuffled = rng.permutation(len(list_))  # so that a tie goes to anybody on the list
        picked = nearest(made.take(bridge).only(*second), theirs.take(shuffled).only(*second))[1][:, 0]
        hit[list_] = shuffled[picked] == np.arange(len(list_))
    return hit
