"""Users and items: who took what, when, and how it was rated; and a model that makes new users with the same items."""

from __future__ import annotations

from synthgen.interactions.model import InteractionModel
from synthgen.interactions.reading import ReadInteractions, read_interactions
from synthgen.interactions.table import Interactions

__all__ = ["InteractionModel", "Interactions", "ReadInteractions", "read_interactions"]
