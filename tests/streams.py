"""Accounts, their events of several kinds in one stream, and another table of events: planted laws."""

from __future__ import annotations

import numpy as np
import pandas as pd

HOUR, DAY = 3_600, 86_400
START = 1_672_531_200
"""2023-01-01, a Sunday."""


def accounts_with_events(users: int = 260, seed: int = 0, early: int = 0) -> dict[str, pd.DataFrame]:
    """Accounts as a table of accounts has them; what they do in sessions; tickets on days of sessions.

    People come in the evening, bots at any hour, and bots only view. In a session of people views are followed by
    ``add_to_cart`` with chance 0.5, and by ``purchase``, with an amount, only straight after that, with chance 0.8.
    After nine of ten sessions a ticket is opened within the hour.

    Args:
        users: accounts.
        seed: of the draws.
        early: events that are put before their account was made.
    """
    rng = np.random.default_rng(seed)
    bot = rng.random(users) < 0.3
    created = START + rng.integers(0, 60, users) * DAY + rng.integers(8 * HOUR, 16 * HOUR, users)
    accounts = pd.DataFrame(
        {
            "account_id": [f"a{number:05d}" for number in rng.permutation(users)],
            "created_at": pd.to_datetime(created, unit="s").astype(str),
            "followers_count": np.round(rng.pareto(1.5, users) * np.where(bot, 20, 200)).astype(int),
            "verified": rng.random(users) < np.where(bot, 0.02, 0.2),
            "account_type": np.where(bot, "bot", "human"),
        }
    )
    events: list[tuple[int, int, str, float]] = []
    tickets: list[tuple[int, int]] = []
    for user in range(users):
        day = int(created[user]) // DAY
        for _ in range(rng.integers(1, 6)):
            day += int(rng.geometric(0.25))
            second = day * DAY + int(rng.integers(0, 24 * HOUR) if bot[user] else rng.integers(18 * HOUR, 22 * HOUR))
            for _ in range(rng.integers(1, 3)):
                events.append((user, second, "view", np.nan))
                second += int(rng.integers(5, 60))
                if not bot[user] and rng.random() < 0.5:
                    events.append((user, second, "add_to_cart", np.nan))
                    second += int(rng.integers(5, 60))
                    if rng.random() < 0.8:
                        events.append((user, second, "purchase", float(rng.integers(5, 90))))
                        second += int(rng.integers(5, 60))
            if rng.random() < 0.9:
                tickets.append((user, second + int(rng.integers(60, HOUR))))
    owner, at, kind, amount = (np.array(column) for column in zip(*events, strict=True))
    at = at.astype(np.int64)
    if early:
        first = np.flatnonzero(np.r_[True, owner[1:] != owner[:-1]])[:early]
        at[first] = created[owner[first]] - rng.integers(1, 5, early) * DAY
    stream = pd.DataFrame({"account_id": accounts.account_id.to_numpy()[owner], "at": _text(at), "event": kind})
    stream["amount"] = amount
    who, when = (np.array(column) for column in zip(*tickets, strict=True))
    opened = pd.DataFrame({"account_id": accounts.account_id.to_numpy()[who], "opened_at": _text(when)})
    opened["topic"] = rng.choice(["help", "bill"], len(opened))
    return {"accounts": accounts, "events": stream, "tickets": opened}


def _text(second: np.ndarray) -> list[str]:
    return pd.to_datetime(second, unit="s").strftime("%Y-%m-%d %H:%M:%S").tolist()
