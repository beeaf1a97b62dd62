"""``synthgen balance``: rare classes of a file, topped up."""

from __future__ import annotations

from typing import Any

import click

from synthgen.cli.options import READING, SynthgenCommand, output_options, reading_options, reporter_of, show


@click.command(cls=SynthgenCommand)
@click.argument("run", type=click.Path())
@click.argument("file", type=click.Path())
@click.option("--target", metavar="COL", required=True, help="The label whose rare classes get more rows.")
@click.option(
    "--output", type=click.Path(), metavar="FILE", required=True, help="csv, csv.gz or parquet, by its ending."
)
@click.option(
    "--to",
    "wanted",
    multiple=True,
    metavar="CLASS=N",
    help="A share (20% or 0.2) or a number of rows; may be repeated.  [default: as many as the largest]",
)
@click.option("--seed", type=click.IntRange(min=0), metavar="N", default=0, help="Of every random draw.  [default: 0]")
@reading_options
@output_options
def balance(run: str, file: str, target: str, output: str, wanted: tuple[str, ...], seed: int, **flags: Any) -> None:
    """Top up rare classes of FILE with synthetic rows.

    The column is_synthetic says which is which.
    """
    with reporter_of(flags) as progress:
        from synthgen.row_jobs import balance_file
        from synthgen.rows.balancing import wanted_of

        summary = balance_file(
            run,
            file,
            output,
            target,
            to=wanted_of(wanted),
            seed=seed,
            reading={name: flags[name] for name in READING},
            progress=progress,
        )
    show(summary, flags)
