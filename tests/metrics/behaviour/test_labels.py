"""Labels of owners: worked by hand, and a purchase that only those who filled a cart come to make."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from synthgen.metrics.base import Result
from synthgen.metrics.behaviour import PREDICTIONS, Streams
from synthgen.metrics.behaviour.labels import does_rare, falls_silent, parted, rare_kind

DAY = 86_400
KINDS = ("cart", "fraud", "purchase", "view")
CART, FRAUD, PURCHASE, VIEW = range(4)


def shop(owners: int, seed: int, rate: float = 0.8) -> Streams:
    """Owners come within five days, half of them fill a cart at once, and of these so many purchase on day 30.

    Everybody views again on day 40; one owner in 200 does something rarer still. The last tenth of owners come on day
    25, after the middle of first events, and are not asked about.
    """
    rng = np.random.default_rng(seed)
    rows: list[tuple[int, int, int]] = []
    for owner in range(owners):
        late, cart = owner >= 0.9 * owners, rng.random() < 0.5
        first = 25 * DAY if late else int(rng.integers(0, 5 * DAY))
        rows += [(owner, first, VIEW), (owner, 40 * DAY, VIEW)]
        if not late:
            rows.append((owner, first + 60, CART if cart else VIEW))
        if cart and rng.random() < rate:
            rows.append((owner, 30 * DAY, PURCHASE))
        if owner % 200 == 0:
            rows.append((owner, 31 * DAY, FRAUD))
    owner_E, time_E, kind_E = (np.array(column) for column in zip(*rows, strict=True))
    return Streams.of(owner_E, time_E, kind_E, owners, KINDS)


def purchase(real: Streams, held: Streams, made: Streams) -> Result:
    task = next(task for task in PREDICTIONS if task.name == "does_rare")
    return task.compute(real, held, made, np.random.default_rng(0))


def test_owners_are_parted_at_the_middle_of_first_events() -> None:
    """First events at 10, 20, 30: the moment is 20, and only the first owner did something before."""
    streams = Streams.of(np.array([0, 0, 0, 1, 2]), np.array([10, 15, 25, 20, 30]), np.array([3, 0, 2, 3, 3]), 4, KINDS)
    halves = parted(streams, streams)
    assert halves.cut == 20
    assert halves.before.time_E.tolist() == [10, 15]
    assert halves.after.kind_E.tolist() == [PURCHASE]
    assert falls_silent(streams, streams).y_N.tolist() == [0]


def test_the_rare_kind_is_the_rarest_that_enough_people_do() -> None:
    """Fraud is rarer than a purchase, but one owner in 200 does it; carts are filled before the moment alone."""
    assert rare_kind(shop(400, 0)) == PURCHASE
    assert rare_kind(shop(400, 0, rate=0.05)) is None
    assert rare_kind(replace(shop(400, 0), kind_E=np.full(len(shop(400, 0)), -1))) is None


def test_the_label_is_who_does_it_later() -> None:
    streams = shop(400, 0)
    asked, halves = does_rare(streams, streams), parted(streams, streams)
    bought = set(halves.after.owner_E[halves.after.kind_E == PURCHASE].tolist())
    assert np.flatnonzero(asked.y_N).tolist() == sorted(bought)
    assert len(asked.x_NF) == len(asked.y_N) == halves.before.n_owners


def test_made_people_teach_who_purchases_as_real_ones_do_if_carts_lead_to_purchases() -> None:
    """Of those with a cart 80 % purchase, of the others none: an AUC of 1 - 0.5 x 0.1 / 0.6 = 0.917.

    Of 500 asked its standard error is 0.01. Where purchases are anybody's, made people teach nothing.
    """
    real, held, same = shop(1_000, 0), shop(1_000, 1), shop(1_000, 2)
    found = purchase(real, held, same)
    assert found.floor is not None
    assert found.value is not None
    assert abs(found.floor - 0.917) < 0.04
    assert abs(found.value - found.floor) < 0.03
    rng = np.random.default_rng(3)
    order_O = rng.permutation(same.n_owners)
    buys_E = same.kind_E == PURCHASE
    owner_E = np.where(buys_E, order_O[same.owner_E], same.owner_E)
    anybody = Streams.of(owner_E, same.time_E, same.kind_E, same.n_owners, KINDS)
    spoiled = purchase(real, held, anybody)
    assert spoiled.value is not None
    assert spoiled.value < 0.75


def test_without_such_a_kind_there_is_no_figure_and_a_reason() -> None:
    found = purchase(shop(300, 0, rate=0.0), shop(300, 1), shop(300, 2))
    assert found.value is None
    assert found.reason
