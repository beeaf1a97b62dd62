"""The command ``synthgen``. Nothing heavy is imported before a command runs, so that ``--help`` is quick."""

from __future__ import annotations

import click

from synthgen import __version__
from synthgen.cli.audit import audit
from synthgen.cli.balance import balance
from synthgen.cli.bundle import bundle
from synthgen.cli.compare import compare
from synthgen.cli.evaluate import evaluate
from synthgen.cli.fit import fit
from synthgen.cli.impute import impute
from synthgen.cli.inspect import inspect
from synthgen.cli.make_world import make_world
from synthgen.cli.repair import repair
from synthgen.cli.run import run
from synthgen.cli.sample import sample
from synthgen.cli.schema import schema
from synthgen.cli.score import score


class _InOrder(click.Group):
    """Lists its commands as they were added, the main one first."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)


@click.group(cls=_InOrder, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, message="%(prog)s %(version)s")
def main() -> None:
    """Faithful, private synthetic tables.

    The main job in one command: synthgen run users.csv
    """


COMMANDS = (
    run,
    fit,
    sample,
    impute,
    repair,
    score,
    balance,
    evaluate,
    audit,
    compare,
    inspect,
    bundle,
    schema,
    make_world,
)
for _command in COMMANDS:
    main.add_command(_command)
