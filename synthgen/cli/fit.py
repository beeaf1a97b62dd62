"""``synthgen fit``: train only."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from synthgen.cli.options import (
    IMAGE_MODEL,
    Interrupted,
    SynthgenCommand,
    config_of,
    fitting_options,
    output_options,
    reading_options,
    reporter_of,
    show,
)


@click.command(cls=SynthgenCommand)
@click.argument("data", type=click.Path())
@click.option("--out", type=click.Path(), metavar="RUN", required=True, help="The run folder to write.")
@fitting_options
@reading_options
@output_options
def fit(data: str, out: str, **flags: Any) -> None:
    """Train only: DATA to a run folder.

    DATA is a CSV or Parquet file, or a folder of them: linked tables. With --model image it is a folder of
    pictures or an idx file (MNIST's format).
    """
    config = config_of(flags)
    with reporter_of(flags) as progress:
        from synthgen import imaging, linking, pipeline

        if config.model.name == IMAGE_MODEL:
            imaging.refuse_table_options(flags)
            outcome = imaging.fit(data, out, config, progress=progress)
        else:
            fit_tables = linking.fit if Path(data).is_dir() else pipeline.fit
            outcome = fit_tables(
                data, out, config, schema_path=flags["schema"], resume=flags["resume"], progress=progress
            )
    show(outcome.summary, flags)
    if outcome.interrupted:
        raise click.exceptions.Exit(Interrupted.exit_code)
