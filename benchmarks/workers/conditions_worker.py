"""Rows under conditions from SDV's CTGAN or MOSTLY AI's TabularARGN; runs in the system's own environment.

    python conditions_worker.py JOB.json

CTGAN draws free rows and keeps those that meet a condition; TabularARGN is given the columns as seeds.
"""

from __future__ import annotations

import json
import signal
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import pandas as pd
from common import limit_threads

Draw = Callable[[dict[str, Any] | None, int], pd.DataFrame]


class TooLong(RuntimeError):
    """A condition took longer than it may."""


def ctgan(job: dict[str, Any]) -> Draw:
    """Fit SDV's CTGAN for so many epochs."""
    import numpy as np
    import torch
    from sdv.metadata import Metadata
    from sdv.sampling import Condition
    from sdv.single_table import CTGANSynthesizer

    np.random.seed(job["seed"])  # noqa: NPY002
    torch.manual_seed(job["seed"])
    tables = {"table": pd.read_csv(job["train"])}
    metadata = Metadata.detect_from_dataframes(tables, infer_keys=None)
    model = CTGANSynthesizer(metadata, epochs=job["epochs"], enable_gpu=False)
    model.fit(tables)

    def draw(values: dict[str, Any] | None, rows: int) -> pd.DataFrame:
        if values is None:
            return model.sample(rows)["table"]
        return model.sample_from_conditions([Condition(values, num_rows=rows, table_name="table")])["table"]

    return draw


def argn(job: dict[str, Any]) -> Draw:
    """Fit TabularARGN so that any columns may be given."""
    from mostlyai.engine import TabularARGN

    model = TabularARGN(random_state=job["seed"], workspace_dir=str(Path(job["folder"], "workspace")), device="cpu")
    model.fit(pd.read_csv(job["train"]))

    def draw(values: dict[str, Any] | None, rows: int) -> pd.DataFrame:
        if values is None:
            return model.sample(rows, device="cpu")
        return model.sample(seed_data=pd.DataFrame({name: [value] * rows for name, value in values.items()}))

    return draw


def alarm(number: int, frame: FrameType | None) -> None:
    """Stop what goes on."""
    raise TooLong


def main(job: dict[str, Any]) -> None:
    """``job``: system, train, folder, result, seed, epochs, rows, limit_s, conditions ({name: values or null})."""
    limit_threads(job["threads"])
    signal.signal(signal.SIGALRM, alarm)
    start = time.process_time()
    draw = {"ctgan": ctgan, "argn": argn}[job["system"]](job)
    found: dict[str, Any] = {"fit_cpu_s": time.process_time() - start, "drawn": {}}
    draw(None, 500)
    for name, values in job["conditions"].items():
        seen: dict[str, Any] = {"rows": 0, "error": None}
        start = time.process_time()
        signal.alarm(job["limit_s"])
        try:
            rows = draw(values, job["rows"])
            seen |= {"rows": len(rows)}
            rows.to_csv(Path(job["folder"], f"{name}.csv"), index=False)
        except TooLong:
            seen["error"] = f"not done after {job['limit_s']} s"
        except Exception as reason:
            seen["error"] = str(reason).strip().splitlines()[0][:200]
        finally:
            signal.alarm(0)
        found["drawn"][name] = seen | {"cpu_s": time.process_time() - start}
        print(name, found["drawn"][name], flush=True)
    Path(job["result"]).write_text(json.dumps(found), "utf-8")


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main(json.loads(Path(sys.argv[1]).read_text("utf-8")))
