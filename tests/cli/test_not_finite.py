"""Training that meets a number that is not finite: one sentence, exit code 2, nothing lost."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result

from synthgen.storage import CHECKPOINT, writing
from tests.made import accounts
from tests.training.test_not_finite import QUICK, Spoil, bad_gradient, bad_loss, plant


@pytest.mark.parametrize(("spoil", "what"), [(bad_loss, "loss"), (bad_gradient, "gradient")])
def test_the_command_line_says_it_in_one_sentence_and_the_folder_keeps_the_last_checkpoint(
    invoke: Callable[..., Result], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spoil: Spoil, what: str
) -> None:
    accounts(300)[["plan", "posts", "is_bot"]].to_csv(tmp_path / "users.csv", index=False)
    (tmp_path / "quick.toml").write_text(
        "[training]\n" + "".join(f"{k} = {v}\n" for k, v in QUICK.items()) + "[critic]\nweight = 0.0\n"
    )
    fit = ("fit", "users.csv", "--out", "model", "--config", "quick.toml", "-q")
    assert invoke(*fit).exit_code == 0
    whole = {file.name: file.read_bytes() for file in (tmp_path / "model").iterdir()}
    plant(monkeypatch, 37, spoil)
    result = invoke(*fit)
    assert result.exit_code == 2
    said = [line for line in result.stderr.splitlines() if not line.startswith("Warning")]
    assert said == [
        f"Error: step 37: the {what} is not finite; the weights were not updated. Lower training.learning_rate"
    ]
    assert result.stdout == ""
    now = {file.name: file.read_bytes() for file in (tmp_path / "model").iterdir()}
    assert whole.items() <= now.items()  # the run of before is as it was
    with writing(tmp_path / "model") as writer:
        checkpoint = writer.read_checkpoint()
    assert checkpoint is not None
    assert checkpoint.facts["clock"]["step"] == 30
    assert all(np.isfinite(array).all() for name, array in checkpoint.arrays.items() if name != "rng")
    monkeypatch.undo()
    monkeypatch.chdir(tmp_path)
    again = invoke(*fit[:-1], "--resume", "--log-format", "json")
    assert again.exit_code == 0
    assert any(json.loads(line).get("step") == 30 for line in again.stderr.splitlines())
    assert (tmp_path / "model" / "weights.safetensors").read_bytes() == whole["weights.safetensors"]
    assert not (tmp_path / "model" / CHECKPOINT).exists()
