"""What models that learn from a critic alone share: their settings, their run, what it tells."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any

from synthgen.seeding import derived_seed
from synthgen.synthesizers.base import Job
from synthgen.synthesizers.keeping import Checkpoints
from synthgen.training.adversarial import AdversarialTrainer
from synthgen.training.settings import AdversarialSettings


def resolved(given: AdversarialSettings, own: dict[str, Any]) -> AdversarialSettings:
    """The settings of a run: what the user chose, then the model's own choice, then the defaults.

    A penalty is the loss's own where the user chose another loss than the model's.

    Example:
        >>> resolved(AdversarialSettings(batch_rows=64), {"batch_rows": 500, "packing": 10}).packing
        10
    """
    chosen = given.model_dump(exclude_unset=True)
    if chosen.get("loss", own.get("loss")) != own.get("loss"):
        own = {name: value for name, value in own.items() if not name.startswith("penalty")}
    return AdversarialSettings.model_validate({**own, **chosen})


def play(
    trainer: AdversarialTrainer,
    job: Job,
    quality: Callable[[AdversarialTrainer], float],
    about: str,
) -> dict[str, Any]:
    """Train until done, resumed where the job says so, with checkpoints and news on the way.

    Args:
        trainer: new.
        job: what is fitted.
        quality: a figure of the rows that the generator draws now; the weights with the best one are kept.
        about: of the network, for the first message.

    Returns:
        The run in numbers.
    """
    config, progress = job.config, job.progress
    settings = {k: v for k, v in trainer.settings.model_dump().items() if v is not None}
    facts = {"adversarial": settings, "rows": len(trainer.source), "seed": config.seed, "network": about}
    checkpoints = Checkpoints(trainer, job.writer, facts)
    if job.resume and checkpoints.resume(progress):
        progress.message(f"resumed at step {trainer.step}", step=trainer.step)
    progress.stage("training")
    rows = len(trainer.source)
    progress.message(
        f"seed {config.seed}, {rows:,} rows, {about}, {trainer.device}; {trainer.loss.name} loss",
        seed=config.seed,
        rows=rows,
        loss=trainer.loss.name,
    )
    first, started = trainer.step, time.perf_counter()

    def look(trainer: AdversarialTrainer) -> None:
        per_step = (time.perf_counter() - started) / max(1, trainer.step - first)
        figures = {name: value for name, value in trainer.history[-1].items() if name != "step"}
        progress.step(trainer.step, trainer.last_step, figures, per_step * (trainer.last_step - trainer.step))
        if checkpoints.due() and not trainer.done:
            checkpoints.keep()

    trainer.run(quality, look, job.stop, config.minutes)
    if trainer.interrupted:
        checkpoints.keep()
    chosen = math.isfinite(trainer.best_quality)
    return {
        "adversarial": settings,
        "steps": trainer.step,
        "best_step": trainer.best_step if chosen else trainer.step,
        "held_out_loss": None,
        "quality": trainer.best_quality if chosen else None,
        "cut": trainer.interrupted or (trainer.step_cap or trainer.planned_steps) < trainer.planned_steps,
        "step_cap": trainer.step_cap,
        "minutes": config.minutes,
        "parameters": sum(p.numel() for p in trainer.generator.network.parameters()),
    }


def look_seed(trainer: AdversarialTrainer) -> int:
    """Seed of the rows that one look draws."""
    return derived_seed(trainer.seed, "figure", trainer.step)
