"""Training by sampling: ask for a value of one discrete column, then draw a real row that has it.

Letters: N rows, B rows in a batch, C discrete columns, K values over all of them, X entries of a row.

Source: Xu et al. 2019, arXiv:1907.00503, section 4.3.
"""

from __future__ import annotations

import torch
from torch import Tensor

from synthgen.nets.ctgan import Spans


class Asking:
    """What is asked for: one value of one column.

    Args:
        spans: of the discrete columns.
        counts: how many rows hold each value, one tensor per column; each column is asked for as often.
    """

    def __init__(self, spans: Spans, counts: list[Tensor]) -> None:
        self.spans, device = spans, spans.first_N.device
        self.true_K = torch.zeros(spans.width, device=device)
        self.even_K = torch.zeros(spans.width, device=device)
        for c, given in enumerate(counts):
            count, at = given.to(device).float(), int(spans.first_N[c])
            self.true_K[at : at + len(count)] = count / count.sum()
            logs = count.log1p()
            self.even_K[at : at + len(count)] = logs / logs.sum()

    def draw(self, n_rows: int, rng: torch.Generator, true: bool) -> Tensor:
        """``(B,)`` places of the values on the axis of all of them.

        Args:
            n_rows: B.
            rng: of the draws.
            true: values as often as the table holds them; otherwise by the logarithm of that, so that rare ones are
                learned too.
        """
        return torch.multinomial(self.true_K if true else self.even_K, n_rows, replacement=True, generator=rng)


class BySampling:
    """Rows drawn by what is asked for; drawn evenly where there is no discrete column.

    Args:
        entries_NX: the rows, on the device of the training.
        tokens_NC: their discrete columns.
        spans: of those.
    """

    def __init__(self, entries_NX: Tensor, tokens_NC: Tensor, spans: Spans) -> None:
        self.entries_NX, self.spans = entries_NX, spans
        self.rows = tokens_NC.T.argsort(dim=1, stable=True)  # of each column, rows of one value side by side
        counts = [torch.bincount(tokens_NC[:, c], minlength=size) for c, size in enumerate(spans.sizes)]
        self.asking = Asking(spans, counts)
        self.count_K, self.first_K, self.column_K = (
            torch.zeros(spans.width, dtype=torch.long, device=entries_NX.device) for _ in range(3)
        )
        for c, (count, first) in enumerate(zip(counts, spans.first_N.tolist(), strict=True)):
            here = slice(first, first + len(count))
            self.count_K[here], self.first_K[here], self.column_K[here] = count, count.cumsum(0) - count, c

    def __len__(self) -> int:
        return len(self.entries_NX)

    def draw(self, n_rows: int, rng: torch.Generator) -> tuple[Tensor, Tensor]:
        """Rows ``(B, X)`` and conditional vectors ``(B, K)``."""
        device = self.entries_NX.device
        if not self.spans.width:
            chosen_B = torch.randint(len(self), (n_rows,), generator=rng, device=device)
            return self.entries_NX[chosen_B], torch.zeros(n_rows, 0, device=device)
        asked_B = self.asking.draw(n_rows, rng, true=False)
        count_B = self.count_K[asked_B]
        nth_B = (torch.rand(n_rows, generator=rng, device=device) * count_B).long().minimum(count_B - 1)
        chosen_B = self.rows[self.column_K[asked_B], self.first_K[asked_B] + nth_B]
        return self.entries_NX[chosen_B], vectors(asked_B, self.spans.width)


def vectors(asked_B: Tensor, width: int) -> Tensor:
    """Conditional vectors ``(B, K)``: 1 for what is asked for.

    Example:
        >>> vectors(torch.tensor([1]), 3).tolist()
        [[0.0, 1.0, 0.0]]
    """
    return torch.zeros(len(asked_B), width, device=asked_B.device).scatter_(1, asked_B[:, None], 1.0)
