"""``synthgen evaluate`` from end to end, and what it says of bad input."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result

from synthgen.metrics import METRICS

Invoke = Callable[..., Result]


def table(seed: int, n: int = 60, columns: int = 3) -> str:
    rng = np.random.default_rng(seed)
    cells = rng.integers(0, 50, (n, columns - 1))
    lines = [",".join([*map(str, row), "yes" if rng.random() < 0.4 else "no"]) for row in cells]
    return "\n".join([",".join([*(f"c{i}" for i in range(columns - 1)), "sold"]), *lines]) + "\n"


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    for seed, name in enumerate(("train", "syn", "test")):
        (tmp_path / f"{name}.csv").write_text(table(seed))
    return ["--real", "train.csv", "--synthetic", "syn.csv", "--holdout", "test.csv"]


def test_it_leaves_a_report_and_shows_the_verdicts(invoke: Invoke, files: list[str]) -> None:
    result = invoke("evaluate", *files)
    assert result.exit_code == 0, result.output
    metrics = json.loads(Path("syn.report/metrics.json").read_text())
    assert metrics["rows"] == {"train": 60, "holdout": 60, "synthetic": 60}
    assert metrics["facts"]["data"]["synthetic"]["name"] == "syn.csv"
    assert "<html" in Path("syn.report/report.html").read_text()
    for word in ("Faithful?", "Useful?", "Private?", "syn.report/report.html", "Shape error"):
        assert word in result.stdout
    assert f"{len(METRICS)} of {len(METRICS)}" in result.stderr


def test_the_same_seed_gives_the_same_bytes_in_another_form_too(invoke: Invoke, files: list[str]) -> None:
    for folder in ("a", "b"):
        result = invoke("evaluate", *files, "--out", folder, "--format", "md", "--seed", 5, "-q")
        assert (result.exit_code, result.output) == (0, "")
    for name in ("metrics.json", "report.md"):
        assert Path("a", name).read_bytes() == Path("b", name).read_bytes()
    assert not Path("a/report.html").exists()
    assert Path("a/report.md").read_text().startswith("# ")


@pytest.mark.parametrize("flags", [[], ["-q"], ["--log-format", "json"]])
def test_a_gate_that_fails_is_exit_code_1_and_named(invoke: Invoke, files: list[str], flags: list[str]) -> None:
    result = invoke("evaluate", *files, *flags, "--fail-if", "shape_error > 0, trend > 200%")
    assert result.exit_code == 1
    assert "shape_error > 0" in result.stderr
    if flags == ["-q"]:
        assert len(result.stderr.splitlines()) == 1
        assert result.stdout == ""
    if "json" in flags:
        outcome = json.loads(result.stderr.splitlines()[-1])
        assert [gate["passed"] for gate in outcome["gates"]] == [False, True]
    assert Path("syn.report/metrics.json").exists()


def test_gates_that_pass_are_exit_code_0(invoke: Invoke, files: list[str]) -> None:
    assert invoke("evaluate", *files, "-q", "--fail-if", "trend > 2", "--fail-if", "wrong_types > 0").exit_code == 0


def test_a_figure_that_was_not_measured_passes_no_gate(invoke: Invoke, files: list[str]) -> None:
    result = invoke("evaluate", *files, "-q", "--fail-if", "prediction < 0.5")
    assert result.exit_code == 1
    assert "was not measured" in result.stderr


def test_without_held_out_rows_the_next_command_asks_for_them(invoke: Invoke, files: list[str]) -> None:
    result = invoke("evaluate", *files[:4])
    assert result.exit_code == 0
    assert "No rows were held out" in result.stdout
    assert "--holdout HELD_OUT.csv" in result.stdout


BAD = {
    "an unknown figure": (["--fail-if", "detektor_auc>0.6"], "did you mean 'detector_auc'"),
    "no rule": (["--fail-if", "detector"], "is no rule"),
    "an unknown target": (["--target", "sld"], "did you mean 'sold'"),
    "detect without a target": (["--task", "detect"], "no target"),
    "detect of a number": (["--task", "detect", "--target", "c0"], "holds numbers"),
    "no such file": (["--holdout", "tset.csv"], "did you mean 'test.csv'|Did you mean 'test.csv'"),
    "a column less": (["--synthetic", "less.csv"], "less.csv: lacks column 'c1'"),
    "a column more": (["--synthetic", "more.csv"], "more.csv: has column 'c2' more"),
    "a header alone": (["--synthetic", "header.csv"], "header.csv: a header but no rows"),
    "an empty file": (["--real", "empty.csv"], "empty.csv: the file is empty"),
    "no schema": (["--schema", "none.json"], "none.json"),
    "a file in place of the folder": (["--out", "train.csv"], "train.csv: is a file; a folder"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_one_sentence_and_exit_code_2(invoke: Invoke, files: list[str], name: str) -> None:
    flags, words = BAD[name]
    Path("less.csv").write_text(table(1, columns=2))
    Path("more.csv").write_text(table(1, columns=4))
    Path("header.csv").write_text("c0,c1,sold\n")
    Path("empty.csv").write_text("")
    result = invoke("evaluate", *files, *flags, "-q")
    lines = result.stderr.splitlines()
    assert result.exit_code == 2, result.output
    assert len(lines) == 1
    assert lines[0].startswith("Error: ")
    assert any(word in lines[0] for word in words.split("|")), lines[0]


def test_a_copy_of_the_real_table_is_shouted_at(invoke: Invoke, files: list[str]) -> None:
    result = invoke("evaluate", "--real", "train.csv", "--synthetic", "train.csv", "--fail-if", "exact_copies>0.5")
    assert result.exit_code == 1
    assert "Private? no" in result.stdout
    assert "Do not share it" in result.stdout


@pytest.mark.slow
def test_2000_columns_are_judged_and_what_was_sampled_is_said(invoke: Invoke, tmp_path: Path) -> None:
    for seed, name in enumerate(("train", "syn", "test")):
        (tmp_path / f"{name}.csv").write_text(table(seed, 200, 2000))
    names = ["--real", "train.csv", "--synthetic", "syn.csv", "--holdout", "test.csv"]
    result = invoke("evaluate", *names, "--target", "sold", "-q")
    assert result.exit_code == 0
    metrics = json.loads(Path("syn.report/metrics.json").read_text())
    assert len(metrics["columns"]) == 2000
    assert Path("syn.report/report.html").stat().st_size < 6e6
    assert any("ties and formulas were looked for in none" in note for note in metrics["notes"])
    trend = next(result for result in metrics["results"] if result["name"] == "trend")
    assert "a sample of" in trend["sentence"]
    detector = next(result for result in metrics["results"] if result["name"] == "detector")
    assert "columns cut into 25 bins" in detector["sentence"]
