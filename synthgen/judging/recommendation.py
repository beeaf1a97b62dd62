"""Who takes what: made interactions beside those of people held out, and recommenders taught by them.

Letters: E interactions, U users, I items.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from synthgen.columns.number_text import parse_numbers
from synthgen.errors import ConfigError
from synthgen.interactions import Interactions
from synthgen.judging.base import Sides
from synthgen.linked.keys import parent_rows
from synthgen.linked.network import Network
from synthgen.linked.schema import Reference
from synthgen.metrics.base import Group, Result
from synthgen.metrics.recommendation import Recommendation, Task, agreement, compare_interactions, run_trials
from synthgen.metrics.recommendation.judging import some_users
from synthgen.seeding import numpy_stream

KNOWN = 0.8
"""Share of each held person's history that recommenders are given; they are asked for the rest."""
FEWEST_USERS = 10
"""People on each side with something to ask for: fewer say nothing about a ranking."""
FEWEST_ITEMS = 50
"""Items that enough people take: among fewer, a list of ten is no choice."""
FEWEST_TAKEN = 5
"""Interactions that an item must have to be recommended."""
MOST_ITEMS = 4_000
"""Recommended at most, the most popular: EASE then holds 128 MB and is solved in seconds."""
MOST_USERS = 50_000
"""To learn from."""
OF_ITEMS = ("popularity", "co_occurrence", "succession", "ratings_by_item")
"""Statistics that say nothing where items are made new."""
RATED = ("rating", "stars", "score", "grade")
NEW_ITEMS = "items are made new: none of them is a real one"


class RecommendationSection:
    """Statistics of interactions beside people held out, what recommenders learn from made ones, and their order."""

    name = "recommendation"
    title = "Recommendation"

    def compute(self, sides: Sides, rng: np.random.Generator) -> list[tuple[Group, Result]]:
        try:
            owner, item = sides.train.interactions
        except ConfigError:
            return []
        if owner.table in sides.whole or owner.parent == item.parent:
            return []
        same = item.parent in sides.train.tables and sides.train.schema.tables[item.parent].keep
        train, held, made = (taken(one, owner, item) for one in (sides.train, sides.held, sides.made))
        if same:
            held, made = (
                _numbered_as(sides.train, one, other, item) for one, other in ((sides.held, held), (sides.made, made))
            )
        if min(int((one.per_user_U > 0).sum()) for one in (train, held, made)) < FEWEST_USERS:
            return []
        seed = int(rng.integers(2**31))
        most = max(one.n_items for one in (train, held, made))
        sized = [replace(one, n_items=most) for one in (train, made, held)]
        statistics = compare_interactions(sized[0], sized[1], seed, sized[2])
        if not same:
            statistics = [_new(result) if result.name in OF_ITEMS else result for result in statistics]
        found: list[tuple[Group, Result]] = [("fidelity", result) for result in statistics]
        return [*(("utility", result) for result in _worth(train, held, made, same, seed)), *found]


def taken(network: Network, owner: Reference, item: Reference) -> Interactions:
    """The rows of a table as interactions of owners with what they choose; rows without either are left out.

    Args:
        network: the tables.
        owner: whose rows they are; rows of the parent are users.
        item: what they choose; rows of its parent are items.
    """
    table = owner.table
    ends = [(network.said(one), network.keys(one.parent)) for one in (owner, item)]
    user_E, item_E = (parent_rows([said], [keys]) for said, keys in ends)
    there_E = (user_E >= 0) & (item_E >= 0)
    time, second_E = network.schema.tables[table].time, None
    if time is not None:
        second_E = network.numbers(table, time)
        there_E &= np.isfinite(second_E)
        second_E = np.nan_to_num(second_E)[there_E]
    rated = _rating(network, table)
    rating_E = None if rated is None else parse_numbers(network.column(table, rated), ".")[there_E]
    sizes = {"n_users": len(ends[0][1]), "n_items": len(ends[1][1])}
    return Interactions.of(user_E[there_E], item_E[there_E], rating_E=rating_E, time_E=second_E, **sizes)


def _rating(network: Network, table: str) -> str | None:
    """The column that says how something was liked; None: none does."""
    names = [line.name for line in network.own(table) if line.type == "numeric"]
    return next((name for word in RATED for name in names if word in name.lower()), None)


def _numbered_as(train: Network, network: Network, found: Interactions, item: Reference) -> Interactions:
    """The same with the numbers that items have in the training tables."""
    row_I = parent_rows([network.keys(item.parent)], [train.keys(item.parent)])
    there_E = row_I[found.item_E] >= 0
    known = found.take(there_E)
    return replace(known, item_E=row_I[known.item_E], n_items=len(train.keys(item.parent)))


def _new(result: Result) -> Result:
    return Result(result.name, result.title, None, result.direction, reason=NEW_ITEMS)


def _worth(train: Interactions, held: Interactions, made: Interactions, same: bool, seed: int) -> list[Result]:
    """What the best recommender is worth that made people teach, and the order of all."""
    names = Recommendation((), (), (), None, (0, 0, 0)).results
    if not same:
        return [_new(result) for result in names]
    common_I = train.per_item_I >= max(FEWEST_TAKEN, np.sort(train.per_item_I)[-MOST_ITEMS:].min())
    train, held, made = (one.of_items(common_I) for one in (train, held, made))
    histories, rest = held.split(KNOWN, numpy_stream(seed, "known"))
    if common_I.sum() < FEWEST_ITEMS or (rest.per_user_U > 0).sum() < FEWEST_USERS or not len(made):
        reason = "too few people or items to recommend"
        return [Result(one.name, one.title, None, one.direction, reason=reason) for one in names]
    task = Task(histories, rest)
    real, other = (run_trials(_some(one, numpy_stream(seed, "taught")), task, seed) for one in (train, made))
    order = agreement(real, other, numpy_stream(seed, "agreement"))
    tested = int((rest.per_user_U > 0).sum())
    return list(Recommendation((), real, other, order, (train.n_users, made.n_users, tested)).results)


def _some(one: Interactions, rng: np.random.Generator) -> Interactions:
    """The interactions of so many users at most."""
    if one.n_users <= MOST_USERS:
        return one
    return some_users(one, MOST_USERS, rng)
