"""Everything about a made table of interactions: its statistics beside their floors, and what it is worth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from synthgen.errors import DataError
from synthgen.interactions import Interactions
from synthgen.metrics.base import Result, plain
from synthgen.metrics.recommendation.amounts import Amounts, Coverage, Mainstream, Popularity, Unevenness
from synthgen.metrics.recommendation.base import InteractionMetric
from synthgen.metrics.recommendation.company import CoOccurrence, Repeats, Succession
from synthgen.metrics.recommendation.ratings import Ratings, RatingsByItem, RatingsByUser
from synthgen.metrics.recommendation.recommenders import RECOMMENDERS, Recommender
from synthgen.metrics.recommendation.times import Gaps, HourOfWeek, Sessions
from synthgen.metrics.recommendation.trials import Agreement, Task, Trial, agreement, run_trials
from synthgen.seeding import numpy_stream

INTERACTION_METRICS: tuple[InteractionMetric, ...] = (
    Amounts("user"),
    Amounts("item"),
    Unevenness("user"),
    Unevenness("item"),
    Coverage(),
    Popularity(),
    Mainstream(),
    CoOccurrence(),
    Succession(),
    Ratings(),
    RatingsByUser(),
    RatingsByItem(),
    Gaps(),
    Sessions(),
    HourOfWeek(),
    Repeats(),
)
"""In the order in which they are shown."""
ROUNDS = 5
"""Times that the real users are parted in halves: the mean over five wavers less than half as much as one."""
FEWEST_USERS = 4
"""Real users: two in each half."""


def compare_interactions(
    real: Interactions, synthetic: Interactions, seed: int, others: Interactions | None = None
) -> list[Result]:
    """Every metric, on equally many users of each side, so that the value of a perfect copy is the floor.

    The real users are parted in two halves; one is compared with as many made users (the value) and with the other
    half (the floor). Figures are means over several such parts.

    Args:
        real: real interactions.
        synthetic: made ones; items numbered alike.
        seed: zero or more.
        others: real users that the generator never saw; given these, they make the floor and no halves are drawn.

    Raises:
        DataError: items differ in number, or there are too few users.
    """
    sides = [real, synthetic, *([] if others is None else [others])]
    if len({side.n_items for side in sides}) > 1:
        raise DataError(
            f"recommendation: {' and '.join(f'{side.n_items:,}' for side in sides)} items; one catalogue was "
            "expected. Read all tables with the same items"
        )
    if min(side.n_users for side in sides) < FEWEST_USERS:
        raise DataError(
            f"recommendation: {min(side.n_users for side in sides)} users on one side; {FEWEST_USERS} or more were "
            "expected to compare"
        )
    rounds = []
    for number in range(ROUNDS):
        rng = numpy_stream(seed, "users", number)
        one, rest = real.halves(rng) if others is None else (real, others)
        many = min(one.n_users, rest.n_users, synthetic.n_users)
        one, made, rest = (some_users(side, many, rng) for side in (one, synthetic, rest))
        rounds.append(
            [metric.compute(one, made, rest, numpy_stream(seed, metric.name, number)) for metric in INTERACTION_METRICS]
        )
    return [_mean(list(found)) for found in zip(*rounds, strict=True)]


def some_users(taken: Interactions, many: int, rng: np.random.Generator) -> Interactions:
    """The interactions of so many users, drawn evenly."""
    mask_U = np.zeros(taken.n_users, bool)
    mask_U[rng.permutation(taken.n_users)[:many]] = True
    return taken.of_users(mask_U)


def _mean(found: Sequence[Result]) -> Result:
    """The first, with means of value and floor; not applicable where any is."""
    lacking = next((result for result in found if result.value is None), None)
    if lacking is not None:
        return lacking
    floors = [result.floor for result in found if result.floor is not None]
    value = float(np.mean([result.value for result in found if result.value is not None]))
    return replace(found[0], value=value, floor=float(np.mean(floors)) if floors else None)


@dataclass(frozen=True)
class Recommendation:
    """What a made table of interactions is worth to one who builds recommenders.

    Attributes:
        statistics: how it is like the real one.
        real: recommenders taught by the real histories.
        synthetic: taught by the made ones, tested on the same users.
        agreement: Kendall's tau of the two rankings; None with fewer than two recommenders.
        users: real and made users to learn from, and those tested.
    """

    statistics: tuple[Result, ...]
    real: tuple[Trial, ...]
    synthetic: tuple[Trial, ...]
    agreement: Agreement | None
    users: tuple[int, int, int]

    @property
    def results(self) -> tuple[Result, ...]:
        """Everything as results: the statistics, what the best recommender keeps, and tau."""
        return (*self.statistics, self._kept(), self._order())

    def _kept(self) -> Result:
        name, title = "recommender_value", "Best recommender's NDCG@10"
        pairs = [(a, b) for a, b in zip(self.real, self.synthetic, strict=True) if not a.reason and not b.reason]
        if not pairs:
            return Result(name, title, None, "higher", reason="no recommender can be taught by both tables")
        real, made = max(pairs, key=lambda pair: pair[0].ndcg)
        found = made.to_json()
        return Result(
            name,
            title,
            made.ndcg,
            "higher",
            floor=real.ndcg,
            interval=tuple(found["ndcg_interval"]) if None not in found["ndcg_interval"] else None,
            unit="score",
            sentence=f"{real.title} taught by made users, tested on {len(made.ndcg_U):,} real ones; floor: taught by "
            "real users",
            details={
                "kept": made.ndcg / real.ndcg if real.ndcg else None,
                "real": [trial.to_json() for trial in self.real],
                "synthetic": [trial.to_json() for trial in self.synthetic],
            },
        )

    def _order(self) -> Result:
        name, title = "recommender_order", "Order of recommenders"
        if self.agreement is None:
            return Result(
                name, title, None, "higher", reason="fewer than two recommenders can be taught by both tables"
            )
        return Result(
            name,
            title,
            self.agreement.tau,
            "higher",
            floor=self.agreement.floor,
            interval=self.agreement.interval,
            unit="score",
            sentence=f"Kendall's tau of {len(self.agreement.names)} recommenders ranked by NDCG, taught by made and by "
            "real users; floor: of two halves of the real users tested",
            details={"recommenders": list(self.agreement.names)},
        )

    def to_json(self) -> dict[str, Any]:
        """JSON types only; no figure of a single user."""
        found = {"results": [result.to_json() for result in self.results], "users": self.users}
        return {name: plain(value) for name, value in found.items()}

    def statistics_table(self) -> list[list[str]]:
        """Headings, then a row per statistic: title, value, floor."""
        rows = [["", "made", "floor"]]
        for result in self.statistics:
            values = ["not applicable" if one is None else f"{one:.4f}" for one in (result.value, result.floor)]
            rows.append([result.title, *(values if result.value is not None else [result.reason, ""])])
        return rows

    def recommenders_table(self) -> list[list[str]]:
        """Headings, then a row per recommender: its figures taught by real and by made users."""
        what = ("NDCG@10", "recall@10", "coverage", "Gini")
        rows = [["", *(f"{figure}, {side}" for figure in what for side in ("real", "made"))]]
        for pair in zip(self.real, self.synthetic, strict=True):
            cells = [
                f"not tried: {trial.reason}" if trial.reason else f"{getattr(trial, figure):.3f}"
                for figure in ("ndcg", "recall", "coverage", "gini")
                for trial in pair
            ]
            rows.append([pair[0].title, *cells])
        return rows


def judge_recommendation(
    histories: Interactions,
    held: Interactions,
    synthetic: Interactions,
    seed: int,
    recommenders: Sequence[Recommender] = RECOMMENDERS,
) -> Recommendation:
    """Statistics of made interactions beside floors, and recommenders taught by them, tested on real users.

    Args:
        histories: the real interactions that the generator learned from.
        held: interactions of the same users that it never saw: ``histories, held = taken.split(0.8, rng)``.
        synthetic: made interactions; items numbered alike.
        seed: zero or more.
        recommenders: those to try.

    Raises:
        DataError: tables do not share users or items, or nothing is held out.
    """
    task = Task(histories, held)
    real = run_trials(histories, task, seed, recommenders)
    made = run_trials(synthetic, task, seed, recommenders)
    tested = max((len(trial.ndcg_U) for trial in real), default=0)
    return Recommendation(
        tuple(compare_interactions(histories, synthetic, seed)),
        real,
        made,
        agreement(real, made, numpy_stream(seed, "agreement")),
        (histories.n_users, synthetic.n_users, tested),
    )
