"""impute, repair, score, balance: from file to file."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from synthgen import Synthesizer
from tests.cli.conftest import Invoke
from tests.made import QUICK, accounts, quick_settings


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of a CSV."""
    folder = tmp_path_factory.mktemp("rows")
    accounts(600).to_csv(folder / "users.csv", index=False)
    Synthesizer(random_state=0, **QUICK).fit(folder / "users.csv").save(folder / "run")
    return folder / "run"


def lacking() -> str:
    """Fifty rows with blank cells, some quotes, and Windows line ends."""
    lines = accounts(50, seed=1).to_csv(index=False).splitlines()
    rng = np.random.default_rng(0)
    rows = [line.split(",") for line in lines]
    for row in rows[1:]:
        for at in np.flatnonzero(rng.random(len(row)) < 0.2):
            row[at] = ""
        row[3] = f'"{row[3]}"' if row[3] and rng.random() < 0.5 else row[3]
    return "\r\n".join(",".join(row) for row in rows) + "\r\n"


def test_impute_fills_blanks_and_copies_the_rest(invoke: Invoke, run: Path) -> None:
    Path("gaps.csv").write_bytes(lacking().encode())
    result = invoke("impute", run, "gaps.csv", "--output", "full.csv", "--seed", 3)
    assert result.exit_code == 0, result.output
    before, after = (Path(name).read_bytes().decode().split("\r\n") for name in ("gaps.csv", "full.csv"))
    assert before[0] == after[0]
    for old, new in zip(before[1:-1], after[1:-1], strict=True):
        for a, b in zip(old.split(","), new.split(","), strict=True):
            assert b if a in ("", '""') else a == b
    blanks = sum(cell in ("", '""') for line in before[1:-1] for cell in line.split(","))
    assert f"{blanks:,}" in result.output
    again = invoke("impute", run, "gaps.csv", "--output", "again.csv", "--seed", 3)
    assert again.exit_code == 0
    assert Path("again.csv").read_bytes() == Path("full.csv").read_bytes()


def test_impute_makes_several_files_and_keeps_parquet_types(invoke: Invoke, run: Path) -> None:
    frame = accounts(40, seed=2)
    frame.loc[::2, "plan"] = None
    frame.to_parquet("gaps.parquet")
    assert invoke("impute", run, "gaps.parquet", "--output", "full.parquet", "--draws", 2).exit_code == 0
    for name in ("full.1.parquet", "full.2.parquet"):
        found = pd.read_parquet(name)
        assert found["plan"].isin(["free", "pro", "team"]).all()
        assert found.dtypes.equals(frame.dtypes)
    assert not Path("full.parquet").exists()
    assert invoke("impute", run, "gaps.parquet", "--output", "l.csv", "--likeliest", "--column", "plan").exit_code == 0


def test_nothing_missing_is_said_and_the_file_is_as_it_was(invoke: Invoke, run: Path) -> None:
    accounts(30, seed=3).assign(score=1.25).to_csv("whole.csv", index=False)
    result = invoke("impute", run, "whole.csv", "--output", "out.csv")
    assert result.exit_code == 0
    assert "no cell was missing" in result.output
    assert Path("out.csv").read_bytes() == Path("whole.csv").read_bytes()


def test_score_writes_a_line_a_row(invoke: Invoke, run: Path) -> None:
    accounts(30, seed=4).to_csv("rows.csv", index=False)
    result = invoke("score", run, "rows.csv", "--output", "scores.csv", "--log-format", "json")
    assert result.exit_code == 0, result.output
    with Path("scores.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [int(row["row"]) for row in rows] == list(range(1, 31))
    assert list(rows[0]) == ["row", "log_likelihood", "critic", "percentile", "atypical", "unusual"]
    assert all(isinstance(json.loads(row["unusual"]), dict) for row in rows)
    events = [json.loads(line) for line in result.stderr.splitlines()]
    assert events[-1]["event"] == "outcome"
    assert events[-1]["counts"]["rows"] == "30"
    assert invoke("score", run, "rows.csv", "--output", "plain.csv", "--no-critic").exit_code == 0
    assert "critic" not in Path("plain.csv").read_text().splitlines()[0]


def test_repair_lists_and_applies_with_a_log(invoke: Invoke, run: Path) -> None:
    frame = accounts(30, seed=5)
    frame.loc[2, "source"] = "import"
    frame.loc[4, "days"] = 10**9
    frame.to_csv("odd.csv", index=False)
    assert invoke("repair", run, "odd.csv", "--output", "found.csv").exit_code == 0
    found = pd.read_csv("found.csv")
    assert {(3, "source"), (5, "days")} <= set(zip(found["row"], found["column"], strict=True))
    result = invoke("repair", run, "odd.csv", "--apply", "--output", "mended.csv")
    assert result.exit_code == 0, result.output
    changes = pd.read_csv("mended.changes.csv")
    assert changes.equals(found)
    log = json.loads(Path("mended.changes.json").read_text())
    assert len(log["changes"]) == len(changes)
    before, after = (Path(name).read_text().splitlines() for name in ("odd.csv", "mended.csv"))
    changed = {int(row) for row in changes["row"]}
    assert [i for i, (a, b) in enumerate(zip(before, after, strict=True)) if a != b] == sorted(changed)
    assert "export" in after[3]


def test_balance_tops_up_and_marks(invoke: Invoke, run: Path) -> None:
    accounts(60, seed=6).to_csv("real.csv", index=False)
    result = invoke("balance", run, "real.csv", "--target", "is_bot", "--to", "True=50%", "--output", "both.csv")
    assert result.exit_code == 0, result.output
    both = pd.read_csv("both.csv")
    assert both["is_bot"].mean() == 0.5
    assert both["is_synthetic"].tolist() == [False] * 60 + [True] * (len(both) - 60)
    lines = [line.rsplit(",", 1)[0] for line in Path("both.csv").read_text().splitlines()[:61]]
    assert lines == Path("real.csv").read_text().splitlines()
    assert invoke("balance", run, "real.csv", "--target", "plan", "--output", "both.parquet").exit_code == 0
    assert pd.read_parquet("both.parquet")["plan"].value_counts().nunique() == 1


@pytest.mark.parametrize("job", ["impute", "repair", "score", "balance"])
def test_a_mistake_is_one_line_and_leaves_nothing(invoke: Invoke, run: Path, job: str) -> None:
    more = ["--target", "plan"] if job == "balance" else []
    accounts(20).rename(columns={"plan": "plam"}).to_csv("other.csv", index=False)
    Path("empty.csv").write_text("")
    Path("header.csv").write_text(",".join(accounts(1).columns) + "\n")
    for file, message in (("other.csv", "did you mean 'plam'"), ("empty.csv", "is empty"), ("header.csv", "no rows")):
        result = invoke(job, run, file, "--output", "out.csv", *more)
        assert result.exit_code == 2
        assert message in result.stderr
        assert len([line for line in result.stderr.splitlines() if line.startswith("Error")]) == 1
    assert sorted(p.name for p in Path().iterdir()) == ["empty.csv", "header.csv", "other.csv"]


def test_a_model_that_cannot_be_asked_is_named(invoke: Invoke, tmp_path: Path) -> None:
    Synthesizer(model="vae", **quick_settings("vae")).fit(accounts(200)).save(tmp_path / "vae")
    accounts(20).to_csv("rows.csv", index=False)
    result = invoke("impute", tmp_path / "vae", "rows.csv", "--output", "out.csv")
    assert result.exit_code == 2
    assert "model 'vae' cannot be asked" in result.stderr
