"""What the figures of all tables and sections add up to: three answers, and the file that holds them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from synthgen import __version__
from synthgen.judging.base import Sides
from synthgen.metrics.base import Group, Result
from synthgen.metrics.evaluation import CITE, Evaluation, figure_line
from synthgen.metrics.privacy.verdict import privacy_verdict
from synthgen.metrics.verdicts import HALF_LOST, KEPT, NEAR, NOTHING_LEARNED, SMALL, State, Verdict, worst
from synthgen.reporting.summary import ColumnLine, Figure, VerdictLine
from synthgen.storage import library_versions

MOST_AWAY = 0.2
"""Of the figures of a network that have a floor, the part that may be far from it before somebody should look."""


MOST_SHOWN = 8
"""Figures beside the verdict, those furthest from their floors first; all are in their sections."""
WORDS: dict[State, str] = {"pass": "yes", "attention": "mostly", "fail": "no", "unknown": "not known"}


@dataclass(frozen=True)
class Judgement:
    """All that is said of a made network.

    Attributes:
        sides: the three networks.
        tables: the evaluation of each table.
        sections: by title the figures of each section.
        notes: sentences.
    """

    sides: Sides
    tables: Mapping[str, Evaluation]
    sections: Mapping[str, Sequence[tuple[Group, Result]]]
    notes: Sequence[str] = ()

    @property
    def results(self) -> list[tuple[Group, Result]]:
        """The figures of all sections, named apart."""
        return [
            (group, replace(result, name=f"{title.lower()}: {result.name}", title=f"{title}: {result.title}"))
            for title, results in self.sections.items()
            for group, result in results
        ]

    @property
    def verdicts(self) -> tuple[Verdict, Verdict, Verdict]:
        """Faithful, useful, private."""
        return self._faithful(), self._useful(), self._private()

    def _faithful(self) -> Verdict:
        said = {name: next(v for v in one.verdicts if v.question == "faithful") for name, one in self.tables.items()}
        states = [verdict.state for verdict in said.values()]
        parts = [f"{name} {WORDS[verdict.state]}{_figures(self.tables[name])}" for name, verdict in said.items()]
        measured = [
            r for group, r in self.results if group == "fidelity" and r.value is not None and r.floor is not None
        ]
        away = [result for result in measured if _far(result)]
        if measured:
            states.append("attention" if len(away) > MOST_AWAY * len(measured) else "pass")
            parts.append(
                f"{len(measured) - len(away)} of {len(measured)} figures of the whole network are near those of people "
                "who were held out"
            )
        if not states:
            return Verdict("faithful", "unknown", "No table has rows that were held out.", (), "Give it more rows.")
        state = worst(states)
        lead = {"pass": "Yes", "attention": "Mostly", "fail": "No", "unknown": "As far as can be said"}[state]
        steps = {
            "pass": "Use it; what is furthest off is listed with the figures.",
            "attention": "Look at the figures that are furthest from their floors, and at each table's own report.",
            "fail": "Look at the report of the table that is named here before you use it for figures.",
            "unknown": "Give it more people, so that some can be held out.",
        }
        worst_first = sorted(away or measured, key=_times_floor, reverse=True)
        names = tuple(result.name for result in worst_first[:MOST_SHOWN])
        return Verdict("faithful", state, f"{lead}: {'; '.join(parts)}.", names, steps[state])

    def _useful(self) -> Verdict:
        tried = [
            (result, _kept(result))
            for group, result in self.results
            if group == "utility" and result.value is not None and result.floor is not None
        ]
        known = [(result, kept) for result, kept in tried if kept is not None]
        if not known:
            sentence = "No work could be tried on it: neither recommending nor predicting what people do next."
            return Verdict("useful", "unknown", sentence, (), "Name the column that matters to you with --target.")
        least = min(kept for _, kept in known)
        state: State = "pass" if least >= KEPT else "attention" if least >= HALF_LOST else "fail"
        lead = {"pass": "Yes", "attention": "In part", "fail": "Not for all"}[state]
        parts = [
            f"{result.title[0].lower()}{result.title[1:]} {result.value:.3f} after learning from made people, "
            f"{result.floor:.3f} after real ones"
            for result, _ in known
        ]
        steps = {
            "pass": "Develop on it; check the final model on real people.",
            "attention": "Use it to choose models; train the final one on real people.",
            "fail": "Do not train on it what is named here; make more people with --scale 3, or train longer.",
        }
        names = tuple(result.name for result, _ in known)
        return Verdict("useful", state, f"{lead}: {'; '.join(parts)}.", names, steps[state])

    def _private(self) -> Verdict:
        results = [result for group, result in self.results if group == "privacy"]
        state, sentence = privacy_verdict(results)
        steps = {
            "pass": "Share it with the report; keep the real tables where they are.",
            "fail": "Do not share it: it gives away real people. Make a new one that learns for a shorter time.",
            "unknown": "Give it more people, so that some can be held out.",
        }
        names = tuple(result.name for result in results if result.value is not None)
        return Verdict("private", state, sentence, names, steps[state])

    def to_json(self) -> dict[str, Any]:
        """What ``metrics.json`` of the folder holds: names and figures, no value of a real person."""
        sides, config = self.sides, self.sides.config
        rows = {
            name: sum(len(table) for table in one.tables.values())
            for name, one in (("train", sides.train), ("holdout", sides.held), ("synthetic", sides.made))
        }
        return {
            "version": 1,
            "seed": config.seed,
            "rows": rows,
            "target": None,
            "columns": self.columns(),
            "results": [{**result.to_json(), "group": group} for group, result in self.results],
            "verdicts": [verdict.to_json() for verdict in self.verdicts],
            "notes": list(self.notes),
            "facts": {
                "versions": {"synthgen": __version__, **library_versions()},
                "settings": {"seed": config.seed, "min_holders": config.min_holders, "holdout": config.holdout},
                "data": {
                    name: {table: len(rows) for table, rows in one.tables.items()}
                    for name, one in (("train", sides.train), ("held out", sides.held), ("synthetic", sides.made))
                },
                "cite": CITE,
            },
            "gates": [],
        }

    def columns(self) -> list[ColumnLine]:
        """Every column of every table, named ``table.column``."""
        return [
            cast(ColumnLine, {**line, "name": f"{name}.{line['name']}"})
            for name, one in self.tables.items()
            for line in one.summary_parts()["columns"]
        ]

    def figures(self, shown: Sequence[str]) -> list[Figure]:
        """What is shown on the screen: some figures of each table, and what says most of each section.

        Args:
            shown: titles of figures of a table.
        """
        found = [
            cast(Figure, {**figure, "name": f"{name}: {figure['name']}"})
            for name, one in self.tables.items()
            for figure in one.summary_parts()["figures"]
            if figure["name"] in shown
        ]
        for title, results in self.sections.items():
            first = next((result for _, result in results if result.value is not None), None)
            if first is not None:
                found.append(cast(Figure, figure_line(replace(first, title=f"{title}: {first.title}"))))
        return found

    def answers(self) -> list[VerdictLine]:
        """The three verdicts, as the screen shows them."""
        return [cast(VerdictLine, verdict.to_json()) for verdict in self.verdicts]


def _figures(found: Evaluation) -> str:
    """How far the columns of a table are off, and whether its rows can be told, in brackets."""
    shape, detector = found.result("shape"), found.result("detector")
    told = []
    if shape is not None and shape.value is not None:
        floor = "" if shape.floor is None else f", real rows {100 * shape.floor:.1f} %"
        told.append(f"columns off by {100 * shape.value:.1f} %{floor}")
    if detector is not None and detector.value is not None:
        told.append(f"trees tell its rows with AUC {detector.value:.2f}")
    return f" ({'; '.join(told)})" if told else ""


def _times_floor(result: Result) -> float:
    """How many times its floor a figure is off."""
    value, floor = cast(float, result.value), cast(float, result.floor)
    if result.direction == "half":
        value, floor = abs(value - 0.5), abs(floor - 0.5)
    return floor / max(value, 1e-9) if result.direction == "higher" else value / max(floor, 1e-9)


def _far(result: Result) -> bool:
    """Whether a figure is worse than held-out people by more than they differ among themselves."""
    value, floor = cast(float, result.value), cast(float, result.floor)
    if result.direction == "half":
        return abs(value - 0.5) > NEAR * abs(floor - 0.5) + SMALL
    if result.direction == "higher":
        return value < KEPT * floor
    return value > NEAR * floor and value > SMALL


def _kept(result: Result) -> float | None:
    """Of what a model knows that learned from real people, the part that one knows that learned from made ones."""
    chance = float(result.details.get("chance", 0.0))
    value, floor = cast(float, result.value), cast(float, result.floor)
    return (value - chance) / (floor - chance) if floor - chance >= NOTHING_LEARNED else None
