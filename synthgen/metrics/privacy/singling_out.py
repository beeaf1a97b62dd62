"""Singling out: predicates read off the synthetic table that hold for exactly one real person."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from synthgen.metrics.base import Direction, Group, Result
from synthgen.metrics.privacy.attack import Outcome, attack_result, no_control
from synthgen.metrics.privacy.copies import round_digits
from synthgen.metrics.privacy.neighbours import RankScale
from synthgen.metrics.view import View

MOST_ROWS = 20_000
"""Of each table: every synthetic row becomes a description, tried on all rows within two seconds."""
MOST_COLUMNS = 100
"""Drawn at random from a wider table."""
MOST_CONDITIONS = 20
ORDERS = 40
"""Orders in which conditions are added, each for as many descriptions."""
BINS = 50
"""Parts of as many synthetic rows each, in which a description places a number."""
MOST_VALUES = 255
"""The most frequent labels among the synthetic rows; the others count as one."""
UNLIKELY = 0.01
"""Conditions are added until, were columns independent, so few synthetic rows would match."""
ALL = np.uint64(2**64 - 1)


class SinglingOut:
    """A stranger with the synthetic table and nothing else writes a description that fits exactly one real person.

    Once he has it ("a widow of 52, born abroad, who works 60 hours") he can look for the person or claim to know of
    them: the first of the three risks of the Article 29 Working Party. *Several columns*: he takes a synthetic row
    and adds its cells as conditions, in random order, until no other synthetic row fits and the description would be
    unlikely by chance. *One column*: he takes values that occur once, the highest and the lowest.

    All real people stand in one crowd, and a description counts when it fits exactly one of them: a training person
    is a success, a held-out person the control. Guessing is the same attack with a table of shuffled columns.

    Source:
        Cohen and Nissim 2020, arXiv:1904.06009 (predicates of low weight that isolate one row);
        Article 29 Working Party, Opinion 05/2014, WP216.
    """

    name = "singling_out"
    title = "Singling out"
    group: Group = "privacy"
    direction: Direction = "lower"

    def compute(self, train: View, holdout: View, synthetic: View, rng: np.random.Generator) -> Result:
        if reason := no_control(self, train, holdout, synthetic):
            return reason
        members, strangers, made = (view.draw(MOST_ROWS, rng) for view in (train, holdout, synthetic))
        several, descriptions = single_out(members, strangers, made, rng)
        guessed, _ = single_out(members, strangers, _shuffled(made, rng), rng)
        one = _by_one_column(members, strangers, made)
        n = members.n_rows
        outcomes = {
            "several columns": Outcome.of((several[:n], several[n:]), float(guessed[:n].mean())),
            "one column": Outcome.of((one[:n], one[n:])),
        }
        note = f"{descriptions:,} descriptions of several columns"
        return attack_result(self, outcomes, "singles out", note=note, details={"descriptions": descriptions})


def single_out(members: View, strangers: View, synthetic: View, rng: np.random.Generator) -> tuple[np.ndarray, int]:
    """A description of every synthetic row, tried on all real rows.

    Returns:
        ``(members + strangers,)`` whether a description fits this row and no other, and how many there were.
    """
    scale, n_real, n = RankScale.learn(synthetic), members.n_rows + strangers.n_rows, synthetic.n_rows
    names = [synthetic.compared[i] for i in rng.permutation(len(synthetic.compared))[:MOST_COLUMNS]]
    columns = [_Column.of(name, members, strangers, synthetic, scale) for name in names]
    hit, descriptions = np.zeros(n_real, dtype=bool), 0
    for rows in np.array_split(rng.permutation(n), min(ORDERS, n)):
        made, real = (np.full((len(rows), _words(size)), ALL, dtype=np.uint64) for size in (n, n_real))
        weight, alone = np.full(len(rows), float(n)), np.zeros(len(rows), dtype=bool)
        for i in rng.permutation(len(columns))[:MOST_CONDITIONS]:
            vague = np.flatnonzero(~alone | (weight > UNLIKELY))
            if not len(vague):
                break
            bins = columns[i].bins[rows[vague]]
            fits = made[vague] & columns[i].made[bins]
            made[vague], alone[vague] = fits, _single(fits)
            real[vague] &= columns[i].real[bins]
            weight[vague] *= columns[i].share[bins]
        descriptions += int(alone.sum())
        fits = real[alone]
        found = np.bitwise_or.reduce(fits[_single(fits)], axis=0, initial=0)
        hit |= np.unpackbits(found.view(np.uint8), count=n_real).astype(bool)
    return hit, descriptions


def _words(n: int) -> int:
    """64-bit words that hold n bits."""
    return (n + 63) // 64


def _bits(rows: np.ndarray) -> np.ndarray:
    """``(K, N)`` bool -> ``(K, words)``, zeros at the end."""
    packed = np.zeros((len(rows), 8 * _words(rows.shape[1])), dtype=np.uint8)
    bytes_ = np.packbits(rows, axis=1)
    packed[:, : bytes_.shape[1]] = bytes_
    return packed.view(np.uint64)


def _single(words: np.ndarray) -> np.ndarray:
    """``(K,)`` whether exactly one bit is set."""
    total = words.sum(axis=1, dtype=np.uint64)  # the one word that is not 0, where there is only one
    one = np.uint64(1)
    return np.asarray((np.count_nonzero(words, axis=1) == 1) & ((total & (total - one)) == 0))


@dataclass(frozen=True)
class _Column:
    """One column, cut into bins.

    Attributes:
        bins: ``(synthetic,)`` the bin of each row.
        share: of the synthetic rows, by bin.
        made: synthetic rows of each bin, as bits.
        real: real rows of each bin, as bits.
    """

    bins: np.ndarray
    share: np.ndarray
    made: np.ndarray
    real: np.ndarray

    @staticmethod
    def of(name: str, members: View, strangers: View, synthetic: View, scale: RankScale) -> _Column:
        """Labels as they are; numbers by rank among the synthetic rows, missing ones apart."""
        views = (members, strangers, synthetic)
        if name in members.labels:
            held = np.bincount(synthetic.labels[name], minlength=synthetic.sizes[name])
            place = np.full(len(held), min(MOST_VALUES, len(held)))
            frequent = np.argsort(-held, kind="stable")[:MOST_VALUES]
            place[frequent] = np.arange(len(frequent))
            cut = [place[view.labels[name]] for view in views]
        else:
            cut = [_cut(view.quantities[name], name, scale) for view in views]
        size = int(max(one.max() for one in cut)) + 1
        bins, real = cut[2], np.concatenate(cut[:2])
        of_each = np.arange(size)[:, None]
        share = np.bincount(bins, minlength=size) / len(bins)
        return _Column(bins, share, _bits(bins == of_each), _bits(real == of_each))


def _cut(values: np.ndarray, name: str, scale: RankScale) -> np.ndarray:
    bins = np.minimum((scale.ranks(name, values) * BINS).astype(np.int64), BINS - 1)
    return np.where(np.isnan(values), BINS, bins)


def _by_one_column(members: View, strangers: View, synthetic: View) -> np.ndarray:
    """``(members + strangers,)`` whether one cell alone singles the row out."""
    hit = np.zeros(members.n_rows + strangers.n_rows, dtype=bool)
    for name in synthetic.compared:
        if name in synthetic.labels:
            real = np.concatenate([members.labels[name], strangers.labels[name]])
            _once(hit, real, synthetic.labels[name])
            continue
        real = np.concatenate([members.quantities[name], strangers.quantities[name]])
        made = synthetic.quantities[name]
        made = made[~np.isnan(made)]
        _once(hit, round_digits(real), round_digits(made))
        if len(made):
            for beyond in (real >= made.max(), real <= made.min()):
                if beyond.sum() == 1:
                    hit |= beyond
    return hit


def _once(hit: np.ndarray, real: np.ndarray, made: np.ndarray) -> None:
    """Mark rows whose value occurs once among the real and once among the synthetic rows."""
    values, counts = np.unique(made, return_counts=True)
    _, place, holders = np.unique(real, return_inverse=True, return_counts=True)
    hit |= (holders[place] == 1) & np.isin(real, values[counts == 1])


def _shuffled(view: View, rng: np.random.Generator) -> View:
    """Every column in an order of its own."""
    mixed = view.take(np.arange(view.n_rows))
    for columns in (mixed.quantities, mixed.labels):
        for values in columns.values():
            rng.shuffle(values)
    return mixed
