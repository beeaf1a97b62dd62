"""What a model of interactions learns, part by part.

Letters: E interactions, U users, I items, C clusters.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp

from synthgen.interactions.catalogue import Catalogue, first_times
from synthgen.interactions.company import Company
from synthgen.interactions.laws import CellLaw
from synthgen.interactions.ordering import Nearness, fit_steps
from synthgen.interactions.ratings import Rating
from synthgen.interactions.table import Interactions
from synthgen.interactions.tastes import Tastes
from synthgen.interactions.times import Timing

FIT_USERS = 50_000
"""Tastes are learned from so many users at most, drawn evenly, so that memory does not grow with them."""
KINDS: dict[str, type[Any]] = {
    "catalogue": Catalogue,
    "tastes": Tastes,
    "company": Company,
    "nearness": Nearness,
    "timing": Timing,
    "rating": Rating,
}
"""Parts that are made of arrays."""


def learned_parts(interactions: Interactions, fewest: int, rng: np.random.Generator) -> dict[str, Any]:
    """All parts by name; None for what the data do not have.

    Args:
        interactions: real ones.
        fewest: users whom an item, a pair of items or a cell of a law must have.
        rng: finds clusters and groups.
    """
    taken_UI = interactions.matrix()
    n_U = np.diff(taken_UI.indptr)
    catalogue = Catalogue.fit(taken_UI, fewest, rng)
    order_E = interactions.order_E
    user_E, item_E = interactions.user_E[order_E], interactions.item_E[order_E]
    timing = rating = None
    if interactions.time_E is not None:
        time_E = interactions.time_E[order_E]
        timing = Timing.fit(user_E, time_E, fewest)
        catalogue = catalogue.with_since(first_times(item_E, user_E, time_E, interactions.n_items, fewest))
    if interactions.rating_E is not None and np.isfinite(interactions.rating_E).any():
        rating = Rating.fit(user_E, item_E, interactions.rating_E[order_E], catalogue.cluster_I, fewest, rng)
    clusters = catalogue.n_clusters + 1
    counts_UC = _per_cluster(taken_UI, catalogue, rng)
    tastes, _ = Tastes.fit(counts_UC, fewest, rng)
    repeats = taken_again(interactions)
    company = Company.fit(taken_UI, fewest)
    steps_CC = fit_steps(user_E, catalogue.cluster_I[item_E], clusters, fewest)
    return {
        "catalogue": catalogue,
        "tastes": tastes,
        "company": company,
        "many": CellLaw.fit(n_U, None, fewest),
        "again": None if repeats is None else CellLaw.fit(*repeats, fewest),
        "steps": steps_CC,
        "nearness": Nearness.fit(user_E, item_E, catalogue.cluster_I, steps_CC, company, rng),
        "timing": timing,
        "rating": rating,
    }


def taken_again(interactions: Interactions) -> tuple[np.ndarray, np.ndarray] | None:
    """How often each user takes each of the own items, and whose they are; None where never twice."""
    counts = interactions.counts()
    many = counts.data.astype(np.int64)
    if not len(many) or many.max() == 1:
        return None
    return many, np.repeat(np.arange(interactions.n_users), np.diff(counts.indptr))


def _per_cluster(taken_UI: sp.csr_array, catalogue: Catalogue, rng: np.random.Generator) -> np.ndarray:
    """``(U, C)``: items of each cluster of users who took any, of ``FIT_USERS`` at most."""
    some = np.flatnonzero(np.diff(taken_UI.indptr))
    if len(some) > FIT_USERS:
        some = np.sort(rng.choice(some, FIT_USERS, replace=False))
    n_items, clusters = taken_UI.shape[1], catalogue.n_clusters + 1
    ends = (np.arange(n_items), catalogue.cluster_I)
    counts_UC: np.ndarray = (taken_UI[some] @ sp.csr_array((np.ones(n_items), ends), (n_items, clusters))).toarray()
    return counts_UC
