"""Whether detectors of fake accounts that learn from made accounts find the real ones."""

from __future__ import annotations

from synthgen.metrics.accounts.base import AccountView, Trial
from synthgen.metrics.accounts.campaigns import unseen_campaigns
from synthgen.metrics.accounts.detectors import DETECTORS, FEATURES, Detector
from synthgen.metrics.accounts.judging import judge_accounts
from synthgen.metrics.accounts.shortcut import shortcut

__all__ = [
    "DETECTORS",
    "FEATURES",
    "AccountView",
    "Detector",
    "Trial",
    "judge_accounts",
    "shortcut",
    "unseen_campaigns",
]
