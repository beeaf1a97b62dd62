"""Over-draw rows and keep those that a critic finds likelier to be real.

A row is kept with a chance that grows with exp(score), drawn without replacement: no row comes twice. A tilt, one
number per token, is added to the score, so that the shares of single tokens stay what they were.

Letters: B rows, S slots, V tokens over all slots.

Sources: discriminator rejection sampling, Azadi et al. 2019, arXiv:1810.06758; drawing without replacement by
Gumbel's law, Efraimidis and Spirakis 2006, doi:10.1016/j.ipl.2005.11.003.
"""

from __future__ import annotations

import torch
from torch import Tensor

from synthgen.nets.critic import Critic

MOST_SCORE = 6.0
"""Scores are cut there: a critic of so many rows never knows odds of more than a few hundred to one."""


class Guide:
    """A critic that chooses among rows.

    Args:
        critic: trained, in evaluation mode.
        tilt_V: added to the score of a row for each of its tokens.
    """

    def __init__(self, critic: Critic, tilt_V: Tensor | None = None) -> None:
        self.critic = critic.eval()
        self.tilt_V = torch.zeros(critic.n_tokens, device=critic.embed.device) if tilt_V is None else tilt_V

    @torch.inference_mode()
    def scores(self, tokens_BS: Tensor) -> Tensor:
        """``(B,)`` the critic's own scores, cut."""
        score_B: Tensor = self.critic(tokens_BS)
        return score_B.clamp(-MOST_SCORE, MOST_SCORE)

    def keep(self, tokens_BS: Tensor, n_rows: int, rng: torch.Generator) -> Tensor:
        """``(n_rows, S)`` of the rows, in the order they came.

        Args:
            tokens_BS: at least so many rows.
            n_rows: how many are kept.
            rng: decides, on the tokens' device.
        """
        if n_rows >= len(tokens_BS):
            return tokens_BS
        score_B = self.scores(tokens_BS) + self.tilt_V[tokens_BS + self.critic.first].sum(1)
        return tokens_BS[chosen(score_B, n_rows, rng)]


def chosen(score_B: Tensor, n_rows: int, rng: torch.Generator) -> Tensor:
    """Numbers of ``n_rows`` rows, ascending, drawn without replacement by exp(score).

    Example:
        >>> scores = torch.tensor([0.0, 100.0, 0.0, 100.0])
        >>> chosen(scores, 2, torch.Generator().manual_seed(0)).tolist()
        [1, 3]
    """
    chance_B = torch.rand(len(score_B), generator=rng, device=score_B.device).clamp_(1e-12, 1 - 1e-7)
    return (score_B - (-chance_B.log()).log()).topk(n_rows).indices.sort().values
