"""Campaigns asked for on the command line."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

import synthgen
from tests.cli.conftest import Invoke
from tests.farms import farmed
from tests.made import accounts, quick_settings


def fitted(data: object, folder: Path) -> Path:
    synthgen.Synthesizer(random_state=0, **quick_settings("gan")).fit(data).save(folder)
    return folder


def test_linked_tables_come_with_the_truth_beside_them(invoke: Invoke, tmp_path: Path) -> None:
    run = fitted(farmed(), tmp_path / "run")
    how = ("--campaigns", 3, "--campaign-size", 10, "--difficulty", 0.4, "--label-noise", 0.1, "-q")
    result = invoke("sample", run, "--out", "made", *how)
    assert result.exit_code == 0, result.output
    truth = pd.read_csv(tmp_path / "made/campaigns.csv") if (tmp_path / "made/campaigns.csv").exists() else None
    truth = pd.read_parquet(tmp_path / "made/campaigns.parquet") if truth is None else truth
    assert truth.campaign.value_counts().tolist() == [10, 10, 10]
    result = invoke("sample", run, "--out", "graph", "--export", "edge-list", *how)
    assert result.exit_code == 0, result.output
    assert any(path.name.startswith("campaigns.") for path in (tmp_path / "graph").iterdir())
    for said, more in (
        ("at most half of the users may be", ("--campaigns", 40)),
        ("difficulty: 3", ("--campaigns", 1, "--difficulty", 3)),
        ("difficulty: of which campaigns", ("--difficulty", 0.5)),
    ):
        result = invoke("sample", run, "--out", "none", *more)
        assert result.exit_code == 2
        assert said in " ".join(result.output.split())
        assert not (tmp_path / "none").exists()


def test_a_single_table_comes_with_the_truth_beside_it(invoke: Invoke, tmp_path: Path) -> None:
    frame = accounts(300)
    frame.to_csv(tmp_path / "accounts.csv", index=False)
    run = fitted(str(tmp_path / "accounts.csv"), tmp_path / "run")
    result = invoke("sample", run, "--rows", 100, "--output", "made.csv", "--campaigns", 2, "--campaign-size", 10, "-q")
    assert result.exit_code == 0, result.output
    made, truth = pd.read_csv(tmp_path / "made.csv"), pd.read_csv(tmp_path / "campaigns.csv")
    assert made.columns.tolist() == frame.columns.tolist()
    assert (made.is_bot == truth.true_label).all()
    assert truth.campaign.notna().sum() == made.is_bot.sum() == 20
    result = invoke("sample", run, "--rows", 100, "--output", "other.csv", "--campaigns", 2, "--where", "is_bot=1")
    assert result.exit_code == 2
    assert "--where: not with --campaigns" in " ".join(result.output.split())
    result = invoke("sample", run, "--rows", 30, "--output", "other.csv", "--campaigns", 2)
    assert result.exit_code == 2
    assert not (tmp_path / "other.csv").exists()
