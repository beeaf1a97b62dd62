"""The contract of every model; a new one is tested by being listed."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import numpy as np
import pandas as pd
import pytest

import synthgen
from synthgen.cli.options import MODEL_NAMES
from synthgen.config import ModelName
from synthgen.errors import ConfigError, MissingExtraError
from synthgen.synthesizers import MODELS
from synthgen.synthesizers.base import DECODE_ROWS
from synthgen.synthesizers.sdv import SdvModel
from tests.made import accounts, quick_settings


def available(name: str) -> bool:
    try:
        MODELS[name].check_available()
    except MissingExtraError:
        return False
    return True


NOT_THERE = pytest.mark.skip(reason="the extra sdv is not installed")
each_model = pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if available(name) else NOT_THERE) for name in MODELS]
)


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return accounts(400)


@pytest.fixture(scope="module")
def few_epochs() -> Iterator[None]:
    """SDV's networks, where they are installed, train 3 epochs in place of 300."""
    with pytest.MonkeyPatch.context() as patch:
        for kind in (kind for name, kind in MODELS.items() if available(name) and issubclass(kind, SdvModel)):
            sdv = importlib.import_module("sdv.single_table")
            if kind.has_network:
                quick = functools.partial(getattr(sdv, kind.synthesizer), epochs=3)
                patch.setattr(sdv, kind.synthesizer, quick)
        yield


@pytest.fixture(scope="module")
def fitted(frame: pd.DataFrame, few_epochs: None) -> dict[str, synthgen.Synthesizer]:
    return {
        name: synthgen.Synthesizer(model=name, random_state=0, target="is_bot", **quick_settings(name)).fit(frame)
        for name in filter(available, MODELS)
    }


def test_models_have_the_same_names_everywhere() -> None:
    assert tuple(MODELS) == get_args(ModelName) == MODEL_NAMES
    assert all(name == model.name and model.title for name, model in MODELS.items())


@each_model
def test_rows_come_back_in_the_kind_of_the_input(
    name: str, frame: pd.DataFrame, fitted: dict[str, synthgen.Synthesizer]
) -> None:
    rows = fitted[name].sample(70, random_state=1)
    pd.testing.assert_series_equal(rows.dtypes, frame.dtypes)
    assert len(rows) == 70
    assert len(fitted[name].sample(0)) == 0


@each_model
def test_a_seed_decides_the_rows_and_more_rows_begin_with_them(
    name: str, fitted: dict[str, synthgen.Synthesizer]
) -> None:
    model = fitted[name]
    few, many, other = model.sample(60, random_state=1), model.sample(700, random_state=1), model.sample(60)
    same = ["plan", "source", "is_bot"]  # places inside cells are drawn for a whole chunk
    pd.testing.assert_frame_equal(few[same], many[same].head(60))
    assert not few.equals(other)


@each_model
def test_a_model_is_saved_whole_or_says_why_not(
    name: str, fitted: dict[str, synthgen.Synthesizer], tmp_path: Path
) -> None:
    model = fitted[name]
    if MODELS[name].unsaved:
        with pytest.raises(ConfigError, match=f"'{name}' {MODELS[name].unsaved}"):
            model.save(tmp_path / "run")
        assert not (tmp_path / "run").exists()
        return
    model.save(tmp_path / "run")
    again = synthgen.load(tmp_path / "run")
    assert again.model == name
    pd.testing.assert_frame_equal(again.sample(90, random_state=3), model.sample(90, random_state=3))


@each_model
def test_a_model_that_is_not_private_says_so(name: str, fitted: dict[str, synthgen.Synthesizer]) -> None:
    assert any("not private" in note for note in fitted[name].notes_) == bool(MODELS[name].exposes)


@each_model
def test_a_table_without_anything_to_learn_works(name: str) -> None:
    frame = pd.DataFrame({"id": np.arange(40), "site": ["a.org"] * 40})
    rows = synthgen.Synthesizer(model=name).fit(frame).sample(10)
    assert rows.site.tolist() == ["a.org"] * 10


def test_columns_on_their_own_have_the_tables_shares_and_nothing_in_common() -> None:
    rng = np.random.default_rng(0)
    one = rng.integers(0, 4, 4_000)
    frame = pd.DataFrame({"a": np.array(list("wxyz"))[one], "b": np.array(list("wxyz"))[one].copy()[::1], "n": one})
    frame.loc[rng.random(4_000) < 0.1, "b"] = "w"
    rows = synthgen.Synthesizer(model="independent").fit(frame[["a", "b"]]).sample(DECODE_ROWS + 4_000)
    wanted, found = (table.b.value_counts(normalize=True) for table in (frame, rows))
    assert (wanted - found).abs().max() < 0.012  # five standard errors
    joint = pd.crosstab(rows.a, rows.b, normalize=True)
    assert (joint - np.outer(joint.sum(axis=1), joint.sum(axis=0))).abs().to_numpy().max() < 0.01


def test_resampled_rows_are_training_rows(frame: pd.DataFrame, fitted: dict[str, synthgen.Synthesizer]) -> None:
    rows = fitted["resample"].sample(500)
    assert set(rows.email) <= set(frame.email)


def test_a_run_folder_is_refused_before_training(frame: pd.DataFrame, tmp_path: Path) -> None:
    from synthgen.storage import writing

    with pytest.raises(ConfigError, match="holds the training rows"), writing(tmp_path / "run") as writer:
        synthgen.Synthesizer(model="resample").fit(frame, writer=writer)
