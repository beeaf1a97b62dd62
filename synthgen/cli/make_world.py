"""``synthgen make-world``: a simulated social network to try things on."""

from __future__ import annotations

from typing import Any

import click

from synthgen.cli.options import SynthgenCommand, output_options, reporter_of, show


@click.command("make-world", cls=SynthgenCommand)
@click.argument("folder", type=click.Path(), default="world")
@click.option("--users", type=int, metavar="N", help="Accounts, bots included.  [default: 2000]")
@click.option("--seed", type=int, metavar="N", help="Of every random draw.  [default: 0]")
@click.option("--communities", type=int, metavar="C", help="1 to 12.  [default: 6]")
@click.option("--campaigns", type=int, metavar="K", help="Farms of bots.  [default: a tenth of the accounts]")
@click.option("--campaign-size", type=int, metavar="S", help="Bots of each.  [default: 40]")
@click.option("--difficulty", type=float, metavar="D", help="0: bots bear all marks, 1: none.  [default: 0.5]")
@click.option("--label-noise", type=float, metavar="P", help="How often is_bot is wrong.  [default: 0.02]")
@click.option("--items", type=int, metavar="N", help="What is rated.  [default: a quarter of the users]")
@click.option("--follows", type=float, metavar="M", help="Mean of an account's follows.  [default: 20]")
@click.option("--posts", type=float, metavar="M", help="Mean of an account's posts.  [default: 10]")
@click.option("--ratings", type=float, metavar="M", help="Mean of an account's ratings.  [default: 20]")
@output_options
def make_world(folder: str, quiet: bool, verbose: bool, log_format: str, **settings: Any) -> None:
    """Simulate a small social network whose laws are known.

    FOLDER gets users, posts, follows, items and interactions, and in truth/ what is true of them: communities,
    campaigns, latent factors, parameters. For examples and tests; no product should learn from it. The laws are in
    examples/world.md.
    """
    flags = {"quiet": quiet, "verbose": verbose, "log_format": log_format}
    with reporter_of(flags) as progress:
        from synthgen.world import making

        given = {name: value for name, value in settings.items() if value is not None}
        summary = making.make_world(folder, progress=progress, **given)
    show(summary, flags)
