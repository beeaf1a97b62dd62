"""The verdict on privacy: one line out of all attacks, in which no passing figure hides a succeeding attack."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from synthgen.metrics.base import Result
from synthgen.metrics.privacy.attack import ERROR

State = Literal["pass", "fail", "unknown"]
DISTANCE = "distance_share"


def privacy_verdict(results: Sequence[Result]) -> tuple[State, str]:
    """Whether the synthetic table gives training people away.

    Every result of an attack has a ``p`` in its details: the chance of so much success on training people if it made
    no difference who was in the table. With so many attacks one succeeds by luck now and then, so they are held
    against Holm's bounds: fresh real rows fail with a chance of 5 %, however many attacks there are. A distance
    share that looks good changes nothing.

    Two findings fail without a test: a synthetic table that is the training table, and an identifier of a training
    person while no held-out person's comes out. Single rare values are told and not failed: chance does it too.

    Args:
        results: of all metrics; those without such a ``p`` are passed over.

    Returns:
        ``unknown`` when no attack could be judged, mostly because no rows were held out; and one or more sentences.

    Source:
        Holm 1979, www.jstor.org/stable/4615733.

    Example:
        >>> privacy_verdict([])[0]
        'unknown'
    """
    by_name = {result.name: result for result in results if result.value is not None}
    tested = [result for result in by_name.values() if result.details.get("p") is not None]
    failed = _succeeding(tested)
    told = [*_facts(by_name), *(f"{result.title}: {result.meaning or result.sentence}" for result in failed)]
    if told:
        distance = by_name.get(DISTANCE)
        if distance is not None and distance not in failed and any(result.name != DISTANCE for result in failed):
            told.append(
                f"The distance share alone, {distance.value:.3f}, would have passed: distances do not show what "
                "attacks do."
            )
        return "fail", " ".join(told)
    notes = _notes(by_name)
    if not tested:
        told = [
            "Whether single people are given away cannot be said: there are no held-out people to compare them with."
        ]
        return "unknown", " ".join([*told, *notes])
    line = f"None of {len(tested)} attacks and counts does better on training people than on people who were held out."
    return "pass", " ".join([line, *notes])


def _succeeding(tested: list[Result]) -> list[Result]:
    """Those beyond Holm's bounds, the clearest first."""
    ordered = sorted(tested, key=lambda result: float(result.details["p"]))
    for i, result in enumerate(ordered):
        if result.details["p"] > ERROR / (len(ordered) - i):
            return ordered[:i]
    return ordered


def _facts(by_name: dict[str, Result]) -> list[str]:
    """What no chance explains."""
    told = []
    copies, emitted = by_name.get("copies"), by_name.get("emitted")
    if copies is not None and copies.details.get("identical"):
        told.append("The synthetic table is the training table in another order: it protects nobody.")
    if emitted is not None and "p" in emitted.details:
        kinds, people = emitted.details["kinds"], emitted.details["people"]
        for name, one in people.items():
            if kinds[name] == "identifier" and one["hits"] and not one["hits_control"]:
                told.append(f"{one['hits']:,} training people's cells of {name!r} stand in the synthetic table.")
    return told


def _notes(by_name: dict[str, Result]) -> list[str]:
    """What is no proof and yet to be looked at."""
    told = []
    copies, rare, emitted = (by_name.get(name) for name in ("copies", "rare_values", "emitted"))
    if copies is not None and copies.floor is None and copies.value:
        told.append(f"{copies.value:.1%} of the synthetic rows equal a training row.")
    if emitted is not None and emitted.floor is None and emitted.value:
        told.append(f"{emitted.value:.1%} of the identifiers and texts are real ones.")
    if rare is not None and (count := sum(rare.details["emitted"].values())):
        columns = ", ".join(repr(name) for name in rare.details["emitted"])
        what = (
            "value that only very few training people hold was" if count == 1 else "values that only very few hold were"
        )
        told.append(f"{count:,} {what} emitted, in {columns}: decide whether they may be shown.")
    return told
