"""``synthgen run``: the main job, from a table to a synthetic table and how close it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from synthgen.cli.options import (
    Interrupted,
    SynthgenCommand,
    config_of,
    fitting_options,
    output_options,
    reading_options,
    reporter_of,
    show,
)

_ENDINGS = (".gz", ".csv", ".tsv", ".txt", ".parquet", ".pq")


def default_folder(data: str, ending: str = ".synthgen") -> Path:
    """The file's name + an ending of its own, in the current folder.

    Example:
        >>> default_folder("downloads/users.csv.gz").name
        'users.synthgen'
    """
    name = Path(data).name
    for known in _ENDINGS:
        name = name.removesuffix(known) or name
    return Path(f"{name}{ending}")


@click.command(cls=SynthgenCommand)
@click.argument("data", type=click.Path(), nargs=-1, required=True)
@click.option(
    "--out", type=click.Path(), metavar="DIR", help="[default: the file's name, or of several tables.synthgen]"
)
@fitting_options
@reading_options
@output_options
def run(data: tuple[str, ...], out: str | None, **flags: Any) -> None:
    """Fit DATA, sample as many rows, judge them.

    DATA is a CSV (or .csv.gz) or Parquet file; or linked tables: a folder of such files, several files, or the URL
    of a database (sqlite:///network.db). The folder DIR gets run/ (the model), synthetic.csv (of linked tables, each
    of them), and report.html and metrics.json (of linked tables also in reports/TABLE): how the rows stand beside
    rows that were held out.
    """
    config = config_of(flags)
    with reporter_of(flags) as progress:
        from synthgen import linking, pipeline, privately
        from synthgen.sources import is_linked, source_of

        options = {"schema_path": flags["schema"], "resume": flags["resume"], "progress": progress}
        pipeline.refuse_pictures(config)
        if is_linked(data):
            source = source_of(data)
            folder = Path(out) if out is not None else default_folder(source.name)
            work = linking.run if config.privacy.epsilon is None else privately.run_linked
            outcome = work(source, folder, config, **options)
        else:
            folder = Path(out) if out is not None else default_folder(data[0])
            job = pipeline.run if config.privacy.epsilon is None else privately.run
            outcome = job(data[0], folder, config, **options)
    show(outcome.summary, flags)
    if outcome.interrupted:
        raise click.exceptions.Exit(Interrupted.exit_code)
