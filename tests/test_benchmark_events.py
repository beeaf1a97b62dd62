"""The page on events: its lower baseline, the measure of memory, how it is written; small sizes."""

from __future__ import annotations

import argparse
import importlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from synthgen.config import RunConfig
from synthgen.linked.detecting import detect_links
from synthgen.table.table import Table

BENCHMARKS = Path(__file__).parent.parent / "benchmarks"


@pytest.fixture(autouse=True)
def beside(monkeypatch: pytest.MonkeyPatch) -> None:
    """The scripts find their harness beside them."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))


def script(name: str) -> Any:
    return importlib.import_module(name)


def small() -> dict[str, pd.DataFrame]:
    frame = pd.DataFrame({"account": range(200), "account_type": ["bot", "human"] * 100})
    found: dict[str, pd.DataFrame] = script("methods.events").accounts_with_events(frame, np.random.default_rng(0))
    return found


def test_the_planted_law_holds_in_the_table_that_is_learned() -> None:
    events = small()["events"].merge(small()["accounts"], on="account")
    before = events.groupby("account").event.shift(1)
    assert (before[events.event == "purchase"] == "add_to_cart").all()
    assert set(events.event[events.account_type == "bot"]) == {"view"}


def test_rows_dealt_out_anew_keep_columns_and_lose_what_ties_them() -> None:
    tables = {name: Table.from_any(frame, name) for name, frame in small().items()}
    schema = detect_links(tables, RunConfig())
    real = {name: table.arrow for name, table in tables.items()}
    made = script("methods.events").shuffled(real, schema, np.random.default_rng(0))
    for column in made["events"].column_names:
        mine, other = (sorted(map(str, one["events"].column(column).to_pylist())) for one in (made, real))
        assert mine == other
    found = script("events").judged(schema, real, real, made)
    figures = {one["name"]: one for one in found["figures"]}
    assert figures["events_each"]["value"] == 0.0
    assert figures["successions"]["value"] > 0.1
    assert figures["gaps"]["value"] > 0.3


def test_the_page_has_a_table_for_each_source_and_one_for_lengths(tmp_path: Path) -> None:
    page = script("events")
    figures = [
        {"name": "gaps", "title": "Gaps in time", "value": 0.05, "floor": 0.04},
        {"name": "next_kind", "title": "The kind of the next event", "value": 0.8, "floor": 0.9},
        {"name": "memory", "title": "A gap and the next", "value": None, "floor": None},
    ]
    made = {"figures": figures, "rows": [800, 200, 790], "owners": [80, 20, 80], "fit_s": 10.0, "sample_s": 1.0}
    length = {"length": 1_000, "owners": 2, "rows": 2_000, "s": 20.0, "mb": [400.0, 410.0]}
    cases = {"airline_tweets.synthgen.0": made, "airline_tweets.shuffled.0": made, "length.1000.0": length}
    for name, found in cases.items():
        result = {"case": name, "error": None, "figures": found, "machine": {"cpu": "some", "python": "3.11"}}
        (tmp_path / f"{name}.json").write_text(json.dumps(result | {"cpu_s": 1.0, "date": "2026-01-01"}))
    args = argparse.Namespace(results=tmp_path, page=tmp_path / "events.md", report=True)
    script("harness.pages").run_page(args, [], lambda case: {}, page.page)
    text = " ".join((tmp_path / "events.md").read_text().split())
    assert "| Gaps in time | 0.0500 | 0.0500 | 0.0400 |" in text
    assert "The kind of the next event (AUC)" in text
    assert "A gap and the next" not in text
    assert "| 1,000 | 2 | 2,000 | 20 | 100 | 20.0 | 400 / 410 |" in text
