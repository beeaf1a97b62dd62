"""What needs the peers' own environment: ECOD's scores, and over-sampled rows.

``ecod``    learned rows -> scores of others, high for outliers
``topped``  rows and a target -> the rows that over-sampling adds

    python peers_worker.py JOB.json
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np


def ecod(ask: Any, seed: int) -> dict[str, Any]:
    """``ask``: learned, held, fakes, each ``(rows, columns)``."""
    from pyod.models.ecod import ECOD

    model = ECOD().fit(ask["learned"])
    return {name: np.asarray(model.decision_function(ask[name])).tolist() for name in ("held", "fakes")}


def topped(ask: Any, seed: int) -> dict[str, Any]:
    """``ask``: matrix (numbers and zeros and ones), plain (numbers and codes), labels (which of these), target."""
    from imblearn.over_sampling import ADASYN, SMOTE, SMOTENC, BorderlineSMOTE

    found: dict[str, Any] = {}
    ways = {
        "SMOTE": (SMOTE(random_state=seed), "matrix"),
        "BorderlineSMOTE": (BorderlineSMOTE(random_state=seed), "matrix"),
        "ADASYN": (ADASYN(random_state=seed), "matrix"),
        "SMOTENC": (SMOTENC(categorical_features=ask["labels"].tolist(), random_state=seed), "plain"),
    }
    for name, (way, what) in ways.items():
        start = time.process_time()
        try:
            rows, targets = way.fit_resample(ask[what], ask["target"])
        except ValueError as reason:
            found[name] = {"error": str(reason).splitlines()[0]}
            continue
        new = slice(len(ask["target"]), None)
        found[name] = {"rows": rows[new].tolist(), "target": targets[new].tolist(), "of": what}
        found[name]["cpu_s"] = time.process_time() - start
    return found


def main(job: dict[str, Any]) -> None:
    """``job``: task, ask (npz), result (json), seed."""
    with np.load(job["ask"]) as ask:
        said = {"ecod": ecod, "topped": topped}[job["task"]](ask, job.get("seed", 0))
    Path(job["result"]).write_text(json.dumps(said), "utf-8")


if __name__ == "__main__":
    main(json.loads(Path(sys.argv[1]).read_text("utf-8")))
