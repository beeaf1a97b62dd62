"""The page on private training: its peers' tokens, what is run, what counts as best, how it is written."""

from __future__ import annotations

import argparse
import importlib
import json
import statistics
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from synthgen.table.schema import Schema

BENCHMARKS = Path(__file__).parent.parent / "benchmarks"


@pytest.fixture(autouse=True)
def beside(monkeypatch: pytest.MonkeyPatch) -> None:
    """The scripts find their harness beside them."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    monkeypatch.syspath_prepend(str(BENCHMARKS / "workers"))


def script(name: str) -> Any:
    return importlib.import_module(name)


def written() -> pd.DataFrame:
    """Cells as a CSV holds them: labels, zeros and amounts, times, a column with gaps."""
    rng = np.random.default_rng(0)
    amounts = np.where(rng.random(2_000) < 0.6, 0, rng.lognormal(3, 1, 2_000))
    days = pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 10**8, 2_000), unit="s")
    return pd.DataFrame(
        {
            "plan": rng.choice(["free", "pro"], 2_000),
            "amount": [f"{amount:.2f}" for amount in amounts],
            "at": days.strftime("%Y-%m-%d %H:%M:%S"),
            "stars": np.where(rng.random(2_000) < 0.1, "", rng.integers(1, 6, 2_000).astype(str)),
        }
    )


def test_tokens_come_back_as_cells_of_the_same_bin() -> None:
    codec_of, rows = script("marginals_codec").Codec.of, written()
    codec = codec_of(rows, ["at"])
    tokens = codec.encode(rows)
    made = codec.decode(tokens, np.random.default_rng(1))
    for name, column in codec.columns.items():
        assert 0 <= tokens[name].min() <= tokens[name].max() < column.size <= 32
    assert (made.plan == rows.plan).all()
    assert (made.stars == rows.stars).all()  # few values: a token each, missing among them
    assert ((made.amount == "0.00") == (rows.amount == "0.00")).all()  # frequent: a token of its own
    assert made.amount.str.fullmatch(r"\d+\.\d\d").all()
    again = codec.encode(made)
    for name in ("amount", "at"):
        moved = again[name] != tokens[name]
        assert moved.mean() < 0.02  # what is rounded may leave its bin


def test_bins_hold_equally_many_rows() -> None:
    codec = script("marginals_codec").Codec.of(written(), ["at"])
    counts = np.bincount(codec.encode(written())["at"])
    assert len(counts) == 32
    assert counts.max() <= 1.1 * counts.min() + 2


@pytest.mark.parametrize(("epsilon", "delta"), [(0.5, 1e-5), (1.0, 1e-5), (10.0, 1e-6)])
def test_the_peers_budget_is_no_larger_than_a_gaussian_may_spend_and_little_smaller(
    epsilon: float, delta: float
) -> None:
    concentrated = script("concentrated")
    rho = concentrated.rho_of(epsilon, delta)
    assert concentrated.delta_of(rho, epsilon) == pytest.approx(delta, rel=1e-3)
    mu = (2 * rho) ** 0.5  # a Gaussian of that rho; its exact delta by Balle and Wang 2018
    exact = norm.cdf(mu / 2 - epsilon / mu) - np.exp(epsilon) * norm.cdf(-mu / 2 - epsilon / mu)
    assert 0.1 * delta < exact < delta


def ask(**given: Any) -> argparse.Namespace:
    usual = {"tables": "adult,shoppers", "systems": "mst,synthgen,plain", "epsilons": "1,3", "seeds": 2, "attacks": ""}
    return argparse.Namespace(**(usual | given))


def test_settings_run_seed_by_seed_and_what_has_no_epsilon_runs_once() -> None:
    names = [case.name for case in script("privacy").cases(ask())]
    assert len(names) == len(set(names)) == 2 * (2 + 2 * 2 * 2)
    assert names[:3] == ["adult.plain.0", "adult.mst.1.0", "adult.synthgen.1.0"]
    assert all(name.endswith(".0") for name in names[: len(names) // 2])
    attacks = [case.name for case in script("privacy").cases(ask(systems="synthgen", attacks="membership,canaries"))]
    assert attacks[8:] == [
        "membership.adult.synthgen.1.0",
        "membership.adult.synthgen.1.1",
        "membership.shoppers.synthgen.1.0",
        "membership.shoppers.synthgen.1.1",
        "canaries.shoppers.synthgen.1.0",
    ]


def figures(trend: float, task: float) -> dict[str, Any]:
    costs = {"fit_s": 9.0, "fit_cpu_s": 8.0, "sample_s": 1.0, "peak_mb": 700.0, "versions": {"some": "1.0"}}
    return {
        "shape": 1.0,
        "trend": trend,
        "trend_fixed": 2.0,
        "detector": 0.7,
        "task": task,
        "rows": {"train_rows": 32_561},
        **costs,
    }


def result(name: str, found: dict[str, Any] | None, job: dict[str, Any] | None = None) -> dict[str, Any]:
    machine = {"cpu": "some", "python": "3.11"}
    parts = {"system": name.split(".")[1]} | (job or {})
    error = None if found else "StepFailed: not done after 600 s"
    return {
        "case": name,
        "job": parts,
        "error": error,
        "figures": found,
        "machine": machine,
        "cpu_s": 1.0,
        "date": "2026-01-01",
    }


def written_page(tmp_path: Path, results: dict[str, dict[str, Any]]) -> str:
    for name, one in results.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(one))
    args = argparse.Namespace(results=tmp_path, page=tmp_path / "privacy.md", report=True)
    script("harness.pages").run_page(args, [], lambda case: {}, script("methods.private_page").page)
    return " ".join((tmp_path / "privacy.md").read_text().split())


def test_the_page_says_who_is_best_what_was_reached_and_who_failed(tmp_path: Path) -> None:
    names = {"synthgen": (4.0, 0.87), "mst": (6.0, 0.85), "independent": (3.0, 0.5)}
    found = {f"adult.{system}.1.0": result(f"adult.{system}.1.0", figures(*said)) for system, said in names.items()}
    found["adult.aim.1.0"] = result("adult.aim.1.0", None)
    said = {"title": "Audit", "value": 0.51, "interval": [0.47, 0.55], "p": 0.4, "epsilon_at_least": 0.0}
    job = {"table": "shoppers", "system": "synthgen", "epsilon": 1.0, "seed": 0, "attack": "canaries"}
    found["canaries.shoppers.synthgen.1.0"] = result("canaries.shoppers.synthgen.1.0", {"attacks": [said]}, job)
    text = written_page(tmp_path, found)
    assert "| 1 | **synthgen** | **1.00** | **4.00** | **2.00** | **0.700** | **0.870** | 8 | 700 | 1 |" in text
    assert "| 1 | MST | **1.00** | 6.00 | **2.00** | **0.700** | 0.850 | 8 | 700 | 1 |" in text
    assert "| 1 | *private columns, independent* | 1.00 | 3.00 |" in text  # stands beside: never bold
    assert "synthgen beside the peers is best or within noise in 5 of 5 cells." in text
    assert "trend % 4.00, best of the others 6.00 (MST): reached." in text
    assert "task AUC 0.870, 0.88 asked for: missed." in text
    assert "`adult.aim.1.0` failed: StepFailed: not done after 600 s" in text
    assert "0.510 (0.470 to 0.550)" in text
    assert "none does better than guessing" in text


def test_who_is_told_the_domain_stands_beside_the_peers_by_itself(tmp_path: Path) -> None:
    names = {"synthgen": (6.0, 0.87), "ours-public": (2.0, 0.9), "mst": (4.0, 0.85)}
    found = {f"adult.{system}.1.0": result(f"adult.{system}.1.0", figures(*said)) for system, said in names.items()}
    text = written_page(tmp_path, found)
    assert "synthgen beside the peers is best or within noise in 4 of 5 cells; not in: trend % at 1." in text
    assert "synthgen, public domain beside the peers is best or within noise in 5 of 5 cells." in text
    assert "- Adult, epsilon 1, public domain: trend % 2.00, best of the others 4.00 (MST): reached." in text
    assert "- Adult, epsilon 1: task AUC 0.870, best of the others 0.850 (MST): reached." in text  # not by 0.9


def test_a_public_domain_tells_labels_and_ends_and_nothing_else(tmp_path: Path) -> None:
    rows = written()
    rows["free"] = [f"text {number}" for number in range(len(rows))]
    rows.to_csv(tmp_path / "train.csv", index=False)
    file = script("methods.public_domain").public_domain(tmp_path / "train.csv", ["at"], tmp_path / "schema.json")
    schema = Schema.model_validate_json(file.read_text())
    assert schema.column("plan").options == {"categories": ["free", "pro"]}
    assert [schema.column(name).type for name in rows] == ["categorical", "numeric", "datetime", "numeric", "text"]
    ends = {line.column: (line.low, line.high) for line in schema.ranges}
    assert ends["stars"] == (1, 5)
    assert ends["at"] == (rows["at"].min(), rows["at"].max())
    assert set(ends) == {"amount", "at", "stars"}


def test_what_is_worse_than_noise_over_seeds_is_not_best() -> None:
    page = script("methods.private_page")
    trend = next(figure for figure in page.FIGURES if figure.key == "trend")

    def seeds(*values: float) -> list[dict[str, Any]]:
        return [figures(value, 0.9) for value in values]

    found = {"synthgen": seeds(4.0, 4.2, 4.4), "mst": seeds(4.2, 4.4, 4.6), "argn": seeds(5.0, 5.2, 5.4)}
    usual = page.usual_of(trend, found, [found])
    assert usual == pytest.approx(statistics.stdev([4.0, 4.2, 4.4]))
    assert page.best(trend, found, usual) == {"synthgen", "mst"}  # 0.2 apart; noise is 2.78 * 0.2 * sqrt(2 / 3) = 0.45
    found["argn"] = seeds(5.0, 9.0, 13.0)  # how another spreads says nothing of these two
    found["mst"] = seeds(4.6, 4.8, 5.0)
    assert page.best(trend, found, page.usual_of(trend, found, [found])) == {"synthgen", "argn"}
    assert page.best(trend, {"synthgen": seeds(4.0), "mst": seeds(4.1)}, 0.0) == {"synthgen"}


def test_what_did_better_than_guessing_is_said(tmp_path: Path) -> None:
    said = {"title": "Membership", "value": 0.7, "interval": [0.68, 0.72], "p": 1e-9, "epsilon_at_least": None}
    job = {"table": "adult", "system": "synthgen", "epsilon": 1.0, "seed": 0, "attack": "membership"}
    name = "membership.adult.synthgen.1.0"
    assert "at least one does better than guessing" in written_page(
        tmp_path, {name: result(name, {"attacks": [said]}, job)}
    )
