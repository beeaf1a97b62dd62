"""The main job from end to end, on few rows and for seconds."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from synthgen.cli.main import main

Invoke = Callable[..., Result]

SHOPPERS = Path(__file__).parents[2] / "examples" / "data" / "shoppers.csv"
QUICK = ["--minutes", "0.03", "-q"]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("data") / "shop.csv"
    file.write_text("\n".join(SHOPPERS.read_text().splitlines()[:501]) + "\n")
    return file


@pytest.fixture(scope="module")
def model(data: Path) -> Path:
    folder = data.parent / "model"
    result = CliRunner().invoke(main, ["fit", str(data), "--out", str(folder), "--seed", "11", *QUICK])
    assert result.exit_code == 0, result.output
    return folder


def test_run_leaves_a_model_and_a_table_and_says_what_comes_next(invoke: Invoke, data: Path) -> None:
    result = invoke("run", data, "--target", "Revenue", "--minutes", "0.03")
    assert result.exit_code == 0, result.output
    assert Path("shop.synthgen/run/manifest.json").is_file()
    lines = Path("shop.synthgen/synthetic.csv").read_text().splitlines()
    assert lines[0] == data.read_text().splitlines()[0]
    assert len(lines) == 501
    assert "shop.synthgen/synthetic.csv" in result.stdout
    assert "synthgen sample" in result.stdout


def test_fit_then_sample_in_every_form_and_the_same_seed_is_the_same_bytes(invoke: Invoke, model: Path) -> None:
    for name in ("a.csv", "b.csv", "a.csv.gz", "a.parquet"):
        result = invoke("sample", model, "--rows", 700, "--output", name, "--seed", 3, "-q")
        assert result.exit_code == 0, result.output
    assert Path("a.csv").read_bytes() == Path("b.csv").read_bytes()
    assert len(Path("a.csv").read_text().splitlines()) == 701
    assert pq.read_metadata("a.parquet").num_rows == 700
    invoke("sample", model, "--rows", 700, "--output", "c.csv", "--seed", 4, "-q")
    assert Path("a.csv").read_bytes() != Path("c.csv").read_bytes()


def test_few_passes_and_a_guide_are_asked_for_by_name(invoke: Invoke, model: Path) -> None:
    for name, flags in (("plain", []), ("few", ["--steps", 2]), ("guided", ["--guide", 2])):
        result = invoke("sample", model, "--rows", 600, "--output", f"{name}.csv", *flags, "-q")
        assert result.exit_code == 0, result.output
    assert len({Path(f"{name}.csv").read_bytes() for name in ("plain", "few", "guided")}) == 3
    refused = invoke("sample", model, "--rows", 10, "--output", "x.csv", "--guide", "0.5", "-q")
    assert refused.exit_code == 2
    assert "0.5 is not in the range 1<=x<=32" in refused.stderr


def test_the_summary_says_what_ended_the_training_and_what_the_critic_says(invoke: Invoke, data: Path) -> None:
    result = invoke("fit", data, "--minutes", "0.03", "--out", "here.run")
    assert result.exit_code == 0, result.output
    assert "ended by the number of steps" in result.stdout
    assert "critic (AUC)" in result.stdout
    assert "held-out rows from drawn ones" in result.stdout


def test_a_run_folder_names_its_seed_and_no_folder_of_the_data(model: Path) -> None:
    manifest = json.loads((model / "manifest.json").read_text())
    assert manifest["seed"] == 11
    assert manifest["data"]["rows"] == 500
    for file in model.iterdir():
        assert str(model.parent).encode() not in file.read_bytes()


def test_a_model_without_a_held_out_loss_is_fitted_too(invoke: Invoke, data: Path) -> None:
    result = invoke("fit", data, "--model", "independent", "--out", "alone")
    assert result.exit_code == 0, result.output
    assert "held-out loss" not in result.stdout


def test_a_run_that_was_damaged_is_refused(invoke: Invoke, model: Path) -> None:
    copy = Path(shutil.copytree(model, "copy"))
    (copy / "weights.safetensors").write_bytes((model / "weights.safetensors").read_bytes()[:-100])
    result = invoke("sample", copy, "--rows", 10, "--output", "a.csv", "-q")
    assert result.exit_code == 2
    assert result.stderr.startswith("Error: copy: weights.safetensors is damaged")
    assert not Path("a.csv").exists()


def test_sampling_into_what_cannot_be_written_keeps_what_was_there(invoke: Invoke, model: Path) -> None:
    Path("old.xlsx").write_text("mine")
    for output in ("old.xlsx", "nowhere/a.csv", model):
        result = invoke("sample", model, "--rows", 10, "--output", output, "-q")
        assert result.exit_code == 2, output
        assert len(result.stderr.splitlines()) == 1
    assert Path("old.xlsx").read_text() == "mine"


def test_machines_get_the_outcome_as_json(invoke: Invoke, data: Path) -> None:
    Path("here/run").mkdir(parents=True)  # as a second time finds it
    result = invoke("run", data, "--minutes", "0.03", "--log-format", "json", "--out", "here")
    assert result.exit_code == 0, result.output
    events = [json.loads(line) for line in result.stderr.splitlines()]
    assert {"stage", "step", "outcome"} <= {event["event"] for event in events}
    assert events[-1]["event"] == "outcome"
    assert len(events[-1]["columns"]) == 18
    assert result.stdout == ""
