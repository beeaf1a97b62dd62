"""Quotas: shares of rows that are met exactly, each part drawn from the rows of its own kind.

account_type: bot=20%, human=80%
age: ..29=25%, 30..59=50%, 60..=25%
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from synthgen.columns.wanted import Clause
from synthgen.conditions import Condition, parse_where, where_of
from synthgen.errors import ConditionError
from synthgen.seeding import derived_seed, numpy_stream
from synthgen.synthesizers.base import DECODE_ROWS, Model

_EXPECTED = "expected such as 'account_type: bot=20%, human=80%'"
_COLUMN = re.compile(r"""\s*(?P<name>'(?:[^']|'')*'|"(?:[^"]|"")*"|[^:]+?)\s*:(?P<parts>.*)$""", re.DOTALL)
_PART = re.compile(r"""(?P<value>(?:'(?:[^']|'')*'|"(?:[^"]|"")*"|[^,'"])+?)=\s*(?P<share>[^,=]+?)\s*(?:,|$)""")
_WHOLE = 1e-9
"""Shares that add up to one but for so much are all there is: no rounding of a sum of percentages is larger."""


@dataclass(frozen=True)
class Quota:
    """Shares of one column.

    Attributes:
        column: its name.
        parts: what a row of each part holds, and the part's share; what is left goes to rows that hold none of it.
    """

    column: str
    parts: tuple[tuple[Clause, float], ...]

    @property
    def strata(self) -> list[tuple[Condition, float]]:
        """A condition and a share for each part, the shares adding up to one."""
        parts = list(self.parts)
        left = 1 - sum(share for _, share in parts)
        if left > _WHOLE:
            named = tuple(value for clause, _ in parts for value in clause.values)
            parts.append((Clause("not in", named), left))
        return [(Condition(self.column, clause), share) for clause, share in parts]

    def counts(self, n: int) -> list[int]:
        """Rows of each stratum, by the largest remainders.

        Example:
            >>> quota_of("kind: a=33.3%, b=33.3%, c=33.4%").counts(100)
            [33, 33, 34]
        """
        return _largest_remainders(np.array([share * n for _, share in self.strata]), n)


def quota_of(quota: str | Mapping[str, Mapping[Any, float]]) -> Quota:
    """A quota from text, or from a mapping of one column to its values' shares.

    Args:
        quota: shares in text are percentages or, without ``%``, parts of one; in a mapping parts of one.

    Raises:
        ConditionError: it cannot be read, or its shares are not shares.

    Example:
        >>> quota_of({"account_type": {"bot": 0.2}}).strata[1][0].clause.operation
        'not in'
        >>> [str(condition) for condition, _ in quota_of("age: ..29=25%, 30..=75%").strata]
        ['age = ..29', 'age = 30..']
    """
    column, named = _from_text(quota) if isinstance(quota, str) else _from_mapping(quota)
    for clause, share in named:
        if not (math.isfinite(share) and 0 <= share <= 1):
            raise ConditionError(f"quota: {column} {clause} has the share {share:g}; expected 0 % to 100 %")
    if not named:
        raise ConditionError(f"quota: no share is asked of {column!r}; {_EXPECTED}")
    total = sum(share for _, share in named)
    if total > 1 + _WHOLE:
        raise ConditionError(
            f"quota: the shares of {column!r} add up to {total:.4g} times the whole; 100 % at the most"
        )
    return Quota(column, tuple(named))


def _from_text(text: str) -> tuple[str, list[tuple[Clause, float]]]:
    match = _COLUMN.match(text)
    if match is None:
        raise ConditionError(f"quota: {text!r} names no column; {_EXPECTED}")
    name, parts, at, found = match["name"], match["parts"].strip(), 0, []
    while at < len(parts):
        part = _PART.match(parts, at)
        if part is None:
            raise ConditionError(f"quota: {parts[at:].strip()!r} gives no value a share; {_EXPECTED}")
        [condition] = parse_where(f"{name} = {part['value'].strip()}")
        found.append((condition.clause, _share(part["share"], part["value"])))
        at = part.end()
    return parse_where(f"{name} is missing")[0].column, found


def _share(text: str, value: str) -> float:
    try:
        return float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        raise ConditionError(
            f"quota: {text!r} for {value.strip()!r} is no share; expected such as 20% or 0.2"
        ) from None


def _from_mapping(quota: Mapping[str, Mapping[Any, float]]) -> tuple[str, list[tuple[Clause, float]]]:
    if len(quota) != 1:
        raise ConditionError(f"quota: {len(quota)} columns; expected one, and 'where' for what all rows should hold")
    [(column, shares)] = quota.items()
    if not isinstance(shares, Mapping):
        raise ConditionError(f"quota: {shares!r} for {column!r}; expected shares by value, such as {{'bot': 0.2}}")
    found = []
    for value, share in shares.items():
        if not isinstance(share, int | float) or isinstance(share, bool):
            raise ConditionError(f"quota: {share!r} for {value!r} is no share; expected a number from 0 to 1")
        [condition] = where_of({column: value})
        found.append((condition.clause, float(share)))
    return column, found


def share_out(left: list[int], rows: int) -> list[int]:
    """How many of the next rows belong to each stratum, when so many are left of each: in proportion.

    Example:
        >>> share_out([2, 8], 5), share_out([1, 1, 1], 2)
        ([1, 4], [1, 1, 0])
    """
    return _largest_remainders(np.array(left) * (rows / max(1, sum(left))), rows)


def _largest_remainders(exact: np.ndarray, total: int) -> list[int]:
    """Whole numbers that add up to the total, none further than one from what it should be."""
    counts = np.floor(exact + _WHOLE * max(total, 1)).astype(int)
    remainders = np.argsort(counts - exact, kind="stable")
    counts[remainders[: total - counts.sum()]] += 1
    return [int(count) for count in counts]


def stratified(model: Model, quota: Quota, conditions: Sequence[Condition], n: int, seed: int) -> Iterator[pa.Table]:
    """Rows of which each part has exactly its share, in random order.

    Args:
        model: what they are drawn from.
        quota: the shares.
        conditions: what all rows keep besides.
        n: how many.
        seed: equal seeds give equal rows.

    Yields:
        Tables of at most ``DECODE_ROWS`` rows; one empty table for ``n = 0``.
    """
    left, drawn = quota.counts(n), [0] * len(quota.strata)
    models = [model.asking([*conditions, condition]) for condition, _ in quota.strata]
    for start in range(0, max(n, 1), DECODE_ROWS):
        counts, number, parts = share_out(left, min(DECODE_ROWS, n - start)), start, []
        for stratum, rows in enumerate(counts):
            parts.append(models[stratum].rows(drawn[stratum], rows, derived_seed(seed, "stratum", stratum), number))
            drawn[stratum], left[stratum], number = drawn[stratum] + rows, left[stratum] - rows, number + rows
        whole = pa.concat_tables(parts)
        yield whole.take(pa.array(numpy_stream(seed, "order of strata", start).permutation(len(whole))))
