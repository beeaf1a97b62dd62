"""``synthgen sample``: rows or pictures from a run folder."""

from __future__ import annotations

from typing import Any

import click

from synthgen.cli.options import IMAGE_MODEL, SynthgenCommand, output_options, reporter_of, show
from synthgen.errors import ConfigError


@click.command(cls=SynthgenCommand)
@click.argument("run", type=click.Path())
@click.option("--rows", type=click.IntRange(min=0), metavar="N", help="How many; any number.")
@click.option("--output", type=click.Path(), metavar="FILE", help="Of a table: csv, csv.gz or parquet, by its ending.")
@click.option(
    "--out",
    type=click.Path(),
    metavar="FOLDER",
    help="Of pictures: PNG files, labels.csv, a contact sheet. Of linked tables: a file each.",
)
@click.option(
    "--scale", type=click.FloatRange(min=0, min_open=True), metavar="S", help="Of linked tables: S times as many rows."
)
@click.option(
    "--export",
    "form",
    metavar="FORMAT",
    help="Of linked tables: csv, parquet, sqlite, recbole, movielens, graphml, edge-list, pyg or twibot-22.",
)
@click.option(
    "--rows-of",
    multiple=True,
    metavar="TABLE=N",
    help="Of linked tables: so many of one that hangs on no other; may be repeated.",
)
@click.option(
    "--where",
    metavar="CONDITIONS",
    help="What all rows keep: 'is_bot=1, followers>10000, country in FR|DE, bio is missing'. Of pictures: label=7|8.",
)
@click.option("--quota", metavar="SHARES", help="Shares met exactly: 'account_type: bot=20%, human=80%'.")
@click.option("--like", type=click.Path(), metavar="FILE", help="Partial rows, each completed: columns may be blank.")
@click.option("--draws", type=click.IntRange(min=1), metavar="K", help="Rows for each partial one.  [default: 1]")
@click.option("--seed", type=click.IntRange(min=0), metavar="N", help="Of every random draw.  [default: 0]")
@click.option("--steps", type=click.IntRange(min=1), metavar="K", help="Passes of the network: fewer are faster.")
@click.option(
    "--guide",
    type=click.FloatRange(min=1, max=32),
    metavar="G",
    help="Draw G rows for each that the critic lets pass: slower, closer.",
)
@click.option("--campaigns", type=int, metavar="K", help="Of users: K farms of fake accounts, and no other fakes.")
@click.option("--campaign-size", type=int, metavar="S", help="Accounts of each.  [default: 40]")
@click.option("--difficulty", type=float, metavar="D", help="0: as plain as can be, 1: hidden.  [default: 0.5]")
@click.option("--label-noise", type=float, metavar="P", help="The share of wrong labels of fakes.  [default: 0]")
@output_options
def sample(
    run: str,
    rows: int | None,
    output: str | None,
    out: str | None,
    scale: float | None,
    form: str | None,
    rows_of: tuple[str, ...],
    where: str | None,
    quota: str | None,
    like: str | None,
    draws: int | None,
    seed: int | None,
    steps: int | None,
    guide: float | None,
    campaigns: int | None,
    campaign_size: int | None,
    difficulty: float | None,
    label_noise: float | None,
    **flags: Any,
) -> None:
    """Write rows or pictures of the model in RUN.

    They are written in chunks: memory does not grow with the number of rows.
    """
    with reporter_of(flags) as progress:
        from synthgen import farming, imaging, linking, pipeline
        from synthgen.campaigns import asked_of
        from synthgen.config import LINKED_MODEL
        from synthgen.storage import model_of_run

        asked_campaigns = asked_of(campaigns, campaign_size, difficulty, label_noise)
        of_tables = {"quota": quota, "like": like, "draws": draws, "steps": steps, "guide": guide}
        kind, of_linked = model_of_run(run), {"scale": scale, "rows-of": rows_of or None, "export": form}
        if kind == LINKED_MODEL:
            single = {"rows": rows, "output": output, "where": where, **of_tables}
            if foreign := next((f"--{k}" for k, v in single.items() if v is not None), None):
                raise ConfigError(f"{run}: holds a model of linked tables; {foreign} is for a single one. Leave it out")
            if out is None:
                raise ConfigError(
                    f"{run}: holds a model of linked tables; --out is missing. Name a folder: --out FOLDER"
                )
            outcome = linking.sample(
                run,
                out,
                scale=scale,
                rows=linking.asked_rows(rows_of),
                seed=seed or 0,
                form=form,
                campaigns=asked_campaigns,
                progress=progress,
            )
            show(outcome.summary, flags)
            return
        if foreign := next((f"--{k}" for k, v in of_linked.items() if v is not None), None):
            raise ConfigError(f"{run}: {foreign} is for linked tables; say how many rows with --rows")
        if asked_campaigns is not None:
            if kind == IMAGE_MODEL:
                raise ConfigError(
                    f"{run}: holds a model of pictures; --campaigns is for tables of accounts. Leave it out"
                )
            others = {"where": where, **of_tables, "out": out}
            if foreign := next((f"--{k}" for k, v in others.items() if v is not None), None):
                raise ConfigError(f"{foreign}: not with --campaigns, which says itself who is fake; leave one out")
            if rows is None or output is None:
                raise ConfigError("--campaigns: of how many rows, and where to? Name both: --rows N --output FILE")
            show(farming.sample(run, rows, output, asked_campaigns, seed=seed or 0, progress=progress).summary, flags)
            return
        if rows is None and like is None:
            raise ConfigError("--rows: is missing; say how many, such as --rows 1000")
        if kind == IMAGE_MODEL:
            if output is not None or out is None:
                given = "--output is for tables" if output is not None else "--out is missing"
                raise ConfigError(f"{run}: holds a model of pictures; {given}. Name a folder: --out FOLDER")
            if foreign := next((f"--{k}" for k, v in of_tables.items() if v is not None), None):
                raise ConfigError(f"{run}: holds a model of pictures; {foreign} is for tables. Leave it out")
            assert rows is not None
            outcome = imaging.sample(run, rows, out, where=where, seed=seed or 0, progress=progress)
        else:
            if out is not None or output is None:
                given = "--out is for pictures" if out is not None else "--output is missing"
                raise ConfigError(f"{run}: holds a model of a table; {given}. Name a file: --output FILE")
            asked: dict[str, Any] = {"where": where, **{k: v for k, v in of_tables.items() if v is not None}}
            outcome = pipeline.sample(run, rows, output, seed=seed or 0, progress=progress, **asked)
    show(outcome.summary, flags)
