"""Cells made wrong, as hands and programs make them wrong.

Letters: N rows, C columns.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from methods.tables import Columns

KINDS = {"swapped": "swapped with another row's", "zero": "an extra zero", "flipped": "another label"}


def corrupted(frame: pd.DataFrame, columns: Columns, share: float, seed: int) -> tuple[pd.DataFrame, np.ndarray]:
    """The table with so many of its cells made wrong, and how: ``(N, C)`` texts, empty where a cell is right.

    Half of a column's wrong cells hold what another row has there; the others have a zero more, if they are numbers, or
    another label, each as likely. A wrong cell always differs from the right one: where nothing that is drawn does, the
    cell stays.
    """
    rng = np.random.default_rng([seed, 6])
    wrong = frame.copy()
    how_NC = np.full(frame.shape, "", dtype="<U8")
    for c, name in enumerate(frame.columns):
        values = frame[name].to_numpy(object)
        picked = np.flatnonzero(rng.random(len(frame)) < share)
        other = "zero" if name in columns.numbers else "flipped"
        kinds = np.where(rng.random(len(picked)) < 0.5, "swapped", other)
        new = values.copy()
        labels = frame[name].unique()
        for row, kind in zip(picked, kinds, strict=True):
            if kind == "zero" and values[row] == 0:
                kind = "swapped"  # ten times nothing is nothing
            if kind == "swapped":
                value = values[rng.integers(len(values))]
            elif kind == "zero":
                value = values[row] * 10
            else:
                value = labels[rng.integers(len(labels))]
            if value != values[row]:
                new[row], how_NC[row, c] = value, kind
        wrong[name] = pd.Series(new, index=frame.index).astype(frame[name].dtype)
    return wrong, how_NC
