"""Detectors of fake accounts: what they look at, and how they learn.

Letters: N accounts, F features.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from synthgen.graphs import Graph
from synthgen.metrics.accounts.base import AccountView
from synthgen.metrics.accounts.features import Profile, graph_features
from synthgen.metrics.statistics import binnable

FEATURES = ("profile", "graph", "both")
"""What a detector looks at."""
TREES = 60
"""Enough for some thousand accounts."""
SEEN = 0.5
"""Of the features, those that a split of a boosted tree may use: no detector hangs on a single one."""


@dataclass(frozen=True)
class Learned:
    """What a detector sees of accounts.

    Attributes:
        rows: ``(N, F)``.
        names: of the features.
        graph: for those that pass messages; None: there are no ties.
    """

    rows: np.ndarray
    names: list[str]
    graph: Graph | None


def seen(view: AccountView, profile: Profile, features: str) -> Learned:
    """What a detector that looks at these features sees; without columns where there are none."""
    rows, names = profile.of_view(view) if features != "graph" else (np.zeros((len(view), 0)), [])
    if features != "profile" and view.graph is not None:
        more, others = graph_features(view.graph)
        rows, names = np.column_stack([rows, more]), [*names, *others]
    return Learned(rows, names, view.graph)


Score = Callable[[Learned], np.ndarray]
"""``(N,)`` higher for fakes."""


@dataclass(frozen=True)
class Detector:
    """One way of learning. A new one is a function and a line in ``DETECTORS``.

    Attributes:
        name: a key for machines.
        title: for people.
        fit: from what is seen of accounts, which of them are learned from, ``(N,)`` labels and a seed.
        needs_ties: whether it passes messages along ties.
    """

    name: str
    title: str
    fit: Callable[[Learned, np.ndarray, np.ndarray, int], Score]
    needs_ties: bool = False


def _boosting(learned: Learned, used_N: np.ndarray, fake_N: np.ndarray, seed: int) -> Score:
    how = {"max_iter": TREES, "max_features": SEEN, "early_stopping": False}
    model = HistGradientBoostingClassifier(**how, random_state=seed)
    return _scores(model.fit(binnable(learned.rows[used_N]), fake_N[used_N]))


def _logistic(learned: Learned, used_N: np.ndarray, fake_N: np.ndarray, seed: int) -> Score:
    fill = SimpleImputer(strategy="median", keep_empty_features=True, add_indicator=True)
    model = make_pipeline(fill, StandardScaler(), LogisticRegression(max_iter=1_000, random_state=seed))
    return _scores(model.fit(binnable(learned.rows[used_N]), fake_N[used_N]))


def _graph_net(learned: Learned, used_N: np.ndarray, fake_N: np.ndarray, seed: int) -> Score:
    from synthgen.training.graph_net import fit_graph_net  # brings torch, which the other detectors do without

    assert learned.graph is not None
    net = fit_graph_net(learned.rows, learned.graph, used_N, fake_N, seed)

    def score(other: Learned) -> np.ndarray:
        assert other.graph is not None
        return net.scores(other.rows, other.graph)

    return score


def _scores(model: Any) -> Score:
    def score(other: Learned) -> np.ndarray:
        return np.asarray(model.predict_proba(binnable(other.rows))[:, 1])

    return score


DETECTORS = (
    Detector("boosting", "boosted trees", _boosting),
    Detector("logistic", "logistic regression", _logistic),
    Detector("graph-net", "graph neural net", _graph_net, needs_ties=True),
)
