"""The comparison at the end of a run: every metric on the same three tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from threadpoolctl import threadpool_limits

from synthgen.metrics import METRICS
from synthgen.metrics.base import Result, plain
from synthgen.metrics.view import read_views
from synthgen.seeding import numpy_stream
from synthgen.table.schema import Schema

FEW_HELD_OUT = 50
FEW_TRAINED = 1_000


@dataclass(frozen=True)
class Comparison:
    """All results.

    Attributes:
        results: one per metric, in the registry's order.
        types: the type of each column, in the table's order; dropped columns are left out.
        rows: rows of ``train``, ``holdout`` and ``synthetic``.
        target: the column to predict.
        seed: what all sampling was drawn from.
    """

    results: tuple[Result, ...]
    types: dict[str, str]
    rows: dict[str, int]
    target: str | None
    seed: int

    def result(self, name: str) -> Result | None:
        """The result of the metric of that name."""
        return next((result for result in self.results if result.name == name), None)

    def to_json(self) -> dict[str, Any]:
        """What ``comparison.json`` holds: names of columns and figures, no value of a cell."""
        return {
            "version": 1,
            "rows": self.rows,
            "target": self.target,
            "seed": self.seed,
            "columns": self._columns(),
            "results": [result.to_json() for result in self.results],
            "notes": self._notes(),
        }

    def summary_parts(self) -> dict[str, Any]:
        """What the terminal shows: ``columns``, ``pairs``, ``figures`` and ``notes``."""
        trend = self.result("trend")
        return {
            "columns": self._columns(),
            "pairs": plain(trend.details.get("pairs", [])) if trend else [],
            "figures": [_figure(result) for result in self.results if result.value is not None],
            "notes": self._notes(),
        }

    def _columns(self) -> list[dict[str, Any]]:
        shape = self.result("shape")
        errors = shape.details.get("columns", {}) if shape else {}
        nothing = {"error": None, "floor": None}
        parts = {name: {key: errors.get(name, nothing)[key] for key in nothing} for name in self.types}
        return [{"name": name, "type": kind} | plain(parts[name]) for name, kind in self.types.items()]

    def _notes(self) -> list[str]:
        notes = []
        held_out, trained = self.rows["holdout"], self.rows["train"]
        if held_out == 0:
            notes.append("No rows were held out, so there is no floor, and nothing to test a detector or a model on.")
        elif held_out < FEW_HELD_OUT:
            notes.append(
                f"Only {held_out} rows were held out: the floors are rough, rare labels may be absent from them, and "
                "they cannot show whether single people are recognisable."
            )
        if trained < FEW_TRAINED:
            notes.append(
                f"{trained:,} rows support the shape of columns and strong pairs; weak pairs, rare labels and "
                "combinations of three and more columns are mostly chance."
            )
        expected = {"missing", "rhythm", "conditional", "emitted", "prediction"}
        for result in self.results:
            if result.value is None and (result.name not in expected or (result.name == "prediction" and self.target)):
                notes.append(f"{result.title}: not measured; {result.reason}.")
        return notes


def compare_tables(
    train: pa.Table, holdout: pa.Table, synthetic: pa.Table, schema: Schema, *, target: str | None = None, seed: int = 0
) -> Comparison:
    """Compare a synthetic table with the rows it was learned from and with rows held out.

    Args:
        train: raw Arrow table, as the program keeps it (columns of a CSV are text).
        holdout: rows the generator never saw; may have no rows.
        synthetic: its rows; the same columns in any order.
        schema: what the columns mean.
        target: a column to predict; None: prediction is not measured.
        seed: of all sampling; each metric draws from a stream of its own.
    """
    views = read_views(train, holdout, synthetic, schema, target)
    with threadpool_limits(1, user_api="openmp"):  # on a busy machine a second thread of the trees mostly waits
        results = tuple(metric.compute(*views, numpy_stream(seed, "metrics", metric.name)) for metric in METRICS)
    types = {column.name: column.type for column in schema.columns if column.name in views[0].measures}
    rows = dict(zip(("train", "holdout", "synthetic"), (view.n_rows for view in views), strict=True))
    return Comparison(results, types, rows, target, seed)


def _figure(result: Result) -> dict[str, str]:
    note = result.sentence
    if result.interval is not None:
        low, high = (_shown(bound, result.unit) for bound in result.interval)
        note = f"95 %: {low} to {high}; {note}"
    floor = "-" if result.floor is None else _shown(result.floor, result.unit)
    return {
        "name": result.title,
        "value": _shown(float(result.value or 0.0), result.unit),
        "floor": floor,
        "note": note,
    }


def _shown(value: float, unit: str) -> str:
    if unit == "share":
        return f"{100 * value:.2f} %"
    return f"{value:,.0f}" if unit == "count" else f"{value:.3f}"
