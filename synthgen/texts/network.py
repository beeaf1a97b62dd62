"""The next token of a text, given those before it, the row that it belongs to, and how much is left to say.

Letters: B texts in a batch, T tokens, V vocabulary, C columns, D width.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from synthgen.texts.lengths import AHEAD

_HEAD = 600
"""Tokens in the first, small softmax; four fifths of what is written, so the large one is seldom computed."""
_ROW = 48
"""Width of what is known of the row."""


class TextNetwork(nn.Module):
    """A gated recurrent network over tokens; what is known of the row enters every step and the output.

    Args:
        vocabulary: tokens, the most frequent first.
        columns: tokens of each column of the row.
        embedding: width of a token.
        width: of the state.
        dropout: of embeddings and states, while training.
        lengths: bins of lengths.

    Source:
        Cho et al. 2014, arXiv:1406.1078 (the unit); Grave et al. 2017, arXiv:1609.04309 (the softmax in two parts).
    """

    def __init__(
        self, vocabulary: int, columns: tuple[int, ...], embedding: int, width: int, dropout: float, lengths: int
    ) -> None:
        super().__init__()
        self.tokens = nn.Embedding(vocabulary, embedding)
        self.columns = nn.ModuleList([nn.Embedding(size, _ROW) for size in columns])
        self.length = nn.Linear(_ROW, lengths)
        self.ahead = nn.Embedding(AHEAD, _ROW)
        self.start = nn.Linear(_ROW, width)
        self.recurrent = nn.GRU(embedding + _ROW, width, batch_first=True)
        self.lean = nn.Linear(_ROW, width)
        self.norm = nn.LayerNorm(width)
        self.drop = nn.Dropout(dropout)
        head = min(_HEAD, vocabulary - 1)
        self.softmax = nn.AdaptiveLogSoftmaxWithLoss(width, vocabulary, [head], div_value=2.0, head_bias=True)

    def row(self, row_BC: Tensor) -> Tensor:
        """``(B, R)``, what is known of rows of tokens."""
        found = torch.zeros(len(row_BC), _ROW, device=row_BC.device)
        for place, column in enumerate(self.columns):
            found = found + column(row_BC[:, place])
        return nn.functional.silu(found)

    def first_state(self, row_BR: Tensor) -> Tensor:
        """``(1, B, D)``."""
        state: Tensor = torch.tanh(self.start(row_BR))[None]
        return state

    def forward(self, tokens_BT: Tensor, ahead_BT: Tensor, row_BR: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """What the next token is drawn from, ``(B, T, D)``, and the last state."""
        given_BTR = row_BR[:, None] + self.ahead(ahead_BT)
        seen_BTE = self.drop(self.tokens(tokens_BT))
        found_BTD, state = self.recurrent(torch.cat([seen_BTE, given_BTR], 2), state)
        return self.drop(self.norm(found_BTD + self.lean(given_BTR))), state

    def log_probs(self, found_BD: Tensor) -> Tensor:
        """``(B, V)``."""
        logs: Tensor = self.softmax.log_prob(found_BD)
        return logs
