"""How much a cell looks like a mistake, given the rest of its row.

Letters: N rows, S slots, P slots of one column's path.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from synthgen.columns.numeric import Numeric
from synthgen.rows.known import Known, barred
from synthgen.rows.outside import inside

HALF = 0.5
"""Of the mistakes, taken to be values of another row; the others are any value of the column, each as likely."""


@dataclass(frozen=True)
class Suspicion:
    """Of each cell of one column; all in nats.

    Attributes:
        ratio: log of p(what is likeliest there | rest) / p(what is there | rest); of a number the larger one of that of
            their cells and that of lying as far out (the median lies out as half of the law does).
        stray: how much likelier it is as a mistake than given the rest of its row: as the value of another row, or
            as any value of the column.
        far: of a number, how far out in the law given the rest; 0 for others.
    """

    ratio: np.ndarray
    stray: np.ndarray
    far: np.ndarray


def suspicion(
    known: Known, name: str, tokens_NS: np.ndarray, given_NS: np.ndarray, cells: pa.Array | None = None
) -> Suspicion:
    """Judge the cells of a column.

    Args:
        known: the model.
        name: a column with slots.
        tokens_NS: rows.
        given_NS: what of them is given.
        cells: the column, in the training table's spelling; None: numbers lie in the middle of their cells.
    """
    assert known.laws is not None
    slots, kind = known.slots_of[name], known.codec.modelled[name].type
    number = isinstance(kind, Numeric)
    ends_N2 = inside(kind, tokens_NS[:, slots].astype(np.int64), cells) if isinstance(kind, Numeric) else None
    there_N, best_N, first_N, far_N = known.laws.compared(slots, tokens_NS, given_NS, ends_N2, barred(kind))
    free_W = known.laws.free_law(slots)
    mistake_W = HALF * free_W + (1 - HALF) / kind.slots[0].size
    stray_N = np.log(mistake_W[tokens_NS[:, slots[0]]]) + first_N
    ratio_N = (there_N - best_N).astype(float)
    if number:
        ratio_N = np.maximum(ratio_N, far_N + np.log(0.5))
    return Suspicion(ratio_N, stray_N.astype(float), far_N.astype(float))
