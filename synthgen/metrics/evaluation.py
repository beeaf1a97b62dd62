"""The evaluation: every metric on the same three tables, what it adds up to, and where it comes from."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
from threadpoolctl import threadpool_limits

from synthgen import __version__
from synthgen.errors import ConfigError, DataError, choose, near_miss
from synthgen.metrics import METRICS
from synthgen.metrics.base import Group, Metric, Result, plain
from synthgen.metrics.gates import Gate
from synthgen.metrics.privacy.audit import NAME as AUDIT
from synthgen.metrics.privacy.audit import FitAndSample, audit
from synthgen.metrics.texts.columns import OfColumns
from synthgen.metrics.verdicts import Verdict, broken_checks, verdicts
from synthgen.metrics.view import View, read_views
from synthgen.seeding import numpy_stream
from synthgen.storage import library_versions
from synthgen.table.schema import Schema

TASKS = ("detect",)
FEW_HELD_OUT = 50
FEW_TRAINED = 1_000
SAME_ROWS = 0.9
"""Share of held-out rows that are training rows too, from which they cannot be called held out."""
CITE = (
    f"synthgen {__version__}: evaluation of a synthetic table. State the version, the seed and the figures beside "
    "their floors."
)

OnMetric = Callable[[int, int, str], None]
"""Is told how many metrics are done, of how many, and the title of the next one."""


@dataclass(frozen=True)
class Evaluation:
    """All results.

    Attributes:
        results: one per metric, in the registry's order.
        types: the type of each column, in the table's order; dropped columns are left out.
        rows: rows of ``train``, ``holdout`` and ``synthetic``.
        target: the column to predict.
        seed: what all sampling was drawn from.
        verdicts: faithful, useful, private.
        gates: what each rule of the user came to.
        said: sentences on how the tables were read, before what the figures themselves say.
        settings: what was asked for.
        data: what is known of the three tables.
    """

    results: tuple[Result, ...]
    types: dict[str, str]
    rows: dict[str, int]
    target: str | None
    seed: int
    verdicts: tuple[Verdict, ...]
    gates: tuple[dict[str, Any], ...] = ()
    said: tuple[str, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    data: Mapping[str, Any] = field(default_factory=dict)

    def result(self, name: str) -> Result | None:
        """The result of the metric of that name."""
        return next((result for result in self.results if result.name == name), None)

    @property
    def failed_gates(self) -> list[dict[str, Any]]:
        """The rules that did not pass."""
        return [gate for gate in self.gates if not gate["passed"]]

    def to_json(self) -> dict[str, Any]:
        """What ``metrics.json`` holds: names of columns and figures, no value of a real person."""
        groups = _groups()
        return {
            "version": 1,
            "seed": self.seed,
            "rows": dict(self.rows),
            "target": self.target,
            "columns": self._columns(),
            "results": [{**result.to_json(), "group": groups[result.name]} for result in self.results],
            "verdicts": [verdict.to_json() for verdict in self.verdicts],
            "notes": self._notes(),
            "facts": {
                "versions": {"synthgen": __version__, **library_versions()},
                "settings": plain(dict(self.settings)),
                "data": plain(dict(self.data)),
                "cite": CITE,
            },
            "gates": [dict(gate) for gate in self.gates],
        }

    def summary_parts(self) -> dict[str, Any]:
        """What the terminal shows: ``columns``, ``pairs``, ``figures``, ``verdicts``, ``gates`` and ``notes``."""
        trend = self.result("trend")
        shown = {name for verdict in self.verdicts for name in verdict.figures}
        return {
            "columns": self._columns(),
            "pairs": plain(trend.details.get("pairs", [])) if trend else [],
            "figures": [figure_line(result) for result in self.results if result.name in shown],
            "verdicts": [verdict.to_json() for verdict in self.verdicts],
            "gates": [dict(gate) for gate in self.gates],
            "notes": self._notes(),
        }

    def _columns(self) -> list[dict[str, Any]]:
        shape = self.result("shape")
        errors = shape.details.get("columns", {}) if shape else {}
        lines = []
        for name, kind in self.types.items():
            error = plain(errors.get(name, {}))
            lines.append({"name": name, "type": kind, "error": error.get("error"), "floor": error.get("floor")})
        return lines

    def _notes(self) -> list[str]:
        broken = [f"{one.title}: {one.meaning} ({one.sentence})" for one in broken_checks(self.results)]
        notes = [*broken, *self.said]
        held_out, trained = self.rows["holdout"], self.rows["train"]
        if held_out == 0:
            notes.append(
                "No rows were held out, so there is no floor, and nothing to test a detector or a model on. None were "
                "split off here: the generator may have learned from every row that was given."
            )
        elif held_out < FEW_HELD_OUT:
            notes.append(
                f"Only {held_out} rows were held out: the floors are rough, rare labels may be absent from them, and "
                "they cannot show whether single people are recognisable."
            )
        copies = self.result("copies")
        if copies is not None and copies.floor is not None and copies.floor >= SAME_ROWS:
            notes.append(
                f"{100 * copies.floor:.0f} % of the held-out rows equal a training row: they seem to be no held-out "
                "rows, and the floors say nothing."
            )
        if trained < FEW_TRAINED:
            notes.append(
                f"{trained:,} rows support the shape of columns and strong pairs; weak pairs, rare labels and "
                "combinations of three and more columns are mostly chance."
            )
        return [*notes, *self._not_measured()]

    def _not_measured(self) -> list[str]:
        """What has no figure, but for what such a table need not have."""
        groups = _groups()
        expected = {"missing", "emitted", "rhythm", *(name for name, group in groups.items() if group == "validity")}
        expected |= {metric.name for metric in METRICS if isinstance(metric, OfColumns)}
        if self.target is None:
            expected |= {"conditional", *(name for name, group in groups.items() if group == "utility")}
        titles: dict[str, list[str]] = {}
        for result in self.results:
            if result.value is None and result.name not in expected:
                titles.setdefault(result.reason, []).append(result.title)
        return [f"{', '.join(names)}: not measured; {reason}." for reason, names in titles.items()]


def evaluate(
    train: pa.Table,
    holdout: pa.Table,
    synthetic: pa.Table,
    schema: Schema,
    *,
    target: str | None = None,
    task: str | None = None,
    seed: int = 0,
    min_holders: int = 5,
    unit: str | None = None,
    derived: Collection[str] = (),
    gates: Sequence[Gate] = (),
    said: Sequence[str] = (),
    settings: Mapping[str, Any] | None = None,
    data: Mapping[str, Any] | None = None,
    on_metric: OnMetric | None = None,
    refit: FitAndSample | None = None,
    fits: int = 8,
    metrics: Sequence[Metric] = METRICS,
) -> Evaluation:
    """Judge a synthetic table by the rows it was learned from and by rows held out.

    Args:
        train: raw Arrow table, as the program keeps it (columns of a CSV are text).
        holdout: rows the generator never saw; may have no rows.
        synthetic: its rows; the same columns in any order.
        schema: what the columns mean.
        target: a column to predict; None: nothing is predicted.
        task: ``detect`` where the target marks rows that are to be found.
        seed: of all sampling; each metric draws from a stream of its own.
        min_holders: a label, bin or row of real data is named only when so many rows hold it.
        derived: columns that follow from others, such as gaps of times: nothing bounds them.
        unit: the column of all three tables that says whose a row is: attacks see one row of each person, and a
            detector learns from the rows of other people than those it judges; None: each row is somebody else's.
        gates: rules of the user.
        said: sentences on how the tables were read.
        settings: what was asked for, besides what is said here.
        data: what is known of the three tables, besides their rows.
        on_metric: is told how far it is.
        refit: the generator, for an audit that fits it again and again; None: no audit.
        fits: how many times.
        metrics: what to measure; verdicts need all of it.

    Raises:
        DataError: a table lacks a column of the schema.
        SynthgenError: the target or the task does not fit the table.
    """
    _check_task(task, target, schema)
    views = read_views(train, holdout, synthetic, schema, target, min_holders, task, unit, derived)
    results = _measured(views, metrics, seed, on_metric)
    if refit is not None:
        results += (audit(refit, train, schema, fits=fits, rng=numpy_stream(seed, "metrics", AUDIT)),)
    types = {column.name: column.type for column in schema.columns if column.name in views[0].measures}
    rows = dict(zip(("train", "holdout", "synthetic"), (view.n_rows for view in views), strict=True))
    asked = {
        "target": target,
        "task": task,
        "seed": seed,
        "min_holders": min_holders,
        **({} if unit is None else {"unit": unit}),
        "fail_if": [g.text for g in gates],
        "audit": fits if refit is not None else None,
    }
    return Evaluation(
        results,
        types,
        rows,
        target,
        seed,
        verdicts(results, _groups(), rows["holdout"], target),
        tuple(gate.judge(results) for gate in gates),
        tuple(said),
        {**asked, **(settings or {})},
        data or {},
    )


def _measured(
    views: tuple[View, View, View], metrics: Sequence[Metric], seed: int, on_metric: OnMetric | None
) -> tuple[Result, ...]:
    results: list[Result] = []
    with threadpool_limits(1, user_api="openmp"):  # on a busy machine a second thread of the trees mostly waits
        train, holdout, synthetic = (
            view.one_each(numpy_stream(seed, "metrics", "one row each", number)) for number, view in enumerate(views)
        )
        people = train, holdout, synthetic
        for metric in metrics:
            if on_metric is not None:
                on_metric(len(results), len(metrics), metric.title)
            seen = people if metric.group == "privacy" else views
            results.append(metric.compute(*seen, numpy_stream(seed, "metrics", metric.name)))
    if on_metric is not None:
        on_metric(len(metrics), len(metrics), "")
    return tuple(results)


def _check_task(task: str | None, target: str | None, schema: Schema) -> None:
    kinds = {column.name: column.type for column in schema.columns if column.type != "drop"}
    if target is not None and target not in kinds:
        raise DataError(f"target: no column {target!r}; {near_miss(target, kinds)}")
    if task is None:
        return
    choose("task", task, TASKS)
    if target is None:
        raise ConfigError("task 'detect': no target; the column that marks the rows to be found was expected. Give it")
    if kinds[target] == "numeric":
        raise ConfigError(
            f"task 'detect': the target {target!r} holds numbers; a column of labels, such as yes and no, is needed. "
            "Leave the task out to predict numbers"
        )


def _groups() -> dict[str, Group]:
    return {metric.name: metric.group for metric in METRICS} | {AUDIT: "privacy"}


def figure_line(result: Result) -> dict[str, str]:
    """A figure as the terminal shows it."""
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
