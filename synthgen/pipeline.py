"""The main job from start to end: read, fit, sample, evaluate. Newcomers read this first."""

from __future__ import annotations

import shlex
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

import pyarrow as pa

from synthgen.config import IMAGE_MODEL, RunConfig
from synthgen.detecting import schema_of
from synthgen.errors import ConfigError
from synthgen.pictures.writing import check_folder, folder_beside, folders_beside
from synthgen.reporting.folder import make_folder, write_report
from synthgen.reporting.summary import ColumnLine, Figure, Summary
from synthgen.seeding import derived_seed, numpy_stream
from synthgen.storage import RunWriter, file_sha256, writing
from synthgen.table.files import read_table
from synthgen.table.schema import Schema
from synthgen.table.table import Table
from synthgen.table.writing import check_writable, write_table_chunks
from synthgen.training.progress import Progress, Silent

if TYPE_CHECKING:
    from synthgen.synthesizers.synthesizer import Synthesizer

RUN_FOLDER, SYNTHETIC = "run", "synthetic"
SMALL_TABLE, HOLDOUT_OF_SMALL, HOLDOUT = 2_000, 0.2, 0.1
"""A tenth of the rows is held out for the evaluation, a fifth of a table with fewer rows than that."""
MAX_HOLDOUT_ROWS = 20_000
MAX_JUDGED_ROWS = 200_000


@dataclass(frozen=True)
class Outcome:
    """What a job leaves.

    Attributes:
        summary: for people, see ``synthgen.reporting.summary``.
        interrupted: whether Ctrl-C ended the training early.
    """

    summary: Summary
    interrupted: bool = False


def run(
    data: str | Path,
    out: str | Path,
    config: RunConfig,
    *,
    schema_path: str | Path | None = None,
    resume: bool = False,
    progress: Progress | None = None,
) -> Outcome:
    """Fit a table, sample as many rows, and judge them by rows that were held out from everything.

    Args:
        data: a CSV or Parquet file.
        out: gets ``run/``, ``synthetic.csv`` (or ``.parquet``), ``report.html`` and ``metrics.json``.
        config: settings.
        schema_path: a ``schema.json`` in place of detection.
        resume: go on where a killed run stopped.
        progress: is told what happens.

    Raises:
        SynthgenError: what the user can mend.
    """
    progress = progress or Silent()
    folder, parquet = Path(out), Path(data).suffix in (".parquet", ".pq")
    output = folder / f"{SYNTHETIC}{'.parquet' if parquet else '.csv'}"
    progress.stage("reading")
    table = read_data(data, config)
    schema = schema_of(table, config, schema_path)
    make_folder(folder)
    check_writable(output)
    with writing(folder / RUN_FOLDER) as writer:
        train, holdout = table.split(holdout_share(len(table), config), numpy_stream(config.seed, "holdout"))
        model = _fit(train, config, schema, writer, resume, progress)
    progress.stage("sampling")
    kept: list[pa.Table] = []
    seed = derived_seed(config.seed, "sampling")
    _write(model, output, len(table), seed, progress, keep=kept)
    progress.stage("evaluating")
    from synthgen.metrics.evaluation import evaluate

    made = pa.concat_tables(kept)
    evaluation = evaluate(
        train.arrow,
        holdout.arrow,
        made,
        model.schema_,
        target=config.target,
        seed=config.seed,
        min_holders=config.min_holders,
        said=_judged_part(len(made), len(table)),
        settings={"schema": "detected" if schema_path is None else "given", "minutes": config.minutes},
        data={
            "train": {"name": table.name, "rows": len(train), "columns": len(table.names)},
            "holdout": {"name": f"rows held out of {table.name}", "rows": len(holdout), "columns": len(table.names)},
            "synthetic": {
                "name": output.name,
                "rows": len(table),
                "columns": made.num_columns,
                "sha256": file_sha256(output),
            },
        },
        on_metric=progress.parts,
    )
    written = write_report(evaluation.to_json(), folder)
    parts = evaluation.summary_parts()
    pictures = _picture_files(model, output)
    files = {"synthetic table": str(output), **pictures, **written, "model": str(folder / RUN_FOLDER)}
    more = [
        "synthgen",
        "sample",
        str(folder / RUN_FOLDER),
        "--rows",
        str(10 * len(table)),
        "--output",
        f"more{output.suffix}",
    ]
    following = [
        f"{shlex.join(more)}    # any number of rows",
        f"{shlex.join(['synthgen', 'bundle', str(folder)])}    # one file to hand on, nothing of the real data in it",
        f"{shlex.join(['synthgen', 'schema', str(data)])}    # what was detected, as a file to correct",
    ]
    notes = [*_notes(model), *parts.get("notes", [])]
    summary = Summary(
        columns=parts["columns"],
        pairs=parts["pairs"],
        figures=parts["figures"],
        verdicts=parts["verdicts"],
        notes=notes,
        files=files,
        next=following,
    )
    return Outcome(summary, model.interrupted_)


def fit(
    data: str | Path,
    out: str | Path,
    config: RunConfig,
    *,
    schema_path: str | Path | None = None,
    resume: bool = False,
    progress: Progress | None = None,
) -> Outcome:
    """Fit a table and write the run folder.

    Args:
        data: a CSV or Parquet file.
        out: the run folder.
        config: settings.
        schema_path: a ``schema.json`` in place of detection.
        resume: go on where a killed run stopped.
        progress: is told what happens.

    Raises:
        SynthgenError: what the user can mend.
    """
    progress = progress or Silent()
    progress.stage("reading")
    table = read_data(data, config)
    schema = schema_of(table, config, schema_path)
    with writing(out) as writer:
        model = _fit(table, config, schema, writer, resume, progress)
    training = model.facts_.get("training")
    figures: list[Figure] = []
    if training is not None and training.get("held_out_loss") is not None:
        figures = [
            {
                "name": "held-out loss",
                "value": f"{training['held_out_loss']:.3f} nats per row",
                "floor": "-",
                "note": f"best at step {training['best_step']:,} of {training['steps']:,}",
            }
        ]
    columns: list[ColumnLine] = [
        {"name": c.name, "type": c.type, "error": None, "floor": None} for c in model.schema_.columns
    ]
    rows = str(model.facts_["data"]["rows"])
    following = [shlex.join(["synthgen", "sample", str(out), "--rows", rows, "--output", "synthetic.csv"])]
    summary = Summary(columns=columns, figures=figures, notes=_notes(model), files={"model": str(out)}, next=following)
    return Outcome(summary, model.interrupted_)


def sample(
    run_folder: str | Path, rows: int, output: str | Path, *, seed: int = 0, progress: Progress | None = None
) -> Outcome:
    """Write rows from a run folder to a file, chunk by chunk.

    Args:
        run_folder: what ``fit`` wrote.
        rows: how many.
        output: ending in csv, csv.gz or parquet.
        seed: the same one gives the same rows.
        progress: is told what happens.

    Raises:
        RunError: the run folder is damaged or foreign.
        DataError: the file cannot be written.
    """
    progress = progress or Silent()
    check_writable(output)
    progress.stage("loading")
    from synthgen.synthesizers.synthesizer import load

    model = load(run_folder)
    progress.stage("sampling")
    _write(model, Path(output), rows, seed, progress)
    return Outcome(Summary(files={"synthetic table": str(output), **_picture_files(model, Path(output))}))


def _fit(
    table: Table, config: RunConfig, schema: Schema, writer: RunWriter, resume: bool, progress: Progress
) -> Synthesizer:
    from synthgen.synthesizers.synthesizer import Synthesizer

    model = Synthesizer.from_config(config, schema)
    with interruptible(progress) as stop:
        model.fit(table, progress=progress, writer=writer, resume=resume, stop=stop)
    model.write(writer, keep_checkpoint=model.interrupted_)
    return model


def read_data(data: str | Path, config: RunConfig) -> Table:
    """A table, read as the settings say.

    Raises:
        SynthgenError: it cannot be read, or the model is one of pictures.
    """
    if config.model.name == IMAGE_MODEL:
        raise ConfigError(f"model: {IMAGE_MODEL!r} learns pictures; use synthgen fit PICTURES --model {IMAGE_MODEL}")
    return read_table(
        Path(data), missing=config.missing, delimiter=config.delimiter, encoding=config.encoding, decimal=config.decimal
    )


def holdout_share(rows: int, config: RunConfig) -> float:
    """The share of the rows that is kept from training, for the evaluation."""
    share = config.holdout or (HOLDOUT_OF_SMALL if rows < SMALL_TABLE else HOLDOUT)
    return min(share, MAX_HOLDOUT_ROWS / rows)


def _write(
    model: Synthesizer, output: Path, rows: int, seed: int, progress: Progress, keep: list[pa.Table] | None = None
) -> None:
    """Sample into a file, pictures into folders beside; the first rows are kept in memory where asked for."""
    places = folders_beside(output, model.pictures_)
    for folder in places.values():
        check_folder(folder)

    def chunks(folders: dict[str, tuple[Path, str]]) -> Iterator[pa.Table]:
        done = 0
        for plain in model.sample_chunks(rows, random_state=seed):
            chunk = model.with_pictures(plain, folders, seed, done)
            if keep is not None and done < MAX_JUDGED_ROWS:
                keep.append(chunk)
            done += len(chunk)
            yield chunk
            progress.rows(done, rows)

    with ExitStack() as stack:
        folders = {name: (stack.enter_context(folder_beside(f)), f.name) for name, f in places.items()}
        write_table_chunks(output, chunks(folders), model.origin_)


def _picture_files(model: Synthesizer, output: Path) -> dict[str, str]:
    return {f"pictures of {name!r}": str(folder) for name, folder in folders_beside(output, model.pictures_).items()}


def _notes(model: Synthesizer) -> list[str]:
    notes = list(model.notes_)
    training = model.facts_.get("training", {})
    if model.interrupted_:
        notes.append("training was stopped by hand; the best model so far was kept, --resume goes on from there")
    elif training.get("cut"):
        notes.append("training was cut by --minutes before held-out rows said that it was done")
    return notes


def _judged_part(judged: int, rows: int) -> list[str]:
    return [f"The first {judged:,} of {rows:,} synthetic rows were judged."] if judged < rows else []


@contextmanager
def interruptible(progress: Progress) -> Iterator[Callable[[], bool]]:
    """The first Ctrl-C ends the training and keeps what it has; the second one ends the program.

    Yields:
        Whether it was asked for.
    """
    asked = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield asked.is_set
        return

    def on_interrupt(_number: int, _frame: FrameType | None) -> None:
        if asked.is_set():
            raise KeyboardInterrupt
        asked.set()
        progress.message(
            "stopping after this step and keeping the best model so far; Ctrl-C again to end at once", warning=True
        )

    before = signal.signal(signal.SIGINT, on_interrupt)
    try:
        yield asked.is_set
    finally:
        signal.signal(signal.SIGINT, before)
