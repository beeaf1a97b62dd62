"""What synthgen's own methods say, as the pages need it.

Letters: N rows, K values of one label.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from methods.imputers import DRAWS, Filled, merged, shares
from methods.suspects import Repaired
from methods.tables import Cells, Columns
from synthgen import Synthesizer


def impute(columns: Columns, known: Cells, holed: pd.DataFrame, seed: int) -> tuple[Filled, Cells]:
    """Fit on the table with its holes, then fill them; the second is what is filled in as likeliest."""
    model = Synthesizer(random_state=seed, target=columns.target).fit(holed)
    rng = np.random.default_rng(seed)

    def read(frame: pd.DataFrame) -> Cells:
        return merged(columns, known, columns.cells(frame), rng)

    draws = [read(frame) for frame in model.impute(holed, draws=DRAWS, random_state=seed)]
    likeliest = read(model.impute(holed, how="likeliest", random_state=seed))
    chances = [
        chances_of(columns, name, model.predict_proba(holed, name), share_K)
        for name, share_K in zip(columns.labels, shares(columns, known), strict=True)
    ]
    mean_NM = columns.tidied(np.mean([draw.numbers_NM for draw in draws], 0))
    codes_NL = np.stack([chance_NK.argmax(1) for chance_NK in chances], 1)
    best = Cells(
        np.where(np.isnan(known.numbers_NM), mean_NM, known.numbers_NM),
        np.where(known.codes_NL < 0, codes_NL, known.codes_NL),
    )
    return Filled(best, draws, chances), likeliest


def chances_of(columns: Columns, name: str, said: pd.DataFrame, share_K: np.ndarray) -> np.ndarray:
    """``(N, K)`` in the order of the column's values; one that the model has no word for is as rare as it is."""
    found = {str(value): said[value].to_numpy(float) for value in said.columns}
    chance_NK = np.stack([found.get(value, np.zeros(len(said))) for value in columns.values[name]], 1)
    left_N = np.clip(1 - chance_NK.sum(1), 0, None)
    unknown_K = np.array([value not in found for value in columns.values[name]])
    if unknown_K.any():
        chance_NK[:, unknown_K] = left_N[:, None] * (share_K[unknown_K] / share_K[unknown_K].sum())
    return np.asarray(chance_NK / np.maximum(chance_NK.sum(1, keepdims=True), 1e-12))


def repair(
    learned: pd.DataFrame, frame: pd.DataFrame, columns: Columns, seed: int, thresholds: Sequence[float | None]
) -> list[Repaired]:
    """Fit on the learned rows, then ask about the cells of others; the share of wrong ones is not told."""
    model = Synthesizer(random_state=seed, target=columns.target).fit(learned)
    found = []
    for threshold in thresholds:
        listed, mended = model.repair(frame, threshold=threshold, apply=True, random_state=seed)
        flags_NC = np.zeros(frame.shape, bool)
        flags_NC[listed["row"].to_numpy(int), frame.columns.get_indexer(listed["column"])] = True
        found.append(Repaired(flags_NC, mended))
    return found


def balance(frame: pd.DataFrame, target: str, rare: str, n_more: int, seed: int) -> pd.DataFrame:
    """Fit on the few, then top them up."""
    model = Synthesizer(random_state=seed, target=target).fit(frame)
    n_rare = int((frame[target] == rare).sum())
    topped: pd.DataFrame = model.balance(frame, target, to={rare: n_rare + n_more}, random_state=seed)
    return topped[frame.columns]
