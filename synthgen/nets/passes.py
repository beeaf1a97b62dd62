"""Which slots are drawn together: in how many passes, and in which company.

What is drawn in one pass does not see each other. So slots that hang together go to different passes, and later
passes, which see more of the row, take more slots. With one slot to a pass there is nothing to choose.

Letters: S slots, N rows.
"""

from __future__ import annotations

import numpy as np

from synthgen.layout import Layout

GROWTH = 3.0
"""How many times as many slots the last pass takes as the first. Measured on Shoppers, 4 passes instead of 17,
detector: all alike 0.573, three times 0.543, six times 0.563; slots thrown together at random 0.646."""
MOST_ROWS, MOST_SLOTS = 8_192, 400
"""80,000 pairs of slots take some seconds; what more rows would add is below what a pass can use."""
TRIES = 8
"""Random divisions to choose the best of; 32 gave the same detector at two thirds of the speed."""


def dependence(tokens_NS: np.ndarray, layout: Layout) -> np.ndarray:
    """``(S, S)`` mutual information of each two slots of the same stage, in nats; 0 for others.

    What counting so few rows makes of nothing is taken off (Miller 1955, Note on the bias of information estimates).
    At most ``MOST_ROWS`` rows are counted; of more than ``MOST_SLOTS`` slots none is taken to hang together.

    Example:
        >>> from synthgen.layout import RowSlot
        >>> slots = tuple(RowSlot(i, "", 0, 2, np.full(2, np.nan), np.ones(2)) for i in range(3))
        >>> rows = np.stack([np.arange(400) % 2, np.arange(400) % 2, np.arange(400) // 2 % 2], axis=1)
        >>> dependence(rows, Layout(slots)).round(2)[0].tolist()
        [0.0, 0.69, 0.0]
    """
    tokens_NS, sizes = tokens_NS[:MOST_ROWS], layout.sizes
    n = len(tokens_NS)
    found = np.zeros((len(sizes), len(sizes)))
    for stage in layout.stages if len(sizes) <= MOST_SLOTS else []:
        for at, a in enumerate(stage):
            for b in stage[:at]:
                code = tokens_NS[:, a].astype(np.int64) * sizes[b] + tokens_NS[:, b]
                joint = np.bincount(code, minlength=sizes[a] * sizes[b]).reshape(sizes[a], sizes[b])
                found[a, b] = found[b, a] = _information(joint / max(1, n), n)
    return found


def _information(joint: np.ndarray, n: int) -> float:
    apart = np.outer(joint.sum(1), joint.sum(0))
    held = joint > 0
    plain = float((joint[held] * np.log(joint[held] / apart[held])).sum())
    free = ((joint.sum(1) > 0).sum() - 1) * ((joint.sum(0) > 0).sum() - 1)
    return max(0.0, plain - float(free) / (2 * max(1, n)))


def sizes_of_passes(n_slots: int, n_passes: int) -> list[int]:
    """How many slots each pass takes, growing towards the end.

    Example:
        >>> sizes_of_passes(17, 4), sizes_of_passes(3, 8), sizes_of_passes(5, 1)
        ([2, 4, 5, 6], [1, 1, 1], [5])
    """
    n_passes = min(n_slots, n_passes)
    weights = np.linspace(1.0, GROWTH, n_passes)
    ends = np.rint(np.cumsum(weights) / weights.sum() * n_slots).astype(int)
    ends = np.maximum(ends, np.arange(1, n_passes + 1))
    return [int(size) for size in np.diff(ends, prepend=0)]


def divide(slots: list[int], n_passes: int, dependence_SS: np.ndarray, rng: np.random.Generator) -> list[list[int]]:
    """Slots in passes: the best of some random divisions, by what hangs together within a pass.

    Args:
        slots: their numbers.
        n_passes: so many; fewer where there are fewer slots.
        dependence_SS: see ``dependence``.
        rng: decides the order.

    Example:
        >>> links = np.zeros((6, 6))
        >>> links[0, 1] = links[1, 0] = links[2, 3] = links[3, 2] = 1.0
        >>> found = divide([0, 1, 2, 3, 4, 5], 2, links, np.random.default_rng(0))
        >>> [len(part) for part in found], [len({0, 1} & set(part)) for part in found]
        ([2, 4], [1, 1])
    """
    room = sizes_of_passes(len(slots), n_passes)
    if max(room, default=0) <= 1:
        return [[slot] for slot in rng.permutation(slots).tolist()]
    best, least = [slots], np.inf
    for _ in range(TRIES if len(room) > 1 else 1):
        parts: list[list[int]] = [[] for _ in room]
        cost = 0.0
        for slot in rng.permutation(slots).tolist():
            added = [
                dependence_SS[slot, part].sum() if len(part) < most else np.inf
                for part, most in zip(parts, room, strict=True)
            ]
            ties = rng.random(len(parts)) * 1e-9
            chosen = int(np.argmin(np.asarray(added) + ties))
            parts[chosen].append(slot)
            cost += float(added[chosen])
        if cost < least:
            best, least = parts, cost
    return best
