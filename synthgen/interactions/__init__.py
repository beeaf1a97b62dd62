"""Users and items: who took what, when, and how it was rated."""

from __future__ import annotations

from synthgen.interactions.reading import ReadInteractions, read_interactions
from synthgen.interactions.table import Interactions

__all__ = ["Interactions", "ReadInteractions", "read_interactions"]
