"""The page on tweets: its peers, how it is written; small sizes."""

from __future__ import annotations

import argparse
import importlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from synthgen.metrics.texts import TEXT_METRICS
from tests.texts.planted import grammar

BENCHMARKS = Path(__file__).parent.parent / "benchmarks"


@pytest.fixture(autouse=True)
def beside(monkeypatch: pytest.MonkeyPatch) -> None:
    """The scripts find their harness beside them."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))


def script(name: str) -> Any:
    return importlib.import_module(name)


@pytest.mark.parametrize("name", ["chain", "stand-in"])
def test_a_peer_writes_as_many_as_asked_for(name: str) -> None:
    texts, context, _ = grammar(300)
    mood_N = context["mood"].to_numpy()
    asked_N = np.array(["good"] * 30 + ["bad"] * 30)
    made = script("methods.texts").PEERS[name](texts, mood_N, asked_N, np.random.default_rng(0))
    assert len(made) == 60
    if name == "chain":
        assert set(made[:30]) <= {text for text, mood in zip(texts, mood_N, strict=True) if mood == "good"}
    else:
        assert not set(made) & set(texts)


def figures(value: float) -> dict[str, Any]:
    runs = {"0.5": 3.0, "0.9": 4.0, "0.99": 6.0, "1.0": 7.0}
    kinds = {"real": 0.7, "synthetic": 0.63, "majority": 0.25}
    return {
        "values": {metric.name: value for metric in TEXT_METRICS},
        "floors": {metric.name: 0.02 for metric in TEXT_METRICS},
        "details": {
            "text_label": {"macro_f1": kinds, "accuracy": kinds},
            "text_copies": {"letter_by_letter": 0.01},
            "text_runs": {"longest_run": {"synthetic": runs, "holdout": {**runs, "1.0": 21.0}}},
        },
        "train": 1000,
        "held": 300,
        "fit_s": 60.0,
        "sample_s": 5.0,
        "grown_mb": 12.0,
        "words": "900 words",
        "samples": [["negative", "United", "@united a | b\n<br>"]],
    }


def test_the_page_shows_figures_floors_and_made_tweets(tmp_path: Path) -> None:
    text = script("text")
    for system, value in (("synthgen", 0.1), ("chain", 0.3)):
        result = {"case": system, "error": None, "figures": figures(value), "cpu_s": 1.0, "date": "2026-01-01"}
        (tmp_path / f"{system}.0.json").write_text(json.dumps(result | {"machine": {"cpu": "some", "python": "3.11"}}))
    args = argparse.Namespace(results=tmp_path, page=tmp_path / "text.md", report=True)
    script("harness.pages").run_page(args, [], lambda case: {}, text.page)
    page = (tmp_path / "text.md").read_text()
    words = " ".join(page.split())
    assert "| Words | 0.100 | 0.300 | 0.020 |" in page
    assert "90% of the F1" in words
    assert "200 tweets per second written" in words
    assert "| *real tweets of other users* | 3 | 4 | 6 | 21 |" in page
    assert "1.0% of synthgen's tweets" in words
    assert "| United | negative | @united a \\| b &lt;br> |" in page
