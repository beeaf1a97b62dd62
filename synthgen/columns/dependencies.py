"""Sums of many columns: found as directions in which the table does not vary at all.

Letters: n rows, K columns, R relations.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from synthgen.table.schema import Formula

_FLAT = 1e-12  # variance along a direction, of columns scaled to variance 1: below it only rounding is left
_ZERO = 1e-6  # a weight below this is none
_SPARE_ROWS = 30  # rows beyond one per column: with fewer, everything depends on everything


def dependencies(
    columns: dict[str, np.ndarray], decimals: dict[str, int | None], target: str | None = None
) -> Iterator[Formula]:
    """Columns that are the sum of others, or what others leave of a total (one-hot flags, shares of 1).

    Args:
        columns: ``(n,)`` float64 by name, in the table's order, none constant; those with nan are left out.
        decimals: what each is rounded to; None: not rounded.
        target: is never what a formula computes.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> a, b = rng.integers(0, 9, (2, 100)).astype(float)
        >>> (found,) = dependencies({"a": a, "b": b, "both": a + b}, dict.fromkeys(["a", "b", "both"], 0))
        >>> found.column, found.operation, found.inputs
        ('both', 'sum', ['a', 'b'])
    """
    names = [name for name, values in columns.items() if not np.isnan(values).any()]
    if len(names) < 2 or len(columns[names[0]]) < len(names) + _SPARE_ROWS:
        return
    values = np.stack([columns[name] for name in names])
    means, scales = values.mean(axis=1), values.std(axis=1)
    scaled = (values - means[:, None]) / scales[:, None]
    variances, directions = np.linalg.eigh(scaled @ scaled.T / scaled.shape[1])
    relations = []
    for weights in _reduced(directions[:, variances < _FLAT].T.copy()):
        weights = np.where(np.abs(weights) < _ZERO, 0.0, weights / scales)
        weights = weights / np.abs(weights).max()
        if np.all((np.abs(np.abs(weights) - 1) < _ZERO) | (np.abs(weights) < _ZERO)):
            relations.append(np.round(weights))
    for signs in _shortened(relations, means):
        members = np.flatnonzero(signs)
        total = float(f"{signs[members] @ means[members]:.12g}")
        yield from _formulas([names[m] for m in members], signs[members], total, decimals, target)


def _reduced(weights_RK: np.ndarray) -> np.ndarray:
    """Relations in reduced row echelon form, solved for the last columns first: each as short as can be."""
    row = 0
    for column in range(weights_RK.shape[1] - 1, -1, -1):
        if row == len(weights_RK):
            break
        best = row + int(np.abs(weights_RK[row:, column]).argmax())
        if abs(weights_RK[best, column]) < _ZERO:
            continue
        weights_RK[[row, best]] = weights_RK[[best, row]]
        weights_RK[row] /= weights_RK[row, column]
        others = np.arange(len(weights_RK)) != row
        weights_RK[others] -= np.outer(weights_RK[others, column], weights_RK[row])
        row += 1
    return weights_RK


def _shortened(relations: list[np.ndarray], means: np.ndarray) -> list[np.ndarray]:
    """The same relations, each made a shorter sum by another where that can be (weekend = Saturday + Sunday)."""
    changed = True
    while changed:
        changed = False
        for i, one in enumerate(relations):
            for j, other in enumerate(relations):
                for mixed in (one - other, one + other):
                    shorter = np.count_nonzero(mixed) < np.count_nonzero(one)
                    if i != j and shorter and np.abs(mixed).max() == 1 and abs(mixed @ means) < 1e-9:
                        relations[i], one, changed = mixed, mixed, True
    return relations


def _formulas(
    names: list[str], signs: np.ndarray, total: float, decimals: dict[str, int | None], target: str | None
) -> Iterator[Formula]:
    """The relation ``signs @ columns = total`` as a formula, if it has such a form."""
    places = [decimals[name] for name in names]
    rounded = None if None in places else max(place for place in places if place is not None)
    total = total if rounded is None else round(total, rounded)
    is_zero = abs(total) < 1e-9
    minority = 1.0 if (signs == 1).sum() < (signs == -1).sum() else -1.0
    alone = [name for name, sign in zip(names, signs, strict=True) if sign == minority]
    others = [name for name, sign in zip(names, signs, strict=True) if sign != minority]
    if is_zero and len(alone) == 1 and len(others) > 1 and alone[0] != target:
        yield Formula(column=alone[0], operation="sum", inputs=others, decimals=decimals[alone[0]])
    if not alone:
        for column in [name for name in reversed(names) if name != target]:
            inputs = [name for name in names if name != column]
            yield Formula(
                column=column,
                operation="complement",
                inputs=inputs,
                total=total * float(signs[0]) + 0.0,
                decimals=decimals[column],
            )
