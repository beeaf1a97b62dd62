"""Owners and their rows with known laws."""

from __future__ import annotations

import numpy as np

from synthgen.metrics.linked import LinkedView
from synthgen.metrics.linked.base import plain_view

SHARE = 0.5
"""Of the variance of ``score`` that owners explain."""


def planted(seed: int, owners: int = 300, mean: float = 6.0) -> LinkedView:
    """Owners of a plan and an age; rows whose kind goes with the plan, whose score goes with the age and the owner."""
    rng = np.random.default_rng(seed)
    plan = (rng.random(owners) < 0.4).astype(np.int32)
    age = rng.normal(40, 10, owners)
    parent = plain_view(owners, {"age": age}, {"plan": plan}, {"plan": 3})
    count = rng.poisson(np.where(plan == 1, mean * 1.5, mean / 2))
    owner = np.repeat(np.arange(owners), count)
    n = len(owner)
    kind = np.where(rng.random(n) < 0.85, plan[owner], 1 - plan[owner]).astype(np.int32)
    own = ((age - 40) / 10 + rng.normal(0, 1, owners)) * np.sqrt(SHARE / 2)
    day = rng.uniform(0, 100, n)
    quantities = {"score": own[owner] + rng.normal(0, np.sqrt(1 - SHARE), n), "day": day}
    child = plain_view(n, quantities, {"kind": kind}, {"kind": 3})
    return LinkedView.of(parent, child, owner, {"film": rng.integers(0, 50, n)}, "day")


def dealt_anew(view: LinkedView, seed: int) -> LinkedView:
    """The same rows and counts, but rows hang on other owners."""
    order = np.random.default_rng(seed).permutation(len(view.owner_N))
    others = {name: other_N[order] for name, other_N in view.others.items()}
    return LinkedView.of(view.parent, view.child.take(order), view.owner_N, others, view.time)
