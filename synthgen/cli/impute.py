"""``synthgen impute``: the missing cells of a file, filled."""

from __future__ import annotations

from typing import Any

import click

from synthgen.cli.options import READING, SynthgenCommand, output_options, reading_options, reporter_of, show


@click.command(cls=SynthgenCommand)
@click.argument("run", type=click.Path())
@click.argument("file", type=click.Path())
@click.option(
    "--output", type=click.Path(), metavar="FILE", required=True, help="csv, csv.gz or parquet, by its ending."
)
@click.option(
    "--draws",
    type=click.IntRange(min=1),
    metavar="K",
    default=1,
    help="So many completions: name.1.csv, name.2.csv ...  [default: 1]",
)
@click.option("--likeliest", is_flag=True, help="The most probable label, the median of a number, in place of a draw.")
@click.option("--column", "columns", multiple=True, metavar="COL", help="Fill this column alone; may be repeated.")
@click.option("--seed", type=click.IntRange(min=0), metavar="N", default=0, help="Of every random draw.  [default: 0]")
@reading_options
@output_options
def impute(
    run: str,
    file: str,
    output: str,
    draws: int,
    likeliest: bool,
    columns: tuple[str, ...],
    seed: int,
    **flags: Any,
) -> None:
    """Fill the missing cells of FILE by the model in RUN.

    A cell is drawn from what its row leaves likely. All other cells stay as they are, byte for byte.
    """
    with reporter_of(flags) as progress:
        from synthgen.row_jobs import impute_file

        summary = impute_file(
            run,
            file,
            output,
            draws=draws,
            how="likeliest" if likeliest else "draw",
            columns=list(columns) or None,
            seed=seed,
            reading={name: flags[name] for name in READING},
            progress=progress,
        )
    show(summary, flags)
