"""Where the figures come from: data, versions, settings, and how to cite them."""

from __future__ import annotations

from typing import Any

from synthgen.reporting.page.elements import Html, element, join, name_of, table
from synthgen.reporting.words import show_plain, spoken

MOST_ITEMS = 100
"""Lines shown of a mapping."""


def fact_list(facts: dict[str, Any]) -> Html:
    """A mapping as a table of names and values; mappings in it follow under headings of their own."""
    single = {key: value for key, value in facts.items() if not isinstance(value, dict)}
    nested = {key: value for key, value in facts.items() if isinstance(value, dict) and value}
    if not single and not nested:
        return element("p", "Nothing is known.", class_="quiet")
    parts = [_table(single, "Facts")] if single else []
    for key, value in nested.items():
        parts.append(block(spoken(str(key)), _table(value, spoken(str(key)))))
    return join(parts)


def block(title: str, content: Html) -> Html:
    """A heading with what belongs to it."""
    return element("div", element("h3", title), content, class_="block")


def gate_table(gates: list[dict[str, Any]]) -> Html:
    """Each rule, what was found, and whether it passed: in words, not in colour alone."""
    rows = [
        [
            (element("code", gate["rule"]), False),
            (show_plain(gate["value"]), True),
            (
                element(
                    "span",
                    "passed" if gate["passed"] else "failed",
                    class_="mark pass" if gate["passed"] else "mark fail",
                ),
                False,
            ),
        ]
        for gate in gates
    ]
    return table(["Fails if", "Found", "Gate"], rows, "Gates")


def _table(facts: dict[str, Any], caption: str) -> Html:
    rows = [[(name_of(spoken(str(key))), False), (name_of(show_plain(value)), False)] for key, value in facts.items()]
    cut = f"The first {MOST_ITEMS} of {len(rows):,}." if len(rows) > MOST_ITEMS else ""
    note = element("p", cut, class_="quiet") if cut else None
    return join([table(["Fact", "Value"], rows[:MOST_ITEMS], caption, class_="facts"), note])
