"""The page on graphs: its peers, who wins a row, how it is written; small sizes."""

from __future__ import annotations

import argparse
import importlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from synthgen.metrics.graphs import GRAPH_METRICS
from tests.graphs.planted import planted

BENCHMARKS = Path(__file__).parent.parent / "benchmarks"


@pytest.fixture(autouse=True)
def beside(monkeypatch: pytest.MonkeyPatch) -> None:
    """The scripts find their harness beside them."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))


def script(name: str) -> Any:
    return importlib.import_module(name)


@pytest.mark.parametrize("name", ["configuration", "chung-lu", "sbm", "dc-sbm"])
def test_a_peer_has_its_law(name: str) -> None:
    graph, block_N = planted(600, 6, 0.12, 0.01)
    made = script("methods.graphs").PEERS[name](graph, block_N, np.random.default_rng(0))
    assert made.n_nodes == 600
    assert 0.9 * graph.n_edges < made.n_edges <= graph.n_edges
    same = [(block_N[one.from_M] == block_N[one.to_M]).mean() for one in (graph, made)]
    expected = same[0] if "sbm" in name else 1 / 6
    assert same[1] == pytest.approx(expected, abs=0.04)  # standard error 0.008; doubles are left out within blocks
    alike = np.corrcoef(graph.out_N, made.out_N)[0, 1]
    if name == "sbm":
        assert abs(alike) < 0.2  # standard error 0.04
    else:
        assert alike > 0.5


def result(name: str, figures: dict[str, Any]) -> str:
    machine = {"cpu": "some", "python": "3.11"}
    return json.dumps(
        {"case": name, "error": None, "figures": figures, "machine": machine, "cpu_s": 1.0, "date": "2026-01-01"}
    )


def figures(value: float) -> dict[str, Any]:
    without = ("reciprocity", "degree_by_column")
    values = {metric.name: None if metric.name in without else value for metric in GRAPH_METRICS}
    return {
        "values": values,
        "floors": {name: None if found is None else 0.02 for name, found in values.items()},
        "fit_s": 5.0,
        "sample_s": 20.0,
        "made_edges": 1000,
        "degrees_off": 0,
    }


def test_the_page_says_who_is_best_and_what_was_missed(tmp_path: Path) -> None:
    graph = script("graph")
    for seed in range(2):
        ours, other = figures(0.01 + 0.001 * seed), figures(0.2 + 0.001 * seed)
        other["values"]["spectrum"] = 0.001 + 0.0001 * seed
        (tmp_path / f"synthgen.{seed}.json").write_text(result(f"synthgen.{seed}", ours))
        (tmp_path / f"dc-sbm.{seed}.json").write_text(result(f"dc-sbm.{seed}", other))
    large = {"nodes": 60, "edges": 1_000_000, "cpu_s": 90.0, "wall_s": 95.0, "peak_mb": 1500.0, "load": 1.0, "cores": 2}
    large |= {"before": 0.2, "after": 0.01, "rounds": 9, "reason": "enough", "fit_s": 5.0}
    (tmp_path / "scale.0.json").write_text(result("scale.0", large))
    args = argparse.Namespace(results=tmp_path, page=tmp_path / "graph.md", report=True)
    script("harness.pages").run_page(args, [], lambda case: {}, graph.page)
    text = (tmp_path / "graph.md").read_text()
    assert "best or within noise in 9 of 10 rows; not in: spectrum" in " ".join(text.split())
    assert "**0.0105 ± 0.0007**" in text
    assert "Reciprocity" not in text
    assert "1,000,000 edges" in text
    assert "95 by the clock, at a load of 1.0 on 2 cores), at most 1,500 MB" in " ".join(text.split())
