"""``synthgen inspect`` from end to end."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from synthgen.cli.main import main
from tests.made import accounts

Invoke = Callable[..., Result]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model")
    accounts(300)[["plan", "posts", "score", "is_bot"]].to_csv(folder / "users.csv", sep=";", index=False)
    (folder / "quick.toml").write_text("[training]\nmax_steps = 30\nevaluate_every = 10\nwidth = 16\n")
    arguments = ["fit", folder / "users.csv", "--out", folder / "run", "--config", folder / "quick.toml", "-q"]
    assert CliRunner().invoke(main, [*map(str, arguments)]).exit_code == 0
    return folder / "run"


def test_a_page_is_written_beside_and_named(invoke: Invoke, model: Path) -> None:
    result = invoke("inspect", model)
    assert result.exit_code == 0, result.output
    assert "run.inspect.html" in result.stdout
    page = Path("run.inspect.html").read_text()
    assert "Inside the model" in page
    assert str(model.parent) not in page
    invoke("inspect", model, "--out", "again.html", "-q")
    assert Path("again.html").read_text() == page
    invoke("inspect", model, "--out", "other.html", "--seed", 1, "-q")
    assert Path("other.html").read_text() != page


def test_rows_of_a_file_are_read_as_told_and_explained(invoke: Invoke, model: Path) -> None:
    result = invoke("inspect", model, "--rows", model.parent / "users.csv", "--delimiter", ";", "--log-format", "json")
    assert result.exit_code == 0, result.output
    last = json.loads(result.stderr.splitlines()[-1])
    assert (last["event"], last["files"]) == ("outcome", {"page": "run.inspect.html"})
    assert "300 rows of users.csv" in Path("run.inspect.html").read_text()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere"], "no such folder"),
        (["{run}", "--out", "."], "is a folder"),
        (["{run}", "--rows", "nobody.csv"], "no such file"),
        (["{run}", "--rows", "other.csv"], "lacks column 'plan' and 3 more"),
    ],
)
def test_a_mistake_is_one_sentence_and_nothing_is_written(
    invoke: Invoke, model: Path, arguments: list[str], said: str
) -> None:
    Path("other.csv").write_text("a,b\n" + "1,2\n" * 30)
    result = invoke("inspect", *(argument.format(run=model) for argument in arguments), "-q")
    assert result.exit_code == 2
    assert len(result.stderr.splitlines()) == 1
    assert said in result.stderr
    assert [file.name for file in Path().iterdir()] == ["other.csv"]
