from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from synthgen.metrics.base import Result
from synthgen.metrics.utility.rare_class import Ranking, RareClass
from synthgen.metrics.view import View

TYPES = {"posts": "numeric", "links": "numeric", "fake": "boolean"}
Tables = Callable[..., tuple[View, View, View]]


def accounts(n: int, seed: int, share: float = 0.1) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    fake = rng.random(n) < share
    return {
        "posts": rng.normal(size=n) + 2 * fake,
        "links": rng.normal(size=n),
        "fake": np.where(fake, "yes", "no"),
    }


def run(tables: tuple[View, View, View]) -> Result:
    return RareClass().compute(*tables, np.random.default_rng(0))


def test_average_precision_is_that_of_scikit_learn_with_ties_and_weights():
    rng = np.random.default_rng(0)
    scores, positive, weights = rng.integers(0, 30, 400) / 30, rng.random(400) < 0.2, rng.integers(0, 3, 400)
    ranking = Ranking.of(scores, positive)
    assert ranking.average_precision() == pytest.approx(average_precision_score(positive, scores))
    expected = average_precision_score(positive, scores, sample_weight=weights)
    assert ranking.average_precision(weights) == pytest.approx(expected)


def test_recall_stops_at_one_per_cent_of_false_alarms():
    scores = np.concatenate([np.linspace(0, 1, 200), [1.5, 0.996, 0.991, 0.2]])  # 200 genuine: 2 alarms are allowed
    positive = np.arange(204) >= 200
    assert Ranking.of(scores, positive).recall() == 0.75
    assert Ranking.of(np.zeros(204), positive).recall() == 0.0


def test_flipped_labels_find_nothing(views: Tables):
    flipped = accounts(600, 2)
    flipped["posts"] = -flipped["posts"]
    result = run(views(TYPES, accounts(600, 0), accounts(900, 1), flipped, "fake"))
    assert result.value is not None
    assert result.floor is not None
    assert result.value < 0.15
    assert result.floor > 0.4
    assert result.details["recall_at_1_percent"] < 0.1
    assert result.details["recall_at_1_percent_trained_on_real"] > 0.15
    assert result.details["class"] == "fake = yes"
    low, high = result.details["recall_at_1_percent_interval"]
    assert low <= result.details["recall_at_1_percent"] <= high


def test_the_class_whose_rows_are_unreal_is_told(views: Tables):
    made = accounts(900, 2)
    made["links"] = np.where(made["fake"] == "yes", made["links"] + 4, made["links"])
    result = run(views(TYPES, accounts(900, 0), accounts(900, 1), made, "fake"))
    rare, other = result.details["realism"]
    assert rare["of"] == "the rare class"
    assert rare["auc"] > 0.9
    assert abs(other["auc"] - 0.5) < 0.07  # standard error 0.017
    assert rare["floor"] < 0.7
    assert "Synthetic rows of the rare class can be told" in result.meaning


def test_it_is_for_a_rare_class_or_where_it_is_asked_for(views: Tables):
    tables = [accounts(120, seed, share=0.4) for seed in range(3)]
    assert "below 15 % is rare" in run(views(TYPES, *tables, "fake")).reason
    assert run(views(TYPES, *tables, "fake", "detect")).value is not None


def test_too_few_rows_of_the_class_are_not_judged(views: Tables):
    tables = views(TYPES, accounts(400, 0, 0.05), accounts(100, 1, 0.05), accounts(400, 2, 0.05), "fake")
    assert "20 are needed" in run(tables).reason


def test_three_classes_have_no_rare_one(views: Tables):
    tables = [accounts(200, seed) for seed in range(3)]
    for rows in tables:
        rows["fake"] = np.resize(["a", "b", "c"], 200)
    types = TYPES | {"fake": "categorical"}
    assert run(views(types, *tables, "fake", "detect")).reason == "the target does not have two classes"
