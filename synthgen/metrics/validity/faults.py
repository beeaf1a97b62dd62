"""Counting what is not possible, and telling a fault from chance: the common ground of the validity metrics.

Letters: N rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from scipy.stats import binom

from synthgen.metrics.base import Metric, Result, not_applicable
from synthgen.metrics.statistics import binomial_interval

FALSE_ALARMS = 0.01
"""Chance that a table of fresh real rows is said to break one check of validity, over all its columns together."""
MOST_LISTED = 100
"""Columns with faults that are listed, the worst first."""


@dataclass(frozen=True)
class Faults:
    """Faults of one column or rule.

    Attributes:
        found: faulty cells (or rows) of the synthetic table.
        cells: of how many.
        held_found: the same of the held-out rows.
        held_cells: of how many.
        real: the same kind of fault among the training rows, which ``beyond_chance`` sets ``found`` against.
        odd: faults that count as one each where they repeat, such as different new labels; None: ``found``.
        most_alike: cells that hold the same new label, of the most frequent one.
        labels: how many labels there are.
    """

    found: int
    cells: int
    held_found: int = 0
    held_cells: int = 0
    real: int = 0
    odd: int | None = None
    most_alike: int = 0
    labels: int = 1


def beyond_chance(found: int, real: int, n_found: int, n_real: int, tests: int = 1) -> bool:
    """Whether rows have more faults than fresh real rows would.

    Were they drawn like the training rows, each of the ``found + real`` faults would lie among them with chance
    ``n_found / (n_found + n_real)``: a one-sided binomial test. It is exact for values beyond the largest training
    value (then ``real`` is 0), beyond either end (1), and for labels that occur once.

    Args:
        found: faults among the rows that are judged.
        real: faults among the training rows.
        n_found: rows that are judged.
        n_real: training rows.
        tests: over so many tests the chance of a false alarm is shared.

    Example:
        >>> beyond_chance(6, 0, 1000, 1000), beyond_chance(7, 0, 1000, 1000)
        (False, True)
    """
    share = n_found / max(n_found + n_real, 1)
    return found > 0 and float(binom.sf(found - 1, found + real, share)) < FALSE_ALARMS / max(tests, 1)


def fault_result(
    metric: Metric, faults: dict[str, Faults], n_train: int, what: str, clean: str, broken: str, *, strict: bool = False
) -> Result:
    """The share of faulty cells over all columns, and the columns in which chance does not explain them.

    Args:
        metric: whose result it is.
        faults: by column or rule.
        n_train: training rows.
        what: what was looked at, such as ``cells in 5 columns of numbers and dates``.
        clean: what it means that nothing is broken, a sentence.
        broken: the same when something is; ``{names}`` stands for the columns.
        strict: any fault is one too many, however likely.
    """
    cells = sum(one.cells for one in faults.values())
    if not cells:
        return not_applicable(metric, "there is no cell to look at")
    found = sum(one.found for one in faults.values())
    held, held_cells = (sum(getattr(one, name) for one in faults.values()) for name in ("held_found", "held_cells"))
    worst = sorted((name for name in faults if faults[name].found), key=lambda name: -_share(faults[name]))
    guilty = [name for name in worst if strict or _is_beyond(faults[name], n_train, len(faults))]
    listed = [*guilty, *(name for name in worst if name not in set(guilty))][:MOST_LISTED]
    columns: dict[str, Any] = {
        name: {
            "faults": faults[name].found,
            "cells": faults[name].cells,
            "floor": faults[name].held_found / faults[name].held_cells if faults[name].held_cells else None,
            "beyond_chance": name in set(guilty),
        }
        for name in listed
    }
    names = ", ".join(guilty[:3]) + (f" and {len(guilty) - 3} more" if len(guilty) > 3 else "")
    return Result(
        metric.name,
        metric.title,
        found / cells,
        metric.direction,
        floor=held / held_cells if held_cells else None,
        interval=binomial_interval(found, cells),
        sentence=f"{found:,} of {cells:,} {what}",
        meaning=broken.format(names=names) if guilty else clean,
        details={"broken": guilty, "checked": len(faults), "columns": columns},
    )


def _share(faults: Faults) -> float:
    return faults.found / max(faults.cells, 1)


def _is_beyond(faults: Faults, n_train: int, tests: int) -> bool:
    """By how many faults there are, and by how often one of them repeats: no chance gives one table all of a label."""
    found = faults.found if faults.odd is None else faults.odd
    return beyond_chance(found, faults.real, faults.cells, n_train, 2 * tests) or beyond_chance(
        faults.most_alike, 0, faults.cells, n_train, 2 * tests * faults.labels
    )
