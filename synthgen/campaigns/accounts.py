"""What is known of accounts when campaigns are looked for; whatever is not known is left out.

Letters: N accounts, M ties, P posts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

NOBODY = np.zeros(0, np.int64)


@dataclass(frozen=True)
class Accounts:
    """Accounts as numbers from 0, and what they did.

    Attributes:
        n: N.
        created_N: when each was made, in seconds since 1970, nan where that is not known; None: of none.
        handles: names, None where there is none; None: of none.
        from_M: one end of each tie; the follower where ties have a direction.
        to_M: the other end.
        directed: whether ties have a direction; those without one are mutual.
        author_P: who posted.
        second_P: when, in seconds since 1970.
        texts: what; None: not known.
    """

    n: int
    created_N: np.ndarray | None = None
    handles: Sequence[str | None] | None = None
    from_M: np.ndarray = field(default_factory=NOBODY.copy)
    to_M: np.ndarray = field(default_factory=NOBODY.copy)
    directed: bool = True
    author_P: np.ndarray = field(default_factory=NOBODY.copy)
    second_P: np.ndarray = field(default_factory=NOBODY.copy)
    texts: Sequence[str | None] | None = None


@dataclass(frozen=True)
class Evidence:
    """Accounts that have something in common which chance does not explain.

    Attributes:
        what: ``burst``, ``template``, ``clique`` or ``event``.
        members: their numbers, ascending.
        nats: minus the logarithm of the chance of it anywhere in the table, were accounts independent.
        rows: of posts, those of the event.
    """

    what: str
    members: np.ndarray
    nats: float
    rows: np.ndarray = field(default_factory=NOBODY.copy)
