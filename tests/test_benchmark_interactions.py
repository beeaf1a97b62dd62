"""The page on interactions: its baselines, its large table, how it is written; small sizes."""

from __future__ import annotations

import argparse
import importlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.interactions.planted import planted

BENCHMARKS = Path(__file__).parent.parent / "benchmarks"


@pytest.fixture(autouse=True)
def beside(monkeypatch: pytest.MonkeyPatch) -> None:
    """The scripts find their harness beside them."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))


def script(name: str) -> Any:
    return importlib.import_module(name)


@pytest.mark.parametrize("name", ["independent", "shuffled"])
def test_a_baseline_keeps_columns_and_loses_what_ties_them(name: str) -> None:
    real = planted(300)
    made = script("methods.interactions").PEERS[name](real, np.random.default_rng(0))
    assert made.counts().max() == 1
    assert np.corrcoef(made.per_item_I, real.per_item_I)[0, 1] > 0.95
    assert np.bincount(made.user_E // 1).mean() == pytest.approx(real.per_user_U.mean(), rel=0.05)
    if name == "shuffled":
        assert np.array_equal(made.per_user_U, real.per_user_U)
    table = np.zeros((made.n_users, 4))
    np.add.at(table, (made.user_E, made.item_E // 60), 1)
    assert (table.max(1) / table.sum(1)).mean() < 0.5  # 0.72 in the real one


def trials(ease: float, other: float) -> list[dict[str, Any]]:
    return [
        {"name": name, "title": name.upper(), "ndcg": value, "reason": ""}
        for name, value in (("ease", ease), ("svd", other), ("ease-scaled", ease))
    ]


def test_the_page_says_what_is_kept_and_how_like_users_are(tmp_path: Path) -> None:
    page = script("interactions")
    facts = {"interactions": 900, "users": 60, "items": 40, "items_learned": 30, "clusters": 6, "groups": 2, "pairs": 9}
    made = {"trials": trials(0.36, 0.3), "nearest": [0.1, 0.2, 0.3], "double": 0, "fit_s": 1.0, "sample_s": 2.0}
    made |= {"facts": facts, "users": 60, "interactions": 900, "tau": {"value": 1.0, "interval": [0, 1], "floor": 1.0}}
    made["statistics"] = [{"title": "Popularity", "value": 0.02, "floor": 0.01}]
    large = {"facts": facts, "fit_s": 9.0, "sample_s": 3.0, "made": [10, 300], "own_block": [0.8, 0.7]}
    cases = {
        "real.0": {"trials": trials(0.4, 0.3), "nearest": [0.2, 0.3, 0.4]},
        "synthgen.0": made,
        "privacy.0": {"auc": 0.51, "error": 0.02},
        "scale.0": large | {"peak_mb": [100.0, 200.0, 300.0]},
    }
    for name, figures in cases.items():
        machine = {"cpu": "some", "python": "3.11"}
        result = {
            "case": name,
            "error": None,
            "figures": figures,
            "machine": machine,
            "cpu_s": 1.0,
            "date": "2026-01-01",
        }
        (tmp_path / f"{name}.json").write_text(json.dumps(result))
    args = argparse.Namespace(results=tmp_path, page=tmp_path / "interactions.md", report=True)
    script("harness.pages").run_page(args, [], lambda case: {}, page.page)
    text = " ".join((tmp_path / "interactions.md").read_text().split())
    assert "as many: EASE 90 %" in text
    assert "| Popularity | 0.0200 | 0.0100 |" in text
    assert "AUC 0.510 (0.5 is chance, standard error 0.020)" in text
    assert "a softmax of 7 and one of some 5" in text


def test_privacy_of_the_half_that_was_learned_from_is_measured() -> None:
    found = script("interactions").membership(planted(120, rated=False, timed=False), 0)
    assert 0.3 < found["auc"] < 0.75
    assert found["error"] == pytest.approx(0.053, abs=0.001)
