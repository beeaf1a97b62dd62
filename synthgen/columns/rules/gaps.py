"""Whether the later of two columns in order is drawn as a gap after the earlier, or on its own and put after it.

Both forms are tried on the training rows, from values to tokens and back. A date is drawn as a gap unless that blurs
its hours or weekdays; a number only where a column of its own would blur the gap more (values that are often equal,
small steps between large numbers) than the gap blurs the number (a cap that many rows hold): a network's errors in two
numbers add up in their sum, and the shares of a sum's values cannot be corrected.

Letters: N rows.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import pyarrow as pa

from synthgen.columns.base import ColumnType
from synthgen.columns.date_text import BILLION
from synthgen.columns.datetime import Datetime
from synthgen.columns.lines import DateLine, Line
from synthgen.columns.numeric import Numeric
from synthgen.columns.rules.base import Fitting
from synthgen.seeding import numpy_stream

TRIED_ROWS = 20_000
NOISE = 0.005
"""Kolmogorov-Smirnov distances of so many rows come back no closer."""
RHYTHMS = ((86_400, 24), (7 * 86_400, 7))
"""Of dates: what repeats, in seconds, and into how many parts it is cut."""


@dataclass(frozen=True)
class Gap:
    """A column that is drawn as its distance from an earlier one.

    Attributes:
        label: the distance, a learned number.
        earlier: where it begins.
        unit: places on the line in one unit of the distance.
    """

    label: str
    earlier: str
    unit: float

    def distances(self, low: np.ndarray, high: np.ndarray, there: np.ndarray, strict: bool) -> pa.Array:
        """``(N,)`` how far the later one lies; rows that break the order are taken to keep it barely."""
        far = np.where(there, high - low, 0) / self.unit
        whole = self.unit == round(self.unit) and np.issubdtype(low.dtype, np.integer)
        far = np.rint(far) if whole else np.round(far, 12)
        least = (1.0 if whole else 0.0) if strict else 0.0
        return pa.array(np.maximum(far, least), pa.float64(), mask=~there)

    def state(self) -> dict[str, Any]:
        """In JSON types."""
        return {"label": self.label, "earlier": self.earlier, "unit": self.unit}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Self:
        """The gap again."""
        return cls(**state)


def gap_of(fitting: Fitting, earlier: str, later: str, fitted: dict[str, Any], read: dict[str, Line]) -> Gap | None:
    """The gap to draw, or None where the later column is better drawn on its own."""
    (_low, has_low), (_high, has_high) = (read[n].read(fitting.columns[n]) for n in (earlier, later))
    if (has_high & ~has_low).any() or not (has_low & has_high).any():
        return None
    a, b = fitted[earlier], fitted[later]
    if isinstance(b, Datetime):
        if b.zones or a.zones:
            return None
        unit = float(min(read[n].unit(np.zeros(1, np.int64))[0] for n in (earlier, later)))
    else:
        unit = 1.0
    label = fitting.free_name(f"{later} after {earlier}" if isinstance(b, Datetime) else f"{later} above {earlier}")
    gap = Gap(label, earlier, unit)
    rows = np.flatnonzero(has_low & has_high)
    if len(rows) > TRIED_ROWS:
        rows = np.sort(numpy_stream(fitting.seed, "gap", later).choice(rows, TRIED_ROWS, replace=False))
    return gap if _is_better(fitting, gap, later, rows, fitted, read) else None


def _is_better(
    fitting: Fitting, gap: Gap, later: str, rows: np.ndarray, fitted: dict[str, Any], read: dict[str, Line]
) -> bool:
    """Whether a gap brings back both the later column and the distance as well as a column of its own does."""
    some, line = pa.array(rows), read[later]
    before, after = fitting.columns[gap.earlier].take(some), fitting.columns[later].take(some)
    low, high = read[gap.earlier].read(before)[0], read[later].read(after)[0]
    everywhere = np.ones(len(rows), bool)
    far = gap.distances(low, high, everywhere, False)
    whose = replace(fitting, unit_N=None if fitting.unit_N is None else fitting.unit_N[rows])
    distance = Numeric.fit(far, {}, whose.context(numpy_stream(fitting.seed, "gap", later), everywhere))
    tail = numpy_stream(fitting.seed, "gap tail", later).random(len(rows))
    low_again = read[gap.earlier].read(_again(fitted[gap.earlier], before, tail))[0]
    alone = read[later].read(_again(fitted[later], after, tail))[0]
    from_gap = low_again + np.asarray(_again(distance, far, tail)) * gap.unit
    blurred = [
        max(_apart(later_again, high), _apart(np.maximum(later_again - low_again, 0), high - low), rhythm)
        for later_again in (from_gap, alone)
        for rhythm in [_rhythm_apart(later_again, high, line.tick) if isinstance(line, DateLine) else 0.0]
    ]
    return blurred[0] + (-NOISE if isinstance(line, DateLine) else NOISE) <= blurred[1]


def _again(kind: ColumnType, values: pa.Array, tail: np.ndarray) -> pa.Array:
    """Values to tokens and back."""
    return kind.decode_in_step(kind.encode(values, numpy_stream(0, "gap")), numpy_stream(1, "gap"), 0, tail)


def _apart(one: np.ndarray, other: np.ndarray) -> float:
    """The Kolmogorov-Smirnov distance of two samples."""
    both = np.unique(np.concatenate([one, other]))
    shares = [np.searchsorted(np.sort(x), both, side="right") / max(len(x), 1) for x in (one, other)]
    return float(np.abs(shares[0] - shares[1]).max(initial=0.0))


def _rhythm_apart(one: np.ndarray, other: np.ndarray, tick: int) -> float:
    """How much the hours of the day or the days of the week differ: total variation beyond chance, the larger one."""
    found = []
    for period, parts in RHYTHMS:
        held = [
            np.bincount((x / (BILLION // tick) % period * parts / period).astype(int) % parts, minlength=parts)
            for x in (one, other)
        ]
        chance = 0.4 * np.sqrt(2 * parts / len(one))  # the mean of what two samples of one law differ by
        found.append(-1.5 * chance + 0.5 * float(np.abs(held[0] / len(one) - held[1] / len(other)).sum()))
    return float(max(0.0, *found))
