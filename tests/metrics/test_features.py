from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from synthgen.metrics.features import UNIT, Features
from synthgen.metrics.view import View

Tables = Callable[..., tuple[View, View, View]]


def test_quantities_become_ranks_with_a_flag_and_labels_one_feature_each(views: Tables):
    train, _, synthetic = views(
        {"n": "numeric", "c": "categorical"},
        {"n": np.arange(1001.0), "c": ["a", "b", "b"] * 333 + ["a", "b"]},
        {"n": [1.0], "c": ["a"]},
        {"n": [0.0, 500.0, 2000.0, None], "c": ["b", "a", "z", None]},
    )
    features = Features.learn(train, ["n", "c"])
    assert {name: group.tolist() for name, group in features.groups.items()} == {"n": [0, 1], "c": [2, 3, 4, 5]}
    found = features.matrix(synthetic)
    assert found[:, 0] == pytest.approx(UNIT * np.array([-0.5, 0, 0.5, 0]))
    assert found[:, 1].tolist() == [0, 0, 0, 1]
    assert found[:, 2:].sum(axis=1).tolist() == [1, 1, 1, 1]
    assert found[0, 2] == 1  # b is the most frequent


def test_a_value_that_many_rows_hold_stands_in_the_middle_of_their_ranks(views: Tables):
    cells = np.append(np.zeros(600), np.arange(1.0, 401))
    train, _, _ = views({"n": "numeric"}, {"n": cells}, {"n": cells}, {"n": cells})
    assert Features.learn(train, ["n"]).matrix(train)[0, 0] == pytest.approx(UNIT * (0.3 - 0.5), abs=0.01)


def test_rare_labels_share_a_feature(views: Tables):
    cells = [f"v{i}" for i in range(80) for _ in range(2)] + ["often"] * 9
    train, _, _ = views({"c": "categorical"}, {"c": cells}, {"c": cells}, {"c": cells})
    assert Features.learn(train, ["c"]).matrix(train).shape == (169, 51)
