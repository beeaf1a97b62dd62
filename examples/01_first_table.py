"""A pandas frame in, a synthetic frame out: same columns, same dtypes, no real row.

Run it: python examples/01_first_table.py
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

import synthgen

DATA = Path(__file__).parent / "data" / "shoppers.csv"


def main(rows: int | None = None, minutes: float = 1.0) -> pd.DataFrame:
    """Fit the first rows (None: all) of a web shop's sessions, and sample as many."""
    frame = pd.read_csv(DATA, nrows=rows)
    model = synthgen.Synthesizer(random_state=0, minutes=minutes, target="Revenue").fit(frame)
    synthetic = model.sample(len(frame), random_state=1)

    print(synthetic.head().to_string())
    for name in ("ProductRelated", "ExitRates", "Revenue"):
        print(f"{name}: mean {frame[name].mean():.3f} real, {synthetic[name].mean():.3f} synthetic")
    return synthetic


if __name__ == "__main__":
    main()
