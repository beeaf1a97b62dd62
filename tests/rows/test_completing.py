"""Partial rows: what they give stays, the rest follows from it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from synthgen import Synthesizer
from synthgen.errors import ConfigError, DataError
from tests.made import QUICK, accounts, quick_settings


@pytest.fixture(scope="module")
def fitted() -> Synthesizer:
    return Synthesizer(random_state=1, **QUICK).fit(accounts())


@pytest.fixture(scope="module")
def linked() -> Synthesizer:
    """Learned that ``b`` copies ``a`` in nine rows of ten, and ``n`` lies near ten times ``c``."""
    rng = np.random.default_rng(0)
    a, c = rng.integers(0, 3, 4000), rng.integers(0, 4, 4000)
    b = np.where(rng.random(4000) < 0.9, a, rng.integers(0, 3, 4000))
    table = pd.DataFrame({"a": a, "b": b, "c": c}).replace({0: "x", 1: "y", 2: "z", 3: "w"})
    table["n"] = np.round(10 * c + rng.normal(0, 1, 4000), 2)
    training = {"max_steps": 600, "evaluate_every": 200, "width": 64, "blocks": 1}
    return Synthesizer(random_state=0, training=training).fit(table)


def test_what_is_given_stays_and_the_rest_follows(linked: Synthesizer) -> None:
    partial = pd.DataFrame({"n": [20.0, 0.0, None], "a": ["x", None, "y"]})
    rows = linked.sample(like=partial, draws=300)
    assert list(rows.columns) == ["a", "b", "c", "n"]
    assert len(rows) == 900
    first, second, third = rows[:300], rows[300:600], rows[600:]
    assert (first["n"] == 20.0).all()
    assert (first["a"] == "x").all()
    assert (second["n"] == 0.0).all()
    assert second["a"].nunique() == 3
    assert (third["a"] == "y").all()
    assert third["n"].nunique() > 100
    assert (first["c"] == "z").mean() > 0.95
    assert (first["b"] == "x").mean() == pytest.approx(0.9 + 0.1 / 3, abs=0.1)
    assert (third["b"] == "y").mean() == pytest.approx(0.9 + 0.1 / 3, abs=0.06)


def test_nothing_given_is_a_free_row(linked: Synthesizer) -> None:
    rows = linked.sample(like=pd.DataFrame({"a": [None, None]}, dtype=object), draws=500)
    assert rows["a"].value_counts(normalize=True).to_numpy() == pytest.approx([1 / 3] * 3, abs=0.06)


def test_all_kinds_of_columns_may_be_given_or_blank(fitted: Synthesizer) -> None:
    partial = accounts(50, seed=7)[["plan_code", "created_at", "score", "is_bot", "followers"]].copy()
    partial.loc[::2, "score"] = np.nan
    rows = fitted.sample(like=partial, random_state=5)
    assert len(rows) == 50
    assert (rows["plan"] == partial["plan_code"].map({10: "free", 20: "pro", 30: "team"})).all()
    pd.testing.assert_series_equal(rows["created_at"], partial["created_at"], check_dtype=False)
    given = partial["score"].notna()
    assert (rows["score"][given] == partial["score"][given]).all()
    assert np.allclose(rows["posts_per_day"], (rows["posts"] / rows["days"]).round(3))
    pd.testing.assert_frame_equal(rows, fitted.sample(like=partial, random_state=5))


def test_bad_partial_rows_are_refused(fitted: Synthesizer) -> None:
    with pytest.raises(DataError, match="did you mean 'plan'"):
        fitted.sample(like=pd.DataFrame({"plam": ["pro"]}))
    with pytest.raises(DataError, match="no rows; at least one"):
        fitted.sample(like=pd.DataFrame({"plan": []}, dtype=object))
    with pytest.raises(DataError, match="'posts_per_day' is computed"):
        fitted.sample(like=pd.DataFrame({"posts_per_day": [0.5]}))
    with pytest.raises(ConfigError, match="rows: not with partial rows"):
        fitted.sample(5, like=pd.DataFrame({"plan": ["pro"]}))
    with pytest.raises(ConfigError, match="where: not with partial rows"):
        fitted.sample(like=pd.DataFrame({"plan": ["pro"]}), where="posts>3")
    with pytest.raises(ConfigError, match="draws: 0"):
        fitted.sample(like=pd.DataFrame({"plan": ["pro"]}), draws=0)
    with pytest.raises(ConfigError, match="draws: 3 of what"):
        fitted.sample(5, draws=3)
    with pytest.raises(ConfigError, match="'gan' can"):
        Synthesizer(model="vae", **quick_settings("vae")).fit(accounts(300)).sample(
            like=pd.DataFrame({"plan": ["pro"]})
        )
