"""Is a synthetic table any good? Judged beside real rows that its generator never saw; works for anyone's table.

Run it: python examples/04_evaluate.py
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

import synthgen

DATA = Path(__file__).parent / "data" / "shoppers.csv"


def main(rows: int | None = None, minutes: float = 1.0) -> pd.DataFrame:
    """Fit most of the rows, hold out the others, and judge what was sampled."""
    frame = pd.read_csv(DATA, nrows=rows).sample(frac=1, random_state=0, ignore_index=True)
    train, holdout = frame[: -len(frame) // 5], frame[-len(frame) // 5 :]
    synthetic = synthgen.Synthesizer(random_state=0, minutes=minutes, target="Revenue").fit(train).sample(len(frame))

    judged = synthgen.evaluate_tables(train, synthetic, holdout, target="Revenue", fail_if="detector_auc > 0.9")
    for verdict in judged.verdicts:
        print(f"{verdict.question}? {verdict.state}: {verdict.sentence}")
    for gate in judged.failed_gates:
        print("gate failed:", gate["rule"])
    return synthetic


if __name__ == "__main__":
    main()
