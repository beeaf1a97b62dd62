"""Does what users do next follow from what made users did? The next item, and who comes back.

Letters: E interactions, U users, F features.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from synthgen.errors import DataError
from synthgen.interactions import Interactions
from synthgen.metrics.base import Result
from synthgen.metrics.recommendation.recommenders import ItemKNN, Markov, Popularity, Recommender
from synthgen.metrics.recommendation.trials import Task, run_trials
from synthgen.seeding import numpy_stream

PREDICTORS: tuple[Recommender, ...] = (Popularity(), ItemKNN(), Markov(), Markov(prior=1.0, last=True))
"""Of the next item."""
DAY = 86_400
"""Seconds: what a user does in the first day is known, whether they come back after it is asked."""
ROUNDS = 5
"""Times that the real users are parted in halves, one to learn from and one to be asked for."""
FEWEST = 10
"""Users of either kind that a half must have."""
FEATURES = ("interactions", "seconds", "pause", "rating", "rating_spread", "popularity")


def judge_behaviour(
    histories: Interactions, held: Interactions, synthetic: Interactions, seed: int
) -> tuple[Result, Result]:
    """What comes next, and who comes back: predictors taught by made users, tested on real ones.

    Args:
        histories: the real interactions that the generator learned from.
        held: later interactions of the same users: ``histories, held = taken.split(0.8, None)``.
        synthetic: made interactions; items numbered alike.
        seed: zero or more.

    Raises:
        DataError: tables do not share users or items, or nothing is held out.
    """
    return next_item(histories, held, synthetic, seed), comes_back(histories, synthetic, seed)


def next_item(
    histories: Interactions,
    held: Interactions,
    synthetic: Interactions,
    seed: int,
    predictors: Sequence[Recommender] = PREDICTORS,
) -> Result:
    """NDCG@10 of the first held-out item of each user, for the predictor that does best when taught by real users."""
    name, title = "next_item", "Next item"
    if any(taken.time_E is None for taken in (histories, held, synthetic)):
        return Result(name, title, None, "higher", reason="there are no times")
    again = histories.matrix().nnz < len(histories)
    task = Task(histories, first_of(held), again=again)
    real, made = (run_trials(taken, task, seed, predictors) for taken in (histories, synthetic))
    best, same = max(zip(real, made, strict=True), key=lambda pair: pair[0].ndcg)
    return Result(
        name,
        title,
        same.ndcg,
        "higher",
        floor=best.ndcg,
        unit="score",
        sentence=f"NDCG@10 of the next item of {len(best.ndcg_U):,} real users by {best.title}, taught by made users; "
        "floor: taught by real users",
        details={"real": [one.to_json() for one in real], "synthetic": [one.to_json() for one in made]},
    )


def first_of(taken: Interactions) -> Interactions:
    """The first interaction of each user who has any."""
    some_U = taken.per_user_U > 0
    return taken.take(taken.order_E[(np.cumsum(taken.per_user_U) - taken.per_user_U)[some_U]])


def comes_back(real: Interactions, synthetic: Interactions, seed: int) -> Result:
    """AUC of a logistic model of who does anything after the first day, from what they did in it.

    It learns from half of the real users (the floor) or from as many made ones (the value), and is asked for the other
    half; means over several halves.
    """
    name, title = "comes_back", "Who comes back"
    if real.time_E is None or synthetic.time_E is None:
        return Result(name, title, None, "higher", reason="there are no times")
    known, made = first_day(real), first_day(synthetic)
    values, floors = [], []
    for number in range(ROUNDS):
        rng = numpy_stream(seed, name, number)
        mixed, drawn = rng.permutation(len(known[1])), rng.permutation(len(made[1]))
        half = len(mixed) // 2
        teach, ask, teach_made = mixed[:half], mixed[half:], drawn[:half]
        few = min(min(int(y.sum()), int((~y).sum())) for y in (known[1][teach], known[1][ask], made[1][teach_made]))
        if few < FEWEST:
            return Result(
                name,
                title,
                None,
                "higher",
                reason=f"{few} users of one kind in a half, who come back or do not; {FEWEST} were expected",
            )
        floors.append(_auc(known[0][teach], known[1][teach], known[0][ask], known[1][ask]))
        values.append(_auc(made[0][teach_made], made[1][teach_made], known[0][ask], known[1][ask]))
    return Result(
        name,
        title,
        float(np.mean(values)),
        "higher",
        floor=float(np.mean(floors)),
        unit="score",
        sentence=f"AUC of who does anything after the first day, from {len(FEATURES)} figures of it, taught by made "
        "users; floor: by as many real ones",
        details={"share": [float(side[1].mean()) for side in (known, made)]},
    )


def first_day(taken: Interactions) -> tuple[np.ndarray, np.ndarray]:
    """``(U, F)`` figures of each user's first day, and whether they did anything after it; users without any left out.

    Raises:
        DataError: there are no times.
    """
    if taken.time_E is None:
        raise DataError("interactions: there are no times; what users do in their first day was asked")
    order_E = taken.order_E
    _, user_E = np.unique(taken.user_E[order_E], return_inverse=True)
    time_E, item_E = taken.time_E[order_E], taken.item_E[order_E]
    many_U = np.bincount(user_E)
    age_E = time_E - time_E[np.cumsum(many_U) - many_U][user_E]
    early_E = age_E < DAY
    back_U = np.bincount(user_E, ~early_E) > 0
    user_E, age_E = user_E[early_E], age_E[early_E]
    n_U = np.bincount(user_E)
    last_U = np.maximum.reduceat(age_E, np.cumsum(n_U) - n_U)
    popular_E = np.log(np.maximum(taken.per_item_I, 1))[item_E[early_E]]
    rating_E = np.zeros(len(user_E)) if taken.rating_E is None else np.nan_to_num(taken.rating_E[order_E][early_E])
    mean_U = np.bincount(user_E, rating_E) / n_U
    spread_U = np.sqrt(np.bincount(user_E, (rating_E - mean_U[user_E]) ** 2) / n_U)
    longest_U = np.zeros(len(n_U))
    same_E = user_E[1:] == user_E[:-1]
    np.maximum.at(longest_U, user_E[1:][same_E], np.diff(age_E)[same_E])
    popular_U = np.bincount(user_E, popular_E) / n_U
    columns = [np.log1p(n_U), np.log1p(last_U), np.log1p(longest_U), mean_U, spread_U, popular_U]
    return np.column_stack(columns), back_U


def _auc(x_UF: np.ndarray, y_U: np.ndarray, ask_UF: np.ndarray, truth_U: np.ndarray) -> float:
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1_000)).fit(x_UF, y_U)
    return float(roc_auc_score(truth_U, model.decision_function(ask_UF)))
