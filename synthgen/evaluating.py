"""Judging anyone's synthetic table: read, bring to one spelling, measure, report."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path
from typing import Any

import pyarrow as pa

from synthgen.columns import load_schema
from synthgen.columns.detect import detect_schema
from synthgen.errors import ConfigError, DataError
from synthgen.metrics import METRICS
from synthgen.metrics.alignment import align
from synthgen.metrics.evaluation import Evaluation, evaluate
from synthgen.metrics.gates import read_gates
from synthgen.metrics.privacy.audit import FEWEST_FITS, FitAndSample
from synthgen.metrics.privacy.audit import NAME as AUDIT
from synthgen.reporting.folder import Form, refuse_file, write_report
from synthgen.reporting.summary import Summary
from synthgen.storage import file_sha256
from synthgen.table.files import read_table
from synthgen.table.schema import Schema
from synthgen.table.table import Table
from synthgen.training.progress import Progress, Silent

MOST_RELATED = 300
"""Columns up to which ties and formulas are looked for: with more, all pairs take longer than all figures."""
NO_ROWS = pa.table({})


@dataclass(frozen=True)
class Reading:
    """A table that is judged or judges.

    Attributes:
        table: what was read.
        facts: its name, size and, of a file, the SHA-256.
    """

    table: Table
    facts: dict[str, Any]


def evaluate_tables(
    real: Any,
    synthetic: Any,
    holdout: Any = None,
    *,
    target: str | None = None,
    task: str | None = None,
    schema: Schema | str | Path | None = None,
    seed: int = 0,
    min_holders: int = 5,
    fail_if: str | Sequence[str] | None = None,
    out: str | Path | None = None,
    audit: int | None = None,
    reading: Mapping[str, Any] | None = None,
    progress: Progress | None = None,
) -> Evaluation:
    """Judge a synthetic table by the real rows it was made from and by real rows that its generator never saw.

    Args:
        real: rows that the generator learned from: a path to a CSV or Parquet file, a pandas frame, an Arrow table,
            or anything with ``__arrow_c_stream__`` (Polars, DuckDB).
        synthetic: its rows, from this program or any other; the same columns in any order.
        holdout: real rows that it never saw. Without them there are no floors, and privacy cannot be shown. None
            are split off ``real``, because the generator may have learned from every row of it.
        target: the column that matters: what is learned from synthetic rows is tested on it.
        task: ``detect`` where the target marks rows that are to be found, such as fake accounts.
        schema: what the columns mean; None: detected from the real rows.
        seed: the same one gives the same figures.
        min_holders: a label, bin or row of real data is named only when so many rows hold it.
        fail_if: rules such as ``"detector_auc>0.6, exact_copies>0"``; see ``Evaluation.failed_gates``.
        out: a folder that gets ``report.html`` and ``metrics.json``; None: nothing is written.
        audit: fit synthgen so many times anew on ``real``, with and without certain people, and see whether its rows
            tell which; None: not. It takes as long as so many fits and says nothing of another tool's table.
        reading: how files are read, see ``read_table``.
        progress: is told what happens.

    Raises:
        SynthgenError: a table cannot be read or lacks a column, or a setting is at fault.

    Example:
        >>> import pandas
        >>> rows = pandas.DataFrame({"plan": ["free", "paid"] * 50, "visits": range(100)})
        >>> judged = evaluate_tables(rows, rows, fail_if="exact_copies > 0")
        >>> {verdict.question: verdict.state for verdict in judged.verdicts}["private"], len(judged.failed_gates)
        ('fail', 1)
    """
    progress = progress or Silent()
    if out is not None:
        refuse_file(Path(out))
    gates = read_gates(fail_if, [metric.name for metric in METRICS] + ([AUDIT] if audit else []))
    if audit is not None and audit < FEWEST_FITS:
        raise ConfigError(f"audit: {audit} fits; at least {FEWEST_FITS} were expected. Ask for more")
    progress.stage("reading")
    options = dict(reading or {})
    train = _read(real, "the real table", options, min_holders)
    made = _read(synthetic, "the synthetic table", options, min_holders)
    unseen = None if holdout is None else _read(holdout, "the held-out table", options, min_holders)
    known = _schema(train.table, schema, target, min_holders, seed)
    aligned = align(
        train.table.arrow,
        NO_ROWS if unseen is None else unseen.table.arrow,
        made.table.arrow,
        known,
        (train.table.name, "the held-out table" if unseen is None else unseen.table.name, made.table.name),
        _decimals(train, train if unseen is None else unseen, made),
    )
    progress.stage("evaluating")
    evaluation = evaluate(
        *aligned.tables,
        aligned.schema,
        target=target,
        task=task,
        seed=seed,
        min_holders=min_holders,
        gates=gates,
        said=[*aligned.notes, *_said(train.table, schema)],
        settings={"schema": "detected from the real rows" if schema is None else "given"},
        data={"train": train.facts, "holdout": None if unseen is None else unseen.facts, "synthetic": made.facts},
        on_metric=progress.parts,
        refit=None if audit is None else _refit(train.table, aligned.schema, target, min_holders, audit, progress),
        fits=audit or FEWEST_FITS,
    )
    if out is not None:
        write_report(evaluation.to_json(), Path(out))
    return evaluation


def evaluate_files(
    real: str | Path,
    synthetic: str | Path,
    holdout: str | Path | None,
    out: str | Path,
    *,
    form: Form = "html",
    progress: Progress | None = None,
    **settings: Any,
) -> tuple[Evaluation, Summary]:
    """The same from files to a folder with a report and ``metrics.json``; ``settings`` as for ``evaluate_tables``."""
    refuse_file(Path(out))
    evaluation = evaluate_tables(real, synthetic, holdout, progress=progress, **settings)
    files = write_report(evaluation.to_json(), Path(out), form)
    parts = evaluation.summary_parts()
    return evaluation, Summary(**parts, files=files)  # type: ignore[typeddict-item]


def _refit(
    table: Table, schema: Schema, target: str | None, min_holders: int, fits: int, progress: Progress
) -> FitAndSample:
    """Synthgen itself, as the auditor plays with it: rows and a seed in, as many synthetic rows out."""
    from synthgen.synthesizers.synthesizer import Synthesizer

    done = 0

    def fit_and_sample(rows: pa.Table, seed: int) -> pa.Table:
        nonlocal done
        progress.parts(done, fits, "auditing: a fit with and without certain people")
        done += 1
        model = Synthesizer(random_state=seed, target=target, min_holders=min_holders, schema=schema)
        model.fit(replace(table, arrow=rows))
        return pa.concat_tables(model.sample_chunks(len(rows), random_state=seed))

    return fit_and_sample


def _read(data: Any, name: str, options: dict[str, Any], min_holders: int) -> Reading:
    if isinstance(data, (str, PathLike)):
        path = Path(data).expanduser()
        table = read_table(path, **options)
        facts: dict[str, Any] = {"name": path.name, "rows": len(table), "columns": len(table.names)}
        return Reading(table, facts | {"sha256": file_sha256(path)})
    pandas = sys.modules.get("pandas")
    if pandas is not None and isinstance(data, pandas.DataFrame) and len(data) and _is_plain_index(data.index):
        data = data.reset_index(drop=True)
    table = Table.from_any(data, name, min_holders=min_holders)
    return Reading(table, {"name": name, "rows": len(table), "columns": len(table.names)})


def _is_plain_index(index: Any) -> bool:
    """Numbers that only count rows, as after a shuffle or a concatenation: no column, even where they repeat."""
    return index.nlevels == 1 and index.name is None and index.dtype.kind in "iu"


def _schema(table: Table, given: Schema | str | Path | None, target: str | None, min_holders: int, seed: int) -> Schema:
    if given is None:
        decimal, relations = table.origin.dialect.decimal, len(table.names) <= MOST_RELATED
        return detect_schema(
            table.arrow, target=target, min_holders=min_holders, seed=seed, decimal=decimal, relations=relations
        )
    schema = given if isinstance(given, Schema) else load_schema(given)
    schema.check(table.names)
    if target is not None and schema.column(target).type == "drop":
        raise DataError(f"target: the schema drops {target!r}; a column that is judged was expected. Choose another")
    return schema


def _decimals(*readings: Reading) -> tuple[str, str, str]:
    first, second, third = (one.table.origin.dialect.decimal for one in readings)
    return first, second, third


def _said(table: Table, schema: Schema | str | Path | None) -> list[str]:
    if schema is not None or len(table.names) <= MOST_RELATED:
        return []
    return [f"The table has {len(table.names):,} columns: ties and formulas were looked for in none of them."]
