"""Which columns of a user table say what of an account."""

from __future__ import annotations

import re
from collections.abc import Sequence

from synthgen.table.schema import ColumnSchema, Schema

LABELS = ("is_bot", "bot", "fake", "spam", "account_type", "label")
"""Words in the name of the column that says who is fake, the surest first."""
FAKES = ("true", "1", "1.0", "bot", "fake", "yes", "spam", "spammer")
"""How such a column says so."""
HANDLE = re.compile(r"handle|screen_?name|user_?name|login|nick", re.I)
CREATED = re.compile(r"creat|join|regist|sign_?up|since", re.I)
LABEL_TYPES = ("boolean", "categorical", "numeric")


def label_of(schema: Schema) -> str | None:
    """The column that says who is fake; None: none does."""
    names = [column.name for column in schema.columns if column.type in LABEL_TYPES]
    return next((name for word in LABELS for name in names if word in name.lower()), None)


def is_fake(value: object) -> bool:
    """Whether a label says so.

    Example:
        >>> is_fake("Bot"), is_fake(False), is_fake(None)
        (True, False, False)
    """
    return str(value).strip().lower() in FAKES


def created_of(schema: Schema) -> ColumnSchema | None:
    """The column that says since when an account exists."""
    times = [column for column in schema.columns if column.type == "datetime"]
    named = [column for column in times if CREATED.search(column.name)]
    return next(iter(named or times), None)


def handle_of(schema: Schema, key: Sequence[str] = ()) -> str | None:
    """The column of handles that is no key; None: there is none."""
    texts = [column.name for column in schema.columns if column.type in ("identifier", "text", "categorical")]
    return next((name for name in texts if HANDLE.search(name) and name not in key), None)
