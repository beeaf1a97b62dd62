"""``synthgen audit``: a lower bound on the epsilon of a private fit, from canaries."""

from __future__ import annotations

from typing import Any

import click

from synthgen.cli.options import SynthgenCommand, config_of, output_options, reading_options, reporter_of, show
from synthgen.cli.run import default_folder

REFUTED = 1
"""Exit code when the claimed epsilon cannot be true."""


@click.command(cls=SynthgenCommand)
@click.argument("data", type=click.Path())
@click.option("--epsilon", type=float, metavar="E", help="Of the private fit that is audited.")
@click.option("--delta", type=float, metavar="D", help="Of the same.  [default: 1e-6]")
@click.option("--unit", metavar="COL", help="Whose a row is, such as user_id: canaries are people, not rows.")
@click.option("--target", metavar="COL", help="The column that the others are meant to predict.")
@click.option("--config", type=click.Path(), metavar="FILE", help="Settings in TOML; flags stand above them.")
@click.option("--schema", type=click.Path(), metavar="FILE", help="What is public of the columns: synthgen schema.")
@click.option("--runs", type=click.IntRange(min=1), metavar="N", default=40, help="Private fits.  [default: 40]")
@click.option(
    "--canaries",
    type=click.IntRange(min=1),
    metavar="K",
    help="Half of them are in a run.  [default: one for every two columns, 10 at most]",
)
@click.option(
    "--confidence",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    metavar="P",
    default=0.95,
    help="Of the lower bound.  [default: 0.95]",
)
@click.option("--out", type=click.Path(), metavar="DIR", help="[default: the file's name .audit]")
@reading_options
@output_options
def audit(data: str, out: str | None, runs: int, canaries: int | None, confidence: float, **flags: Any) -> None:
    r"""Attack private fits of DATA: epsilon is at least so much.

    Made-up people with values that nobody else has are put among the rows or left out, by a coin for each. The
    attack sees all that a private fit releases and says who was in. The more often it is right, the larger epsilon must
    be. The exit code is 1 when the lower bound is above the claimed epsilon.

    \b
    one-run                      guesses on all canaries, the surest first; --runs 1 --canaries 300 is quick
    many-run                     hits and false alarms on one canary in all runs
    many-run, by kind of noise   right guesses on all canaries, told as the epsilon of Gaussian noise so much smaller;
                                 the sharpest, from 20 runs on
    """
    config = config_of(flags)
    with reporter_of(flags) as progress:
        from synthgen.auditing import audit_file

        refuted, summary = audit_file(
            data,
            config,
            default_folder(data, ".audit") if out is None else out,
            schema=flags["schema"],
            runs=runs,
            canaries=canaries,
            confidence=confidence,
            progress=progress,
        )
    show(summary, flags)
    if refuted:
        raise click.exceptions.Exit(REFUTED)
