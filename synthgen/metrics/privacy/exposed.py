"""The most exposed: the same attacks on the one per cent who stand apart from everybody."""

from __future__ import annotations

import numpy as np

from synthgen.metrics.base import Direction, Group, Result, not_applicable
from synthgen.metrics.privacy.attack import Outcome, attack_result, no_control
from synthgen.metrics.privacy.attribute_inference import infer_cells
from synthgen.metrics.privacy.linkability import CANDIDATES, draw_splits, link_people
from synthgen.metrics.privacy.neighbours import RangeScale, nearest
from synthgen.metrics.privacy.singling_out import single_out
from synthgen.metrics.view import View

SHARE = 0.01
FEWEST_EXPOSED = 5
"""Of each kind; a rate of fewer says nothing."""
MOST_PEOPLE = 5_000
"""Of each kind, among whom the exposed are sought."""
MOST_WORK = 800_000_000
"""Cells compared, about a second; with more rows or columns fewer rows are used."""
MOST_REFERENCES = 10_000
"""Training rows among which the nearest other person is sought."""
MOST_SYNTHETIC = 20_000
MOST_SECRETS = 40
CLOSER = 0.5
"""A synthetic row at less than half of the distance to the nearest other real person is about the person."""


class Exposed:
    """The only person of their kind in town: what helps the average person may not help them.

    The exposed are the 1 % of people, training and held-out alike, whose nearest other training row is furthest away.
    On them the attacks are repeated: *recognised* (a synthetic row lies at less than half of that distance),
    *singled out*, *linked* and *inferred* (one secret column each, at random). The control are the exposed among the
    held-out people.

    Source:
        Meeus et al. 2023, arXiv:2306.10308 (records far from their neighbours are the ones at risk);
        Stadler et al. 2022, arXiv:2011.07018 (the protection of outliers).
    """

    name = "exposed"
    title = "Attacks on the most exposed 1 %"
    group: Group = "privacy"
    direction: Direction = "lower"

    def compute(self, train: View, holdout: View, synthetic: View, rng: np.random.Generator) -> Result:
        if reason := no_control(self, train, holdout, synthetic):
            return reason
        width = len(train.compared)
        most = min(MOST_PEOPLE, max(MOST_WORK // (width * MOST_REFERENCES), 100 * FEWEST_EXPOSED))
        real = train.take(rng.permutation(train.n_rows)[: max(most, MOST_REFERENCES)])
        members, strangers = real.take(np.arange(min(most, real.n_rows))), holdout.draw(most, rng)
        if min(members.n_rows, strangers.n_rows) * SHARE < FEWEST_EXPOSED:
            return not_applicable(self, f"one per cent of the people is fewer than {FEWEST_EXPOSED}")
        made, scale = synthetic.draw(MOST_SYNTHETIC, rng), RangeScale.learn(train)
        apart = _apart(members, strangers, real, scale)
        n, size = members.n_rows, int(np.ceil(SHARE * len(apart)))
        exposed = np.sort(np.lexsort((rng.random(len(apart)), -apart))[:size])
        mine, theirs = exposed[exposed < n], exposed[exposed >= n]
        if min(len(mine), len(theirs)) < FEWEST_EXPOSED:
            return not_applicable(self, f"fewer than {FEWEST_EXPOSED} of the most exposed are of one kind")
        singled, _ = single_out(members, strangers, made, rng)
        sides = ((members, mine), (strangers, theirs - n))
        near = [nearest(scale.place(view.take(rows)), scale.place(made))[0][:, 0] for view, rows in sides]
        hits = {
            "recognised": [near[0] < CLOSER * apart[mine], near[1] < CLOSER * apart[theirs]],
            "singled out": [singled[mine], singled[theirs]],
        }
        if width > 1:
            splits = draw_splits(width, rng)
            hits["linked"] = [_linked(view, rows, made, splits, rng) for view, rows in sides]
            secrets = [train.compared[i] for i in rng.permutation(width)[:MOST_SECRETS]]
            hits["inferred"] = [_inferred(view.take(rows), made, secrets, rng) for view, rows in sides]
        outcomes = {name: Outcome.of(both) for name, both in hits.items()}
        note = f"sought among {n:,} training and {strangers.n_rows:,} held-out people; {made.n_rows:,} synthetic rows"
        return attack_result(self, outcomes, "succeeds on", kinds="attacks", note=note)


def _apart(members: View, strangers: View, real: View, scale: RangeScale) -> np.ndarray:
    """``(members + strangers,)`` distance to the nearest row of ``real``, which members lead, that is another's."""
    references = scale.place(real)
    to_others = nearest(scale.place(members), references, own=np.arange(members.n_rows))[0]
    return np.concatenate([to_others, nearest(scale.place(strangers), references)[0]])[:, 0]


def _linked(view: View, rows: np.ndarray, made: View, splits: list[np.ndarray], rng: np.random.Generator) -> np.ndarray:
    """``(rows,)`` whether their halves are joined on a list that is filled up with others."""
    others = rng.permutation(np.setdiff1d(np.arange(view.n_rows), rows))[: max(CANDIDATES - len(rows), 0)]
    return link_people(view.take(np.concatenate([rows, others])), made, splits, rng)[: len(rows)]


def _inferred(people: View, made: View, secrets: list[str], rng: np.random.Generator) -> np.ndarray:
    """``(N,)`` whether one cell of each, in a column drawn at random, is learned."""
    hits = infer_cells(people, made, secrets)
    return np.asarray(hits[np.arange(len(hits)), rng.integers(len(secrets), size=len(hits))])
