"""Columns under a privacy budget: what cells are, how many hold what, and how to make cells of it again."""

from synthgen.dp.columns.base import Kind, PrivateColumn, UnitColumn
from synthgen.dp.columns.dates import DateKind
from synthgen.dp.columns.numeric import NumberKind
from synthgen.dp.columns.texts import TextKind

__all__ = ["KINDS", "DateKind", "Kind", "NumberKind", "PrivateColumn", "TextKind", "UnitColumn"]

KINDS: tuple[type[Kind], ...] = (DateKind, NumberKind, TextKind)
"""In the order in which a cell of text is asked; the last takes all."""
