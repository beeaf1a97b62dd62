"""Picture files, PNG and JPEG: read to bytes of one size, written from bytes.

Letters: H height, W width, K colour channels.
"""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import ExifTags, Image, ImageOps

from synthgen.errors import DataError

ENDINGS = (".png", ".jpg", ".jpeg")
FORMATS = ("PNG", "JPEG")
"""The only decoders that are ever called, whatever a file's name says."""
SMALLEST_SIDE, LARGEST_SIDE = 8, 64
"""Pixels. Smaller ones hold nothing to convolve; larger ones would train for days without a graphics card."""
MOST_PIXELS = 50_000_000
_TURNED = 5
"""From this value of the orientation mark on, height and width are swapped."""


def is_picture_file(name: str) -> bool:
    """Whether a name ends like a picture's.

    Example:
        >>> is_picture_file("a/B.JPG"), is_picture_file("notes.txt")
        (True, False)
    """
    return name.lower().endswith(ENDINGS)


def read_files(
    files: Sequence[Path], side: int | None = None, most: int = LARGEST_SIDE
) -> tuple[np.ndarray, tuple[str, ...]]:
    """Picture files as bytes of one size: the most common one, made smaller where its longer side is too long.

    Others are cut to the same proportions around the middle and resized. Transparent parts become white. Where no
    picture has colour, there is one channel.

    Args:
        files: at least one.
        side: pixels of the longer side; None: as most pictures have it, at most ``most``.
        most: pixels of the longer side at most, where ``side`` does not say.

    Returns:
        ``(N, H, W, K)``, and what to tell the user.

    Raises:
        DataError: a file is missing, damaged or no picture, or the pictures are too small.
    """
    counts = Counter(_size(file) for file in files)
    common, held = min(counts.items(), key=lambda item: (-item[1], item[0]))
    height, width = shrunk(common, side or min(max(common), most))
    if min(height, width) < SMALLEST_SIDE:
        raise DataError(
            f"{files[0].parent}: most pictures are {common[1]} x {common[0]} pixels; at least {SMALLEST_SIDE} on "
            "each side were expected"
        )
    pixels = np.empty((len(files), height, width, 3), np.uint8)
    transparent = 0
    for number, file in enumerate(files):
        pixels[number], clear = _pixels(file, (height, width))
        transparent += clear
    notes = []
    if held < len(files):
        notes.append(
            f"{len(files) - held:,} of {len(files):,} pictures are not {common[1]} x {common[0]} pixels like most; "
            f"they were cut to its proportions and resized"
        )
    if (height, width) != common:
        notes.append(f"pictures of {common[1]} x {common[0]} pixels are learned as {width} x {height}")
    if transparent:
        notes.append(f"{transparent:,} pictures have transparent parts, which were made white")
    return without_idle_colour(pixels), tuple(notes)


def shrunk(size: tuple[int, int], side: int | None) -> tuple[int, int]:
    """Height and width with the longer side as asked for, or no longer than is learned.

    Example:
        >>> shrunk((28, 28), None), shrunk((400, 200), None), shrunk((400, 200), 32)
        ((28, 28), (64, 32), (32, 16))
    """
    longer = max(size)
    wanted = side or min(longer, LARGEST_SIDE)
    height, width = (max(1, round(length * wanted / longer)) for length in size)
    return height, width


def resized(pixels_NHWK: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Pictures in memory in another size."""
    if pixels_NHWK.shape[1:3] == size:
        return pixels_NHWK
    made = [as_bytes(as_image(p).resize(size[::-1], Image.Resampling.LANCZOS)) for p in pixels_NHWK]
    return np.stack(made)


def without_idle_colour(pixels_NHWK: np.ndarray) -> np.ndarray:
    """One channel where all are alike.

    Example:
        >>> without_idle_colour(np.zeros((2, 8, 8, 3), np.uint8)).shape
        (2, 8, 8, 1)
    """
    grey = pixels_NHWK[..., :1]
    return grey if (pixels_NHWK == grey).all() else pixels_NHWK


def as_image(pixels_HWK: np.ndarray) -> Image.Image:
    """One picture for Pillow."""
    return Image.fromarray(pixels_HWK[..., 0] if pixels_HWK.shape[2] == 1 else pixels_HWK)


def as_bytes(image: Image.Image) -> np.ndarray:
    """One picture of Pillow's as ``(H, W, K)``."""
    array = np.asarray(image)
    return array[..., None] if array.ndim == 2 else array


def _opened(file: Path) -> Image.Image:
    """A picture whose first bytes were read.

    Raises:
        DataError: it is none, or far too large.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            image = Image.open(file, formats=FORMATS)
    except FileNotFoundError:
        raise DataError(f"{file}: no such file; a picture was expected") from None
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        raise DataError(_damaged(file)) from None
    if image.width * image.height > MOST_PIXELS:
        image.close()
        raise DataError(
            f"{file}: {image.width:,} x {image.height:,} pixels; at most {MOST_PIXELS:,} were expected. Make it smaller"
        )
    return image


def _damaged(file: Path) -> str:
    return (
        f"{file}: cannot be read as a picture; a whole PNG or JPEG file was expected. Repair it or take it out of "
        "the folder"
    )


def _size(file: Path) -> tuple[int, int]:
    """Height and width as it is shown."""
    with _opened(file) as image:
        try:
            turned = image.getexif().get(ExifTags.Base.Orientation, 1) >= _TURNED
        except (OSError, SyntaxError, ValueError):  # of a PNG it stands behind the pixels
            raise DataError(_damaged(file)) from None
        return (image.width, image.height) if turned else (image.height, image.width)


def _pixels(file: Path, size: tuple[int, int]) -> tuple[np.ndarray, bool]:
    """One picture ``(H, W, 3)``, and whether it has transparent parts."""
    with _opened(file) as image:
        try:
            image.load()
        except (OSError, SyntaxError, ValueError):
            raise DataError(_damaged(file)) from None
        shown: Image.Image = ImageOps.exif_transpose(image)
    clear = False
    if shown.has_transparency_data:
        shown = shown.convert("RGBA")
        clear = shown.getchannel("A").getextrema() != (255, 255)
        shown = Image.alpha_composite(Image.new("RGBA", shown.size, "white"), shown)
    elif shown.mode.startswith("I"):
        shown = Image.fromarray((np.asarray(shown, np.int64) >> 8).clip(0, 255).astype(np.uint8))  # 16 bits of grey
    shown = shown.convert("RGB")
    if shown.size != size[::-1]:
        shown = ImageOps.fit(shown, size[::-1], Image.Resampling.LANCZOS)
    return np.asarray(shown), clear
