"""Cells that break what held in every training row: rules of the data, each judged by its own step.

Letters: N rows.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from synthgen.rows.known import Known
from synthgen.table.table import joined


def broken(known: Known, cells: pa.Table) -> dict[str, np.ndarray]:
    """By column, ``(N,)`` whether the cell says something else than the cells that decide it."""
    columns = {name: joined(cells[name]) for name in known.codec.names}
    found: dict[str, np.ndarray] = {}
    for step in known.codec.steps:
        for name, wrong in step.broken(columns).items():
            found[name] = found[name] | wrong if name in found else wrong
    return found
