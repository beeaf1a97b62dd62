"""Pictures as plain data: a metric says what is to be seen, the page draws it.

A chart holds figures and names of columns and labels; a label or bin of the real rows appears in one only when
enough rows hold it (``View.min_holders``), the rest is pooled.
"""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict

Number = float | int | None


class Series(TypedDict):
    """One line, or one cloud of points.

    Attributes:
        name: for the legend, such as ``real`` or ``synthetic``.
        x: places on the horizontal axis.
        y: as many values.
        low: the lower ends of their intervals; with ``high``.
        high: the upper ends.
        labels: what each point is.
        shade: 0 to 1, where each point stands between the two ends of the colours.
        joined: a thin line goes from point to point.
    """

    name: str
    x: list[Number]
    y: list[Number]
    low: NotRequired[list[Number]]
    high: NotRequired[list[Number]]
    labels: NotRequired[list[str]]
    shade: NotRequired[list[Number]]
    joined: NotRequired[bool]


class Bars(TypedDict):
    """Groups of bars, one bar of each series per label.

    Attributes:
        kind: ``bars``.
        title: short.
        alt: one sentence that says what is to be seen, for those who cannot see it.
        labels: one per group.
        series: name -> one value per label.
        unit: of the values: ``share`` is shown in per cent.
        column: the column it belongs to; the page shows it with that column.
    """

    kind: Literal["bars"]
    title: str
    alt: str
    labels: list[str]
    series: dict[str, list[Number]]
    unit: Literal["share", "score", "count"]
    column: NotRequired[str]


class Lines(TypedDict):
    """Curves over one axis; ``kind`` is ``points`` for clouds. The other keys are as for ``Bars``."""

    kind: Literal["lines", "points"]
    title: str
    alt: str
    x_label: str
    y_label: str
    series: list[Series]
    column: NotRequired[str]


class Heat(TypedDict):
    """A matrix in colours.

    Attributes:
        kind: ``heat``.
        title: short.
        alt: one sentence.
        rows: names of the rows.
        columns: names of the columns.
        values: one list per row; None: nothing was measured there.
        low: the value at one end of the colours.
        high: the value at the other end.
        diverging: whether 0 is in the middle and has no colour.
        group: charts of one group stand side by side (real, synthetic, difference).
    """

    kind: Literal["heat"]
    title: str
    alt: str
    rows: list[str]
    columns: list[str]
    values: list[list[Number]]
    low: float
    high: float
    diverging: bool
    group: NotRequired[str]


class Cells(TypedDict):
    """A table of words and figures, shown as it is. The other keys are as for ``Bars``."""

    kind: Literal["table"]
    title: str
    alt: str
    headings: list[str]
    rows: list[list[str | Number]]
    column: NotRequired[str]


Chart = Bars | Lines | Heat | Cells
