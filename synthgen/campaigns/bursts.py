"""Accounts that were made in one go."""

from __future__ import annotations

import numpy as np

from synthgen.campaigns.accounts import Accounts, Evidence
from synthgen.campaigns.moments import HOUR, bent, windows

WIDTHS = (600.0, HOUR, 6.0 * HOUR, 24.0 * HOUR)
"""Of a burst, in seconds: a script's run, a session's, a shift's, a day's."""
COARSE = 0.5
"""Times are whole days when so many are at midnight; then a day is the narrowest window."""


def bursts(accounts: Accounts, alpha: float) -> list[Evidence]:
    """Windows of creation times with more accounts than the time around them explains."""
    if accounts.created_N is None:
        return []
    known = np.flatnonzero(~np.isnan(accounts.created_N))
    order = known[np.argsort(accounts.created_N[known], kind="stable")]
    second_T = accounts.created_N[order]
    days = len(second_T) > 0 and bool((second_T % (24 * HOUR) == 0).mean() > COARSE)
    moment_T = second_T if days else bent(second_T)
    widths = WIDTHS[-1:] if days else WIDTHS
    return [
        Evidence("burst", np.sort(order[one.first : one.last]), one.nats) for one in windows(moment_T, widths, alpha)
    ]
