"""``synthgen compare``: models side by side on one table."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from synthgen.cli.options import (
    MODEL_NAMES,
    SynthgenCommand,
    comparing_options,
    config_of,
    output_options,
    reading_options,
    reporter_of,
)
from synthgen.cli.run import default_folder


def _names(_ctx: click.Context, _param: click.Parameter, value: str) -> list[str]:
    return [name.strip() for name in value.split(",") if name.strip()]


@click.command(cls=SynthgenCommand)
@click.argument("data", type=click.Path())
@click.option(
    "--models",
    default=",".join(name for name in MODEL_NAMES if not name.startswith("sdv:")),  # those need an extra
    show_default=True,
    callback=_names,
    metavar="NAMES",
    help="Separated by commas.",
)
@click.option("--seeds", type=click.IntRange(min=1), default=1, show_default=True, help="Fits of each model.")
@click.option("--out", type=click.Path(), metavar="DIR", help="[default: the file's name + .compare]")
@comparing_options
@reading_options
@output_options
def compare(data: str, models: list[str], seeds: int, out: str | None, **flags: Any) -> None:
    """Fit several models to the same rows of DATA and judge each.

    The folder gets comparison.md and comparison.json: times, closeness, usefulness and distances of every model
    beside real rows that none of them saw.
    """
    config = config_of(flags)
    folder = default_folder(data, ".compare") if out is None else Path(out)
    with reporter_of(flags) as progress:
        from synthgen import comparing

        found = comparing.compare(
            data, models, config, folder, seeds=seeds, schema_path=flags["schema"], progress=progress
        )
    if flags["log_format"] == "json":
        click.echo(json.dumps({"event": "outcome", **found.to_json()}), err=True)
    elif not flags["quiet"]:
        from synthgen.reporting.summary import output_console, print_comparison

        written = {"table": str(folder / comparing.FILES[1]), "figures": str(folder / comparing.FILES[0])}
        print_comparison(*found.table(), found.notes(), written, output_console())
    if all(entry.error for entry in found.entries):
        sys.exit(2)
