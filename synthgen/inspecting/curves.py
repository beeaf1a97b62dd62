"""Training as curves: what ``history.jsonl`` holds, each figure in the company it is read in."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from synthgen.metrics.charts import Lines, Number, Series
from synthgen.reporting.words import show_figure, show_interval, show_plain, spoken

AUC, CHANCE = "critic_auc", 0.5
AUC_ENDS = (f"{AUC}_low", f"{AUC}_high")


@dataclass(frozen=True)
class Panel:
    """Figures that share a picture.

    Attributes:
        title: short.
        y_label: of the vertical axis.
        names: key of the history -> name of the curve.
        meaning: how it is read, one sentence.
    """

    title: str
    y_label: str
    names: Mapping[str, str]
    meaning: str


PANELS = (
    Panel(
        "Likelihood",
        "nats per row",
        {"loss": "training batch", "held_out_loss": "held-out rows"},
        "Lower is better; where held-out rows get worse while training rows get better, the model would start to copy.",
    ),
    Panel(
        "Losses of the two networks",
        "loss",
        {"generator_loss": "generator", "critic_loss": "critic", "penalty": "penalty on the critic's slope"},
        "Neither is meant to fall for ever: each network's gain is the other's loss.",
    ),
    Panel(
        "Can the critic tell?",
        "area under the ROC curve",
        {AUC: "critic"},
        "On held-out rows; at 0.5 it guesses, and cannot tell them from generated ones. The band is the 95 % interval.",
    ),
    Panel(
        "Lengths of the gradients",
        "length",
        {"grad_norm": "network", "generator_grad_norm": "generator", "critic_grad_norm": "critic"},
        "Even lengths mean steady training; jumps ask for a lower learning rate.",
    ),
    Panel(
        "Live quality",
        "0 to 1, 1 is best",
        {"quality": "generated rows"},
        "How near freshly drawn rows are to the table in pairs of columns, beside as many real ones.",
    ),
    Panel(
        "Learning rate",
        "rate",
        {"learning_rate": "learning rate"},
        "It is held until held-out rows stop getting better, then it falls to zero.",
    ),
)


def curves(history: Sequence[Mapping[str, Any]]) -> list[Lines]:
    """One chart for each panel that has figures, then one for each figure that no panel knows."""
    found = {key for entry in history for key, value in entry.items() if _number(value) is not None} - {"step"}
    known = {key for panel in PANELS for key in panel.names} | {*AUC_ENDS}
    others = [Panel(spoken(key), spoken(key).lower(), {key: spoken(key).lower()}, "") for key in sorted(found - known)]
    charts = []
    for panel in (*PANELS, *others):
        names = {key: name for key, name in panel.names.items() if key in found}
        if names:
            charts.append(_chart(panel, names, history))
    return charts


def show_auc(figures: Mapping[str, Any]) -> str:
    """The critic's area, with its interval where there is one.

    Example:
        >>> show_auc({"critic_auc": 0.5231, "critic_auc_low": 0.51, "critic_auc_high": 0.536})
        '0.523 (0.510 to 0.536)'
    """
    ends = [float(figures[end]) for end in AUC_ENDS if figures.get(end) is not None]
    interval = f" ({show_interval(ends, 'score')})" if len(ends) == 2 else ""
    return show_figure(figures[AUC], "score") + interval


def _chart(panel: Panel, names: Mapping[str, str], history: Sequence[Mapping[str, Any]]) -> Lines:
    series = []
    for key, name in names.items():
        entries = [entry for entry in history if _number(entry.get(key)) is not None]
        line: Series = {"name": name, "x": _all(entries, "step"), "y": _all(entries, key)}
        if key == AUC and all(_number(entry.get(end)) is not None for entry in entries for end in AUC_ENDS):
            line["low"], line["high"] = (_all(entries, end) for end in AUC_ENDS)
        series.append(line)
    if AUC in names:
        steps = [step for entry in history if (step := _number(entry.get("step"))) is not None]
        series.append({"name": "guessing", "x": [min(steps), max(steps)], "y": [CHANCE, CHANCE]})
    said = [_said(line, lowest=key == "held_out_loss") for key, line in zip(names, series, strict=False)]
    return {
        "kind": "lines",
        "title": panel.title,
        "alt": " ".join(sentence for sentence in (*said, panel.meaning) if sentence),
        "x_label": "step",
        "y_label": panel.y_label,
        "series": series,
    }


def _said(line: Series, lowest: bool) -> str:
    points = [(x, y) for x, y in zip(line["x"], line["y"], strict=True) if x is not None and y is not None]
    name, (_, first), (_, last) = line["name"].capitalize(), points[0], points[-1]
    sentence = f"{name}: {show_plain(first)} at first, {show_plain(last)} at last"
    if len(points) == 1:
        sentence = f"{name}: {show_plain(last)} at the only look"
    if "low" in line:
        sentence += f" ({show_plain(line['low'][-1])} to {show_plain(line['high'][-1])})"
    if lowest and len(points) > 1:
        x, y = min(points, key=lambda point: point[1])
        sentence += f", lowest at step {x:,.0f} with {show_plain(y)}"
    return f"{sentence}."


def _all(entries: Iterable[Mapping[str, Any]], key: str) -> list[Number]:
    return [_number(entry.get(key)) for entry in entries]


def _number(value: object) -> Number:
    good = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return value if good else None  # type: ignore[return-value]
