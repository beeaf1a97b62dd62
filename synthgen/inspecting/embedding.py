"""What tokens are to the network, as a map: the two directions in which their vectors differ most.

Letters: T tokens, D width of a vector.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from synthgen.layout import Layout
from synthgen.metrics.charts import Lines, Series

FEWEST_TOKENS = 4
"""A column of fewer tokens has no shape to be seen."""
MOST_COLUMNS = 12
"""Columns with a map of their own: those with the most tokens that have an order, then those with the most tokens."""
MOST_TOKENS = 3_000
"""In the map of all columns: as many points as can still be told apart, and some 150 kB."""


def main_plane(vectors_TD: np.ndarray, places_T: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Principal components: vectors in the plane in which they differ most.

    A component's sign means nothing; here the first one grows with the tokens' places where they have any, and
    otherwise the entry that is largest in size is positive.

    Args:
        vectors_TD: one row per token.
        places_T: of the tokens in their column's order, nan for none.

    Returns:
        ``(T, 2)`` places in the plane, and the share of the vectors' variance that each axis shows.

    Source:
        Pearson 1901, doi:10.1080/14786440109462720.

    Example:
        >>> plane, shares = main_plane(np.array([[3.0, 1.0], [2.0, 1.0], [1.0, 1.0]]), np.array([0.0, 0.5, 1.0]))
        >>> plane.round(3).tolist(), shares.round(3).tolist()
        ([[-1.0, 0.0], [0.0, 0.0], [1.0, 0.0]], [1.0, 0.0])
    """
    centred_TD = np.asarray(vectors_TD, np.float64) - np.mean(vectors_TD, axis=0, dtype=np.float64)
    left, sizes, _ = np.linalg.svd(centred_TD, full_matrices=False)
    plane = np.zeros((len(centred_TD), 2))
    shares = np.zeros(2)
    total = float((sizes**2).sum())
    for axis in range(min(2, len(sizes))):
        line = left[:, axis] * sizes[axis]
        line = np.where(np.abs(line) < 1e-9 * max(sizes[0], 1e-300), 0.0, line)
        plane[:, axis] = line * _sign(line, places_T)
        shares[axis] = sizes[axis] ** 2 / total if total > 0 else 0.0
    return plane + 0.0, shares


def _sign(line: np.ndarray, places_T: np.ndarray | None) -> float:
    if places_T is not None and (ordered := np.isfinite(places_T)).sum() > 1:
        rises = float(np.dot(line[ordered] - line[ordered].mean(), places_T[ordered] - places_T[ordered].mean()))
        if rises:
            return 1.0 if rises > 0 else -1.0
    return 1.0 if line[np.abs(line).argmax()] >= 0 else -1.0


def maps(
    vectors: Sequence[np.ndarray], layout: Layout, columns: Sequence[str], names: Sequence[Sequence[str]]
) -> list[Lines]:
    """A map of all columns together, then one of each of the columns with most to see.

    Args:
        vectors: per slot ``(size, D)``; nan for tokens that never occurred.
        layout: the slots.
        columns: names by number.
        names: per slot, of its tokens.
    """
    first = [s for s, slot in enumerate(layout.slots) if slot.level == 0 and slot.size > 1]
    known = {s: np.flatnonzero(np.isfinite(vectors[s]).all(axis=1)) for s in first}
    charts = [chart] if (chart := _together(first, known, vectors, layout, columns, names)) else []
    shaped = [s for s in first if len(known[s]) >= FEWEST_TOKENS]
    shaped.sort(key=lambda s: (-int(np.isfinite(layout.slots[s].places).sum()), -len(known[s]), s))
    for s in sorted(shaped[:MOST_COLUMNS]):
        tokens, places = known[s], layout.slots[s].places[known[s]]
        plane, shares = main_plane(vectors[s][tokens], places)
        column, labels = columns[layout.slots[s].column], [names[s][int(t)] for t in tokens]
        ordered = np.isfinite(places)
        order = np.argsort(np.where(ordered, places, 2.0), kind="stable")
        here, rest = order[ordered[order]], order[~ordered[order]]
        series = [_points("in order", here, plane, labels, _ranks(places))] if len(here) else []
        if len(rest):
            series.append(_points("without a place" if len(here) else "values", rest, plane, labels, None))
        said = "The line joins tokens in their order. " if len(here) > 1 else ""
        charts.append(_map(column, f"{said}{_shown(shares)}", series))
    return charts


def _together(
    first: list[int],
    known: dict[int, np.ndarray],
    vectors: Sequence[np.ndarray],
    layout: Layout,
    columns: Sequence[str],
    names: Sequence[Sequence[str]],
) -> Lines | None:
    shown: list[int] = []
    for s in first:
        if sum(len(known[t]) for t in shown) + len(known[s]) <= MOST_TOKENS:
            shown.append(s)
    if sum(len(known[s]) for s in shown) < FEWEST_TOKENS:
        return None
    plane, shares = main_plane(np.concatenate([vectors[s][known[s]] for s in shown]))
    places = np.concatenate([_ranks(layout.slots[s].places[known[s]]) for s in shown])
    labels = [f"{columns[layout.slots[s].column]}: {names[s][int(t)]}" for s in shown for t in known[s]]
    parts = [("numbers and dates", np.flatnonzero(np.isfinite(places))), ("labels", np.flatnonzero(np.isnan(places)))]
    series = [
        _points(name, which, plane, labels, places if name != "labels" else None, joined=False)
        for name, which in parts
        if len(which)
    ]
    cut = f" The first {len(shown)} of {len(first)} columns are shown." if len(shown) < len(first) else ""
    said = f"Tokens that lie close together mean nearly the same to the network. {_shown(shares)}{cut}"
    return _map("All columns together", said, series)


def _ranks(places_T: np.ndarray) -> np.ndarray:
    """Where a token is in the order of its column's tokens, 0 to 1: even colours however the rows are spread."""
    ranks = np.full(len(places_T), np.nan)
    ordered = np.flatnonzero(np.isfinite(places_T))
    ranks[ordered[np.argsort(places_T[ordered], kind="stable")]] = np.linspace(0, 1, len(ordered))
    return ranks


def _points(
    name: str,
    which: np.ndarray,
    plane: np.ndarray,
    labels: Sequence[str],
    places: np.ndarray | None,
    joined: bool = True,
) -> Series:
    series: Series = {"name": name, "x": plane[which, 0].tolist(), "y": plane[which, 1].tolist()}
    series["labels"] = [labels[i] for i in which]
    if places is not None:
        series["shade"] = places[which].tolist()
        series["joined"] = joined
    return series


def _map(title: str, said: str, series: list[Series]) -> Lines:
    axes = {"x_label": "first direction", "y_label": "second direction"}
    return {"kind": "points", "title": title, "alt": said, "series": series, **axes}  # type: ignore[typeddict-item]


def _shown(shares: np.ndarray) -> str:
    return f"The picture shows {100 * float(shares.sum()):.0f} % of what sets the tokens apart."
