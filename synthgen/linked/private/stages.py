"""What is counted of one table of people after another, and the rows that are made of that.

Letters: N real rows, M made rows, O rows of the owner's table, P people.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from synthgen.dp.accountant import epsilon_of, gaussian_mu
from synthgen.dp.losses import Gaussian
from synthgen.errors import PrivacyError
from synthgen.linked.private.allowance import Allowance
from synthgen.linked.private.bounds import most_rows
from synthgen.linked.private.figures import Names, figures, own_columns, usual_columns
from synthgen.linked.private.frames import (
    Frame,
    Ties,
    gaps,
    hours,
    labelled,
    nullable,
    said,
)
from synthgen.linked.private.keys import key_look, needs_look
from synthgen.linked.private.people import cut
from synthgen.linked.private.real import Real, since
from synthgen.linked.private.telling import Told
from synthgen.linked.private.ties import Choice, Law, choice_of, law_of
from synthgen.linked.private.timing import measure_times, measure_zone
from synthgen.seeding import derived_seed
from synthgen.table.schema import ColumnSchema

KEY_SHARE = 0.005
"""Of a table's allowance, for how keys look."""
TIE_SHARE = 0.12
"""And for each reference: how often items are taken, or rows named."""
MOST_CONTEXT = 4
"""Columns of an owner that its rows are told of, beside figures of these rows."""
TELLING = ("boolean", "categorical", "numeric", "datetime")
"""Types of columns that tell owners apart, in the order in which they are taken."""
COARSE = 16
"""Tokens of a column that rows are told of, at most."""
FEWEST_NOISE = 4.0
"""Standard deviations of the noise of a count that the number of people must be."""


@dataclass(frozen=True)
class Asked:
    """Settings.

    Attributes:
        rows_per_unit: rows of a person to look at in any table; None: found out.
        target: the column that others are to predict.
        min_holders: people who must have a thing without a table.
        seed: of draws that cost nothing.
    """

    rows_per_unit: int | None = None
    target: str | None = None
    min_holders: int = 1
    seed: int = 0


@dataclass(frozen=True)
class Stage:
    """What was released of one table.

    Attributes:
        told: its columns and how they hang together; None: there is nothing to tell.
        most: rows of a person that were looked at.
        facts: names of the columns that say which items its rows take, by reference.
        choices: by reference as text, which items of a catalogue are taken how often.
        laws: by reference as text, how often rows of people are named.
        looks: by key column how keys look.
    """

    told: Told
    most: int
    choices: dict[str, Choice]
    laws: dict[str, Law]
    looks: dict[str, tuple[str, int]]


def released(real: Real, name: str, budget: Allowance, number_P: np.ndarray, asked: Asked) -> Stage:
    """Spend the allowance of one table; its owner's was spent before.

    Args:
        real: the rows.
        name: the table.
        budget: its allowance.
        number_P: made people's rows of it, which say how many to look at; of the people themselves all ones.
        asked: settings.

    Raises:
        PrivacyError: the budget is too small.
    """
    given, seed = asked.rows_per_unit, asked.seed
    most = 1 if name == real.people.unit else given or most_rows(number_P, budget.mu)
    whose_N = real.holdings.whose[name]
    kept = cut(whose_N, most, budget.noise.uniform(len(whose_N)))
    real.most[name], real.kept[name] = most, kept
    looks = _looks(real, name, kept, most, budget)
    measure_zone(real, name, kept, most, budget)
    for child in real.people.children(name):
        if real.timed(child) is not None:
            measure_times(real, name, child, budget, seed)
    ties = real.ties(name)
    share = min(TIE_SHARE, 0.5 / max(len(ties.items) + len(ties.people), 1))
    choices = {}
    for r in ties.items:
        part = Allowance(budget, None, share=share, delta_share=0.4 / len(ties.items))
        choices[r.text] = choice_of(real, r, number_P, given, part, asked.min_holders, seed)
    laws = {r.text: law_of(real, r, number_P, given, budget, share) for r in ties.people}
    frame = _frame(real, name, ties)
    real.frames[name] = frame
    coded = _coded(real, name, choices)
    rows = pa.array(kept)
    own = replace(frame, columns={c: values.take(rows) for c, values in frame.columns.items()})
    rest = Allowance(budget, None, share=budget.left, delta_share=budget.delta_share_left)
    told = Told.of(
        own,
        {c: (code_N[kept], size) for c, (code_N, size) in coded.items()},
        ordered=_coded_in_order(real, name),
        most=most,
        target=asked.target,
        budget=rest,
        seed=derived_seed(seed, "marginals", name) % 2**32,
    )
    real.tokens[name] = told.tokens(frame.table)
    real.sizes[name] = {column.name: column.size for column in told.columns}
    if told.releases is not None:
        real.ordered[name] = {c.name for c, yes in zip(told.columns, told.releases.ordered, strict=True) if yes}
    if name == real.people.unit:
        _check(told, rest)
    return Stage(told, most, choices, laws, looks)


def _looks(real: Real, name: str, kept: np.ndarray, most: int, budget: Allowance) -> dict[str, tuple[str, int]]:
    """Of keys that are texts, how they look."""
    schema, holdings, found = real.schema, real.holdings, dict[str, tuple[str, int]]()
    others = {c for r in schema.of(name) for c in r.columns}
    for column in schema.key_of(name):
        values = holdings.tables[name].column(column) if name in holdings.tables else holdings.keys.column(column)
        values = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
        if column not in others and needs_look(values.type):
            step = f"looks of keys: {column}"
            found[column] = key_look(values.take(pa.array(kept)), most, budget, KEY_SHARE, step)
    return found


def _frame(real: Real, name: str, ties: Ties) -> Frame:
    """All rows of a table, as they are released."""
    frame, holdings, time = Frame(), real.holdings, real.timed(name)
    if name in real.schema.tables:
        frame.ranges = real.schema.tables[name].columns.ranges
    for line in own_columns(real.schema, name):
        if line.name != time:
            frame.add(holdings.tables[name].column(line.name), line)
    for child in real.people.children(name):
        _add_figures(real, frame, name, child)
    if time is not None:
        frame.add(*gaps(name, real.courses[name].gap_N))
        if real.calendar(name, time).clock:
            frame.add(*hours(name, real.seconds(name, time)))
    for reference in (*ties.people, *ties.late):
        if nullable(real.schema, reference):
            frame.add(*said(reference, holdings.said(reference)))
    return frame


def _add_figures(real: Real, frame: Frame, name: str, child: str) -> None:
    """What an owner knows of the rows that hang on it."""
    holdings, owners = real.holdings, real.holdings.rows_of(name)
    extra: dict[str, tuple[pa.Array, ColumnSchema]] = {}
    for reference in real.ties(child).items:
        if reference.parent in real.catalogues and not extra:
            catalogue = real.catalogues[reference.parent]
            fact_NA = catalogue.facts_of(holdings.named(reference, catalogue.keys))
            if fact_NA.shape[1]:
                label = f"{catalogue.names[0]} of {reference.parent}"
                extra[label] = labelled(fact_NA[:, 0], label, catalogue.sizes[0])
    lines = {c.name: c for c in usual_columns(real.schema, child)}
    since_O = np.zeros(owners)
    if child in real.windows:
        begin = real.begins.get(child)
        since_O = since(real, child, None if begin is None else real.seconds(name, begin), owners)
    added = figures(
        holdings.tables[child],
        Names.of(child, [*extra, *lines]),
        lines,
        extra,
        holdings.up[child],
        owners,
        real.courses.get(child),
        real.windows.get(child),
        since_O,
    )
    for values, line in added.values():
        frame.add(values, line)
    frame.figures[child] = list(added)


def _coded(real: Real, name: str, choices: dict[str, Choice]) -> dict[str, tuple[np.ndarray, int]]:
    """What rows know of their owner, and of the items that they take, as small numbers."""
    found: dict[str, tuple[np.ndarray, int]] = {}
    if name in real.people.up:
        owner, up_N = real.people.up[name].parent, real.holdings.up[name]
        for column, size in context_of(real, name).items():
            found[f"{owner}: {column}"] = (real.tokens[owner][column][up_N], size)
    for choice in choices.values():
        for place, fact in enumerate(choice.catalogue.names):
            label = f"{choice.reference.end}: {fact}"
            found[label] = (choice.fact_NA[:, place], choice.catalogue.sizes[place])
    return found


def _coded_in_order(real: Real, name: str) -> set[str]:
    """Of these, columns of the owner whose neighbouring tokens hold neighbouring values."""
    if name not in real.people.up:
        return set()
    owner = real.people.up[name].parent
    return {f"{owner}: {column}" for column in real.ordered.get(owner, ())}


def context_of(real: Real, name: str) -> dict[str, int]:
    """Columns of its owner that a table's rows are told of, and their tokens: those of these rows, and the coarsest."""
    owner = real.people.up[name].parent
    frame, sizes = real.frames[owner], real.sizes[owner]
    first = Names.of(name, []).first
    names = [c for c in frame.figures[name] if c != first]
    kinds = {line.name: line.type for line in frame.lines}
    others = [c for c in frame.own if 2 <= sizes[c] <= COARSE and kinds[c] in TELLING]
    others.sort(key=lambda c: (TELLING.index(kinds[c]), sizes[c]))
    return {c: sizes[c] for c in [*names, *others[:MOST_CONTEXT]] if sizes[c] > 1}


def _check(told: Told, budget: Allowance) -> None:
    """Whether the people stand out of the noise.

    Raises:
        PrivacyError: they do not; it says what would do.
    """
    sd = float(np.median([np.sqrt(np.mean(np.square(column.one_way_sd))) for column in told.columns]))
    people, ledger = told.rows, budget.ledger
    if people >= FEWEST_NOISE * sd:
        return
    more = "several times as much"
    if people >= sd:
        mu = FEWEST_NOISE * sd / people * gaussian_mu(ledger.epsilon, ledger.delta_left)
        more = f"epsilon {epsilon_of([(Gaussian(1 / mu), 1)], ledger.delta_left):.2g} or more"
    raise PrivacyError(
        f"epsilon {ledger.epsilon:g} is too small for the {f'{people:,} or so ' if people >= sd else ''}people in "
        f"these tables: each count of them has noise of {sd:,.0f}. Ask for {more}, give about {FEWEST_NOISE * sd:,.0f} "
        "people, or leave out tables and columns that nobody needs"
    )
