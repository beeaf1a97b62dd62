"""Train once, sample anywhere: a run folder holds the model, no training row and nothing that is executed.

Run it: python examples/02_save_and_load.py
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import pandas as pd

import synthgen

DATA = Path(__file__).parent / "data" / "shoppers.csv"


def main(rows: int | None = None, minutes: float = 1.0) -> pd.DataFrame:
    """Fit, save, load, and see that the loaded model samples the same rows."""
    frame = pd.read_csv(DATA, nrows=rows)
    model = synthgen.Synthesizer(random_state=0, minutes=minutes).fit(frame)
    with tempfile.TemporaryDirectory() as folder:
        model.save(Path(folder) / "run")
        for file in sorted((Path(folder) / "run").iterdir()):
            print(f"{file.stat().st_size:>10,} bytes  {file.name}")
        loaded = synthgen.load(Path(folder) / "run")
    synthetic = loaded.sample(1_000, random_state=1)
    print("the loaded model samples the same rows:", synthetic.equals(model.sample(1_000, random_state=1)))
    return synthetic


if __name__ == "__main__":
    main()
