"""The main job from start to end: read, fit, sample, evaluate. Newcomers read this first."""

from __future__ import annotations

import shlex
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from synthgen.columns.holders import units_of
from synthgen.config import IMAGE_MODEL, RunConfig
from synthgen.detecting import check_unit, schema_of
from synthgen.errors import ConfigError, RunError
from synthgen.pictures.writing import check_folder, folder_beside, folders_beside
from synthgen.reporting.folder import make_folder, write_report
from synthgen.reporting.guarantee import FREE, figures_of_guarantee
from synthgen.reporting.summary import ColumnLine, Figure, Summary
from synthgen.seeding import derived_seed, numpy_stream
from synthgen.storage import RunWriter, file_sha256, writing
from synthgen.table.files import read_table
from synthgen.table.schema import Schema
from synthgen.table.table import Table
from synthgen.table.writing import check_writable, write_table_chunks
from synthgen.training.progress import Progress, Silent

if TYPE_CHECKING:
    from synthgen.synthesizers.base import Model
    from synthgen.synthesizers.synthesizer import Synthesizer

RUN_FOLDER, SYNTHETIC = "run", "synthetic"
SMALL_TABLE, HOLDOUT_OF_SMALL, HOLDOUT = 2_000, 0.2, 0.1
"""A tenth of the rows is held out for the evaluation, a fifth of a table with fewer rows than that."""
MAX_HOLDOUT_ROWS = 20_000
RARE = 0.01
"""A share that is easier to read as one row in so many."""
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
        out: gets ``run/`` (where the model may be saved), ``synthetic.csv`` (or ``.parquet``), ``report.html`` and
            ``metrics.json``.
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
    kind = _kind(config)
    model_folder = _model_folder(kind, folder / RUN_FOLDER, resume)
    progress.stage("reading")
    table = read_data(data, config)
    schema = schema_of(table, config, schema_path)
    make_folder(folder)
    check_writable(output)
    with model_folder as writer:
        train, holdout = split_rows(table, config)
        model = fit_table(train, config, schema, writer, resume, progress)
    progress.stage("sampling")
    kept: list[pa.Table] = []
    seed = derived_seed(config.seed, "sampling")
    write_rows(model, output, len(table), seed, progress, keep=kept)
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
        unit=config.unit,
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
    files = {"synthetic table": str(output), **_picture_files(model, output), **written}
    following = [
        f"{shlex.join(['synthgen', 'schema', str(data)])}    # what was detected, as a file to correct",
    ]
    notes = [*_notes(model), *parts.get("notes", [])]
    if kind.unsaved:
        notes.insert(0, f"there is no model to sample from later: {kind.name!r} {kind.unsaved}")
    else:
        files["model"] = str(folder / RUN_FOLDER)
        following = [*_with_model(folder, len(table), output.suffix), *following]
    summary = Summary(
        columns=parts["columns"],
        pairs=parts["pairs"],
        figures=[*parts["figures"], *training_figures(model)],
        verdicts=parts["verdicts"],
        notes=notes,
        files=files,
        next=following,
    )
    return Outcome(summary, model.interrupted_)


def _with_model(folder: Path, rows: int, suffix: str) -> list[str]:
    """What can be done next with a saved model."""
    run_folder = str(folder / RUN_FOLDER)
    more = ["synthgen", "sample", run_folder, "--rows", str(10 * rows), "--output", f"more{suffix}"]
    return [
        f"{shlex.join(more)}    # any number of rows",
        f"{shlex.join(['synthgen', 'bundle', str(folder)])}    # one file to hand on, nothing of the real data in it",
    ]


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
    _check_savable(_kind(config))
    progress.stage("reading")
    table = read_data(data, config)
    private = config.privacy.epsilon is not None
    schema = schema_path if private else schema_of(table, config, schema_path)
    with writing(out) as writer:
        model = fit_table(table, config, schema, writer, resume, progress)
    figures = [*(figures_of_guarantee(model.facts_["privacy"]) if private else []), *training_figures(model)]
    columns: list[ColumnLine] = [
        {"name": c.name, "type": c.type, "error": None, "floor": None} for c in model.schema_.columns
    ]
    rows = str(model.facts_["data"]["rows"])
    following = [
        shlex.join(["synthgen", "sample", str(out), "--rows", rows, "--output", "synthetic.csv"]),
        f"{shlex.join(['synthgen', 'inspect', str(out)])}    # how it learned, and what from",
    ]
    summary = Summary(columns=columns, figures=figures, notes=_notes(model), files={"model": str(out)}, next=following)
    return Outcome(summary, model.interrupted_)


def sample(
    run_folder: str | Path,
    rows: int | None,
    output: str | Path,
    *,
    seed: int = 0,
    where: str | None = None,
    quota: str | None = None,
    like: str | Path | None = None,
    draws: int = 1,
    steps: int | None = None,
    guide: float | None = None,
    progress: Progress | None = None,
) -> Outcome:
    """Write rows from a run folder to a file, chunk by chunk.

    Args:
        run_folder: what ``fit`` wrote.
        rows: how many; None with ``like``.
        output: ending in csv, csv.gz or parquet.
        seed: the same one gives the same rows.
        where: conditions that all rows keep.
        quota: shares of one column's values.
        like: a file of partial rows, each of which is completed.
        draws: whole rows for each of them.
        steps: passes of the network; None: as the run says.
        guide: rows drawn for each that the critic lets pass; None: as the run says.
        progress: is told what happens.

    Raises:
        RunError: the run folder is damaged or foreign.
        ConfigError: the model has no steps or no critic.
        ConditionError: no row can keep what is asked.
        DataError: the file cannot be written.
    """
    progress = progress or Silent()
    check_writable(output)
    progress.stage("loading")
    from synthgen.synthesizers.synthesizer import load

    model = load(run_folder)
    counts = {} if where is None else {"free rows that keep it": _rarity(model.share_of(where, random_state=seed))}
    progress.stage("sampling")
    asked = {"where": where, "quota": quota, "like": like, "draws": draws, "steps": steps, "guide": guide}
    write_rows(model, Path(output), rows, seed, progress, asked=asked)
    files = {"synthetic table": str(output), **_picture_files(model, Path(output))}
    notes = [FREE] if model.facts_.get("privacy", {}).get("epsilon") else []
    return Outcome(Summary(counts=counts, notes=notes, files=files))


def _rarity(share: float) -> str:
    """How rare rows are, in words.

    Example:
        >>> _rarity(0.2), _rarity(0.0005)
        ('20 %', '0.05 %, 1 in 2,000')
    """
    return f"{100 * share:.3g} %" + (f", 1 in {1 / share:,.0f}" if share < RARE else "")


def _kind(config: RunConfig) -> type[Model]:
    """The model asked for, if what it needs is installed."""
    from synthgen.synthesizers.synthesizer import kind_of

    kind = kind_of(config)
    kind.check_available()
    return kind


def _check_savable(kind: type[Model]) -> None:
    from synthgen.synthesizers.synthesizer import check_savable

    check_savable(kind)


def _model_folder(kind: type[Model], path: Path, resume: bool) -> AbstractContextManager[RunWriter | None]:
    """Where the model is kept: nowhere when it may not be saved.

    Raises:
        ConfigError: not even its rows may be written, or there is nothing to resume.
        RunError: a model is there, beside which the table would be another's.
    """
    if not kind.unsaved:
        return writing(path)
    if not kind.makes_rows:
        _check_savable(kind)
    if resume:
        raise ConfigError(f"resume: model {kind.name!r} keeps nothing to go on from. Leave --resume out")
    if path.exists():
        raise RunError(
            f"{path}: holds a model, and the table beside it would be of {kind.name!r}. Choose another --out"
        )
    return nullcontext()


def fit_table(
    table: Table,
    config: RunConfig,
    schema: Schema | str | Path | None,
    writer: RunWriter | None,
    resume: bool,
    progress: Progress,
) -> Synthesizer:
    """Fit a table and write the model; Ctrl-C keeps what it has.

    Args:
        table: rows to learn from.
        config: settings.
        schema: what the columns mean, or the path of a ``schema.json``; None: detected by the synthesizer.
        writer: of the run folder; None: the model may not be saved.
        resume: go on where a killed run stopped.
        progress: is told what happens.
    """
    from synthgen.synthesizers.synthesizer import Synthesizer

    model = Synthesizer.from_config(config, schema)
    if writer is None:  # nothing would be kept of a training that is stopped halfway: Ctrl-C ends the program
        return model.fit(table, progress=progress)
    with interruptible(progress) as stop:
        model.fit(table, progress=progress, writer=writer, resume=resume, stop=stop)
    model.write(writer, keep_checkpoint=model.interrupted_)
    return model


def read_data(data: str | Path, config: RunConfig) -> Table:
    """A table, read as the settings say.

    Raises:
        SynthgenError: it cannot be read, or the model is one of pictures.
    """
    refuse_pictures(config)
    return read_table(
        Path(data), missing=config.missing, delimiter=config.delimiter, encoding=config.encoding, decimal=config.decimal
    )


def refuse_pictures(config: RunConfig) -> None:
    """Whether the model is one of tables.

    Raises:
        ConfigError: it is one of pictures.
    """
    if config.model.name == IMAGE_MODEL:
        raise ConfigError(f"model: {IMAGE_MODEL!r} learns pictures; use synthgen fit PICTURES --model {IMAGE_MODEL}")


def holdout_share(rows: int, config: RunConfig) -> float:
    """The share of the rows that is kept from training, for the evaluation."""
    share = config.holdout or (HOLDOUT_OF_SMALL if rows < SMALL_TABLE else HOLDOUT)
    return min(share, MAX_HOLDOUT_ROWS / rows)


def split_rows(table: Table, config: RunConfig) -> tuple[Table, Table]:
    """Rows to learn from, and rows that are kept from training; all rows of a person on one side.

    Raises:
        ConfigError: the table has no such unit.
        DataError: all rows are one person's.
    """
    check_unit(table, config)
    unit_N = None if config.unit is None else units_of(table.column(config.unit))
    return table.split(holdout_share(len(table), config), numpy_stream(config.seed, "holdout"), unit_N)


def write_rows(
    model: Synthesizer,
    output: Path,
    rows: int | None,
    seed: int,
    progress: Progress,
    *,
    keep: list[pa.Table] | None = None,
    asked: Mapping[str, Any] | None = None,
) -> None:
    """Sample into a file, pictures into folders beside; the first rows are kept in memory where asked for."""
    places = folders_beside(output, model.pictures_)
    for folder in places.values():
        check_folder(folder)

    def chunks(folders: dict[str, tuple[Path, str]]) -> Iterator[pa.Table]:
        done = 0
        for plain in model.sample_chunks(rows, random_state=seed, **(asked or {})):
            chunk = model.with_pictures(plain, folders, seed, done)
            if keep is not None and done < MAX_JUDGED_ROWS:
                keep.append(chunk)
            done += len(chunk)
            yield chunk
            progress.rows(done, done if rows is None else rows)

    with ExitStack() as stack:
        folders = {name: (stack.enter_context(folder_beside(f)), f.name) for name, f in places.items()}
        write_table_chunks(output, chunks(folders), model.origin_)


def _picture_files(model: Synthesizer, output: Path) -> dict[str, str]:
    return {f"pictures of {name!r}": str(folder) for name, folder in folders_beside(output, model.pictures_).items()}


ENDS = {
    "held-out loss": "ended by the held-out loss: going on would be copying",
    "critic": "ended by the critic, which could not tell any more",
    "steps": "ended by the number of steps",
}
"""Why training let its rate decay -> what the summary says."""


def training_figures(model: Synthesizer) -> list[Figure]:
    """What ended the training, and whether the critic can tell what came of it from rows that it has not seen."""
    training = model.facts_.get("training", {})
    figures: list[Figure] = []
    if training.get("held_out_loss") is not None:
        end = ENDS.get(training.get("ended_by"), "")
        note = f"best at step {training['best_step']:,} of {training['steps']:,}{'; ' * bool(end)}{end}"
        value = f"{training['held_out_loss']:.3f} nats per row"
        figures.append({"name": "held-out loss", "value": value, "floor": "-", "note": note})
    if critic := training.get("critic"):
        told = "tells" if critic["low"] > 0.5 else "cannot tell"
        interval = f"95 % interval {critic['low']:.3f} to {critic['high']:.3f}"
        note = f"{interval}: {told} {critic['rows']:,} held-out rows from drawn ones"
        figures.append({"name": "critic (AUC)", "value": f"{critic['auc']:.3f}", "floor": "0.500", "note": note})
    return figures


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
