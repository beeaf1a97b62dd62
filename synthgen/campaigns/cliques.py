"""Accounts that are tied to each other and to the same others, far beyond what their ties would give.

Letters: N accounts, E mutual ties.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from scipy.stats import nbinom, poisson

from synthgen.campaigns.accounts import Accounts, Evidence

CAP = 3
"""More common neighbours than this say nothing of how a network is knit: they may be what is looked for."""
FEWEST = 3
"""Common neighbours that are worth a second look."""


def cliques(accounts: Accounts, alpha: float) -> list[Evidence]:
    """Parts of the network of mutual ties whose ties share more neighbours than the ends' degrees explain.

    The number of common neighbours of two tied accounts is taken to be negative binomial: its mean grows with the
    product of the degrees, as in the configuration model, times how closely the network is knit as a whole; its
    dispersion is the network's. Both are learned with counts capped, so that cliques do not make themselves expected.
    The chance is multiplied by the number of mutual ties. What hangs together over ties that pass is one finding.
    """
    mutual = _mutual(accounts)
    from_E, to_E = (ends.astype(np.int64) for ends in sp.triu(mutual, 1).nonzero())
    if len(from_E) < FEWEST:
        return []
    degree_N = np.asarray(mutual.sum(1)).ravel()
    common_E = np.asarray((mutual @ mutual)[from_E, to_E]).ravel()
    spread = float((degree_N * (degree_N - 1)).sum()) / max(float(degree_N.sum()), 1.0) ** 2
    by_chance_E = np.maximum(degree_N[from_E] - 1, 0) * np.maximum(degree_N[to_E] - 1, 0) * spread
    capped_E = np.minimum(common_E, np.maximum(CAP, 2 * np.median(common_E)))
    knit = max(1.0, float(capped_E.sum()) / max(float(by_chance_E.sum()), 1e-12))
    mean_E = np.maximum(knit * by_chance_E, 1e-9)
    ratio = float(((capped_E - mean_E) ** 2).sum() / mean_E.sum())
    nats_E = -(_tail(common_E, mean_E, max(1.0, ratio)) + np.log(len(from_E)))
    good = (nats_E > -np.log(alpha)) & (common_E >= FEWEST)
    if not good.any():
        return []
    ends = (from_E[good], to_E[good])
    links = sp.csr_array((np.ones(int(good.sum())), ends), mutual.shape)
    _, part_N = sp.csgraph.connected_components(links, directed=False)
    best_N = np.zeros(accounts.n)
    for end in ends:
        np.maximum.at(best_N, end, nats_E[good])
    found = []
    for part in np.unique(part_N[best_N > 0]):
        members = np.flatnonzero((part_N == part) & (best_N > 0))
        found.append(Evidence("clique", members, float(best_N[members].max())))
    return found


def _mutual(accounts: Accounts) -> sp.csr_array:
    """``(N, N)`` one where both ends are tied to each other, nothing on the diagonal."""
    there = accounts.from_M != accounts.to_M
    ones = np.ones(int(there.sum()), np.float64)
    ties = sp.csr_array((ones, (accounts.from_M[there], accounts.to_M[there])), (accounts.n, accounts.n))
    ties.data[:] = 1.0
    both = ties.minimum(ties.T) if accounts.directed else ties.maximum(ties.T)
    return sp.csr_array(both)


def _tail(count_E: np.ndarray, mean_E: np.ndarray, ratio: float) -> np.ndarray:
    """Logarithm of the chance of so many or more, for a variance of so many means."""
    if ratio <= 1.0 + 1e-9:
        return np.asarray(poisson.logsf(count_E - 1, mean_E))
    return np.asarray(nbinom.logsf(count_E - 1, mean_E / (ratio - 1), 1 / ratio))
