"""How likely rows are, beside real rows that the model did not learn from, and what makes them unlikely.

Letters: N rows, S slots, C columns.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from synthgen.columns.numeric import Numeric
from synthgen.errors import ConfigError
from synthgen.rows.calibrating import Calibration
from synthgen.rows.given import Given, encode
from synthgen.rows.imputing import Parts, nobody
from synthgen.rows.known import Known
from synthgen.rows.outside import outside
from synthgen.rows.rules import broken
from synthgen.seeding import derived_seed
from synthgen.table.table import joined

MOST_NAMED = 3
"""Cells named beside a row."""


@dataclass(frozen=True)
class Scores:
    """One entry a row.

    Attributes:
        log_likelihood: in nats, of the row of tokens: of a number, of the cell of the column's range that it is in.
        critic: how much likelier real than generated, a log ratio; None: it was not asked.
        percentile: 0 to 100, the share of held-out real rows that are less likely.
            Fakes are often the plainest of rows, likelier than real ones: for those ``atypical``.
        atypical: 0 to 100, the share of held-out real rows that are nearer to what rows are usually like
            (``synthgen.rows.typical``): a row can be too plain, or odd all over, besides holding one odd cell.
        unusual: JSON, the cells that make the row unlikely: column -> log of the ratio of the cell's probability given
            the rest of its row to what cells of that column usually have (the geometric mean); at most three.
    """

    log_likelihood: np.ndarray
    critic: np.ndarray | None
    percentile: np.ndarray
    atypical: np.ndarray
    unusual: list[str]

    def columns(self) -> dict[str, Any]:
        """As columns of a frame."""
        critic = {} if self.critic is None else {"critic": self.critic.astype(float)}
        return {
            "log_likelihood": self.log_likelihood,
            **critic,
            "percentile": self.percentile,
            "atypical": self.atypical,
            "unusual": self.unusual,
        }


def score(given: Given, *, critic: bool = True, seed: int = 0, parts: Parts = nobody) -> Scores:
    """Score rows.

    A missing cell is a value like any other where the training table lacked some of that column; else the row is scored
    without it. A number beyond the column's range, an unknown label, and a cell that breaks what held in every training
    row count as less than one row among the training rows.

    Args:
        given: the rows.
        critic: ask the critic too.
        seed: of places inside cells of rounded numbers.
        parts: is told how far it is.

    Raises:
        ConfigError: the run has no critic, or does not know what held-out rows are like.
    """
    known = given.known
    calibration = Calibration.of(known, "score")
    if critic and known.model.critic is None:
        raise ConfigError(
            "score: the run has no critic; fit again, or ask without it: --no-critic, score(..., critic=False)"
        )
    typical = calibration.typical
    if typical is None:
        raise ConfigError(
            "score: the run does not know what rows usually look like: it was fitted by an older synthgen. Fit again"
        )
    steps = iter(range(3))
    total = 3 if critic else 2
    parts(next(steps), total, "the likelihood of whole rows")
    tokens_NS, counted_NS = countable(known, given.cells, seed)
    laws = known.laws
    cells_NC, names = cell_likelihoods(known, given.cells, tokens_NS, counted_NS)
    likely_N = cells_NC.beyond.sum(1)
    atypical_N = np.zeros(len(given))
    if laws is not None:
        seen = laws.surprises(tokens_NS, counted_NS, calibration.orders, calibration.seed)
        likely_N -= seen.whole_NK.mean(1)
        looks = typical.looks(seen, -cells_NC.total.min(1), counted_NS)
        atypical_N = typical.percentile(looks)
    parts(next(steps), total, "the likelihood of single cells")
    ratio_NC = cells_NC.total - np.array([calibration.usual.get(name, 0.0) for name in names])
    odd_NC = cells_NC.total < np.array([calibration.rare.get(name, 0.0) for name in names])
    unusual = _named(np.where(odd_NC, ratio_NC, 0.0), names)
    scores = None
    if critic:
        parts(next(steps), total, "the critic")
        scores = known.model.critic_scores(given.cells, derived_seed(seed, "critic"))
    parts(total, total, "")
    return Scores(likely_N, scores, calibration.percentile(likely_N), atypical_N, unusual)


def countable(known: Known, cells: pa.Table, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Tokens of cells, and which of them are part of a row: all but those of missing cells that never were missing."""
    tokens_NS, counted_NS = encode(known, cells, derived_seed(seed, "encode"))
    for slots in known.slots_of.values():
        if known.layout.slots[slots[0]].missing is not None:
            counted_NS[:, slots] = True
    return tokens_NS, counted_NS


@dataclass(frozen=True)
class CellLikelihoods:
    """Of each cell given the rest of its row, ``(N, C)`` logs.

    Attributes:
        inside: of its tokens.
        beyond: what is added because no token says it: 0 or less.
    """

    inside: np.ndarray
    beyond: np.ndarray

    @property
    def total(self) -> np.ndarray:
        """Both."""
        return np.asarray(self.inside + self.beyond)


def cell_likelihoods(
    known: Known, cells: pa.Table, tokens_NS: np.ndarray, counted_NS: np.ndarray
) -> tuple[CellLikelihoods, list[str]]:
    """Log-likelihoods of the cells, and the names of their columns."""
    laws, breaks = known.laws, broken(known, cells)
    names = [*known.slots_of, *(name for name in breaks if name not in known.slots_of)]
    inside_NC, beyond_NC = np.zeros((len(cells), len(names))), np.zeros((len(cells), len(names)))
    for c, name in enumerate(names):
        slots = known.slots_of.get(name)
        if slots and laws is not None:
            inside_NC[:, c] = -laws.nats(slots, tokens_NS, counted_NS) * counted_NS[:, slots[0]]
        kind = known.codec.modelled[name].type if name in known.codec.modelled else None
        if isinstance(kind, Numeric):
            beyond_NC[:, c] -= outside(kind, joined(cells[name]))
        if name in breaks:
            beyond_NC[:, c] -= breaks[name] * np.log(known.rows + 1.0)
    return CellLikelihoods(inside_NC, beyond_NC), names


def _named(ratio_NC: np.ndarray, names: list[str]) -> list[str]:
    """JSON of the most negative ratios of each row."""
    order_NK = np.argsort(ratio_NC, axis=1, kind="stable")[:, :MOST_NAMED]
    lowest_NK = np.take_along_axis(ratio_NC, order_NK, axis=1)
    return [
        json.dumps({names[c]: round(x, 2) for c, x in zip(order, lowest, strict=True) if x < 0}, ensure_ascii=False)
        for order, lowest in zip(order_NK.tolist(), lowest_NK.tolist(), strict=True)
    ]
