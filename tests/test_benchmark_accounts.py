"""The page on fake accounts: how it is written; a small search."""

from __future__ import annotations

import argparse
import importlib
import json
from pathlib import Path
from typing import Any

import pytest

BENCHMARKS = Path(__file__).parent.parent / "benchmarks"


@pytest.fixture(autouse=True)
def beside(monkeypatch: pytest.MonkeyPatch) -> None:
    """The scripts find their harness beside them."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))


def script(name: str) -> Any:
    return importlib.import_module(name)


def test_the_page_says_what_is_found_what_is_taught_and_how_hard_it_is(tmp_path: Path) -> None:
    page = script("accounts")
    one = {"name": "a", "title": "Fakes told by ties", "value": 0.7, "floor": 0.8, "details": {"chance": 0.1}}
    gone = one | {"title": "Nothing", "value": None}
    precision = [[1 - difficulty] * 4 for difficulty in page.DIFFICULTIES]
    curve = [
        {"difficulty": difficulty, "precision": each, "chance": 0.1}
        for difficulty, each in zip(page.DIFFICULTIES, precision, strict=True)
    ]
    found = {"campaigns": 5, "true": 5, "index": 0.97, "precision": 0.98, "recall": 0.96, "seconds": 1.0}
    bots = {"campaigns": [{"accounts": 60, "bots": 0.98}], "rows": 7_488, "bots": 0.33, "fit_s": 1.0}
    cases = {
        "found.none.0": found | {"true": 0, "campaigns": 0, "precision": None, "recall": None},
        "found.50.0": found,
        "found.50.1": found | {"campaigns": 4},
        "world.0": {"fidelity": [one, gone], "curve": curve, "fit_s": 9.0, "notes": []},
        "human-bots.0": bots | {"fidelity": [one]},
    }
    for name, figures in cases.items():
        machine = {"cpu": "some", "python": "3.11"}
        result = {"case": name, "error": None, "figures": figures, "machine": machine, "cpu_s": 1.0, "date": "2026"}
        (tmp_path / f"{name}.json").write_text(json.dumps(result))
    args = argparse.Namespace(results=tmp_path, page=tmp_path / "accounts.md", report=True)
    script("harness.pages").run_page(args, [], lambda case: {}, page.page)
    text = " ".join((tmp_path / "accounts.md").read_text().split())
    assert "| no bots | 0 | 0.0 | | | |" in text
    assert "| 0.5 | 5 | 4.5 ± 0.7 | 0.97 ± 0.00 | 0.98 ± 0.00 | 0.96 ± 0.00 |" in text
    assert "| Fakes told by ties | 0.700 | 0.800 | 0.100 |" in text
    assert "Nothing" not in text
    assert "60 (98%)" in text
    assert "| 0.25 | 0.750 | 0.750 | 0.750 | 0.750 | 0.100 |" in text
