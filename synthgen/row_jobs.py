"""Jobs on rows that the user has, from file to file: fill, score, repair, top up."""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from synthgen.replacing import written_beside
from synthgen.reporting.summary import Summary
from synthgen.rows.balancing import class_counts, rows_to_add, topped_up, with_mark
from synthgen.rows.given import Given, given_rows
from synthgen.rows.imputing import Filled, impute, with_cells
from synthgen.rows.repairing import repair
from synthgen.rows.scoring import score
from synthgen.synthesizers.synthesizer import Synthesizer, load
from synthgen.table.dialect import Dialect
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
        output: the file to write: row, log_likelihood (nats), critic, percentile, atypical, unusual (JSON).
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


def repair_file(
    run: str | Path,
    data: str | Path,
    output: str | Path,
    *,
    threshold: float | None = None,
    apply: bool = False,
    seed: int = 0,
    reading: Mapping[str, Any] | None = None,
    progress: Progress | None = None,
) -> Summary:
    """Flag unlikely cells of a file; with ``apply`` write the file with what is proposed, and a log of every change.

    Args:
        run: the run folder.
        data: a CSV or Parquet file with the columns of the training table.
        output: gets the flagged cells, one a line (row, from 1; column; value; proposed; likelihood_ratio); with
            ``apply`` the repaired file, and the cells go to ``name.changes.csv`` and ``name.changes.json`` beside it.
        threshold: see ``synthgen.rows.repairing.repair``.
        apply: repair.
        seed: of places inside cells of rounded numbers.
        reading: how the file is read, see ``read_table``; what is left out is as at the fit.
        progress: is told what happens.

    Raises:
        SynthgenError: what the user can mend.
    """
    progress = progress or Silent()
    target = Path(output)
    logs = [target.with_name(f"{target.name.partition('.')[0]}.changes.{end}") for end in ("csv", "json")]
    for file in [target, *logs[:1]] if apply else [target]:
        check_writable(file)
    _, given = _opened(run, data, "repair", reading, progress)
    progress.stage("looking for unlikely cells")
    found = repair(given, threshold=threshold, seed=seed, parts=progress.parts)
    progress.stage("writing")
    listed = {**found.listed(), "row": found.rows + 1}
    kinds = (pa.int64(), pa.string(), pa.string(), pa.string(), pa.float64())
    cells = pa.table({name: pa.array(values, kind) for (name, values), kind in zip(listed.items(), kinds, strict=True)})
    write_table_chunks(logs[0] if apply else target, [cells])
    files = {"flagged cells": str(target)}
    if apply:
        facts = {"file": Path(data).name, "rows": len(given), "threshold": threshold, "changes": cells.to_pylist()}
        with written_beside(logs[1], f"{os.getpid()}.part") as beside:
            beside.write_text(json.dumps(facts, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        _write_changed(target, data, given, found.fills)
        files = {"repaired table": str(target), "changes": str(logs[0]), "changes (JSON)": str(logs[1])}
    counts = {f"  of {name}": f"{found.columns.count(name):,}" for name in dict.fromkeys(sorted(found.columns))}
    notes = [] if len(found.rows) else ["no cell was flagged" + "; the file was written as it is" * apply]
    return Summary(
        counts={"rows": f"{len(given):,}", "cells flagged": f"{len(found.rows):,}", **counts},
        notes=[*given.notes, *notes],
        files=files,
        next=[] if apply else [f"{shlex.join(['synthgen', 'repair', str(run), str(data), '--apply'])} --output FILE"],
    )


def balance_file(
    run: str | Path,
    data: str | Path,
    output: str | Path,
    target: str,
    *,
    to: str | Mapping[Any, float] | None = None,
    seed: int = 0,
    reading: Mapping[str, Any] | None = None,
    progress: Progress | None = None,
) -> Summary:
    """Write the rows of a file with synthetic rows of rare classes below, and a column that says which is which.

    Args:
        run: the run folder.
        data: a CSV or Parquet file with the columns of the training table.
        output: the file to write.
        target: a label.
        to: see ``synthgen.rows.balancing.rows_to_add``.
        seed: of every draw.
        reading: how the file is read, see ``read_table``; what is left out is as at the fit.
        progress: is told what happens.

    Raises:
        SynthgenError: what the user can mend.
    """
    progress = progress or Silent()
    check_writable(output)
    model, given = _opened(run, data, "balance", reading, progress)
    progress.stage("sampling")
    made, mark = topped_up(given, target, to, model.of_class(target, seed), progress.rows)
    progress.stage("writing")
    origin, parts = given.table.origin, [(given.table.arrow, False), (made, True)]
    typed = Path(output).name.lower().endswith(PARQUET_ENDINGS)
    if typed:
        chunks = [with_mark(origin.as_arrow(rows), mark, synthetic) for rows, synthetic in parts]
    else:
        chunks = [with_mark(rows, mark, synthetic) for rows, synthetic in parts]
    write_table_chunks(output, chunks, Dialect() if typed else origin.dialect)
    before = class_counts(given, target)
    added = rows_to_add(before, to)
    return Summary(
        counts={
            "rows": f"{len(given):,} real, {len(made):,} synthetic ({mark})",
            **{
                f"  of {target}: {name}": f"{count:,} real, {added.get(name, 0):,} synthetic"
                for name, count in before.items()
            },
        },
        notes=given.notes if len(made) else [*given.notes, "no class needed more rows"],
        files={"balanced table": str(output)},
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
