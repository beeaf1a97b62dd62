"""Who is mentioned: handles that many mention keep a token, under a synthetic name; the others are drawn anew."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import pyarrow as pa

from synthgen.columns.made_up_words import WordMaker
from synthgen.errors import DataError
from synthgen.texts.units import HANDLE, units_of


@dataclass(frozen=True)
class Handles:
    """Synthetic handles.

    Attributes:
        maker: makes them; none is real.
        popular: how many were mentioned by enough users and have a name of their own.
        others: how many were not; mentions of them are drawn from as many made-up ones.
    """

    maker: WordMaker
    popular: int
    others: int

    @classmethod
    def fit(
        cls,
        texts: Sequence[str],
        owners: np.ndarray,
        names: Mapping[str, str] | None,
        min_holders: int,
        rng: np.random.Generator,
        hidden: Collection[str] = (),
        public: bool = False,
    ) -> tuple[Self, dict[str, str]]:
        """Learn who is mentioned.

        Args:
            texts: with real handles.
            owners: ``(N,)``, a number per text.
            names: real handle to synthetic one, with or without ``@``, in any case; a public account may keep its own.
            min_holders: users who have to mention a handle.
            rng: for names that are made up.
            hidden: real handles, lower case with ``@``, that get no name of their own however many mention them.
            public: the others that so many mention keep their own name, as a label does that so many rows hold.

        Returns:
            What is kept, and the synthetic name of each popular real handle: for the fit alone.
        """
        holders: dict[str, set[int]] = defaultdict(set)
        spellings: dict[str, Counter[str]] = defaultdict(Counter)
        for text, owner in zip(texts, owners.tolist(), strict=True):
            for unit in units_of(text, str) if "@" in text else ():
                if unit.kind == "handle":
                    holders[unit.text.lower()].add(owner)
                    spellings[unit.text.lower()][unit.text] += 1
        given = checked_names(names)
        real = sorted({*holders, *(f"@{name.lstrip('@').lower()}" for name in names or ())})
        maker = WordMaker.fit(pa.array([*real, *given.values()], pa.string()), "handle", rng)
        maker = replace(maker, prefix="@")
        popular = sorted(name for name, users in holders.items() if len(users) >= min_holders and name not in hidden)
        made = maker.make(np.arange(len(popular))).to_pylist()
        own = {name: spellings[name].most_common(1)[0][0] for name in popular} if public else {}
        chosen = {name: given.get(name, own.get(name, made[place])) for place, name in enumerate(popular)}
        return cls(maker, len(popular), max(1, len(holders) - len(popular))), chosen

    def draw(self, many: int, rng: np.random.Generator, among: Sequence[str] | None = None) -> list[str]:
        """So many handles that are mentioned by few.

        Args:
            many: how many.
            rng: of the draw.
            among: synthetic handles of a table of users; None: made-up ones.
        """
        if among:
            picked = [among[place] for place in rng.integers(len(among), size=many)]
            return [name if name.startswith("@") else f"@{name}" for name in picked]
        numbers = self.popular + rng.integers(self.others, size=many)
        made: list[str] = self.maker.make(numbers).to_pylist()
        return made

    def state(self) -> dict[str, Any]:
        """JSON types."""
        return {"maker": self.maker.state(), "popular": self.popular, "others": self.others}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        """The handles again."""
        return cls(WordMaker.from_state(state["maker"]), int(state["popular"]), int(state["others"]))


def checked_names(names: Mapping[str, str] | None) -> dict[str, str]:
    """Names with ``@``, the real ones in lower case.

    Raises:
        DataError: a synthetic name is no handle.

    Example:
        >>> checked_names({"Ann": "mevo"})
        {'@ann': '@mevo'}
    """
    found = {}
    for real, made in (names or {}).items():
        handle = f"@{made.lstrip('@')}"
        if [(unit.kind, unit.text) for unit in units_of(handle)] != [("handle", HANDLE)]:
            raise DataError(
                f"handles: a synthetic name is no handle; letters, digits and _ were expected. Got {made!r}"
            )
        found[f"@{real.lstrip('@').lower()}"] = handle
    return found
