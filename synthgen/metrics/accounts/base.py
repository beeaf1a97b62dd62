"""What a metric of fake accounts sees.

Letters: N accounts, M ties.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from synthgen.graphs import Graph
from synthgen.metrics.base import Result

FEWEST_FAKES = 20
"""Fake accounts to test on: a share found is then known to 0.22 at worst."""
FEWEST_LEARNED = 10
"""Fake accounts, and genuine ones, to learn from."""


@dataclass(frozen=True)
class AccountView:
    """Accounts, their profiles, ties and labels.

    Attributes:
        fake_N: ``(N,)`` whether the label says fake.
        numbers: name -> ``(N,)`` numbers of the profile, nan for missing.
        labels: name -> ``(N,)`` values as text, empty for missing.
        created_N: since when accounts exist, in seconds since 1970, nan for missing; None: not known.
        handles: names; None: not known.
        graph: who is tied to whom; None: there are no ties.
    """

    fake_N: np.ndarray
    numbers: dict[str, np.ndarray] = field(default_factory=dict)
    labels: dict[str, np.ndarray] = field(default_factory=dict)
    created_N: np.ndarray | None = None
    handles: Sequence[str | None] | None = None
    graph: Graph | None = None

    def __len__(self) -> int:
        return len(self.fake_N)


@dataclass(frozen=True)
class Trial:
    """Real accounts that are learned from, real ones that are tested on, and made ones.

    Attributes:
        real: all real accounts, for ties lead from one side to the other.
        learned_N: ``(N,)`` whether a real account is to be learned from.
        tested_N: ``(N,)`` whether it is to be tested on.
        made: the made accounts.
        unseen: whether the generator never saw those that are tested on.
    """

    real: AccountView
    learned_N: np.ndarray
    tested_N: np.ndarray
    made: AccountView
    unseen: bool = True

    def lacking(self) -> str:
        """Why nothing can be tried; empty: it can."""
        tested = int(self.real.fake_N[self.tested_N].sum())
        if tested < FEWEST_FAKES:
            return f"{tested} fake accounts to test on; {FEWEST_FAKES} were expected"
        for what, fake_N in (("real", self.real.fake_N[self.learned_N]), ("made", self.made.fake_N)):
            if min(int(fake_N.sum()), int((~fake_N).sum())) < FEWEST_LEARNED:
                return f"fewer than {FEWEST_LEARNED} {what} accounts are fake, or genuine"
        return ""


def missing(name: str, title: str, reason: str) -> Result:
    """The result of a metric that cannot say anything here."""
    return Result(name, title, None, "higher", reason=reason)
