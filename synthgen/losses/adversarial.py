"""The adversarial losses: what a critic and a generator pull at, by name.

A critic's score is unbounded and higher for what looks more real, whatever the loss. To add a loss: one class, one
entry in ``LOSSES``, one row of numbers in ``tests/losses/test_adversarial.py``.

Letters: B scores in a batch.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from synthgen.losses.penalties import Score, slope_away_from_one, squared_slope


@dataclass(frozen=True)
class AdversarialLoss(ABC):
    """What the two players minimise.

    Attributes:
        name: as in the settings.
        penalty_weight: what the penalty counts beside the critic's loss, unless the settings say otherwise; 0: none.
        penalty_every: critic updates from one penalty to the next; it then counts so many times as much.
        paired: whether the generator's loss asks for scores of real rows; they are not made otherwise.
    """

    name: str = ""
    penalty_weight: float = 0.0
    penalty_every: int = 1
    paired: bool = False

    @abstractmethod
    def critic(self, real_B: Tensor, fake_B: Tensor) -> Tensor:
        """The critic's loss, a scalar."""

    @abstractmethod
    def generator(self, real_B: Tensor, fake_B: Tensor) -> Tensor:
        """The generator's loss, a scalar; ``real_B`` is empty where the loss is not ``paired``."""

    def penalty(self, critic: Score, real: Tensor, fake: Tensor, rng: torch.Generator) -> Tensor:
        """What is added to the critic's loss, before its weight; a scalar, zero for losses without one."""
        return real.new_zeros(())


@dataclass(frozen=True)
class Minimax(AdversarialLoss):
    """The original game: both play for the same stake, ``log D(real) + log(1 - D(fake))``, D the sigmoid of the score.

    The generator's gradient vanishes where the critic is sure, which is where it is needed.

    Source:
        Goodfellow et al. 2014, arXiv:1406.2661, equation 1.

    Example:
        At score ln 3, D is 3/4. Critic: -ln 3/4 - ln 1/2 = 0.981; generator: ln(1 - 3/4) = -1.386.

        >>> loss, zero, sure = Minimax(), torch.zeros(1), torch.tensor([3.0]).log()
        >>> round(float(loss.critic(sure, zero)), 3), round(float(loss.generator(zero, sure)), 3)
        (0.981, -1.386)
    """

    name: str = "minimax"

    def critic(self, real_B: Tensor, fake_B: Tensor) -> Tensor:
        return F.softplus(-real_B).mean() + F.softplus(fake_B).mean()

    def generator(self, real_B: Tensor, fake_B: Tensor) -> Tensor:
        return -F.softplus(fake_B).mean()


@dataclass(frozen=True)
class NonSaturating(Minimax):
    """The same critic; the generator raises ``log D(fake)``, which pulls hardest where the critic is sure.

    Source:
        Goodfellow et al. 2014, arXiv:1406.2661, section 3.

    Example:
        At score ln 3, D is 3/4: -ln 3/4 = 0.288.

        >>> round(float(NonSaturating().generator(torch.zeros(1), torch.tensor([3.0]).log())), 3)
        0.288
    """

    name: str = "non-saturating"

    def generator(self, real_B: Tensor, fake_B: Tensor) -> Tensor:
        return F.softplus(-fake_B).mean()


@dataclass(frozen=True)
class LeastSquares(AdversarialLoss):
    """The critic fits 1 to real rows and 0 to generated ones; the generator wants 1.

    Source:
        Mao et al. 2017, arXiv:1611.04076, equation 9.

    Example:
        Critic: (3 - 1)^2 / 2 + 2^2 / 2 = 4; generator: (2 - 1)^2 / 2 = 0.5.

        >>> loss, real, fake = LeastSquares(), torch.tensor([3.0]), torch.tensor([2.0])
        >>> float(loss.critic(real, fake)), float(loss.generator(real, fake))
        (4.0, 0.5)
    """

    name: str = "least-squares"

    def critic(self, real_B: Tensor, fake_B: Tensor) -> Tensor:
        return ((real_B - 1).square().mean() + fake_B.square().mean()) / 2

    def generator(self, real_B: Tensor, fake_B: Tensor) -> Tensor:
        return (fake_B - 1).square().mean() / 2


@dataclass(frozen=True)
class Hinge(AdversarialLoss):
    """The critic pulls real scores above 1 and generated ones below -1, and no further.

    Source:
        Lim and Ye 2017, arXiv:1705.02894.

    Example:
        Critic: max(0, 1 - 3) + max(0, 1 + 2) = 3; generator: -2.

        >>> loss, real, fake = Hinge(), torch.tensor([3.0]), torch.tensor([2.0])
        >>> float(loss.critic(real, fake)), float(loss.generator(real, fake))
        (3.0, -2.0)
    """

    name: str = "hinge"

    def critic(self, real_B: Tensor, fake_B: Tensor) -> Tensor:
        return F.relu(1 - real_B).mean() + F.relu(1 + fake_B).mean()

    def generator(self, real_B: Tensor, fake_B: Tensor) -> Tensor:
        return -fake_B.mean()


@dataclass(frozen=True)
class WassersteinGP(AdversarialLoss):
    """The difference of the mean scores, of a critic whose slope is held at 1 between real and generated rows.

    Source:
        Gulrajani et al. 2017, arXiv:1704.00028.

    Example:
        Critic: 2 - 3 = -1; generator: -2.

        >>> loss, real, fake = WassersteinGP(), torch.tensor([3.0]), torch.tensor([2.0])
        >>> float(loss.critic(real, fake)), float(loss.generator(real, fake))
        (-1.0, -2.0)
    """

    name: str = "wasserstein-gp"
    penalty_weight: float = 10.0

    def critic(self, real_B: Tensor, fake_B: Tensor) -> Tensor:
        return fake_B.mean() - real_B.mean()

    def generator(self, real_B: Tensor, fake_B: Tensor) -> Tensor:
        return -fake_B.mean()

    def penalty(self, critic: Score, real: Tensor, fake: Tensor, rng: torch.Generator) -> Tensor:
        return slope_away_from_one(critic, real, fake, rng).mean()


@dataclass(frozen=True)
class Relativistic(AdversarialLoss):
    """Each real row against a generated one: is it the more real of the two? With R1 and R2.

    Because scores are compared in pairs, dropping a mode costs something wherever real rows are, and the two
    zero-centred penalties make training settle. The weight is the paper's gamma, which is set anew for each kind of
    data: the finer the structure that the critic has to see, the smaller it must be.

    Source:
        Huang et al. 2024, arXiv:2501.05441 (R3GAN); Jolicoeur-Martineau 2018, arXiv:1807.00734.

    Example:
        The pair is ln 3 apart: critic -ln 3/4 = 0.288; generator -ln 1/4 = 1.386.

        >>> loss, real, fake = Relativistic(), torch.tensor([3.0]).log() + 5, torch.tensor([5.0])
        >>> round(float(loss.critic(real, fake)), 3), round(float(loss.generator(real, fake)), 3)
        (0.288, 1.386)
    """

    name: str = "relativistic"
    penalty_weight: float = 1.0
    paired: bool = True

    def critic(self, real_B: Tensor, fake_B: Tensor) -> Tensor:
        return F.softplus(fake_B - real_B).mean()

    def generator(self, real_B: Tensor, fake_B: Tensor) -> Tensor:
        return F.softplus(real_B - fake_B).mean()

    def penalty(self, critic: Score, real: Tensor, fake: Tensor, rng: torch.Generator) -> Tensor:
        return (squared_slope(critic, real).mean() + squared_slope(critic, fake).mean()) / 2


LOSSES: dict[str, AdversarialLoss] = {
    loss.name: loss for loss in (Minimax(), NonSaturating(), LeastSquares(), Hinge(), WassersteinGP(), Relativistic())
}
"""Every loss by name."""
