"""The pages on conditions, imputing and scoring: their peers, what they break, how they are written; small sizes."""

from __future__ import annotations

import argparse
import importlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

BENCHMARKS = Path(__file__).parent.parent / "benchmarks"
JUDGE = BENCHMARKS.parent.parent / "shared" / "bench" / "judge.py"


@pytest.fixture(autouse=True)
def beside(monkeypatch: pytest.MonkeyPatch) -> None:
    """The scripts find their harness beside them."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))


def script(name: str) -> Any:
    return importlib.import_module(name)


def accounts(rows: int, seed: int = 0) -> pd.DataFrame:
    """Followers that a plan decides, a country that decides a language, a target that followers decide."""
    rng = np.random.default_rng(seed)
    plan = rng.choice(["free", "pro"], rows)
    country = rng.choice(["FR", "DE", "IT"], rows)
    followers = np.where(plan == "pro", 1_000, 10) + rng.integers(0, 10, rows)
    return pd.DataFrame(
        {
            "plan": plan,
            "followers": followers,
            "days": rng.integers(1, 500, rows),
            "country": country,
            "language": pd.Series(country).map({"FR": "fr", "DE": "de", "IT": "it"}),
            "account_type": np.where(plan == "pro", "human", "bot"),
        }
    )


def holed(rows: int = 300, share: float = 0.2) -> tuple[Any, Any, Any, pd.DataFrame]:
    """Columns, the truth, what is known, and the frame with holes."""
    tables, frame = script("methods.tables"), accounts(rows)
    holes, _ = script("methods.holes").with_holes(frame, "random", share, 0)
    columns = tables.Columns(frame, "account_type")
    return columns, columns.cells(frame), columns.cells(holes), holes


@pytest.mark.parametrize("mechanism", ["random", "depending"])
def test_holes_have_their_share_and_leave_the_rest_alone(mechanism: str) -> None:
    frame = accounts(4_000)
    holes, gone_NC = script("methods.holes").with_holes(frame, mechanism, 0.3, 1)
    share_C = gone_NC.mean(0)
    whole = 0 if mechanism == "random" else 2  # a third of six columns
    assert (share_C == 0).sum() == whole
    assert share_C[share_C > 0] == pytest.approx(0.3, abs=0.04)  # 0.007 is the standard error: one false alarm in 10^8
    assert (holes.isna().to_numpy() == gone_NC).all()
    assert all((holes[name].dropna() == frame[name][holes[name].notna()]).all() for name in frame)


def test_gaps_that_depend_on_a_column_are_more_where_it_is_larger() -> None:
    frame = pd.DataFrame({"x": np.arange(5_000), "y": np.arange(5_000)})
    rng = np.random.default_rng(0)
    gone_NC = script("methods.holes").removed_depending(frame, 0.5, rng)
    follows = int(gone_NC.sum(0).argmax())
    halves = gone_NC[:2_500, follows].mean(), gone_NC[2_500:, follows].mean()
    assert halves == (pytest.approx(0.25, abs=0.04), pytest.approx(0.75, abs=0.04))  # four standard errors


@pytest.mark.parametrize("method", ["mean_mode", "neighbours", "chained", "forests"])
def test_a_peer_keeps_what_is_known_and_fills_the_rest_with_what_columns_hold(method: str) -> None:
    columns, truth, known, _ = holed()
    filled = getattr(script("methods.imputers"), method)(columns, known, 0)
    for cells in (filled.best, *filled.draws):
        there = ~np.isnan(known.numbers_NM)
        assert (cells.numbers_NM[there] == truth.numbers_NM[there]).all()
        assert (cells.codes_NL[known.codes_NL >= 0] == truth.codes_NL[known.codes_NL >= 0]).all()
        assert np.isfinite(cells.numbers_NM).all()
        assert (cells.codes_NL >= 0).all()
        assert ((cells.numbers_NM >= columns.low) & (cells.numbers_NM <= columns.high)).all()
        assert (cells.numbers_NM % 1 == 0).all()  # all of these columns are whole
    assert all(chance_NK.sum(1) == pytest.approx(1) for chance_NK in filled.chances)


def test_forests_find_what_decides_a_label_and_means_do_not() -> None:
    columns, truth, known, _ = holed()
    imputers, figures = script("methods.imputers"), script("methods.figures")
    seen = {
        name: figures.errors(columns, truth, known, getattr(imputers, name)(columns, known, 0))
        for name in ("mean_mode", "forests")
    }
    assert seen["forests"]["accuracy"] > seen["mean_mode"]["accuracy"] + 0.2
    assert seen["forests"]["log_loss"] < seen["mean_mode"]["log_loss"]
    assert seen["forests"]["crps"] < seen["mean_mode"]["crps"]


def test_gain_fills_every_hole_from_its_own_columns() -> None:
    columns, truth, known, _ = holed(rows=200)
    filled = script("methods.gain").gain(columns, known, 0, steps=4)
    assert len(filled.draws) == script("methods.imputers").DRAWS
    for cells in (filled.best, *filled.draws):
        assert np.isfinite(cells.numbers_NM).all()
        assert (cells.codes_NL >= 0).all()
        assert (cells.codes_NL[known.codes_NL >= 0] == truth.codes_NL[known.codes_NL >= 0]).all()
    assert any((a.codes_NL != b.codes_NL).any() for a, b in zip(filled.draws, filled.draws[1:], strict=False))


def test_a_classifier_of_the_true_table_knows_the_target() -> None:
    columns, truth, _, _ = holed()
    tables = script("methods.tables")
    assert tables.task_auc(columns, truth, truth, 0) == 1.0
    at = columns.labels.index("account_type")
    mixed_NL = truth.codes_NL.copy()
    mixed_NL[:, at] = np.random.default_rng(0).permutation(mixed_NL[:, at])
    assert tables.task_auc(columns, tables.Cells(truth.numbers_NM, mixed_NL), truth, 0) < 0.7


@pytest.mark.skipif(not JUDGE.exists(), reason="the judge is not beside this repository")
def test_a_table_is_at_nothing_from_itself_by_the_judge() -> None:
    tables, frame = script("methods.tables"), accounts(200)
    columns = tables.Columns(frame, "account_type")
    whole = columns.frame(columns.cells(frame))
    assert tables.distances(JUDGE, columns, whole, whole) == {"shape": 0.0, "trend": 0.0}


def test_cells_are_corrupted_as_often_as_asked_and_each_differs() -> None:
    frame = accounts(3_000)
    columns = script("methods.tables").Columns(frame, "account_type")
    wrong, how_NC = script("methods.corruption").corrupted(frame, columns, 0.05, 0)
    assert ((wrong.to_numpy() != frame.to_numpy()) == (how_NC != "")).all()
    zeros = how_NC[:, 1] == "zero"
    assert (wrong["followers"][zeros] == 10 * frame["followers"][zeros]).all()
    assert not (how_NC[:, 0] == "zero").any()
    assert (how_NC[:, 2] != "").mean() == pytest.approx(0.05, abs=0.016)  # four standard errors


def test_rules_and_the_forest_flag_an_extra_zero() -> None:
    frame = accounts(800)
    frame.loc[frame["plan"] == "pro", "followers"] = 12  # one hump, so that a zero more stands out
    columns = script("methods.tables").Columns(frame, "account_type")
    wrong, how_NC = frame.copy(), np.zeros(frame.shape, bool)
    wrong.loc[:9, "followers"] *= 100
    how_NC[:10, 1] = True
    suspects = script("methods.suspects")
    for find, at_least in ((suspects.by_rules, 1.0), (suspects.by_forest, 0.8)):
        said = find(wrong, wrong, columns, 0, 10 / frame.size)
        assert said.flags_NC[how_NC].mean() >= at_least
        assert (said.frame["followers"][said.flags_NC[:, 1]] == wrong["followers"].median()).all()
        assert (said.frame["days"][~said.flags_NC[:, 2]] == wrong["days"][~said.flags_NC[:, 2]]).all()


def test_repair_is_judged_by_hand_worked_numbers() -> None:
    repair, tables = script("repair"), script("methods.tables")
    truth = pd.DataFrame({"x": [0.0, 2.0, 0.0, 2.0], "kind": list("abab")})
    columns = tables.Columns(truth, "kind")
    wrong = truth.assign(x=[3.0, 2.0, 0.0, 2.0], kind=list("bbab"))
    how_NC = np.array([["zero", "flipped"], ["", ""], ["", ""], ["", ""]])
    flags_NC = np.array([[True, False], [True, False], [False, False], [False, False]])
    said = script("methods.suspects").Repaired(flags_NC, truth.assign(kind=wrong["kind"]))
    seen = repair.judged(columns, truth, wrong, how_NC, said)
    assert (seen["precision"], seen["recall"], seen["f1"]) == (0.5, 0.5, 0.5)
    assert (seen["recall_zero"], seen["recall_flipped"], seen["recall_swapped"]) == (1.0, 0.0, None)
    assert seen["numbers_before"] == pytest.approx(1.5)  # sqrt(9 / 4), the spread is 1
    assert (seen["numbers"], seen["labels"]) == (0.0, 25.0)


def test_detectors_of_outliers_are_ranked_by_area() -> None:
    scoring = script("scoring")
    genuine = accounts(300).drop(columns="account_type")
    fakes = genuine.assign(country="ES", followers=500)
    said = scoring.peers((genuine[:200], genuine[200:], fakes), 0, None)
    assert len(said) == 3 * len(scoring.SCALES)
    assert said["LocalOutlierFactor, standardised"] > 0.9


def test_boosting_is_asked_about_rows_without_their_target() -> None:
    behaviour, tables = script("behaviour"), script("methods.tables")
    frame = accounts(400)
    columns = tables.Columns(frame, "account_type")
    learned, held = behaviour.split(frame, 0, None)
    assert len(held) == 80
    assert not set(learned.index) - set(range(320))
    seen = {
        name: behaviour.judged(columns, held, behaviour.chance(name, columns, learned, held, 0))
        for name in ("boosting", "share")
    }
    assert seen["boosting"]["auc"] == 1.0
    assert seen["share"]["log_loss"] == pytest.approx(np.log(2), abs=0.03)


def test_a_detector_meets_few_bots_and_all_of_them() -> None:
    balance, tables = script("balance"), script("methods.tables")
    frame = accounts(2_000)
    few, whole, held = balance.split(frame, "account_type", 0.05, 0)
    assert (few["account_type"] == "bot").mean() == pytest.approx(0.05, abs=0.001)
    assert len(held) == 500
    assert (whole["account_type"] == "bot").mean() > 0.4
    columns = tables.Columns(frame, "account_type")
    cells = [columns.cells(part) for part in (few, held)]
    assert balance.precision_of(columns, *cells, 0) == {"ap": 1.0, "auc": 1.0}


def test_conditions_are_judged_on_the_rows_alone() -> None:
    conditions, frame = script("conditions"), accounts(1_000)
    asked = conditions.Asked("some", {"plan": "pro"}, {"days": (10, 20)})
    kept = asked.kept_by(frame)
    assert (kept == ((frame["plan"] == "pro") & frame["days"].between(10, 20))).all()
    shares = (frame["plan"] == "pro").mean(), frame["days"].between(10, 20).mean()
    assert asked.if_independent(frame) == pytest.approx(np.prod(shares))
    assert asked.words() == "plan=pro, days=10..20"
    assert asked.where() == {"plan": "pro", "days": (10, 20)}


def page_of(name: str, figures: dict[str, dict[str, Any]], tmp_path: Path, **job: Any) -> str:
    """The page that a script writes from results."""
    for case, found in figures.items():
        result = {"case": case, "job": job, "error": None, "figures": found, "cpu_s": 60.0, "date": "2026-01-01"}
        result |= {"machine": {"cpu": "some processor", "python": "3.11"}}
        (tmp_path / f"{case}.json").write_text(json.dumps(result))
    args = argparse.Namespace(results=tmp_path, page=tmp_path / "page.md", report=True, reuse=False)
    script("harness.pages").run_page(args, [], lambda case: {}, script(name).page)
    return " ".join(args.page.read_text().split())  # however its lines are broken


def filled_by(shape: float, log_loss: float) -> dict[str, Any]:
    figures = dict.fromkeys(["rmse", "crps", "accuracy", "trend", "task", "cpu_s", "whole_task"], 0.5)
    return {**figures, "shape": shape, "log_loss": log_loss, "rows": 100, "likeliest": {"rmse": 0.4}}


def test_the_page_on_imputing_counts_the_settings_won_or_within_noise(tmp_path: Path) -> None:
    figures = {}
    for seed, chance in ((0, -0.1), (1, 0.1)):  # a spread of 0.14 over seeds, so differences below 0.28 are noise
        for share in (10, 30, 50):
            figures[f"adult.random.{share}.synthgen.{seed}"] = filled_by(1.2 + chance, 1.0 + chance)
            figures[f"adult.random.{share}.forests.{seed}"] = filled_by(1.0 + chance, 0.1 + chance)
    text = page_of("imputation", figures, tmp_path)
    assert "best or within noise: shape in 3 of 3 settings, trend in 3 of 3 settings, log loss in 0 of 3" in text
    assert "**1.20 ± 0.14**" in text
    assert "| 1.000 ± 0.141 |" in text
    assert "| **0.100 ± 0.141** |" in text
    assert "synthgen, likeliest | 0.400" in text


def test_the_page_on_balance_says_plainly_where_topping_up_does_not_help(tmp_path: Path) -> None:
    means = {"nothing": 0.5, "weights": 0.5, "SMOTE": 0.5, "ADASYN": 0.3, "synthgen": 0.7}
    figures = {
        f"{method}.1.{seed}": {"ap": ap + 0.01 * seed * (-1) ** len(method), "auc": 0.9, "rows": 100, "bots": 1}
        for method, ap in means.items()
        for seed in range(3)
    }
    text = page_of("balance", figures, tmp_path, epochs=10)
    assert (
        "- Beside doing nothing, topping up helps: synthgen `balance`; does not help: SMOTE; makes it worse: " in text
    )
    assert "| **synthgen** `balance` |" in text


def test_the_other_pages_are_written_from_their_results(tmp_path: Path) -> None:
    for folder in ("scoring", "behaviour", "conditions", "repair"):
        (tmp_path / folder).mkdir()
    ours = {"log_likelihood": 0.7, "critic": 0.6, "percentile": 0.7, "atypical": 0.6}
    ours |= {"ks": 0.02, "p": 0.5, "below_5": 0.05}
    peers = {"IsolationForest, standardised": 0.5, "rows": [4, 2, 3]}
    text = page_of("scoring", {"synthgen.0": {**ours, "rows": [4, 2, 3]}, "peers.0": peers}, tmp_path / "scoring")
    assert "the log-likelihood, is above the best of the peers: 0.700, IsolationForest, standardised 0.500." in text
    assert "Even at the level 0.01 with 1 of 1 seeds." in text
    seen = {"log_loss": 0.25, "auc": 0.9, "cpu_s": 1.0, "rows": [8, 2]}
    figures = {"shoppers.synthgen.0": seen, "shoppers.boosting.0": {**seen, "auc": 0.95}}
    text = page_of("behaviour", figures, tmp_path / "behaviour")
    assert "synthgen less gradient boosting, by seed: log loss 0.0000, AUC -0.0500." in text
    conditions = script("conditions")
    drawn = {"free": {"rows": 10, "error": None, "cpu_s": 1.0}}
    drawn |= {
        asked.name: {"rows": 10, "error": None, "cpu_s": 2.0, "kept": 1.0, "share": 0.1}
        for asked in conditions.CONDITIONS
    }
    facts = [{"share": 0.1, "rows": 5, "independent": 0.1} for _ in conditions.CONDITIONS]
    figures = {"synthgen.0": {"drawn": drawn, "facts": facts}}
    text = page_of("conditions", figures, tmp_path / "conditions", rows=10, epochs=1)
    assert "At most 2.0 times the time of 10 free rows: within the bar of 3." in text
    assert "10 given, 100.00 %" in text
    told = dict.fromkeys([*script("repair").FIGURES, "numbers_before", "labels_before", "cpu_s"], 0.5)
    methods = script("repair").METHODS
    figures = {
        f"adult.{learned}.{method}.0": {**dict.fromkeys(rows, told), "rows": 9, "cpu_s": 1.0}
        for learned in ("itself", "clean")
        for method, rows in methods.items()
    }
    text = page_of("repair", figures, tmp_path / "repair")
    assert "After synthgen's repair the numbers are farther from the truth than before." in text


def test_a_setting_that_fails_is_told_and_tried_again(tmp_path: Path) -> None:
    pages = script("harness.pages")
    args = argparse.Namespace(results=tmp_path / "r", page=tmp_path / "page.md", report=False, reuse=True)
    tries = []

    def measure(case: Any) -> dict[str, Any]:
        tries.append(case.name)
        if len(tries) == 1:
            raise ValueError("no luck")
        return {"seen": len(tries)}

    def page(results: dict[str, Any]) -> list[str]:
        return ["# Some page", "", str([result.get("figures") for result in results.values()]), ""]

    pages.run_page(args, [pages.Case("one.0")], measure, page)
    assert "- `one.0` failed: ValueError: no luck" in args.page.read_text()
    for _ in range(2):
        pages.run_page(args, [pages.Case("one.0")], measure, page)
    assert len(tries) == 2
    assert "[{'seen': 2}]" in args.page.read_text()
