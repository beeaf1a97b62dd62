"""Recommenders to try a table of interactions with."""

from __future__ import annotations

from synthgen.metrics.recommendation.recommenders.base import Recommender, Scorer
from synthgen.metrics.recommendation.recommenders.factors import SVD
from synthgen.metrics.recommendation.recommenders.outside import ALS, BPR
from synthgen.metrics.recommendation.recommenders.popularity import Popularity
from synthgen.metrics.recommendation.recommenders.similarity import EASE, ItemKNN
from synthgen.metrics.recommendation.recommenders.succession import Markov

__all__ = ["ALS", "BPR", "EASE", "RECOMMENDERS", "SVD", "ItemKNN", "Markov", "Popularity", "Recommender", "Scorer"]

RECOMMENDERS: tuple[Recommender, ...] = (Popularity(), Markov(), ItemKNN(), EASE(), SVD(), ALS(), BPR())
"""In the order in which they are shown."""
