"""Attacks on people over all their tables, one file each: can a real person be found behind a made one?"""

from __future__ import annotations

import numpy as np

from synthgen.metrics.base import Result
from synthgen.metrics.people.base import Attack, Held, People, tried
from synthgen.metrics.people.follow_lists import FollowLists
from synthgen.metrics.people.handles import Handles
from synthgen.metrics.people.item_sets import ItemSets
from synthgen.metrics.people.membership import Membership
from synthgen.metrics.people.posting_times import PostingTimes
from synthgen.metrics.people.sequences import Sequences
from synthgen.seeding import numpy_stream

__all__ = ["ATTACKS", "Attack", "Held", "People", "attack_people", "tried"]

ATTACKS: tuple[Attack, ...] = (Membership(), ItemSets(), PostingTimes(), FollowLists(), Handles(), Sequences())
"""In the order in which they are shown."""


def attack_people(train: People, held: People, made: People, rng: np.random.Generator) -> list[Result]:
    """The results of all attacks, each with a random stream of its own.

    Args:
        train: the people whom the generator learned from.
        held: people whom it never saw.
        made: those that it made.
        rng: the only source of randomness.
    """
    seed = int(rng.integers(2**62))
    return [tried(attack, train, held, made, numpy_stream(seed, attack.name)) for attack in ATTACKS]
