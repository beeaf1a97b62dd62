"""What scores hang on, and rows that stand out: the critic's scores and the generator's surprise, as charts.

Letters: N rows, S slots, C columns.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from synthgen.inspecting.given import Given
from synthgen.inspecting.leaning import REPEATS, Score, importance, pushes
from synthgen.inspecting.subject import ROWS, Subject, part
from synthgen.layout import Layout
from synthgen.metrics.charts import Bars, Cells
from synthgen.reporting.words import show_figure, show_plain
from synthgen.seeding import numpy_stream

FEWEST_ROWS = 50
MOST_LOOKED_UP = 100_000_000
"""Tokens read to find what the critic leans on: some seconds on one core. Beyond it, fewer rows are taken."""
TYPICAL = 16
"""Rows that lend their values to explain a score."""
MOST_BARS, SHOWN_ROWS, SHOWN_COLUMNS, BINS = 24, 20, 3, 16
NO_CRITIC = "This run has no critic, so there are no scores of one to explain."


def leaning_part(subject: Subject) -> dict[str, Any]:
    """Which slots the critic judges by, and how well the generator knows each column from the others."""
    said, charts = [], []
    if subject.score is None:
        said.append(NO_CRITIC)
    else:
        charts.append(_importance(subject, subject.score))
        said.append(
            "The critic tells real rows from generated ones. Where a slot's values are exchanged among generated rows "
            "and its score hardly moves, it does not look there; where the score moves far, that slot is what it "
            "judges a row by."
        )
    nats_NS = subject.model.surprise(subject.drawn_NS)
    if nats_NS is not None:
        charts.append(_hardness(subject, nats_NS))
    return part("leaning", said, charts)


def _importance(subject: Subject, score: Score) -> Bars:
    layout, n_slots = subject.layout, len(subject.layout.slots)
    n_rows = int(np.clip(MOST_LOOKED_UP // (REPEATS * n_slots**2), FEWEST_ROWS, len(subject.drawn_NS)))
    rng = numpy_stream(subject.seed, "exchange")
    moved_S = importance(score, layout, subject.drawn_NS[:n_rows], rng).mean(axis=1)
    order = np.argsort(-moved_S, kind="stable")[:MOST_BARS]
    cut = f" The first {len(order)} of {n_slots} slots are shown." if len(order) < n_slots else ""
    return {
        "kind": "bars",
        "title": "What the critic leans on",
        "alt": f"Mean change of the critic's score over {n_rows:,} generated rows when one slot is exchanged among them"
        f" (exchanging a column's first slot takes the finer ones with it). It leans most on "
        f"{_slot_name(subject, int(order[0]))}.{cut}",
        "labels": [_slot_name(subject, int(s)) for s in order],
        "series": {"change of the score": moved_S[order].tolist()},
        "unit": "score",
    }


def _hardness(subject: Subject, nats_NS: np.ndarray) -> Bars:
    nats_C = _by_column(subject.layout, nats_NS).mean(axis=0)
    order = np.argsort(-nats_C, kind="stable")[:MOST_BARS]
    cut = f" The first {len(order)} of {len(nats_C)} columns are shown." if len(order) < len(nats_C) else ""
    return {
        "kind": "bars",
        "title": "How hard each column is to guess from the others",
        "alt": f"Negative log-likelihood of a column given all the others, nats, mean of {len(nats_NS):,} generated "
        f"rows; 0 would mean that the others decide it. {subject.columns[int(order[0])]} is the freest.{cut}",
        "labels": [subject.columns[int(c)] for c in order],
        "series": {"nats": nats_C[order].tolist()},
        "unit": "score",
    }


def _slot_name(subject: Subject, slot: int) -> str:
    row_slot = subject.layout.slots[slot]
    column = subject.columns[row_slot.column]
    return f"{column}, {row_slot.name[len(column) + 1 :]}" if row_slot.level else column


def _by_column(layout: Layout, found_NS: np.ndarray) -> np.ndarray:
    """``(N, C)`` sums over the slots of each column, in the order of ``Layout.paths``."""
    return np.stack([found_NS[:, slots].sum(axis=1) for slots in layout.paths.values()], axis=1)


def rows_part(subject: Subject, given: Given | None) -> dict[str, Any]:
    """The lowest scores and the least expected rows with their reasons; of generated rows when none are given."""
    tokens_NS = subject.drawn_NS if given is None else given.tokens_NS
    if given is None:
        whose = f"{len(tokens_NS):,} generated rows"
        said = [f"Rows are numbered as synthgen sample --rows {ROWS} --seed {subject.seed} writes them."]
    else:
        whose = f"{len(tokens_NS):,} rows of {given.name}"
        said = [f"Rows are those of {given.name}, numbered from 1.", *given.notes]
    said.append("A cell is named by its place in the vocabulary; a value that few rows hold is never written out.")
    charts: list[Any] = []
    if subject.score is not None:
        score_N, usual_N = subject.score(tokens_NS), subject.score(subject.drawn_NS)
        charts.append(_spread("Scores of the critic", score_N, usual_N, given))
        charts.append(_lowest(subject, subject.score, tokens_NS, score_N, usual_N, whose))
    else:
        said.insert(0, NO_CRITIC)
    nats_NS = subject.model.surprise(tokens_NS)
    if nats_NS is not None:
        usual_NS = subject.model.surprise(subject.drawn_NS) if given is not None else nats_NS
        assert usual_NS is not None
        charts.append(_spread("Unlikeliness of whole rows, nats", nats_NS.sum(axis=1), usual_NS.sum(axis=1), given))
        charts.append(_least_expected(subject, tokens_NS, nats_NS, usual_NS, whose))
    if not charts:
        said = ["Neither a critic nor a likelihood of single cells came with this model, so rows have no score."]
    return part("rows", said, charts)


def _spread(title: str, found_N: np.ndarray, usual_N: np.ndarray, given: Given | None) -> Bars:
    """How figures of rows are spread, beside those of generated rows."""
    both = np.concatenate([found_N, usual_N])
    low, high = (float(np.quantile(both, q)) for q in (0.002, 0.998))
    edges = np.linspace(low, high if high > low else low + 1, BINS + 1)
    shares = {"generated rows": usual_N} if given is None else {"generated rows": usual_N, given.name: found_N}
    series = {
        name: (np.histogram(np.clip(x, edges[0], edges[-1]), edges)[0] / max(1, len(x))).tolist()
        for name, x in shares.items()
    }
    middle = f"Half of the generated rows lie below {show_plain(float(np.median(usual_N)))}"
    other = "" if given is None else f", half of {given.name} below {show_plain(float(np.median(found_N)))}"
    return {
        "kind": "bars",
        "title": title,
        "alt": f"{middle}{other}.",
        "labels": [show_plain(round(float(edge), 2)) for edge in (edges[:-1] + edges[1:]) / 2],
        "series": series,
        "unit": "share",
    }


def _lowest(
    subject: Subject, score: Score, tokens_NS: np.ndarray, score_N: np.ndarray, usual_N: np.ndarray, whose: str
) -> Cells:
    lowest = np.argsort(score_N, kind="stable")[:SHOWN_ROWS]
    push_NC = pushes(score, subject.layout, tokens_NS[lowest], subject.drawn_NS[:TYPICAL])
    columns = list(subject.layout.paths)
    rows: list[list[str | float | int | None]] = []
    for row, push_C in zip(lowest, push_NC, strict=True):
        order = [int(i) for i in np.argsort(push_C, kind="stable")[:SHOWN_COLUMNS] if push_C[i] < 0]
        why = "; ".join(f"{subject.cell(tokens_NS[row], columns[i])} ({push_C[i]:+.2f})" for i in order)
        below = float((usual_N < score_N[row]).mean())
        rows.append(
            [f"{row + 1:,}", round(float(score_N[row]), 3), show_figure(below, "share"), why or "nothing in particular"]
        )
    return {
        "kind": "table",
        "title": "Lowest scores, and what pushes them down",
        "alt": f"The {len(rows)} lowest scores of {whose}. In brackets: how far the score lies below that of the same "
        f"row with this column's value taken from {TYPICAL} typical rows.",
        "headings": ["Row", "Score", "Generated rows below", "Pushed down by"],
        "rows": rows,
    }


def _least_expected(
    subject: Subject, tokens_NS: np.ndarray, nats_NS: np.ndarray, usual_NS: np.ndarray, whose: str
) -> Cells:
    total_N, usual_N = nats_NS.sum(axis=1), usual_NS.sum(axis=1)
    nats_NC, columns = _by_column(subject.layout, nats_NS), list(subject.layout.paths)
    rows: list[list[str | float | int | None]] = []
    for row in np.argsort(-total_N, kind="stable")[:SHOWN_ROWS]:
        order = [int(i) for i in np.argsort(-nats_NC[row], kind="stable")[:SHOWN_COLUMNS]]
        why = "; ".join(f"{subject.cell(tokens_NS[row], columns[i])} ({nats_NC[row, i]:.1f})" for i in order)
        above = float((usual_N > total_N[row]).mean())
        rows.append([f"{row + 1:,}", round(float(total_N[row]), 1), show_figure(above, "share"), why])
    return {
        "kind": "table",
        "title": "Least expected rows, and their least expected values",
        "alt": f"Of {whose}, those with the largest sum over columns of the negative log-likelihood given all other "
        "columns. In brackets: nats of that column.",
        "headings": ["Row", "Nats", "Generated rows above", "Least expected"],
        "rows": rows,
    }
