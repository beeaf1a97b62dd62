"""The page on recommendation: what its baselines keep, how it is written; small sizes."""

from __future__ import annotations

import argparse
import importlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from synthgen.metrics.recommendation import INTERACTION_METRICS, RECOMMENDERS
from tests.metrics.recommendation.planted import planted

BENCHMARKS = Path(__file__).parent.parent / "benchmarks"


@pytest.fixture(autouse=True)
def beside(monkeypatch: pytest.MonkeyPatch) -> None:
    """The scripts find their harness beside them."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))


def script(name: str) -> Any:
    return importlib.import_module(name)


@pytest.mark.parametrize("name", ["independent", "shuffled"])
@pytest.mark.parametrize("times", [1, 3])
def test_a_baseline_keeps_amounts_and_no_user_has_an_item_twice(name: str, times: int) -> None:
    taken = planted(users=300, items=400)
    made = script("methods.histories").MAKERS[name](taken, times, 0)
    assert made.n_users == times * taken.n_users
    assert made.n_items == taken.n_items
    assert made.counts().max() == 1
    assert made.per_user_U.mean() == pytest.approx(taken.per_user_U.mean(), rel=0.05)  # four standard errors
    assert np.corrcoef(made.per_item_I, taken.per_item_I)[0, 1] > 0.95
    if times == 1:
        assert (made.per_user_U == taken.per_user_U).all()
    if name == "shuffled":
        assert (made.per_item_I == times * taken.per_item_I).all()


def result(name: str, figures: dict[str, Any]) -> str:
    machine = {"cpu": "some", "python": "3.11"}
    return json.dumps(
        {"case": name, "error": None, "figures": figures, "machine": machine, "cpu_s": 1.0, "date": "2026-01-01"}
    )


def figures(scale: float, tau: float) -> dict[str, Any]:
    trials = {
        one.name: {"ndcg": scale * (place + 1) / 10, "recall": 0.1, "coverage": 0.2, "gini": 0.9}
        for place, one in enumerate(RECOMMENDERS)
    }
    trials["bpr"] = {"ndcg": None, "recall": None, "coverage": None, "gini": None}
    return {"trials": trials, "tau": tau, "tau_floor": 0.95, "users": 10, "interactions": 100, "made_s": 2.0}


def test_the_page_says_what_is_kept_and_what_is_missed(tmp_path: Path) -> None:
    page = script("recommendation")
    values = {metric.name: None if metric.name == "repeats" else 0.25 for metric in INTERACTION_METRICS}
    for seed in range(2):
        made = figures(0.9, 0.9) | {"values": values, "floors": values}
        found = {"real-1": figures(1, 1), "synthgen-1": made, "synthgen-3": figures(0.8, 0.7)}
        found["next-synthgen"] = {"next_item": (0.05 + 0.01 * seed, 0.08), "comes_back": (0.7, 0.75)}
        for name, one in found.items():
            (tmp_path / f"{name}.{seed}.json").write_text(result(name, one))
    args = argparse.Namespace(results=tmp_path, page=tmp_path / "recommendation.md", report=True)
    script("harness.pages").run_page(args, [], lambda case: {}, page.page)
    text = " ".join((tmp_path / "recommendation.md").read_text().split())
    assert "- **synthgen**: ALS keeps 90.0% (at or above the target of 85%), tau 0.90 (at or above 0.8)." in text
    assert "three" not in text
    assert "3 times as many users: ALS keeps 80.0% (below the target of 90%), tau 0.70 (below 0.8)." in text
    assert "| Popularity curve | 0.250 ± 0.000 | 0.250 ± 0.000 |" in text
    assert "Items taken again" not in text
    assert "BPR" not in text
    assert "| **synthgen** | 0.055 ± 0.007 | 0.700 ± 0.000 |" in text
    assert "| real users (the floor) | 0.080 ± 0.000 | 0.750 ± 0.000 |" in text
    assert "| real histories | 0.100 ± 0.000 | 0.200" in text


def test_cases_are_real_first_and_more_users_only_of_synthgen() -> None:
    page = script("recommendation")
    args = argparse.Namespace(tables="movielens_small", seeds=1, systems="real,half,synthgen,independent")
    assert [case.name for case in page.cases(args)] == [
        "real-1.0",
        "half-1.0",
        "synthgen-1.0",
        "synthgen-3.0",
        "independent-1.0",
        "next-synthgen.0",
        "next-independent.0",
    ]
