"""MOSTLY AI's TabularARGN under its own differential privacy.

A tenth of epsilon protects values, the share of its defaults (1 of 10). The noise is the least that lets training go on
for ``epochs``: its default noise spends small budgets before the first epoch ends.
"""

from __future__ import annotations

from typing import Any

import argn_worker
import pandas as pd
from common import Job, System, main
from mostlyai.engine import TabularARGN
from mostlyai.engine.domain import DifferentialPrivacyConfig
from opacus.accountants.utils import get_noise_multiplier

VALUES_SHARE = 0.1
TRAINING_SHARE = 0.8
"""Of the rows; the engine keeps the rest for its early stopping."""


def engine(job: Job) -> TabularARGN:
    """A TabularARGN that works in the job's folder."""
    given = job.options
    epsilon, batch, epochs = given["epsilon"], given["batch"], given["epochs"]
    for_values = VALUES_SHARE * epsilon
    noise = get_noise_multiplier(
        target_epsilon=epsilon - for_values,
        target_delta=given["delta"],
        sample_rate=batch / (TRAINING_SHARE * job.rows),
        epochs=epochs,
        accountant="rdp",
    )
    privacy = DifferentialPrivacyConfig(
        max_epsilon=epsilon, delta=given["delta"], noise_multiplier=noise, value_protection_epsilon=for_values
    )
    return TabularARGN(
        random_state=job.seed,
        workspace_dir=str(job.path("workspace")),
        device="cpu",
        verbose=1,
        batch_size=batch,
        max_epochs=epochs,
        max_training_time=given["minutes"],
        differential_privacy=privacy,
    )


def fit(job: Job) -> TabularARGN:
    """Read and train until the budget, the epochs or the time is spent."""
    return engine(job).fit(pd.read_csv(job.train, parse_dates=job.dates).drop(columns=job.options["aside"]))


def load(job: Job) -> Any:
    """Take up the workspace, as the worker of the plain engine does."""
    model = engine(job)
    model._fitted = True
    return model


if __name__ == "__main__":
    main(System(fit, argn_worker.save, load, argn_worker.sample, ("mostlyai-engine", "opacus", "torch")))
