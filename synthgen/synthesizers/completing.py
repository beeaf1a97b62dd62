"""Rows of which some columns are given, drawn by a fitted model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from synthgen.rows.given import encode
from synthgen.rows.known import Known
from synthgen.seeding import derived_seed


def completed_with(known: Known, context: Mapping[str, pa.Array], n: int, seed: int, start: int = 0) -> pa.Table:
    """Rows drawn from what is known of them; what is missing in the context is known to be missing.

    Args:
        known: the model.
        context: columns that are given; those that the model does not know of are left out.
        n: rows.
        seed: of every draw.
        start: rows of the table that were made before: columns that number their values go on from there.
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
    return codec.decode(tokens_NS, derived_seed(seed, "decode"), start, known=table)
