"""Which accounts belong together: what they share beyond chance, joined.

Letters: N accounts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from synthgen.campaigns.accounts import Accounts, Evidence
from synthgen.campaigns.bursts import bursts
from synthgen.campaigns.cliques import cliques
from synthgen.campaigns.handles import templates
from synthgen.campaigns.synchrony import events

FINDERS = (bursts, templates, cliques, events)
ALPHA = 0.01
"""The chance that anything is found in a table of independent accounts, all looks together."""
FEWEST_MEMBERS = 5
"""Accounts of a campaign: of fewer nothing may be kept."""
LINKING = 2
"""Accounts that two findings share to be one: a stranger who strayed into both links nothing."""


@dataclass(frozen=True)
class Found:
    """What was found.

    Attributes:
        campaign_N: ``(N,)`` number of the campaign of each account, the largest first, -1 for none.
        score_N: ``(N,)`` nats against chance of all findings that an account is in; 0: in none.
        evidence: all findings.
    """

    campaign_N: np.ndarray
    score_N: np.ndarray
    evidence: list[Evidence]

    @property
    def n_campaigns(self) -> int:
        """How many campaigns there are."""
        return int(self.campaign_N.max(initial=-1)) + 1


def find_campaigns(accounts: Accounts, alpha: float = ALPHA, fewest: int = FEWEST_MEMBERS) -> Found:
    """Look for campaigns.

    Each way of looking has an equal part of ``alpha``. Two findings are linked when they share accounts; campaigns
    are what hangs together, and an account that is in several belongs where most speaks for it.

    Args:
        accounts: what is known of them.
        alpha: the chance that anything is found where accounts are independent.
        fewest: accounts of a campaign.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> created_N = np.r_[rng.uniform(0, 1e8, 500), 5e7 + rng.uniform(0, 3_600, 20)]
        >>> found = find_campaigns(Accounts(520, created_N))
        >>> found.n_campaigns, int((found.campaign_N[500:] == 0).sum())
        (1, 20)
    """
    evidence = [one for finder in FINDERS for one in finder(accounts, alpha / len(FINDERS))]
    score_N = np.zeros(accounts.n)
    for one in evidence:
        score_N[one.members] += one.nats
    return Found(_joined(accounts.n, evidence, fewest), score_N, evidence)


def _joined(n: int, evidence: list[Evidence], fewest: int) -> np.ndarray:
    """``(N,)`` the campaign of each account: findings that share accounts are one."""
    campaign_N = np.full(n, -1, np.int64)
    if not evidence:
        return campaign_N
    size_F = np.array([len(one.members) for one in evidence])
    finding, member = np.repeat(np.arange(len(evidence)), size_F), np.concatenate([one.members for one in evidence])
    holds = sp.csr_array((np.ones(len(member)), (finding, member)), (len(evidence), n))
    shared = sp.coo_array(holds @ holds.T)
    enough = shared.data >= LINKING
    links = sp.csr_array((np.ones(int(enough.sum())), (shared.row[enough], shared.col[enough])), shared.shape)
    _, part_F = sp.csgraph.connected_components(links, directed=False)
    nats = sp.csr_array(
        (np.array([one.nats for one in evidence])[finding], (part_F[finding], member)), (len(evidence), n)
    )
    part_N = np.where(np.bincount(member, minlength=n) > 0, np.asarray(nats.argmax(axis=0)).ravel(), -1)
    size = np.bincount(part_N[part_N >= 0], minlength=int(part_F.max()) + 1)
    for number, part in enumerate(p for p in np.argsort(-size, kind="stable") if size[p] >= fewest):
        campaign_N[np.flatnonzero(part_N == part)] = number
    return campaign_N
