from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from synthgen import pipeline
from synthgen.config import RunConfig
from synthgen.errors import RunError
from synthgen.storage import CHECKPOINT, read_run
from synthgen.synthesizers import base, keeping, synthesizer
from synthgen.training.progress import Silent
from synthgen.training.settings import TrainingSettings
from tests.made import accounts

QUICK = TrainingSettings(max_steps=80, evaluate_every=20, width=32, blocks=1, patience=50)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    file = tmp_path / "users.csv"
    accounts(400).drop(columns="created_at").to_csv(file, index=False)
    return file


class Killed(Exception):
    """Stands for a process that dies."""


class Watch(Silent):
    """Does something at a step."""

    def __init__(self, step: int, action: object) -> None:
        self.at, self.action = step, action

    def step(self, done: int, *_: object, **__: object) -> None:
        if done == self.at:
            self.action()  # type: ignore[operator]


def die() -> None:
    raise Killed


def test_a_killed_fit_resumes_and_ends_with_the_same_bytes(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "SECONDS_BETWEEN_CHECKPOINTS", 0.0)
    config = RunConfig(training=QUICK)
    pipeline.fit(data, tmp_path / "whole", config)
    with pytest.raises(Killed):
        pipeline.fit(data, tmp_path / "killed", config, progress=Watch(60, die))
    assert (tmp_path / "killed" / CHECKPOINT).exists()
    pipeline.fit(data, tmp_path / "killed", config, resume=True)
    for file in sorted((tmp_path / "whole").iterdir()):
        assert file.read_bytes() == (tmp_path / "killed" / file.name).read_bytes(), file.name
    assert not (tmp_path / "killed" / CHECKPOINT).exists()


def test_a_checkpoint_of_other_settings_is_refused(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "SECONDS_BETWEEN_CHECKPOINTS", 0.0)
    with pytest.raises(Killed):
        pipeline.fit(data, tmp_path / "run", RunConfig(training=QUICK), progress=Watch(60, die))
    with pytest.raises(RunError, match="other settings"):
        pipeline.fit(data, tmp_path / "run", RunConfig(training=QUICK, seed=1), resume=True)


def test_ctrl_c_keeps_the_best_model_so_far_and_what_is_needed_to_go_on(data: Path, tmp_path: Path) -> None:
    interrupt = Watch(40, lambda: os.kill(os.getpid(), signal.SIGINT))
    outcome = pipeline.fit(data, tmp_path / "run", RunConfig(training=QUICK), progress=interrupt)
    assert outcome.interrupted
    run = read_run(tmp_path / "run")
    assert run.manifest["training"]["steps"] in (40, 41)
    assert run.manifest["training"]["cut"]
    assert (tmp_path / "run" / CHECKPOINT).exists()
    assert any("stopped by hand" in note for note in outcome.summary["notes"])
    pipeline.sample(tmp_path / "run", 30, tmp_path / "rows.csv")
    assert len((tmp_path / "rows.csv").read_text().splitlines()) == 31
    whole = pipeline.fit(data, tmp_path / "whole", RunConfig(training=QUICK))
    resumed = pipeline.fit(data, tmp_path / "run", RunConfig(training=QUICK), resume=True)
    assert not resumed.interrupted
    assert whole.summary["figures"] == resumed.summary["figures"]
    weights = [(tmp_path / name / "weights.safetensors").read_bytes() for name in ("whole", "run")]
    assert weights[0] == weights[1]


def test_two_runs_leave_the_same_bytes(data: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        pipeline.run(data, tmp_path / name, RunConfig(training=QUICK, target="is_bot", seed=5))
    for file in sorted(p.relative_to(tmp_path / "a") for p in (tmp_path / "a").rglob("*") if p.is_file()):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes(), file


def test_memory_of_sampling_is_bounded_by_chunks(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pipeline.fit(data, tmp_path / "run", RunConfig(training=QUICK))
    monkeypatch.setattr(base, "DECODE_ROWS", 2048)
    sizes = [len(chunk) for chunk in synthesizer.load(tmp_path / "run").sample_chunks(5000)]
    assert sizes == [2048, 2048, 904]
