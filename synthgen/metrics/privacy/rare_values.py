"""Rare values: labels and outermost numbers of so few people that the value alone is a person."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from synthgen.metrics.base import Direction, Group, Result, not_applicable
from synthgen.metrics.privacy.attack import Outcome, attack_result, no_control
from synthgen.metrics.privacy.copies import round_digits
from synthgen.metrics.view import View


class RareValues:
    """A journalist looks for the one person in town with a certain illness, job or income.

    She knows that hardly anybody has it. If the synthetic table has it too, the person was in the training table,
    and the rest of the row may be theirs. A value is rare when fewer than ``min_holders`` of all real rows hold it: a
    label, or a number beyond which so few lie. The control are the rare values of held-out people: a value
    that strangers' rows show as often was learned from nobody in particular.

    ``emitted`` in the details counts rare values of training people alone that came out, by column. A generator that
    keeps to ``min_holders`` has none; a single one is told, though no test can tell it from chance.
    """

    name = "rare_values"
    title = "Rare values"
    group: Group = "privacy"
    direction: Direction = "lower"

    def compute(self, train: View, holdout: View, synthetic: View, rng: np.random.Generator) -> Result:
        if reason := no_control(self, train, holdout, synthetic):
            return reason
        columns = {name: _rare_cells(name, train, holdout, synthetic) for name in train.compared}
        holds, shown = (np.zeros(train.n_rows + holdout.n_rows, dtype=bool) for _ in range(2))
        for one in columns.values():
            holds[one.holders] = True
            shown[one.holders[one.emitted]] = True
        if not holds.any():
            few = train.min_holders
            return not_applicable(self, f"no label and no outermost number is held by fewer than {few} real rows")
        member = np.arange(len(holds)) < train.n_rows
        outcome = Outcome.of((shown[holds & member], shown[holds & ~member]))
        theirs = {name: one.distinct(train.n_rows) for name, one in columns.items()}
        details = {
            "emitted": {name: emitted for name, (emitted, _) in theirs.items() if emitted},
            "rare": {name: rare for name, (_, rare) in theirs.items() if rare},
        }
        count = sum(details["emitted"].values())
        note = f"{count:,} of {sum(details['rare'].values()):,} rare values that only training people hold were emitted"
        return attack_result(self, {"rare values": outcome}, "meets the rare value of", note=note, details=details)


@dataclass(frozen=True)
class _Rare:
    """Rare cells of one column.

    Attributes:
        holders: numbers of the real rows that hold one, training rows first.
        values: what each holds.
        emitted: whether the synthetic table has it.
    """

    holders: np.ndarray
    values: np.ndarray
    emitted: np.ndarray

    def distinct(self, n_train: int) -> tuple[int, int]:
        """How many different rare values no held-out person holds: emitted ones, and all."""
        strangers = np.unique(self.values[self.holders >= n_train])
        alone = ~np.isin(self.values, strangers)
        return len(np.unique(self.values[alone & self.emitted])), len(np.unique(self.values[alone]))


def _rare_cells(name: str, train: View, holdout: View, synthetic: View) -> _Rare:
    few = train.min_holders
    if name in train.labels:
        codes = np.concatenate([train.labels[name], holdout.labels[name]])
        counts = np.bincount(codes, minlength=train.sizes[name])
        counts[-1] = few  # a missing cell is nobody's value
        holders = np.flatnonzero(counts[codes] < few)
        made = np.bincount(synthetic.labels[name], minlength=train.sizes[name]) > 0
        return _Rare(holders, codes[holders], made[codes[holders]])
    numbers = np.concatenate([train.quantities[name], holdout.quantities[name]])
    present = numbers[~np.isnan(numbers)]
    if len(present) < 2 * few:
        return _Rare(*(np.empty(0, dtype=kind) for kind in (np.int64, np.float64, np.bool_)))
    inner = np.partition(present, [few - 1, len(present) - few])
    low, high = inner[few - 1], inner[len(present) - few]
    holders = np.flatnonzero((numbers < low) | (numbers > high))
    values, made = round_digits(numbers[holders]), synthetic.quantities[name]
    made = round_digits(made[(made < low) | (made > high)])
    return _Rare(holders, values, np.isin(values, made))
