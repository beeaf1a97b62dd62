"""The main job under a guarantee: fit, sample as many rows, and say what was promised. No real row is judged by.

The report of an ordinary run compares with real rows, which no noise covers; ``synthgen evaluate`` does that on demand,
for the eyes of those who hold the real table.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from synthgen.config import RunConfig
from synthgen.linking import fit_tables, links_of, notes_of, read_tables, refuse_resume, write_tables
from synthgen.pipeline import RUN_FOLDER, SYNTHETIC, Outcome, fit_table, read_data, write_rows
from synthgen.reporting.folder import make_folder, write_text
from synthgen.reporting.guarantee import (
    LEDGER_FILE,
    PAGE_FILE,
    figures_of_guarantee,
    kinds_of_steps,
    ledger_lines,
    statement,
)
from synthgen.reporting.page.guarantee import write_guarantee
from synthgen.reporting.summary import ColumnLine, Summary
from synthgen.seeding import derived_seed
from synthgen.sources import Source
from synthgen.storage import file_sha256, writing
from synthgen.table.writing import check_writable
from synthgen.training.progress import Progress, Silent

FACTS = ("model", "seed", "data", "target")
"""Of the manifest, those that the page shows as they are."""
NOT_JUDGED = (
    "made rows were not judged beside real ones, for that is outside the guarantee; the errors above are beside the "
    "noisy shares that were released"
)


def run(
    data: str | Path,
    out: str | Path,
    config: RunConfig,
    *,
    schema_path: str | Path | None = None,
    resume: bool = False,
    progress: Progress | None = None,
) -> Outcome:
    """Fit a table privately and sample as many rows, by its noisy number of rows.

    Args:
        data: a CSV or Parquet file.
        out: gets ``run/``, ``synthetic.csv`` (or ``.parquet``), ``guarantee.html`` and ``guarantee.json``.
        config: settings, with an epsilon.
        schema_path: a ``schema.json`` in place of detection: what it says is public and costs nothing.
        resume: go on where a killed run stopped; what it had measured is not paid for again.
        progress: is told what happens.

    Raises:
        SynthgenError: what the user can mend.
    """
    progress, folder = progress or Silent(), Path(out)
    output = folder / f"{SYNTHETIC}{'.parquet' if Path(data).suffix in ('.parquet', '.pq') else '.csv'}"
    progress.stage("reading")
    table = read_data(data, config)
    make_folder(folder)
    check_writable(output)
    with writing(folder / RUN_FOLDER) as writer:
        model = fit_table(table, config, schema_path, writer, resume, progress)
    progress.stage("sampling")
    rows = int(model.facts_["data"]["rows"])
    write_rows(model, output, rows, derived_seed(config.seed, "sampling"), progress)
    facts = model.facts_ | {"model": model.model_.name}
    written = write_statement(facts, list(model.notes_), folder, output)
    judge = ["synthgen", "evaluate", "--real", str(data), "--synthetic", str(output)]
    drawn = ["--rows", str(10 * rows), "--output", f"more{output.suffix}"]
    more = ["synthgen", "sample", str(folder / RUN_FOLDER), *drawn]
    summary = Summary(
        columns=_column_lines(facts["privacy"]["columns"], {c.name: c.type for c in model.schema_.columns}),
        figures=figures_of_guarantee(facts["privacy"]),
        notes=[*model.notes_, NOT_JUDGED],
        files={"synthetic table": str(output), "model": str(folder / RUN_FOLDER), **written},
        next=[
            f"{shlex.join(more)}    # any number of rows: drawing costs nothing more",
            f"{shlex.join(judge)}    # beside real rows: outside the guarantee, for those who may see them",
        ],
    )
    return Outcome(summary, model.interrupted_)


def run_linked(
    source: Source,
    out: str | Path,
    config: RunConfig,
    *,
    schema_path: str | Path | None = None,
    resume: bool = False,
    progress: Progress | None = None,
) -> Outcome:
    """Fit linked tables privately and sample as many rows, by their noisy numbers.

    Args:
        source: of the tables.
        out: gets ``run/``, the tables, ``guarantee.html`` and ``guarantee.json``.
        config: settings, with an epsilon; ``unit`` is the table of people.
        schema_path: a ``schema.json`` of several tables: what it says is public.
        resume: not for linked tables.
        progress: is told what happens.

    Raises:
        SynthgenError: what the user can mend.
    """
    progress, folder = progress or Silent(), Path(out)
    refuse_resume(resume)
    progress.stage("reading")
    tables = read_tables(source, config)
    schema = links_of(source, tables, config, schema_path)
    make_folder(folder)
    with writing(folder / RUN_FOLDER) as writer:
        model = fit_tables(tables, config, schema, writer, progress)
    progress.stage("sampling")
    made = model.linked_.sample(1.0, None, derived_seed(config.seed, "sampling"), progress)
    files = write_tables(made, model, folder)
    facts, notes = model.facts_ | {"model": config.model.name}, notes_of(model)
    written = write_statement(facts, notes, folder, folder)
    more = ["synthgen", "sample", str(folder / RUN_FOLDER), "--scale", "10", "--out", "more"]
    types = {f"{name}.{c.name}": c.type for name, table in schema.tables.items() for c in table.columns.columns}
    shown = [column for column in facts["privacy"]["columns"] if column["name"] in types]
    summary = Summary(
        columns=_column_lines(shown, types),
        figures=figures_of_guarantee(facts["privacy"]),
        notes=[*notes, NOT_JUDGED],
        files={"model": str(folder / RUN_FOLDER), **files, **written},
        next=[f"{shlex.join(more)}    # any number of people: drawing costs nothing more"],
    )
    return Outcome(summary, model.interrupted_)


def write_statement(facts: Mapping[str, Any], notes: list[str], folder: Path, made: Path) -> dict[str, str]:
    """Write what is promised, for people and for machines.

    Args:
        facts: of the manifest.
        notes: what whoever signs should know.
        folder: where both files go.
        made: the made table, or the folder of several.

    Returns:
        What each file is -> its path.

    Raises:
        DataError: the folder cannot be written.
    """
    privacy = facts["privacy"]
    lines = ledger_lines(privacy)
    ledger = privacy["ledger"]
    training = {key: fact for key, fact in facts.get("training", {}).items() if isinstance(fact, int | float | str)}
    found = {
        "version": 1,
        "name": made.name,
        "sha256": file_sha256(made) if made.is_file() else None,
        "statement": statement(privacy),
        "top": [
            ["Epsilon", f"{ledger['epsilon_spent']:.4g} of {ledger['epsilon']:g}"],
            ["Delta", f"{ledger['delta']:g}"],
            ["Unit", ledger["unit"] or "a row"],
            ["With a public schema", f"epsilon {privacy['with_public_schema']:.4g}"],
        ],
        "ledger": lines,
        "spent": kinds_of_steps(lines),
        "columns": privacy["columns"],
        "notes": notes,
        "facts": {key: facts[key] for key in FACTS if facts.get(key)} | {"training": training},
    }
    write_text(folder / PAGE_FILE, write_guarantee(found))
    content = {**found, "privacy": {key: part for key, part in privacy.items() if key != "columns"}}
    write_text(folder / LEDGER_FILE, json.dumps(content, indent=2, ensure_ascii=False) + "\n")
    return {"guarantee": str(folder / PAGE_FILE), "ledger": str(folder / LEDGER_FILE)}


def _column_lines(columns: list[dict[str, Any]], types: Mapping[str, str]) -> list[ColumnLine]:
    """Columns beside the noise: an error below it has nothing to gain."""
    return [
        {"name": c["name"], "type": types.get(c["name"], ""), "error": c["error"], "floor": c["noise"]} for c in columns
    ]
