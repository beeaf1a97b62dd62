"""A table as columns of numbers, for models that add up: quantities standardised, labels as indicators.

Letters: N rows, D columns of the design.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from synthgen.metrics.view import View

MOST_LEVELS = 20
"""Of a label column: the most frequent; the rows of the others have no indicator."""
MOST_WIDTH = 300
"""Indicators in all: a linear model takes the square of the width."""
EDGE = 0.005
"""Quantities are cut at this quantile and at 1 minus it: one far value would decide a slope."""


@dataclass(frozen=True)
class Scale:
    """How one quantity is standardised: cut to ``low`` and ``high``, then ``mean`` and ``spread``."""

    low: float
    high: float
    mean: float
    spread: float

    @classmethod
    def learn(cls, values: np.ndarray) -> Scale:
        """From ``(N,)`` values, nan where missing."""
        present = values[~np.isnan(values)]
        if not len(present):
            return cls(0.0, 0.0, 0.0, 1.0)
        low, high = np.quantile(present, [EDGE, 1 - EDGE])
        cut = np.clip(present, low, high)
        spread = float(cut.std())
        return cls(float(low), float(high), float(cut.mean()), spread if spread > 0 else 1.0)

    def apply(self, values: np.ndarray) -> np.ndarray:
        """``(N,)``, 0 where missing."""
        cut = np.clip(values, self.low, self.high)
        return np.asarray(np.where(np.isnan(values), 0.0, (cut - self.mean) / self.spread))


@dataclass(frozen=True)
class Design:
    """What one table taught about how to write any table as numbers.

    Attributes:
        scales: of each quantity.
        gaps: quantities with missing cells; they have an indicator of that.
        levels: codes of each label column, most frequent first.
    """

    scales: dict[str, Scale]
    gaps: list[str]
    levels: dict[str, list[int]]

    @classmethod
    def learn(cls, view: View, names: list[str], fewest: int = 1) -> Design:
        """From the rows of a view; a label with fewer rows than ``fewest`` gets no indicator."""
        quantities = [name for name in names if name in view.quantities]
        labels = [name for name in names if name in view.labels]
        most = max(2, min(MOST_LEVELS, MOST_WIDTH // max(len(labels), 1)))
        levels = {}
        for name in labels:
            counts = np.bincount(view.labels[name], minlength=view.sizes[name])
            order = np.argsort(-counts, kind="stable")[:most]
            levels[name] = [int(code) for code in order if counts[code] >= fewest]
        scales = {name: Scale.learn(view.quantities[name]) for name in quantities}
        gaps = [name for name in quantities if fewest <= np.isnan(view.quantities[name]).sum() < view.n_rows]
        return cls(scales, gaps, levels)

    @property
    def columns(self) -> list[tuple[str, int | None]]:
        """The D columns of ``apply``: name, and code for an indicator; -1 indicates a missing quantity."""
        found: list[tuple[str, int | None]] = [(name, None) for name in self.scales]
        found += [(name, -1) for name in self.gaps]
        return found + [(name, code) for name, codes in self.levels.items() for code in codes[1:]]

    def apply(self, view: View) -> np.ndarray:
        """``(N, D)``; the most frequent label of each column is the one without an indicator."""
        parts = [scale.apply(view.quantities[name]) for name, scale in self.scales.items()]
        parts += [np.isnan(view.quantities[name]).astype(np.float64) for name in self.gaps]
        parts += [
            (view.labels[name] == code).astype(np.float64) for name, codes in self.levels.items() for code in codes[1:]
        ]
        return np.stack(parts, axis=1) if parts else np.empty((view.n_rows, 0))
