"""A model of who takes what: fitted on real interactions, it makes those of new users with the same items.

Letters: U users, I items, N users drawn, D different items of the users drawn.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from typing import Any, Self

import numpy as np

from synthgen.errors import ConfigError, DataError, NotFittedError, RunError
from synthgen.interactions.catalogue import Catalogue
from synthgen.interactions.keeping import kept, restored
from synthgen.interactions.laws import CellLaw
from synthgen.interactions.learning import KINDS, learned_parts
from synthgen.interactions.making import Drawing
from synthgen.interactions.table import Interactions
from synthgen.interactions.tastes import Tastes
from synthgen.seeding import numpy_stream
from synthgen.storage import read_run, writing

MODEL = "interactions"
CHUNK = 1_000
"""Users drawn together: their sets of frequent items take 4 MB."""
FEWEST_USERS = 10


@dataclass
class InteractionModel:
    """What is kept of real interactions: laws over groups of users and clusters of items, and totals of pairs of items.

    No user's history is kept, and nothing that fewer than ``min_holders`` users share. Items keep their numbers.

    Attributes:
        random_state: seed of the fit.
        min_holders: users whom an item, a pair of items or a cell of a law must have to be learned.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> real = Interactions.of(np.repeat(np.arange(40), 6), rng.integers(0, 30, 240), n_items=30)
        >>> model = InteractionModel().fit(real)
        >>> made = model.sample(100, random_state=1)
        >>> made.n_users, made.n_items, int(made.counts().max())
        (100, 30, 2)
    """

    random_state: int = 0
    min_holders: int = 5
    _parts: dict[str, Any] = field(default_factory=dict, repr=False)
    _facts: dict[str, Any] = field(default_factory=dict, repr=False)

    def fit(self, interactions: Interactions) -> Self:
        """Learn from real interactions.

        Raises:
            DataError: there are too few users.
            ConfigError: ``min_holders`` is below 1.
        """
        if self.min_holders < 1:
            raise ConfigError(f"min_holders must be at least 1; got {self.min_holders}")
        active = int((interactions.per_user_U > 0).sum())
        if active < max(FEWEST_USERS, self.min_holders):
            raise DataError(
                f"interactions: {active:,} users took something; at least {max(FEWEST_USERS, self.min_holders)} were "
                "expected to learn from"
            )
        rng = numpy_stream(self.random_state, MODEL, "fit")
        self._parts = learned_parts(interactions, self.min_holders, rng)
        catalogue = self._parts["catalogue"]
        learned = int((catalogue.cluster_I < catalogue.n_clusters).sum())
        self._facts = {
            "users": interactions.n_users,
            "items": interactions.n_items,
            "interactions": len(interactions),
            "items_learned": learned,
            "clusters": catalogue.n_clusters,
            "groups": len(self._parts["tastes"].spread_G),
            "pairs": len(self._parts["company"].first_P),
        }
        return self

    @property
    def facts(self) -> dict[str, Any]:
        """What was learned from, and into how many clusters, groups and pairs."""
        return dict(self._facts)

    def sample(
        self,
        n_users: int | None = None,
        *,
        counts: np.ndarray | None = None,
        rows: np.ndarray | None = None,
        groups: np.ndarray | None = None,
        items: np.ndarray | None = None,
        random_state: int = 0,
    ) -> Interactions:
        """Interactions of new users, user by user and in time.

        Args:
            n_users: how many users; None: as many as there were.
            counts: how many different items each user takes, instead of ``n_users``.
            rows: how many interactions each user has, items taken again counted, instead of either.
            groups: of like users, as ``groups_of`` says, one for each; below 0: drawn.
            items: ``(I,)`` whether each item may be taken; None: any that were.
            random_state: seed.

        Raises:
            NotFittedError: there was no fit.
            DataError: a count is negative, or more than there are items that anyone takes.
        """
        asked = {"counts": counts, "rows": rows, "groups": groups, "items": items}
        parts = list(self.chunks(n_users, **asked, random_state=random_state))
        n_items = self._facts["items"]
        if not parts:
            return Interactions.of(np.zeros(0, np.int64), np.zeros(0, np.int64), n_users=0, n_items=n_items)
        begin = np.cumsum([0, *(part.n_users for part in parts)])
        return Interactions(
            np.concatenate([part.user_E + start for part, start in zip(parts, begin[:-1], strict=True)]),
            np.concatenate([part.item_E for part in parts]),
            int(begin[-1]),
            n_items,
            _joined([part.rating_E for part in parts]),
            _joined([part.time_E for part in parts]),
        )

    def chunks(
        self,
        n_users: int | None = None,
        *,
        counts: np.ndarray | None = None,
        rows: np.ndarray | None = None,
        groups: np.ndarray | None = None,
        items: np.ndarray | None = None,
        random_state: int = 0,
    ) -> Iterator[Interactions]:
        """What ``sample`` makes, some users at a time, so that memory does not grow with their number.

        Users are numbered from 0 in each part.

        Raises:
            NotFittedError: there was no fit.
            DataError: a count is negative, or more than there are items that anyone takes.
        """
        if not self._parts:
            raise NotFittedError("interactions: the model was not fitted; call fit(interactions) or load(folder) first")
        drawing = Drawing(self._parts, items)
        total = self._facts["users"] if n_users is None else int(n_users)
        wanted_N = None if counts is None else self._asked(counts, int(drawing.catalogue.possible_I.sum()))
        total = total if wanted_N is None else len(wanted_N)
        total = total if rows is None else len(rows)
        for number, start in enumerate(range(0, total, CHUNK)):
            rng = numpy_stream(random_state, MODEL, "sample", number)
            here = slice(start, min(start + CHUNK, total))
            if rows is not None:
                n_N, times_D = drawing.parted(rows[here], rng)
            else:
                n_N = drawing.amounts(here.stop - start, rng) if wanted_N is None else wanted_N[here]
                times_D = drawing.times(int(n_N.sum()), rng)
            tastes: Tastes = self._parts["tastes"]
            group_N = tastes.draw_groups(n_N, rng)
            if groups is not None:
                known_N = np.minimum(groups[here], len(tastes.spread_G) - 1)
                group_N = np.where(known_N >= 0, known_N, group_N)
            yield drawing.users(n_N, times_D, group_N, rng)

    def groups_of(self, interactions: Interactions) -> np.ndarray:
        """``(U,)`` the group of like users in which each user's items are likeliest; -1 of users without any.

        Raises:
            NotFittedError: there was no fit.
        """
        if not self._parts:
            raise NotFittedError("interactions: the model was not fitted; call fit(interactions) or load(folder) first")
        tastes: Tastes = self._parts["tastes"]
        catalogue: Catalogue = self._parts["catalogue"]
        return tastes.groups_of(interactions.matrix(), catalogue)

    @property
    def clusters(self) -> np.ndarray:
        """``(I,)`` the cluster of each item; that of rare items is the last."""
        found: np.ndarray = self._parts["catalogue"].cluster_I
        return found

    @property
    def chances(self) -> np.ndarray:
        """``(I,)`` how often each item is taken among those of its cluster, up to a factor; 0: never."""
        catalogue: Catalogue = self._parts["catalogue"]
        return np.where(catalogue.possible_I, np.exp(catalogue.weight_I.astype(float)), 0.0)

    def _asked(self, counts: np.ndarray, possible: int) -> np.ndarray:
        counts = np.asarray(counts)
        wrong = (counts != np.floor(counts)) | (counts < 0) | (counts > possible)
        if wrong.any():
            raise DataError(
                f"counts: {int(wrong.sum()):,} users ask for a number of items that is not a whole one from 0 to "
                f"{possible:,}, the first is user {int(wrong.argmax())}; so many items are taken by anyone. "
                "Ask for fewer"
            )
        return counts.astype(np.int64)

    def save(self, folder: str | PathLike[str]) -> None:
        """Write a run folder: JSON and safetensors.

        Raises:
            NotFittedError: there was no fit.
            RunError: the place is not writable, or holds something else.
        """
        arrays, facts = self.state()
        with writing(Path(folder)) as writer:
            writer.write(
                config={"seed": self.random_state, "min_holders": self.min_holders},
                schema={},
                codec=facts,
                history=[],
                weights=arrays,
                facts={"model": MODEL, "seed": self.random_state},
            )

    def state(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """All that is kept, as named arrays and JSON.

        Raises:
            NotFittedError: there was no fit.
        """
        if not self._parts:
            raise NotFittedError("interactions: the model was not fitted; call fit(interactions) first")
        arrays: dict[str, np.ndarray] = {}
        facts: dict[str, Any] = {"facts": self._facts}
        for name, part in self._parts.items():
            if isinstance(part, CellLaw):
                arrays[name] = part.arrays()
            elif isinstance(part, np.ndarray):
                arrays[name] = part
            elif part is not None:
                more, values = kept(name, part)
                arrays |= more
                facts |= values
        return arrays, facts

    @classmethod
    def from_state(cls, arrays: dict[str, np.ndarray], facts: dict[str, Any], seed: int, min_holders: int) -> Self:
        """The model again.

        Raises:
            KeyError: something of it is missing.
        """
        names = {key.partition(".")[0] for key in arrays}
        parts: dict[str, Any] = {
            name: restored(name, kind, arrays, facts) if name in names else None for name, kind in KINDS.items()
        }
        parts["many"], parts["steps"] = CellLaw.of_arrays(arrays["many"]), arrays["steps"]
        parts["again"] = CellLaw.of_arrays(arrays["again"]) if "again" in arrays else None
        model = cls(seed, min_holders, parts, dict(facts["facts"]))
        _ = parts["catalogue"].possible_I, parts["tastes"].share_GC, parts["company"].item_F
        return model

    @classmethod
    def load(cls, folder: str | PathLike[str]) -> Self:
        """Read a run folder.

        Raises:
            RunError: it is damaged, foreign, or another model's.
        """
        run = read_run(Path(folder))
        if run.manifest.get("model") != MODEL:
            raise RunError(
                f"{folder}: holds a model of another kind; one of interactions was expected. Use synthgen.load"
            )
        with run.fitting_together():
            return cls.from_state(
                dict(run.weights), dict(run.codec), int(run.config["seed"]), int(run.config["min_holders"])
            )


def _joined(parts: list[np.ndarray | None]) -> np.ndarray | None:
    arrays = [part for part in parts if part is not None]
    return np.concatenate(arrays) if arrays else None
