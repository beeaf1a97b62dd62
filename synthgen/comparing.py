"""Models side by side: the same rows to learn from, the same rows to be judged by, several seeds each."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from synthgen.config import ModelSettings, RunConfig
from synthgen.detecting import schema_of
from synthgen.errors import ConfigError, SynthgenError, near_miss
from synthgen.metrics import METRICS
from synthgen.metrics.base import plain
from synthgen.metrics.evaluation import evaluate
from synthgen.pipeline import read_data, split_rows
from synthgen.reporting.folder import make_folder, refuse_file, write_text
from synthgen.reporting.markdown import plain_text
from synthgen.reporting.words import DIRECTIONS, show_figure
from synthgen.seeding import derived_seed
from synthgen.synthesizers import MODELS
from synthgen.synthesizers.base import used_settings
from synthgen.synthesizers.synthesizer import Synthesizer
from synthgen.table.schema import Schema
from synthgen.table.table import Table
from synthgen.training.progress import Progress, Silent

FIGURES = ("shape", "trend", "detector", "prediction", "distance_share", "copies")
"""What is compared: one figure of each kind that a choice between models hangs on."""
FILES = ("comparison.json", "comparison.md")


@dataclass
class Entry:
    """One model with one seed.

    Attributes:
        model: its name.
        seed: of everything random in it.
        error: why there is nothing more; empty when there is.
        fit_seconds: from a table in memory to a fitted model.
        rows_per_second: while drawing as many rows as it learned from.
        figures: by metric; None where it says nothing.
    """

    model: str
    seed: int
    error: str = ""
    fit_seconds: float | None = None
    rows_per_second: float | None = None
    figures: dict[str, float | None] = field(default_factory=dict)


@dataclass
class Comparison:
    """All of them.

    Attributes:
        rows: train and held-out.
        entries: in the order in which they ran.
        floor: of each figure: held-out real rows in place of synthetic ones.
        kinds: title, unit and direction of each figure.
    """

    data: str
    target: str | None
    minutes: float | None
    rows: dict[str, int]
    entries: list[Entry] = field(default_factory=list)
    floor: dict[str, float | None] = field(default_factory=dict)
    kinds: dict[str, dict[str, str]] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """JSON types only."""
        found: dict[str, Any] = plain(asdict(self))
        return found

    def table(self) -> tuple[list[str], list[list[str]]]:
        """Headings, and a line for each model: the median over seeds, and from where to where they go."""
        headings = ["model", "fit s", "rows/s", *(kind["title"] for kind in self.kinds.values())]
        lines = [["floor (real rows)", "", "", *(show_figure(self.floor[n], k["unit"]) for n, k in self.kinds.items())]]
        for model in dict.fromkeys(entry.model for entry in self.entries):
            ran = [entry for entry in self.entries if entry.model == model and not entry.error]
            if not ran:
                lines.append([model, *["-"] * (len(headings) - 1)])
                continue
            fits = _spread([entry.fit_seconds for entry in ran], "seconds")
            speeds = _spread([entry.rows_per_second for entry in ran], "count")
            shown = [_spread([entry.figures[n] for entry in ran], k["unit"]) for n, k in self.kinds.items()]
            lines.append([model, fits, speeds, *shown])
        return headings, lines

    def notes(self) -> list[str]:
        """What went wrong, and how to read the table."""
        failed = {entry.model: entry.error for entry in self.entries if entry.error}
        ways = ", ".join(f"{kind['title']}: {DIRECTIONS[kind['direction']]}" for kind in self.kinds.values())
        names = dict.fromkeys(entry.model for entry in self.entries)
        exposed = [f"{name}: not private, {MODELS[name].exposes}" for name in names if MODELS[name].exposes]
        return [*(f"{model}: {error}" for model, error in failed.items()), *exposed, ways]

    def to_markdown(self) -> str:
        """The table as a page."""
        headings, lines = self.table()
        seeds = len({entry.seed for entry in self.entries})
        said = f"{self.rows['train']:,} rows to learn from, {self.rows['holdout']:,} held out"
        more = [f"target {self.target}"] if self.target else []
        free = [name for name in dict.fromkeys(entry.model for entry in self.entries) if MODELS[name].unbounded]
        but = f" (not {', '.join(free)}: SDV's have no limit)" if free else ""
        more += [f"at most {self.minutes:g} minutes of training each{but}"] if self.minutes else []
        more += [f"{seeds} seeds: the median, and in brackets from the lowest to the highest"] if seeds > 1 else []
        table = [headings, ["---"] * len(headings), *lines]
        body = "\n".join("| " + " | ".join(plain_text(cell) for cell in row) + " |" for row in table)
        notes = "\n".join(f"- {plain_text(note)}" for note in self.notes())
        return f"# Models on {plain_text(self.data)}\n\n{'; '.join([said, *more])}.\n\n{body}\n\n{notes}\n"


def compare(
    data: str | Path,
    models: Sequence[str],
    config: RunConfig,
    out: str | Path,
    *,
    seeds: int = 1,
    schema_path: str | Path | None = None,
    progress: Progress | None = None,
) -> Comparison:
    """Fit every model to the same rows, draw as many, and judge them by the same held-out rows.

    Args:
        data: a CSV or Parquet file.
        models: names out of ``synthgen.synthesizers.MODELS``.
        config: settings of all of them; its seed splits the rows and is the first one of each model.
        out: a folder; gets ``comparison.json`` and ``comparison.md``, written again after each model.
        seeds: how often each model is fitted.
        schema_path: a ``schema.json`` in place of detection.
        progress: is told what happens.

    Returns:
        All figures. A model that fails is an entry with the reason.

    Raises:
        SynthgenError: the file, a setting or the name of a model is at fault.
    """
    progress = progress or Silent()
    settings = [_of_model(config, name) for name in dict.fromkeys(models)]
    folder = Path(out)
    refuse_file(folder)
    progress.stage("reading")
    table = read_data(data, config)
    schema = schema_of(table, config, schema_path)
    train, holdout = split_rows(table, config)
    make_folder(folder)
    rows = {"train": len(train), "holdout": len(holdout)}
    found = Comparison(Path(data).name, config.target, config.minutes, rows)
    for chosen in settings:
        for seed in range(config.seed, config.seed + seeds):
            progress.message(f"model {chosen.model.name}, seed {seed}")
            entry = Entry(chosen.model.name, seed)
            try:
                made = _made(train, chosen.model_copy(update={"seed": seed}), schema, entry, progress)
                _judge(train, holdout, made, schema, config, entry, found, progress)
            except SynthgenError as error:
                entry.error = str(error)
                progress.message(f"{entry.model}: {error}", warning=True)
            found.entries.append(entry)
            content = json.dumps(found.to_json(), indent=2, ensure_ascii=False, allow_nan=False) + "\n"
            for name, text in zip(FILES, (content, found.to_markdown()), strict=True):
                write_text(folder / name, text)
    return found


def _of_model(config: RunConfig, name: str) -> RunConfig:
    if name not in MODELS:
        raise ConfigError(f"models: no model {name!r}; {near_miss(name, MODELS)}")
    MODELS[name].check_available()
    chosen = config.model_copy(update={"model": ModelSettings.model_validate({"name": name})})
    return used_settings(chosen, MODELS[name])


def _made(train: Table, config: RunConfig, schema: Schema, entry: Entry, progress: Progress) -> pa.Table:
    started = time.perf_counter()
    model = Synthesizer.from_config(config, schema).fit(replace(train, folder=None), progress=progress)
    entry.fit_seconds = time.perf_counter() - started
    progress.stage("sampling")
    started = time.perf_counter()
    made = pa.concat_tables(model.sample_chunks(len(train), random_state=derived_seed(config.seed, "sampling")))
    entry.rows_per_second = len(train) / (time.perf_counter() - started)
    return made


def _judge(
    train: Table,
    holdout: Table,
    made: pa.Table,
    schema: Schema,
    config: RunConfig,
    entry: Entry,
    found: Comparison,
    progress: Progress,
) -> None:
    progress.stage("evaluating")
    metrics = [metric for metric in METRICS if metric.name in FIGURES]
    results = evaluate(
        train.arrow,
        holdout.arrow,
        made,
        schema,
        target=config.target,
        seed=config.seed,
        min_holders=config.min_holders,
        unit=config.unit,
        metrics=metrics,
        on_metric=progress.parts,
    ).results
    entry.figures = {result.name: result.value for result in results}
    for result in results:
        if result.value is not None or result.name in found.kinds:
            kind = {"title": result.title, "unit": result.unit, "direction": result.direction}
            found.kinds.setdefault(result.name, kind)
            found.floor.setdefault(result.name, result.floor)


def _spread(values: Sequence[float | None], unit: str) -> str:
    """The median, and from where to where."""
    there = [value for value in values if value is not None]
    if not there:
        return "-"

    def show(value: float) -> str:
        return f"{value:,.1f}" if unit == "seconds" else show_figure(value, unit)

    middle, low, high = show(statistics.median(there)), show(min(there)), show(max(there))
    return middle if low == high else f"{middle} ({low.removesuffix(' %')} to {high.removesuffix(' %')})"
