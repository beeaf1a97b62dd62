"""``synthgen evaluate``: anyone's synthetic table, judged."""

from __future__ import annotations

import shlex
from typing import Any

import click

from synthgen.cli.options import READING, SynthgenCommand, output_options, reading_options, reporter_of, show
from synthgen.cli.run import default_folder

GATE_FAILED = 1
"""Exit code when a rule of --fail-if holds."""


@click.command(cls=SynthgenCommand)
@click.option("--real", type=click.Path(), metavar="FILE", required=True, help="Rows that the generator learned from.")
@click.option("--synthetic", type=click.Path(), metavar="FILE", required=True, help="Its rows.")
@click.option("--holdout", type=click.Path(), metavar="FILE", help="Real rows that it never saw: the floors.")
@click.option("--target", metavar="COL", help="The column that matters: learned from synthetic rows, tested on real.")
@click.option("--task", type=click.Choice(["detect"]), help="detect: the target marks rows to be found, such as fakes.")
@click.option("--schema", type=click.Path(), metavar="FILE", help="What each column means: synthgen schema.")
@click.option("--out", type=click.Path(), metavar="DIR", help="[default: the synthetic file's name + .report]")
@click.option(
    "--format", "form", type=click.Choice(["html", "md"]), default="html", show_default=True, help="Of the report."
)
@click.option("--seed", type=click.IntRange(min=0), metavar="N", default=0, help="Of every random draw.  [default: 0]")
@click.option(
    "--fail-if", multiple=True, metavar="RULES", help="Such as 'detector_auc>0.6, exact_copies>0'; see below."
)
@click.option(
    "--audit",
    type=int,
    metavar="FITS",
    help="Fit synthgen anew so often, with and without certain people; 8 is a start.",
)
@reading_options
@output_options
def evaluate(real: str, synthetic: str, holdout: str | None, out: str | None, **flags: Any) -> None:
    r"""Judge a synthetic table, from this program or any other.

    The folder gets report.html (or report.md) and metrics.json: is the table valid, faithful, useful and private,
    each figure beside the same figure of held-out real rows.

    \b
    Rules of --fail-if are figures, one of > >= < <= and a number (0.02 or 2%), with commas between. The exit
    code is 1 when one holds or its figure could not be measured. Figures are the names of results in
    metrics.json, and these:
      detector_auc   how well trees tell synthetic from held-out rows, 0.5 to 1
      exact_copies   share of rows that equal a training row
      real_values    share of identifiers and texts that are real ones
      nearer_to_training   share of rows nearer to a training than to a held-out row
      shape_error, trend_error, missing_error   distance of columns, pairs, missing shares
      wrong_types, out_of_range, unknown_categories, bad_keys, broken_rules, other_formats
    """
    folder = default_folder(synthetic, ".report") if out is None else out
    with reporter_of(flags) as progress:
        from synthgen.evaluating import evaluate_files

        evaluation, summary = evaluate_files(
            real,
            synthetic,
            holdout,
            folder,
            target=flags["target"],
            task=flags["task"],
            schema=flags["schema"],
            seed=flags["seed"],
            form=flags["form"],
            fail_if=flags["fail_if"],
            audit=flags["audit"],
            reading={name: flags[name] for name in READING},
            progress=progress,
        )
    if holdout is None:
        again = ["synthgen", "evaluate", "--real", real, "--synthetic", synthetic, "--holdout", "HELD_OUT.csv"]
        summary["next"] = [f"{shlex.join(again)}    # with rows that the generator never saw"]
    show(summary, flags)
    if failed := evaluation.failed_gates:
        if flags["log_format"] == "text":
            for gate in failed:
                found = "was not measured" if gate["value"] is None else f"is {gate['value']:.6g}"
                click.echo(f"Gate failed: {gate['rule']}; the figure {found}", err=True)
        raise click.exceptions.Exit(GATE_FAILED)
