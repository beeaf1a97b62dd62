"""Posts in step: many accounts within a minute or two, again and again, or with the same words.

Letters: P posts.
"""

from __future__ import annotations

import re
from itertools import pairwise

import numpy as np

from synthgen.campaigns.accounts import Accounts, Evidence
from synthgen.campaigns.moments import bent, windows

WIDTHS = (60.0, 300.0)
"""Seconds in which accounts that are steered by one hand post the same."""
FEWEST = 3
"""Accounts of an event."""
KNOWN = 0.5
"""An event in time is one of words when so many of its posts are."""
SHORTEST = 12
"""Letters of a text that is not said by anybody, such as thanks."""
NAMES, SIGNS = re.compile(r"https?://\S+|[@#]\w+"), re.compile(r"[\W\d_]+")


def wording(text: str | None) -> str:
    """A text without addresses, handles, tags, digits and signs.

    Example:
        >>> wording("BUY #coin now, @anna: 20% off https://x.y/z")
        'buy now off'
    """
    return SIGNS.sub(" ", NAMES.sub(" ", text or "")).lower().strip()


def events(accounts: Accounts, alpha: float) -> list[Evidence]:
    """Windows in which more accounts post, or post the same words, than the time around them explains.

    Both kinds have half of the chance of a false finding. A post of an account that posted in the window already does
    not count.
    """
    if not len(accounts.author_P):
        return []
    order = np.argsort(accounts.second_P, kind="stable")
    found = _same_words(accounts, order, alpha / 2)
    known = np.unique(np.concatenate([one.rows for one in found])) if found else np.zeros(0, np.int64)
    others = _within(accounts, order, bent(accounts.second_P[order]), alpha / 2)
    return found + [one for one in others if np.isin(one.rows, known).mean() < KNOWN]


def _within(accounts: Accounts, order: np.ndarray, moment_T: np.ndarray, alpha: float) -> list[Evidence]:
    """Windows of posts at large."""
    author_T = accounts.author_P[order]
    again_T = np.r_[False, (author_T[1:] == author_T[:-1]) & (np.diff(moment_T) < WIDTHS[-1])]
    order, moment_T = order[~again_T], moment_T[~again_T]
    found = []
    for one in windows(moment_T, WIDTHS, alpha):
        rows = order[one.first : one.last]
        members = np.unique(accounts.author_P[rows])
        if len(members) >= max(FEWEST, 0.8 * len(rows)):
            found.append(Evidence("event", members, one.nats, np.sort(rows)))
    return found


def _same_words(accounts: Accounts, order: np.ndarray, alpha: float) -> list[Evidence]:
    """Windows of posts with the same words: each post's time is taken to be any post's."""
    if accounts.texts is None:
        return []
    by_words: dict[str, list[int]] = {}
    for place, row in enumerate(order.tolist()):
        said = wording(accounts.texts[row])
        if len(said) >= SHORTEST:
            by_words.setdefault(said, []).append(place)
    second_T = accounts.second_P[order]
    tests = sum(len(places) for places in by_words.values() if len(places) >= FEWEST)
    found = []
    for places in by_words.values():
        if len(places) < FEWEST:
            continue
        at = second_T[places]
        breaks = np.flatnonzero(np.diff(at) > WIDTHS[-1]) + 1
        for start, stop in pairwise([0, *breaks.tolist(), len(places)]):
            rows = order[places[start:stop]]
            members = np.unique(accounts.author_P[rows])
            low, high = np.searchsorted(second_T, [at[start] - WIDTHS[-1], at[stop - 1] + WIDTHS[-1]])
            chance = (len(members) - 1) * np.log(min(1.0, len(places) * (high - low) / len(order)))
            nats = -(chance + np.log(max(tests, 1)))
            if len(members) >= FEWEST and nats > -np.log(alpha):
                found.append(Evidence("event", members, float(nats), np.sort(rows)))
    return found
