"""The top of the page: three questions, their answers, the figures they rest on, what to do next."""

from __future__ import annotations

from typing import Any

from synthgen.reporting.page.elements import Html, element, table
from synthgen.reporting.page.figures import scale_picture
from synthgen.reporting.words import GROUPS, QUESTIONS, STATES, show_figure

ICONS = {
    "pass": "M5 12.5l4.5 4.5L19 7.5",
    "attention": "M12 5v9M12 18.2v.3",
    "fail": "M6.5 6.5l11 11M17.5 6.5l-11 11",
    "unknown": "M8.5 9a3.5 3.5 0 1 1 5 3.2c-1 .5-1.5 1-1.5 2.3M12 18.2v.3",
}
"""Strokes in a square of 24."""


def verdict_row(verdict: dict[str, Any], results: dict[str, dict[str, Any]]) -> Html:
    """One question in full.

    Args:
        verdict: plain data.
        results: by name.
    """
    state = verdict["state"]
    question, group = QUESTIONS[verdict["question"]]
    label = f"verdict-{verdict['question']}"
    icon = element("svg", element("path", d=ICONS[state]), viewBox="0 0 24 24", aria_hidden="true")
    following = verdict["next"]
    return element(
        "section",
        element(
            "div",
            element("h2", question, id=label),
            element("p", icon, element("span", STATES[state]), class_=f"state {state}"),
            class_="answer",
        ),
        element(
            "div",
            element("p", verdict["sentence"], class_="verdict-sentence"),
            element("p", element("strong", "What to do next: "), following, class_="next") if following else None,
            element("p", element("a", f"All {GROUPS[group][0].lower()} figures", href=f"#{group}")),
            class_="reasons",
        ),
        _figures([results[name] for name in verdict["figures"] if name in results], question),
        class_=f"verdict {state}",
        aria_labelledby=label,
    )


def _figures(results: list[dict[str, Any]], question: str) -> Html | None:
    rows = []
    for result in results:
        title = element("a", result["title"], href=f"#result-{result['name']}")
        if result["value"] is None:
            rows.append([(title, False), ("not measured", True), ("", True), ("", False)])
            continue
        floor = "none" if result["floor"] is None else show_figure(result["floor"], result["unit"])
        own = show_figure(result["value"], result["unit"])
        rows.append([(title, False), (own, True), (floor, True), (scale_picture(result), False)])
    if not rows:
        return None
    headings = ["Figure", "Synthetic", "Real rows", "On a scale"]
    return table(headings, rows, f"Figures behind: {question}", class_="verdict-figures")
