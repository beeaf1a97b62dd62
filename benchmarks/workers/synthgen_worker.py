"""synthgen, by its Python interface. It reads the CSV itself, as its users let it."""

from __future__ import annotations

from typing import Any

from common import Job, System, main

from synthgen import Synthesizer
from synthgen import load as load_run


def fit(job: Job) -> Any:
    """Defaults, but for the target, which a user names too."""
    return Synthesizer(random_state=job.seed, target=job.target, **job.options).fit(job.train)


def save(model: Any, job: Job) -> None:
    """Leave the run folder."""
    model.save(job.path("run"))


def load(job: Job) -> Any:
    """Read the run folder back."""
    return load_run(job.path("run"))


def sample(model: Any, rows: int, seed: int) -> Any:
    """Draw rows."""
    return model.sample(rows, random_state=seed)


if __name__ == "__main__":
    main(System(fit, save, load, sample, ("synthgen-social", "torch")))
