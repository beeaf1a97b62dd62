from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from synthgen import DataError, Synthesizer
from synthgen.rows.given import given_rows
from synthgen.rows.known import Known
from synthgen.rows.predicting import predict
from tests.made import QUICK, accounts
from tests.nets.known_law import rows_of
from tests.rows.known_table import LAW, frame_of


def test_chances_are_the_laws_own(known: Known) -> None:
    tokens = rows_of(LAW, 200, seed=1)
    given = given_rows(known, frame_of(tokens).drop(columns="d"), may_lack={"d"})
    classes, chances = predict(given, "d")
    assert classes == ["d0", "d1", "d2", "d3"]
    a, b, c, _ = tokens.T
    law = LAW[a, b, c] / LAW[a, b, c].sum(1, keepdims=True)
    np.testing.assert_allclose(chances, law, atol=1e-5)


def test_what_is_missing_beside_it_is_summed_over(known: Known) -> None:
    tokens = rows_of(LAW, 50, seed=2)
    classes, chances = predict(given_rows(known, frame_of(tokens).assign(b=None)), "a")
    law = LAW.sum(1)[:, tokens[:, 2], tokens[:, 3]].T
    np.testing.assert_allclose(chances, law / law.sum(1, keepdims=True), atol=1e-5)
    assert classes == ["a0", "a1"]


def test_classes_come_as_scikit_learn_orders_them(fitted: Synthesizer) -> None:
    rows = accounts(40, seed=3)
    assert list(fitted.predict_proba(rows, "is_bot")) == [False, True]
    assert list(fitted.predict_proba(rows.drop(columns="plan"), "plan")) == ["free", "pro", "team"]
    assert list(fitted.predict_proba(rows, "plan_code")) == [10, 20, 30]
    bins = fitted.predict_proba(rows.set_index(rows.index + 5), "days")
    assert bins.index[0] == 5
    assert len(set(bins)) == bins.shape[1] > 10
    for frame in (bins, fitted.predict_proba(rows, "plan_code")):
        np.testing.assert_allclose(frame.sum(axis=1), 1, atol=1e-5)


def test_a_column_without_a_law_is_named(fitted: Synthesizer) -> None:
    for column, message in (
        ("posts_per_day", "is computed, not predicted"),
        ("source", "the same in every row"),
        ("email", "of type 'identifier'"),
        ("plam", "did you mean 'plan'"),
    ):
        with pytest.raises(DataError, match=message):
            fitted.predict_proba(accounts(10), column)


def test_flags_of_a_group_and_clustered_labels_have_chances_too() -> None:
    rng = np.random.default_rng(0)
    day, city = rng.integers(0, 4, 3000), rng.zipf(1.3, 3000) % 400
    frame = pd.DataFrame({f"day_{d}": (day == d).astype(int) for d in range(4)} | {"city": [f"t{c}" for c in city]})
    columns = {"city": {"type": "categorical"}}
    fitted = Synthesizer(random_state=0, columns=columns, **QUICK).fit(frame)
    assert fitted.known("").codec.one_hot
    chances = fitted.predict_proba(frame.head(50), "day_2")
    assert list(chances) == [0, 1]
    np.testing.assert_allclose(chances.sum(axis=1), 1, atol=1e-5)
    assert chances[1].mean() == pytest.approx(0.25, abs=0.1)
    cities = fitted.predict_proba(frame.head(50), "city")
    np.testing.assert_allclose(cities.sum(axis=1), 1, atol=1e-4)
    shares = frame["city"].value_counts(normalize=True)
    assert cities.mean()[shares.index[0]] == pytest.approx(shares.iloc[0], abs=0.1)
