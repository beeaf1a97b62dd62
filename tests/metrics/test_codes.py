from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy.stats.contingency import association
from sklearn.metrics import mutual_info_score

from synthgen.metrics.codes import cramers_v, decile_codes, mutual_information
from synthgen.metrics.view import View

Tables = Callable[..., tuple[View, View, View]]


def test_quantities_are_cut_at_training_deciles_and_missing_has_a_code_of_its_own(views: Tables):
    train, _, synthetic = views({"n": "numeric"}, {"n": np.arange(100)}, {"n": [1]}, {"n": [-5, 9, 10, 55, 999, None]})
    real, made = decile_codes(train, (train, synthetic), ["n"])
    assert np.bincount(real.codes["n"]).tolist() == [10] * 10
    assert made.codes["n"].tolist() == [0, 0, 1, 5, 9, 10]
    assert real.sizes == {"n": 11}


def test_rare_labels_share_a_code_where_asked_for(views: Tables):
    train, _, synthetic = views(
        {"c": "categorical"}, {"c": ["a"] * 5 + ["b"] * 3 + ["x", "y"]}, {"c": ["a"]}, {"c": ["b", "new", "x", None]}
    )
    _, made = decile_codes(train, (train, synthetic), ["c"], most_labels=2)
    assert made.codes["c"].tolist() == [1, 2, 2, 2]
    assert made.sizes["c"] == 3


def test_mutual_information_is_that_of_sklearn_less_what_chance_shows():
    rng = np.random.default_rng(0)
    one = rng.integers(0, 4, 3_000)
    other = np.where(rng.random(3_000) < 0.3, one, rng.integers(0, 5, 3_000))
    found, _, _ = mutual_information(one, other, 4, 5)
    assert found == pytest.approx(mutual_info_score(one, other) - 12 / 6_000, abs=1e-12)


def test_independent_columns_show_no_information_on_average():
    rng = np.random.default_rng(0)
    found = [mutual_information(*rng.integers(0, 8, (2, 400)), 8, 8)[0] for _ in range(200)]
    plain = [mutual_info_score(*rng.integers(0, 8, (2, 400))) for _ in range(200)]
    assert np.mean(found) < np.mean(plain) / 5


def test_cramers_v_agrees_with_scipy_where_the_correction_vanishes():
    rng = np.random.default_rng(0)
    one = rng.integers(0, 3, 200_000)
    other = np.where(rng.random(200_000) < 0.4, one, rng.integers(0, 4, 200_000))
    table = np.bincount(one * 4 + other, minlength=12).reshape(3, 4)
    assert cramers_v(one, other, 3, 4) == pytest.approx(association(table, "cramer"), abs=1e-4)
