"""``sample`` under conditions, quotas and partial rows, on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from tests.cli.conftest import Invoke
from tests.made import QUICK, accounts


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run folder of a table that was a CSV."""
    from synthgen import Synthesizer

    folder = tmp_path_factory.mktemp("asked")
    accounts().to_csv(folder / "accounts.csv", index=False)
    Synthesizer(random_state=1, **QUICK).fit(folder / "accounts.csv").save(folder / "run")
    return folder / "run"


def test_rows_keep_conditions_and_the_summary_says_how_rare_they_are(invoke: Invoke, run: Path, tmp_path: Path) -> None:
    where = "plan in pro|team, posts=30..45, score is not missing"
    result = invoke("sample", run, "--where", where, "--rows", 300, "--output", "asked.csv")
    assert result.exit_code == 0, result.output
    assert "free rows that keep it" in result.output
    rows = pd.read_csv(tmp_path / "asked.csv")
    assert len(rows) == 300
    assert (rows["plan"].isin(["pro", "team"]) & rows["posts"].between(30, 45) & rows["score"].notna()).all()


def test_quotas_are_met(invoke: Invoke, run: Path, tmp_path: Path) -> None:
    result = invoke("sample", run, "--quota", "is_bot: True=2%", "--rows", 150, "--output", "q.csv", "-q")
    assert result.exit_code == 0, result.output
    assert pd.read_csv(tmp_path / "q.csv")["is_bot"].sum() == 3


def test_partial_rows_are_completed(invoke: Invoke, run: Path, tmp_path: Path) -> None:
    (tmp_path / "partial.csv").write_text("posts,plan\n17,pro\n,team\n")
    result = invoke("sample", run, "--like", "partial.csv", "--draws", 4, "--output", "whole.csv")
    assert result.exit_code == 0, result.output
    rows = pd.read_csv(tmp_path / "whole.csv")
    assert list(rows.columns) == list(accounts(10).columns)
    assert rows["plan"].tolist() == ["pro"] * 4 + ["team"] * 4
    assert (rows["posts"][:4] == 17).all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--where", "plan=prro", "--rows", 5], "did you mean 'pro'"),
        (["--where", "user_id=1001", "--rows", 5], "user_id"),
        (["--where", "plan=pro, plan=team", "--rows", 5], "contradict"),
        (["--where", "posts=45..30", "--rows", 5], "45..30 is empty"),
        (["--quota", "plan: pro=60%, team=50%", "--rows", 5], "1.1 times the whole"),
        (["--like", "other.csv"], "'colour'"),
        (["--like", "missing.csv"], "missing.csv"),
        (["--like", "other.csv", "--rows", 5], "rows: not with partial rows"),
        (["--draws", 2, "--rows", 5], "draws: 2 of what"),
        ([], "--rows: is missing"),
    ],
)
def test_mistakes_leave_nothing_behind(
    invoke: Invoke, run: Path, tmp_path: Path, arguments: list[object], message: str
) -> None:
    (tmp_path / "other.csv").write_text("colour\nred\n")
    before = sorted(tmp_path.iterdir())
    result = invoke("sample", run, *arguments, "--output", "out.csv", "--log-format", "json")
    assert result.exit_code == 2
    assert message in json.loads(result.output.splitlines()[-1])["text"]
    assert sorted(tmp_path.iterdir()) == before


def test_a_model_that_cannot_be_asked_is_refused(invoke: Invoke, tmp_path: Path) -> None:
    accounts(200).to_csv(tmp_path / "accounts.csv", index=False)
    assert invoke("fit", "accounts.csv", "--model", "independent", "--out", "plain").exit_code == 0
    result = invoke("sample", "plain", "--rows", 5, "--where", "plan=pro", "--output", "out.csv")
    assert result.exit_code == 2
    assert "model 'gan', which can" in result.output
    assert not (tmp_path / "out.csv").exists()
