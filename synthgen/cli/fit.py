"""``synthgen fit``: train only."""

from __future__ import annotations

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
from synthgen.cli.run import default_folder
from synthgen.errors import ConfigError


def only_one(data: tuple[str, ...]) -> str:
    """The one place of pictures.

    Raises:
        ConfigError: there are several.
    """
    if len(data) > 1:
        raise ConfigError(f"--model image: {len(data)} places of pictures; one folder or idx file was expected")
    return data[0]


@click.command(cls=SynthgenCommand)
@click.argument("data", type=click.Path(), nargs=-1, required=True)
@click.option("--out", type=click.Path(), metavar="RUN", help="The run folder.  [default: the file's name + .run]")
@fitting_options
@reading_options
@output_options
def fit(data: tuple[str, ...], out: str | None, **flags: Any) -> None:
    """Train only: DATA to a run folder.

    DATA is a CSV or Parquet file; or linked tables: a folder of such files, several files, or the URL of a database
    (sqlite:///network.db). With --model image it is a folder of pictures or an idx file (MNIST's format).
    """
    config = config_of(flags)
    with reporter_of(flags) as progress:
        from synthgen import imaging, linking, pipeline
        from synthgen.sources import is_linked, source_of

        options = {"schema_path": flags["schema"], "resume": flags["resume"], "progress": progress}
        if config.model.name == IMAGE_MODEL:
            imaging.refuse_table_options(flags)
            place = only_one(data)
            outcome = imaging.fit(place, out or default_folder(place, ".run"), config, progress=progress)
        elif is_linked(data):
            source = source_of(data)
            outcome = linking.fit(source, out or default_folder(source.name, ".run"), config, **options)
        else:
            outcome = pipeline.fit(data[0], out or default_folder(data[0], ".run"), config, **options)
    show(outcome.summary, flags)
    if outcome.interrupted:
        raise click.exceptions.Exit(Interrupted.exit_code)
