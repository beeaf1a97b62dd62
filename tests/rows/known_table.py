"""A table of four labels whose joint law is written down, and a fitted model that knows it exactly."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import torch

from synthgen.codec import Codec
from synthgen.nets.completion import Completion
from synthgen.nets.conditionals import Conditionals
from synthgen.rows.known import Known
from synthgen.table.schema import ColumnSchema, Schema
from synthgen.table.table import Table
from tests.nets.known_law import joint_law, knowing, rows_of

LAW = joint_law().sum((4, 5, 6, 7))
"""Of columns a, b, c, d with 2, 3, 2 and 4 values; value ``k`` of column ``a`` is the text ``ak``."""
NAMES = "abcd"
ROWS = 4_000


class KnowingModel:
    """Completes rows by the law."""

    critic = None

    def __init__(self, codec: Codec, law: np.ndarray) -> None:
        self.codec, self.completion = codec, knowing(Completion, law)
        self.network = self.completion.generator

    def complete(self, tokens_NS: np.ndarray, given_NS: np.ndarray, seed: int) -> np.ndarray:
        rng = torch.Generator().manual_seed(seed)
        tokens_BS, given_BS = torch.as_tensor(tokens_NS).long(), torch.as_tensor(given_NS)
        return self.completion.complete(tokens_BS, given_BS, rng, 0.5).numpy().astype(np.int32)  # type: ignore[no-any-return]

    def critic_scores(self, table: Any, seed: int = 0) -> np.ndarray:
        return np.zeros(len(table), np.float32)


def frame_of(tokens_NS: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame({name: [f"{name}{k}" for k in tokens_NS[:, i]] for i, name in enumerate(NAMES)})


def known_table(facts: dict[str, Any] | None = None) -> Known:
    """The model, of a table with ``ROWS`` rows of the law."""
    table = Table.from_any(frame_of(rows_of(LAW, ROWS, seed=0)))
    schema = Schema(columns=[ColumnSchema(name=name, type="categorical") for name in NAMES])
    codec = Codec.fit(table.arrow, schema)
    orders = [[int(value[1:]) for value in codec.modelled[name].type.kept.to_pylist()] for name in NAMES]
    law = np.pad(LAW[np.ix_(*orders)], [(0, 1)] * 4)  # the codec's order, and its token for rare values
    known = Known(KnowingModel(codec, law), schema, ROWS, table.origin, facts or {})
    laws = knowing(Conditionals, law, 1 / (ROWS + 1))
    laws.impossible = [torch.arange(n) == n - 1 for n in law.shape]
    known.__dict__["laws"] = laws
    return known
