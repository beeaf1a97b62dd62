"""Rows of a user table with campaigns among them: those of a learned kind, or as many as are asked for.

Letters: N rows, A members of campaigns, in the order of the plan.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthgen.campaigns import AskedCampaigns, Kind, Planted, plant
from synthgen.campaigns.planting import handle_of
from synthgen.campaigns.roles import is_fake
from synthgen.errors import ConfigError
from synthgen.linked.calendar import Calendar
from synthgen.linked.frames import numbers
from synthgen.rows.known import Known
from synthgen.seeding import derived_seed, numpy_stream
from synthgen.synthesizers.completing import completed_with
from synthgen.table.schema import ColumnSchema

NONE = "none"
"""The kind of an account that is in no campaign."""
ROWS = 4096
"""Drawn at a time."""
FEWEST_DRAWN = 2_000
"""Rows in which both labels are looked for."""
QUANTILES = np.linspace(0.05, 0.95, 19)
DAY = 86_400


@dataclass(frozen=True)
class UserColumns:
    """What the columns of a user table are for.

    Attributes:
        table: its name, for messages.
        label: says who is fake; None: no column does.
        created: since when an account exists.
        handle: what it is called.
        kind: the helper that says which kind of campaign an account is of.
    """

    table: str
    label: str | None
    created: ColumnSchema | None
    handle: str | None
    kind: str | None = None


class FarmedUsers:
    """Users and their campaigns.

    Args:
        draw: makes so many rows with a seed.
        known: the model; completes rows.
        columns: what the columns are for.
        kinds: of campaigns; empty: one that could not be plainer is made where some are asked for.
        asked: how many; None: as many as rows say by their kind.
        seed: of every draw.
    """

    def __init__(
        self,
        draw: Callable[[int, int], pa.Table],
        known: Known,
        columns: UserColumns,
        kinds: Sequence[Kind],
        asked: AskedCampaigns | None,
        seed: int,
    ) -> None:
        self.draw, self.known, self.columns = draw, known, columns
        self.asked, self.seed = asked, seed
        self.kinds = list(kinds) or [Kind()]
        self.member_A = np.zeros(0, np.int64)
        self.planted: Planted | None = None
        self.created_N: np.ndarray | None = None
        self.fakes: pa.Array = pa.nulls(0)
        self.genuine: pa.Array = pa.nulls(0)

    def make(self, n: int) -> pa.Table:
        """So many rows.

        Raises:
            ConfigError: campaigns are asked for and cannot be made.
        """
        if self.asked is not None:
            self.asked.check(n)
            if self.columns.label is None:
                raise ConfigError(no_label(self.columns.table))
        table = self.draw(n, derived_seed(self.seed, "users"))
        rng = numpy_stream(self.seed, "campaigns")
        if self.asked is None:
            self._by_kind(table, rng)
            redrawn = self.member_A[~np.isnan(self._planted.burst_A)]
            table = self._redrawn(table, redrawn, self._cells(table, redrawn))
        else:
            self._labels(table)
            table = self._as_asked(table, n, rng)
        table = self._with_handles(table, rng)
        self.created_N = self._seconds(table)
        return table

    @property
    def _planted(self) -> Planted:
        assert self.planted is not None
        return self.planted

    # ------------------------------------------------------------------ who
    def _by_kind(self, table: pa.Table, rng: np.random.Generator) -> None:
        """Rows of one kind are parted into campaigns."""
        kind_N = np.full(len(table), -1)
        if self.columns.kind is not None:
            said = table.column(self.columns.kind).combine_chunks()
            kind_N = numbers(pc.if_else(pc.equal(said, NONE), pa.scalar(None, said.type), said))
        kind_K, size_K, members = [], [], [np.zeros(0, np.int64)]
        for number in range(len(self.kinds)):
            rows = rng.permutation(np.flatnonzero(kind_N == number))
            sizes = self.kinds[number].sizes(len(rows), rng)
            kind_K += [number] * len(sizes)
            size_K += sizes.tolist()
            members.append(rows)
        self.member_A = np.concatenate(members)
        self.planted = plant(self.kinds, np.array(kind_K, np.int64), np.array(size_K, np.int64), rng)

    def _as_asked(self, table: pa.Table, n: int, rng: np.random.Generator) -> pa.Table:
        """Members anywhere, drawn as their marks say; all others drawn as genuine."""
        assert self.asked is not None
        assert self.columns.label is not None
        accounts = np.array([max(kind.accounts, 1) for kind in self.kinds], float)
        kind_K = rng.choice(len(self.kinds), size=self.asked.campaigns, p=accounts / accounts.sum())
        self.member_A = rng.permutation(n)[: self.asked.accounts]
        size_K = np.full(self.asked.campaigns, self.asked.size)
        self.planted = plant(self.kinds, kind_K, size_K, rng, 1 - self.asked.difficulty)
        plain_N = _among(table.column(self.columns.label), self.genuine)
        if self.columns.kind is not None:
            plain_N &= np.asarray(pc.equal(table.column(self.columns.kind), NONE).fill_null(True))
        plain_N[self.member_A] = False
        rows = np.flatnonzero(~plain_N)
        return self._redrawn(table, rows, self._cells(table, rows))

    # ------------------------------------------------------------------ rows
    def _cells(self, table: pa.Table, rows: np.ndarray) -> dict[str, pa.Array]:
        """What is known of rows that are drawn again: their kind, their label, since when they exist."""
        planted, columns = self._planted, self.columns
        place_N = np.full(len(table), -1)
        place_N[self.member_A] = np.arange(len(self.member_A))
        place = place_N[rows]
        looks = (place >= 0) & np.r_[planted.looks_A, False][place]
        cells: dict[str, pa.Array] = {}
        if columns.label is not None and self.asked is None:
            cells[columns.label] = table.column(columns.label).combine_chunks().take(pa.array(rows))
        elif columns.label is not None:
            rng = numpy_stream(self.seed, "labels")
            fakes, genuine = (_some_of(values, len(rows), rng) for values in (self.fakes, self.genuine))
            cells[columns.label] = pc.if_else(pa.array(looks), fakes, genuine)
        if columns.kind is not None:
            kinds = pa.array([f"k{n}" for n in range(len(self.kinds))] + [NONE])
            number = np.where(looks, np.r_[planted.kind_A, 0][place], len(self.kinds))
            cells[columns.kind] = kinds.take(pa.array(number))
        if columns.created is not None:
            burst, delay = (np.r_[values, np.nan][place] for values in (planted.burst_A, planted.delay_A))
            there = ~np.isnan(burst)
            second = np.where(there, self._moment(table, np.nan_to_num(burst)) + np.nan_to_num(delay), 0)
            cells[columns.created.name] = self._calendar(table).write(second.astype(np.int64), there)
        return cells

    def _redrawn(self, table: pa.Table, rows: np.ndarray, cells: dict[str, pa.Array]) -> pa.Table:
        """The table with some rows drawn again, given what is known of them; names that were made up once stay."""
        if not len(rows):
            return table
        parts = [table]
        for start in range(0, len(rows), ROWS):
            here = {name: values.slice(start, ROWS) for name, values in cells.items()}
            seed = derived_seed(self.seed, "members", start)
            made = completed_with(self.known, here, min(ROWS, len(rows) - start), seed)
            parts.append(made.select(table.column_names).cast(table.schema))
        place_N = np.arange(len(table))
        place_N[rows] = len(table) + np.arange(len(rows))
        redrawn = pa.concat_tables(parts).combine_chunks().take(pa.array(place_N))
        for line in self.known.codec.schema.columns:
            if line.type == "identifier" and line.name in table.column_names:
                place = table.column_names.index(line.name)
                redrawn = redrawn.set_column(place, line.name, table.column(line.name))
        return redrawn

    def _with_handles(self, table: pa.Table, rng: np.random.Generator) -> pa.Table:
        name, planted = self.columns.handle, self._planted
        if name is None or not any(planted.stem_A):
            return table
        values = table.column(name).to_pylist()
        taken = {value for value in values if value is not None}
        for row, stem, digits in zip(self.member_A.tolist(), planted.stem_A, planted.digits_A.tolist(), strict=True):
            if stem:
                values[row] = handle_of(stem, digits, taken, rng)
                taken.add(values[row])
        place = table.column_names.index(name)
        return table.set_column(place, name, pa.array(values, table.schema.field(name).type))

    # ------------------------------------------------------------------ times
    def _calendar(self, table: pa.Table) -> Calendar:
        assert self.columns.created is not None
        values = table.column(self.columns.created.name).combine_chunks()
        return Calendar.fit(values, self.columns.created.options)

    def _seconds(self, table: pa.Table) -> np.ndarray | None:
        """``(N,)`` since when accounts exist; nan where that is not known."""
        if self.columns.created is None:
            return None
        values = table.column(self.columns.created.name).combine_chunks()
        second_N, there_N = self._calendar(table).seconds(values)
        return np.where(there_N, second_N, np.nan)

    def _moment(self, table: pa.Table, place: np.ndarray) -> np.ndarray:
        """Places from 0 to 1 as moments, by the law of the times that accounts were made at."""
        second_N = self._seconds(table)
        assert second_N is not None
        known = second_N[~np.isnan(second_N)]
        if not len(known):
            return np.zeros(len(place))
        moment = np.interp(place, QUANTILES, np.quantile(known, QUANTILES))
        return np.asarray(moment // DAY * DAY + place * 997 % 1 * DAY)  # a clock time of its own, fixed by the place

    # ------------------------------------------------------------------ labels
    def _labels(self, table: pa.Table) -> None:
        """How the label says fake and genuine, as often as it does."""
        assert self.columns.label is not None
        values = table.column(self.columns.label).combine_chunks()
        for more in range(2):
            there = values.drop_null()
            fake = np.array([is_fake(value) for value in there.to_pylist()], bool)
            self.fakes, self.genuine = there.filter(pa.array(fake)), there.filter(pa.array(~fake))
            if len(self.fakes) and len(self.genuine):
                return
            if not more:
                drawn = self.draw(FEWEST_DRAWN, derived_seed(self.seed, "labels"))
                values = drawn.column(self.columns.label).combine_chunks()
        which = "fake" if not len(self.fakes) else "genuine"
        raise ConfigError(
            f"campaigns: the model makes no account whose {self.columns.label!r} says {which}; both were expected. "
            "Fit it on a table that has both"
        )

    def labels(self, drawn: pa.Array) -> tuple[pa.Array, pa.Array]:
        """Labels as they are given out, and the true ones: members are fake, all others genuine.

        Args:
            drawn: those that the rows were drawn with.
        """
        assert self.asked is not None
        member_N = np.zeros(len(drawn), bool)
        member_N[self.member_A] = True
        fake, genuine = _usual(self.fakes), _usual(self.genuine)
        said = _among(drawn, self.fakes)
        true = pc.if_else(pa.array(member_N & ~said), fake, drawn)
        rng = numpy_stream(self.seed, "label noise")
        turned = rng.permutation(self.member_A)[: self.asked.noisy]
        others = rng.permutation(np.flatnonzero(~member_N))[: self.asked.noisy]
        missed_N, accused_N = np.zeros(len(drawn), bool), np.zeros(len(drawn), bool)
        missed_N[turned], accused_N[others] = True, True
        return pc.if_else(pa.array(missed_N), genuine, pc.if_else(pa.array(accused_N), fake, true)), true

    def numbers_of(self, n: int) -> pa.Array:
        """``(N,)`` the campaign of each row, from 1; missing for none."""
        number_N = np.zeros(n, np.int64)
        number_N[self.member_A] = self._planted.campaign_A + 1
        return pa.array(number_N, mask=number_N == 0)


def no_label(table: str) -> str:
    """What is said where nobody is called fake."""
    return (
        f"campaigns: no column of {table!r} says who is fake (is_bot, account_type, label ...); campaigns can be asked "
        "for where one does. Add it and fit again, or leave --campaigns out"
    )


def _among(values: pa.Array | pa.ChunkedArray, those: pa.Array) -> np.ndarray:
    return np.array(pc.is_in(values, value_set=those.unique()), bool)


def _some_of(values: pa.Array, n: int, rng: np.random.Generator) -> pa.Array:
    return values.take(pa.array(rng.integers(0, len(values), n)))


def _usual(values: pa.Array) -> pa.Scalar:
    counts = pc.value_counts(values).to_pylist()
    return pa.scalar(max(counts, key=lambda one: one["counts"])["values"], values.type)
