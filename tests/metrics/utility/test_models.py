from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from synthgen.metrics.utility.models import LEARNERS, Learner
from synthgen.metrics.utility.task import Part, Task, read_task
from synthgen.metrics.view import View

TYPES = {"size": "numeric", "colour": "categorical", "kind": "categorical"}
Tables = Callable[..., tuple[View, View, View]]
each_learner = pytest.mark.parametrize("learner", LEARNERS, ids=lambda one: one.name)


@pytest.fixture
def task(views: Tables) -> Task:
    """Kind c is red; of the others a is small and b is large."""
    tables = []
    for seed in range(3):
        rng = np.random.default_rng(seed)
        size, colour = rng.normal(size=300), rng.choice(["red", "blue"], 300)
        size[:20] = np.nan
        kind = np.where(colour == "red", "c", np.where(np.nan_to_num(size) > 0, "b", "a"))
        tables.append({"size": size, "colour": colour, "kind": kind})
    found = read_task(*views(TYPES, *tables, "kind"), np.random.default_rng(0), most_rows=300, most_classes=5)
    assert isinstance(found, Task)
    return found


@each_learner
def test_a_plain_rule_is_learned(learner: Learner, task: Task):
    scores = learner.fit(task, task.train, 0)(task.holdout.view)
    assert np.allclose(scores.sum(axis=1), 1)
    assert (scores.argmax(axis=1) == task.holdout.truth).mean() > 0.93


@each_learner
def test_a_class_that_was_never_seen_has_no_chance(learner: Learner, task: Task):
    rows = np.flatnonzero(task.train.truth != 1)
    assert not learner.fit(task, task.train.take(rows), 0)(task.holdout.view)[:, 1].any()


@each_learner
def test_one_class_teaches_nothing_else(learner: Learner, task: Task):
    rows = np.flatnonzero(task.train.truth == 2)
    scores = learner.fit(task, task.train.take(rows), 0)(task.holdout.view)
    assert (scores == np.eye(task.n_classes)[2]).all()


@each_learner
def test_a_number_is_predicted_on_its_own_scale(learner: Learner, views: Tables):
    tables = []
    for seed in range(3):
        size = np.random.default_rng(seed).uniform(0, 1, 300)
        tables.append({"size": size, "price": 5000 + 100 * size})
    found = read_task(
        *views({"size": "numeric", "price": "numeric"}, *tables, "price"),
        np.random.default_rng(0),
        most_rows=300,
        most_classes=5,
    )
    assert isinstance(found, Task)
    predicted = learner.fit(found, Part(found.train.view, found.train.truth), 0)(found.holdout.view)
    assert np.abs(predicted - found.holdout.truth).mean() < 3
