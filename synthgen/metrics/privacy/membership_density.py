"""Membership by density: where the synthetic table is denser than the world.

Letters: N people, M references, B people of a block.
"""

from __future__ import annotations

import numpy as np

from synthgen.metrics.base import Direction, Group, Result, not_applicable
from synthgen.metrics.privacy.attack import FEWEST_PEOPLE
from synthgen.metrics.privacy.membership import membership_result
from synthgen.metrics.privacy.neighbours import Points, RankScale, for_blocks
from synthgen.metrics.view import View

NEIGHBOURS = 5
"""References whose distance sets a person's bandwidth: fewer would be one person's whim, more would blur."""
SHARP = 1 / 16
"""Of that distance is the bandwidth. What a generator remembers of a person is far narrower than the space between
people: at the whole distance 5 % of copied rows go unseen."""
NARROWEST = 1e-3
"""Where so many references equal the person, the bandwidth is a thousandth of the rows in one quantity."""
MOST_WORK = 1_000_000_000
"""Cells compared, about two seconds with the exponentials; of more synthetic rows a sample is taken."""


class MembershipDensity:
    """The same reporter has another table of such people, and asks where the synthetic one is denser than it should be.

    A row near a synthetic one proves little where everybody is; it proves much where hardly anybody is. She compares
    the density of synthetic rows around the person with that of real rows that were in nobody's training table. One
    half of the held-out rows is that table while the other half are the strangers, then the halves change places.

    Both densities are means of exp(-distance / h), a product of Laplace kernels for ranks and label kernels,
    with one bandwidth h per person: a sixteenth of the distance to the fifth nearest reference.

    Source:
        van Breugel et al. 2023, arXiv:2302.12580 (DOMIAS); kernels of mixed data as in Aitchison and Aitken 1976,
        doi:10.1093/biomet/63.3.413; bandwidth by neighbours as in Loftsgaarden and Quesenberry 1965,
        doi:10.1214/aoms/1177700079.
    """

    name = "membership_density"
    title = "Membership, density ratio"
    group: Group = "privacy"
    direction: Direction = "half"

    def compute(self, train: View, holdout: View, synthetic: View, rng: np.random.Generator) -> Result:
        if train.compared and 0 < holdout.n_rows < 2 * FEWEST_PEOPLE:
            return not_applicable(self, f"fewer than {2 * FEWEST_PEOPLE} held-out rows, one half of them references")
        return membership_result(self, _score, train, holdout, synthetic, rng)


def _score(
    people: View, strangers: View, synthetic: View, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, str]:
    """Log ratio of the densities, for members and for strangers."""
    scale = RankScale.learn(synthetic)
    affordable = MOST_WORK // ((people.n_rows + strangers.n_rows) * len(people.compared))
    made = scale.place(synthetic.draw(max(affordable, 1_000), rng))
    members, others = scale.place(people), scale.place(strangers)
    halves = [np.array_split(rng.permutation(one.n), 2) for one in (members, others)]
    scores = [np.empty(one.n) for one in (members, others)]
    for i in (0, 1):
        references = others.take(halves[1][1 - i])
        for rows, half, score in zip((members, others), halves, scores, strict=True):
            score[half[i]] = _log_ratio(rows.take(half[i]), made, references)
    return scores[0], scores[1], f"{made.n:,} synthetic rows, {references.n:,} held-out rows as the other table"


def _log_ratio(rows: Points, made: Points, references: Points) -> np.ndarray:
    """``(N,)`` log of the density of synthetic rows over that of references."""
    width, around, among = np.empty(rows.n), np.empty(rows.n), np.empty(rows.n)
    k = min(NEIGHBOURS, references.n) - 1

    def at_references(part: slice, distance_BM: np.ndarray) -> None:
        width[part] = np.maximum(SHARP * np.partition(distance_BM, k, axis=1)[:, k], NARROWEST)
        around[part] = _log_density(distance_BM, width[part])

    def at_synthetic(part: slice, distance_BM: np.ndarray) -> None:
        among[part] = _log_density(distance_BM, width[part])

    for_blocks(rows, references, at_references)
    for_blocks(rows, made, at_synthetic)
    return among - around


def _log_density(distance_BM: np.ndarray, width_B: np.ndarray) -> np.ndarray:
    """``(B,)`` log of the mean of exp(-distance / width); the distances are overwritten."""
    least_B = distance_BM.min(axis=1)
    np.subtract(distance_BM, least_B[:, None], out=distance_BM)
    np.multiply(distance_BM, (-1 / width_B).astype(np.float32)[:, None], out=distance_BM)
    np.exp(distance_BM, out=distance_BM)
    return np.asarray(np.log(distance_BM.mean(axis=1, dtype=np.float64)) - least_B / width_B)
