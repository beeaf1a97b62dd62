"""Texts in a column of a table are judged like texts by themselves."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from synthgen.metrics import METRICS
from synthgen.metrics.texts import TEXT_METRICS
from synthgen.metrics.texts.base import TextView
from synthgen.metrics.texts.columns import OfColumns, evenly, text_view
from synthgen.metrics.texts.lengths import LengthLaw
from synthgen.metrics.view import View, read_views
from synthgen.table.schema import ColumnSchema, Schema
from tests.texts.planted import chatter, grammar

SCHEMA = Schema(columns=[ColumnSchema(name="text", type="text"), ColumnSchema(name="mood", type="categorical")])


def table(texts: list[str | None], seed: int = 0) -> pa.Table:
    moods = np.random.default_rng(seed).choice(["good", "bad"], len(texts))
    return pa.table({"text": pa.array(texts), "mood": moods.tolist()})


def views(*texts: list[str]) -> tuple[View, View, View]:
    one, two, three = (table([*own, None, ""]) for own in texts)
    return read_views(one, two, three, SCHEMA)


def test_every_metric_of_texts_is_one_of_tables() -> None:
    named = {metric.name for metric in METRICS if isinstance(metric, OfColumns)}
    assert named == {metric.name for metric in TEXT_METRICS}


def test_a_column_says_what_its_texts_say_and_gaps_do_not_count() -> None:
    train, held, made = chatter(200, 1), chatter(200, 2), [text[:40] for text in chatter(200, 3)]
    found = OfColumns(LengthLaw(), "fidelity").compute(*views(train, held, made), np.random.default_rng(0))
    alone = LengthLaw().compute(TextView(train), TextView(held), TextView(made), np.random.default_rng(0))
    assert (found.value, found.floor) == (alone.value, alone.floor)
    assert found.details["columns"] == {"text": {"value": alone.value, "floor": alone.floor}}


def test_copies_are_seen_and_their_chance_said() -> None:
    runs = next(metric for metric in METRICS if metric.name == "text_runs")
    train, held = chatter(300, 1), chatter(300, 2)
    copied = runs.compute(*views(train, held, train[:150]), np.random.default_rng(0))
    assert copied.value == 1.0
    assert copied.details["p"] < 1e-6
    fresh = runs.compute(*views(train, held, chatter(300, 3)), np.random.default_rng(0))
    assert fresh.value == 0.0
    assert fresh.details["p"] == 1.0


def test_few_texts_say_nothing() -> None:
    texts, _, _ = grammar(50)
    for metric in METRICS:
        if isinstance(metric, OfColumns):
            result = metric.compute(*views(texts, texts, texts), np.random.default_rng(0))
            assert result.value is None
            assert "100 texts" in result.reason


def test_of_many_texts_some_at_even_distances_are_read() -> None:
    view = text_view(pa.array([f"t{n}" for n in range(1_000)]), {"n": np.arange(1_000)}, list(range(1_000)), most=10)
    assert view.texts[0] == "t0"
    assert view.texts[-1] == "t999"
    assert view.labels["n"].tolist() == evenly(1_000, 10).tolist()
