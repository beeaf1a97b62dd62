"""``synthgen repair``: cells of a file that are unlikely given the rest of their row."""

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
@click.option("--apply", is_flag=True, help="Write FILE with what is proposed, and the list of changes beside it.")
@click.option(
    "--threshold",
    type=click.FloatRange(min=1),
    metavar="R",
    help="Flag what is R times less likely than what is proposed.  [default: one in 1,000 right cells is flagged]",
)
@click.option("--seed", type=click.IntRange(min=0), metavar="N", default=0, help="Of every random draw.  [default: 0]")
@reading_options
@output_options
def repair(run: str, file: str, output: str, apply: bool, threshold: float | None, seed: int, **flags: Any) -> None:
    """Flag cells of FILE that look like mistakes.

    The output lists them: row (from 1), column, value, proposed, likelihood_ratio. With --apply it is FILE with the
    proposed values, every other byte as it was, and the list goes to name.changes.csv and name.changes.json beside it.
    """
    with reporter_of(flags) as progress:
        from synthgen.row_jobs import repair_file

        summary = repair_file(
            run,
            file,
            output,
            threshold=threshold,
            apply=apply,
            seed=seed,
            reading={name: flags[name] for name in READING},
            progress=progress,
        )
    show(summary, flags)
