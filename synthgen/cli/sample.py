"""``synthgen sample``: rows from a run folder."""

from __future__ import annotations

from typing import Any

import click

from synthgen.cli.options import SynthgenCommand, output_options, reporter_of, show


@click.command(cls=SynthgenCommand)
@click.argument("run", type=click.Path())
@click.option("--rows", type=click.IntRange(min=0), metavar="N", required=True, help="How many; any number.")
@click.option(
    "--output", type=click.Path(), metavar="FILE", required=True, help="csv, csv.gz or parquet, by its ending."
)
@click.option("--seed", type=click.IntRange(min=0), metavar="N", help="Of every random draw.  [default: 0]")
@click.option("--steps", type=click.IntRange(min=1), metavar="K", help="Passes of the network: fewer are faster.")
@click.option(
    "--guide",
    type=click.FloatRange(min=1, max=32),
    metavar="G",
    help="Draw G rows for each that the critic lets pass: slower, closer.",
)
@output_options
def sample(
    run: str, rows: int, output: str, seed: int | None, steps: int | None, guide: float | None, **flags: Any
) -> None:
    """Write rows of the model in RUN to a file.

    They are written in chunks: memory does not grow with the number of rows.
    """
    with reporter_of(flags) as progress:
        from synthgen import pipeline

        outcome = pipeline.sample(run, rows, output, seed=seed or 0, steps=steps, guide=guide, progress=progress)
    show(outcome.summary, flags)
