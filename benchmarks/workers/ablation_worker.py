"""Fits one arm of the ablation and draws a table in every way that is compared; needs synthgen's environment."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

from synthgen import Synthesizer


def main(job: dict[str, Any]) -> None:
    """``job``: train, folder, target, seed, critic (settings), ways ({name: {steps, guide}})."""
    folder = Path(job["folder"])
    start = time.perf_counter()
    model = Synthesizer(random_state=job["seed"], target=job["target"], critic=job["critic"]).fit(job["train"])
    facts: dict[str, Any] = {"fit_s": time.perf_counter() - start, "training": model.facts_["training"], "ways": {}}
    for name, way in job["ways"].items():
        start = time.perf_counter()
        table = model.sample(job["rows"], random_state=job["seed"], **way)
        facts["ways"][name] = {"rows_per_s": job["rows"] / (time.perf_counter() - start)}
        table.to_csv(folder / f"{name}.csv", index=False)
    (folder / "fit.json").write_text(json.dumps(facts))


if __name__ == "__main__":
    main(json.loads(Path(sys.argv[1]).read_text()))
