"""A fit with a guarantee: what it promises, where the budget went, and rows that cost nothing more.

Run it: python examples/05_private.py
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

import synthgen

DATA = Path(__file__).parent / "data" / "shoppers.csv"
COLUMNS = ["ProductRelated", "PageValues", "Month", "VisitorType", "Weekend", "Revenue"]


def main(rows: int | None = None, minutes: float = 1.0) -> pd.DataFrame:
    """Fit the first rows (None: all) of a web shop's sessions so that no row of them matters by more than e^5."""
    frame = pd.read_csv(DATA, usecols=COLUMNS, nrows=rows)
    model = synthgen.Synthesizer(epsilon=5.0, delta=1e-6, target="Revenue", minutes=minutes).fit(frame)

    privacy = model.facts_["privacy"]
    ledger = privacy["ledger"]
    print(f"epsilon {ledger['epsilon_spent']:.3g} at delta {privacy['delta']:g}: {ledger['relation']}")
    print(f"{len(ledger['entries'])} releases; with a public schema epsilon {privacy['with_public_schema']:.3g}")

    synthetic = model.sample(len(frame), random_state=1)  # any number of rows: drawing costs nothing more
    for name in ("ProductRelated", "Revenue"):
        print(f"{name}: mean {frame[name].mean():.3f} real (not to be shown around), {synthetic[name].mean():.3f} made")
    return synthetic


if __name__ == "__main__":
    main()
