"""Splits tables and makes the copies that are judged. Runs in the judge's environment.

``split``  one CSV -> ``train.csv`` and ``test.csv``, cell texts untouched, row numbers dropped
``view``   a copy for the judge: free text aside, dates as seconds since 1970

    python judge_tables.py split JOB.json
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

SPLIT_SEED = 1234  # of the published splits: the TabSyn and TabDiff papers' process_dataset.py
TRAIN_SHARE = 0.9


def read_texts(path: str) -> pd.DataFrame:
    """Every cell as it is written in the file."""
    return pd.read_csv(path, dtype=str, keep_default_na=False, skipinitialspace=True)


def split(train: str, test: str | None, row_ids: list[str], folder: str) -> None:
    """The official files, or the first nine tenths of one fixed shuffle and the rest."""
    rows = read_texts(train)
    if test is None:
        order = np.arange(len(rows))
        np.random.RandomState(SPLIT_SEED).shuffle(order)  # the published splits use this generator
        first = int(TRAIN_SHARE * len(rows))
        parts = {"train": rows.iloc[order[:first]], "test": rows.iloc[order[first:]]}
    else:
        parts = {"train": rows, "test": read_texts(test)}
    for name, part in parts.items():
        part.drop(columns=row_ids).to_csv(Path(folder, f"{name}.csv"), index=False)
    facts = {"train_rows": len(parts["train"]), "test_rows": len(parts["test"])}
    facts["columns"] = len(rows.columns) - len(row_ids)
    Path(folder, "facts.json").write_text(json.dumps(facts), "utf-8")


def view(source: str, result: str, aside: list[str], dates: list[str]) -> None:
    """Write the copy that the judge reads; a date that cannot be read becomes a missing number."""
    rows = read_texts(source)
    for name in dates:
        when = pd.to_datetime(rows[name], errors="coerce", format="mixed", utc=True)
        rows[name] = (when - pd.Timestamp(0, tz="UTC")) // pd.Timedelta(seconds=1)
    rows.drop(columns=aside, errors="ignore").to_csv(result, index=False)


def main() -> None:
    """Run one step."""
    step, job_file = sys.argv[1:]
    job: dict[str, Any] = json.loads(Path(job_file).read_text("utf-8"))
    {"split": split, "view": view}[step](**job)


if __name__ == "__main__":
    main()
