"""Pictures from start to end: read, fit, sample into a folder."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from synthgen.config import IMAGE_MODEL, RunConfig
from synthgen.errors import ConfigError
from synthgen.pictures.asking import Where
from synthgen.pictures.base import LABEL
from synthgen.pictures.writing import LABELS, SHEET, check_folder, write_pictures
from synthgen.pipeline import Outcome, interruptible
from synthgen.reporting.summary import Figure, Summary
from synthgen.storage import writing
from synthgen.training.progress import Progress, Silent

TABLE_OPTIONS = ("target", "schema", "resume", "missing", "delimiter", "encoding", "decimal")
"""Flags of ``synthgen fit`` that mean nothing for pictures."""


def refuse_table_options(flags: Mapping[str, Any]) -> None:
    """Whether a flag was given that pictures do not have.

    Raises:
        ConfigError: the first such flag.
    """
    for name in TABLE_OPTIONS:
        if flags.get(name):
            raise ConfigError(f"--{name}: is for tables; --model {IMAGE_MODEL} has no use for it. Leave it out")


def fit(data: str | Path, out: str | Path, config: RunConfig, *, progress: Progress | None = None) -> Outcome:
    """Learn pictures and write the run folder.

    Args:
        data: a folder of pictures, or an idx file.
        out: the run folder.
        config: settings.
        progress: is told what happens.

    Raises:
        SynthgenError: what the user can mend.
    """
    progress = progress or Silent()
    from synthgen.synthesizers.pictures import ImageSynthesizer

    model = ImageSynthesizer.from_config(config)
    with writing(out) as writer:
        with interruptible(progress) as stop:
            model.fit(data, progress=progress, stop=stop)
        model.write(writer)
    training = model.facts_["training"]
    notes = list(model.notes_)
    if model.interrupted_:
        notes.append("training was stopped by hand; the best model so far was kept")
    elif training["cut"]:
        notes.append("training was cut by --minutes before its last step")
    figures: list[Figure] = []
    if training["quality"] is not None:
        note = f"best at step {training['best_step']:,} of {training['steps']:,}"
        figures = [
            {"name": "closeness of pictures", "value": f"{training['quality']:.2f}", "floor": "1.00", "note": note}
        ]
    words = ["synthgen", "sample", str(out), "--rows", "100", "--out", "pictures"]
    if model.labels_:
        words[3:3] = ["--where", f"{LABEL}={model.labels_[0]}"]
    return Outcome(
        Summary(figures=figures, notes=notes, files={"model": str(out)}, next=[shlex.join(words)]), model.interrupted_
    )


def sample(
    run_folder: str | Path,
    rows: int,
    out: str | Path,
    *,
    where: Where = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> Outcome:
    """Write pictures from a run folder into a folder: PNG files, their labels, a contact sheet.

    Args:
        run_folder: what ``fit`` wrote.
        rows: how many.
        out: the folder; one that holds sampled pictures is replaced when all are written.
        where: such as ``label=7``; None: labels at their true shares.
        seed: the same one gives the same pictures.
        progress: is told what happens.

    Raises:
        RunError: the run folder is damaged or foreign.
        ConditionError: there is no such label.
        DataError: the folder cannot be written.
    """
    progress = progress or Silent()
    folder = Path(out)
    check_folder(folder)
    progress.stage("loading")
    from synthgen.synthesizers.pictures import ImageSynthesizer

    model = ImageSynthesizer.load(run_folder)
    progress.stage("sampling")

    def pictures() -> Iterator[tuple[np.ndarray, str | None]]:
        done = 0
        for pixels_NHWK, names in model.sample_chunks(rows, where, random_state=seed):
            yield from zip(pixels_NHWK, names, strict=True)
            done += len(names)
            progress.rows(done, rows)

    written = write_pictures(folder, pictures())
    files = {f"{written:,} pictures": str(folder), "their labels": str(folder / LABELS)}
    if written:
        files["contact sheet"] = str(folder / SHEET)
    return Outcome(Summary(files=files))
