"""The benchmarks' workers still fit the package; what they measure is in benchmarks/."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

WORKER = Path(__file__).parent.parent / "benchmarks" / "workers" / "scale_worker.py"


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
