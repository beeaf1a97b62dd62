"""Rows of made people: tables one after another, then what they refer to.

Letters: M made rows, O made rows of the owner's table, P made people.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from synthgen.errors import PrivacyError
from synthgen.linked.private.figures import PARTS, Names
from synthgen.linked.private.frames import (
    GAP,
    YES,
    gap_name,
    hour_name,
    nullable,
    there_name,
)
from synthgen.linked.private.naming import earlier_rows, named_people, reciprocated
from synthgen.linked.private.real import Real, since
from synthgen.linked.private.stages import Stage
from synthgen.linked.private.telling import Made
from synthgen.linked.private.ties import Choice, Law
from synthgen.linked.private.times import made_times
from synthgen.linked.schema import Reference
from synthgen.seeding import numpy_stream

MOST_EACH = 5_000
"""Rows of made owners at most, on average: more come of noise alone."""
FAR = 8.0
"""Rows of one made owner at most, in those that 95 of 100 owners have at most."""


@dataclass
class Making:
    """What has been made so far, of noisy figures alone.

    Attributes:
        real: names, types and what was released; no row of it is looked at.
        seed: of every draw.
        made: by table.
        at_least: by table owners who get a row whatever they drew.
        notes: what was lost in the noise, sentences.
    """

    real: Real
    seed: int
    made: dict[str, Made] = field(default_factory=dict)
    at_least: dict[str, np.ndarray] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def rows_of_people(self, name: str) -> np.ndarray:
        """``(P,)`` rows that made people will have of a table whose owner's is made."""
        owner = self.real.people.up[name].parent
        person_O = self.made[owner].person_M
        assert person_O is not None
        people = self.made[self.real.people.unit].rows
        return np.bincount(person_O, self._numbers(name), minlength=people)

    def make(self, name: str, stage: Stage) -> None:
        """Make the rows of one table, and what they name among those that are there."""
        rng = numpy_stream(self.seed, "making", name)
        if name == self.real.people.unit:
            made = stage.told.make(stage.told.rows, {}, rng)
            made.person_M = np.arange(made.rows)
            self.made[name] = made
            self._somebody(name)
        else:
            owner = self.real.people.up[name].parent
            above = self.made[owner]
            self._some_rows(name, rng)
            assert above.person_M is not None
            owner_M = np.repeat(np.arange(above.rows), self._numbers(name))
            given = {
                c: above.tokens[c.removeprefix(f"{owner}: ")][owner_M] for c in stage.told.coded if _of(c, owner, above)
            }
            made = stage.told.make(len(owner_M), given, rng)
            made.owner_M, made.person_M = owner_M, above.person_M[owner_M]
            self.made[name] = made
            if self.real.timed(name) is not None:
                made.second_M = self._times(name, made, rng)
        for text, choice in stage.choices.items():
            made.named[text] = self._taken(choice, made, rng)
            if choice.reference.parent not in self.real.catalogues:
                made.named_keys[text] = choice.catalogue.keys
        for text, law in stage.laws.items():
            made.named[text] = self._named(law, made, rng)

    def distances(self, name: str, stage: Stage) -> list[dict[str, Any]]:
        """By released column how far made rows are from the noisy shares, and how far the noise alone moves these.

        Made rows count as those of a person did that were looked at: at most so many.
        """
        made, found = self.made[name], []
        assert made.person_M is not None
        number_M = np.bincount(made.person_M)[made.person_M] if made.rows else np.zeros(0)
        weight_M = np.minimum(number_M, stage.most) / np.maximum(number_M, 1)
        for column in stage.told.columns:
            law = np.maximum(column.one_way, 0.0)
            law = law / law.sum() if law.sum() else np.full(column.size, 1 / column.size)
            share = np.bincount(made.tokens[column.name], weight_M, minlength=column.size) / max(weight_M.sum(), 1e-9)
            noise = math.sqrt(2 / math.pi) * float(np.sum(column.one_way_sd)) / 2 / stage.told.rows
            error = float(np.abs(share - law).sum()) / 2
            found.append({"name": f"{name}.{column.name}", "error": error, "noise": min(noise, 1.0)})
        return found

    def late(self, name: str, reference: Reference) -> np.ndarray:
        """``(M,)`` rows that a reference to the own table, or to one made after it, names."""
        made, rng = self.made[name], numpy_stream(self.seed, "late", reference.text)
        there_M = self._there(reference, made)
        if reference.parent == name:
            return earlier_rows(made.second_M, there_M, rng)
        rows = self.made[reference.parent].rows
        return np.where(there_M & (rows > 0), rng.integers(0, max(rows, 1), made.rows), -1)

    def _some_rows(self, name: str, rng: np.random.Generator) -> None:
        """A table that is lost in the noise keeps a few rows: of nothing nothing can be learned."""
        number_O = self._numbers(name)
        if number_O.sum() >= FEWEST_ROWS or not len(number_O):
            return
        chosen = rng.permutation(len(number_O))[:FEWEST_ROWS]
        self.at_least[name] = np.isin(np.arange(len(number_O)), chosen) | self.at_least.get(name, False)
        self.notes.append(
            f"{name}: so few people have rows of it that they are lost in the noise; some {FEWEST_ROWS} were made up. "
            "Ask for more epsilon, or leave the table out"
        )

    def _somebody(self, name: str) -> None:
        """People without a file are those who own something."""
        children = self.real.people.children(name)
        if name in self.real.schema.tables or not children:
            return
        many = np.sum([self._numbers(child) for child in children], axis=0)
        self.at_least = {children[0]: many == 0}

    def _numbers(self, name: str) -> np.ndarray:
        """``(O,)`` how many rows hang on each made row of the owner's table."""
        owner = self.made[self.real.people.up[name].parent]
        number_O = np.maximum(np.nan_to_num(owner.numbers(Names.of(name, []).number)), 0)
        usual = float(np.quantile(number_O, 0.95)) if len(number_O) else 0.0
        most = min([max(FEWEST_ROWS, FAR * usual), *self._most_named(name)])  # a far bar of noise holds nobody
        number_O = np.minimum(number_O, most)
        if number_O.sum() > MOST_EACH * max(len(number_O), 1):
            raise PrivacyError(
                f"{name}: how many rows people have is lost in the noise; epsilon is too small for these tables. Ask "
                "for more, or leave out tables and columns that nobody needs"
            )
        whole_O: np.ndarray = np.round(number_O).astype(np.int64)
        if (least_O := self.at_least.get(name)) is not None:
            whole_O = np.where(least_O, np.maximum(whole_O, 1), whole_O)
        return whole_O

    def _most_named(self, name: str) -> list[float]:
        """Rows of one owner that there can be, where each names another one."""
        found = []
        for reference in self.real.schema.of(name):
            if reference != self.real.people.up[name] and self._once(reference):
                if reference.parent in self.real.catalogues:
                    found.append(float(len(self.real.catalogues[reference.parent])))
                elif reference.parent in self.made:
                    found.append(max(float(self.made[reference.parent].rows - 1), 0.0))
        return found

    def _there(self, reference: Reference, made: Made) -> np.ndarray:
        if not nullable(self.real.schema, reference):
            return np.ones(made.rows, bool)
        return np.array([value == YES for value in made.columns[there_name(reference)].to_pylist()], bool)

    def _taken(self, choice: Choice, made: Made, rng: np.random.Generator) -> np.ndarray:
        """Items of a catalogue."""
        reference, catalogue = choice.reference, choice.catalogue
        if not len(catalogue):
            return np.full(made.rows, -1)
        fact_MA = np.stack([made.tokens[f"{reference.end}: {fact}"] for fact in catalogue.names], axis=1)
        none_A = np.array(catalogue.sizes) - 1
        there_M = np.ones(made.rows, bool)
        if nullable(self.real.schema, reference):
            there_M = fact_MA[:, -1] != none_A[-1]
        owner_M = made.owner_M if made.owner_M is not None else np.arange(made.rows)
        assert made.person_M is not None
        return catalogue.taken(fact_MA, there_M, owner_M, choice.wanted_I, self._once(reference), rng)

    def _once(self, reference: Reference) -> bool:
        """Whether no owner refers to the same row twice, as the table's key says."""
        key = set(self.real.schema.key_of(reference.table))
        up = self.real.people.up.get(reference.table)
        own = set() if up is None else set(up.columns)
        return bool(key) and key <= own | set(reference.columns) and set(reference.columns) <= key

    def _named(self, law: Law, made: Made, rng: np.random.Generator) -> np.ndarray:
        """People, or rows of theirs."""
        reference = law.reference
        target = self.made[reference.parent]
        number_P = self.rows_of_people(reference.table) if reference.table in self.real.people.up else np.ones(1)
        seen = float(np.minimum(number_P, law.most).sum() / max(number_P.sum(), 1.0))
        weight_T = law.law.draw(law.classes(target.tokens, target.rows), rng, seen)
        there_M = self._there(reference, made)
        rows = np.flatnonzero(there_M)
        named_M = np.full(made.rows, -1, np.int64)
        owner_M = made.owner_M if made.owner_M is not None else np.arange(made.rows)
        up = self.real.people.up.get(reference.table)
        among = reference.parent == (up.parent if up is not None else reference.table)
        same_M = owner_M[rows] if among else None
        found = named_people(owner_M[rows], weight_T, same_M, self._once(reference), rng)
        if law.pairs is not None and among and self._once(reference):
            found = reciprocated(owner_M[rows], found, round(law.pairs / max(seen, 1e-3) ** 2), rng)
        named_M[rows] = found
        return named_M

    def _times(self, name: str, made: Made, rng: np.random.Generator) -> np.ndarray:
        """``(M,)`` when rows are, seconds since 1970; nan where nobody says."""
        real, owner = self.real, self.real.people.up[name].parent
        above, names, window = self.made[owner], Names.of(name, []), self.real.windows[name]
        begin = real.begins.get(name)
        begin_O = None
        if begin is not None:
            begin_O = above.second_M
            if begin != real.timed(owner):
                second_O, there_O = real.calendar(owner, begin).seconds(above.columns[begin])
                begin_O = np.where(there_O, second_O, np.nan).astype(np.float64)
        since_O = np.minimum(since(real, name, begin_O, above.rows), window.end)
        first_O = window.moment(_part(above.numbers(names.first), rng), since_O)
        last_O = window.moment(_part(above.numbers(names.last), rng), first_O)
        owner_M = made.owner_M
        assert owner_M is not None
        gap_M = made.numbers(gap_name(name)) / GAP
        hour_M = made.numbers(hour_name(name)) if hour_name(name) in made.columns else None
        second_M = made_times(owner_M, first_O, last_O, gap_M, hour_M, rng)
        if begin_O is not None:
            second_M = np.fmax(second_M, np.ceil(begin_O)[owner_M])
        return second_M if hour_M is None else np.where(np.isnan(hour_M), np.nan, second_M)


FEWEST_ROWS = 20


def _of(column: str, owner: str, above: Made) -> bool:
    return column.startswith(f"{owner}: ") and column.removeprefix(f"{owner}: ") in above.tokens


def _part(told_O: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Parts of the time that is left, as they were before they were rounded; where one is missing another's."""
    known = told_O[~np.isnan(told_O)]
    if not len(known):
        return rng.random(len(told_O))
    filled_O = np.where(np.isnan(told_O), rng.choice(known, len(told_O)), told_O)
    return np.asarray((filled_O + rng.uniform(-0.5, 0.5, len(filled_O))) / PARTS)
