"""What ``metrics.json`` holds, as checked models; ``metrics.schema.json`` is written from them."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from synthgen.errors import DataError

SCHEMA_FILE = "metrics.schema.json"
"""Beside this file; a test keeps it equal to ``json_schema()``."""
Number = float | None


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, use_attribute_docstrings=True, allow_inf_nan=False)


class Bars(_Part):
    """Groups of bars, one bar of each series per label."""

    kind: Literal["bars"]
    title: str
    alt: str
    """One sentence that says what is to be seen."""
    labels: list[str]
    series: dict[str, list[Number]]
    """Name of a series -> one value per label."""
    unit: Literal["share", "score", "count"]
    column: str | None = None
    """The column that it belongs to."""

    @model_validator(mode="after")
    def _as_many_values_as_labels(self) -> Bars:
        for name, values in self.series.items():
            if len(values) != len(self.labels):
                raise ValueError(f"series {name!r} has {len(values)} values for {len(self.labels)} labels")
        return self


class Series(_Part):
    """One line, or one cloud of points."""

    name: str
    x: list[Number]
    y: list[Number]

    @model_validator(mode="after")
    def _as_many_x_as_y(self) -> Series:
        if len(self.x) != len(self.y):
            raise ValueError(f"series {self.name!r} has {len(self.x)} x and {len(self.y)} y")
        return self


class Lines(_Part):
    """Curves over one axis, or clouds of points."""

    kind: Literal["lines", "points"]
    title: str
    alt: str
    """One sentence that says what is to be seen."""
    x_label: str
    y_label: str
    series: list[Series]
    column: str | None = None
    """The column that it belongs to."""


class Heat(_Part):
    """A matrix in colours."""

    kind: Literal["heat"]
    title: str
    alt: str
    """One sentence that says what is to be seen."""
    rows: list[str]
    columns: list[str]
    values: list[list[Number]]
    """One list per row; null: nothing was measured there."""
    low: float
    high: float
    diverging: bool
    """Whether 0 is in the middle and has no colour."""
    group: str | None = None
    """Charts of one group stand side by side."""

    @model_validator(mode="after")
    def _as_many_values_as_names(self) -> Heat:
        if len(self.values) != len(self.rows) or any(len(row) != len(self.columns) for row in self.values):
            raise ValueError(f"values are not {len(self.rows)} rows of {len(self.columns)}")
        return self


class Cells(_Part):
    """A table of words and figures."""

    kind: Literal["table"]
    title: str
    alt: str
    """One sentence that says what is to be seen."""
    headings: list[str]
    rows: list[list[str | Number]]
    column: str | None = None
    """The column that it belongs to."""

    @model_validator(mode="after")
    def _as_many_cells_as_headings(self) -> Cells:
        if any(len(row) != len(self.headings) for row in self.rows):
            raise ValueError(f"a row has not {len(self.headings)} cells")
        return self


Chart = Annotated[Bars | Lines | Heat | Cells, Field(discriminator="kind")]


class Answer(_Part):
    """One figure of the synthetic table beside the same figure of held-out real rows."""

    name: str
    title: str
    group: Literal["validity", "fidelity", "utility", "privacy"]
    """The question that it helps to answer."""
    value: Number
    """Of the synthetic table; null: not applicable, and ``reason`` says why."""
    direction: Literal["lower", "higher", "half"]
    """Which way is better; half: 0.5 is ideal."""
    floor: Number
    """The same figure of held-out real rows; null where that says nothing."""
    interval: Annotated[list[Number], Field(min_length=2, max_length=2)] | None
    """95 %, of the value."""
    unit: Literal["share", "score", "count"]
    """share: 0 to 1; score: as it is; count: a whole number."""
    sentence: str
    """What was measured on what."""
    meaning: str
    """What the figure means for the user of the table."""
    details: dict[str, Any]
    """Figures behind the value."""
    charts: list[Chart]
    reason: str
    """Why it is not applicable."""

    @model_validator(mode="after")
    def _a_value_or_a_reason(self) -> Answer:
        if self.value is None and not self.reason:
            raise ValueError(f"{self.name} has neither a value nor a reason")
        return self


class Column(_Part):
    """One column: how far its distribution is off, beside the same for held-out rows."""

    name: str
    type: str
    error: Number
    floor: Number


class Verdict(_Part):
    """The answer to one of the three questions, and what to do next."""

    question: Literal["faithful", "useful", "private"]
    state: Literal["pass", "attention", "fail", "unknown"]
    sentence: str
    figures: list[str]
    """Names of the results that it rests on."""
    next: str
    """What to do."""


class Gate(_Part):
    """One rule of ``--fail-if``: it passes when the rule does not hold."""

    rule: str
    value: Number
    passed: bool


class Facts(_Part):
    """Where the figures come from."""

    versions: dict[str, Any]
    settings: dict[str, Any]
    data: dict[str, Any]
    cite: str


class Rows(_Part):
    """How many rows each table has."""

    train: int = Field(ge=0)
    holdout: int = Field(ge=0)
    synthetic: int = Field(ge=0)


class MetricsFile(_Part):
    """The judgement of a synthetic table: names of columns and figures, no value of a real person."""

    version: Literal[1]
    seed: int
    rows: Rows
    target: str | None
    columns: list[Column]
    results: list[Answer]
    verdicts: list[Verdict]
    notes: list[str]
    facts: Facts
    gates: list[Gate]

    @model_validator(mode="after")
    def _verdicts_name_results(self) -> MetricsFile:
        known = {result.name for result in self.results}
        for verdict in self.verdicts:
            if strange := [name for name in verdict.figures if name not in known]:
                raise ValueError(f"verdict {verdict.question!r} names {strange[0]!r}, which is no result")
        return self


def json_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of the file."""
    found = MetricsFile.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **found, "title": "synthgen metrics.json"}


def check_metrics(metrics: dict[str, Any]) -> None:
    """Refuse what the file may not hold.

    Args:
        metrics: what is to be written.

    Raises:
        DataError: a key is missing, foreign or of the wrong type, a figure is not finite, or parts contradict
            one another.

    Example:
        >>> check_metrics({"version": 2})
        Traceback (most recent call last):
        synthgen.errors.DataError: metrics.json: version: Input should be 1 (and 9 more)
    """
    try:
        text = json.dumps(metrics, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise DataError(f"metrics.json: holds what JSON has no word for: {error}") from None
    try:
        MetricsFile.model_validate_json(text)
    except ValidationError as error:
        problems = error.errors(include_url=False)
        where = ".".join(str(part) for part in problems[0]["loc"])
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        raise DataError(f"metrics.json: {where + ': ' if where else ''}{problems[0]['msg']}{more}") from None
