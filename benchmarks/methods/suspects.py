"""The usual ways to find wrong cells: rules for each column, and an isolation forest whose verdict is spread on cells.

Letters: N rows, C columns.

Sources: Tukey 1977, Exploratory Data Analysis (fences); Liu, Ting and Zhou 2008, doi:10.1109/ICDM.2008.17 (isolation
forest).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.ensemble import IsolationForest

from methods.tables import Columns

FENCE = 1.5
"""Times the distance of the quartiles, beyond them."""
RARE = 0.01
"""A label held by fewer of the rows is an outlier."""


@dataclass(frozen=True)
class Repaired:
    """What a method says of a table.

    Attributes:
        flags_NC: cells taken for wrong.
        frame: the table with its proposals in their place.
    """

    flags_NC: np.ndarray
    frame: pd.DataFrame


def usual_values(frame: pd.DataFrame, columns: Columns) -> dict[str, object]:
    """The median of a column of numbers, the commonest of its labels."""
    found: dict[str, object] = {}
    for name in frame.columns:
        found[name] = frame[name].median() if name in columns.numbers else frame[name].mode().iloc[0]
    return found


def with_usual(frame: pd.DataFrame, usual: dict[str, object], flags_NC: np.ndarray) -> pd.DataFrame:
    """Flagged cells get the usual value of their column."""
    parts = {}
    for c, name in enumerate(frame.columns):
        column = frame[name].astype(object)
        column[flags_NC[:, c]] = usual[name]
        parts[name] = column.infer_objects()
    return pd.DataFrame(parts)


def by_rules(learned: pd.DataFrame, frame: pd.DataFrame, columns: Columns, seed: int, share: float) -> Repaired:
    """Numbers outside the fences of the learned rows, labels that are rare there."""
    flags_NC = np.zeros(frame.shape, bool)
    for c, name in enumerate(frame.columns):
        if name in columns.numbers:
            low, high = np.quantile(learned[name], [0.25, 0.75])
            reach = FENCE * (high - low)
            flags_NC[:, c] = (frame[name] < low - reach) | (frame[name] > high + reach)
        else:
            held = frame[name].map(learned[name].value_counts(normalize=True)).fillna(0)
            flags_NC[:, c] = held.to_numpy(float) < RARE
    return Repaired(flags_NC, with_usual(frame, usual_values(learned, columns), flags_NC))


def by_forest(learned: pd.DataFrame, frame: pd.DataFrame, columns: Columns, seed: int, share: float) -> Repaired:
    """An isolation forest; a cell's part in its row's score is what the score loses with the usual value in its place.

    The forest is told what it cannot know, the share of wrong cells: so many cells with the largest part are flagged.
    """
    usual = usual_values(learned, columns)
    codes = {name: {value: i for i, value in enumerate(columns.values[name])} for name in columns.labels}

    def matrix(rows: pd.DataFrame) -> np.ndarray:
        return np.stack([rows[n].astype(str).map(codes[n]) if n in codes else rows[n] for n in rows], 1).astype(float)

    matrix_NC = matrix(frame)
    typical_C = matrix(pd.DataFrame([usual]))[0]
    forest = IsolationForest(random_state=seed).fit(matrix(learned))
    score_N = -forest.score_samples(matrix_NC)
    part_NC = np.zeros(frame.shape)
    for c in range(frame.shape[1]):
        changed_NC = matrix_NC.copy()
        changed_NC[:, c] = typical_C[c]
        part_NC[:, c] = score_N + forest.score_samples(changed_NC)
    n_flags = round(share * part_NC.size)
    flags_NC = np.zeros(part_NC.size, bool)
    flags_NC[np.argsort(-part_NC, axis=None, kind="stable")[:n_flags]] = True
    flags_NC = flags_NC.reshape(part_NC.shape)
    return Repaired(flags_NC, with_usual(frame, usual, flags_NC))
