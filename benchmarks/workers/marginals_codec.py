"""Cells <-> tokens for mechanisms that know nothing but small whole numbers.

All that is learned here (which values there are, where bins begin, how many decimals) is read from the data
without noise, as is usual where these mechanisms are published: it is outside their guarantee.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

MOST_LABELS = 256
"""Values of a label that have a token of their own; the rest share one and come back as the first of them."""
MOST_TOKENS = 32
"""Of a number: frequent values and equal-mass bins of the others."""
ATOM_SHARE = 0.02
"""A value of a number that so many rows hold is a token of its own."""
MISSING = ""


@dataclass
class LabelColumn:
    """A column of labels, missing among them."""

    values: list[str]

    @classmethod
    def of(cls, cells: pd.Series) -> LabelColumn:
        """The values there are, frequent ones first."""
        return cls(cells.value_counts().index[:MOST_LABELS].tolist())

    @property
    def size(self) -> int:
        """Tokens."""
        return len(self.values)

    def encode(self, cells: pd.Series) -> np.ndarray:
        """Cells to tokens; a value without a token gets the last one."""
        found = pd.Categorical(cells, categories=self.values).codes.astype(np.int64)
        return np.where(found < 0, self.size - 1, found)

    def decode(self, tokens: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Tokens to cells."""
        return np.array(self.values, dtype=object)[tokens]


@dataclass
class NumberColumn:
    """A column of numbers: missing, frequent values, bins with their edges.

    Attributes:
        atoms: frequent values.
        edges: of the bins, one more than there are bins; none where every value is an atom.
        missing: whether cells may be missing (the first token).
        decimals: that cells are written with.
        date: cells are times; the numbers are seconds.
    """

    atoms: np.ndarray
    edges: np.ndarray
    missing: bool
    decimals: int
    date: bool

    @classmethod
    def of(cls, cells: pd.Series, date: bool) -> NumberColumn:
        """Atoms are the frequent values; bins hold equally many of the other rows."""
        numbers = numbers_of(cells, date)
        present = numbers[~np.isnan(numbers)]
        values, counts = np.unique(present, return_counts=True)
        atoms = (
            values if len(values) <= MOST_TOKENS else values[counts >= ATOM_SHARE * len(present)][: MOST_TOKENS // 2]
        )
        rest = present[~np.isin(present, atoms)]
        bins = MOST_TOKENS - len(atoms)
        edges = np.unique(np.quantile(rest, np.linspace(0, 1, bins + 1))) if len(rest) else np.array([])
        written = cells[~np.isnan(numbers)]
        parts = written.str.extract(r"\.(\d+)", expand=False).str.len()
        decimals = 0 if date or parts.isna().all() else int(parts.max())
        return cls(atoms, edges, bool(np.isnan(numbers).any()), decimals, date)

    @property
    def size(self) -> int:
        """Tokens."""
        return int(self.missing) + len(self.atoms) + max(len(self.edges) - 1, 0)

    def encode(self, cells: pd.Series) -> np.ndarray:
        """Cells to tokens."""
        numbers = numbers_of(cells, self.date)
        first = int(self.missing)
        tokens = np.zeros(len(numbers), np.int64)
        at_atom = np.isin(numbers, self.atoms)
        tokens[at_atom] = first + np.searchsorted(self.atoms, numbers[at_atom])
        binned = ~at_atom & ~np.isnan(numbers)
        bins = np.searchsorted(self.edges, numbers[binned], side="right") - 1
        tokens[binned] = first + len(self.atoms) + np.clip(bins, 0, max(len(self.edges) - 2, 0))
        return tokens

    def decode(self, tokens: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Tokens to cells, drawn evenly within a bin."""
        first, n_atoms = int(self.missing), len(self.atoms)
        numbers = np.full(len(tokens), np.nan)
        at_atom = (tokens >= first) & (tokens < first + n_atoms)
        numbers[at_atom] = self.atoms[tokens[at_atom] - first]
        binned = tokens >= first + n_atoms
        bins = tokens[binned] - first - n_atoms
        if binned.any():
            numbers[binned] = rng.uniform(self.edges[bins], self.edges[bins + 1])
        written = np.full(len(tokens), MISSING, dtype=object)
        present = ~np.isnan(numbers)
        if self.date:
            written[present] = pd.to_datetime(numbers[present].round(), unit="s").strftime("%Y-%m-%d %H:%M:%S")
        else:
            written[present] = [f"{number:.{self.decimals}f}" for number in numbers[present]]
        return written


def numbers_of(cells: pd.Series, date: bool) -> np.ndarray:
    """Cells as numbers, missing ones NaN; a time as seconds since 1970."""
    if date:
        when = pd.to_datetime(cells.replace(MISSING, None), format="mixed", utc=True)
        seconds = (when - pd.Timestamp(0, tz="UTC")) / pd.Timedelta(seconds=1)
        return seconds.to_numpy(float)
    return pd.to_numeric(cells.replace(MISSING, None)).to_numpy(float)


def is_number(cells: pd.Series) -> bool:
    """Whether every cell that is there reads as a number, and there are too many for labels."""
    present = cells[cells != MISSING]
    numbers = pd.to_numeric(present, errors="coerce")
    return len(present) > 0 and bool(numbers.notna().all()) and numbers.nunique() > 2


@dataclass
class Codec:
    """A column each, by name."""

    columns: dict[str, LabelColumn | NumberColumn]

    @classmethod
    def of(cls, rows: pd.DataFrame, dates: list[str]) -> Codec:
        """From the cells as they are written."""
        return cls(
            {
                name: NumberColumn.of(rows[name], name in dates)
                if name in dates or is_number(rows[name])
                else LabelColumn.of(rows[name])
                for name in rows.columns
            }
        )

    def encode(self, rows: pd.DataFrame) -> dict[str, np.ndarray]:
        """Tokens by column."""
        return {name: column.encode(rows[name]) for name, column in self.columns.items()}

    def decode(self, tokens: dict[str, np.ndarray], rng: np.random.Generator) -> pd.DataFrame:
        """Cells, as they would be written."""
        return pd.DataFrame({name: column.decode(tokens[name], rng) for name, column in self.columns.items()})
