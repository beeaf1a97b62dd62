"""A fitted model as jobs on rows see it.

Letters: N rows, S slots, P slots of one column's path.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

import numpy as np
import pyarrow as pa

from synthgen.codec import Codec
from synthgen.columns.base import ColumnType
from synthgen.columns.categorical import Categorical
from synthgen.layout import Layout
from synthgen.nets.any_order import AnyOrderGenerator
from synthgen.nets.conditionals import Conditionals
from synthgen.nets.critic import Critic
from synthgen.table.origin import Origin
from synthgen.table.schema import Schema


class Conditional(Protocol):
    """A model that completes rows from any part of them."""

    codec: Codec
    network: AnyOrderGenerator | None
    critic: Critic | None

    def complete(
        self, tokens_NS: np.ndarray, given_NS: np.ndarray, seed: int, *, present_only: bool = True
    ) -> np.ndarray:
        """``(N, S)`` tokens, those not given drawn from their law given the others."""
        ...

    def critic_scores(self, table: pa.Table, seed: int = 0) -> np.ndarray:
        """``(N,)`` scores of rows."""
        ...


@dataclass(frozen=True)
class Known:
    """What a fit left.

    Attributes:
        model: completes rows.
        schema: what the columns mean.
        rows: how many were learned.
        origin: the kind of table that was learned.
        facts: what the fit found out about rows held out from it (``synthgen.rows.calibrating``); may be empty.
        reading: how files are read, where the user said so at the fit.
    """

    model: Conditional
    schema: Schema
    rows: int
    origin: Origin = field(default_factory=lambda: Origin("arrow", pa.schema([])))
    facts: dict[str, Any] = field(default_factory=dict)
    reading: dict[str, Any] = field(default_factory=dict)

    @property
    def codec(self) -> Codec:
        """Of the model."""
        return self.model.codec

    @cached_property
    def layout(self) -> Layout:
        """Slots of a row."""
        return self.codec.layout()

    @cached_property
    def laws(self) -> Conditionals | None:
        """Laws of single columns, for which what never occurred is rarer than one row; None: no column has slots."""
        network = self.model.network
        return None if network is None else Conditionals(network, 1.0 / (self.rows + 1.0))

    @cached_property
    def slots_of(self) -> dict[str, list[int]]:
        """Columns with slots, labels of one-hot groups among them, and the numbers of their slots."""
        names = list(self.codec.modelled)
        return {names[column]: slots for column, slots in self.layout.paths.items()}

    def judges(self, name: str) -> bool:
        """Whether a cell of a column can be told right from wrong: not what is made up anew, nor free text."""
        kind = self.codec.modelled[name].type
        return bool(kind.slots) and kind.measure != "text"


def likeliest(
    known: Known, name: str, tokens_NS: np.ndarray, given_NS: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What a column holds most likely: a label its most probable value, a number or a date its median.

    Returns:
        ``(N, P)`` tokens, ``(N,)`` their negative log-likelihood, and ``(N,)`` the place inside a number's cell.
    """
    assert known.laws is not None
    kind = known.codec.modelled[name].type
    return known.laws.likeliest(known.slots_of[name], tokens_NS, given_NS, kind.measure == "quantity", barred(kind))


def barred(kind: ColumnType) -> int | None:
    """The first token that stands for no value of its own: that of all rare labels."""
    return int(kind.paths[-1, 0]) if isinstance(kind, Categorical) and len(kind.kept) else None
