"""``synthgen bundle``: one file to hand on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from synthgen.cli.options import SynthgenCommand, output_options, reporter_of, show


@click.command(cls=SynthgenCommand)
@click.argument("run", type=click.Path())
@click.option("--output", type=click.Path(), metavar="FILE.zip", help="[default: the folder's name + .zip]")
@output_options
def bundle(run: str, output: str | None, **flags: Any) -> None:
    """Put what RUN holds into one zip to hand on.

    RUN is the folder that synthgen run left. The zip gets the synthetic table, a data card, the report and its
    figures, a privacy statement, settings and seed, and the SHA-256 of each file; nothing of the real data, and not
    the model.
    """
    file = Path(f"{Path(run).absolute().name}.zip" if output is None else output)
    with reporter_of(flags) as progress:
        from synthgen.bundling import write_bundle

        progress.stage("bundling")
        write_bundle(run, file)
    show({"files": {"bundle": str(file)}}, flags)
