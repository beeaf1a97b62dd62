from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ks_2samp

from synthgen import ConfigError, Synthesizer, load
from synthgen.rows.calibrating import Calibration, calibrate
from synthgen.rows.given import given_rows
from synthgen.rows.known import Known
from synthgen.rows.scoring import countable, score
from tests.made import accounts
from tests.nets.known_law import rows_of
from tests.rows.known_table import LAW, ROWS, frame_of, known_table

FALSE_ALARMS = 1e-4


@pytest.fixture(scope="module")
def calibrated(known: Known) -> Known:
    """Knows what 2,000 rows of the law are like that were not learned from."""
    given = given_rows(known, frame_of(rows_of(LAW, 2_000, seed=5)))
    facts = calibrate(known, countable(known, given.cells, 0)[0], seed=0)
    found = replace(known, facts=facts)
    found.__dict__["laws"] = known.laws
    return found


def test_the_log_likelihood_is_the_laws_own(calibrated: Known) -> None:
    tokens = rows_of(LAW, 300, seed=6)
    scores = score(given_rows(calibrated, frame_of(tokens)), critic=False)
    np.testing.assert_allclose(scores.log_likelihood, np.log(LAW[tuple(tokens.T)]), atol=1e-3)


def test_a_cell_that_never_lacked_a_value_is_left_out_of_the_row(calibrated: Known) -> None:
    tokens = rows_of(LAW, 100, seed=7)
    scores = score(given_rows(calibrated, frame_of(tokens).assign(b=None)), critic=False)
    law = LAW.sum(1)
    np.testing.assert_allclose(scores.log_likelihood, np.log(law[tuple(tokens[:, [0, 2, 3]].T)]), atol=1e-3)


@pytest.mark.parametrize("figure", ["percentile", "atypical"])
def test_percentiles_of_fresh_rows_are_even(calibrated: Known, figure: str) -> None:
    """Held-out rows of the calibration and fresh ones, both of the law: a two-sample test, ties alike."""
    scores = [score(given_rows(calibrated, frame_of(rows_of(LAW, 2_000, seed=s))), critic=False) for s in (8, 5)]
    fresh_N, held_N = (getattr(one, figure) for one in scores)
    assert ks_2samp(fresh_N, held_N).pvalue > FALSE_ALARMS
    assert 0 <= fresh_N.min() <= fresh_N.max() <= 100
    assert fresh_N.mean() == pytest.approx(50, abs=5)


def test_what_rows_cost_and_what_was_expected_is_the_laws_entropy(calibrated: Known) -> None:
    """Exact: every row of the law once, weighed by its probability, in each order."""
    tokens = np.stack(np.unravel_index(np.arange(LAW.size), LAW.shape), 1)
    given = given_rows(calibrated, frame_of(tokens))
    assert calibrated.laws is not None
    seen = calibrated.laws.surprises(*countable(calibrated, given.cells, 0), 3, seed=1)
    entropy = -(LAW * np.log(LAW)).sum()
    np.testing.assert_allclose(seen.whole_NK.T @ LAW.ravel(), entropy, rtol=1e-4)
    np.testing.assert_allclose(seen.expected_N @ LAW.ravel(), entropy, rtol=1e-4)
    np.testing.assert_allclose(seen.slots_NS.sum(1), seen.whole_NK.mean(1), rtol=1e-4)
    assert seen.expected_N.std() > 0.05


def test_an_odd_cell_is_named(calibrated: Known) -> None:
    tokens = rows_of(LAW, 400, seed=9)
    plain = score(given_rows(calibrated, frame_of(tokens)), critic=False)
    law = LAW.transpose(0, 1, 3, 2)[tokens[:, 0], tokens[:, 1], tokens[:, 3]]
    odd = tokens.copy()
    odd[:, 2] = law.argmin(1)
    least = np.flatnonzero(law.min(1) / law.sum(1) < 0.02)
    planted = score(given_rows(calibrated, frame_of(odd)), critic=False)
    assert len(least) > 100
    assert all("c" in json.loads(planted.unusual[i]) for i in least)
    assert np.mean(["c" in json.loads(one) for one in plain.unusual]) < 0.05
    assert planted.log_likelihood[least].mean() < plain.log_likelihood[least].mean() - 3


def test_a_value_that_no_row_had_is_rarer_than_one_row(calibrated: Known) -> None:
    frame = frame_of(rows_of(LAW, 50, seed=10)).assign(a="a9")
    found = score(given_rows(calibrated, frame), critic=False)
    for one in found.unusual:
        assert json.loads(one)["a"] <= -np.log(ROWS + 1) - calibrated.facts["usual"]["a"] + 0.01


def test_rows_of_a_fitted_table_are_scored(fitted: Synthesizer) -> None:
    rows = accounts(80, seed=20)
    rows.loc[0, "followers"] = 10**12
    rows.loc[1, "plan_code"] = 10 if rows.loc[1, "plan"] != "free" else 30
    rows.loc[2, "posts_per_day"] += 1
    rows.loc[3, "source"] = "import"
    scores = fitted.score(rows.set_index(rows.index + 100))
    assert list(scores) == ["log_likelihood", "critic", "percentile", "atypical", "unusual"]
    assert scores.index[0] == 100
    for at, name in enumerate(["followers", "plan_code", "posts_per_day", "source"]):
        assert name in json.loads(scores["unusual"].iloc[at])
        assert scores["percentile"].iloc[at] < 5
    assert scores["percentile"].between(0, 100).all()
    pd.testing.assert_frame_equal(scores, fitted.score(rows.set_index(rows.index + 100)))
    np.testing.assert_allclose(scores["critic"], fitted.critic_scores(rows), atol=1.0)


def test_a_saved_model_scores_alike_and_keeps_no_row(fitted: Synthesizer, tmp_path: object) -> None:
    fitted.save(f"{tmp_path}/run")
    again = load(f"{tmp_path}/run")
    pd.testing.assert_frame_equal(again.score(accounts(20)), fitted.score(accounts(20)))
    facts = again.facts_["training"]["held_out_rows"]
    assert len(facts["log_likelihood"]) <= 1_001
    assert facts["log_likelihood"] == sorted(facts["log_likelihood"])


def test_what_a_run_does_not_know_is_said(fitted: Synthesizer) -> None:
    known = fitted.known("score")
    rows = accounts(20)
    with pytest.raises(ConfigError, match=r"fitted by an older synthgen\. Fit again"):
        score(given_rows(replace(known, facts={}), rows))
    older = {name: one for name, one in known.facts.items() if name != "typical"}
    with pytest.raises(
        ConfigError, match=r"what rows usually look like: it was fitted by an older synthgen\. Fit again"
    ):
        score(given_rows(replace(known, facts=older), rows))
    with pytest.raises(ConfigError, match=r"only 12 rows were held out .* at least 20"):
        Calibration.of(replace(known, facts={**known.facts, "rows": 12}), "score")
    critic, known.model.critic = known.model.critic, None  # type: ignore[misc]
    try:
        with pytest.raises(ConfigError, match=r"no critic; fit again, or ask without it: --no-critic"):
            fitted.score(rows)
        assert "critic" not in fitted.score(rows, critic=False)
    finally:
        known.model.critic = critic  # type: ignore[misc]


def test_percentiles_are_shares_of_the_rows_below() -> None:
    assert known_table().rows == ROWS
    calibration = Calibration(1, 0, 3, np.array([-3.0, -2.0, -1.0]), {}, {})
    assert calibration.percentile(np.array([-9.0, -2.0, -1.5, 0.0])).tolist() == [0.0, 50.0, 75.0, 100.0]
