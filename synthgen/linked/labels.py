"""Labels of nodes: columns of people by which ties may go, such as a language or a flag."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthgen.graphs import Graph
from synthgen.linked.network import texts
from synthgen.linked.schema import TableSchema
from synthgen.metrics.graphs.assortativity import by_label
from synthgen.metrics.graphs.base import GraphView

MOST_VALUES = 8
"""Values of a label; of several together too, for each multiplies the kinds of nodes that are told apart."""
KINDS = ("categorical", "boolean")


def labels_of(table: TableSchema, columns: Mapping[str, pa.Array], linked: Sequence[str]) -> dict[str, np.ndarray]:
    """By name the columns of few values, as text.

    Args:
        table: what its columns mean.
        columns: their values.
        linked: columns that are keys or refer to others.
    """
    found = {}
    for line in table.columns.columns:
        if line.type not in KINDS or line.name in linked or line.name in table.counts or line.name not in columns:
            continue
        if 2 <= pc.count_distinct(columns[line.name], mode="only_valid").as_py() <= MOST_VALUES:
            found[line.name] = np.array(texts(columns[line.name]), object)
    return found


def mixing_labels(labels: Mapping[str, np.ndarray], graph: Graph) -> list[str]:
    """Those by which ties go most, as many as can be told apart together."""
    strength = {name: abs(by_label(GraphView(graph, dict(labels)), name) or 0.0) for name in labels}
    chosen: list[str] = []
    for name in sorted(labels, key=lambda one: -strength[one]):
        if strength[name] > 0 and len(np.unique(together(labels, [*chosen, name]))) <= MOST_VALUES:
            chosen.append(name)
    return chosen


def together(labels: Mapping[str, np.ndarray], names: Sequence[str]) -> np.ndarray:
    """Several labels as one.

    Example:
        >>> together({"a": np.array(["x", "y"], object), "b": np.array(["1", "2"], object)}, ["a", "b"]).tolist()
        ['x|1', 'y|2']
    """
    return np.array(["|".join(parts) for parts in zip(*(labels[name] for name in names), strict=True)], object)
