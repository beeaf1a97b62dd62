"""The path of tokens over all columns of a chain: an earlier column and the gaps to later ones.

Letters: N rows, P tokens known so far.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from synthgen.codec import Modelled
from synthgen.columns.rules.chain import Chain
from synthgen.errors import ConditionError


class ChainPath:
    """The slots of all columns of a chain, each of which has a value in every row.

    Args:
        chain: the columns.
        columns: what is fitted, by name.
        slots: numbers of each column's slots in the row.

    Raises:
        ConditionError: no values of the columns keep the conditions together.
    """

    def __init__(self, chain: Chain, columns: Mapping[str, Modelled], slots: Mapping[str, tuple[int, ...]]) -> None:
        self._chain, self._columns = chain, [columns[name] for name in chain.learned]
        self.slots = tuple(slot for name in chain.learned for slot in slots[name])
        if not self.weigh(np.zeros((1, 0), np.int32)).any():
            raise ConditionError(
                "no values that follow one another as these columns do keep what is asked. Ask for less"
            )

    def weigh(self, prefix_NP: np.ndarray) -> np.ndarray:
        """As ``RestrictedPath.weigh``; a missing cell has no weight."""
        n_rows, left = len(prefix_NP), prefix_NP.shape[1]
        known: list[np.ndarray] = []
        gone = np.zeros(n_rows, bool)
        for column in self._columns:
            width = min(left, len(column.path))
            at = prefix_NP.shape[1] - left
            tokens = column.plain(prefix_NP[:, at : at + width])
            if width and column.path[0][1] is not None:
                missing = tokens[:, 0] == column.path[0][1]
                gone, tokens[missing] = gone | missing, 0
            known.append(tokens)
            left -= width
        number = next(
            k
            for k, (column, part) in enumerate(zip(self._columns, known, strict=True))
            if part.shape[1] < len(column.path)
        )
        level = known[number].shape[1]
        slot, absent, none = self._columns[number].path[level]
        exactly = prefix_NP.shape[1] + 1 == len(self.slots)
        longer = [np.repeat(part, slot.size, axis=0) for part in known]
        longer[number] = np.column_stack([longer[number], np.tile(np.arange(slot.size, dtype=np.int32), n_rows)])
        weights = np.zeros((n_rows, slot.size + (absent is not None) + (none is not None)))
        weights[:, : slot.size] = self._chain.share(longer, exactly).reshape(n_rows, slot.size)
        if none is not None and level:
            weights[:, none] = self._chain.share(known, exactly)
        weights[gone] = 0.0
        return weights
