"""Cells that are unlikely given the rest of their row, and what they should rather hold.

The worst cell of a row is found first; then the row is looked at again with that cell hidden, so that one wrong cell
neither hides another nor makes a right one look wrong.

Letters: N rows, R of them, F flagged cells, C columns, S slots.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthgen.errors import ConfigError
from synthgen.rows.calibrating import Calibration
from synthgen.rows.conflicts import blanked, confirmed, conflicts
from synthgen.rows.deducing import deduced
from synthgen.rows.given import Given
from synthgen.rows.imputing import Parts, likeliest_cells, nobody
from synthgen.rows.known import Known
from synthgen.rows.scoring import countable
from synthgen.rows.suspecting import suspicion
from synthgen.table.natural import as_text
from synthgen.table.table import joined

MOST_SHARE = 0.5
"""No more of a row's cells are flagged: with more hidden than left, no one can tell which are wrong."""


@dataclass(frozen=True)
class Repair:
    """Flagged cells, row by row.

    Attributes:
        given: the rows as they came.
        rows: ``(F,)`` their numbers, from 0.
        columns: ``(F,)`` names.
        values: ``(F,)`` what stands there, as text.
        proposed: ``(F,)`` what should, as text; None where nothing can be said.
        ratio: ``(F,)`` p(proposed | rest of the row) / p(value | rest of the row).
        fills: by column, rows in ascending order, and what they get, in the given table's spelling.
    """

    given: Given
    rows: np.ndarray
    columns: list[str]
    values: list[str]
    proposed: list[str | None]
    ratio: np.ndarray
    fills: dict[str, tuple[np.ndarray, pa.Array]]

    def listed(self) -> dict[str, Any]:
        """As columns of a frame."""
        return {
            "row": self.rows,
            "column": self.columns,
            "value": self.values,
            "proposed": self.proposed,
            "likelihood_ratio": self.ratio,
        }


def repair(given: Given, *, threshold: float | None = None, seed: int = 0, parts: Parts = nobody) -> Repair:
    """Flag cells and propose values for them: of a label the most probable one, of a number or a date the median.

    A cell that breaks what held in every training row, or does not read as its column's type, is flagged whatever the
    threshold; its ratio is the number of training rows at least. Of two cells that contradict one another the less
    likely one is flagged, and none that another cell confirms. Identifiers and free text are not judged.

    Args:
        given: the rows.
        threshold: a cell is flagged when what is proposed is at least so many times as likely; None: when it looks more
            like a mistake than all but one in a thousand cells of its column in rows held out from the fit.
        seed: of places inside cells of rounded numbers.
        parts: is told how far it is.

    Raises:
        ConfigError: the threshold is below 1, or None and the run knows nothing of held-out rows.
    """
    known = given.known
    calibration = Calibration.of(known, "repair") if threshold is None else None
    if threshold is not None and not threshold >= 1:
        raise ConfigError(f"threshold: {threshold:g}; a likelihood ratio of 1 or more was expected")
    bar = calibration or float(np.log(threshold or 1.0))
    sure = np.log(max(threshold or 1.0, known.rows + 1.0))
    wrong = conflicts(known, given.cells, seed)
    for name, column in given.columns.items():
        unreadable_N = np.asarray(column.cells.is_null()) & np.asarray(column.given.is_valid())
        if unreadable_N.any():
            wrong[name] = wrong.get(name, False) | unreadable_N
    ratios = {name: np.where(rows_N, sure, 0.0) for name, rows_N in wrong.items()}
    unlikely = _unlikely(known, _without(known, given.cells, wrong), bar, seed, parts)
    for name, ratio_N in unlikely.items():
        ratios[name] = np.maximum(ratios.get(name, 0.0), ratio_N)
    flagged_N = np.any([ratio_N > 0 for ratio_N in ratios.values()], axis=0) if ratios else np.zeros(len(given), bool)
    rows = np.flatnonzero(flagged_N)
    flagged = {name: ratio_N[rows] for name, ratio_N in ratios.items()}
    blank = _without(known, given.cells.take(pa.array(rows)), {name: ratio_R > 0 for name, ratio_R in flagged.items()})
    made = likeliest_cells(known, blank, seed, known.rows) if len(rows) else blank
    return _listed(given, rows, flagged, made)


def _without(known: Known, cells: pa.Table, wrong: dict[str, np.ndarray]) -> pa.Table:
    """Cells without the wrong ones, but with what others say of them."""
    for name, rows_N in wrong.items():
        for one in known.codec.one_hot.get(name, [name]):
            cells = blanked(cells, one, rows_N)
    return deduced(known.codec, cells)


def _unlikely(
    known: Known, cells: pa.Table, bar: Calibration | float, seed: int, parts: Parts
) -> dict[str, np.ndarray]:
    """By column, ``(N,)`` the log ratio of each cell to be flagged, 0 for the others: the worst of a row first."""
    names = [name for name in known.slots_of if known.judges(name)]
    if not names or not len(cells):
        return {}
    tokens_NS, given_NS = countable(known, cells, seed)
    sure = confirmed(known, cells)
    open_NC = np.stack([_present(known, cells, name) & ~sure.get(name, np.False_) for name in names], 1)
    flag_NC = np.zeros(open_NC.shape, bool)
    most = max(1, int(MOST_SHARE * len(names)))

    def looked_at(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """How far beyond the bar each cell is, and its log ratio."""
        given_RS = given_NS[rows].copy()
        over_RC, ratio_RC = np.zeros((2, len(rows), len(names)))
        for c, name in enumerate(names):
            given_RS[np.ix_(flag_NC[rows, c], np.array(known.slots_of[name]))] = False
        for c, name in enumerate(names):
            own = joined(cells[name]).take(pa.array(rows)) if name in cells.column_names else None
            found = suspicion(known, name, tokens_NS[rows], given_RS, own)
            ratio_RC[:, c] = found.ratio
            if isinstance(bar, float):
                over_RC[:, c] = found.ratio - bar
            else:
                over_RC[:, c] = np.maximum(found.stray - bar.stray[name], found.far - bar.far[name])
        return np.where(open_NC[rows], over_RC, -np.inf), ratio_RC

    rows = np.arange(len(cells))
    for number in range(most):
        parts(number, most, f"cell {number + 1} of a row")
        over_RC = np.where(flag_NC[rows], -np.inf, looked_at(rows)[0])
        worst_R = over_RC.argmax(1)
        beyond_R = over_RC[np.arange(len(rows)), worst_R] > 0
        rows = rows[beyond_R]
        if not len(rows):
            break
        flag_NC[rows, worst_R[beyond_R]] = True
    rows = np.flatnonzero(flag_NC.any(1))
    found_NC = np.zeros(flag_NC.shape)
    over_RC, ratio_RC = looked_at(rows)  # a right cell that was flagged for a wrong one's sake is let go
    found_NC[rows] = np.where(flag_NC[rows] & (over_RC > 0), np.maximum(ratio_RC, LEAST_RATIO), 0.0)
    parts(most, most, "")
    return {name: found_NC[:, c] for c, name in enumerate(names) if found_NC[:, c].any()}


def _present(known: Known, cells: pa.Table, name: str) -> np.ndarray:
    """Whether there is a value: of a one-hot group, in all its columns."""
    members = known.codec.one_hot.get(name, [name])
    return np.asarray(np.all([np.asarray(joined(cells[one]).is_valid()) for one in members], axis=0))


def _listed(given: Given, rows: np.ndarray, ratios: dict[str, np.ndarray], made: pa.Table) -> Repair:
    """Flagged cells in which another value is proposed than stands there."""
    order = {name: number for number, name in enumerate(given.table.names)}
    found: list[tuple[int, int, str, str, str | None, float]] = []
    fills: dict[str, tuple[np.ndarray, pa.Array]] = {}
    for label, ratio_R in ratios.items():
        for name in given.known.codec.one_hot.get(label, [label]):
            column = given.columns[name]
            here = np.flatnonzero(ratio_R > 0)
            new = column.back(joined(made[name]).take(pa.array(here)), given.decimal)
            old = column.given.take(pa.array(rows[here]))
            changed = np.asarray(old.is_valid()) & ~np.asarray(pc.fill_null(pc.equal(old, new.cast(old.type)), False))
            new, old, here = new.filter(pa.array(changed)), old.filter(pa.array(changed)), here[changed]
            if len(here):
                fills[name] = (rows[here], new)
            texts = zip(as_text(old).to_pylist(), as_text(new).to_pylist(), strict=True)
            for row, ratio, (value, proposed) in zip(rows[here], ratio_R[here], texts, strict=True):
                found.append((int(row), order[name], name, value, proposed, float(np.exp(min(ratio, MOST_NATS)))))
    found.sort(key=lambda one: one[:2])
    return Repair(
        given,
        np.array([one[0] for one in found], np.int64),
        [one[2] for one in found],
        [one[3] for one in found],
        [one[4] for one in found],
        np.array([one[5] for one in found]),
        fills,
    )


LEAST_RATIO = 1e-9
"""A flagged cell's log ratio is above 0 even where the median is less likely than it."""
MOST_NATS = 700.0
"""Ratios end there: beyond 1e304 they are no numbers."""
