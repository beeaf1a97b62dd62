"""A small graph neural net that tells nodes of two kinds apart.

Letters: N nodes, F features, H hidden units.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from synthgen.graphs import Graph

HIDDEN, STEPS, RATE, DECAY, DROPOUT = 32, 150, 0.01, 5e-4, 0.2
"""Settings of the paper's kind for small graphs; all nodes are in every step."""
FAR = 6.0
"""Standard deviations at which features are cut."""


class _Net(nn.Module):
    """Two layers; each sees a node and the mean of its neighbours."""

    def __init__(self, n_features: int) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(2 * n_features, HIDDEN), nn.Linear(2 * HIDDEN, HIDDEN)
        self.last, self.drop = nn.Linear(HIDDEN, 1), nn.Dropout(DROPOUT)

    def forward(self, x_NF: Tensor, mean_NN: Tensor) -> Tensor:
        for layer in (self.first, self.second):
            beside = torch.sparse.mm(mean_NN, x_NF)
            x_NF = self.drop(torch.relu(layer(torch.cat([x_NF, beside], 1))))
        logits: Tensor = self.last(x_NF)
        return logits.squeeze(1)


@dataclass(frozen=True)
class GraphNet:
    """A net that was taught.

    Attributes:
        net: its layers.
        centre: ``(F,)`` medians of the features.
        scale: ``(F,)`` their spread.
    """

    net: nn.Module
    centre: np.ndarray
    scale: np.ndarray

    def scores(self, rows: np.ndarray, graph: Graph) -> np.ndarray:
        """``(N,)`` logits of nodes of any graph, higher for the second kind."""
        self.net.eval()
        with torch.no_grad():
            logits: Tensor = self.net(self._inputs(rows), mean_matrix(graph))
        return np.asarray(logits.numpy())

    def _inputs(self, rows: np.ndarray) -> Tensor:
        filled = np.where(np.isnan(rows), self.centre, rows)
        return torch.from_numpy(np.clip((filled - self.centre) / self.scale, -FAR, FAR).astype(np.float32))


def fit_graph_net(rows: np.ndarray, graph: Graph, used_N: np.ndarray, second_N: np.ndarray, seed: int) -> GraphNet:
    """Teach a net.

    Args:
        rows: ``(N, F)`` features; nan is missing.
        graph: messages pass along its ties, without regard to direction.
        used_N: ``(N,)`` whose kind is learned from.
        second_N: ``(N,)`` whether a node is of the second kind.
        seed: of the weights and of dropout.

    Source:
        Hamilton, Ying and Leskovec 2017, arXiv:1706.02216 (mean aggregation).
    """
    known = np.where(np.isnan(rows).all(0), 0.0, rows)
    centre, spread = np.nanmedian(known, axis=0), np.nanstd(known, axis=0)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        net = _Net(rows.shape[1])
        taught = GraphNet(net, centre, np.where(spread > 0, spread, 1.0))
        x_NF, mean_NN = taught._inputs(rows), mean_matrix(graph)
        used, truth = torch.from_numpy(used_N), torch.from_numpy(second_N.astype(np.float32))
        rate = max(float(second_N[used_N].mean()), 1e-6)
        loss_of = nn.BCEWithLogitsLoss(pos_weight=torch.tensor((1 - rate) / rate))
        optimizer = torch.optim.Adam(net.parameters(), lr=RATE, weight_decay=DECAY)
        net.train()
        for _ in range(STEPS):
            optimizer.zero_grad()
            loss_of(net(x_NF, mean_NN)[used], truth[used]).backward()
            optimizer.step()
    return taught


def mean_matrix(graph: Graph) -> Tensor:
    """``(N, N)`` sparse: times a column it gives the mean over each node's neighbours."""
    ties = graph.skeleton.matrix().tocoo()
    weight = 1.0 / np.maximum(graph.skeleton.out_N, 1)[ties.row]
    places = torch.from_numpy(np.vstack([ties.row, ties.col]).astype(np.int64))
    shape = (graph.n_nodes, graph.n_nodes)
    values = torch.from_numpy(weight.astype(np.float32))
    return torch.sparse_coo_tensor(places, values, shape, check_invariants=True).coalesce()
