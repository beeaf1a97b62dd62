from __future__ import annotations

from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from synthgen.cli.main import main
from synthgen.cli.options import SynthgenCommand, config_of, output_options
from synthgen.cli.run import default_folder
from synthgen.errors import DataError


def command_that(error: BaseException) -> click.Command:
    @click.command(cls=SynthgenCommand)
    @output_options
    def command(**flags: object) -> None:
        raise error

    return command


def test_a_mistake_is_one_line_and_exit_code_2() -> None:
    result = CliRunner().invoke(command_that(DataError("data.csv: two\n  lines")))
    assert (result.exit_code, result.stderr) == (2, "Error: data.csv: two lines\n")


def test_ctrl_c_is_exit_code_130_without_a_traceback() -> None:
    result = CliRunner().invoke(command_that(KeyboardInterrupt()))
    assert (result.exit_code, result.stderr) == (130, "Error: interrupted\n")


def test_our_own_bugs_keep_their_traceback() -> None:
    with pytest.raises(ZeroDivisionError):
        CliRunner().invoke(command_that(ZeroDivisionError()), catch_exceptions=False)


def test_a_closed_pipe_is_silent() -> None:
    result = CliRunner().invoke(command_that(BrokenPipeError(32, "Broken pipe")))
    assert result.exit_code == 1
    assert result.stderr == ""


@pytest.mark.parametrize(
    ("data", "folder"),
    [
        ("users.csv", "users.synthgen"),
        ("/far/away/users.csv.gz", "users.synthgen"),
        ("a.b.parquet", "a.b.synthgen"),
        ("users", "users.synthgen"),
        (".csv", ".csv.synthgen"),
    ],
)
def test_the_default_folder_is_named_after_the_file(data: str, folder: str) -> None:
    assert default_folder(data) == Path(folder)


def test_flags_become_settings(tmp_path: Path) -> None:
    file = tmp_path / "quick.toml"
    file.write_text("seed = 4\nmin_holders = 9\n")
    flags = {"config": str(file), "seed": 0, "target": None, "minutes": 2.0, "delimiter": "\t", "out": "x"}
    config = config_of(flags)
    assert (config.seed, config.min_holders, config.minutes, config.delimiter) == (0, 9, 2.0, "\t")


def test_the_commands_are_listed_with_the_main_one_first() -> None:
    shown = CliRunner().invoke(main, ["--help"]).stdout
    names = [line.split()[0] for line in shown.split("Commands:")[1].splitlines() if line.strip()]
    assert names == [
        "run",
        "fit",
        "sample",
        "impute",
        "repair",
        "score",
        "balance",
        "evaluate",
        "audit",
        "compare",
        "inspect",
        "bundle",
        "schema",
        "make-world",
    ]
    assert "..." not in shown.split("Commands:")[1]
