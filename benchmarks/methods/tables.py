"""The real tables as frames, what their columns hold, and how far a table is from another, as the judge says it.

Letters: N rows, M columns of numbers, L columns of labels.
"""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from harness import stages
from harness.tables import TableSpec
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score

NAMED_BY_NUMBER = ("OperatingSystems", "Browser", "Region", "TrafficType")
"""Columns of Shoppers whose whole numbers are names."""
NOT_TOLD = "not told"
"""In place of a cell that is empty in the file: no method is asked for what nobody knows."""


def read_frame(path: Path) -> pd.DataFrame:
    """A table without gaps: whole numbers, numbers, truth values and texts."""
    frame = pd.read_csv(path, keep_default_na=False, na_values=[""], skipinitialspace=True)
    for name in frame.columns[frame.isna().any()]:
        if pd.api.types.is_numeric_dtype(frame[name]):
            frame = frame[frame[name].notna()]
        else:
            frame[name] = frame[name].astype(object).where(frame[name].notna(), NOT_TOLD)
    return frame.reset_index(drop=True)


def real_tables(bench: stages.Bench, table: TableSpec) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Training and held-out rows, dates as seconds, free text left out."""
    stages.split(bench, table)
    folder = bench.folder(table, "tables")
    train, test = (read_frame(folder / f"{part}.judged.csv") for part in ("train", "test"))
    return train, test


def some_rows(frame: pd.DataFrame, n_rows: int, seed: int) -> pd.DataFrame:
    """So many of the rows, others for each seed."""
    chosen = np.random.default_rng([seed, 1]).permutation(len(frame))[:n_rows]
    return frame.iloc[np.sort(chosen)].reset_index(drop=True)


@dataclass(frozen=True)
class Cells:
    """A table as numbers ``(N, M)`` (nan: gone) and as places of labels in their lists ``(N, L)`` (-1: gone)."""

    numbers_NM: np.ndarray
    codes_NL: np.ndarray

    def take(self, rows: np.ndarray) -> Cells:
        """Some of the rows."""
        return Cells(self.numbers_NM[rows], self.codes_NL[rows])


class Columns:
    """What the columns of a table hold, read from its rows.

    Args:
        frame: the rows; gaps say nothing.
        target: a label whatever it looks like.
    """

    def __init__(self, frame: pd.DataFrame, target: str) -> None:
        self.names, self.target = list(frame.columns), target
        self.labels = [name for name in self.names if name == target or is_label(frame[name])]
        self.numbers = [name for name in self.names if name not in self.labels]
        self.values = {name: sorted({str(value) for value in frame[name].dropna()}) for name in self.labels}
        x_NM = self.cells(frame).numbers_NM
        self.low, self.high = np.nanmin(x_NM, 0, initial=np.inf), np.nanmax(x_NM, 0, initial=-np.inf)
        self.whole = (np.nan_to_num(x_NM) % 1 == 0).all(0)

    def cells(self, frame: pd.DataFrame) -> Cells:
        """A frame with these columns as arrays; a label that these rows do not have is gone."""
        x_NM = np.empty((len(frame), len(self.numbers)))
        for m, name in enumerate(self.numbers):
            x_NM[:, m] = pd.to_numeric(frame[name], errors="coerce").astype("Float64").to_numpy(float, na_value=np.nan)
        codes_NL = np.full((len(frame), len(self.labels)), -1)
        for i, name in enumerate(self.labels):
            at = {value: code for code, value in enumerate(self.values[name])}
            codes_NL[:, i] = [-1 if pd.isna(value) else at.get(str(value), -1) for value in frame[name]]
        return Cells(x_NM, codes_NL)

    def frame(self, cells: Cells) -> pd.DataFrame:
        """Whole cells as a frame, labels as texts."""
        parts: dict[str, Any] = {name: cells.numbers_NM[:, m] for m, name in enumerate(self.numbers)}
        for i, name in enumerate(self.labels):
            parts[name] = np.array([*self.values[name], ""], object)[cells.codes_NL[:, i]]
        return pd.DataFrame({name: parts[name] for name in self.names})

    def tidied(self, numbers_NM: np.ndarray) -> np.ndarray:
        """Numbers within each column's range, and whole where the column is."""
        kept = np.clip(numbers_NM, self.low, self.high)
        return np.where(self.whole, np.round(kept), kept)


def is_label(values: pd.Series) -> bool:
    """Whether a column names things."""
    numeric = pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)
    return not numeric or values.name in NAMED_BY_NUMBER


@cache
def judge_at(path: Path) -> Any:
    """The judge's functions."""
    spec = importlib.util.spec_from_file_location("judge", path)
    assert spec is not None
    assert spec.loader is not None
    judge = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(judge)
    return judge


def distances(path: Path, columns: Columns, real: pd.DataFrame, other: pd.DataFrame) -> dict[str, float]:
    """Shape and trend error in percent, by the judge's own functions."""
    judge = judge_at(path)
    schema = judge.Schema(real, columns.target, "binclass", columns.labels, columns.numbers, [])
    tables = [judge.Table(frame[schema.columns], schema) for frame in (real, other)]
    schema.encode(*tables)
    return {
        "shape": 100 * float(np.mean(list(judge.shape_errors(*tables)[0].values()))),
        "trend": 100 * float(np.mean(list(judge.trend_errors(*tables, False)[0].values()))),
    }


def features(columns: Columns, cells: Cells, without: str) -> np.ndarray:
    """What trees read: numbers, and labels as numbers of their own; nan where nothing is known."""
    kept = [i for i, name in enumerate(columns.labels) if name != without]
    codes = cells.codes_NL[:, kept].astype(float)
    codes[codes < 0] = np.nan
    return np.concatenate([cells.numbers_NM, codes], 1)


def boosting(columns: Columns, seed: int, **options: Any) -> HistGradientBoostingClassifier:
    """A gradient-boosting classifier of the target that takes labels for labels."""
    kinds = [False] * len(columns.numbers) + [True] * (len(columns.labels) - 1)
    return HistGradientBoostingClassifier(categorical_features=kinds, random_state=seed, **options)


def task_auc(columns: Columns, train: Cells, test: Cells, seed: int) -> float:
    """Area under the curve of a classifier of the target that learned one table and is asked about another."""
    at = columns.labels.index(columns.target)
    wanted = train.codes_NL[:, at]
    model = boosting(columns, seed).fit(features(columns, train, columns.target), wanted)
    chance = model.predict_proba(features(columns, test, columns.target))[:, -1]
    return float(roc_auc_score(test.codes_NL[:, at] == model.classes_[-1], chance))
