"""One table under its allowance: bounded, counted with noise, and rows made of what came out.

Letters: N real rows, M made rows, O owners, C columns.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from synthgen.columns.number_text import parse_numbers
from synthgen.dp.budget import Budget
from synthgen.dp.columns import PrivateColumn, UnitColumn
from synthgen.dp.releases import Releases, release_columns
from synthgen.dp.selecting import FittedMarginals, fit_marginals
from synthgen.linked.private.frames import Frame

CODED_SHARE = 0.02
"""Of a table's allowance, for the counts of each column that is known by small numbers before."""
RELEASED_SHARE = 0.35
"""Of what is left, for the columns themselves; the rest is for how they hang together."""


@dataclass(frozen=True)
class Told:
    """A table as it was released.

    Attributes:
        coded: columns known as small numbers, before those that were released; their names and sizes.
        releases: the others; None: there are none.
        model: how they hang together; None: there are no columns at all.
    """

    coded: dict[str, int]
    releases: Releases | None
    model: FittedMarginals | None

    @property
    def columns(self) -> tuple[PrivateColumn | UnitColumn, ...]:
        """Those that were released."""
        return () if self.releases is None else self.releases.columns

    @property
    def rows(self) -> int:
        """Noisy number of rows."""
        return 1 if self.releases is None else self.releases.rows

    @property
    def names(self) -> list[str]:
        """All columns, coded ones first."""
        return [*self.coded, *(column.name for column in self.columns)]

    def tokens(self, table: pa.Table) -> dict[str, np.ndarray]:
        """Tokens of released columns of a real table, each by its cell alone."""
        if self.releases is None:
            return {}
        found = self.releases.encode(table)
        return {column.name: found[:, place] for place, column in enumerate(self.columns)}

    @classmethod
    def of(
        cls,
        frame: Frame,
        coded: Mapping[str, tuple[np.ndarray, int]],
        *,
        ordered: Collection[str] = (),
        most: int,
        target: str | None,
        budget: Budget,
        seed: int,
    ) -> Told:
        """Count a table, with all that is left of its allowance.

        Args:
            frame: the columns, at most ``most`` rows of each person.
            coded: ``(N,)`` small numbers below a size, by name.
            ordered: which of these are in order, so that only neighbours are merged.
            most: rows of a person.
            target: the column that others are to predict.
            budget: the allowance.
            seed: of draws that cost nothing.

        Raises:
            PrivacyError: the budget is too small.
        """
        one_way: list[tuple[np.ndarray, np.ndarray | float]] = []
        for name, (code_N, size) in coded.items():
            exact = np.bincount(code_N, minlength=size).astype(np.float64)
            share = min(CODED_SHARE, 0.2 / len(coded))
            one_way.append(budget.gaussian(exact, step=f"values: {name}", share=share, sensitivity=float(most)))
        own = target if target in frame.columns else None
        releases = None
        parts = [code_N[:, None] for code_N, _ in coded.values()]
        sizes = [size for _, size in coded.values()]
        in_order = [name in ordered for name in coded]
        if frame.columns:
            share = budget.left * RELEASED_SHARE
            releases = release_columns(
                frame.table, budget=budget, declared=frame.schema, m=most, share=share, target=own
            )
            parts.append(releases.encode(frame.table))
            sizes += releases.sizes
            one_way += releases.one_way
            in_order += releases.ordered
        names = [*coded, *frame.columns]
        model = None
        if parts:
            model = fit_marginals(
                np.concatenate(parts, axis=1).astype(np.int32),
                sizes,
                sensitivity=float(most),
                budget=budget,
                share=budget.left * (1 - 1e-9),
                one_way=one_way,
                ordered=in_order,
                target=names.index(own) if own is not None else None,
                rng=np.random.default_rng(seed),
            )
        return cls({name: size for name, (_, size) in coded.items()}, releases, model)

    def make(self, rows: int, given: Mapping[str, np.ndarray], rng: np.random.Generator) -> Made:
        """Rows drawn from it.

        Args:
            rows: M.
            given: ``(M,)`` of coded columns, what they are.
            rng: draws.
        """
        fixed = {place: given[name].astype(np.int32) for place, name in enumerate(self.coded) if name in given}
        if self.model is None:
            return Made(rows, {}, {})
        if not rows:
            return self.make(1, {name: np.zeros(1, np.int64) for name in given}, rng).none
        tokens = self.model.sample(rows, rng, fixed or None)
        columns: dict[str, pa.Array] = {}
        if self.releases is not None:
            decoded = self.releases.decode(tokens[:, len(self.coded) :], rng)
            columns = {name: decoded.column(name).combine_chunks() for name in decoded.column_names}
        return Made(rows, {name: tokens[:, place] for place, name in enumerate(self.names)}, columns)


@dataclass
class Made:
    """Rows of one table that were made.

    Attributes:
        rows: M.
        tokens: ``(M,)`` by column.
        columns: ``(M,)`` cells by released column.
        owner_M: the made row that each hangs on.
        person_M: whose each is.
        second_M: when, seconds since 1970; None: they have no times.
        named: by reference as text, the row that each names, a made one or an item's; below 0: none.
        named_keys: likewise the keys of items that have no table.
    """

    rows: int
    tokens: dict[str, np.ndarray]
    columns: dict[str, pa.Array]
    owner_M: np.ndarray | None = None
    person_M: np.ndarray | None = None
    second_M: np.ndarray | None = None
    named: dict[str, np.ndarray] = field(default_factory=dict)
    named_keys: dict[str, pa.Table] = field(default_factory=dict)

    @property
    def none(self) -> Made:
        """No row of it."""
        tokens = {name: tokens[:0] for name, tokens in self.tokens.items()}
        return Made(0, tokens, {name: values.slice(0, 0) for name, values in self.columns.items()})

    def numbers(self, name: str) -> np.ndarray:
        """``(M,)`` a column as numbers; nan where it is none."""
        return parse_numbers(self.columns[name])
