"""Streams with known laws."""

from __future__ import annotations

import numpy as np

from synthgen.metrics.behaviour import Streams

DAY = 86_400
KINDS = ("a", "b", "c")


def planted(owners: int = 300, seed: int = 0, stay: float = 0.8, hour: float = 20.0, leave: float = 0.15) -> Streams:
    """Sessions of owners over some weeks.

    Args:
        owners: so many; one in ten does nothing.
        seed: of the draws.
        stay: chance that an event has the kind of the one before.
        hour: around which sessions start.
        leave: chance that a session is the last one; a tenth of it for owners that do mostly "a".
    """
    rng = np.random.default_rng(seed)
    rows: list[tuple[int, int, int]] = []
    for owner in range(owners):
        if rng.random() < 0.1:
            continue
        mostly = int(rng.integers(3))
        day, kind = int(rng.integers(0, 20)), mostly
        while day < 60:
            second = day * DAY + int((hour + rng.normal(0, 1)) % 24 * 3_600)
            for _ in range(rng.integers(1, 5)):
                rows.append((owner, second, kind))
                second += int(rng.integers(10, 300))
                kind = kind if rng.random() < stay else int(rng.integers(3))
            day += int(rng.geometric(0.2))
            if rng.random() < (leave / 10 if mostly == 0 else 2 * leave):
                break
            kind = mostly
    owner_E, time_E, kind_E = (np.array(column) for column in zip(*rows, strict=True))
    return Streams.of(owner_E, time_E, kind_E, owners, KINDS)
