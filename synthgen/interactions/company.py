"""Which items are taken by the same users: totals of pairs, and users' sets corrected until they add up to them.

Only pairs that enough users share are kept, each total rounded. After users' sets have been drawn, items are exchanged
within them, as long as that brings the pairs' totals nearer to what they should be. Nothing else is known of a real
user, so a set is like a real one only as far as such totals force it to be.

Letters: F frequent items, P pairs, N users, S items of one user.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.sparse as sp

MOST_FREQUENT = 4_096
"""Items whose pairs are counted: a table of all pairs has 67 MB."""
EXCHANGED = (*[0.2] * 5, *[0.1] * 5, *[0.05] * 8)
"""Share of a user's items exchanged at most, pass by pass: coarse, then fine.

Chosen by a fifth of the training histories of movielens_small, three seeds: EASE keeps 70 % of its NDCG@10 without any
pass, 92 % after four, 93 % after ten, 94 % after these eighteen, and not surely more after ten further ones.
"""
ENOUGH = 0.002
"""A pass that exchanges less than this share of all items is the last."""


@dataclass(frozen=True)
class Company:
    """Totals over users.

    Attributes:
        item_F: numbers of the frequent items.
        holders_F: how many users took each.
        first_P: one item of each kept pair, by its place among the frequent ones; the smaller.
        second_P: the other.
        shared_P: how many users took both, in units of ``grain``.
        grain: totals are rounded to multiples of this.
        power: a user with n frequent items has kept pairs in proportion to n to this power.
        weight: the sum of such powers over the real users.
    """

    item_F: np.ndarray
    holders_F: np.ndarray
    first_P: np.ndarray
    second_P: np.ndarray
    shared_P: np.ndarray
    grain: int
    power: float
    weight: float

    @classmethod
    def fit(cls, taken_UI: sp.csr_array, fewest: int) -> Company:
        """Count pairs of the most frequent items that at least ``fewest`` users took."""
        holders_I = np.asarray(taken_UI.sum(0)).ravel()
        item_F = np.sort(np.argsort(-holders_I, kind="stable")[:MOST_FREQUENT])
        item_F = item_F[holders_I[item_F] >= fewest]
        taken_UF = sp.csr_array(taken_UI[:, item_F].astype(np.float32))
        both = _pairs(taken_UF, fewest)
        kept = both.copy()
        kept.data = np.ones_like(kept.data)
        n_U = np.asarray(taken_UF.sum(1)).ravel()
        pairs_U = _pairs_of_users(taken_UF, kept)
        some_U = (n_U > 1) & (pairs_U > 0)
        power = 2.0
        if some_U.sum() > fewest and np.ptp(n_U[some_U]) > 0:
            power = float(np.polyfit(np.log(n_U[some_U]), np.log(pairs_U[some_U]), 1)[0])
        coo = both.tocoo()
        order = np.lexsort((coo.col, coo.row))
        return cls(
            item_F.astype(np.int64),
            holders_I[item_F].astype(np.int64),
            coo.row[order].astype(np.int32),
            coo.col[order].astype(np.int32),
            np.rint(coo.data[order] / fewest).astype(np.int32),
            fewest,
            power,
            float((n_U[n_U > 1] ** power).sum()),
        )

    def part(self, n_N: np.ndarray) -> float:
        """What share of the real kept pairs users with so many frequent items should have.

        The law of pairs per user is that of real users, so that a few more or fewer users of very many items count
        for what they bring.
        """
        return float((n_N[n_N > 1] ** self.power).sum() / self.weight) if self.weight else 0.0

    def wanted_FF(self, n_N: np.ndarray) -> np.ndarray:
        """Totals that users with so many frequent items should have."""
        wanted_FF = self.part(n_N.astype(float)) * self.target_FF
        np.fill_diagonal(wanted_FF, self.holders_F * (n_N.sum() / max(self.holders_F.sum(), 1)))
        return wanted_FF

    @cached_property
    def cosine_P(self) -> np.ndarray:
        """Of each kept pair: users in common over the geometric mean of their users."""
        held_F = np.maximum(self.holders_F, 1)
        cosine_P: np.ndarray = self.shared_P * self.grain / np.sqrt(held_F[self.first_P] * held_F[self.second_P])
        return cosine_P

    @cached_property
    def target_FF(self) -> np.ndarray:
        """Totals of pairs and, on the diagonal, of items; 0 where a pair is not kept."""
        target_FF = np.zeros((len(self.item_F),) * 2, np.float32)
        target_FF[self.first_P, self.second_P] = self.shared_P * self.grain
        target_FF += target_FF.T
        np.fill_diagonal(target_FF, self.holders_F)
        return target_FF


def _pairs(taken_UF: sp.csr_array, fewest: int) -> sp.csr_array:
    """How many users took both of two items, above the diagonal, where that is at least ``fewest``."""
    blocks = []
    step = 512
    columns = sp.csc_array(taken_UF)
    for start in range(0, taken_UF.shape[1], step):
        both = sp.csr_array(columns[:, start : start + step].T @ taken_UF).tocoo()
        good = (both.data >= fewest) & (both.row + start < both.col)
        blocks.append(sp.coo_array((both.data[good], (both.row[good], both.col[good])), both.shape).tocsr())
    return sp.csr_array(sp.vstack(blocks)) if blocks else sp.csr_array((0, 0), dtype=np.float32)


def _pairs_of_users(taken_UF: sp.csr_array, kept: sp.csr_array) -> np.ndarray:
    step = 1_024
    parts = [
        np.asarray((taken_UF[start : start + step] @ kept).multiply(taken_UF[start : start + step]).sum(1)).ravel()
        for start in range(0, taken_UF.shape[0], step)
    ]
    return np.concatenate(parts)


class Herd:
    """Corrects users' sets, some users after others."""

    def __init__(self, company: Company) -> None:
        self._company = company
        weight_FF = 1 / (company.target_FF + 1)
        weight_FF[company.target_FF == 0] = 0.0
        self._weight_F = np.diag(weight_FF).copy()
        np.fill_diagonal(weight_FF, 0.0)
        self._weight_FF = weight_FF

    def correct(self, has_NF: np.ndarray, allowed_NF: np.ndarray | None, rng: np.random.Generator) -> list[int]:
        """Exchange items within users' sets, in place.

        The cost is the squared distance of pairs' and items' totals from what they should be, each divided by what it
        should be plus one. User by user, the items whose leaving helps most go for those whose coming does, while
        that lowers the cost.

        Args:
            has_NF: which frequent items each user has.
            allowed_NF: which each may get; None: any.
            rng: draws the order of users.

        Returns:
            How many items were exchanged in each pass.
        """
        has_FN = has_NF.T.astype(np.float32)
        apart_FF = has_FN @ has_FN.T - self._company.wanted_FF(has_NF.sum(1))
        cost_F = 2 * self._weight_F * np.diag(apart_FF) + self._weight_F  # of one more of each item
        cost_FF = self._weight_FF * (2 * apart_FF + 1)  # of one more of each pair
        exchanged: list[int] = []
        for most in EXCHANGED:
            moved = 0
            for user in rng.permutation(len(has_NF)):
                own_S = np.flatnonzero(has_NF[user])
                many = min(max(1, int(most * len(own_S))), len(cost_F) - len(own_S))
                if not len(own_S) or many < 1:
                    continue
                coming_F = cost_FF[own_S].sum(0) + cost_F
                own_SS = self._weight_FF[np.ix_(own_S, own_S)]
                leaving_S = coming_F[own_S] - 2 * (own_SS.sum(0) + self._weight_F[own_S])
                coming_F[own_S] = np.inf
                if allowed_NF is not None:
                    coming_F[~allowed_NF[user]] = np.inf
                out_S = own_S[np.argsort(-leaving_S, kind="stable")[:many]]
                into_S = np.argpartition(coming_F, many - 1)[:many]
                into_S = into_S[np.argsort(coming_F[into_S], kind="stable")]
                helps_S = -np.sort(-leaving_S)[:many] > coming_F[into_S]
                out_S, into_S = out_S[helps_S], into_S[helps_S]
                if len(out_S):
                    self._exchange(cost_FF, cost_F, own_S, out_S, into_S)
                    has_NF[user, out_S], has_NF[user, into_S] = False, True
                    moved += len(out_S)
            exchanged.append(moved)
            if moved < ENOUGH * has_NF.sum():
                break
        return exchanged

    def _exchange(
        self, cost_FF: np.ndarray, cost_F: np.ndarray, own_S: np.ndarray, out_S: np.ndarray, into_S: np.ndarray
    ) -> None:
        """The costs after a user of ``own_S`` has given some and taken others."""
        kept_S = np.setdiff1d(own_S, out_S, assume_unique=True)
        for sign, some_S, all_S in ((-2, out_S, own_S), (2, into_S, np.r_[kept_S, into_S])):
            cost_F[some_S] += sign * self._weight_F[some_S]
            for block in (np.ix_(some_S, all_S), np.ix_(kept_S, some_S)):
                cost_FF[block] += sign * self._weight_FF[block]
