"""Rules of the data built into generation: one file for each kind, from what is learned to what is restored."""

from __future__ import annotations

from typing import Any

from synthgen.columns.rules.absent import Absent
from synthgen.columns.rules.base import Step
from synthgen.columns.rules.computed import Computed, Total
from synthgen.columns.rules.constants import Constant
from synthgen.columns.rules.distinct import Distinct
from synthgen.columns.rules.follow import Following, Tied
from synthgen.columns.rules.labels import Combined, Flags
from synthgen.columns.rules.orders import Ordered
from synthgen.columns.rules.ranges import Within
from synthgen.table.schema import Schema

STEPS: tuple[type[Step], ...] = (
    Constant,
    Tied,
    Following,
    Flags,
    Combined,
    Computed,
    Total,
    Ordered,
    Within,
    Absent,
    Distinct,
)
"""In the order of fitting; of two that move one column, the earlier comes first, except for those that are ``late``."""

STEPS_BY_KIND: dict[str, type[Step]] = {step.kind: step for step in STEPS}


def step_from_state(state: dict[str, Any]) -> Step:
    """A step again, out of its state and ``kind``."""
    return STEPS_BY_KIND[state["kind"]].from_state(state)


def steps_of_format_3(state: dict[str, Any], schema: Schema) -> list[Step]:
    """The steps of a codec as synthgen wrote them before each had a kind."""
    marks = {column.name: str(column.options.get("decimal", ".")) for column in schema.columns}
    steps: list[Step] = []
    for name, constant in state["constants"].items():
        steps.append(Constant.from_state({"column": name, **constant}))
    for name, tie in state["ties"].items():
        steps.append(Tied.from_state({"column": name, **tie}))
    for label, group in state.get("one_hot", {}).items():
        steps.append(Flags.from_state({"label": label, "spelling": group, "common": None}))
    for formula in state["formulas"]:
        steps.append(Computed.from_state({**formula, "decimals": marks}))
    for formula in state.get("remainders", []):
        steps.append(Total.from_state({"formula": formula, "decimals": marks}))
    return steps
