"""What the peers read of a table without noise, said in a schema instead: labels, ends of numbers and of dates.

An owner who publishes these gives synthgen what MST and AIM take for granted; nothing else is told.
"""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd

MOST_LABELS = 256
"""More labels are not told: the peers do not have them either."""


def public_domain(train: Path, dates: list[str], result: Path) -> Path:
    """Write a schema of what is public.

    Args:
        train: the training rows.
        dates: columns of dates.
        result: where the schema goes.

    Returns:
        The same path.
    """
    columns, ranges = [], []
    for name, cells in pd.read_csv(train, dtype=str, keep_default_na=False).items():
        present = cells[cells != ""]
        numbers = pd.to_numeric(present, errors="coerce")
        if name in dates:
            columns.append({"name": name, "type": "datetime"})
            ranges.append({"column": name, "low": present.min(), "high": present.max(), "attained": True})
        elif numbers.notna().all() and numbers.nunique() > 2:
            columns.append({"name": name, "type": "numeric"})
            ranges.append({"column": name, "low": float(numbers.min()), "high": float(numbers.max()), "attained": True})
        elif present.nunique() <= MOST_LABELS:
            options = {"categories": sorted(present.unique())}
            columns.append({"name": name, "type": "categorical", "options": options})
        else:
            columns.append({"name": name, "type": "text"})
    result.parent.mkdir(parents=True, exist_ok=True)
    result.write_text(json.dumps({"columns": columns, "ranges": ranges}, indent=1), encoding="utf-8")
    return result
