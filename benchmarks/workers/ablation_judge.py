"""Shape, trend, detector and task score of several synthetic tables, by the judge's own functions; its environment."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd


def main(job: dict[str, Any]) -> None:
    """``job``: judge (its file), train, test, tables ({name: csv}), target, task, seed, rows, model, result."""
    spec = importlib.util.spec_from_file_location("judge", job["judge"])
    assert spec is not None
    assert spec.loader is not None
    judge = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(judge)
    frames = {name: pd.read_csv(path, skipinitialspace=True, low_memory=False) for name, path in job["tables"].items()}
    frames = {"train": pd.read_csv(job["train"], low_memory=False), "real": pd.read_csv(job["test"]), **frames}
    schema = judge.Schema(frames["train"], job["target"], job["task"], [], [], [])
    tables = {name: judge.Table(frame[schema.columns], schema) for name, frame in frames.items()}
    schema.encode(*tables.values())
    train, held = tables.pop("train"), tables["real"]
    found: dict[str, dict[str, float | None]] = {}
    for name, table in tables.items():
        rng = np.random.default_rng(job["seed"])
        n = min(held.n, table.n, job["rows"])
        some = [part.take(np.sort(rng.permutation(part.n)[:n])) for part in (held, table)]
        learn = train if name == "real" else table
        task, _ = judge.ml_efficacy(learn, held, job["task"], job["seed"], 1, job["task"] == "regression", job["model"])
        found[name] = {
            "shape": 100 * float(np.mean(list(judge.shape_errors(train, table)[0].values()))),
            "trend": 100 * float(np.mean(list(judge.trend_errors(train, table, False)[0].values()))),
            "detector": None if name == "real" else judge.detection_gbm(*some, job["seed"], 1)[0],
            "task": task,
        }
        print(name, found[name], flush=True)
    Path(job["result"]).write_text(json.dumps(found))


if __name__ == "__main__":
    main(json.loads(Path(sys.argv[1]).read_text()))
