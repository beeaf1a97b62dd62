"""Which cells of a table are removed.

Letters: N rows, C columns.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

MECHANISMS = {"random": "at random", "depending": "depending on another column"}
KEPT_SHARE = 1 / 3
"""Of the columns, whole where the others' gaps depend on them."""


def removed_at_random(n_rows: int, n_columns: int, share: float, rng: np.random.Generator) -> np.ndarray:
    """``(N, C)``: every cell with the same chance."""
    return rng.random((n_rows, n_columns)) < share


def removed_depending(frame: pd.DataFrame, share: float, rng: np.random.Generator) -> np.ndarray:
    """``(N, C)``: a third of the columns stay whole, and each other one follows one of them.

    A cell goes with a chance of twice the share times its row's rank, 0 to 1, in the column that is followed.
    """
    n_rows, n_columns = frame.shape
    order = rng.permutation(n_columns)
    n_kept = max(1, round(KEPT_SHARE * n_columns))
    ranks = {}
    for c in order[:n_kept]:
        values = frame.iloc[:, c]
        codes = values if pd.api.types.is_numeric_dtype(values) else pd.Series(pd.factorize(values, sort=True)[0])
        ranks[c] = ((codes + 1e-9 * rng.random(n_rows)).rank() - 0.5).to_numpy() / n_rows
    gone_NC = np.zeros((n_rows, n_columns), bool)
    for c in order[n_kept:]:
        chance_N = 2 * share * ranks[rng.choice(order[:n_kept])]
        gone_NC[:, c] = rng.random(n_rows) < chance_N
    return gone_NC


def with_holes(frame: pd.DataFrame, mechanism: str, share: float, seed: int) -> tuple[pd.DataFrame, np.ndarray]:
    """The table without the cells, and which they are; every column keeps some, and numbers stay whole."""
    rng = np.random.default_rng([seed, 2])
    if mechanism == "random":
        gone_NC = removed_at_random(*frame.shape, share, rng)
    else:
        gone_NC = removed_depending(frame, share, rng)
    holed = frame.convert_dtypes()
    for c, name in enumerate(holed.columns):
        holed[name] = holed[name].mask(gone_NC[:, c])
    return holed, gone_NC
