"""Rows of which some columns are given, drawn by a fitted model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from synthgen.columns.rules.base import Taken
from synthgen.rows.given import encode
from synthgen.rows.known import Known
from synthgen.seeding import derived_seed


@dataclass
class SoFar:
    """What was made of a table in the calls before.

    Attributes:
        rows: so many: columns that number their values go on from there.
        taken: what unique columns gave.
    """

    rows: int = 0
    taken: Taken = field(default_factory=Taken)


def completed_with(
    known: Known, context: Mapping[str, pa.Array], n: int, seed: int, so_far: SoFar | None = None
) -> pa.Table:
    """Rows drawn from what is known of them; what is missing in the context is known to be missing.

    Args:
        known: the model.
        context: columns that are given; those that the model does not know of are left out.
        n: rows.
        seed: of every draw.
        so_far: the rows before, to which this call adds its own; None: the rows stand alone.

    Raises:
        ConfigError: a unique column has no value left.
    """
    codec, schema = known.codec, known.origin.schema
    cells: dict[str, Any] = {}
    for name in codec.names:
        kind = schema.field(name).type
        cells[name] = context[name].cast(kind) if name in context else pa.nulls(n, kind)
    table = codec.deduced(pa.table(cells))
    tokens_NS, given_NS = encode(known, table, derived_seed(seed, "encode"))
    for slot in known.layout.context:
        one = known.layout.slots[slot]
        instead = one.none if one.level else one.missing
        if instead is not None:
            tokens_NS[~given_NS[:, slot], slot] = instead
        if one.missing is not None or one.level:
            given_NS[:, slot] = True
    if tokens_NS.shape[1]:
        allowed = known.allowed(table)
        tokens_NS = known.model.complete(tokens_NS, given_NS, seed, present_only=False, allowed=allowed)
    if so_far is None:
        return codec.decode(tokens_NS, derived_seed(seed, "decode"), known=table)
    made = codec.decode(tokens_NS, derived_seed(seed, "decode"), so_far.rows, known=table, taken=so_far.taken)
    so_far.rows += n
    return made
