"""Noise that protects: from the operating system, never from the seed of a run.

A run's seed is in its manifest. Noise made from it could be subtracted by anybody, so noise has no seed but in tests.
"""

from __future__ import annotations

import os

import numpy as np

LATTICE_BITS = 20
"""Noise is rounded to multiples of about 2^-20 of its standard deviation."""
SECURE_DRAWS = 4
"""Normal draws that are added up for one secure draw."""


class Noise:
    """Draws the noise of releases, and the random choices that are part of a guarantee.

    What holds in floating point, and what does not: textbook normal noise added to a count lands on numbers that
    the neighbouring count cannot reach, and the low bits tell the two apart (Mironov 2012). So noise is rounded to
    multiples of a power of two, at most 1, that is about 2^-20 of its standard deviation. Whole counts lie on that
    lattice, so the sums that two neighbouring tables can reach are the same, and each sum is the rounding of count
    plus noise, which costs nothing. Statistics that are not whole (weighted scores, gradients) have no such
    protection. The law of the draws is that of the generator: 53-bit numbers, whose tail ends beyond 8 standard
    deviations (Holohan & Braghin 2021 attack single draws and the generator's state). ``secure`` adds up four
    independent draws, each from fresh bytes of the operating system, so that no state can be worked out from releases.

    Args:
        seed: for tests and benchmarks only. None takes entropy of the operating system, and keeps none of it.
        secure: takes every draw from the operating system's cryptographic generator; slower, not with a ``seed``.

    Source:
        Mironov 2012, doi:10.1145/2382196.2382264; Holohan & Braghin 2021, arXiv:2107.10138.

    Example:
        >>> float(Noise(seed=0).gaussian((3,), sd=2.0)[0]) == float(Noise(seed=0).gaussian((3,), sd=2.0)[0])
        True
    """

    def __init__(self, seed: int | None = None, *, secure: bool = False) -> None:
        if secure and seed is not None:
            raise ValueError("noise: secure noise has no seed; leave out one of the two")
        self.seeded = seed is not None
        self.secure = secure
        self._generator = np.random.default_rng(seed)

    def gaussian(self, shape: int | tuple[int, ...], sd: float) -> np.ndarray:
        """Normal draws of standard deviation ``sd``, on a lattice that holds all whole numbers.

        Raises:
            ValueError: ``sd`` is not a finite number above 0.
        """
        if not (np.isfinite(sd) and sd > 0):
            raise ValueError(f"noise: standard deviation must be finite and above 0; got {sd}")
        lattice = lattice_of(sd)
        return np.round(self._standard(shape) * (sd / lattice)) * lattice

    def uniform(self, shape: int | tuple[int, ...]) -> np.ndarray:
        """Draws from 0 up to, not including, 1."""
        if not self.secure:
            return self._generator.random(shape)
        size = int(np.prod(shape))
        words = np.frombuffer(os.urandom(8 * size), dtype=np.uint64)
        return ((words >> np.uint64(11)) * 2.0**-53).reshape(shape)

    def permutation(self, count: int) -> np.ndarray:
        """The numbers 0 to ``count - 1`` in random order."""
        return np.argsort(self.uniform(count), kind="stable") if self.secure else self._generator.permutation(count)

    def choice(self, count: int, size: int) -> np.ndarray:
        """``size`` different numbers below ``count``, in random order; all of them where there are no more."""
        return self.permutation(count)[:size]

    def number(self) -> int:
        """A 63-bit number: seeds another library's generator."""
        if self.secure:
            return int.from_bytes(os.urandom(8), "little") >> 1
        return int(self._generator.integers(2**63))

    def _standard(self, shape: int | tuple[int, ...]) -> np.ndarray:
        if not self.secure:
            return self._generator.standard_normal(shape)
        total = np.zeros(shape)
        for _ in range(SECURE_DRAWS):
            radius = np.sqrt(-2.0 * np.log1p(-self.uniform(shape)))
            total += radius * np.cos(2.0 * np.pi * self.uniform(shape))
        return np.asarray(total / np.sqrt(SECURE_DRAWS))


def lattice_of(sd: float) -> float:
    """The power of two, at most 1, whose multiples noise of standard deviation ``sd`` takes.

    Example:
        >>> lattice_of(1.0) == 2.0**-20, lattice_of(1e9)
        (True, 1.0)
    """
    return float(2.0 ** min(0.0, np.floor(np.log2(sd)) - LATTICE_BITS))
