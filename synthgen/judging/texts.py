"""Texts of linked tables: how they are written, whether they fit their rows, and whether they are somebody's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from synthgen.columns.text import Text
from synthgen.judging.base import Sides
from synthgen.linked.network import Network, texts
from synthgen.metrics.base import Group, Result
from synthgen.metrics.texts import TEXT_METRICS
from synthgen.metrics.texts.base import TextView
from synthgen.metrics.texts.columns import FEWEST, MOST, MOST_LABELS, MOST_LEARNED, evenly, text_view

PRIVATE = ("text_copies", "text_runs")
"""Metrics that answer whether texts are somebody's; the others answer how faithful they are."""


class TextsSection:
    """The metrics of texts for every column of free text, owners being the users of the network."""

    name = "texts"
    title = "Texts"

    def compute(self, sides: Sides, rng: np.random.Generator) -> list[tuple[Group, Result]]:
        found: list[tuple[Group, Result]] = []
        columns = list(_columns(sides))
        for table, column in columns:
            train, held, made = (
                _view(network, table, column, most)
                for network, most in ((sides.train, MOST_LEARNED), (sides.held, MOST), (sides.made, MOST))
            )
            if min(len(view.texts) for view in (train, held, made)) < FEWEST:
                continue
            few = train.part(evenly(len(train.texts), MOST))
            for metric in TEXT_METRICS:
                private = metric.name in PRIVATE
                result = metric.compute(train if private else few, held, made, rng)
                title = result.title if len(columns) == 1 else f"{result.title} of {table}.{column}"
                own = replace(result, name=f"{result.name}: {table}.{column}", title=title)
                if own.value is not None:
                    found.append(("privacy" if private else "fidelity", own))
        return found


def _columns(sides: Sides) -> Iterator[tuple[str, str]]:
    """Columns of texts in tables of which people were held out."""
    for name, table in sides.made.schema.tables.items():
        if name in sides.whole or table.keep:
            continue
        for line in table.columns.columns:
            if line.type == Text.name and line.name in sides.made.tables[name].column_names:
                yield name, line.name


def _view(network: Network, table: str, column: str, most: int) -> TextView:
    owner = network.plan.owner.get(table)
    owners = None if owner is None else network.said(owner).to_pylist()
    labels = {
        line.name: np.array(texts(network.column(table, line.name)), object)
        for line in network.own(table)
        if line.type in ("boolean", "categorical")
    }
    few = {name: values for name, values in labels.items() if 1 < len(set(values.tolist())) <= MOST_LABELS}
    return text_view(network.column(table, column), few, owners, most)
