from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from scipy.stats import chisquare

from synthgen import ConfigError, DataError, Synthesizer
from synthgen.rows.given import given_rows
from synthgen.rows.imputing import impute
from synthgen.rows.known import Known
from tests.made import accounts, quick_settings
from tests.nets.known_law import rows_of
from tests.rows.known_table import LAW, NAMES, frame_of

FALSE_ALARMS = 1e-4


def without(frame: pd.DataFrame, share: float = 0.2, seed: int = 1) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return frame.assign(**{name: frame[name].mask(rng.random(len(frame)) < share) for name in frame})


@pytest.mark.parametrize("lacking", ["d", "ac", "bcd"])
def test_draws_follow_the_law_given_the_rest(known: Known, lacking: str) -> None:
    full = frame_of(rows_of(LAW, 6_000, seed=2))
    full[list(lacking)] = None
    filled = impute(given_rows(known, full), seed=3)[0].table().arrow.to_pandas()
    tokens = np.stack([filled[name].str[1:].astype(int) for name in NAMES], 1)
    held = tuple(NAMES.index(name) for name in NAMES if name not in lacking)
    kept = [int(tokens[0, axis]) for axis in held]
    rows = tokens[(tokens[:, held] == kept).all(1)]
    law = LAW.transpose([*held, *(NAMES.index(name) for name in lacking)])[tuple(kept)]
    law = law / law.sum()
    cells = np.ravel_multi_index([rows[:, NAMES.index(name)] for name in lacking], law.shape)
    likely = law.ravel() * len(rows) >= 1
    found = np.bincount(cells, minlength=law.size)
    expected = law.ravel()[likely] / law.ravel()[likely].sum() * found[likely].sum()
    assert chisquare(found[likely], expected).pvalue > FALSE_ALARMS
    assert found[~likely].sum() <= 20


def test_the_likeliest_label_is_the_mode_of_the_law_given_the_rest(known: Known) -> None:
    tokens = rows_of(LAW, 300, seed=4)
    full = frame_of(tokens).assign(d=None)
    filled = impute(given_rows(known, full), how="likeliest")[0].table().arrow.to_pandas()
    a, b, c, _ = tokens.T
    assert filled["d"].str[1:].astype(int).tolist() == LAW[a, b, c].argmax(1).tolist()


def test_other_cells_stay_as_they_are(fitted: Synthesizer) -> None:
    frame = without(accounts(300, seed=5)).set_index(pd.Index(np.arange(300)[::-1] + 7))
    filled = fitted.impute(frame)
    assert not filled.isna().any().any()
    assert filled.index.equals(frame.index)
    for name in frame:
        there = frame[name].notna()
        pd.testing.assert_series_equal(filled[name][there], frame[name][there], check_dtype=False)


def test_what_other_cells_decide_is_not_drawn(fitted: Synthesizer) -> None:
    full = accounts(400, seed=6)
    lacking = full.astype({"posts": float, "days": float, "plan_code": float})
    lacking.loc[0:99, "plan"] = None
    lacking.loc[100:199, "plan_code"] = np.nan
    lacking.loc[200:249, "posts_per_day"] = np.nan
    lacking.loc[250:299, "posts"] = np.nan
    lacking.loc[300:310, ["source", "email", "user_id"]] = None
    filled = fitted.impute(lacking)
    for name in ("plan", "plan_code", "source"):
        assert (filled[name] == full[name]).all()
    assert (filled["posts_per_day"] - filled["posts"] / filled["days"]).abs().max() <= 0.00051
    assert filled["email"].is_unique
    assert filled["user_id"].is_unique
    assert (filled.loc[250:299, "posts"] - full.loc[250:299, "posts"]).abs().max() <= 1


def test_a_column_that_never_lacked_a_value_gets_one(fitted: Synthesizer) -> None:
    one = accounts(3, seed=7).iloc[[0]].astype({"is_bot": object})
    one["is_bot"] = None
    assert fitted.impute(one)["is_bot"].isin([True, False]).all()


def test_an_unseen_cell_goes_in_and_stays_as_written(fitted: Synthesizer) -> None:
    odd = accounts(20, seed=8).assign(plan="platinum", followers=10**9)
    odd["score"] = np.nan
    filled = fitted.impute(odd)
    assert (filled["plan"] == "platinum").all()
    assert (filled["followers"] == 10**9).all()
    assert filled["score"].notna().all()


def test_several_draws_differ_where_cells_were_missing(fitted: Synthesizer) -> None:
    frame = without(accounts(200, seed=9))[accounts(1).columns]
    draws = fitted.impute(frame, draws=3, random_state=1)
    assert len(draws) == 3
    assert not draws[0]["days"].equals(draws[1]["days"])
    again = fitted.impute(frame, draws=3, random_state=1)
    for one, other in zip(draws, again, strict=True):
        pd.testing.assert_frame_equal(one, other)


def test_the_kind_of_table_comes_back(fitted: Synthesizer) -> None:
    frame = accounts(50, seed=10)
    frame.loc[::3, "plan"] = None
    assert isinstance(fitted.impute(pa.Table.from_pandas(frame)), pa.Table)
    assert fitted.impute(pl.from_pandas(frame))["plan"].null_count() == 0


def test_some_columns_alone(fitted: Synthesizer) -> None:
    frame = without(accounts(100, seed=11))
    filled = fitted.impute(frame, columns=["plan"])
    assert filled["plan"].notna().all()
    assert filled["followers"].isna().sum() == frame["followers"].isna().sum()


def test_nothing_missing_is_nothing_done(fitted: Synthesizer) -> None:
    frame = accounts(30, seed=12).assign(score=1.5)
    pd.testing.assert_frame_equal(fitted.impute(frame), frame)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda f: f.drop(columns=["plan", "days"]), r"lacks columns 'plan', 'days'"),
        (lambda f: f.rename(columns={"plan": "plam"}), r"lacks column 'plan'.*has column 'plam'.*did you mean 'plam'"),
        (lambda f: f.assign(extra=1), r"has column 'extra' that the model does not know"),
        (lambda f: f.assign(days="many"), r"column 'days' is of another type .*numbers were expected"),
        (lambda f: f.assign(created_at="soon"), r"column 'created_at' is of another type .*dates were expected"),
        (lambda f: f.iloc[:0], r"no rows; at least one was expected"),
    ],
)
def test_a_table_that_does_not_match_is_named(fitted: Synthesizer, change: object, message: str) -> None:
    with pytest.raises(DataError, match=message):
        fitted.impute(change(accounts(20)))  # type: ignore[operator]


def test_wrong_arguments_are_named(fitted: Synthesizer) -> None:
    frame = accounts(20)
    with pytest.raises(ConfigError, match=r"how: no 'mode'"):
        fitted.impute(frame, how="mode")
    with pytest.raises(ConfigError, match=r"draws: 3; expected 1 with how='likeliest'"):
        fitted.impute(frame, how="likeliest", draws=3)
    with pytest.raises(DataError, match=r"no column 'plam'.*did you mean 'plan'"):
        fitted.impute(frame, columns=["plam"])


@pytest.mark.parametrize("model", ["vae", "one-shot"])
def test_a_model_that_cannot_be_asked_names_the_one_that_can(model: str) -> None:
    other = Synthesizer(model=model, **quick_settings(model)).fit(accounts(200))
    for job in (other.impute, other.score, other.repair):
        with pytest.raises(ConfigError, match=rf"model '{model}' cannot be asked .*'gan' can"):
            job(accounts(20))
