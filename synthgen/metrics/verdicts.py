"""Three questions, faithful, useful and private, each with an answer, its figures and what to do next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from synthgen.metrics.base import Group, Result
from synthgen.metrics.privacy.verdict import privacy_verdict

Question = Literal["faithful", "useful", "private"]
State = Literal["pass", "attention", "fail", "unknown"]

DETECTED, GIVEN_AWAY = 0.6, 0.75
"""Detector AUC: of a synthetic and a real row, trees name the synthetic one in 6 of 10 cases; in 3 of 4."""
NEAR, FAR = 2.0, 5.0
"""Times the floor: an error up to the first is close; from the second on the rows are of another world ..."""
SMALL, LARGE = 0.02, 0.1
"""... if the error itself is more than so large; below the first nobody would notice."""
FOREIGN = 0.3
"""An error that, even with no floor to hold it against, no small number of rows explains."""
KEPT, HALF_LOST = 0.95, 0.8
"""Of what a model trained on real rows knows, the part that one trained on synthetic rows knows."""
NOTHING_LEARNED = 0.02
"""What a model on real rows must know above guessing, for a synthetic one to be measured by it."""
GRAVE = ("types", "keys", "rules")
"""Checks of validity that no table may break; the others call for a look."""


@dataclass(frozen=True)
class Verdict:
    """The answer to one question.

    Attributes:
        question: which.
        state: ``unknown`` where the rows given cannot answer it.
        sentence: what is so, with the figures.
        figures: names of the results that it rests on.
        next: what to do.
    """

    question: Question
    state: State
    sentence: str
    figures: tuple[str, ...]
    next: str

    def to_json(self) -> dict[str, Any]:
        """JSON types."""
        return {**self.__dict__, "figures": list(self.figures)}


def verdicts(
    results: Sequence[Result], groups: Mapping[str, Group], held_out: int, target: str | None
) -> tuple[Verdict, Verdict, Verdict]:
    """All three, in order.

    Args:
        results: of all metrics.
        groups: the question that each result helps to answer.
        held_out: rows that the generator never saw.
        target: the column to predict.
    """
    by_name = {result.name: result for result in results if result.value is not None}
    return _faithful(by_name, held_out), _useful(by_name, target, held_out), _private(results, groups, held_out)


def broken_checks(results: Sequence[Result]) -> list[Result]:
    """Results of validity that found more than chance explains."""
    return [result for result in results if result.details.get("broken")]


_WORST: dict[State, int] = {"pass": 0, "unknown": 1, "attention": 2, "fail": 3}


def worst(states: list[State]) -> State:
    """The answer that calls loudest for a look."""
    return max(states, key=lambda state: _WORST[state])


def _faithful(found: dict[str, Result], held_out: int) -> Verdict:
    broken = broken_checks(list(found.values()))
    figures = [
        *(result.name for result in broken),
        *(n for n in ("shape", "trend", "missing", "detector") if n in found),
    ]
    states: list[State] = ["fail" if result.name in GRAVE else "attention" for result in broken]
    parts = [f"{result.title.lower()}: {', '.join(result.details['broken'][:3])}" for result in broken]
    for name in ("shape", "trend"):
        if name in found:
            states.append(_error_state(found[name]))
            parts.append(_against_floor(found[name]))
    detector = found.get("detector")
    if detector is not None and detector.value is not None:
        off = abs(detector.value - 0.5) + 0.5
        states.append("pass" if off <= DETECTED else "attention" if off <= GIVEN_AWAY else "fail")
        parts.append(f"trees tell synthetic rows from held-out ones with AUC {detector.value:.3f} (0.5 is chance)")
    elif "shape" in found:
        states.append("unknown")
        parts.append("whether single rows can be told from real ones cannot be said" + _why(held_out))
    if not states:
        states, parts = ["unknown"], ["there are no two tables of columns to compare"]
    state = worst(states)
    lead = {
        "pass": "Yes: ",
        "attention": "Mostly: " if not broken else "Not as it stands: ",
        "fail": "No: ",
        "unknown": "As far as can be said: ",
    }[state]
    steps = {
        "pass": "Use it; the columns and pairs that are furthest off are listed with the figures.",
        "attention": "Look at the columns and pairs that are furthest off, and at what gave rows away.",
        "fail": "Do not use it for figures yet: mend the columns named here, or train longer or with another model.",
        "unknown": "Hold rows out before training, and hand them over with --holdout.",
    }
    step = "First mend what no real row does: " + ", ".join(result.details["broken"][0] for result in broken[:3]) + "."
    return Verdict("faithful", state, lead + "; ".join(parts) + ".", tuple(figures), step if broken else steps[state])


def _error_state(result: Result) -> State:
    value = result.value or 0.0
    if value <= SMALL or (result.floor is not None and value <= NEAR * result.floor):
        return "pass"
    is_far = value > FOREIGN if result.floor is None else value > max(LARGE, FAR * result.floor)
    return "fail" if is_far else "attention"


def _against_floor(result: Result) -> str:
    words = {"shape": "columns are off by", "trend": "pairs of columns by"}[result.name]
    floor = f" (real rows: {100 * result.floor:.2f} %)" if result.floor is not None else ""
    return f"{words} {100 * (result.value or 0.0):.2f} %{floor}"


def _why(held_out: int) -> str:
    return ", because no rows were held out" if held_out == 0 else " with so few rows"


def _useful(found: dict[str, Result], target: str | None, held_out: int) -> Verdict:
    if target is None:
        sentence = "Nobody asked: without a target there is nothing to predict."
        return Verdict("useful", "unknown", sentence, (), "Name the column that matters to you with --target.")
    result = found.get("prediction")
    if result is None or result.value is None or result.floor is None:
        sentence = f"Whether a model trained on it predicts {target} in real rows cannot be said{_why(held_out)}."
        return Verdict("useful", "unknown", sentence, (), "Hold rows out before training, and hand them over.")
    chance = 0.5 if result.details.get("figure") == "AUC" else 0.0
    figure = result.details.get("figure", "score")
    both = f"{figure} {result.value:.3f} after training on synthetic rows, {result.floor:.3f} after real ones"
    if result.floor - chance < NOTHING_LEARNED:
        sentence = f"Real rows hardly predict {target} either: {both}."
        return Verdict("useful", "unknown", sentence, (result.name,), "Choose another target.")
    kept = (result.value - chance) / (result.floor - chance)
    state: State = "pass" if kept >= KEPT else "attention" if kept >= HALF_LOST else "fail"
    lead = {"pass": "Yes", "attention": "In part", "fail": "No"}[state]
    steps = {
        "pass": "Develop on it; check the final model on real rows.",
        "attention": "Use it to choose columns and models; train the final model on real rows.",
        "fail": "Do not train on it: tell the generator the target, or train it longer.",
    }
    return Verdict("useful", state, f"{lead}: predicting {target} in real rows, {both}.", (result.name,), steps[state])


def _private(results: Sequence[Result], groups: Mapping[str, Group], held_out: int) -> Verdict:
    """Without held-out rows nobody can show that a table is private, only that it is not."""
    state, sentence = privacy_verdict(results)
    names = tuple(one.name for one in results if one.value is not None and groups[one.name] == "privacy")
    if state == "pass" and held_out == 0:
        state, sentence = "unknown", "No leak was found, and none can be ruled out, because no rows were held out."
    steps = {
        "pass": "Share it with the report; keep the real rows where they are.",
        "attention": "Look at the figures beside their floors before you share it.",
        "fail": "Do not share it: it gives away real people. Make a new one, with a generator that copies less.",
        "unknown": "Hold rows out before training, and hand them over with --holdout.",
    }
    return Verdict("private", state, sentence, names, steps[state])
