"""Models side by side: one split, one judge, figures that can be traced back."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from synthgen import comparing
from synthgen.cli.main import main
from synthgen.comparing import Comparison, Entry, compare
from synthgen.config import RunConfig
from synthgen.errors import ConfigError, DataError

QUICK = {"max_steps": 30, "evaluate_every": 15, "width": 16, "blocks": 1}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rng = np.random.default_rng(0)
    plan = rng.choice(["free", "paid"], 900)
    visits = rng.poisson(np.where(plan == "paid", 30, 5))
    file = tmp_path_factory.mktemp("data") / "site.csv"
    pd.DataFrame({"plan": plan, "visits": visits, "stays": rng.random(900) < visits / 60}).to_csv(file, index=False)
    return file


@pytest.fixture(scope="module")
def found(data: Path) -> Comparison:
    config = RunConfig.model_validate({"target": "stays", "training": QUICK})
    return compare(data, ["independent", "resample", "gan"], config, data.parent / "out", seeds=2)


def test_every_model_runs_with_every_seed(found: Comparison) -> None:
    ran = [(entry.model, entry.seed) for entry in found.entries]
    assert ran == [(name, seed) for name in ("independent", "resample", "gan") for seed in (0, 1)]
    assert not any(entry.error for entry in found.entries)


def test_the_floor_and_the_ceiling_are_where_they_must_be(found: Comparison) -> None:
    independent, resample = (next(e for e in found.entries if e.model == name) for name in ("independent", "resample"))
    trend = {entry.model: entry.figures["trend"] for entry in (independent, resample)}
    assert trend["independent"] is not None
    assert trend["resample"] is not None
    assert trend["independent"] > 3 * trend["resample"]
    assert resample.figures["copies"] == 1.0
    assert found.rows == {"train": 720, "holdout": 180}


def test_the_files_hold_what_is_shown(found: Comparison, data: Path) -> None:
    folder = data.parent / "out"
    assert json.loads((folder / "comparison.json").read_text()) == found.to_json()
    page = (folder / "comparison.md").read_text()
    for line in found.table()[1]:
        assert all(cell.replace("_", r"\_").split(" ")[0] in page for cell in line if cell)


def test_median_and_reach_are_those_of_the_seeds() -> None:
    made = Comparison("a.csv", None, None, {"train": 9, "holdout": 1}, floor={"shape": 0.01})
    made.kinds = {"shape": {"title": "Shape", "unit": "share", "direction": "lower"}}
    for seed, (seconds, error) in enumerate([(1.0, 0.05), (3.0, 0.01), (2.0, 0.02)]):
        made.entries.append(Entry("gan", seed, "", seconds, 1000.0, {"shape": error}))
    made.entries.append(Entry("resample", 0, "it diverged"))
    headings, lines = made.table()
    assert headings == ["model", "fit s", "rows/s", "Shape"]
    assert lines[0] == ["floor (real rows)", "", "", "1.00 %"]
    assert lines[1] == ["gan", "2.0 (1.0 to 3.0)", "1,000", "2.00 % (1.00 to 5.00)"]
    assert lines[2] == ["resample", "-", "-", "-"]
    assert made.notes() == [
        "resample: it diverged",
        "resample: not private, hands out the training rows",
        "Shape: lower is better",
    ]


def test_a_model_that_fails_costs_the_others_nothing(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise DataError("no luck")

    monkeypatch.setattr("synthgen.synthesizers.resample.Resample.fit", fail)
    found = compare(data, ["resample", "independent"], RunConfig(), tmp_path / "out")
    assert [entry.error for entry in found.entries] == ["no luck", ""]
    assert "resample: no luck" in (tmp_path / "out" / "comparison.md").read_text()


def test_an_unknown_model_is_named_before_anything_is_read(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no model 'gam'; did you mean 'gan'"):
        compare(tmp_path / "absent.csv", ["gam"], RunConfig(), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_the_command_prints_a_table_and_leaves_two_files(data: Path, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(main, ["compare", str(data), "--models", "independent,resample", "--target", "stays"])
    assert result.exit_code == 0, result.output
    assert "floor (real rows)" in result.stdout
    assert "site.compare" in result.stdout
    assert sorted(path.name for path in Path("site.compare").iterdir()) == sorted(comparing.FILES)
    wrong = CliRunner().invoke(main, ["compare", str(data), "--models", "resampled"])
    assert wrong.exit_code == 2
    assert "did you mean 'resample'" in wrong.stderr
