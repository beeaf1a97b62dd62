"""Conditions on what to sample: read from text or a mapping, then laid on a fitted table. No torch."""

from __future__ import annotations

from synthgen.conditions.asking import Condition, parse_where, where_of
from synthgen.conditions.binding import Bound, RestrictedPath, bind

__all__ = ["Bound", "Condition", "RestrictedPath", "bind", "parse_where", "where_of"]
