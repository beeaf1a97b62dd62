"""Attribute inference: what the synthetic table tells of a person of whom all but one cell is known.

Letters: N people, C columns, M synthetic rows, B people of a block.
"""

from __future__ import annotations

import numpy as np

from synthgen.metrics.base import Direction, Group, Result
from synthgen.metrics.charts import Bars
from synthgen.metrics.privacy.attack import Outcome, attack_result, no_control
from synthgen.metrics.privacy.neighbours import RankScale, for_blocks
from synthgen.metrics.view import View

MOST_PEOPLE = 1_000
"""Of each kind: a rate of 5 % is then known to a point and a half."""
MOST_COLUMNS = 40
"""Columns that are secret in turn; of a wider table so many at random."""
MOST_WORK = 500_000_000
"""Synthetic rows times people times secret columns, about two seconds; more synthetic rows are sampled."""
MOST_SHOWN = 20
CLOSE = 0.01
"""A guess of a number is right when no more than so many of the synthetic rows lie between it and the truth."""


class AttributeInference:
    """An employer knows everything about an applicant but one thing, and looks for it in the synthetic table.

    Every column is the secret in turn. He takes the synthetic row nearest in all other columns and believes its cell: a
    label must be the right one, a number no further off than 1 % of the rows. What the other columns tell of the
    secret helps against anybody, so the control are people who were held out. Guessing is the commonest label or
    the middle number, whoever the person is. The figure is that of the column that gives most away, with an interval
    widened for the choice.

    Source:
        Yeom et al. 2018, arXiv:1709.01604 (advantage of members over others); Stadler et al. 2022, arXiv:2011.07018
        (attribute inference on synthetic tables); Article 29 Working Party, Opinion 05/2014, WP216 (inference).
    """

    name = "attribute_inference"
    title = "Attribute inference"
    group: Group = "privacy"
    direction: Direction = "lower"

    def compute(self, train: View, holdout: View, synthetic: View, rng: np.random.Generator) -> Result:
        if reason := no_control(self, train, holdout, synthetic, "of a table of one column nothing else is known"):
            return reason
        secrets = sorted(rng.permutation(len(train.compared))[:MOST_COLUMNS].tolist())
        people, strangers = train.draw(MOST_PEOPLE, rng), holdout.draw(MOST_PEOPLE, rng)
        n = people.n_rows + strangers.n_rows
        made = synthetic.draw(max(MOST_WORK // (n * (len(secrets) + len(train.compared))), 1_000), rng)
        names = [train.compared[i] for i in secrets]
        hits, control = (infer_cells(view, made, names) for view in (people, strangers))
        guesses = _guessed(people, made, names)
        outcomes = {
            name: Outcome.of((hits[:, i], control[:, i]), float(guesses[:, i].mean())) for i, name in enumerate(names)
        }
        note = f"{made.n_rows:,} synthetic rows"
        if len(names) < len(train.compared):
            note += f", {len(names)} of {len(train.compared)} columns"
        return attack_result(self, outcomes, "learns a cell of", kinds="columns", note=note, charts=(_chart(outcomes),))


def infer_cells(people: View, synthetic: View, names: list[str]) -> np.ndarray:
    """``(N, C)`` whether the cell of the synthetic row nearest in all other columns is right."""
    scale = RankScale.learn(synthetic)
    rows, made = scale.place(people), scale.place(synthetic)
    order = [*scale.values, *people.labels]
    places = [order.index(name) for name in names]
    picked_NC = np.empty((people.n_rows, len(names)), dtype=np.int64)
    quantities = len(made.x_QN)

    def pick(part: slice, distance_BM: np.ndarray) -> None:
        rest = np.empty_like(distance_BM)
        for i, place in enumerate(places):
            if place < quantities:
                np.subtract(rows.x_QN[place][part, None], made.x_QN[place], out=rest)
                np.abs(rest, out=rest)
            else:
                codes = place - quantities
                np.not_equal(rows.codes[codes][part, None], made.codes[codes], out=rest, casting="unsafe")
            np.subtract(distance_BM, rest, out=rest)
            picked_NC[part, i] = rest.argmin(axis=1)

    for_blocks(rows, made, pick)
    columns = [_right(people, name, _cells(synthetic, name)[picked_NC[:, i]], scale) for i, name in enumerate(names)]
    return np.stack(columns, axis=1)


def _cells(view: View, name: str) -> np.ndarray:
    return np.asarray(view.quantities[name] if name in view.quantities else view.labels[name])


def _right(people: View, name: str, guess: np.ndarray, scale: RankScale) -> np.ndarray:
    """``(N,)`` whether the guess is the person's label, or near enough to the number; missing is a label."""
    truth = _cells(people, name)
    if name in people.labels:
        return np.asarray(truth == guess)
    close = np.abs(scale.ranks(name, truth) - scale.ranks(name, guess)) <= CLOSE
    return np.asarray(np.where(np.isnan(truth) | np.isnan(guess), np.isnan(truth) & np.isnan(guess), close))


def _guessed(people: View, synthetic: View, names: list[str]) -> np.ndarray:
    """``(N, C)`` whether the commonest label or the middle number of the synthetic table is right."""
    scale, columns = RankScale.learn(synthetic), []
    for name in names:
        if name in synthetic.labels:
            guess = float(np.bincount(synthetic.labels[name]).argmax())
        else:
            known = scale.values[name]
            guess = float(known[len(known) // 2]) if len(known) else np.nan
        columns.append(_right(people, name, np.full(people.n_rows, guess), scale))
    return np.stack(columns, axis=1)


def _chart(outcomes: dict[str, Outcome]) -> Bars:
    shown = sorted(outcomes, key=lambda name: (outcomes[name].p, name))[:MOST_SHOWN]
    return {
        "kind": "bars",
        "title": "Secrets guessed right, by column",
        "alt": f"Share of right guesses for {len(shown)} columns, the least lucky-looking first: training people, "
        "held-out people, and guessing without the table.",
        "labels": shown,
        "series": {
            "training people": [outcomes[name].rate for name in shown],
            "held-out people": [outcomes[name].control for name in shown],
            "guessing": [outcomes[name].guess for name in shown],
        },
        "unit": "share",
    }
