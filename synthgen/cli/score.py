"""``synthgen score``: how likely each row of a file is, and what makes it unlikely."""

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
@click.option("--critic/--no-critic", default=True, help="Ask the critic too.  [default: --critic]")
@click.option("--seed", type=click.IntRange(min=0), metavar="N", default=0, help="Of every random draw.  [default: 0]")
@reading_options
@output_options
def score(run: str, file: str, output: str, critic: bool, seed: int, **flags: Any) -> None:
    r"""Score the rows of FILE by the model in RUN, one line for each.

    \b
    row              its number in FILE, from 1
    log_likelihood   of the row, in nats; of a number, of the cell of the range that it is in
    critic           how much likelier real than generated, a log ratio
    percentile       0 to 100: the share of real rows held out from the fit that are less likely
    atypical         0 to 100: the share of them that look more like the usual row: neither too odd nor too plain
    unusual          JSON: up to three columns that make it unlikely -> log of the ratio of the cell's
                     probability to what cells of that column usually have
    """
    with reporter_of(flags) as progress:
        from synthgen.row_jobs import score_file

        summary = score_file(
            run,
            file,
            output,
            critic=critic,
            seed=seed,
            reading={name: flags[name] for name in READING},
            progress=progress,
        )
    show(summary, flags)
