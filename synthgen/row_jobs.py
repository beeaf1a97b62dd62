"""Jobs on rows that the user has, from file to file: fill, score."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from synthgen.reporting.summary import Summary
from synthgen.rows.given import Given, given_rows
from synthgen.rows.imputing import Filled, impute, with_cells
from synthgen.rows.scoring import score
from synthgen.synthesizers.synthesizer import Synthesizer, load
from synthgen.table.patching import Cells, write_patched
from synthgen.table.writing import PARQUET_ENDINGS, check_writable, write_table_chunks
from synthgen.training.progress import Progress, Silent


def impute_file(
    run: str | Path,
    data: str | Path,
    output: str | Path,
    *,
    draws: int = 1,
    how: str = "draw",
    columns: Sequence[str] | None = None,
    seed: int = 0,
    reading: Mapping[str, Any] | None = None,
    progress: Progress | None = None,
) -> Summary:
    """Fill the missing cells of a file; every other cell is copied byte for byte (of a text file written as text).

    Args:
        run: the run folder.
        data: a CSV or Parquet file with the columns of the training table.
        output: the file to write; with more than one draw ``name.1.csv``, ``name.2.csv`` and so on.
        draws: completions, each drawn anew.
        how: ``draw`` or ``likeliest``.
        columns: fill these alone; None: all.
        seed: of every draw.
        reading: how the file is read, see ``read_table``; what is left out is as at the fit.
        progress: is told what happens.

    Raises:
        SynthgenError: what the user can mend.
    """
    progress = progress or Silent()
    targets = [Path(output)] if draws <= 1 else [numbered(Path(output), draw + 1) for draw in range(draws)]
    for target in targets:
        check_writable(target)
    _, given = _opened(run, data, "impute", reading, progress)
    progress.stage("filling")
    filled = impute(given, draws=draws, how=how, columns=columns, seed=seed, parts=progress.parts)
    progress.stage("writing")
    for target, one in zip(targets, filled, strict=True):
        _write_changed(target, data, given, one.fills)
    first = filled[0]
    return Summary(
        counts={"rows": f"{len(given):,}", "cells filled": f"{first.cells:,}", **_per_column(first)},
        notes=[*given.notes, *_notes(first)],
        files={"filled table" if draws == 1 else f"draw {i + 1}": str(t) for i, t in enumerate(targets)},
    )


def score_file(
    run: str | Path,
    data: str | Path,
    output: str | Path,
    *,
    critic: bool = True,
    seed: int = 0,
    reading: Mapping[str, Any] | None = None,
    progress: Progress | None = None,
) -> Summary:
    """Score the rows of a file: one line for each, in their order, numbered from 1.

    Args:
        run: the run folder.
        data: a CSV or Parquet file with the columns of the training table.
        output: the file to write: row, log_likelihood (nats), critic, percentile, unusual (JSON).
        critic: ask the critic too.
        seed: of places inside cells of rounded numbers.
        reading: how the file is read, see ``read_table``; what is left out is as at the fit.
        progress: is told what happens.

    Raises:
        SynthgenError: what the user can mend.
    """
    progress = progress or Silent()
    check_writable(output)
    _, given = _opened(run, data, "score", reading, progress)
    progress.stage("scoring")
    scores = score(given, critic=critic, seed=seed, parts=progress.parts)
    progress.stage("writing")
    columns = {"row": np.arange(1, len(given) + 1), **scores.columns()}
    write_table_chunks(output, [pa.table({name: pa.array(values) for name, values in columns.items()})])
    return Summary(
        counts={
            "rows": f"{len(given):,}",
            "mean log-likelihood": f"{scores.log_likelihood.mean():.3f} nats",
            "below percentile 1": f"{(scores.percentile < 1).mean():.2%} of the rows; 1.00% of real rows are",
        },
        notes=given.notes,
        files={"scores": str(output)},
    )


def numbered(path: Path, number: int) -> Path:
    """The file of one draw.

    Example:
        >>> numbered(Path("filled.csv.gz"), 2).name
        'filled.2.csv.gz'
    """
    stem, dot, endings = path.name.partition(".")
    return path.with_name(f"{stem}.{number}{dot}{endings}")


def _opened(
    run: str | Path, data: str | Path, job: str, reading: Mapping[str, Any] | None, progress: Progress
) -> tuple[Synthesizer, Given]:
    progress.stage("loading")
    model = load(run)
    known = model.known(job)
    progress.stage("reading")
    given = given_rows(known, data, reading)
    for note in given.notes:
        progress.message(note, warning=True)
    return model, given


def _write_changed(target: Path, data: str | Path, given: Given, cells: Cells) -> None:
    """A text file as text with other text in those cells; anything else as a table."""
    if given.table.origin.kind == "csv" and not target.name.lower().endswith(PARQUET_ENDINGS):
        write_patched(target, data, given.table, cells)
    else:
        write_table_chunks(target, [with_cells(given.table, dict(cells)).arrow], given.table.origin)


def _per_column(filled: Filled) -> dict[str, str]:
    counts = {name: len(values) - values.null_count for name, (_, values) in filled.fills.items()}
    return {f"  of {name}": f"{count:,}" for name, count in counts.items() if count}


def _notes(filled: Filled) -> list[str]:
    notes = []
    if not filled.cells and not filled.left:
        notes.append("no cell was missing; the file was written as it is")
    if filled.left:
        notes.append(
            f"cells of {', '.join(map(repr, filled.left))} stayed missing: the training table had no value there, or "
            "the column holds pictures"
        )
    return notes
