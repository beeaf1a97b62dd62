"""Pictures of one size, with what is known of them.

Letters: N pictures, H height, W width, K colour channels (1 grey, 3 red, green, blue).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np

from synthgen.errors import DataError, SchemaError

FEWEST = 32
"""Pictures that a fit needs: from fewer, two networks learn those by heart."""
LABEL = "label"
"""What a picture's label is called in conditions and in ``labels.csv``."""


@dataclass(frozen=True)
class Pictures:
    """Pictures in memory.

    Attributes:
        pixels_NHWK: bytes, 0 dark to 255 light.
        labels_N: numbers out of ``names``; None when nothing is known of them.
        names: the labels, in the order of their numbers.
        name: what messages call them.
        notes: sentences for the user: what was made of them while reading.
    """

    pixels_NHWK: np.ndarray
    labels_N: np.ndarray | None = None
    names: tuple[str, ...] = ()
    name: str = "pictures"
    notes: tuple[str, ...] = field(default=())

    def __len__(self) -> int:
        return len(self.pixels_NHWK)

    @property
    def shape(self) -> tuple[int, int, int]:
        """K, H, W."""
        height, width, colours = self.pixels_NHWK.shape[1:]
        return colours, height, width

    def take(self, chosen: np.ndarray) -> Self:
        """Some of them."""
        labels = None if self.labels_N is None else self.labels_N[chosen]
        return replace(self, pixels_NHWK=self.pixels_NHWK[chosen], labels_N=labels)

    def with_common_labels(self, min_holders: int) -> Self:
        """Without pictures whose label too few others share: such a label could point at one person."""
        if self.labels_N is None:
            return self
        counts = np.bincount(self.labels_N, minlength=len(self.names))
        common = np.flatnonzero(counts >= min_holders)
        if len(common) == len(self.names):
            return self
        if not len(common):
            raise DataError(
                f"{self.name}: no label is held by {min_holders} pictures; expected a few labels for many pictures. "
                "Give broader labels, or none"
            )
        left = self.take(np.isin(self.labels_N, common))
        assert left.labels_N is not None
        gone = len(self) - len(left)
        note = (
            f"{gone} pictures with a label that fewer than {min_holders} pictures hold were left out "
            f"({len(self.names) - len(common)} labels)"
        )
        return replace(
            left,
            labels_N=np.searchsorted(common, left.labels_N),
            names=tuple(self.names[k] for k in common),
            notes=(*self.notes, note),
        )

    def checked(self) -> Self:
        """Themselves, when there are enough to learn from.

        Raises:
            DataError: there are too few.
        """
        if len(self) < FEWEST:
            raise DataError(f"{self.name}: {len(self)} pictures; expected at least {FEWEST}. Collect more")
        return self


def with_labels(pixels_NHWK: np.ndarray, labels: list[str] | None, name: str, notes: tuple[str, ...] = ()) -> Pictures:
    """Pictures whose labels are texts; numbers are ordered as numbers.

    Example:
        >>> with_labels(np.zeros((3, 8, 8, 1), np.uint8), ["10", "9", "9"], "digits").names
        ('9', '10')
    """
    if labels is None:
        return Pictures(pixels_NHWK, name=name, notes=notes)
    different = set(labels)
    whole = all(label.isdecimal() for label in different)
    names = tuple(sorted(different, key=lambda label: (int(label), label) if whole else (0, label)))
    if len(names) == 1:
        notes = (*notes, f"all pictures have the label {names[0]!r}, so there is nothing to choose by")
    number = {label: k for k, label in enumerate(names)}
    return Pictures(pixels_NHWK, np.array([number[label] for label in labels]), names, name, notes)


def from_arrays(pixels: np.ndarray, labels: list[str] | None) -> Pictures:
    """Pictures that are in memory already.

    Raises:
        SchemaError: they are not bytes ``(N, H, W)`` or ``(N, H, W, 3)``, or there is not one label for each.
    """
    pixels = np.asarray(pixels)
    fits = pixels.ndim == 3 or (pixels.ndim == 4 and pixels.shape[3] in (1, 3))
    if pixels.dtype != np.uint8 or not fits or 0 in pixels.shape[1:]:
        raise SchemaError(
            f"pictures: an array {pixels.dtype} of shape {pixels.shape}; expected uint8 (N, H, W) or (N, H, W, 3)"
        )
    if labels is not None and len(labels) != len(pixels):
        raise SchemaError(f"pictures: {len(labels)} labels for {len(pixels)} pictures; expected one for each")
    return with_labels(pixels if pixels.ndim == 4 else pixels[..., None], labels, "pictures")
