"""``synthgen schema``: what was detected and why, as a file to edit."""

from __future__ import annotations

import json
import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from synthgen.cli.options import SynthgenCommand, output_options, reading_options, reporter_of, show
from synthgen.errors import SchemaError

if TYPE_CHECKING:
    from synthgen.table.schema import Schema
    from synthgen.table.table import Table

WORDS = {
    "ties": "Tied",
    "formulas": "Computed",
    "one_hot": "One-hot",
    "combinations": "Combined",
    "dependences": "Follows",
    "orders": "In order",
    "ranges": "Within",
    "missing": "Missing",
    "unique": "Unique",
}
"""What ``schema`` calls the rules of each list."""
READING = ("missing", "delimiter", "encoding", "decimal")


@click.command(cls=SynthgenCommand)
@click.argument("data", type=click.Path(), nargs=-1, required=True)
@click.option(
    "--output", type=click.Path(), metavar="FILE", default="schema.json", show_default=True, help="The file to edit."
)
@click.option("--target", metavar="COL", help="The column that the others are meant to predict.")
@click.option("--from-sdv", type=click.Path(), metavar="FILE", help="Take types from SDV metadata (V1 or V2).")
@click.option("--to-sdv", type=click.Path(), metavar="FILE", help="Write SDV metadata too.")
@click.option(
    "--sdv-form",
    type=click.Choice(["V1", "V2", "SINGLE_TABLE_V1"]),
    default="V1",
    show_default=True,
    help="Of --to-sdv.",
)
@reading_options
@output_options
def schema(data: tuple[str, ...], output: str, target: str | None, **flags: Any) -> None:
    """Show what each column was taken for, and why.

    The same is written to a file to edit. A file that was edited is never
    overwritten. Of linked tables (a folder, several files, the URL of a
    database), keys and references are shown too.
    """
    from synthgen.sources import is_linked

    if is_linked(data):
        _linked(data, output, target, flags)
        return
    with reporter_of(flags) as progress:
        from synthgen.columns.detect import detect_schema
        from synthgen.table.files import read_table

        progress.stage("reading")
        table = read_table(data[0], **{name: flags[name] for name in READING})
        progress.stage("detecting")
        overrides = _sdv_types(Path(flags["from_sdv"]), table) if flags["from_sdv"] else None
        decimal, folder = table.origin.dialect.decimal, table.folder
        found = detect_schema(table.arrow, target=target, overrides=overrides, decimal=decimal, folder=folder)
        _save_unless_edited(found, Path(output))
        written = {"schema": output}
        if flags["to_sdv"]:
            _write_sdv(found, table, Path(flags["to_sdv"]), flags["sdv_form"])
            written["SDV metadata"] = flags["to_sdv"]
    if not flags["quiet"] and flags["log_format"] == "text":
        _print(found, table)
    command = ["synthgen", "run", data[0], "--schema", output, *(["--target", target] if target else [])]
    show({"files": written, "next": [shlex.join(command)]}, flags)


def _linked(data: tuple[str, ...], output: str, target: str | None, flags: dict[str, Any]) -> None:
    """The schema of linked tables."""
    with reporter_of(flags) as progress:
        from synthgen.config import RunConfig
        from synthgen.linked.schema import LinkedSchema
        from synthgen.linked.sdv import links_from_sdv, links_to_sdv
        from synthgen.linking import links_of, read_tables
        from synthgen.sources import source_of

        progress.stage("reading")
        config = RunConfig(target=target, **{name: flags[name] for name in READING})
        source = source_of(data)
        tables = read_tables(source, config)
        progress.stage("detecting")
        found = links_of(source, tables, config)
        if flags["from_sdv"]:
            found = links_from_sdv(_read_sdv(Path(flags["from_sdv"])), found, flags["from_sdv"])
        path = Path(output)
        if path.exists() and LinkedSchema.load(path).to_text() != found.to_text():
            raise SchemaError(
                f"{path}: is there and differs from what was detected; it was not overwritten. "
                "Delete it, or choose another --output"
            )
        found.save(path)
        written = {"schema": output}
        if flags["to_sdv"]:
            _save_sdv(links_to_sdv(found, "V2" if flags["sdv_form"] == "V2" else "V1"), Path(flags["to_sdv"]))
            written["SDV metadata"] = flags["to_sdv"]
    if not flags["quiet"] and flags["log_format"] == "text":
        from synthgen.reporting.summary import output_console

        console = output_console()
        for name, table in tables.items():
            console.print(f"\n{name}", style="bold")
            _print(found.tables[name].columns, table)
            key = " and ".join(found.tables[name].key) or "none"
            console.print(f"Key: {key}", markup=False, highlight=False, soft_wrap=True)
        for reference in found.references:
            console.print(f"Refers: {reference.text}", markup=False, highlight=False, soft_wrap=True)
        for name, column, count in found.counted():
            console.print(f"Counts: {name}.{column} = {count.text}", markup=False, highlight=False, soft_wrap=True)
    command = ["synthgen", "run", *source.given, "--schema", output, *(["--target", target] if target else [])]
    show({"files": written, "next": [shlex.join(command)]}, flags)


def _save_unless_edited(found: Schema, path: Path) -> None:
    if path.exists():
        from synthgen.table.schema import Schema

        if Schema.load(path).to_text() == found.to_text():
            return
        raise SchemaError(
            f"{path}: is there and differs from what was detected; it was not overwritten. "
            "Delete it, or choose another --output"
        )
    found.save(path)


def _table_name(table: Table) -> str:
    return table.name.split(".")[0] or "table"


def _sdv_types(path: Path, table: Table) -> dict[str, dict[str, Any]]:
    """Types and options by column, as the metadata say; a column without a value needs none."""
    from synthgen.table.sdv_metadata import from_sdv

    metadata = _read_sdv(path)
    tables = metadata.get("tables") if isinstance(metadata, dict) else None
    name = _table_name(table) if isinstance(tables, dict) and _table_name(table) in tables else None
    empty = {column for column in table.names if table.column(column).null_count == len(table)}
    columns = from_sdv(metadata, name, str(path)).columns
    return {c.name: {"type": c.type, "options": c.options, "reason": c.reason} for c in columns if c.name not in empty}


def _read_sdv(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise SchemaError(f"{path}: cannot be read; {error.strerror}") from None
    except ValueError:
        raise SchemaError(f"{path}: is not JSON; SDV metadata were expected") from None


def _write_sdv(found: Schema, table: Table, path: Path, form: str) -> None:
    from synthgen.table.sdv_metadata import to_sdv

    _save_sdv(to_sdv(found, form, _table_name(table)), path)


def _save_sdv(metadata: dict[str, Any], path: Path) -> None:
    from synthgen.replacing import written_beside

    text = json.dumps(metadata, indent=4, ensure_ascii=False) + "\n"
    try:
        with written_beside(path, f"{os.getpid()}.part") as beside:
            beside.write_text(text, encoding="utf-8")
    except OSError as error:
        raise SchemaError(f"{path}: cannot be written; {error.strerror}") from None


def _print(found: Schema, table: Table) -> None:
    import pyarrow.compute as pc

    from synthgen.reporting.summary import output_console, schema_table

    lines = []
    for column in found.columns:
        values = table.column(column.name)
        distinct = pc.count_distinct(values).as_py()
        lines.append((column.name, column.type, column.reason, values.null_count, distinct))
    console = output_console()
    console.print(schema_table(lines, len(table)))
    said = [f"{WORDS[key]}: {line.text}" for key, line in found.rules]
    said += [f"Nearly: {one.text}" for one in found.nearly]
    if found.nearly:
        said.append(
            "A rule that is nearly kept is applied only once it is moved from 'nearly' to its list in the file."
        )
    for sentence in said:
        console.print(sentence, markup=False, highlight=False, soft_wrap=True)
