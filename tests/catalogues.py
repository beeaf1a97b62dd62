"""Ratings of a catalogue as linked tables, with planted laws."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tests.interactions.planted import BLOCKS, IN_BLOCK, planted

GENRES = ("war", "love", "crime", "space")
PLANS = ("free", "basic", "pro", "team")


def rated(n_users: int = 400, seed: int = 0) -> dict[str, pd.DataFrame]:
    """Users of a plan each, films of a genre each, and who rated what: users of a plan mostly take films of one genre.

    See ``planted``: 0.8 of a user's draws are of the own genre, users are at 2 or 4 of 5, and even films get one more.
    """
    real = planted(n_users, seed)
    assert real.rating_E is not None
    assert real.time_E is not None
    users = pd.DataFrame(
        {"user_id": [f"u{n:05d}" for n in range(n_users)], "plan": [PLANS[n % BLOCKS] for n in range(n_users)]}
    )
    films = pd.DataFrame({"film_id": range(1, real.n_items + 1), "genre": np.repeat(GENRES, IN_BLOCK)})
    ratings = pd.DataFrame(
        {
            "user_id": users.user_id.to_numpy()[real.user_E],
            "film_id": real.item_E + 1,
            "stars": real.rating_E.astype(int),
            "at": pd.to_datetime(real.time_E, unit="s").strftime("%Y-%m-%d %H:%M:%S"),
        }
    )
    return {"users": users, "films": films, "ratings": ratings}
