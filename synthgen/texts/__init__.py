"""Short texts: read real ones, learn how they are written given their rows, and write others that are nobody's."""

from __future__ import annotations

from synthgen.texts.model import TextModel
from synthgen.texts.training import TextSettings

__all__ = ["TextModel", "TextSettings"]
