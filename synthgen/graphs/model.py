"""A model of a follower graph: fitted on a real one, it makes a graph for any nodes with degrees and communities.

Letters: N nodes, M edges, K classes of degree, G groups.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd

from synthgen.errors import DataError, RunError
from synthgen.graphs.asked import Asked, read_slots
from synthgen.graphs.communities import find_communities
from synthgen.graphs.drawing import Plan, draw
from synthgen.graphs.graph import Graph
from synthgen.graphs.graphical import havel_hakimi, kleitman_wang
from synthgen.graphs.labels import Labels
from synthgen.graphs.mixing import Cells, fit_factors
from synthgen.graphs.pairs import triangles_of_nodes
from synthgen.graphs.reciprocity import draw_mutual, fit_reciprocity
from synthgen.graphs.rewiring import Rewired, rewire
from synthgen.graphs.slots import SlotLaw
from synthgen.seeding import numpy_stream
from synthgen.storage import read_run, writing

MIN_NODES = 5
"""A class of degree holds at least so many nodes."""
MOST_CELLS = 2_000
"""Cells of nodes: a matrix of all pairs of them has 32 MB."""
MOST_CLASSES = 13
FEWEST_EDGES = 10
MODEL = "graph"


@dataclass(frozen=True)
class GraphSample:
    """A graph that was made.

    Attributes:
        graph: the edges, between nodes in the order of ``nodes``.
        nodes: columns of the nodes as asked for or drawn; degrees are those of the graph.
        notes: what differs from what was asked for, and why.
        rewired: what the correction of triangles did.
    """

    graph: Graph
    nodes: pd.DataFrame
    notes: tuple[str, ...]
    rewired: Rewired


@dataclass
class GraphModel:
    """What is kept of a real graph: totals over communities, classes of degree and labels; no node and no edge.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> ends = np.unique(np.sort(rng.integers(0, 60, (300, 2))), axis=0)
        >>> graph = Graph.of(60, *ends[ends[:, 0] < ends[:, 1]].T)
        >>> model = GraphModel(random_state=0).fit(graph)
        >>> made = model.sample(model.columns(graph), random_state=1)
        >>> bool((made.graph.out_N == graph.out_N).all())
        True
    """

    random_state: int = 0
    facts: dict[str, Any] = field(default_factory=dict)
    arrays: dict[str, np.ndarray] = field(default_factory=dict)
    _block_N: np.ndarray | None = field(default=None, repr=False)

    def fit(self, graph: Graph, label: Sequence[Any] | None = None) -> Self:
        """Learn from a real graph.

        Args:
            graph: the graph.
            label: a value per node whose mixing is kept, such as a language or a flag; None: none.

        Raises:
            DataError: the graph is too small, or labels do not fit it.
        """
        if graph.n_edges < FEWEST_EDGES:
            raise DataError(f"graph: {graph.n_edges} edges; at least {FEWEST_EDGES} were expected to learn from")
        labels = Labels.fit(label, graph.n_nodes)
        found = find_communities(graph, numpy_stream(self.random_state, "communities"))
        label_N = labels.codes(label, graph.n_nodes)
        bounds_K = _bounds(graph.skeleton.out_N)
        law = SlotLaw.fit(found.block_N, label_N, graph.out_N, graph.in_N)
        arrays = {"bounds": bounds_K, **{f"slots.{name}": getattr(law, name) for name in SlotLaw.__dataclass_fields__}}
        arrays |= _mixing(graph, found.block_N, bounds_K, label_N, len(labels.values) + labels.others)
        class_N = np.searchsorted(bounds_K, graph.skeleton.out_N, side="right") - 1
        corners_K = np.bincount(class_N, triangles_of_nodes(graph), len(bounds_K))
        arrays["clustering"] = corners_K / np.maximum(np.bincount(class_N, _wedges(graph.skeleton.out_N)), 1)
        both_N = np.bincount(graph.from_M[graph.mutual_M], minlength=graph.n_nodes)
        within = 0.0
        if graph.directed:
            arrays["reciprocity"], within = fit_reciprocity(graph.out_N, graph.in_N, both_N)
        self.arrays = arrays
        self.facts = {
            "directed": graph.directed,
            "nodes": graph.n_nodes,
            "edges": graph.n_edges,
            "communities": found.n_blocks,
            "communities_tried": found.started_from,
            "nats": found.nats,
            "nats_of_one": found.nats_of_one,
            "reciprocity_within": within,
            "labels": labels.to_json(),
        }
        self._block_N = found.block_N
        return self

    def columns(self, graph: Graph) -> pd.DataFrame:
        """Columns of the real nodes to be learned beside theirs: degrees and community.

        Args:
            graph: the one that was fitted; a loaded model no longer knows whose community is which.

        Raises:
            DataError: it is another graph, or the model was loaded.
        """
        if self._block_N is None or len(self._block_N) != graph.n_nodes:
            raise DataError("graph model: columns are known for the graph it was fitted on, in that session. Fit again")
        return pd.DataFrame({"out_degree": graph.out_N, "in_degree": graph.in_N, "community": self._block_N})

    def sample(self, nodes: pd.DataFrame | int | None = None, random_state: int = 0) -> GraphSample:
        """A graph for nodes with given columns, or for so many nodes drawn here.

        Args:
            nodes: a row per node with ``out_degree``, ``in_degree``, ``community`` and, where the model has a label,
                ``label``; or a number of nodes; None: as many as the real graph had.
            random_state: seed.

        Raises:
            DataError: a column is missing, or holds what it cannot.
        """
        self._fitted()
        rng = numpy_stream(random_state, "graph")
        if isinstance(nodes, pd.DataFrame):
            asked = read_slots(nodes, self.directed, self.facts["communities"], self.labels)
        else:
            asked = self._drawn(self.facts["nodes"] if nodes is None else int(nodes), rng)
        asked, notes = asked.possible(self.directed, rng)
        plan = self._plan(asked, rng)
        graph, _ = draw(plan, rng)
        if graph is None:
            ends = kleitman_wang(asked.out_N, asked.in_N) if self.directed else havel_hakimi(asked.out_N)
            graph = Graph.of(len(asked.out_N), *ends, self.directed)
            notes += ("edges were placed by degree alone, since few simple graphs have these degrees",)
        rewired = rewire(graph, plan.cells.cell_N, plan.class_N, plan.wanted_K, rng)
        table = pd.DataFrame(
            {"out_degree": rewired.graph.out_N, "in_degree": rewired.graph.in_N, "community": asked.block_N}
        )
        if self.labels.values:
            table["label"] = self.labels.decoded(asked.label_N)
        return GraphSample(rewired.graph, table, notes, rewired)

    @property
    def directed(self) -> bool:
        return bool(self.facts["directed"])

    @property
    def labels(self) -> Labels:
        return Labels.from_json(self.facts["labels"])

    def _fitted(self) -> None:
        if not self.arrays:
            raise DataError("graph model: it was not fitted; call fit(graph) or load(folder) first")

    def _drawn(self, n_nodes: int, rng: np.random.Generator) -> Asked:
        law = SlotLaw(**{name: self.arrays[f"slots.{name}"] for name in SlotLaw.__dataclass_fields__})
        block_N, label_N, out_N, in_N = law.draw(n_nodes, self.directed, rng)
        return Asked(np.minimum(out_N, n_nodes - 1), np.minimum(in_N, n_nodes - 1), block_N, label_N)

    def _plan(self, asked: Asked, rng: np.random.Generator) -> Plan:
        mutual_N = asked.out_N
        if self.directed:
            share_KK, within = self.arrays["reciprocity"], float(self.facts["reciprocity_within"])
            mutual_N = draw_mutual(asked.out_N, asked.in_N, share_KK, within, rng)
        degree_N = asked.out_N if not self.directed else asked.out_N + asked.in_N - mutual_N
        bounds_K = self.arrays["bounds"]
        class_N = np.maximum(np.searchsorted(bounds_K, degree_N, side="right") - 1, 0)
        wedges_K = np.bincount(class_N, _wedges(degree_N), len(bounds_K))
        factors = tuple(
            tuple(self.arrays[f"{kind}.{group}"] for group in ("community", "degree", "label"))
            for kind in ("mutual", "single")
        )
        return Plan(
            Cells.of([asked.block_N, self.arrays["joined"][class_N], asked.label_N]),
            class_N,
            mutual_N,
            (asked.out_N - mutual_N, asked.in_N - mutual_N),
            (factors[0], factors[1]),
            self.arrays["clustering"] * wedges_K,
            self.directed,
        )

    def save(self, folder: str | PathLike[str]) -> None:
        """Write a run folder: JSON and safetensors.

        Raises:
            RunError: the place is not writable, or holds something else.
        """
        self._fitted()
        with writing(Path(folder)) as writer:
            writer.write(
                config={"seed": self.random_state},
                schema={},
                codec=self.facts,
                history=[],
                weights=self.arrays,
                facts={"model": MODEL, "seed": self.random_state},
            )

    @classmethod
    def load(cls, folder: str | PathLike[str]) -> Self:
        """Read a run folder.

        Raises:
            RunError: it is damaged, foreign, or another model's.
        """
        run = read_run(Path(folder))
        if run.manifest.get("model") != MODEL:
            raise RunError(f"{folder}: holds a model of another kind; a graph model was expected. Use synthgen.load")
        with run.fitting_together():
            model = cls(int(run.config["seed"]), dict(run.codec), dict(run.weights))
            SlotLaw(**{name: model.arrays[f"slots.{name}"] for name in SlotLaw.__dataclass_fields__})
            _ = model.labels, model.directed, model.arrays["clustering"], model.arrays["joined"]
        return model


def _wedges(degree_N: np.ndarray) -> np.ndarray:
    wedges: np.ndarray = degree_N * (degree_N - 1.0) / 2
    return wedges


def _bounds(degree_N: np.ndarray) -> np.ndarray:
    """Lower ends of classes of degree: powers of two, the highest with enough nodes."""
    powers = 2 ** np.arange(MOST_CLASSES)
    held = [(degree_N >= low).sum() for low in powers]
    last = max([number for number, many in enumerate(held) if many >= MIN_NODES], default=0)
    return np.asarray(np.r_[0, powers[1 : last + 1]], np.int64)


def _mixing(
    graph: Graph, block_N: np.ndarray, bounds_K: np.ndarray, label_N: np.ndarray, n_labels: int
) -> dict[str, np.ndarray]:
    """Factors of ties between groups, for ties that go both ways and the others."""
    class_N = np.searchsorted(bounds_K, graph.skeleton.out_N, side="right") - 1
    joined_K = np.arange(len(bounds_K))
    while True:
        kinds = [block_N, joined_K[class_N], label_N]
        cells = Cells.of(kinds)
        if cells.n_cells <= MOST_CELLS or joined_K.max() == 0:
            break
        joined_K = joined_K // 2
    arrays = {"joined": joined_K}
    sizes = [int(block_N.max()) + 1, int(joined_K.max()) + 1, max(n_labels, 1)]
    back_M = graph.mutual_M
    for name, which_M in (("mutual", back_M), ("single", ~back_M)):
        ends = (graph.from_M[which_M], graph.to_M[which_M])
        if name == "mutual" and not graph.directed:
            ends = (np.r_[ends[0], ends[1]], np.r_[ends[1], ends[0]])
        counts = [
            np.bincount(kind[ends[0]] * size + kind[ends[1]], minlength=size * size).reshape(size, size)
            for kind, size in zip(kinds, sizes, strict=True)
        ]
        out_N, in_N = (np.bincount(end, minlength=graph.n_nodes) for end in ends)
        if len(ends[0]):
            factors = fit_factors(cells, out_N, in_N, counts)
        else:
            factors = tuple(np.ones((size, size)) for size in sizes)
        arrays |= {f"{name}.{group}": one for group, one in zip(("community", "degree", "label"), factors, strict=True)}
    return arrays
