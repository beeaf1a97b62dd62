"""The critic of a fitted model: stored, callable on any rows, guiding what is drawn."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import synthgen
from synthgen.errors import ConfigError
from synthgen.storage import WEIGHTS
from tests.made import accounts

QUICK = {"max_steps": 60, "evaluate_every": 20, "width": 32, "blocks": 1}


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return accounts(800)


@pytest.fixture(scope="module")
def model(frame: pd.DataFrame) -> synthgen.Synthesizer:
    return synthgen.Synthesizer(random_state=0, target="is_bot", training=QUICK).fit(frame)


def test_rows_drawn_in_few_passes_and_with_the_guide_come_back_after_a_save(
    model: synthgen.Synthesizer, tmp_path: Path
) -> None:
    model.save(tmp_path / "run")
    again = synthgen.load(tmp_path / "run")
    plain = model.sample(600, random_state=2)
    for way in ({"steps": 2}, {"guide": 2.0}, {"steps": 3, "guide": 1.5}):
        drawn = model.sample(600, random_state=2, **way)
        assert len(drawn) == 600
        assert not drawn.equals(plain)
        pd.testing.assert_frame_equal(again.sample(600, random_state=2, **way), drawn)


def test_the_guide_raises_the_critics_scores(model: synthgen.Synthesizer) -> None:
    plain, guided = model.sample(4000, random_state=3), model.sample(4000, random_state=3, guide=4)
    assert model.critic_scores(guided).mean() > model.critic_scores(plain).mean()


def test_any_rows_are_scored_and_broken_ones_score_lower(model: synthgen.Synthesizer, frame: pd.DataFrame) -> None:
    fresh = accounts(800, seed=5)
    broken = fresh.assign(posts=fresh["posts"].to_numpy()[::-1], followers=fresh["followers"].to_numpy()[::-1])
    scores = model.critic_scores(fresh)
    assert scores.shape == (800,)
    assert np.isfinite(scores).all()
    assert scores.mean() > model.critic_scores(broken).mean() - 0.05
    with pytest.raises(synthgen.SchemaError):
        model.critic_scores(fresh[["posts"]])


def test_settings_of_the_sampling_are_kept_with_the_run(frame: pd.DataFrame, tmp_path: Path) -> None:
    small = frame[["plan", "followers", "is_bot"]]
    model = synthgen.Synthesizer(training=QUICK, sampling={"guide": 2.0}).fit(small)
    model.save(tmp_path / "run")
    again = synthgen.load(tmp_path / "run")
    assert again.sample(300).equals(model.sample(300, guide=2.0))
    assert not again.sample(300).equals(model.sample(300, guide=1.0))


def test_what_a_model_cannot_do_is_refused(frame: pd.DataFrame, model: synthgen.Synthesizer) -> None:
    with pytest.raises(ConfigError, match="guide must be at least 1"):
        model.sample(5, guide=0.5)
    with pytest.raises(ConfigError, match="steps must be at least 1"):
        model.sample(5, steps=0)
    floor = synthgen.Synthesizer(model="independent").fit(frame)
    with pytest.raises(ConfigError, match="'independent' draws rows in one way"):
        floor.sample(5, guide=2)
    with pytest.raises(ConfigError, match="'independent' has no critic"):
        floor.critic_scores(frame)
    vae = synthgen.Synthesizer(model="vae", training=QUICK).fit(frame[["plan", "followers", "is_bot"]])
    assert len(vae.sample(5, guide=2)) == 5
    with pytest.raises(ConfigError, match="all columns at once already"):
        vae.sample(5, steps=2)


def test_a_run_of_an_older_version_has_no_critic_and_still_draws(model: synthgen.Synthesizer) -> None:
    network = model.model_
    weights = {k: v for k, v in network.weights().items() if not k.startswith(("critic.", "guide."))}
    older = type(network)()
    older.codec = network.codec
    older.read_weights(weights, model.facts_["training"], "cpu")
    assert np.array_equal(older.draw(0, 100, 1), network.draw(0, 100, 1))
    with pytest.raises(ConfigError, match="fit it again"):
        older.drawing(synthgen.config.SamplingSettings(guide=2))


def test_no_row_is_among_the_weights(model: synthgen.Synthesizer, tmp_path: Path, frame: pd.DataFrame) -> None:
    model.save(tmp_path / "run")
    arrays = model.model_.weights()
    assert (tmp_path / "run" / WEIGHTS).stat().st_size < 4_000_000
    assert all(len(frame) not in array.shape for array in arrays.values())
