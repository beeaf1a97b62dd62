"""One seed, many independent streams: each part of the program draws from a generator of its own.

Naming the stream keeps parts apart: a change in how many numbers one part draws moves no other.
"""

from __future__ import annotations

import zlib

import numpy as np


def numpy_stream(seed: int, *name: str | int) -> np.random.Generator:
    """A numpy generator for the named part of the program.

    Args:
        seed: the run's seed, zero or more.
        name: what the stream is for, and a number where there are many of it.

    Example:
        >>> a, b = numpy_stream(0, "decode", 1), numpy_stream(0, "decode", 1)
        >>> float(a.random()) == float(b.random())
        True
    """
    return np.random.default_rng([seed, *[_number(part) for part in name]])


def derived_seed(seed: int, *name: str | int) -> int:
    """A 63-bit seed for a generator that is not numpy's (``torch.Generator``).

    Example:
        >>> derived_seed(0, "training") == derived_seed(0, "training") != derived_seed(1, "training")
        True
    """
    state = np.random.SeedSequence([seed, *[_number(part) for part in name]]).generate_state(1, np.uint64)
    return int(state[0]) >> 1


def _number(part: str | int) -> int:
    return part if isinstance(part, int) else zlib.crc32(part.encode())
