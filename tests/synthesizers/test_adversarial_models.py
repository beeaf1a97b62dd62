"""What models that learn from a critic alone promise."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

import synthgen
from synthgen import pipeline
from synthgen.config import RunConfig, load_config
from synthgen.errors import ConfigError, DivergedError, RunError
from synthgen.losses.adversarial import LOSSES
from synthgen.nets.one_shot import NOT_GIVEN, OneShotRollOut
from synthgen.storage import CHECKPOINT
from synthgen.synthesizers import MODELS, keeping
from synthgen.synthesizers.ctgan import Ctgan
from synthgen.synthesizers.one_shot import OneShot
from synthgen.training.progress import Silent

NAMES = ("one-shot", "ctgan")
FEW = {"max_steps": 12, "evaluate_every": 4, "batch_rows": 40}
SMALL = {"one-shot": {"training": {"width": 16, "blocks": 1}}, "ctgan": {}}
BOT_SHARE = 0.15
each = pytest.mark.parametrize("name", NAMES)


def table(rows: int = 400) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    bot = np.arange(rows) < BOT_SHARE * rows
    posts = np.where(bot, rng.normal(90, 5, rows), rng.normal(20, 8, rows))
    posts[rng.random(rows) < 0.1] = np.nan
    return pd.DataFrame(
        {"posts": posts, "plan": rng.choice(["free", "pro", "team"], rows, p=[0.7, 0.2, 0.1]), "bot": bot}
    )


def fitted(name: str, target: str | None = "bot", frame: pd.DataFrame | None = None, **chosen: Any) -> Any:
    model = synthgen.Synthesizer(model=name, target=target, adversarial={**FEW, **chosen}, **SMALL[name])
    return model.fit(table() if frame is None else frame)


@pytest.mark.parametrize("loss", LOSSES)
@each
def test_every_loss_trains_them(name: str, loss: str) -> None:
    model = fitted(name, loss=loss)
    assert len(model.sample(20)) == 20
    assert model.facts_["training"]["adversarial"]["loss"] == loss
    assert all(np.isfinite(list(entry.values())).all() for entry in model.history_)


@each
def test_the_history_tells_losses_gradients_the_critic_and_the_quality(name: str) -> None:
    entry = fitted(name).history_[-1]
    names = {"generator_loss", "critic_loss", "generator_grad_norm", "critic_grad_norm", "quality"}
    assert names | {"critic_auc", "critic_auc_low", "critic_auc_high"} <= set(entry)
    assert entry["step"] == 12


def test_a_one_shot_row_holds_what_was_asked_for() -> None:
    model = fitted("one-shot").model_
    assert isinstance(model, OneShot)
    assert model.network is not None
    layout = model.network.layout
    for slot, kind in enumerate(layout.slots):
        for token in range(kind.size) if kind.level == 0 else ():
            given = torch.full((50, len(layout.slots)), NOT_GIVEN)
            given[:, slot] = token
            made = OneShotRollOut(model.network).given(given, torch.Generator().manual_seed(0))
            assert bool((made[:, slot] == token).all())


def test_a_ctgan_row_holds_what_was_asked_for_in_the_column_asked_for() -> None:
    model = fitted("ctgan").model_
    assert isinstance(model, Ctgan)
    maker = model.maker
    assert maker is not None
    for i, (first, size) in enumerate(zip(maker.spans.first_N.tolist(), maker.spans.sizes, strict=True)):
        slot = maker.fields.discrete[maker.fields.asked[i]]
        for token in range(size):
            made = maker.given(torch.full((50,), first + token), torch.Generator().manual_seed(0))
            assert bool((made[:, slot] == token).all())


def test_whole_numbers_of_many_values_have_modes_in_a_ctgan_and_come_back_whole() -> None:
    frame = table(2_000)
    rng = np.random.default_rng(1)
    frame["age"] = np.where(rng.random(2_000) < 0.5, 20, 40) + rng.integers(0, 20, 2_000)
    frame["children"] = rng.integers(0, 4, 2_000)
    frame.loc[:200, "age"] = np.nan
    model = fitted("ctgan", frame=frame)
    assert isinstance(model.model_, Ctgan)
    assert model.model_.maker is not None
    assert set(model.model_.maker.fields.numbers) == {"posts", "age"}
    assert len(model.model_.maker.fields.numbers["age"]) == 1
    rows = model.sample(500)
    ages = rows.age.dropna()
    assert set(ages) <= set(range(20, 60))
    assert ages.nunique() > 10
    assert rows.age.isna().any()


@pytest.mark.parametrize(("name", "left"), [("one-shot", 0.02), ("ctgan", 0.0)])
def test_classes_come_out_at_their_true_share(name: str, left: float) -> None:
    """False-alarm rate: 4 standard errors, 1 in 16,000; what a correction of so short a run may leave comes on top."""
    rows = fitted(name).sample(4_000, random_state=1)
    error = 4 * (BOT_SHARE * (1 - BOT_SHARE) / 4_000) ** 0.5
    assert abs(rows.bot.astype(float).mean() - BOT_SHARE) < error + left


@pytest.mark.slow
def test_conditions_bring_what_goes_with_them() -> None:
    quick = {"packing": 1, "batch_rows": 100, "generator_rate": 1e-3, "critic_rate": 1e-3, "evaluate_every": 100}
    rows = fitted("ctgan", **{**quick, "max_steps": 400}).sample(1_000)
    posts = rows.posts.groupby(rows.bot.astype(bool)).median()
    assert posts[True] > posts[False] + 40  # 90 and 20 in the table


@each
def test_no_number_of_the_table_comes_back(name: str) -> None:
    frame = table()
    rows = fitted(name, frame=frame).sample(1_000)
    assert not set(rows.posts.dropna()) & set(frame.posts.dropna())
    assert rows.posts.dropna().between(frame.posts.min() - 50, frame.posts.max() + 50).all()
    assert rows.posts.isna().any()


@each
def test_no_training_row_is_in_the_folder(name: str, tmp_path: Path) -> None:
    frame = table()
    fitted(name, frame=frame).save(tmp_path / "run")
    content = b"".join(file.read_bytes() for file in (tmp_path / "run").iterdir())
    for value in frame.posts.dropna():
        assert repr(float(value)).encode() not in content
        assert np.float64(value).tobytes() not in content


class Watch(Silent):
    """Dies at a step."""

    def __init__(self, step: int) -> None:
        self.at = step

    def step(self, done: int, *_: object, **__: object) -> None:
        if done == self.at:
            raise KilledError


class KilledError(Exception):
    """Stands for a process that dies."""


@each
def test_a_killed_fit_resumes_and_ends_with_the_same_bytes(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "SECONDS_BETWEEN_CHECKPOINTS", 0.0)
    data = tmp_path / "users.csv"
    table().to_csv(data, index=False)
    settings = {"model": {"name": name}, "target": "bot", "adversarial": FEW | {"spectral_norm": True}, **SMALL[name]}
    config = RunConfig.model_validate(settings)
    pipeline.fit(data, tmp_path / "whole", config)
    with pytest.raises(KilledError):
        pipeline.fit(data, tmp_path / "killed", config, progress=Watch(8))
    assert (tmp_path / "killed" / CHECKPOINT).exists()
    with pytest.raises(RunError, match="other settings"):
        pipeline.fit(data, tmp_path / "killed", config.model_copy(update={"seed": 1}), resume=True)
    pipeline.fit(data, tmp_path / "killed", config, resume=True)
    for file in sorted((tmp_path / "whole").iterdir()):
        assert file.read_bytes() == (tmp_path / "killed" / file.name).read_bytes(), file.name
    assert not (tmp_path / "killed" / CHECKPOINT).exists()


@each
def test_a_stopped_fit_keeps_the_best_so_far(name: str) -> None:
    model = synthgen.Synthesizer(model=name, adversarial=FEW, **SMALL[name])
    calls = iter(range(100))
    model.fit(table(), stop=lambda: next(calls) >= 6)
    training = model.facts_["training"]
    assert model.interrupted_
    assert training["cut"]
    assert (training["steps"], training["best_step"]) == (7, 4)
    assert len(model.sample(10)) == 10


def test_minutes_end_a_run() -> None:
    model = synthgen.Synthesizer(
        model="one-shot", minutes=0.03, adversarial=FEW | {"max_steps": 10_000_000}, **SMALL["one-shot"]
    ).fit(table())
    training = model.facts_["training"]
    assert training["cut"]
    assert 60 < training["steps"] == training["step_cap"] < 10_000_000


def test_settings_come_from_a_file_and_from_python(tmp_path: Path) -> None:
    file = tmp_path / "gan.toml"
    file.write_text('model.name = "one-shot"\n[training]\nwidth = 16\n[adversarial]\nloss = "hinge"\nmax_steps = 3\n')
    config = load_config(file)
    model = synthgen.Synthesizer.from_config(config).fit(table())
    assert model.get_params()["adversarial"] == {"loss": "hinge", "max_steps": 3}
    resolved = model.facts_["training"]["adversarial"]
    assert (resolved["loss"], resolved["max_steps"]) == ("hinge", 3)
    model.save(tmp_path / "run")
    again = synthgen.load(tmp_path / "run")
    again.fit(table())  # what was the model's own choice is not a setting now
    assert again.facts_["training"] == model.facts_["training"]
    kept = json.loads((tmp_path / "run" / "manifest.json").read_text())["training"]["adversarial"]
    assert kept["noise_width"] == resolved["noise_width"]


@pytest.mark.parametrize(
    ("model", "settings", "message"),
    [
        ("gan", {"adversarial": {"loss": "hinge"}}, "adversarial.loss: model 'gan' does not use it; leave it out"),
        ("vae", {"adversarial": {"packing": 2}}, "adversarial.packing: model 'vae' does not use it"),
        ("one-shot", {"training": {"learning_rate": 0.1}}, "training.learning_rate: model 'one-shot' does not use it"),
        ("ctgan", {"training": {"width": 64}}, "training.width: model 'ctgan' does not use it"),
        ("one-shot", {"adversarial": {"loss": "hinj"}}, "no 'hinj'; did you mean 'hinge'"),
        ("one-shot", {"adversarial": {"lost": "hinge"}}, "no setting 'adversarial.lost'; did you mean"),
        ("ctgan", {"adversarial": {"batch_rows": 64}}, "64 rows do not split into packs of 10; use 60 or 70"),
    ],
)
def test_a_setting_that_is_not_used_or_not_there_is_refused(model: str, settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        synthgen.Synthesizer(model=model, **settings).fit(table())


def test_settings_that_only_one_model_uses_do_not_stop_a_comparison(tmp_path: Path) -> None:
    from synthgen.comparing import compare

    data = tmp_path / "users.csv"
    table().to_csv(data, index=False)
    config = RunConfig.model_validate({"adversarial": FEW, "training": {"max_steps": 20, "width": 16}})
    found = compare(data, ["independent", "one-shot"], config, tmp_path / "out")
    assert [entry.error for entry in found.entries] == ["", ""]


@each
def test_a_table_without_labels_or_with_long_lists_of_them_works(name: str) -> None:
    rng = np.random.default_rng(0)
    numbers = pd.DataFrame({"a": rng.normal(size=300), "b": rng.normal(size=300)})
    assert len(fitted(name, target=None, frame=numbers).sample(30)) == 30
    labels = pd.DataFrame({"city": rng.integers(0, 400, 4_000).astype(str), "n": rng.integers(0, 3, 4_000)})
    labels["city"] = "c" + labels.city
    rows = fitted(name, target=None, frame=labels).sample(200)
    assert set(rows.city) <= set(labels.city)


def test_a_number_that_is_not_finite_names_the_setting_to_change() -> None:
    with pytest.raises(DivergedError, match=r"step \d+: the (critic|generator)'s loss is not finite.*adversarial\."):
        fitted("one-shot", loss="wasserstein-gp", critic_rate=1e30, generator_rate=1e30, max_steps=50)


def test_models_say_which_settings_they_use() -> None:
    for model in MODELS.values():
        for key in model.unused:
            section, _, field = key.partition(".")
            settings = type(getattr(RunConfig(), section))
            assert not field or field in settings.model_fields
