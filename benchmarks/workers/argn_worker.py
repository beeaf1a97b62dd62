"""MOSTLY AI's TabularARGN with its defaults, value protection included.

It recognises a date only in a parsed column, so date columns are parsed for it. Its model is its workspace folder.
"""

from __future__ import annotations

from typing import Any

import pandas as pd
from common import Job, System, main
from mostlyai.engine import TabularARGN


def engine(job: Job) -> TabularARGN:
    """A TabularARGN that works in the job's folder."""
    return TabularARGN(random_state=job.seed, workspace_dir=str(job.path("workspace")), device="cpu", **job.options)


def fit(job: Job) -> TabularARGN:
    """Read and train until its own early stopping."""
    return engine(job).fit(pd.read_csv(job.train, parse_dates=job.dates))


def save(model: TabularARGN, job: Job) -> None:
    """Nothing to do: the workspace is on disk."""


def load(job: Job) -> TabularARGN:
    """Take up the workspace; the class has no loader of its own, sampling reads the weights each time."""
    model = engine(job)
    model._fitted = True
    return model


def sample(model: Any, rows: int, seed: int) -> pd.DataFrame:
    """Draw rows; the seed that was set when fitting holds."""
    return model.sample(rows, device="cpu")


if __name__ == "__main__":
    main(System(fit, save, load, sample, ("mostlyai-engine", "torch")))
