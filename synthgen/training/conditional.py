"""Real rows for conditional generators of tables: rows as zeros and ones, each with what is asked for.

Letters: N rows, B rows in a batch, S slots, V tokens over all slots.
"""

from __future__ import annotations

import torch
from torch import Tensor

from synthgen.layout import Layout
from synthgen.nets.one_shot import NOT_GIVEN


class TokenRows:
    """Rows as they come, each asked for by one of its own tokens: so conditions have their true frequencies.

    Args:
        tokens_NS: the rows, on the device of the training.
        layout: their slots.

    Example:
        >>> import numpy as np
        >>> from synthgen.layout import RowSlot
        >>> slot = RowSlot(0, "plan", 0, 3, np.full(3, np.nan), np.ones(3))
        >>> rows, given = TokenRows(torch.tensor([[2]]), Layout((slot,))).draw(2, torch.Generator().manual_seed(0))
        >>> rows.tolist(), given.tolist()
        ([[0.0, 0.0, 1.0], [0.0, 0.0, 1.0]], [[2], [2]])
    """

    def __init__(self, tokens_NS: Tensor, layout: Layout) -> None:
        self.tokens_NS, device = tokens_NS, tokens_NS.device
        sizes = torch.tensor(layout.sizes, device=device)
        self.first_S, self.n_tokens = sizes.cumsum(0) - sizes, int(sizes.sum())
        self.asked = torch.tensor([s for s, slot in enumerate(layout.slots) if slot.level == 0], device=device)

    def __len__(self) -> int:
        return len(self.tokens_NS)

    def draw(self, n_rows: int, rng: torch.Generator) -> tuple[Tensor, Tensor]:
        """Rows ``(B, V)`` and tokens asked for ``(B, S)``."""
        device = self.tokens_NS.device
        rows = torch.randint(len(self.tokens_NS), (n_rows,), generator=rng, device=device)
        tokens_BS = self.tokens_NS[rows].long()
        hot_BV = torch.zeros(n_rows, self.n_tokens, device=device).scatter_(1, tokens_BS + self.first_S, 1.0)
        column_B1 = self.asked[torch.randint(len(self.asked), (n_rows, 1), generator=rng, device=device)]
        given_BS = torch.full_like(tokens_BS, NOT_GIVEN).scatter_(1, column_B1, tokens_BS.gather(1, column_B1))
        return hot_BV, given_BS
