"""Follower graphs: read one, learn totals of it, make another for any nodes with degrees and communities."""

from __future__ import annotations

from synthgen.graphs.graph import Graph
from synthgen.graphs.model import GraphModel, GraphSample
from synthgen.graphs.reading import ReadGraph, read_graph

__all__ = ["Graph", "GraphModel", "GraphSample", "ReadGraph", "read_graph"]
