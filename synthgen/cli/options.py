"""What the commands share: flags, settings from flags, and how errors leave the program."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import IO, TYPE_CHECKING, Any

import click

from synthgen.errors import SynthgenError

if TYPE_CHECKING:
    from synthgen.config import RunConfig
    from synthgen.reporting.summary import Summary
    from synthgen.reporting.terminal import Reporter

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]

SETTINGS = ("seed", "target", "unit", "minutes", "device", "missing", "delimiter", "encoding", "decimal")
"""Flags that stand above the same settings of ``--config``."""


PRIVATE = ("epsilon", "delta")
"""Flags that stand above the same settings of its section ``privacy``."""


class Mistake(click.ClickException):
    """A user's mistake: one line on standard error, exit code 2."""

    exit_code = SynthgenError.exit_code

    def __init__(self, message: str, as_json: bool) -> None:
        super().__init__(" ".join(message.split()))
        self.as_json = as_json

    def show(self, file: IO[Any] | None = None) -> None:
        text = json.dumps({"event": "error", "text": self.message}) if self.as_json else f"Error: {self.message}"
        click.echo(text, file=file, err=file is None)


class Interrupted(Mistake):
    """Ctrl-C, with the exit code that shells expect of it."""

    exit_code = 130


class SynthgenCommand(click.Command):
    """A command whose mistakes are one line; what is not a user's mistake keeps its traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        as_json = ctx.params.get("log_format") == "json"
        try:
            return super().invoke(ctx)
        except SynthgenError as error:
            raise Mistake(str(error), as_json) from error
        except KeyboardInterrupt:
            raise Interrupted("interrupted", as_json) from None


READING = ("missing", "delimiter", "encoding", "decimal")
"""Flags of ``reading_options``."""


def _together(options: list[Decorator]) -> Decorator:
    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


def _delimiter(_ctx: click.Context, _param: click.Parameter, value: str | None) -> str | None:
    return {"tab": "\t", "\\t": "\t"}.get(value, value) if value is not None else None


def _many(_ctx: click.Context, _param: click.Parameter, value: tuple[str, ...]) -> list[str] | None:
    return list(value) or None


output_options = _together(
    [
        click.option("-q", "--quiet", is_flag=True, help="Show warnings and errors only."),
        click.option("-v", "--verbose", is_flag=True, help="Show the facts behind each message."),
        click.option(
            "--log-format",
            type=click.Choice(["text", "json"]),
            default="text",
            show_default=True,
            help="json: one object a line on standard error.",
        ),
    ]
)

reading_options = _together(
    [
        click.option(
            "--missing",
            multiple=True,
            callback=_many,
            metavar="MARK",
            help="What a missing cell looks like, in place of the usual marks; may be repeated.",
        ),
        click.option("--delimiter", callback=_delimiter, metavar="CHAR", help="Between cells; 'tab' for a tab."),
        click.option("--encoding", metavar="NAME", help="Such as utf-8, utf-16 or latin-1."),
        click.option("--decimal", type=click.Choice([".", ","]), help="The decimal mark of numbers."),
    ]
)

MODEL_NAMES = (
    "gan",
    "one-shot",
    "ctgan",
    "vae",
    "independent",
    "resample",
    "sdv:ctgan",
    "sdv:tvae",
    "sdv:gaussian-copula",
    "sdv:copula-gan",
)
"""Those of ``synthgen.config.ModelName``, which costs an import that ``--help`` does not need."""
IMAGE_MODEL = "image"
"""``synthgen.config.IMAGE_MODEL``."""

comparing_options = _together(
    [
        click.option("--target", metavar="COL", help="The column that the others are meant to predict."),
        click.option(
            "--unit",
            metavar="COL",
            help="Whose a row is, such as user_id: people count, not their rows. Of linked tables, with --epsilon, the "
            "table of people.",
        ),
        click.option(
            "--minutes",
            type=click.FloatRange(min=0, min_open=True),
            metavar="M",
            help="Train so long at most.  [default: until done]",
        ),
        click.option("--seed", type=click.IntRange(min=0), metavar="N", help="Of every random draw.  [default: 0]"),
        click.option("--device", type=click.Choice(["auto", "cpu", "cuda", "mps"]), help="[default: auto]"),
        click.option("--config", type=click.Path(), metavar="FILE", help="Settings in TOML; flags stand above them."),
        click.option("--schema", type=click.Path(), metavar="FILE", help="What each column means: synthgen schema."),
    ]
)

fitting_options = _together(
    [
        click.option(
            "--model",
            type=click.Choice((*MODEL_NAMES, IMAGE_MODEL)),
            help="What learns it; image: pictures.  [default: gan]",
        ),
        comparing_options,
        click.option(
            "--epsilon",
            type=float,
            metavar="E",
            help="Train with differential privacy: the most that one row, or one --unit, can change of what comes out.",
        ),
        click.option("--delta", type=float, metavar="D", help="The chance that it does.  [default: 1e-6]"),
        click.option("--resume", is_flag=True, help="Go on where a killed or interrupted run stopped."),
    ]
)


def config_of(flags: dict[str, Any]) -> RunConfig:
    """The settings file with the flags on top.

    Raises:
        ConfigError: a setting is unknown or out of range.
    """
    from synthgen.config import load_config

    model = {"model": {"name": flags["model"]}} if flags.get("model") else {}
    private = {name: flags[name] for name in PRIVATE if flags.get(name) is not None}
    sections = model | ({"privacy": private} if private else {})
    return load_config(flags.get("config"), {name: flags.get(name) for name in SETTINGS} | sections)


def reporter_of(flags: dict[str, Any]) -> Reporter:
    """Who tells the user how it goes."""
    from synthgen.reporting.terminal import make_progress

    return make_progress(flags["log_format"], flags["quiet"], flags["verbose"])


def show(summary: Summary, flags: dict[str, Any]) -> None:
    """The end of a job: a table for people, one JSON object for machines, nothing when quiet."""
    if flags["log_format"] == "json":
        from synthgen.reporting.summary import summary_facts
        from synthgen.reporting.terminal import JsonProgress

        JsonProgress(sys.stderr).event("outcome", **summary_facts(summary))
    elif not flags["quiet"]:
        from synthgen.reporting.summary import output_console, print_summary

        print_summary(summary, output_console())
