"""SDV's GaussianCopula, TVAE and CTGAN on metadata that SDV detects, with SDV's defaults (300 epochs)."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd
import torch
from common import Job, System, main
from sdv.metadata import Metadata
from sdv.single_table import CTGANSynthesizer, GaussianCopulaSynthesizer, TVAESynthesizer
from sdv.utils import load_synthesizer

SYNTHESIZERS = {
    "gaussian-copula": (GaussianCopulaSynthesizer, {}),
    "tvae": (TVAESynthesizer, {"epochs": 300, "enable_gpu": False}),
    "ctgan": (CTGANSynthesizer, {"epochs": 300, "enable_gpu": False}),
}


def set_seed(seed: int) -> None:
    """SDV draws from the global generators; it has no seed of its own."""
    np.random.seed(seed)  # noqa: NPY002
    torch.manual_seed(seed)


def fit(job: Job) -> Any:
    """Read, detect the metadata, train. No column is guessed to be a key: row numbers are dropped beforehand."""
    set_seed(job.seed)
    tables = {"table": pd.read_csv(job.train)}
    metadata = Metadata.detect_from_dataframes(tables, infer_keys=None)
    kind, options = SYNTHESIZERS[job.system]
    model = kind(metadata, **(options | job.options))
    model.fit(tables)
    return model


def save(model: Any, job: Job) -> None:
    """SDV's own format."""
    model.save(str(job.path("model.pkl")))


def load(job: Job) -> Any:
    """Read what ``save`` wrote: our own file."""
    return load_synthesizer(str(job.path("model.pkl")))


def sample(model: Any, rows: int, seed: int) -> pd.DataFrame:
    """Draw rows."""
    set_seed(seed)
    return model.sample(rows)["table"]


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main(System(fit, save, load, sample, ("sdv", "ctgan", "torch")))
