"""The benchmarks' workers still fit the package; what they measure is in benchmarks/."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from synthgen.columns.detect import detect_schema
from synthgen.table.files import read_table

BENCHMARKS = Path(__file__).parent.parent / "benchmarks"
WORKER = BENCHMARKS / "workers" / "scale_worker.py"


@pytest.fixture(autouse=True)
def beside(monkeypatch: pytest.MonkeyPatch) -> None:
    """The scripts find their harness beside them, the workers each other."""
    for folder in (BENCHMARKS, BENCHMARKS / "workers"):
        monkeypatch.syspath_prepend(str(folder))


def script(name: str) -> Any:
    return importlib.import_module(name)


def work(task: str, folder: Path, **job: Any) -> dict[str, Any]:
    file, result = folder / f"{task}.job.json", folder / f"{task}.json"
    file.write_text(json.dumps(job | {"threads": 1, "result": str(result)}))
    subprocess.run([sys.executable, str(WORKER), task, str(file)], check=True, timeout=120)
    return dict(json.loads(result.read_text()))


def test_a_training_on_a_made_table_is_measured_beside_the_law(tmp_path: Path) -> None:
    csv, fresh = str(tmp_path / "made.csv"), str(tmp_path / "fresh.csv")
    work("make", tmp_path, csv=csv, rows=400, columns=2, measured=False)
    job = {"csv": csv, "columns": 2, "fresh_csv": fresh, "cap_s": 0.5, "settings": {"width": 16}}
    seen = work("learn", tmp_path, **job)
    assert seen["plan"]["width"] == 16
    assert seen["law"] is None or seen["law"] <= seen["loss"]


def test_a_whole_fit_and_what_comes_before_training_are_measured(tmp_path: Path) -> None:
    csv = str(tmp_path / "made.csv")
    work("make", tmp_path, csv=csv, rows=200, columns=3, measured=True)
    assert work("codec", tmp_path, csv=csv)["slots"] >= 3
    assert work("fit", tmp_path, csv=csv, options={"training": {"max_steps": 5}}, sample_rows=50)["rows_per_s"] > 0


def test_the_command_and_its_distances_are_measured(tmp_path: Path) -> None:
    files = {}
    for seed, name in enumerate(("real", "holdout", "synthetic")):
        files[name] = str(tmp_path / f"{name}.csv")
        script("made_tables").write_accounts(files[name], rows=40, seed=seed)
    seen = work("judge", tmp_path, **files, target="bot", out=str(tmp_path / "report"))
    assert seen["told"] >= 1
    assert 0 < seen["cpu_s"]
    assert 0 < seen["measured"] <= seen["asked"]
    assert work("nearest", tmp_path, rows=300, quantities=2, labels=1)["wall_s"] > 0


def test_made_accounts_have_all_kinds_and_their_own_people(tmp_path: Path) -> None:
    tables = []
    for seed in (1, 2):
        script("made_tables").write_accounts(str(tmp_path / "made.csv"), rows=2000, seed=seed)
        tables.append(read_table(tmp_path / "made.csv").arrow)
    types = {column.name: column.type for column in detect_schema(tables[0], target="bot").columns}
    assert len(types) == 20
    assert {types["account"], types["signup"], types["country"], types["verified"], types["income"]} == {
        "identifier",
        "datetime",
        "categorical",
        "boolean",
        "numeric",
    }
    assert not set(tables[0]["account"].to_pylist()) & set(tables[1]["account"].to_pylist())
    assert tables[0]["income"].null_count > 0


def test_parts_that_were_not_measured_stay_on_the_page_in_their_order() -> None:
    scale = script("scale")
    titles = [title for title, _ in scale.PARTS.values()]
    first = scale.whole_page(["# How", ""], {titles[3]: "old 3", titles[0]: "old 0"})
    kept = scale.sections(first)
    assert kept == {titles[0]: "old 0", titles[3]: "old 3"}
    second = scale.whole_page(["# How", ""], kept | {titles[1]: "| new |\n\n### Deeper\n\n1 thread"})
    assert scale.sections(second) == kept | {titles[1]: "| new |\n\n### Deeper\n\n1 thread"}
    assert [line[3:] for line in second.splitlines() if line.startswith("## ")] == [titles[0], titles[1], titles[3]]


def pair(agreement: Any, system: str, ours: float, theirs: float) -> Any:
    """What both said: the detector as given, everything else apart by a thousandth."""
    values = {"shape": 0.01, "trend": 0.02, "detector": ours, "copies": 0.001, "distance_share": 0.5}
    columns = [{"name": "visits", "type": "categorical"}, {"name": "plan", "type": "categorical"}]
    report = {"columns": columns, "results": [{"name": name, "value": value} for name, value in values.items()]}
    said = {"shape_error_pct": 1.001, "trend_error_pct": 2.001, "c2st_gbm_auc_vs_test": theirs}
    said |= {"exact_copies": 0.002, "dcr": {"share_nearer_train": 0.501}}
    return agreement.Pair(system, report, {"synthetic": said, "numeric": ["visits"], "categorical": ["plan"]})


def test_the_report_stands_beside_the_judge_with_the_largest_difference_and_both_rankings() -> None:
    agreement = script("agreement")
    same = [pair(agreement, "argn", 0.62, 0.63), pair(agreement, "synthgen", 0.54, 0.55)]
    turned = [*same, pair(agreement, "tvae", 0.61, 0.66)]
    page = agreement.page({"shoppers": (same, turned)}, ["Adult, SDV TVAE: no synthetic table."], "somewhere.")
    assert "| **synthgen** | 1.000 | 1.001 | 2.000 | 2.001 | 0.540 | 0.550 | 0.100 | 0.200 | 0.500 | 0.501 |" in page
    assert "shape % 0.001 (MOSTLY AI TabularARGN)" in page
    assert "detector AUC 0.05 (SDV TVAE)" in page
    assert "the same by both: synthgen, MOSTLY AI TabularARGN." in page
    assert "**Ranking by the detector differs.** The report: synthgen, SDV TVAE, MOSTLY AI TabularARGN." in page
    assert "takes `visits` for numbers" in page
    assert "- Adult, SDV TVAE: no synthetic table." in page
    assert agreement.read_otherwise(same[0]) == ["visits"]


def test_a_copy_of_a_picture_lies_at_nothing_and_one_pixel_away_at_one() -> None:
    real = np.zeros((3, 28, 28), np.uint8)
    real[1], real[2, :14] = 255, 255
    made = real[[1, 2, 1]].copy()
    made[1, 20, 3], made[2, 0, 0] = 255, 127
    away = script("images").nearest(made, real)
    assert away.tolist() == pytest.approx([0, 1, 128 / 255], abs=0.02)  # of large sums little is left in 32 bits


def test_the_classifier_of_digits_learns_what_can_be_told_apart() -> None:
    images, rng = script("images"), np.random.default_rng(0)
    digits = np.arange(1_280) % 10
    pictures = rng.integers(0, 80, (1_280, 28, 28), np.uint8)
    for picture, digit in zip(pictures, digits, strict=True):
        picture[2 + 2 * digit : 6 + 2 * digit] = 255  # a bar whose height is the digit
    reader = images.trained_reader(pictures, digits, seed=0, epochs=5)
    read, seen = reader.read(pictures)
    assert (read == digits).mean() > 0.9
    assert seen.shape == (1_280, 64)
