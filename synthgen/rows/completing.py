"""Complete partial rows: what is given stays, the rest is drawn from what it leaves likely.

Letters: N partial rows, S slots.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from synthgen.errors import ConfigError, DataError
from synthgen.rows.deducing import deduced
from synthgen.rows.given import Given, encode
from synthgen.seeding import derived_seed


def completed(given: Given, *, draws: int = 1, seed: int = 0, most: int = 32_768) -> Iterator[pa.Table]:
    """Whole rows, those of one partial row side by side, in its order.

    Args:
        given: partial rows; a column may be absent, a cell may be blank.
        draws: whole rows for each of them.
        seed: of every draw.
        most: rows in one table, so that memory does not grow with their number.

    Yields:
        Tables with all columns; one empty table when there is no partial row.

    Raises:
        ConfigError: ``draws`` is out of range.
        DataError: a computed column is given and what it is computed from is not.
    """
    if draws < 1:
        raise ConfigError(f"draws: {draws}; expected at least 1")
    known, codec = given.known, given.known.codec
    cells = deduced(codec, given.cells)
    _check_computed(given, cells)
    per_table = max(1, most // draws)
    for start in range(0, max(1, len(given)), per_table):
        part, own = cells.slice(start, per_table), derived_seed(seed, "partial rows", start)
        repeated = part.take(pa.array(np.repeat(np.arange(len(part)), draws)))
        tokens_NS, given_NS = encode(known, part, derived_seed(own, "encode"))
        tokens_NS, given_NS = np.repeat(tokens_NS, draws, 0), np.repeat(given_NS, draws, 0)
        if tokens_NS.shape[1]:
            tokens_NS = known.model.complete(tokens_NS, given_NS, own, present_only=False)
        yield codec.decode(tokens_NS, derived_seed(own, "decode"), start * draws, known=repeated)


def _check_computed(given: Given, cells: pa.Table) -> None:
    """No computed column stands beside a blank that it would be computed from.

    Raises:
        DataError: one does.
    """
    codec = given.known.codec
    for formula in [formula for formula, _ in codec.formulas] + codec.remainders:
        said_N = np.asarray(cells[formula.column].is_valid())
        open_N = np.any([np.asarray(cells[name].is_null()) for name in formula.inputs], axis=0)
        if (wrong := np.flatnonzero(said_N & open_N)).size:
            inputs = " and ".join(repr(name) for name in formula.inputs)
            raise DataError(
                f"{given.table.name}: {formula.column!r} is computed ({formula.text}) and given in row {wrong[0] + 1}, "
                f"where {inputs} are not all given; give these, or leave {formula.column!r} blank"
            )
