"""The page on linked tables: how tables are parted, what workers are told, what counts as best, how it is written."""

from __future__ import annotations

import argparse
import importlib
import json
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.interactions.planted import planted
from tests.networks import network

BENCHMARKS = Path(__file__).parent.parent / "benchmarks"


@pytest.fixture(autouse=True)
def beside(monkeypatch: pytest.MonkeyPatch) -> None:
    """The scripts find their harness beside them."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    monkeypatch.syspath_prepend(str(BENCHMARKS / "workers"))


def script(name: str) -> Any:
    return importlib.import_module(name)


def small(data: Path, work: Path) -> dict[str, pd.DataFrame]:
    """Users, their posts, and what they read."""
    found = network()
    found["posts"] = found["posts"].drop(columns="reply_to_post")
    return {name: found[name] for name in ("users", "posts", "reads", "films")}


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    folder = tmp_path_factory.mktemp("linked")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(BENCHMARKS))
        tables = script("methods.linked_tables")
        spec = tables.LinkedSpec("small", "Small", small, "users", "id", keep=("films",))
        return folder, tables.prepare(spec, folder, folder, 0)


def test_people_are_held_out_with_all_that_is_theirs(prepared: tuple[Path, dict[str, Any]]) -> None:
    folder, facts = prepared
    train, held = (pd.read_csv(folder / side / "users.csv") for side in ("train", "held"))
    assert len(held) == 72
    assert not set(train.id) & set(held.id)
    for name in ("posts", "reads"):
        assert set(pd.read_csv(folder / "train" / f"{name}.csv").user_id) <= set(train.id)
        assert set(pd.read_csv(folder / "held" / f"{name}.csv").user_id) <= set(held.id)
    assert facts["tables"]["films"]["keep"]
    assert facts["tables"]["posts"]["columns"] == {"kind": "label", "at": "time"}
    owners = {one["table"]: one["parent"] for one in facts["references"] if one["owner"]}
    assert owners == {"posts": "users", "reads": "users"}


def test_independent_columns_keep_counts_and_break_no_reference(
    prepared: tuple[Path, dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, facts = prepared
    out = folder / "independent"
    out.mkdir(exist_ok=True)
    job = {"system": "independent", "train": str(folder / "train"), "out": str(out), "facts": facts}
    (tmp_path / "job.json").write_text(json.dumps(job))
    worker, common = script("linked_synthgen_worker"), script("linked_common")
    monkeypatch.setattr(sys, "argv", ["worker", str(tmp_path / "job.json")])
    monkeypatch.setattr(common, "limit_threads", lambda threads: None)
    common.main({"independent": worker.independent}, ("torch",))
    said = json.loads((out / "made.json").read_text())
    assert said["fit_cpu_s"] > 0
    posts, train = pd.read_csv(out / "posts.csv"), pd.read_csv(folder / "train/posts.csv")
    assert posts.user_id.value_counts().mean() == pytest.approx(train.user_id.value_counts().mean(), rel=0.25)
    found = script("methods.linked_judging").judged(folder, out, 0, ["linked"])
    assert found["lost"] == 0
    values = {one["name"]: one for one in found["figures"]}
    assert values["posts: parent_child"]["value"] > 1.3 * values["posts: parent_child"]["floor"]
    assert values["posts: summary_detector"]["value"] > 0.6


def result(name: str, figures: dict[str, Any] | None, error: str | None = None) -> dict[str, Any]:
    machine = {"cpu": "some", "python": "3.11"}
    return {"case": name, "error": error, "figures": figures, "machine": machine, "cpu_s": 1.0, "date": "2026-01-01"}


def figures(count: float, detector: float) -> dict[str, Any]:
    lines = [
        {"name": "t: c", "title": "t: Counts", "value": count, "floor": 0.02, "interval": None, "direction": "lower"},
        {
            "name": "t: d",
            "title": "t: Detector",
            "value": detector,
            "floor": 0.51,
            "interval": [detector - 0.02, detector + 0.02],
            "direction": "half",
        },
    ]
    costs = {"fit_cpu_s": 12.0, "sample_cpu_s": 3.0, "peak_mb": 500.0, "rows": {"tweets": 900}, "lost": 0, "doubles": 0}
    return {"figures": lines, "notes": ["learned from 5 people"], **costs}


def test_the_page_says_who_is_best_and_who_failed(tmp_path: Path) -> None:
    page = script("social")
    cases = {
        "airline_tweets.synthgen.0": result("a", figures(0.015, 0.55)),
        "airline_tweets.argn.0": result("b", figures(0.019, 0.56)),
        "airline_tweets.independent.0": result("c", figures(0.06, 0.9)),
        "airline_tweets.hma.0": result("d", None, "StepFailed: not done after 5 s"),
    }
    for name, one in cases.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(one))
    args = argparse.Namespace(results=tmp_path, page=tmp_path / "social.md", report=True)
    script("harness.pages").run_page(args, [], lambda case: {}, page.page)
    text = " ".join((tmp_path / "social.md").read_text().split())
    assert "| t: Counts | **0.015** | **0.019** | 0.060 | 0.020 |" in text
    assert "| t: Detector | **0.550** | **0.560** | 0.900 | 0.510 |" in text
    assert "best or within noise in 2 of 2 rows" in text
    assert "SDV HMA failed: StepFailed: not done after 5 s" in text
    assert "learned from 5 people" in text


def test_what_is_worse_than_noise_is_not_best() -> None:
    page = script("social")

    def said(value: float, direction: str, floor: float) -> list[dict[str, Any]]:
        return [{"value": value, "floor": floor, "interval": None, "direction": direction}]

    assert page.best({"a": said(0.03, "lower", 0.02), "b": said(0.05, "lower", 0.02)}) == {"a"}
    assert page.best({"a": said(0.01, "lower", 0.02), "b": said(0.02, "lower", 0.02)}) == {"a", "b"}
    assert page.best({"a": said(0.8, "higher", 0.9), "b": said(0.95, "higher", 0.9)}) == {"b"}
    two = {
        "a": said(0.10, "lower", 0.0) + said(0.12, "lower", 0.0),
        "b": said(0.3, "lower", 0.0) + said(0.28, "lower", 0.0),
    }
    assert page.best(two) == {"a"}


def test_recommenders_taught_by_made_people_are_tested_on_those_held_out(tmp_path: Path) -> None:
    real = planted(150)
    frame = pd.DataFrame(
        {"userId": real.user_E, "movieId": real.item_E, "rating": 3.5, "timestamp": "2020-01-02 10:00:00"}
    )
    shuffled = frame.assign(movieId=frame.movieId.sample(frac=1, random_state=0).to_numpy())
    sides = {"all": frame, "train": frame[frame.userId < 100], "held": frame[frame.userId >= 100]}
    for name, part in (sides | {"good": sides["train"], "bad": shuffled[shuffled.userId < 100]}).items():
        (tmp_path / name).mkdir()
        part.to_csv(tmp_path / name / "ratings.csv", index=False)
    recommended = script("methods.linked_judging").recommended
    good, bad = (recommended(tmp_path, tmp_path / name, 0)["recommender"] for name in ("good", "bad"))
    assert good["ndcg"] == pytest.approx(good["real"])
    assert good["tau"] == 1
    assert bad["ndcg"] < 0.9 * bad["real"]
