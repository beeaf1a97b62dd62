"""Sentences that say what a figure means beside its floor."""

from __future__ import annotations

ALIKE = 1.2
"""Times the floor up to which an error is what chance does between real rows."""
NO_FLOOR = "No rows were held out, so nothing says how much of it is chance."


def beside_floor(value: float, floor: float | None) -> str:
    """How an error compares with that of held-out rows, one sentence.

    Example:
        >>> beside_floor(0.03, 0.01)
        'That is 3.0 times as far as held-out real rows of the same number are.'
    """
    if floor is None:
        return NO_FLOOR
    if value <= ALIKE * floor:
        return "Held-out real rows of the same number are about as far."
    if floor <= 0:
        return "Held-out real rows of the same number are not off at all."
    return f"That is {value / floor:.1f} times as far as held-out real rows of the same number are."


def percent(share: float) -> str:
    """A share as it is read.

    Example:
        >>> percent(0.0312), percent(0.52)
        ('3.1 %', '52 %')
    """
    return (
        f"{100 * share:.0f} %" if share >= 0.1 else f"{100 * share:.1f} %" if share >= 0.001 else f"{100 * share:.2g} %"
    )


def of_hundred(share: float) -> str:
    """A share as whole cases of a hundred.

    Example:
        >>> of_hundred(0.562)
        '56 of 100'
    """
    return f"{100 * share:.0f} of 100"
