"""``synthgen inspect``: what a model has learned, and how."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from synthgen.cli.options import SynthgenCommand, output_options, reading_options, reporter_of, show


@click.command(cls=SynthgenCommand)
@click.argument("run", type=click.Path())
@click.option("--out", type=click.Path(), metavar="FILE", help="[default: the folder's name + .inspect.html]")
@click.option(
    "--rows", type=click.Path(), metavar="FILE", help="Rows to be scored and explained.  [default: generated rows]"
)
@click.option("--seed", type=click.IntRange(min=0), metavar="N", default=0, help="Of every random draw.  [default: 0]")
@reading_options
@output_options
def inspect(run: str, out: str | None, rows: str | None, seed: int, **flags: Any) -> None:
    """Look into the model in RUN: one HTML page.

    It shows how training went, what values are to the network, a walk through its inner space where it has one,
    which columns its critic leans on, and which rows stand out and why. The page holds no value that few real rows
    hold; of the rows in --rows it holds numbers, scores and vocabulary, not the cells.
    """
    file = Path(f"{Path(run).absolute().name}.inspect.html" if out is None else out)
    with reporter_of(flags) as progress:
        from synthgen.inspecting.collect import inspect_run

        inspect_run(run, file, rows=rows, seed=seed, reading=flags, progress=progress)
    show({"files": {"page": str(file)}}, flags)
