"""Whatever speaks Arrow can be fitted (Polars, DuckDB, pyarrow), and comes back as what it was.

Run it: python examples/03_other_frames.py
"""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
from pyarrow import csv

import synthgen

DATA = Path(__file__).parent / "data" / "shoppers.csv"


def main(rows: int | None = None, minutes: float = 1.0) -> pa.Table:
    """Fit an Arrow table; only the columns that matter here."""
    table = csv.read_csv(DATA).select(["Month", "VisitorType", "Weekend", "PageValues", "Revenue"]).slice(0, rows)
    synthetic = synthgen.Synthesizer(random_state=0, minutes=minutes).fit(table).sample(2_000, random_state=1)
    for name, before in (("real", table), ("synthetic", synthetic)):
        counts = before.group_by("VisitorType").aggregate([("Revenue", "count")]).to_pydict()
        print(name, dict(zip(counts["VisitorType"], counts["Revenue_count"], strict=True)))
    return synthetic


if __name__ == "__main__":
    main()
