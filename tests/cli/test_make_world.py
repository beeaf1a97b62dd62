"""``make-world`` on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from tests.cli.conftest import Invoke


def test_a_world_is_made_and_said_to_be_no_data_to_learn_from(invoke: Invoke, tmp_path: Path) -> None:
    result = invoke("make-world", "--users", 100, "--campaigns", 2, "--campaign-size", 5, "--seed", 4)
    assert result.exit_code == 0, result.output
    assert "no product should learn from it" in result.output
    assert "rows of posts.csv" in result.output
    assert len(pd.read_csv(tmp_path / "world" / "users.csv")) == 100
    assert pd.read_csv(tmp_path / "world" / "truth" / "users.csv")["is_bot"].sum() == 10


def test_help_says_what_it_is_for(invoke: Invoke) -> None:
    assert "no product should learn from it" in " ".join(invoke("make-world", "--help").output.split())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--users", 0], "users must be at least 10; got 0"),
        (["--users", "many"], "many"),
        (["--users", 100, "--campaigns", 2], "2 of 40 accounts are 80 of 100 users"),
        (["--difficulty", 1.5], "difficulty must be at most 1; got 1.5"),
        (["--label-noise", -1], "label_noise must be at least 0"),
        (["--communities", 0], "communities must be at least 1"),
        (["--campaign", 3], "campaign"),
    ],
)
def test_mistakes_are_one_line_and_leave_nothing(
    invoke: Invoke, tmp_path: Path, arguments: list[object], message: str
) -> None:
    result = invoke("make-world", "w", *arguments)
    assert result.exit_code == 2
    assert message in result.output
    assert list(tmp_path.iterdir()) == []


def test_a_folder_of_something_else_is_left_alone(invoke: Invoke, tmp_path: Path) -> None:
    (tmp_path / "w").mkdir()
    (tmp_path / "w" / "users.csv").write_text("mine")
    result = invoke("make-world", "w", "--users", 20, "--log-format", "json")
    assert result.exit_code == 2
    assert "nothing was overwritten" in json.loads(result.output.splitlines()[-1])["text"]
    assert (tmp_path / "w" / "users.csv").read_text() == "mine"
