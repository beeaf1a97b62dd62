"""What comes next: a Markov chain over items."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from synthgen.interactions import Interactions
from synthgen.metrics.recommendation.recommenders.base import Scorer


class Markov:
    """The share of an item among those that came right after an item of the history, summed over the history.

    An item held out may belong anywhere in a history, so each item of it may be the one before; with ``last`` the last
    item alone counts, for what comes next. Shares are pulled towards the item's share of all interactions.

    Source:
        Rendle, Freudenthaler, Schmidt-Thieme 2010, WWW (the chain without their factors):
        https://doi.org/10.1145/1772690.1772773
    """

    def __init__(self, prior: float = 10.0, last: bool = False) -> None:
        self.prior, self.last = prior, last
        self.name = "markov-last" if last else "markov"
        self.title = "Markov chain from the last item" if last else "Markov chain"

    def lacks(self, taken: Interactions) -> str:
        return "" if taken.time_E is not None else "there are no times"

    def fit(self, taken: Interactions, rng: np.random.Generator) -> Scorer:
        step_II, share_I = steps(taken), taken.per_item_I / max(len(taken), 1)
        from_I = np.asarray(step_II.sum(1))

        pulled_I = 1 / (from_I + self.prior)

        def score(histories: Interactions) -> np.ndarray:
            taken_UI = (last_of(histories) if self.last else histories).matrix()
            scores_UI: np.ndarray = (taken_UI @ (sp.diags_array(pulled_I) @ step_II)).toarray()
            scores_UI += np.outer(taken_UI @ (self.prior * pulled_I), share_I)
            return scores_UI

        return score


def last_of(histories: Interactions) -> Interactions:
    """The last interaction of each user who has any."""
    return histories.take(histories.order_E[np.cumsum(histories.per_user_U)[histories.per_user_U > 0] - 1])


def steps(taken: Interactions) -> sp.csr_array:
    """``(I, I)``: how often the item of the column came right after that of the row."""
    a_E, b_E = taken.order_E[:-1], taken.order_E[1:]
    same_E = taken.user_E[a_E] == taken.user_E[b_E]
    pairs = (taken.item_E[a_E[same_E]], taken.item_E[b_E[same_E]])
    found = sp.csr_array((np.ones(int(same_E.sum())), pairs), (taken.n_items, taken.n_items))
    found.sum_duplicates()
    return found
