"""What comes next, and what people come to do: predictors taught by made people, asked of real ones held out.

Letters: E events, K kinds, N things asked about, F features.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score

from synthgen.metrics.base import Direction, Result
from synthgen.metrics.behaviour.asked import FEWEST, Asked, told_apart
from synthgen.metrics.behaviour.labels import RARE, does_rare, falls_silent
from synthgen.metrics.behaviour.laws import DAY, HOUR
from synthgen.metrics.behaviour.streams import PAUSE, Streams, lag

MOST_EVENTS = 20_000
"""Events that predictors learn from, and half as many that they are asked about: more moves AUC by less than 0.005."""
TIMES = (PAUSE, DAY, 7 * DAY)
"""Seconds that part classes of the gap to the next event."""


@dataclass(frozen=True)
class Prediction:
    """A task: taught by made streams and, for the floor, by real ones; asked of others."""

    name: str
    title: str
    asked: Callable[[Streams, Streams], Asked]
    sentence: str
    direction: Direction = "higher"

    def compute(self, real: Streams, held: Streams, synthetic: Streams, rng: np.random.Generator) -> Result:
        """The area under the curve, classes weighed by their frequency.

        Args:
            real: people that the generator learned from; as many as ``synthetic``.
            held: those who are asked about.
            synthetic: made people.
            rng: draws events where there are many, and parts of the predictor.
        """
        test = _few(self.asked(held, real), MOST_EVENTS // 2, rng)
        sides = [_few(self.asked(side, real), MOST_EVENTS, rng) for side in (synthetic, real)]
        classes = [
            k
            for k in np.unique(test.y_N)
            if FEWEST <= (test.y_N == k).sum() <= len(test.y_N) - FEWEST and (sides[1].y_N == k).sum() >= FEWEST
        ]
        if not classes:
            return Result(self.name, self.title, None, self.direction, reason=f"no two classes of {FEWEST} held out")
        seed = int(rng.integers(2**31))
        value, floor = (_auc(side, test, classes, seed) for side in sides)
        return Result(
            self.name,
            self.title,
            value,
            self.direction,
            floor=floor,
            unit="score",
            sentence=f"AUC of {self.sentence}, by boosting taught by made people; floor: by as many real ones",
            details={"chance": 0.5, "classes": len(classes), "asked": len(test.y_N)},
        )


def _few(asked: Asked, most: int, rng: np.random.Generator) -> Asked:
    if len(asked.y_N) <= most:
        return asked
    kept = np.sort(rng.permutation(len(asked.y_N))[:most])
    return Asked(asked.x_NF[kept], asked.y_N[kept], asked.labels)


def _auc(taught: Asked, test: Asked, classes: list[int], seed: int) -> float:
    """Mean over classes of one against the others; a class that was not taught is a guess."""
    chance_NK = np.zeros((len(test.y_N), int(max(test.y_N.max(), taught.y_N.max(initial=0))) + 1))
    seen = np.unique(taught.y_N)
    if len(seen) > 1:
        model = HistGradientBoostingClassifier(
            max_iter=60, max_leaf_nodes=15, categorical_features=list(taught.labels) or None, random_state=seed
        )
        chance_NK[:, seen] = model.fit(taught.x_NF, taught.y_N).predict_proba(test.x_NF)
    many = [float((test.y_N == k).sum()) for k in classes]
    return float(np.average([roc_auc_score(test.y_N == k, chance_NK[:, k]) for k in classes], weights=many))


def known_before(streams: Streams, real: Streams) -> Asked:
    """What is known of each event that is not its owner's first, before it happens; classes are left at 0."""
    kind_E, n_kinds = told_apart(streams, real)
    lags = [lag(kind_E, streams, back, 0) for back in (1, 2, 3)]
    time_E = lag(streams.time_E, streams, 1, 0)
    session_E = np.cumsum(streams.opens_E) - 1
    start_E = np.flatnonzero(streams.opens_E)[session_E] if len(streams) else session_E
    numbers = [
        np.log1p(streams.place_E),
        np.log1p(np.maximum(lag(streams.gap_E, streams, 1), -0.5)),
        np.log1p(np.maximum(lag(streams.gap_E, streams, 2), -0.5)),
        time_E % DAY / HOUR,
        time_E // DAY % 7,
        lag(np.arange(len(streams)) - start_E, streams, 1),
    ]
    one_EK = np.eye(n_kinds)[kind_E]
    sums_EK = np.cumsum(one_EK, 0) - one_EK
    so_far_EK = sums_EK - sums_EK[np.maximum.accumulate(np.where(streams.first_E, np.arange(len(streams)), 0))]
    x_EF = np.column_stack([*lags, *numbers, so_far_EK / np.maximum(streams.place_E, 1)[:, None]])
    later = ~streams.first_E
    return Asked(x_EF[later], np.zeros(int(later.sum()), np.int64), (0, 1, 2))


def next_kind(streams: Streams, real: Streams) -> Asked:
    """The kind of each event that is not its owner's first."""
    known = known_before(streams, real)
    return Asked(known.x_NF, told_apart(streams, real)[0][~streams.first_E], known.labels)


def next_time(streams: Streams, real: Streams) -> Asked:
    """How long it takes to each event that is not its owner's first: within a session, a day, a week, or longer."""
    known = known_before(streams, real)
    return Asked(known.x_NF, np.searchsorted(TIMES, streams.gap_E[~streams.first_E]), known.labels)


PREDICTIONS: tuple[Prediction, ...] = (
    Prediction("next_kind", "The kind of the next event", next_kind, "an owner's next kind from what came before"),
    Prediction(
        "next_time",
        "How long to the next event",
        next_time,
        "whether the next event comes within half an hour, a day, a week or later",
    ),
    Prediction(
        "falls_silent",
        "Who falls silent",
        falls_silent,
        "who does nothing after the middle of people's first events, from what they did before",
    ),
    Prediction(
        "does_rare",
        "Who does what is rare",
        does_rare,
        "who after the middle of people's first events does the rarest kind of event "
        f"that {RARE:.0%} of people do then or more, such as a purchase, from what they did before",
    ),
)
